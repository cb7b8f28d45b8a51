"""A link as a QR code for a terminal."""

from itertools import zip_longest

import segno

_BORDER = 2
_BLOCKS = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def drawn(link: str) -> str:
    """Draw it in half blocks, two modules to a cell; what is drawn is light, the gaps are dark.

    A phone wants it that way round: show it light on dark, whatever the terminal's colours.
    """
    code = segno.make_qr(link, error="l")
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=_BORDER)]
    light = [False] * len(rows[0])
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=light)
    return "\n".join(
        "".join(_BLOCKS[pair] for pair in zip(above, below, strict=True)) for above, below in pairs
    )
