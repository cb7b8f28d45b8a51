"""HTML -> the text that is in it, for people who are to read a mail and be shown nothing else."""

import html
import re

# What nobody sees; of these nothing is markup but their own end. What never ends hides all the rest.
_UNSEEN = r"<!--.*?(?:-->|\Z)|<(script|style|title|template)\b.*?(?:</\1\b[^>]*>?|\Z)"
# A ">" within a value in quotes ends no tag.
_TAG = r"</?([a-z][a-z0-9]*)(?:[^>=]+|=\s*(?:\"[^\"]*\"|'[^']*')?){0,300}>?|<[!?/][^>]*>?"
_MARKUP = re.compile(f"{_UNSEEN}|{_TAG}", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(
    "a|abbr|b|big|bdi|bdo|code|em|font|i|img|ins|kbd|label|mark|q|s|small|span|strike|strong|sub|sup|tt|u|var|wbr"
)
# The library's own pattern takes numbers of any length, and then fails.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r" ?\n[ \n]*")


def text_of(source: str) -> str:
    """Return the text, a line for each block; neither scripts nor styles, nor where links lead."""
    pieces: list[str] = []
    at = 0
    for markup in _MARKUP.finditer(source):
        pieces.append(_flat(source[at : markup.start()]))
        name = (markup[2] or "").lower()
        if name and not _INLINE.fullmatch(name):
            pieces.append("\t" if name in {"td", "th"} else "\n")
        at = markup.end()
    pieces.append(_flat(source[at:]))
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), "".join(pieces))
    text = _BLANKS.sub(" ", text)
    return _LINES.sub(lambda lines: "\n\n" if lines[0].count("\n") > 2 else "\n", text).strip()


def _flat(text: str) -> str:
    """Take the line breaks out of text, which mean nothing in HTML."""
    return text.replace("\n", " ")
