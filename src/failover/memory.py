"""What the object of a recipient's domain does: it writes events down, and tells of them at its alarm.

An event is written down first and told then: whatever ends the object in between, somebody will be told.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from book import Book
from notify.channels import channels_of
from notify.describe import describe, waits_for_settings, with_problems
from notify.dispatch import Report, Send
from notify.outbox import Outbox

from .event import Event
from .isolate import REMIND_SECONDS
from .settings import Settings
from .waiting import Waiting

REMEMBERED_SECONDS = 30 * 24 * 3600.0
"""How long a message is recognised when it comes again."""

_FORGET_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Memory:
    """One domain's book, and the settings of the moment; `clock` gives the seconds since 1970."""

    book: Book
    settings: Settings
    clock: Callable[[], float]

    def remember(self, event: Event) -> bool:
        """Write an event down, to be told; false if this message with this fate is known already."""
        now, book = self.clock(), self.book
        if event.fate in book.fates(event.key):
            book.know(event.key, event.fate, now)
            return False
        alert = describe(event, self.settings)
        if self._reminds(now, always=waits_for_settings(event, self.settings)):
            alert = with_problems(alert, self.settings.problems)
        channels = [channel.key for channel in channels_of(self.settings)]
        if channels:
            book.write(channels, alert, now)
        book.know(event.key, event.fate, now)
        if not book.note("forget"):
            book.take_note("forget", str(now + REMEMBERED_SECONDS))
        return True

    async def tell(self, send: Send, waiting: Waiting) -> list[Report]:
        """Tell what is due, forget what is old, and return what came of it."""
        channels = {channel.key: channel for channel in channels_of(self.settings)}
        reports = await Outbox(self.book, channels, send, waiting, self.clock).tell()
        self._forget(self.clock())
        return reports

    def next(self) -> float | None:
        """Return when there is something to tell or to forget, None if never."""
        now, forget = self.clock(), self.book.note("forget")
        times = [self.book.next_due(now), min(float(forget), now + REMEMBERED_SECONDS) if forget else None]
        return min((time for time in times if time is not None), default=None)

    def _forget(self, now: float) -> None:
        """Forget messages that are too old to come again; once a day, since it reads them all."""
        due = self.book.note("forget")
        if due and not now < float(due) <= now + REMEMBERED_SECONDS:
            left = self.book.forget(now - REMEMBERED_SECONDS)
            self.book.take_note("forget", str(now + _FORGET_SECONDS) if left else "")

    def _reminds(self, now: float, *, always: bool) -> bool:
        """Tell whether to say what is wrong with the settings: once in a while, or when it is news."""
        problems = self.settings.problems
        if not problems:
            return False
        digest = hashlib.sha256("\n".join(map(str, problems)).encode()).hexdigest()[:16]
        at, _, of = self.book.note("reminded").partition(" ")
        if always or of != digest or abs(now - float(at)) >= REMIND_SECONDS:
            self.book.take_note("reminded", f"{now} {digest}")
            return True
        return False
