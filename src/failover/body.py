"""A part's body -> the beginning of its text, as a reader sees it."""

import re
from dataclasses import dataclass, replace
from itertools import islice

from .charsets import codec_of
from .decoding import decode
from .encoding import base64_size, from_base64, from_quoted_printable
from .header import first_token
from .invitation import invitation
from .markup import visible_text
from .multipart import Defects, Part
from .text import clean

PREVIEW_LENGTH = 300
"""How many characters of its text a preview shows, at most."""

CALENDARS = frozenset({"text/calendar", "text/x-vcalendar", "application/ics"})
"""The media types of calendars."""


_PLAIN_WINDOW = 4096
_PRESCAN = 1024
_METAS = 4
# What hides a meta element, or looks like one and is none.
_NO_META = re.compile(
    rb"<!--(?:.*?-->|.*+)|<(script|style|title)\b(?:.*?</\1|.*+)", re.DOTALL | re.IGNORECASE
)
_META = re.compile(
    rb"<meta\b[^>]{0,200}?(?<![\w-])charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([^\s\"'/>;]{1,40})"
    rb"|<\?xml\b[^>]{0,80}?\bencoding\s{0,9}=\s{0,9}[\"']([^\"'>]{1,40})",
    re.IGNORECASE,
)
# HTML that passes for plain text: a document, which begins with two tags, or what begins and ends with one.
_BEFORE = r"(?>(?:[\s\ufeff]++|<!--.{0,999}?-->|<\?xml[^<>]{0,99}>)*)"
_DOCUMENT = re.compile(
    _BEFORE + r"<(?:!doctype\s+html|html|head|body)\b[^<>]{0,3000}>\s*<[a-z!/]", re.IGNORECASE | re.DOTALL
)
_FRAGMENT = re.compile(
    _BEFORE
    + r"<(?:meta|style|title|div|section|p|pre|blockquote|table|center|font|span|br|hr|img|a|b|i|h[1-6]"
    r"|ul|ol|tr|td|strong|em)(?=[\s/>])[^<>]{0,999}>",
    re.IGNORECASE | re.DOTALL,
)
# What people speak of are more often tags within a line.
_LAST_TAG = re.compile(
    r"(?:</(?:div|section|p|pre|blockquote|table|center|font|span|h[1-6]|ul|ol)|<br[^<]{2,}<br ?/?)>\s*\Z",
    re.IGNORECASE,
)
_END_TAGS = 4
_LONG = 1000
# Commands of text/enriched (RFC 1896), what they are about, and two signs that stand for one.
_COMMAND = re.compile(r"<param>[^<]{0,400}</param>|<(?:(<)|/?[a-z0-9-]{1,60}>)", re.IGNORECASE)
_ENRICHED = frozenset({"text/enriched", "text/richtext"})
# What mailers put into a text where a picture is.
_PICTURES = re.compile(r"(?>(?:\[(?:cid|image): ?[^\]]{1,200}\]|[\s\ufffc])*)")
# What a text speaks of that only stands for the HTML beside it, by language.
_ELSEWHERE = re.compile(
    r"""html|mime|plain.text|text.version|view.{1,20}online|online.version|https?:|\b(?:client|viewer|e-?mail|mail)|program|software|browser
    |angezeigt|darstell  # German
    |navigat|navegad|visuali[sz]|affich|courriel|mostrar  # French, Spanish, Portuguese, Italian
    |webbläs|nettles|selai  # Swedish, Norwegian, Finnish
    |prohlíže|przegląda|браузер|отобража  # Czech, Polish, Russian
    |taray\u0131c|trình.duyệt  # Turkish, Vietnamese
    |ブラウザ|浏览器|瀏覽器|브라우저""",
    re.IGNORECASE | re.VERBOSE,
)
_LINK = re.compile(r"https?://\S+")
_NO_LETTER = re.compile(r"[\W_]+")
_GRAM = 4
_SHORT = 200
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(slots=True)
class Leaf:
    """A part that is no multipart: its media type with its parameters, and the type of what holds it."""

    part: Part
    kind: str
    params: dict[str, str]
    parent: str

    @property
    def is_html(self) -> bool:
        """Tell whether it is HTML, or a kind of HTML."""
        return self.kind.endswith("html")


