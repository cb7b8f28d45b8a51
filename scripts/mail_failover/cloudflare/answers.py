"""What an answer of Cloudflare's API holds, checked before anybody uses it. Pure."""

from collections.abc import Sequence
from typing import Any

from .errors import Call, not_understood

Json = dict[str, Any]


def fields(call: Call, found: Any) -> Json:
    """Take a result for an object; nothing is an empty one.

    Raises:
        NotUnderstood: it is something else.

    """
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise not_understood(call)
    return found


def items(call: Call, found: Any, needs: Sequence[str] = ()) -> list[Json]:
    """Take a result for a list of objects, each of which `needs` to have these texts; nothing is no items.

    Raises:
        NotUnderstood: it is something else.

    """
    if found is None:
        return []
    if not (isinstance(found, list) and all(isinstance(item, dict) for item in found)):
        raise not_understood(call)
    if not all(isinstance(item.get(name), str) for item in found for name in needs):
        raise not_understood(call)
    return found


def masked(value: Any, token: str) -> Any:
    """Take the token out of an answer that quotes it: whatever comes from there may be shown and kept."""
    if isinstance(value, str):
        return value.replace(token, "[token]")
    if isinstance(value, list):
        return [masked(each, token) for each in value]
    if isinstance(value, dict):
        return {masked(name, token): masked(each, token) for name, each in value.items()}
    return value
