"""An alert as SVG, in the fonts that the reader's system has. Pure: the same text, the same bytes."""

import html
import re
from dataclasses import dataclass

from pictures.words import SIZES, lines

SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono', 'Liberation Mono', monospace"

# In pixels: a line's room and height, where the text begins, the padding around it, the margin around all.
ROOM, HEIGHT = 490, 22
LEFT, PAD, MARGIN = 92, 18, 20
RIGHT, TOP = LEFT + ROOM + PAD, 50
WIDTH = RIGHT + MARGIN
# What XML 1.0 can't say at all, not even escaped.
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Note:
    """One message as a service shows it: who wrote it, its runs of a style and a text, the time beside it."""

    author: str
    clock: str
    runs: tuple


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one picture."""

    ground: str
    panel: str
    edge: str
    text: str
    code: str
    name: str
    clock: str
    face: str


def draw(note, frame, *themes):
    """Return the picture of a note; of two themes the second is for readers who like it dark.

    `frame(note, end)` returns the picture's height, and what is around the text, which ends at `end`.
    """
    drawn = list(lines(note.runs, ROOM))
    while drawn and not drawn[-1]:
        drawn.pop()
    height, around = frame(note, TOP + HEIGHT * len(drawn))
    titles = ("".join(text for _, text in line).strip() for line in drawn)
    title = next((title for title in titles if any(map(str.isalnum, title))), "")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" role="img"',
            f' viewBox="0 0 {WIDTH} {height}" xml:space="preserve">',
            f"<title>{said(title)}</title>",
            _style(themes),
            f'<rect class="g" width="{WIDTH}" height="{height}" rx="12"/>',
            *around,
            *(_text(line, TOP + HEIGHT * number) for number, line in enumerate(drawn, 1) if line),
            "</svg>\n",
        ]
    )


def said(text):
    """Return a text as XML says it."""
    return html.escape(_UNSAYABLE.sub("\ufffd", text))


def _style(themes):
    """Say the fonts, and the colours of each theme; classes are those of the runs and of the frames."""
    light, *dark = map(_colours, themes)
    return (
        "<style>"
        # Each renderer knows one of this and xml:space.
        f"text{{font:{SIZES['']}px {SANS};white-space:pre}}"
        ".b,.h,.n{font-weight:600}"
        f".h{{font-size:{SIZES['h']}px}}"
        f".s{{font-size:{SIZES['s']}px}}"
        f".c,.m{{font-family:{MONO};font-size:{SIZES['c']}px}}"
        ".t{font-size:12px;font-weight:400}"
        ".w{fill:none;stroke:#fff;stroke-width:1.6;stroke-linejoin:round}"
        f"{light}{''.join(f'@media(prefers-color-scheme:dark){{{rules}}}' for rules in dark)}"
        "</style>"
    )


def _colours(theme):
    return (
        f".g{{fill:{theme.ground}}}.p{{fill:{theme.panel};stroke:{theme.edge}}}.f{{fill:{theme.face}}}"
        f"text{{fill:{theme.text}}}.c{{fill:{theme.code}}}.n{{fill:{theme.name}}}.s,.t{{fill:{theme.clock}}}"
    )


def _text(line, y):
    spans = [f'<tspan class="{style}">{said(text)}</tspan>' if style else said(text) for style, text in line]
    return f'<text x="{LEFT}" y="{y}">{"".join(spans)}</text>'
