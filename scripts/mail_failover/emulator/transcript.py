"""What the commands say, as lines of text."""

import json
import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from mail_failover.emulator.chat.standin import Post
from mail_failover.emulator.routing.edge import Outcome

from .emulator import SECRETS

NAMES = {"telegram": "Telegram", "slack": "Slack"}
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


def outcome_line(sender: str, recipient: str, size: int, outcome: Outcome, seconds: float) -> str:
    """Say what became of a message."""
    clock = time.strftime("%H:%M:%S")
    parts = [", ".join(outcome.inboxes), outcome.reason]
    result = ": ".join([outcome.status.value, "; ".join(filter(None, parts))]).removesuffix(": ")
    line = f"{clock}  <{sender}> to <{recipient}>  {byte_count(size)}  {seconds:.2f} s  {result}"
    return printable(" ".join(line.splitlines()))


def chat_lines(post: Post) -> Iterator[str]:
    """Show what a chat shows, and what a reader could click, if anything."""
    yield f"{NAMES.get(post.service, post.service)} shows:"
    for line in printable(post.seen).split("\n"):
        yield f"  | {line}".rstrip()
    if post.live:
        yield f"  Live in it: {printable(', '.join(post.live))}"


def settings_lines(variables: Mapping[str, Any], secrets: frozenset[str]) -> Iterator[str]:
    """List the settings; of those that may hold a secret only that they are set."""
    for name, value in sorted(variables.items()):
        hidden = name in secrets or name in SECRETS or re.search(r"TOKEN|SECRET|KEY|PASS|URL", name.upper())
        shown = (
            "(set, not shown)" if hidden else printable(json.dumps(value, ensure_ascii=False, default=str))
        )
        yield f"  {name} = {shown}"


def byte_count(size: int) -> str:
    """Say a size in the unit that people read best."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
