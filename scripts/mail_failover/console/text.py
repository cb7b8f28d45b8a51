"""Text of others made fit for a terminal, and sizes in the unit that people read best."""

import unicodedata

_ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))


def printable(text: str) -> str:
    """Make untrusted text safe for a terminal: control and formatting characters are spelled out.

    Isolates, which alerts use around right-to-left text, are left out; a joiner within an emoji stays.
    """
    return "".join(
        c
        if c in "\n\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
        else f"\\u{ord(c):04x}"
        for c in text.translate(_ISOLATES)
    )


def byte_count(size: int) -> str:
    """Say a size in the unit that people read best."""
    if size < 1000:
        return f"{size} bytes"
    # From here on it would round to 1000.0 kB.
    return f"{size / 1000:.1f} kB" if size < 999_950 else f"{size / 1_000_000:.1f} MB"


def one_line(text: str) -> str:
    """Keep what others wrote to one line: `printable`, and line breaks are spelled out, too."""
    return printable(text).replace("\n", "\\u000a")
