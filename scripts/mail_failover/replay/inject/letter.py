"""What is handed to the primary, and what becomes of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mail_failover.console.text import one_line

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One caught message for one recipient.

    `path` holds its `size` raw bytes, which nobody changes; `sender` is empty for a bounce; `caught` is in
    seconds since 1970.
    """

    id: str
    path: Path
    size: int
    sender: str
    recipient: str
    caught: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server made of a letter.

    `refused` is for good, `later` for now. `words` are the server's own on one line, 500 characters at most;
    where it was not asked, they begin with "not sent:".
    """

    kind: Literal["delivered", "refused", "later"]
    words: str


class NoServerError(Exception):
    """No letter can be handed in now, and this one was not: nobody answers, or takes mail from here.

    The text says why on one line.
    """


class UncertainError(Exception):
    """The whole letter was handed over and no answer came: the server may have it, or not.

    The text says on one line how it ended.
    """


def bounded(words: str) -> str:
    """Make what others say one line of 500 characters at most, safe for a terminal."""
    return one_line(" ".join(words.split()))[:500]


def unfit_address(letter: Letter) -> str:
    """Say what is in an address that no server could take and that could be read as more than one."""
    return "an address holds a control character" if _CONTROL.search(letter.sender + letter.recipient) else ""
