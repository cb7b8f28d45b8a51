"""What an answer of Cloudflare's API holds, checked before anybody uses it. Pure.

A test says of a value whether it has the form that its users rely on; fields that no test names are kept.
What is not there is something else than what is empty: null is no list, and no object.
Source of the forms: https://developers.cloudflare.com/api/ (Zones, DNS records, Email Routing, Workers).
"""

import json
import re
from collections.abc import Callable
from typing import Any

from .errors import Call, not_understood

Json = dict[str, Any]
Test = Callable[[Any], bool]

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DEEPEST = 40
_MOST_ERRORS = 5


def text(value: Any) -> bool:
    """Tell whether it is a text."""
    return isinstance(value, str)


def flag(value: Any) -> bool:
    """Tell whether it is true or false."""
    return isinstance(value, bool)


def number(value: Any) -> bool:
    """Tell whether it is a whole number that fits 32 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32


def preference(value: Any) -> bool:
    """Tell whether it is an MX record's preference (RFC 1035, section 3.3.9)."""
    return number(value) and value < 2**16


def identifier(value: Any) -> bool:
    """Tell whether it may become part of a path."""
    return text(value) and _IDENTIFIER.fullmatch(value) is not None


def maybe(test: Test) -> Test:
    """Allow a field to be missing, or null."""
    return lambda value: value is None or test(value)


def many(test: Test) -> Test:
    """Ask for a list of such."""
    return lambda value: isinstance(value, list) and all(map(test, value))


def shaped(**tests: Test) -> Test:
    """Ask for an object with such fields."""
    return lambda value: (
        isinstance(value, dict) and all(test(value.get(name)) for name, test in tests.items())
    )


_RECORD = {
    "type": text,
    "name": text,
    "content": text,
    "ttl": maybe(number),
    "priority": maybe(number),
    "data": maybe(shaped()),
    "meta": maybe(shaped()),
    "comment": maybe(text),
    "tags": maybe(many(text)),
    "proxied": maybe(flag),
    "proxiable": maybe(flag),
}
_NUMBERED = {"priority": maybe(preference), "data": maybe(shaped(priority=maybe(preference)))}
_MAYBE_MX = shaped(**{**_RECORD, **_NUMBERED})
_OTHER = shaped(**_RECORD)
_RULE = {
    "matchers": many(shaped(type=text, value=maybe(text))),
    "actions": many(shaped(type=text, value=maybe(many(text)))),
    "enabled": maybe(flag),
    "name": maybe(text),
}

zone = shaped(
    id=identifier,
    name=text,
    status=maybe(text),
    type=maybe(text),
    name_servers=maybe(many(text)),
    vanity_name_servers=maybe(many(text)),
    account=maybe(shaped(id=maybe(identifier))),
)
settings = shaped(enabled=flag, status=maybe(text))
rule = shaped(**_RULE)
address = shaped(id=identifier, email=text, verified=maybe(text))
script = shaped(id=text, handlers=maybe(many(text)))
secret = shaped(name=text)
deployed = shaped(
    bindings=many(shaped(name=text, type=text)),
    compatibility_date=maybe(text),
    compatibility_flags=maybe(many(text)),
)
_of_a_zone = shaped(**_RULE, zone=shaped(tag=maybe(identifier), name=maybe(text)))


def wanted(value: Any) -> bool:
    """Tell whether it is a record that Email Routing asks for: not there yet, so without an id."""
    return _OTHER(value) and (value["type"] != "MX" or _MAYBE_MX(value))


def record(value: Any) -> bool:
    """Tell whether it is a DNS record; an MX record without a number would seem to be the best."""
    if not (wanted(value) and identifier(value.get("id"))):
        return False
    numbers = (value.get("priority"), (value.get("data") or {}).get("priority"))
    return value["type"] != "MX" or numbers != (None, None)


def batch(value: Any) -> bool:
    """Tell whether it names the records of a batch; what was not asked for may be null."""
    done = maybe(many(shaped(id=identifier)))
    return shaped(deletes=done, patches=done, posts=done)(value)


def account_rule(value: Any) -> bool:
    """Tell whether it is a rule that says which zone it is of, by its tag, its name or both."""
    return _of_a_zone(value) and bool(value["zone"].get("tag") or value["zone"].get("name"))


def checked(call: Call, found: Any, test: Test) -> Any:
    """Return what was found.

    Raises:
        NotUnderstood: it has not the form that such a call is answered with.

    """
    if not test(found):
        raise not_understood(call)
    return found


def decoded(content: bytes, token: str) -> Json:
    """Read an answer's JSON object, with the token masked: it may be shown and kept.

    Raises:
        ValueError: it is none; or none that could be kept: NaN, half a character, nesting without end.

    """
    try:
        found = json.loads(content.decode())
        # What can't be written again is no JSON (RFC 8259), whatever the parser lets pass.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - of an outside's text, not of our types
    masked: Json = _masked(found, token, _DEEPEST)
    return masked


def named_errors(answer: Json) -> list[tuple[int, str]]:
    """Return code and message of the first errors that an answer names; 0 for a code of another form."""
    listed = answer.get("errors")
    named = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    found = [(each.get("code"), str(each.get("message", ""))) for each in named[:_MOST_ERRORS]]
    return [(int(code) if code is not None and number(code) else 0, message) for code, message in found]


def _masked(value: Any, token: str, depth: int) -> Any:
    if not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace(token, "[token]")
    if isinstance(value, list):
        return [_masked(each, token, depth - 1) for each in value]
    if isinstance(value, dict):
        pairs = value.items()
        return {_masked(name, token, depth): _masked(each, token, depth - 1) for name, each in pairs}
    return value
