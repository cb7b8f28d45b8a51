"""Markdown as Discord and Mattermost read it: what a person sees of a text, and what of it is alive.

Both read from left to right, and what begins first wins: code, where all is text; a backslash; a style.
Sources: https://support.discord.com/hc/en-us/articles/210298617, https://docs.mattermost.com/collaborate/format-messages.html
"""

import re
from collections.abc import Iterator

from .links import LINKED

_TEXT = re.compile(
    r"```(?:[a-z0-9_+\-.#]+\n)?\n*(?P<block>[^\n].*?)\n*```"
    r"|(?P<ticks>`+)(?P<inline>.*?[^`])(?P=ticks)(?!`)"
    r"|\\(?P<escaped>[^0-9A-Za-z\s])"
    # A run of backticks that closes nowhere.
    r"|`+",
    re.DOTALL | re.IGNORECASE,
)
_STYLE = re.compile(r"\*{1,3}|_{1,3}|~~|\|\|")
# What is clicked, or turns into something else: masked links, whatever stands in angle brackets, emoji,
# spoilers, formulas. Wider than the services: nothing may be missed.
_LIVE = re.compile(r"\[[^\]]*\]\([^)]*\)|<[^<>\s][^<>]*>|:[^\s:]+:|\|\|.+?\|\||\$[^$]+\$", re.DOTALL)


def seen(text: str) -> str:
    """Return what a person reads: markup gone, what stands in code as it is."""
    return "".join(part if is_text else _STYLE.sub("", part) for part, is_text in _parts(text))


def live(text: str) -> tuple[str, ...]:
    """List links, mentions and all else that answers a click, outside code."""
    outside = "".join(" " if is_text else part for part, is_text in _parts(text))
    return (*_LIVE.findall(outside), *LINKED.findall(_STYLE.sub("", outside)))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into what is read as Markdown, and what is text alone: in code, or behind a backslash."""
    last = 0
    for found in _TEXT.finditer(text):
        if found.lastgroup:
            yield text[last : found.start()], False
            yield found[found.lastgroup], True
            last = found.end()
    yield text[last:], False
