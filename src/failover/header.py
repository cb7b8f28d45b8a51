"""Header fields (RFC 5322, section 2.2), read without trust and at a bounded cost."""

import re
from collections.abc import Container
from functools import cache
from itertools import groupby
from operator import itemgetter

from .charsets import codec_of
from .decoding import decode, decode_field
from .encoding import from_base64, from_quoted_printable
from .text import ELLIPSIS, clean

FIELD_LIMIT = 2048
"""How many bytes of one field are read."""

SECTION_LIMIT = 40 * 1024
"""How much of a header section is searched."""

_MAX_PARAMETERS = 32
_LOOKALIKES = 8
_FIELD_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?![ \t])")
# Without a charset, and with blanks where none may be, too.
_WORD_BEGIN = r"=\?\s?+([^?\s]{0,60}+)\s?+\?\s?+([bq])\s?+\?"
_WORD = re.compile(rf"{_WORD_BEGIN}([^?]*(?:\?(?!=)[^?]*){{0,3}})\?=", re.IGNORECASE)
_UNFINISHED_WORD = re.compile(rf"{_WORD_BEGIN}[^?]*+\Z", re.IGNORECASE)
# What stands before the parameters; a comma or blanks pass for the semicolon (RFC 2045, section 5.1).
_HEAD = re.compile(r"\s*([^\s;,:(=\"]*)\s*(=?)")
_KEY = r"(?:boundary|charset|(?:file)?name|format|delsp|method|type)\*?[ ]?="
_QUOTED = r"\"[^\"\\]*+(?:\\.[^\"\\]*+)*\"?"
# A value goes on directly behind a quote, and without quotes over a comma, blanks or a semicolon that no
# parameter follows: `"a "b".exe"`, `Tom &amp; Ann.pdf`.
_PARAMETER = re.compile(
    r"(?:[;,]\s*+|(?<!\s)\s++)([^\s=;,\"]{1,60})\s*+(?:=|(?<=charset):)\s*+"
    rf"({_QUOTED}(?:(?!\(|{_KEY})(?:[^\s;,\"]++|{_QUOTED})+)?"
    rf"|(?:[^;,\s]++(?:(?:[,\s]++(?!{_KEY})|;(?=\s*+[^\s;=][^;=]*+(?:;|\Z)))[^;,\s]*+)*)?)",
    re.DOTALL | re.IGNORECASE,
)
_QUOTE_OR_PAIR = re.compile(r"\\(.)|\"", re.DOTALL)
_FILE_NAMES = ("filename", "name")
# What may stand before such a name: other quotes, an escape that was not decoded, a locale.
_TOKEN = re.compile(r"(?:[\s\"'\\]|3D|&quot;|[a-z]{2}_[a-z]{2}\.)*([^\s,;(\"'\\&/]*)", re.IGNORECASE)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_DATE = re.compile(
    r"\b(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::\d{2})?\s*([+-]\d{4}\b|[A-Za-z]{1,5}\b)?",
    re.ASCII,
)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
# RFC 5322, section 4.3: the obsolete names that have a meaning.
_ZONES = {"EDT": "-04:00", "EST": "-05:00", "CDT": "-05:00", "CST": "-06:00"}
_ZONES |= {"MDT": "-06:00", "MST": "-07:00", "PDT": "-07:00", "PST": "-08:00"}
_ZONES |= dict.fromkeys(("UT", "UTC", "GMT", "Z"), "+00:00")


