"""MUTE and BLOCK: which senders they name, and what a blocked one is told."""

import re
from collections.abc import Sequence

from .address import canonical, is_address
from .reading import Reader

VARIABLES = ("MUTE", "BLOCK", "BLOCK_TEXT")
"""The names that are read here."""

KINDS = ("lists", "bulk", "auto")
"""The kinds of mail that MUTE can name besides; `Mail.kinds` has those of a message."""

MAX_PATTERNS = 50
"""How many senders a variable may name: each is compared with every message's."""

MAX_STARS = 4
"""How many `*` a pattern may hold."""

TEXT = "This address does not accept mail from you."
"""What a blocked sender is told, unless the owner says something else."""

_ADDRESS_LIMIT = 320
# How a domain ends in which there is a dot: what has none is the rest of an address with a blank in it.
_NAME = re.compile(r"[^@.]\.[^@.*]+\Z")
# What a reply may hold (RFC 5321, section 4.2), within a line of 512 bytes.
_TEXT = re.compile(r"[ -~]{1,200}")


def matches(address: str, patterns: Sequence[str]) -> bool:
    """Tell whether one of the patterns names the address: `a@b.example`, `@b.example`, `*@*.b.example`.

    They are in canonical form. `*` stands for anything on its side of the last `@`.
    """
    local, at, host = canonical(address[: _ADDRESS_LIMIT + 1]).rpartition("@")
    if not at or len(address) > _ADDRESS_LIMIT:
        return False
    for pattern in patterns:
        name, _, place = pattern.rpartition("@")
        if _fits(place, host) and _fits(name or "*", local):
            return True
    return False


def read_mute(reader: Reader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read whose mail is not told of: patterns of senders, and kinds of mail."""
    entries = [entry.lower() for entry in reader.entries("MUTE", reader.value("MUTE"))]
    kinds = tuple(kind for kind in KINDS if kind in entries)
    return _patterns(reader, "MUTE", entries, KINDS), kinds


def read_block(reader: Reader) -> tuple[str, ...]:
    """Read whose mail is refused: patterns of senders, of which none may mean everybody."""
    return _patterns(reader, "BLOCK", reader.entries("BLOCK", reader.value("BLOCK")))


def read_block_text(reader: Reader) -> str:
    """Read what a blocked sender is told."""
    text = reader.text("BLOCK_TEXT")
    if not text or _TEXT.fullmatch(text):
        return text or TEXT
    fix = f'must be one line of at most 200 characters, of ASCII alone; until then it is "{TEXT}"'
    reader.problem("BLOCK_TEXT", fix)
    return TEXT


def _patterns(
    reader: Reader, variable: str, entries: Sequence[str], kinds: Sequence[str] = ()
) -> tuple[str, ...]:
    """Keep the patterns among the entries that can be used, each once."""
    found: dict[str, None] = {}
    others = f", or {', '.join(kinds)}" if kinds else ""
    for number, entry in enumerate(entries, 1):
        pattern = canonical(entry)
        if pattern in kinds:
            continue
        is_open = "*" in pattern.rpartition("@")[2].rpartition(".")[2]
        # One that means nearly everybody would refuse all mail; of mail that is muted an inbox has all.
        if not kinds and (is_open or not pattern.strip("*.@")):
            fix = "would refuse nearly everybody; name a sender or a domain, or how one ends: *@*.example"
            reader.problem(variable, f"entry {number} {fix}")
        elif not (is_open or _NAME.search(pattern)) or not _is_pattern(pattern):
            fix = f"must be like a@shop.example, @shop.example or *@*.shop.example{others}"
            reader.problem(variable, f"entry {number} {fix}, with at most {MAX_STARS} *")
        else:
            found[pattern] = None
    if len(found) > MAX_PATTERNS:
        fix = "and only the first are used; put some together, like *@*.shop.example"
        reader.problem(variable, f"names more than {MAX_PATTERNS} senders, {fix}")
    return tuple(found)[:MAX_PATTERNS]


def _is_pattern(text: str) -> bool:
    """Tell whether it has the shape of one, of an address with stars."""
    return is_address(f"*{text}".replace("*", "x")) and text.count("*") <= MAX_STARS


def _fits(pattern: str, text: str) -> bool:
    """Compare piece by piece, each at the first place where it stands: no way is tried twice."""
    head, *pieces = pattern.split("*")
    if not pieces:
        return text == head
    *pieces, tail = pieces
    at, end = len(head), len(text) - len(tail)
    if at > end or not (text.startswith(head) and text.endswith(tail)):
        return False
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
