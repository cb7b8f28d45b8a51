"""Runs of text broken into lines that have room, as far as widths can be guessed."""

import re
import unicodedata
from itertools import groupby

SIZES = {"": 15.0, "b": 15.0, "c": 13.5, "m": 13.5, "h": 18.0, "s": 13.5}
"""How large each style's letters are, in pixels."""

# Of an em, and rather too wide than too narrow: which font it will be, nobody knows.
_MONO, _NARROW, _WIDE, _USUAL = 0.62, 0.34, 0.92, 0.6
_WORDS = re.compile(r"\s+|\S+")


def lines(runs, room):
    """Yield the lines of a text as runs, none wider than the room."""
    line = []
    for style, text in runs:
        first, *others = text.split("\n")
        line.append((style, first))
        for other in others:
            yield from _wrapped(line, room)
            line = [(style, other)]
    yield from _wrapped(line, room)


def width_of(style, text):
    """Guess how wide a text is, in pixels."""
    return SIZES[style] * sum(_em(style, char) for char in text)


def _wrapped(runs, room):
    """Yield a line as lines that have room; a word that has none is broken."""
    line, used = [], 0.0
    for style, word in ((style, word) for style, text in _joined(runs) for word in _WORDS.findall(text)):
        # Blanks may stick out at the end of a line, where nobody sees them.
        parts = [word] if word.isspace() or width_of(style, word) <= room else word
        for part in parts:
            width = width_of(style, part)
            if used + width > room and not part.isspace():
                yield _joined(line)
                line, used = [], 0.0
            line.append((style, part))
            used += width
    yield _joined(line)


def _joined(runs):
    """Join neighbours of one style."""
    joined = ((style, "".join(text for _, text in run)) for style, run in groupby(runs, lambda run: run[0]))
    return [(style, text) for style, text in joined if text]


def _em(style, char):
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    wide = unicodedata.east_asian_width(char) in {"W", "F"}
    if style in {"c", "m"}:
        return 2 * _MONO if wide else _MONO
    if wide:
        return 1.05
    if char in " .,:;'|!()[]ijlftrI-\u200a":
        return _NARROW
    return _WIDE if char in "mwMW@%" else _USUAL