class Header:
    """The header section of a message or of one of its parts.

    A field is found by searching the whole section for its name, so that the number of other fields
    does not matter. `truncated` tells that there is more of the section than is searched, `clipped` that
    `get` has left out the end of a field. Bytes beyond ASCII are in UTF-8, or else in `charset`, which may be
    given later.
    """

    def __init__(self, section: bytes, charset: str = "") -> None:
        self.charset = charset
        self.truncated = len(section) > SECTION_LIMIT
        self.is_ascii = section.isascii()
        self._section = b"\n" + section[:SECTION_LIMIT]
        # Every kind of line end as one byte, so that positions agree with the section's.
        self._lower = self._section.lower().replace(b"\r", b"\n")
        self.clipped = False
        self._places: dict[str, tuple[int, int]] = {}
        self._repeated: dict[str, bool] = {}
        self._crowded: set[str] = set()

    def get(self, name: str) -> str:
        """Return the first such field's value, unfolded, encoded words left alone; empty if absent.

        Of a field that is cut in the middle of an encoded word, this one ends there.
        """
        raw, cut = self._value(name)
        if not (raw or cut):
            return ""
        plain = raw.isascii() and b"\x1b" not in raw
        text = raw.decode("ascii") if plain else decode_field(raw, self.charset)
        text = text.replace("\r", "").replace("\n", "").strip()
        if not cut:
            return text
        self.clipped = True
        return f"{text}?=" if _UNFINISHED_WORD.search(text, max(text.rfind("=?"), 0)) else text

    def cut(self, name: str) -> bool:
        """Tell whether the first such field is longer than what `get` returns of it."""
        return self._value(name)[1]

    def position(self, name: str) -> int:
        """Return where the first such field begins; -1 if there is none."""
        return self._first(name)[0]

    def repeats(self, name: str) -> bool:
        """Tell whether the field is seen to stand more than once."""
        if name not in self._repeated:
            start = self._first(name)[1]
            self._repeated[name] = start >= 0 and self._find(name, start)[0] >= 0
        return self._repeated[name]

    def crowded(self, name: str) -> bool:
        """Tell whether such a field may stand unseen behind too many whose names begin alike."""
        self.repeats(name)
        return name in self._crowded

    def _value(self, name: str) -> tuple[bytes, bool]:
        """Return the beginning of the first such field's value, and whether there is more of it."""
        start = self._first(name)[1]
        if start < 0:
            return b"", False
        # Enough to see, behind a line end at the limit, whether the field goes on.
        limit, stop = start + FIELD_LIMIT, start + FIELD_LIMIT + 3
        # Most of a long field is passed over at once, up to its first line end of any kind.
        at = self._lower.find(b"\n", start, stop)
        end = _FIELD_END.search(self._section, at, stop) if at >= 0 else None
        length = len(self._section)
        if end and end.start() <= limit and not (self.truncated and end.end() == length):
            return self._section[start : end.start()], False
        return self._section[start:limit], length > limit or self.truncated

    def _first(self, name: str) -> tuple[int, int]:
        if name not in self._places:
            self._places[name] = self._find(name, 0)
        return self._places[name]

    def _find(self, name: str, start: int) -> tuple[int, int]:
        """Return where a field begins and where its value does; -1, -1 if there is none behind `start`.

        Or if it can't be told at a bounded cost, behind eight others whose names begin like it.
        """
        needle = _needle(name)
        at = start
        for _ in range(_LOOKALIKES):
            at = self._lower.find(needle, at)
            if at < 0:
                return -1, -1
            end = at + len(needle)
            if self._lower.startswith(b":", end):
                return at, end + 1
            # "Subject : x" is obsolete but legal (RFC 5322, section 4.5); "Subject-Line: x" is another field.
            rest = self._lower[end : end + FIELD_LIMIT]
            at = end + len(rest) - len(rest.lstrip(b" \t"))
            if self._lower.startswith(b":", at):
                return end - len(needle), at + 1
            if at == end + FIELD_LIMIT:
                break
        self._crowded.add(name)
        return -1, -1


@cache
def _needle(name: str) -> bytes:
    return f"\n{name}".encode()


