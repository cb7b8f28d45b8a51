"""Lines broken for a terminal, with a hanging indent behind their label."""

import re

from rich.cells import cell_len

_LABEL = re.compile(r"\s*(?:(?:\d+\.|[-+|]|->|\w+(?=  )|\w+(?:[ -]\w+){0,3}:)\s+)?")
# A command stays in one piece, however long: broken, it can't be pasted. A stray backtick begins none.
_COMMAND = r"(?<!\w)`(?=\S)[^`]+(?<=\S)`(?!\w)"
_WORD = re.compile(rf"(\s*)((?:{_COMMAND}|\S)+)")
NARROWEST = 20
"""Cells that a line needs to be worth breaking."""


def wrapped(text: str, width: int) -> str:
    """Break the lines of a text at `width` cells; what follows a label, such as "Why: ", stays behind it."""
    return "\n".join(broken for line in text.split("\n") for broken in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    match = _LABEL.match(line)
    label = match[0] if match else ""
    if width - cell_len(label) < NARROWEST:
        label = ""
    if width < NARROWEST:
        return [line]
    indent = cell_len(label)
    lines, current, is_empty = [], label, True
    # Without rstrip the search would try every space at the end anew.
    for gap, word in _WORD.findall(line[len(label) :].rstrip()):
        if not is_empty and cell_len(current + gap + word) > width:
            lines.append(current)
            current, is_empty = " " * indent, True
        current += word if is_empty else gap + word
        is_empty = False
    return [*lines, current]
