"""A mail server somewhere that sends: it follows MX preference, and keeps what nobody takes for now."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial

from mail_failover.emulator.events import fingerprint
from mail_failover.mail.submission import RefusedError, submit

FIRST_WAIT, LONGEST_WAIT, GIVES_UP_AFTER = 300.0, 4000.0, 5 * 86400.0
"""Seconds between tries, each time twice as long, and for how long: Postfix's (postconf(5))."""

SESSIONS = 8
"""How many connections it has at once, at most."""


@dataclass(frozen=True, slots=True)
class Exchanger:
    """One MX record: the lowest preference number is tried first (RFC 5321, section 5.1)."""

    preference: int
    name: str
    port: int


@dataclass(frozen=True)
class Letter:
    """A message and its envelope; the sender of a bounce is empty."""

    sender: str
    recipient: str
    subject: str
    content: bytes = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """Its name in events."""
        return fingerprint(self.content)


class Answer(Enum):
    """What one exchanger's reply means, or that there was none."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Try:
    """One letter at one exchanger: its reply, or why there was none."""

    letter: Letter
    exchanger: Exchanger
    answer: Answer
    reply: str


class Sent(Enum):
    """Where a message is after an attempt."""

    TAKEN = "taken"
    KEPT = "kept"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits: since when, how often it was tried, when it is tried again, what was last said."""

    letter: Letter
    since: float
    tries: int
    due: float
    reply: str


class Sender:
    """Sends letters; `queue` holds what it has to try again, the oldest first.

    `note` is told of each try, `kept` of each letter that has to wait, `bounced` of the last try of one that
    is given up; `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        exchangers: Sequence[Exchanger],
        note: Callable[[Try], None],
        *,
        kept: Callable[[Waiting], None] = lambda _: None,
        bounced: Callable[[Try], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.queue: list[Waiting] = []
        self._exchangers = sorted(exchangers, key=lambda exchanger: exchanger.preference)
        self._note, self._kept, self._bounced = note, kept, bounced
        self._clock = clock
        self._sessions = asyncio.Semaphore(SESSIONS)
        # Its own: if all of the loop's waited for the edge, none would be left for what the edge waits for.
        self._threads = ThreadPoolExecutor(SESSIONS, "sender")

    async def send(self, letter: Letter) -> Sent:
        """Try the exchangers in turn until one answers; what none took for now goes into the queue."""
        now = self._clock()
        return await self._send(Waiting(letter, now, 0, now, ""))

    async def close(self) -> None:
        """Wait until none of its threads is in a session any more."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def retry(self, by: float = math.inf) -> list[Sent]:
        """Send what is in the queue once more: all of it, or what is due by then."""
        chosen = [each for each in self.queue if each.due <= by]
        self.queue = [each for each in self.queue if each.due > by]
        return await asyncio.gather(*map(self._send, chosen))

    def is_due(self) -> bool:
        """Tell whether something of the queue is to be tried now."""
        now = self._clock()
        return any(each.due <= now for each in self.queue)

    async def _send(self, waiting: Waiting) -> Sent:
        async with self._sessions:
            last = await self._attempt(waiting.letter)
        if last.answer is Answer.TAKEN:
            return Sent.TAKEN
        now, tries = self._clock(), waiting.tries + 1
        if last.answer is Answer.REFUSED or now - waiting.since >= GIVES_UP_AFTER:
            self._bounced(last)
            return Sent.BOUNCED
        due = now + min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
        self.queue.append(Waiting(waiting.letter, waiting.since, tries, due, last.reply))
        self._kept(self.queue[-1])
        return Sent.KEPT

    async def _attempt(self, letter: Letter) -> Try:
        """Try one exchanger after the other, and return the try that decides."""
        for exchanger in self._exchangers:
            last = await self._try(letter, exchanger)
            self._note(last)
            if last.answer is not Answer.UNREACHABLE:
                break
        return last

    async def _try(self, letter: Letter, exchanger: Exchanger) -> Try:
        server = ("127.0.0.1", exchanger.port)
        session = partial(submit, server, letter.sender, [letter.recipient], letter.content, seconds=40)
        try:
            reply = await asyncio.get_running_loop().run_in_executor(self._threads, session)
        except RefusedError as error:
            return Try(letter, exchanger, Answer.REFUSED if error.permanent else Answer.LATER, error.reply)
        except OSError as error:
            return Try(letter, exchanger, Answer.UNREACHABLE, _cause(error))
        return Try(letter, exchanger, Answer.TAKEN, reply)


def _cause(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "connection lost" if isinstance(error, ConnectionError) else str(error)
