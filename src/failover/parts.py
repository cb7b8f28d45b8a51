"""The parts of a message (RFC 2046): a text to preview, and the attachments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .charsets import codec_of
from .decoding import decode
from .encoding import base64_size, from_base64, from_quoted_printable
from .header import Header, decode_words, parameters
from .markup import visible_text
from .message import Attachment
from .text import clean

PREVIEW_LENGTH = 300
"""How many characters of its text a preview shows, at most."""

MAX_ATTACHMENTS = 6
"""How many attachments are listed; behind them, no more parts are looked at."""

_MAX_PARTS = 12
_MAX_DEPTH = 8
_MAX_FALSE_DELIMITERS = 200
# How far a body is looked for that no blank line comes before, in a message and in a part.
_EARLY = 4096
_EARLY_IN_PART = 512
_OF_TYPE = frozenset({"boundary", "charset", "delsp", "name"})
_OF_DISPOSITION = frozenset({"filename", "size"})
_WORDS_OF_A_NAME = 8
_NEWLINES = b"\r\n"
_VISIBLE = re.compile(rb"\S")
_NOT_A_FIELD = re.compile(rb"[\r\n](?![!-9;-~]+[ \t]*:)([^\s])")


@dataclass(frozen=True, slots=True)
class Part:
    """A part's header, and where its body begins and ends; `closed` if that end is its true one."""

    header: Header
    start: int
    end: int
    closed: bool


@dataclass(slots=True)
class Defects:
    """What was wrong with a message, each thing once."""

    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Note a defect."""
        if name not in self.names:
            self.names.append(name)


class Contents:
    """What a walk through the parts finds: a text to preview, and attachments."""

    def __init__(self, data: bytes, defects: Defects) -> None:
        self.attachments: list[Attachment] = []
        self.unlisted = False
        self._data = data
        self._defects = defects
        self._parts = 0
        self._stopped = False
        self._false_delimiters = 0
        self._plain: Part | None = None
        self._html: Part | None = None

    def walk(self, part: Part, depth: int, parent: str) -> None:
        """Look at one part, and into it if it is a multipart (RFC 2046, section 5.1).

        `parent` is the media type of what it is part of.
        """
        self._parts += 1
        kind, params = parameters(part.header.get("content-type"), _OF_TYPE)
        if "/" not in kind:
            # RFC 2046, section 5.1.5.
            kind = "message/rfc822" if parent == "multipart/digest" else "text/plain"
        if kind.startswith("multipart/") and depth < _MAX_DEPTH:
            found = False
            for inner in self._split(part, params.get("boundary", "")):
                found = True
                if self._parts >= _MAX_PARTS:
                    self._stop("more parts than were looked at")
                if self._stopped:
                    break
                self.walk(inner, depth + 1, kind)
            if found:
                return
            kind = "text/plain"
            self._defects.add("a multipart without its boundary")
        elif kind.startswith("multipart/"):
            self._defects.add("parts nested too deep")
            self.unlisted = True
            return
        self._leaf(part, kind, params, parent)

    def preview(self) -> str:
        """Return the beginning of the message's text, clean; empty where it has none."""
        text = self._text(self._plain, 4096, is_html=False)
        if not text:
            # Style sheets may take the room of many pages.
            text = self._text(self._html, len(self._data), is_html=True)
        return text

    def _leaf(self, part: Part, kind: str, params: dict[str, str], parent: str) -> None:
        is_text = kind in ("text/plain", "text/html")
        disposition, disposed = parameters(part.header.get("content-disposition"), _OF_DISPOSITION)
        name = disposed.get("filename") or params.get("name") or ""
        if is_text and disposition != "attachment" and not name:
            if not _VISIBLE.search(self._data, part.start, part.end):
                return
            if kind == "text/plain":
                self._plain = self._plain or part
            else:
                self._html = self._html or part
            return
        embedded = (
            parent == "multipart/related"
            and kind.startswith("image/")
            and part.header.position("content-id") >= 0
        )
        alternative = kind.startswith("text/") and not name
        if disposition != "attachment" and (embedded or alternative):
            return
        if len(self.attachments) == MAX_ATTACHMENTS:
            self._stop("more attachments than are listed")
            return
        if kind == "message/rfc822" and not name:
            name = self._inner_subject(part)
        name = decode_words(name, _WORDS_OF_A_NAME)
        size = self._size(part) if part.closed else _number(disposed.get("size", ""))
        self.attachments.append(Attachment(clean(name, 120), clean(kind, 80), size))

    def _stop(self, defect: str) -> None:
        self._defects.add(defect)
        self._stopped = self.unlisted = True

    def _split(self, part: Part, boundary: str) -> Iterator[Part]:
        """Yield the parts of a multipart; the last one is not closed if its end was not seen."""
        data = self._data
        delimiter = (
            b"--" + boundary.strip().encode("utf-8", "replace") if boundary.strip() else self._guess(part)
        )
        start = -1
        at = part.start
        while delimiter:
            at = data.find(delimiter, at, part.end)
            if at < 0:
                break
            after = at + len(delimiter)
            last = data[after : after + 2] == b"--"
            line_end = _line_end(data, after + 2 * last, part.end)
            if line_end < 0 or (at > part.start and data[at - 1] not in _NEWLINES):
                self._false_delimiters += 1
                if self._false_delimiters > _MAX_FALSE_DELIMITERS:
                    self._defects.add("lines that only look like boundaries")
                    break
                at = after
                continue
            if start >= 0:
                yield self._part(start, _before_newline(data, start, at), closed=True)
            if last:
                return
            start = at = line_end
        if start >= 0:
            if part.closed:
                self._defects.add("a multipart without an end")
            yield self._part(start, part.end, closed=part.closed)

    def _part(self, start: int, end: int, *, closed: bool) -> Part:
        section_end, body = split_header(self._data, start, end, _EARLY_IN_PART)
        return Part(Header(self._data[start:section_end]), body, end, closed)

    def _guess(self, part: Part) -> bytes:
        """Take the first line that looks like a delimiter, where the header names no boundary."""
        self._defects.add("a multipart without a boundary parameter")
        at = (
            part.start
            if self._data.startswith(b"--", part.start)
            else self._data.find(b"\n--", part.start, part.end) + 1
        )
        line = self._data[at : min(at + 80, part.end)].split(b"\n", 1)[0].rstrip()
        return line if at > 0 and len(line) > 2 else b""

    def _inner_subject(self, part: Part) -> str:
        section_end, _ = split_header(self._data, part.start, part.end, _EARLY_IN_PART)
        return Header(self._data[part.start : section_end]).get("subject")

    def _size(self, part: Part) -> int:
        length = part.end - part.start
        if _encoding(part) != "base64":
            return length
        data = self._data
        breaks = data.count(b"\n", part.start, part.end) + data.count(b"\r", part.start, part.end)
        padding = data.count(b"=", max(part.end - 4, part.start), part.end)
        return base64_size(length - breaks - padding)

    def _text(self, part: Part | None, window: int, *, is_html: bool) -> str:
        if part is None:
            return ""
        data = self._data[part.start : min(part.start + window, part.end)]
        _, params = parameters(part.header.get("content-type"), _OF_TYPE)
        encoding = _encoding(part)
        if encoding == "base64":
            data = from_base64(data)
        elif encoding == "quoted-printable":
            data = from_quoted_printable(data)
        charset = params.get("charset", "").partition("(")[0]
        if charset and not codec_of(charset):
            self._defects.add("an unknown charset")
        cut = part.start + window < part.end or not part.closed
        text = decode(data, charset, cut=cut)
        if is_html:
            text = visible_text(text, PREVIEW_LENGTH)
        elif params.get("delsp", "").lower() == "yes":
            # RFC 3676, section 4.3: the space before a flowed line's end is not part of the text.
            text = text.replace(" \r\n", "").replace(" \n", "")
        return clean(text, PREVIEW_LENGTH)