def decode_words(value: str, limit: int = 24) -> str:
    """Decode a value's encoded words (RFC 2047), also where broken; what can't be one stays as it is.

    Neighbours in one charset are joined as bytes first: senders split words in the middle of a character.
    What is behind `limit` words is more than anyone is shown, and left out.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    word, charset, end = b"", "", 0
    for number, match in enumerate(_WORD.finditer(value)):
        if number == limit:
            return "".join((*out, decode(word, charset), ELLIPSIS))
        code = match[3].encode()
        data = from_base64(code) if match[2] in "bB" else from_quoted_printable(code, header=True)
        if code and not data:
            continue
        gap = value[end : match.start()]
        joins = bool(word) and not gap.strip()
        claimed = match[1].partition("*")[0].lower()
        codec = codec_of(claimed) or claimed
        if not (joins and codec == charset):
            out += [decode(word, charset), "" if joins else gap]
            word, charset = b"", codec
        word += data
        end = match.end()
    out += [decode(word, charset), value[end:]]
    return "".join(out)


def parameters(value: str, wanted: Container[str]) -> tuple[str, dict[str, str]]:
    """Split a Content-Type or Content-Disposition value into its lower-case head and the wanted parameters.

    Continued and percent-encoded parameters are put together (RFC 2231), and win over a plain one of the
    same name; encoded words, which don't belong there but are common, are left alone. A file name that
    may go on behind the last parameter that is read ends in an ellipsis.
    """
    start = _HEAD.match(value)
    if start is None or not value:
        return "", {}
    head, rest = start[1].lower(), value[start.end(1) :]
    if start[2]:
        # Nothing stands before the first parameter.
        head, rest = "", f";{value}"
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    unread = False
    for number, match in enumerate(_PARAMETER.finditer(rest)):
        if number == _MAX_PARAMETERS:
            unread = True
            break
        name, star, index = match[1].lower().partition("*")
        if name not in wanted:
            continue
        text = _unquote(match[2])
        if not star:
            plain[name] = plain.get(name) or (
                _continued({0: (False, text)}) if "''" in text and "%" in text else text
            )
            continue
        place = index.rstrip("*")
        if place.isascii() and place.isdigit():
            pieces.setdefault(name, {})[int(place)] = index.endswith("*"), text
        elif not place:
            pieces.setdefault(name, {})[0] = True, text
    found = plain | {name: text for name, p in pieces.items() if (text := _continued(p))}
    if unread:
        found |= {name: found.get(name, "") + ELLIPSIS for name in _FILE_NAMES if name in wanted}
    return head, found


def first_token(value: str) -> str:
    """Return the name, of a charset or an encoding, that a value begins with, whatever stands around it."""
    found = _TOKEN.match(value)
    return found[1] if found else ""


def date(value: str) -> str:
    """Rewrite a Date value (RFC 5322, section 3.3) as `YYYY-MM-DD HH:MM +hh:mm`; else only clean it."""
    match = _DATE.search(value)
    if match:
        day, month, year, hour, minute = (
            int(match[1]),
            match[2].lower(),
            int(match[3]),
            int(match[4]),
            match[5],
        )
        index = _MONTHS.find(month)
        if year < 1000:
            year += 2000 if year < 50 else 1900
        if index >= 0 and index % 3 == 0 and 1 <= day <= 31 and hour < 24 and int(minute) < 60:
            return f"{year}-{index // 3 + 1:02}-{day:02} {hour:02}:{minute} {_zone(match[6] or '')}".rstrip()
    return clean(value, 60)


def unescape(value: str) -> str:
    """Resolve quoted pairs (RFC 5322, section 3.2.1)."""
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) if "\\" in value else value


def _unquote(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return _QUOTE_OR_PAIR.sub(r"\1", value) if "\\" in value else value.replace('"', "")


def _continued(pieces: dict[int, tuple[bool, str]]) -> str:
    """Put the pieces of a parameter together (RFC 2231, sections 3 and 4), also where marks are left out."""
    in_order = [pieces[index] for index in sorted(pieces)]
    encoded, beginning = in_order[0]
    claimed, quote, rest = beginning.partition("'")
    language, second, text = rest.partition("'")
    known = quote and codec_of(claimed)
    if known and second and not language and not any(star for star, _ in in_order):
        # No name begins so: the stars were forgotten.
        encoded = True
        in_order = [(True, text) for _, text in in_order]
    charset = ""
    if encoded and (second or known):
        charset = claimed
        in_order[0] = True, text if second else rest
    data = b""
    for star, run in groupby(in_order, key=itemgetter(0)):
        # Joined first: an escape may be split between two pieces.
        raw = "".join(piece for _, piece in run).encode()
        data += _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), raw) if star else raw
    return decode(data, charset)


def _zone(zone: str) -> str:
    if zone.startswith(("+", "-")):
        # -0000: the time is UTC, where it was sent from is not said.
        return "+00:00" if zone == "-0000" else f"{zone[:3]}:{zone[3:]}"
    return _ZONES.get(zone.upper(), "")
