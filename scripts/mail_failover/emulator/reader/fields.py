"""The fields of a message and of its parts (RFC 5322, section 2.2), found and decoded at a bounded cost."""

import re
from dataclasses import dataclass, field
from email.message import Message

from .charset import decode_words, decoded, one_line

FIELDS = 300
VALUE = 2000
"""How many fields are shown, and how many characters of each."""

NEWLINE = rb"(?:\r\n|\n|\r(?!\n))"
_SECTION = 256 * 1024
# Python before 3.11.5 errs on possessive groups that can backtrack (https://github.com/python/cpython/issues/106052).
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:((?:[^\r\n]+|" + NEWLINE + rb"(?=[ \t]))*)")
_LINE = re.compile(rb"[^\r\n]*+" + NEWLINE + rb"?")
_NEWLINE = re.compile(NEWLINE)
# A header begins with a field, or with the line that mailboxes of old put before it.
_HEADER = re.compile(rb"[!-9;-~]{1,200}[ \t]*:|>?From ")
_TYPE = re.compile(r"\s*([\w.+-]{1,60}/[\w.+-]{1,60})", re.ASCII)
_TOKEN = re.compile(r"[^\s()<>@,;:\"/?=]*")


@dataclass(slots=True)
class Notes:
    """What was wrong with a message, and whether not all of it was looked at."""

    defects: list[str] = field(default_factory=list)
    clipped: bool = False

    def wrong(self, what: str) -> None:
        """Note a defect, once."""
        if what and what not in self.defects:
            self.defects.append(what)

    def left_out(self, what: str) -> None:
        """Note what not all was read of."""
        self.wrong(what)
        self.clipped = True


@dataclass(frozen=True, slots=True)
class Fields:
    """What a part's fields say of it, as far as they can be read (RFC 2045, RFC 2183, RFC 2231).

    `type` and `encoding` are in small letters; `attached` tells that it is meant to be a file, rather than to
    be read at once.
    """

    type: str = "text/plain"
    encoding: str = ""
    charset: str = ""
    boundary: str = ""
    name: str = ""
    attached: bool = False


def fields_of(pairs: list[tuple[str, str]], otherwise: str) -> Fields:
    """Read what a header says of its part; `otherwise` is the media type of one that does not say."""
    # Of several, the first one counts.
    first = {name.lower(): value for name, value in reversed(pairs)}
    kind, disposition = first.get("content-type", ""), first.get("content-disposition", "")
    claimed, meant = _TYPE.match(kind), _TOKEN.match(disposition.strip().lower())
    of_type, of_disposition = _parameters(kind), _parameters(disposition)
    name = of_disposition.get("filename") or of_type.get("name", "")
    charset = _TOKEN.match(of_type.get("charset", "").strip())
    shown = meant and meant[0] == "inline"
    return Fields(
        claimed[1].lower() if claimed else otherwise,
        first.get("content-transfer-encoding", "").strip().lower(),
        charset[0] if charset else "",
        of_type.get("boundary", "").strip(),
        one_line(decode_words(name))[:200],
        bool(meant and meant[0] == "attachment") or bool(name and not shown),
    )


def _parameters(value: str) -> dict[str, str]:
    message = Message()
    message["content-type"] = value
    try:
        found = message.get_params([])
    except ValueError:
        # Such as the number of a piece that is none.
        return {}
    # The first one counts, but an extended one says more than a plain one of the same name.
    found.reverse()
    found.sort(key=lambda each: isinstance(each[1], tuple))
    return {name.lower(): _text(text) for name, text in found}


def _text(value: str | tuple[str | None, str | None, str]) -> str:
    if not isinstance(value, tuple):
        return value
    charset, _, text = value
    # What was percent-encoded comes as Latin-1.
    return decoded(text.encode("latin-1", "replace"), charset or "")[0]


def header(data: bytes, start: int, end: int, notes: Notes) -> tuple[list[tuple[str, str]], int]:
    """Return the fields, decoded, of the header that begins somewhere, and where the body does.

    A line that is no field has no name. Without a blank line, the body begins where the fields end.
    """
    if not _HEADER.match(data, start, end):
        blank = _NEWLINE.match(data, start, end)
        return [], blank.end() if blank else start
    stop, body = _blank_line(data, start, end)
    pairs: list[tuple[str, str]] = []
    at, limit = start, min(stop, start + _SECTION)
    while at < limit and len(pairs) <= FIELDS:
        one = _FIELD.match(data, at, limit)
        if one is None and body < 0 and pairs:
            notes.wrong("no blank line behind the header")
            return pairs, at
        line = _LINE.match(data, one.end() if one else at, limit)
        name, value = one.groups() if one else (b"", line[0] if line else b"")
        pairs.append((name.decode("ascii"), _value(value, notes)))
        at = line.end() if line else limit
    if at < stop:
        notes.left_out("a header too long to be read to its end")
    return pairs, body if body >= 0 else end


def _value(raw: bytes, notes: Notes) -> str:
    text = decoded(raw[: 4 * VALUE].replace(b"\r", b"").replace(b"\n", b""))[0].strip()
    notes.clipped |= len(raw) > 4 * VALUE or len(text) > 2 * VALUE
    text = one_line(decode_words(text[: 2 * VALUE]))
    notes.clipped |= len(text) > VALUE
    return text[:VALUE]


def _blank_line(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the line before the first blank one ends, and where the one behind begins; else -1."""
    stop, body = end, -1
    for blank in (b"\n\r\n", b"\n\n", b"\r\r"):
        at = data.find(blank, start, min(stop + len(blank), end))
        if 0 <= at < stop:
            stop, body = at, at + len(blank)
    return stop, body