def split_header(data: bytes, start: int, end: int, early: int = _EARLY) -> tuple[int, int]:
    """Find where a header section ends and where the body begins: around a blank line.

    Without one, the body begins at the first line that is no field, if that comes in the `early` bytes.
    """
    for newline in (b"\r\n", b"\n", b"\r"):
        if data.startswith(newline, start, end):
            return start, start + len(newline)
    found = limit = end
    width = 0
    for blank in (b"\n\r\n", b"\n\n", b"\r\r"):
        at = data.find(blank, start, limit)
        if at >= 0:
            found = limit = at
            width = len(blank)
    if width:
        return found, found + width
    # Up to the end of a line, lest half a field pass for none.
    limit = end if end - start <= early else data.find(b"\n", start + early, end) + 1
    line = _NOT_A_FIELD.search(data, start, limit)
    return (line.start(1), line.start(1)) if line else (end, end)


def _encoding(part: Part) -> str:
    value = part.header.get("content-transfer-encoding").replace(";", " ").replace("(", " ")
    return next(iter(value.split()), "").strip('"').lower()


def _line_end(data: bytes, at: int, end: int) -> int:
    """Return where the line after `at` begins if only white space is left on this one, else -1."""
    rest = data[at : min(at + 80, end)]
    line = rest.lstrip(b" \t")
    at += len(rest) - len(line)
    if line.startswith(b"\r\n"):
        return at + 2
    return at + 1 if line[:1] in (b"\r", b"\n") and line else at if at >= end else -1


def _before_newline(data: bytes, start: int, at: int) -> int:
    """Step back over a delimiter's newline, which is not the part's (RFC 2046, section 5.1.1)."""
    if data[max(at - 2, start) : at] == b"\r\n":
        return at - 2
    return max(at - 1, start)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
