"""A record of plain values as a text, and back: another version of the Worker may have written it."""

import json
from dataclasses import asdict
from typing import Any, TypeVar

T = TypeVar("T")


def to_text(record: Any) -> str:
    """Return a record's values by their names, as JSON."""
    return json.dumps(asdict(record))


def from_text(kind: type[T], text: str) -> T:
    """Read what `to_text` returned: what is missing is as at the beginning, what is unknown is left out."""
    found = json.loads(text) if text else {}
    return kind(**{name: found[name] for name in kind.__slots__ if name in found})  # type: ignore[attr-defined]