def text_of(leaf: Leaf, data: bytes, defects: Defects) -> str:
    """Return the beginning of a leaf's text, clean; of a calendar, what it is about."""
    # Style sheets may take the room of many pages, participants that of an event.
    window = len(data) if leaf.is_html or leaf.kind in CALENDARS else _PLAIN_WINDOW
    content, cut = _content(leaf.part, data, window)
    charset = charset_of(leaf, data)
    if charset and not codec_of(charset):
        defects.add("an unknown charset")
    if leaf.kind in CALENDARS:
        return clean(invitation(content, charset, leaf.params.get("method", "")), PREVIEW_LENGTH)
    text = decode(content, charset, cut=cut)
    if leaf.is_html:
        text = visible_text(text, PREVIEW_LENGTH)
    elif leaf.kind in _ENRICHED:
        text = _COMMAND.sub(lambda match: match[1] or "", text)
    elif _is_markup(text) and (shown := text_of(replace(leaf, kind="text/html"), data, defects)):
        return shown
    elif leaf.params.get("delsp", "").lower() == "yes":
        # RFC 3676, section 4.3: the space before a flowed line's end is not part of the text.
        text = text.replace(" \r\n", "").replace(" \n", "")
    return clean(text, PREVIEW_LENGTH)


def charset_of(leaf: Leaf, data: bytes) -> str:
    """Return the charset that a leaf names: by its parameter, or HTML by itself (HTML, section 13.2.3.2)."""
    charset = first_token(leaf.params.get("charset", ""))
    if not leaf.is_html or codec_of(charset) not in (None, "ascii"):
        return charset
    head = _NO_META.sub(b"", _content(leaf.part, data, 4 * _PRESCAN)[0][:_PRESCAN])
    for named in islice(_META.finditer(head), _METAS):
        within = (named[1] or named[2]).decode("ascii", "replace")
        if codec := codec_of(within):
            # Who could read the name of the charset has read it as ASCII.
            return "utf-8" if codec.startswith(("utf_16", "utf_32")) else within
    return charset


def size_of(leaf: Leaf, data: bytes) -> int | None:
    """Tell how many bytes a leaf holds, decoded; None where its encoding is not known."""
    part = leaf.part
    encoding = _encoding(part)
    if encoding == "quoted-printable":
        return len(from_quoted_printable(data[part.start : part.end]))
    if encoding == "base64":
        code = data[part.start : part.end].translate(None, b" \t\r\n")
        return base64_size(len(code.rstrip(b"=")))
    return part.end - part.start if encoding in _IDENTITY else None


def stands_for_pictures(text: str) -> bool:
    """Tell whether a text is nothing but what mailers put where a picture is."""
    return _PICTURES.fullmatch(text) is not None


def may_stand_for_html(text: str) -> bool:
    """Tell whether a text may only say that there is HTML beside it, or where else to see it."""
    said = _LINK.sub("https:", text)
    return len(said) < _SHORT and bool(_ELSEWHERE.search(said) or not _NO_LETTER.sub("", said))


def alike(text: str, other: str) -> bool:
    """Tell whether most of a short text is found in another, whatever the language."""
    text, other = (_NO_LETTER.sub("", _LINK.sub("", each)).lower() for each in (text, other))
    grams = [text[at : at + _GRAM] for at in range(0, len(text), _GRAM)]
    return 2 * sum(gram in other for gram in grams) >= len(grams) > 0


def _is_markup(text: str) -> bool:
    """Tell whether a text is HTML, rather than that it speaks of tags."""
    if _DOCUMENT.match(text):
        return "</" in text or len(text) > _LONG
    ends = _LAST_TAG.search(text, max(len(text) - _LONG, 0)) or text.count("</") >= _END_TAGS
    return bool(ends and _FRAGMENT.match(text))


def _content(part: Part, data: bytes, window: int) -> tuple[bytes, bool]:
    """Return the beginning of a part's decoded body, and whether there may be more of it."""
    end = min(part.start + window, part.end)
    data, encoding = data[part.start : end], _encoding(part)
    if encoding == "base64":
        data = from_base64(data)
    elif encoding == "quoted-printable":
        data = from_quoted_printable(data)
    return data, end < part.end or not part.closed


def _encoding(part: Part) -> str:
    return first_token(part.header.get("content-transfer-encoding")).lower()
