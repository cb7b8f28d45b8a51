"""The parts of a message (RFC 2046) and their fields, found by searches: bounded, whatever the bytes.

The standard library's parser goes line by line, each line through every multipart that it is in, so a
message made for it costs minutes; of it we take what reads a single field. And the Worker's own reading is
that of the Worker under test, which may be another's: a page that shows mail must not hang on it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .charset import transferred
from .fields import FIELDS, Fields, Notes, fields_of, header

_DEPTH, _PARTS = 8, 100


@dataclass(slots=True)
class Part:
    """A part that is no multipart: its fields, and its content with the encoding undone.

    `within` is the type of what it is part of.
    """

    fields: Fields
    content: bytes
    within: str


@dataclass(slots=True)
class Found(Notes):
    """What a message holds, and what was wrong with it."""

    header: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def take_apart(content: bytes) -> Found:
    """Read a message's header, and find its parts."""
    if content[: content.find(b"\n") + 1].endswith(b"\r\r\n"):
        # Whoever ends the first line so does it everywhere.
        content = content.replace(b"\r\r\n", b"\n")
    found = Found()
    pairs, body = header(content, 0, len(content), found)
    found.header = pairs[:FIELDS]
    if len(pairs) > FIELDS:
        found.left_out("more fields than are shown")
    _walk(content, body, len(content), pairs, found)
    return found


def _walk(  # noqa: PLR0913, PLR0917 - a place among parts takes that much
    data: bytes,
    start: int,
    end: int,
    pairs: list[tuple[str, str]],
    found: Found,
    depth: int = 0,
    within: str = "",
) -> None:
    """Look at one part, and into it if it is a multipart."""
    fields = fields_of(pairs, "message/rfc822" if within == "multipart/digest" else "text/plain")
    kind = fields.type
    if kind.startswith("multipart/") and depth == _DEPTH:
        found.wrong("parts nested too deep")
    elif kind.startswith("multipart/"):
        any_part = False
        for inner, until in _split(data, start, end, fields.boundary, found):
            any_part = True
            if len(found.parts) >= _PARTS:
                found.left_out("more parts than are looked at")
                return
            _walk(data, *_headed(data, inner, until, found), found, depth + 1, kind)
        if any_part:
            return
        found.wrong("a multipart without its boundary")
        fields = Fields()
    found.parts.append(Part(fields, transferred(data[start:end], fields.encoding), within))


def _headed(data: bytes, start: int, end: int, found: Found) -> tuple[int, int, list[tuple[str, str]]]:
    pairs, body = header(data, start, end, found)
    return body, end, pairs


def _split(data: bytes, start: int, end: int, boundary: str, found: Found) -> Iterator[tuple[int, int]]:
    """Yield where the parts of a multipart begin and end (RFC 2046, section 5.1)."""
    if not boundary:
        return
    # A pattern that begins with a text is found at once among millions of lines.
    newline = b"\n" if data.find(b"\n", start, end) >= 0 else b"\r"
    delimiter = newline + b"--" + boundary.encode("utf-8", "replace")
    line = re.compile(re.escape(delimiter) + rb"(--)?[ \t]*+(?=[\r\n]|\Z)")
    begun, ended = -1, False
    # The line before the body ends with a line break, too.
    for each in line.finditer(data, start - 1, end):
        if begun >= 0:
            yield begun, max(begun, each.start() - data.startswith(b"\r\n", each.start() - 1))
        elif ended and not each[1]:
            found.wrong("parts behind the end of a multipart")
        ended |= bool(each[1])
        begun = -1 if each[1] else _next_line(data, each.end(), end)
    if begun >= 0:
        if not ended:
            found.wrong("a multipart without an end")
        yield begun, end


def _next_line(data: bytes, at: int, end: int) -> int:
    return min(at + (2 if data.startswith(b"\r\n", at) else 1), end)
