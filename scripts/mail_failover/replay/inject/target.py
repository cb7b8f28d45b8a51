"""Where letters go, as it is typed after --to."""

import time
from collections.abc import Callable
from typing import Protocol

from mail_failover.errors import UsageError

from .letter import Letter, Verdict

Clock = Callable[[], float]


class Target(Protocol):
    """The primary, by one of its doors; printed as it was typed."""

    async def inject(self, letter: Letter) -> Verdict:
        """Hand one letter in, in a connection or process of its own.

        Raises:
            NoServerError: no letter can be handed in now.
            UncertainError: the server may have this one, or not.

        """
        ...


def target_from(text: str, *, xclient: bool = False, now: Clock = time.time) -> Target:
    """Read --to: smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/SOCKET or command:PROGRAM ARGUMENTS.

    `xclient` tells the server that the client is not this machine; `now` is the time of the replay in
    seconds since 1970.

    Raises:
        UsageError: it is none of these; says what to write.

    """
    del xclient, now
    raise UsageError(f"--to {text}: not a way to hand mail in.", "Write --to smtp://127.0.0.1:25.")
