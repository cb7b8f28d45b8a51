"""What is around an alert's text: a bubble of a chat, a post of a channel, a card of a phone.

Each returns the picture's height, and its elements.
"""

from functools import partial

from pictures.svg import LEFT, MARGIN, PAD, RIGHT, TOP, WIDTH, said


def bubble(note, end):
    """Draw a bubble with its tail at the lower left, the author in it, and the time below."""
    left, top, bottom, r = LEFT - PAD, MARGIN, end + PAD + 12, 14
    path = (
        f"M{left + r} {top}H{RIGHT - r}a{r} {r} 0 0 1 {r} {r}V{bottom - r}a{r} {r} 0 0 1 {-r} {r}"
        f"H{left - 8}c6 -3 8 -8 8 -16V{top + r}a{r} {r} 0 0 1 {r} {-r}z"
    )
    return bottom + MARGIN, [
        f'<path class="p" d="{path}"/>',
        *_face(38, bottom - 18, 18),
        _name(said(note.author)),
        _clock(note, bottom - 11),
    ]


def _post(note, end, *, rounding):
    """Draw a face beside the author, and the time behind the name."""
    height = end + PAD + MARGIN - 8
    return height, [
        _panel(0.5, height - 0.5, 12),
        *_face(56, TOP + 2, rounding),
        _name(f'{said(note.author)}<tspan class="t" dx="10">{said(note.clock)}</tspan>'),
    ]


post = partial(_post, rounding=18)
tile = partial(_post, rounding=7)


def card(note, end):
    """Draw a notification: whose it is, and when it came, above it."""
    bottom = end + PAD
    return bottom + MARGIN, [
        _panel(MARGIN, bottom, 18),
        *_face(56, TOP + 2, 10),
        f'<text class="t" x="{LEFT}" y="{TOP - 2}">{said(note.author)}</text>',
        _clock(note, TOP - 2),
    ]


def _panel(margin, bottom, rounding):
    size = f'width="{WIDTH - 2 * margin}" height="{bottom - margin}"'
    return f'<rect class="p" x="{margin}" y="{margin}" {size} rx="{rounding}"/>'


def _name(text):
    return f'<text class="n" x="{LEFT}" y="{TOP - 2}">{text}</text>'


def _clock(note, y):
    return f'<text class="t" x="{RIGHT - PAD}" y="{y}" text-anchor="end">{said(note.clock)}</text>'


def _face(x, y, rounding):
    """Draw an envelope."""
    return [
        f'<rect class="f" x="{x - 18}" y="{y - 18}" width="36" height="36" rx="{rounding}"/>',
        f'<path class="w" d="M{x - 9} {y - 6}h18v12h-18zl9 7l9 -7"/>',
    ]
