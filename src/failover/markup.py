"""The words a reader of an HTML mail would see first."""

import html
import re

# A ">" inside a value in quotes does not end a tag; quotes mean something only behind an equals sign. An
# atomic group keeps no way back into what it has matched; for a long tag of many signs that would be 30 MB.
_ATTRIBUTES = r"(?>(?:[^>=]++|=++\s*+(?:\"[^\"]*+\"|'[^']*+')?){1,99})*"
_TAG = re.compile(rf"<!--|<(/?)([a-zA-Z][^\s/>]*)({_ATTRIBUTES})>?|<[!?][^>]*>?", re.DOTALL)
_TAG_START = re.compile(r"<(?=[a-zA-Z!?]|/[a-zA-Z])")
# What pads a newsletter's first line, so that the rest of it stays out of sight.
_PADDING = re.compile(
    r"(?:&(?:nbsp|zwnj|zwj|shy|ensp|emsp|thinsp"
    r"|#0*(?:160|173|847|6158|8199|820[1-7]|823[4-8]|8288|10240|65279)"
    r"|#x0*(?:a0|ad|34f|180e|200[0-9a-f]|202[a-e]|2060|2800|feff));?"
    r"|[\s\xad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2800\ufeff]){4,}",
    re.IGNORECASE,
)
# Of what a head holds: what hides text, and what ends it.
_IN_HEAD = re.compile(r"<!--|<(script|style|title)\b|</head\b|<body\b", re.IGNORECASE)
_HEAD_LIMIT = 100
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_HIDDEN_ATTRIBUTE = re.compile(r"hidden(?<![^\s/]hidden)(?![^\s=/])")
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|max-(?:height|width)\s*:\s*0(?![.\d]*[1-9])"
)
_NEVER_SHOWN = frozenset({"template", "noscript", "object", "svg", "select"})
# Neither is the text of these, in which nothing but their end tag is a tag.
_RAW_TEXT = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title")}
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "big",
        "bdi",
        "bdo",
        "code",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
    }
    | {"small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_TAG_LIMIT = 320
_SOURCE_LIMIT = 2400
# How far the next tag is looked for at a time, and how many tags one look in vain counts for.
_REACH = 2048
_BARREN = 50


def visible_text(source: str, limit: int) -> str:
    """Return about the first `limit` characters that HTML shows: no scripts, styles, comments, hidden parts.

    Not a parser: it follows tags only as far as the text it still needs, and at most 320 of them.
    """
    at, headless = 0, False
    shown: list[str] = []
    length, room = 0, _SOURCE_LIMIT
    hidden, depth = "", 0
    budget = _TAG_LIMIT
    while budget > 0 and room > 0 and length <= limit and at < len(source):
        opening = _TAG_START.search(source, at, at + _REACH)
        start = opening.start() if opening else _reached(source, at)
        if start > at and not hidden:
            piece = _beginning(_PADDING.sub(" ", source[at:start]), room)
            room -= len(piece)
            text = html.unescape(piece)
            shown.append(text)
            length += len(text.strip())
        tag = _TAG.match(source, start) if opening else None
        if tag is None:
            budget -= _BARREN
            at = start
            continue
        budget -= 1
        at = _end(tag)
        name = (tag[2] or "").lower()
        # In SVG a tag that ends in a slash has no content.
        if not name or ("svg" in (name, hidden) and tag[3].endswith("/")):
            continue
        if name == "head" and not (tag[1] or headless):
            at, headless = _behind_head(source, at), True
        elif not tag[1] and name in _RAW_TEXT:
            at = _behind_raw_text(source, at, name)
        if hidden:
            depth += (name == hidden) * (-1 if tag[1] else 1)
            hidden = hidden if depth else ""
        elif not tag[1] and name not in _VOID and (name in _NEVER_SHOWN or _is_hidden(tag[3])):
            hidden, depth = name, 1
        if name not in _INLINE:
            shown.append(" ")
    return "".join(shown)


def _behind_head(source: str, at: int) -> int:
    """Return where a head ends: at its end tag or at the body; where it has neither, where it begins."""
    begin = at
    for _ in range(_HEAD_LIMIT):
        found = _IN_HEAD.search(source, at)
        if found is None:
            return begin
        if found[1]:
            at = _behind_raw_text(source, found.end(), found[1].lower())
        elif found[0] == "<!--":
            at = _end_of_comment(source, found.end())
        else:
            return found.start()
    return at


def _behind_raw_text(source: str, at: int, name: str) -> int:
    """Return where the end tag stands that text of this kind can't hide (HTML, section 13.2.5.2)."""
    end_tag = _RAW_TEXT[name].search(source, at)
    return end_tag.start() if end_tag else len(source)


def _reached(source: str, at: int) -> int:
    """Return where a search for a tag ended in vain: before what may begin one there, or an entity."""
    end = at + _REACH
    if end >= len(source):
        return len(source)
    edge = max(source.rfind("<", end - 3, end), source.rfind("&", end - 10, end))
    return edge if edge >= 0 else end


def _beginning(text: str, limit: int) -> str:
    """Cut text to at most `limit` characters, not in the middle of an entity."""
    if len(text) <= limit:
        return text
    entity = text.rfind("&", limit - 10, limit)
    return text[: entity if entity >= 0 else limit]


def _end(tag: re.Match[str]) -> int:
    """Return where a tag or comment ends."""
    if tag[0] != "<!--":
        return tag.end()
    return _end_of_comment(tag.string, tag.end())


def _end_of_comment(source: str, at: int) -> int:
    end = source.find("-->", at - 2)
    return end + 3 if end >= 0 else len(source)


def _is_hidden(attributes: str) -> bool:
    lower = attributes.lower()
    # Taking out what is quoted costs most, so it comes last.
    if _HIDDEN_ATTRIBUTE.search(lower) and _HIDDEN_ATTRIBUTE.search(_QUOTED.sub('""', lower)):
        return True
    return "style" in lower and _HIDDEN_STYLE.search(lower) is not None
