"""Untrusted text: clean it for people, shorten it.

What is removed follows Unicode TR 36 (security) and TR 9 (bidi): everything that shows nothing, reorders
what is shown, or ends a line that we meant to be one.
"""

import re
import unicodedata

ELLIPSIS = "…"
REPLACEMENT = "\ufffd"

_NAME_END = 24

_CONTROL = r"\x00-\x08\x0e-\x1b\x7f"
_FORMAT = (
    r"\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0"
_EMOJI = r"\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
# Letters of the Latin script, their punctuation and white space: nothing to remove, and in NFC.
_ORDINARY = re.compile(r"[\t-\r\x1c-~\x85\xa0-\xac\xae-\u02ff\u2010-\u2027\u20ac]*")
_INVISIBLE = re.compile(f"[{_CONTROL}{_FORMAT}{_BLANK}]|(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
# C1 controls were signs of another charset; private use, surrogates and noncharacters have no agreed look.
# Show that something was there.
_UNKNOWN = re.compile(
    r"[\x80-\x84\x86-\x9f\ue000-\uf8ff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 15) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_MARKS = (
    r"\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06ed\u0711\u0730-\u074a\u0f18-\u0f39\u0f71-\u0f84\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0"
    r"\u302a-\u302f\u3099\u309a\ufe20-\ufe2f"
)
_STACKED = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")
_RIGHT_TO_LEFT = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def clean(text: str, limit: int) -> str:
    """Make untrusted text fit to show: one line, visible, at most `limit` code points.

    Control, bidi, zero-width and tag characters go; private use shows as U+FFFD; white space collapses;
    stacked combining marks are thinned; the result is in NFC.
    """
    # What is shown is mostly near the beginning; of text made to be removed, some more is looked at.
    for window in (limit + limit // 4 + 64, limit * 4 + 64):
        shown = _visible(text[:window])
        if len(text) <= window or len(shown) > limit + 64:
            break
    return shorten(shown, limit)


def shorten(text: str, limit: int) -> str:
    """Cut text to at most `limit` code points, an ellipsis included, between graphemes (Unicode TR 29)."""
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    cut = limit - 1
    # Longer clusters than this exist only to cost us time; cutting one is fine.
    lowest = max(cut - 32, 0)
    while cut > lowest and _joined(text, cut):
        cut -= 1
    return text[:cut].rstrip() + ELLIPSIS


def shorten_name(name: str, limit: int) -> str:
    """Make a file name fit to show in at most `limit` code points; too long, it loses its middle.

    Its end says what opening it does: `invoice….pdf.exe`.
    """
    if len(name) <= limit:
        return clean(name, limit)
    start = clean(name, 4 * limit)
    # Up to this length, all of it was looked at.
    if len(start) <= limit and len(name) <= 4 * limit:
        return start
    end = clean(name[-4 * _NAME_END :], 4 * _NAME_END)[-_NAME_END:]
    while end and unicodedata.category(end[0]).startswith("M"):
        end = end[1:]
    room = limit - len(end)
    start = shorten(start, room) if len(start) >= room else f"{start}{ELLIPSIS}"
    return f"{start}{end.lstrip()}"


def isolate(text: str) -> str:
    """Wrap text that reads right to left in FSI … PDI, so that it can't reorder what stands around it."""
    return f"\u2068{text}\u2069" if not text.isascii() and _RIGHT_TO_LEFT.search(text) else text


def _visible(text: str) -> str:
    if not _ORDINARY.fullmatch(text):
        text = _INVISIBLE.sub("", text)
        text = _UNKNOWN.sub(REPLACEMENT, text)
        # Before NFC, whose cost grows with the square of a run of marks.
        text = _STACKED.sub(r"\1", text)
        text = unicodedata.normalize("NFC", text).replace("\u2800", " ")
    return " ".join(text.split())


def _joined(text: str, i: int) -> bool:
    """Tell whether the code points on both sides of `i` belong to one grapheme."""
    before, after = text[i - 1], text[i]
    if after < "\u0300":
        return False
    if before == "\u200d" or after == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if _regional(after):
        run = 0
        while run < i and run < 32 and _regional(text[i - 1 - run]):
            run += 1
        return run % 2 == 1
    # Hangul vowels and finals join the syllable before them; marks join anything.
    return "\u1160" <= after <= "\u11ff" or unicodedata.category(after).startswith("M")


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
