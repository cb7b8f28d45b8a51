"""The words a reader of an HTML mail would see first."""

import html
import re

_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][^\s/>]*)([^>]*)>?|<[!?][^>]*>?", re.DOTALL)
# What pads a newsletter's first line, so that the rest of it stays out of sight.
_PADDING = re.compile(
    r"&(?:nbsp|zwnj|zwj|shy|#\d{1,7}|#x[0-9a-f]{1,6});?|[\s\u034f\u200b-\u200f\ufeff]+", re.IGNORECASE
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_HIDDEN_ATTRIBUTE = re.compile(r"hidden(?<![^\s/]hidden)(?![^\s=/])")
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|max-(?:height|width)\s*:\s*0(?![.\d]*[1-9])"
)
_NEVER_SHOWN = frozenset(
    {"head", "script", "style", "title", "template", "noscript", "object", "svg", "select"}
)
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
_TAG_LIMIT = 350
_SOURCE_LIMIT = 2400
# How far the next tag is looked for at a time, and how many tags one look in vain counts for.
_REACH = 2048
_BARREN = 50


def visible_text(source: str, limit: int) -> str:
    """Return about the first `limit` characters that HTML shows: no scripts, styles, comments, hidden parts.

    Not a parser: it follows tags only as far as the text it still needs, and at most 350 of them.
    """
    at = source.find("<body")
    if at < 0:
        at = max(source.find("<BODY"), 0)
    shown: list[str] = []
    length = 0
    hidden, depth = "", 0
    budget = _TAG_LIMIT
    while budget > 0 and length <= limit and at < len(source):
        tag = _TAG.search(source, at, at + _REACH)
        start = tag.start() if tag else min(at + _REACH, len(source))
        if start > at and not hidden:
            piece = source[at:start]
            shown.append(piece)
            length += len(_PADDING.sub("", piece))
        if tag is None:
            budget -= _BARREN
            at = start
            continue
        budget -= 1
        at = _end(tag)
        name = (tag[2] or "").lower()
        if not name:
            continue
        if hidden:
            depth += (name == hidden) * (-1 if tag[1] else 1)
            hidden = hidden if depth else ""
        elif not tag[1] and name not in _VOID and (name in _NEVER_SHOWN or _is_hidden(tag[3])):
            hidden, depth = name, 1
            if name in _RAW_TEXT:
                # A script's own text can't hide its end tag (HTML, section 13.2.5.2).
                end_tag = _RAW_TEXT[name].search(source, at)
                at = end_tag.start() if end_tag else len(source)
        if name not in _INLINE:
            shown.append(" ")
    return html.unescape(_beginning("".join(shown), _SOURCE_LIMIT))


def _beginning(text: str, limit: int) -> str:
    """Cut text to at most `limit` characters, not in the middle of an entity."""
    if len(text) <= limit:
        return text
    entity = text.rfind("&", limit - 10, limit)
    return text[: entity if entity >= 0 else limit]


def _end(tag: re.Match[str]) -> int:
    """Return where a tag or comment ends: not always where its first ">" stands."""
    source, at = tag.string, tag.end()
    if tag[0] == "<!--":
        end = source.find("-->", at - 2)
        return end + 3 if end >= 0 else len(source)
    if source[at - 1] != ">":
        return source.find(">", at) + 1 or len(source)
    if tag[2] and tag[3].count('"') % 2:
        quote = source.find('"', at)
        end = source.find(">", quote) if quote >= 0 else -1
        return end + 1 if end >= 0 else at
    return at


def _is_hidden(attributes: str) -> bool:
    lower = attributes.lower()
    if "hidden" in lower and _HIDDEN_ATTRIBUTE.search(_QUOTED.sub('""', lower)):
        return True
    return "style" in lower and _HIDDEN_STYLE.search(lower) is not None
