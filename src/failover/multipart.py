"""Multiparts (RFC 2046, section 5.1), taken apart by searches for their delimiters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .header import Header

_MAX_FALSE_DELIMITERS = 200
# How far a body is looked for that no blank line comes before, in a message and in a part.
_EARLY = 4096
_EARLY_IN_PART = 512
_NEWLINES = b"\r\n"
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|\s|\Z")
_NOT_A_FIELD = re.compile(rb"[\r\n](?![!-9;-~]+[ \t]*:)([^\s])")
# How often a field is looked for that stands behind a delimiter, and how much of one is read (RFC 2046: 72).
_LOOKS = 8
_DELIMITER_LENGTH = 100


@dataclass(slots=True)
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


class Splitter:
    """Takes the multiparts of one message apart; all of them share a bound on what is looked at in vain.

    `unlisted` tells that more parts seem to stand behind the end of one.
    """

    def __init__(self, data: bytes, defects: Defects) -> None:
        self._data = data
        self._defects = defects
        self._false_delimiters = 0
        self.unlisted = False
        # The delimiters of the multiparts that are being taken apart, and how many within have the same.
        self._shared: dict[bytes, int] = {}

    def split(self, part: Part, boundary: str) -> Iterator[Part]:
        """Yield the parts of a multipart; the last one is not closed if its end was not seen.

        Where the boundary named in the header does not occur, the lines that look like one are it.
        """
        # None has a semicolon in it (RFC 2046, section 5.1.1).
        boundary = boundary.partition(";")[0].strip()
        found = False
        if boundary:
            for inner in self._split(part, b"--" + boundary.encode("utf-8", "replace")):
                found = True
                yield inner
        else:
            self._defects.add("a multipart without a boundary parameter")
        if not found and (delimiter := self._guess(part, named=bool(boundary))):
            if boundary:
                self._defects.add("a boundary other than the parameter's")
            yield from self._split(part, delimiter)

    def _split(self, part: Part, delimiter: bytes) -> Iterator[Part]:
        data = self._data
        start, at, ended = -1, part.start, False
        if delimiter in self._shared:
            self._shared[delimiter] += 1
        shared = self._shared.setdefault(delimiter, 0)
        while (at := data.find(delimiter, at, part.end)) >= 0:
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
            if ended:
                self.unlisted = True
                return
            if start >= 0:
                yield self._part(start, _before_newline(data, start, at), closed=True)
            ended = last and self._shared[delimiter] == shared
            # An end for each multipart within that has the same boundary, and so no parts that are its own.
            self._shared[delimiter] -= last and not ended
            at = line_end
            start = -1 if last else line_end
        if start >= 0:
            if part.closed:
                self._defects.add("a multipart without an end")
            yield self._part(start, part.end, closed=part.closed)

    def _part(self, start: int, end: int, *, closed: bool) -> Part:
        section_end, body = split_header(self._data, start, end, _EARLY_IN_PART)
        section = self._data[start:section_end].lower().replace(b"\r", b"\n")
        if not _FIELD.match(section) and b"\ncontent-" not in section:
            # It has no fields at all, nor the blank line that should come first then.
            section_end = body = start
        return Part(Header(self._data[start:section_end]), body, end, closed)

    def _guess(self, part: Part, *, named: bool) -> bytes:
        """Take the line before a part's fields, or the first that looks like a delimiter.

        Where a boundary is named, that needs an end, too: else it may be a line of dashes.
        """
        data = self._data[part.start : part.end]
        lines = data.lower().replace(b"\r", b"\n")
        at = 0
        for _ in range(_LOOKS):
            at = lines.find(b"\ncontent-", at)
            if at < 0:
                break
            line_end = at - (data[at - 1 : at] == b"\r")
            start = lines.rfind(b"\n", 0, line_end) + 1
            line = data[start : min(line_end, start + _DELIMITER_LENGTH)].rstrip()
            if line.startswith(b"--") and len(line) > 2:
                return line
            at += 1
        start = 0 if lines.startswith(b"--") else lines.find(b"\n--") + 1
        line = lines[start : start + _DELIMITER_LENGTH].split(b"\n", 1)[0]
        ended = b"\n" + line.rstrip() + b"--\n" in lines + b"\n"
        line = data[start : start + len(line)].rstrip()
        return line if line.startswith(b"--") and line.strip(b"-") and (ended or not named) else b""


def header_of(data: bytes, part: Part) -> Header:
    """Return the header of the message that a part holds."""
    return Header(data[part.start : split_header(data, part.start, part.end, _EARLY_IN_PART)[0]])


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
