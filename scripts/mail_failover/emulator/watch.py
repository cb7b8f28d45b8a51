"""Who is told what happens at the edge."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from mail_failover.emulator.chat.asked import Asking
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.routing.edge import Outcome, Stored
from mail_failover.emulator.routing.said import Heard


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what happens: each message's outcome, the Worker's log lines, what a chat shows.

    An outcome comes with the envelope's sender and recipient, the content, and how many seconds it took.
    And each request of the Worker's; which inbox took a message, its file's name if there is one, what is in
    it and what was sent; and what was said in each session of SMTP, which is not kept where nobody is told.
    """

    outcome: Callable[[str, str, bytes, Outcome, float], None] = _ignore
    log: Callable[[str], None] = _ignore
    post: Callable[[Post], None] = _ignore
    request: Asking = _ignore
    stored: Stored = _ignore
    heard: Heard | None = None


def together(one: Watch, other: Watch) -> Watch:
    """Tell both."""

    def both(name: str) -> Any:
        told = [take for take in (getattr(one, name), getattr(other, name)) if take]

        def tell(*what: object) -> None:
            for take in told:
                take(*what)

        return tell if told else None

    return Watch(**{each.name: both(each.name) for each in fields(Watch)})
