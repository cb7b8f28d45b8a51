"""What the emulator says of a message, a chat, its settings, as lines of text."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from mail_failover.console.text import byte_count, printable
from mail_failover.emulator.chat.standin import Post
from mail_failover.emulator.routing.edge import Outcome
from mail_failover.settings.files import SECRETS

NAMES = {"telegram": "Telegram", "slack": "Slack"}


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
