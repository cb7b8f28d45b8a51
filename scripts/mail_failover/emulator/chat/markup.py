"""Telegram's HTML, by the rules of TDLib's parse_html, which its server runs; the tests compare the two."""

import re
from dataclasses import dataclass

TAGS = {
    *("a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins"),
    *("tg-spoiler", "tg-emoji", "tg-time", "span", "pre", "code", "blockquote"),
}

# A NUL ends TDLib's text, and counts as a space.
_BLANK = re.compile(r"[ \t\r\n\v]*")
_NAME = re.compile(r"[^ \t\r\n\v\0>]*")
_ATTRIBUTE = re.compile(r"[^ \t\r\n\v\0=>/\"']*")
_WORD = re.compile(r"[A-Za-z0-9.-]*")
_QUOTED = {"'": re.compile(r"[^'\0]*"), '"': re.compile(r'[^"\0]*')}
_REFERENCE = re.compile(r"&(?:#[xX]([0-9A-Fa-f]+)|#([0-9]+)|([A-Za-z]+))(;?)")
_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
# Which attribute of a tag counts, and how its value has to begin.
_ARGUMENTS = {
    ("a", "href"): "",
    ("code", "class"): "language-",
    ("span", "class"): "tg-",
    ("tg-emoji", "emoji-id"): "",
    ("tg-time", "format"): "",
}


class MarkupError(ValueError):
    """Telegram can't parse this; the words are the server's."""


@dataclass(frozen=True, slots=True)
class Span:
    """A tagged part of a text, in code points; `argument` is its link, language or identifier."""

    tag: str
    start: int
    end: int
    argument: str = ""


def parse_html(source: str) -> tuple[str, list[Span]]:
    """Read Telegram's HTML into the text a person sees and its tagged parts.

    Raises:
        MarkupError: where the server would answer 400 "can't parse entities".

    """
    source, size = source + "\0", len(source)
    seen: list[str] = []
    opened: list[Span] = []
    spans: list[Span] = []
    i = 0
    while i < size:
        reference = _reference(source, i)
        if reference:
            char, i = reference
            seen.append(char)
        elif source[i] != "<":
            seen.append(source[i])
            i += 1
        elif source[i + 1] != "/":
            tag, argument, i = _start_tag(source, i)
            opened.append(Span(tag, len(seen), len(seen), argument))
        else:
            i = _end_tag(source, i, opened[-1].tag if opened else "")
            last = opened.pop()
            if len(seen) > last.start:
                _check_argument(last)
                spans.append(Span(last.tag, last.start, len(seen), last.argument))
    if opened:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    if any("\ud800" <= char <= "\udfff" for char in seen):
        raise MarkupError(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return "".join(seen), spans


def _reference(source: str, i: int) -> tuple[str, int] | None:
    found = _REFERENCE.match(source, i)
    if not found:
        return None
    hexadecimal, decimal, name, semicolon = found.groups()
    if name:
        return (_NAMED[name], found.end()) if name in _NAMED else None
    # Longer ones stay as they stand, whatever their number.
    if found.end() - len(semicolon) - i >= 10:
        return None
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return (chr(code), found.end()) if 0 < code < 0x10FFFF else None


def _start_tag(source: str, begin: int) -> tuple[str, str, int]:
    name = _match(_NAME, source, begin + 1)
    tag, i, argument = _lower(name), begin + 1 + len(name), ""
    at = f"at byte offset {_bytes(source, begin)}"
    if source[i] == "\0":
        raise MarkupError(f"Unclosed start tag {at}")
    if tag not in TAGS:
        raise MarkupError(f'Unsupported start tag "{tag}" {at}')
    while source[i := _skip(source, i)] != ">":
        attribute, value, i = _attribute(source, i, tag, at)
        prefix = _ARGUMENTS.get((tag, attribute))
        if prefix is not None and value is not None and value.startswith(prefix):
            argument = value.removeprefix(prefix)
    if tag == "span" and argument != "spoiler":
        raise MarkupError(f'Tag "span" must have class "tg-spoiler" {at}')
    return tag, argument, i + 1


def _attribute(source: str, i: int, tag: str, at: str) -> tuple[str, str | None, int]:
    name = _match(_ATTRIBUTE, source, i)
    if not name:
        raise MarkupError(f'Empty attribute name in the tag "{tag}" {at}')
    value = None
    i = _skip(source, i + len(name))
    assigned = source[i] == "="
    if assigned:
        i = _skip(source, i + 1)
    if source[i] == "\0":
        raise MarkupError(f'Unclosed start tag "{tag}" {at}')
    if assigned:
        value, i = _value(source, i)
        if source[i] == "\0":
            raise MarkupError(f"Unclosed start tag {at}")
    return name, value, i


def _value(source: str, i: int) -> tuple[str, int]:
    quote = source[i]
    if quote in _QUOTED:
        raw = _match(_QUOTED[quote], source, i + 1)
        end = i + 1 + len(raw)
        return _decoded(raw), end + (source[end] == quote)
    word = _match(_WORD, source, i)
    end = i + len(word)
    if source[end] not in " \t\r\n\v\0>":
        raise MarkupError(f"Unexpected end of name token at byte offset {_bytes(source, i)}")
    return word.lower(), end


def _decoded(raw: str) -> str:
    raw, decoded, i = raw + "\0", [], 0
    while i < len(raw) - 1:
        char, i = _reference(raw, i) or (raw[i], i + 1)
        decoded.append(char)
    return "".join(decoded)


def _end_tag(source: str, begin: int, expected: str) -> int:
    at = f"at byte offset {_bytes(source, begin)}"
    if not expected:
        raise MarkupError(f"Unexpected end tag {at}")
    name = _match(_NAME, source, begin + 2)
    i = _skip(source, begin + 2 + len(name))
    if source[i] != ">":
        raise MarkupError(f"Unclosed end tag {at}")
    if name and _lower(name) != expected:
        raise MarkupError(f'Unmatched end tag {at}, expected "</{expected}>", found "</{_lower(name)}>"')
    return i + 1


def _check_argument(span: Span) -> None:
    if span.tag == "tg-emoji":
        number = int(span.argument) if re.fullmatch("-?[1-9][0-9]{0,18}", span.argument) else 0
        if not number or not -(2**63) <= number < 2**63:
            raise MarkupError("Invalid custom emoji identifier specified")
    if span.tag == "tg-time" and not re.fullmatch("r|[tTdDwW]*", span.argument):
        raise MarkupError("Invalid date format used")


def _match(pattern: re.Pattern[str], source: str, i: int) -> str:
    found = pattern.match(source, i)
    return found[0] if found else ""


def _skip(source: str, i: int) -> int:
    return i + len(_match(_BLANK, source, i))


def _bytes(source: str, i: int) -> int:
    return len(source[:i].encode())


def _lower(name: str) -> str:
    """Put ASCII letters in lower case, and no others: KELVIN SIGN is not a k to Telegram."""
    return name.translate(_LOWER)
