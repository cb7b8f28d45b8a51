"""A chat's bubble as SVG, in the fonts that the reader's system has. Pure: the same text, the same bytes."""

import html
import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby

SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono', 'Liberation Mono', monospace"
STYLES = {"bold": "b", "code": "c", "pre": "c"}
"""The entities that are drawn, and the class of each."""

# In pixels: a line's room and height, the bubble's place and padding, the margin around all.
LINE, HEIGHT = 490, 22
LEFT, PAD, MARGIN = 74, 18, 20
SIZES = {"": 15.0, "b": 15.0, "c": 13.5}
# Of an em, and rather too wide than too narrow: which font it will be, nobody knows.
_MONO, _NARROW, _WIDE, _USUAL = 0.62, 0.34, 0.92, 0.6
# What XML 1.0 can't say at all, not even escaped.
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one picture."""

    chat: str
    bubble: str
    edge: str
    text: str
    code: str
    name: str
    clock: str
    face: str


LIGHT = Theme("#e8eef3", "#ffffff", "#d3dde5", "#16202a", "#23598c", "#1273b5", "#7b8a97", "#2f83c4")
DARK = Theme("#0f1720", "#1b2836", "#26384a", "#e9eff5", "#9ecbf5", "#5fb2f2", "#8296a8", "#2a6da3")


def draw(bubble, theme):
    """Return the picture of a bubble."""
    lines = [part for line in _lines(bubble) for part in _wrapped(line)]
    first, right = MARGIN + PAD + 14, LEFT + LINE + 2 * PAD
    bottom = first + HEIGHT * len(lines) + PAD + 12
    width, height = right + MARGIN, bottom + MARGIN
    texts = [f'<text class="n" x="{LEFT + PAD}" y="{first - 2}">{_said(bubble.author)}</text>']
    texts += [_text(_runs(line), first + HEIGHT * number) for number, line in enumerate(lines, 1) if line]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"',
            f' viewBox="0 0 {width} {height}" xml:space="preserve">',
            f"<title>{_said(bubble.text.partition(chr(10))[0])}</title>",
            _style(theme),
            f'<rect width="{width}" height="{height}" rx="12" fill="{theme.chat}"/>',
            _outline(right, bottom, theme),
            _face(bottom, theme),
            *texts,
            f'<text class="t" x="{right - PAD}" y="{bottom - 11}">{_said(bubble.clock)}</text>',
            "</svg>\n",
        ]
    )


def _style(theme):
    return (
        "<style>"
        f"text{{font:{SIZES['']}px {SANS};fill:{theme.text}}}"
        ".b{font-weight:600}"
        f".c{{font-family:{MONO};font-size:{SIZES['c']}px;fill:{theme.code}}}"
        f".n{{font-weight:600;fill:{theme.name}}}"
        f".t{{font-size:12px;fill:{theme.clock};text-anchor:end}}"
        "</style>"
    )


def _outline(right, bottom, theme):
    """Draw the bubble, with its tail at the lower left."""
    top, r = MARGIN, 14
    path = (
        f"M{LEFT + r} {top}H{right - r}a{r} {r} 0 0 1 {r} {r}V{bottom - r}a{r} {r} 0 0 1 {-r} {r}"
        f"H{LEFT - 8}c6 -3 8 -8 8 -16V{top + r}a{r} {r} 0 0 1 {r} {-r}z"
    )
    return f'<path d="{path}" fill="{theme.bubble}" stroke="{theme.edge}"/>'


def _face(bottom, theme):
    """Draw the bot's face: an envelope."""
    x, y = 38, bottom - 18
    return (
        f'<circle cx="{x}" cy="{y}" r="18" fill="{theme.face}"/>'
        f'<path d="M{x - 9} {y - 6}h18v12h-18zl9 7l9 -7" fill="none" stroke="#fff" stroke-width="1.6"'
        ' stroke-linejoin="round"/>'
    )


def _text(line, y):
    spans = [
        f'<tspan class="{style}">{_said(text)}</tspan>' if style else _said(text) for style, text in line
    ]
    return f'<text x="{LEFT + PAD}" y="{y}">{"".join(spans)}</text>'


def _said(text):
    return html.escape(_UNSAYABLE.sub("\ufffd", text))


def _lines(bubble):
    """Yield each line of a bubble as runs: a style, and the text in it."""
    # In UTF-16 units, in which the entities count.
    styles = [""] * (len(bubble.text.encode("utf-16-le", "surrogatepass")) // 2)
    for entity in bubble.entities:
        begin, length = entity["offset"], entity["length"]
        styles[begin : begin + length] = [STYLES.get(entity["type"], "")] * length
    at, line = 0, []
    for char in bubble.text:
        if char == "\n":
            yield _runs(line)
            line = []
        else:
            line.append((styles[at], char))
        at += 2 if ord(char) > 0xFFFF else 1
    yield _runs(line)


def _runs(pieces):
    """Join neighbours of one style."""
    joined = groupby(pieces, lambda piece: piece[0])
    return [(style, "".join(text for _, text in run)) for style, run in joined]


def _wrapped(runs):
    """Yield a line as lines that have room in the bubble; a word that has none is broken."""
    line, used = [], 0.0
    for style, word in ((style, word) for style, text in runs for word in _WORDS.findall(text)):
        # Blanks may stick out at the end of a line, where nobody sees them.
        parts = [word] if word.isspace() or width_of(style, word) <= LINE else word
        for part in parts:
            width = width_of(style, part)
            if used + width > LINE and not part.isspace():
                yield line
                line, used = [], 0.0
            line.append((style, part))
            used += width
    yield line


def width_of(style, text):
    """Guess how wide a text is, in pixels."""
    return SIZES[style] * sum(_em(style, char) for char in text)


def _em(style, char):
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    wide = unicodedata.east_asian_width(char) in {"W", "F"}
    if style == "c":
        return 2 * _MONO if wide else _MONO
    if wide:
        return 1.05
    if char in " .,:;'|!()[]ijlftrI-":
        return _NARROW
    return _WIDE if char in "mwMW@%" else _USUAL
