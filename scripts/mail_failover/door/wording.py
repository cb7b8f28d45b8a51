"""A copy in words: how every command names it to a person, and what a program gets of it."""

from datetime import datetime
from typing import Any

from mail_failover.console.text import byte_count

from .answers import Copy, Status

_FATES = {
    "held": "no inbox took it",
    "forwarded": "an inbox has it, too",
    "returned": "it came back from an inbox",
    "deferred": "its sender was asked to try again",
    "unreported": "it is not known whether an inbox has it",
    "": "it is not known whether an inbox has it",
}


def about(copy: Copy) -> str:
    """Name a copy on a line."""
    return f"{copy.id}  {byte_count(copy.size)}  from <{copy.sender}> to <{copy.recipient}>"


def fate_of(copy: Copy) -> str:
    """Say what became of its message when it was caught."""
    return _FATES.get(copy.fate, copy.fate)


def moment(seconds: float) -> str:
    """Say a time, in seconds since 1970, as the clocks here show it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %z")


def messages(count: int) -> str:
    """Count messages in words."""
    return f"{count} message{'' if count == 1 else 's'}"


def facts(copy: Copy) -> dict[str, Any]:
    """Return what a program gets of a copy that is on its way."""
    names = ("id", "sender", "recipient", "size", "sha256", "caught")
    return {name: getattr(copy, name) for name in names}


def all_facts(copy: Copy) -> dict[str, Any]:
    """Return all that a program gets of a copy."""
    names = ("sealed", "fate", "state", "words", "due")
    return {**facts(copy), **{name: getattr(copy, name) for name in names}}


def spool_facts(status: Status) -> dict[str, int]:
    """Return what a program gets of the spool."""
    names = ("waiting", "leased", "refused", "delivered", "bytes", "most")
    return {name: getattr(status, name) for name in names}
