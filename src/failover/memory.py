"""What the object of a recipient's domain does: it writes events down, and tells of them at its alarm.

An event is written down first and told then: whatever ends the object in between, somebody will be told.
Each message belongs to one audience, and what that is told is a conversation of its own. What is said of the
server and of the spool, all together, the owner is told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from book import Book
from notify.channels import destinations_of
from notify.dispatch import MAX_TOLD, Report, Send
from notify.outbox import LATE_SECONDS, Entry, Outbox, Post
from notify.threads import Thread
from notify.words.language import Words

from .alerts import Audience
from .audience import audience_named, audience_of, audiences, owner, shown_to
from .conversation import Conversation
from .event import Event
from .keep import Keeper
from .outage import DAY_SECONDS, Outage
from .settings import Settings
from .waiting import Waiting
from .watch import REMEMBERED_SECONDS, Look, Watch, is_due
from .zone import UTC, Offset

RETRY_SECONDS = 5 * DAY_SECONDS
"""For how long a message is taken for one that came before: no sender is known to retry for longer."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One domain's book, and the settings of the moment; `clock` gives the seconds since 1970."""

    book: Book
    settings: Settings
    clock: Callable[[], float]
    offset: Offset = lambda _zone, _seconds: None

    @property
    def words(self) -> Words:
        """What everything is said in, and by which clock."""
        quiet = self.settings.quiet
        zone = partial(self.offset, quiet.zone) if quiet and quiet.zone != UTC else None
        return Words(self.settings.language, zone)

    @property
    def watch(self) -> Watch:
        """What is heard of the primary."""
        return Watch(self.book, self.settings, self.clock, self.words)

    @property
    def keeper(self) -> Keeper:
        """What is in the spool."""
        return Keeper(self.book, self.settings, self.clock, self.words)

    def remember(self, event: Event) -> bool:
        """Write an event down, to be told; false if this message is known already, and was only counted."""
        event = self.keeper.known(event)
        audience = audience_of(event.envelope.recipient, self.settings)
        known = self.book.fates(event.key, self.clock() - RETRY_SECONDS)
        if known:
            outage = self.book.outage_of(event.key)
            told = self._of(outage) if outage else self._conversation(audience)
            return told.count_again(event, known, outage)
        self._conversation(audience).write_down(event)
        if audience.lost:
            self._owners().remind()
        return True

    def block(self, recipient: str) -> None:
        """Count a message that BLOCK refused: it begins no outage, and nobody is told of it by itself."""
        count, _, since = self.book.note("blocked").partition(" ")
        self.book.take_note("blocked", f"{int(count or 0) + 1} {since or self.clock()}")
        outage = self.book.last_outage(audience_of(recipient, self.settings).name)
        if outage is not None and outage.goes_on:
            self.book.keep_outage(replace(outage, blocked=outage.blocked + 1))

    async def tell(self, send: Send, look: Look, waiting: Waiting) -> list[Report]:
        """Tell each channel one thing that is due, forget what is old, and return what came of it.

        Before, the primary is looked at if that is due. What is written down already comes before what is
        still to be put into words, so that a fault of ours there holds none of it up.
        """
        await self.watch.look(look)
        outbox = self._outbox(send, waiting)
        reports = await outbox.tell()
        if not reports:
            self.book.together(self._compose)
            reports = await outbox.tell() or await self._edit(send, waiting)
        self._forget()
        return reports

    def next(self) -> float | None:
        """Return when there is something to tell, to edit or to forget, None if never."""
        now = self.clock()
        due = self.book.next_due(now)
        times = [min(time, now + most) for time, most in self._times()]
        return min([*times, *([] if due is None else [due])], default=None)

    def status(self) -> dict[str, object]:
        """Say how things stand: the outages that go on, or the last, and what each channel was not told yet.

        Of several the owner's is the `outage`, or the one that began last. Times are in seconds since 1970.
        """
        going_on, (blocked, _, since) = self.book.going_on(), self.book.note("blocked").partition(" ")
        outage = max(going_on, key=lambda each: (not each.audience, each.number), default=self.book.latest())
        untold = self.book.untold_senders().values()
        return {
            "outage": asdict(outage) if outage else None,
            "outages": [asdict(each) for each in going_on],
            "blocked": {"count": int(blocked or 0), "since": float(since or 0)},
            "untold": sum(sum(senders.values()) for senders in untold),
            "outbox": self.book.outbox(),
            "spool": self.keeper.status(),
            "next": self.next(),
        }

    def _compose(self) -> None:
        """Write down what is to be told by now; in quiet hours only which outages are over."""
        for event in self.keeper.unreported():
            self.remember(event)
        quiet_until = self._quiet_until()
        if quiet_until is None:
            self._compose_of_the_domain()
        for outage in self.book.going_on():
            self._of(outage).go_on(outage, quiet_until)
        if quiet_until is None:
            # Of an outage that was over before there was anybody to be told.
            for name in self._waiting() - set(map(self._heard_by, self.book.going_on())):
                self._conversation(audience_named(name, self.settings)).tell_untold(Post())

    def _compose_of_the_domain(self) -> None:
        for alert, sound in [*self.watch.news(), *self.keeper.news()]:
            self._owners().announce(alert.at, Post(sound=sound))
        for number in self.book.note("home").split():
            outage = self.book.outage(int(number))
            self.book.take_note("home", "")
            # One that has begun again since is told of when it is over.
            if outage is not None and outage.is_fetched and outage.is_known and not outage.goes_on:
                told = self._of(outage)
                told.announce(told.home(outage), Post(outage.number, sound=False))

    async def _edit(self, send: Send, waiting: Waiting) -> list[Report]:
        """Bring the first alert of one outage up to date, wherever it may be edited by now."""
        now = self.clock()
        due = [(thread, outage) for thread, outage in self._stale() if is_due(thread.due, now)]
        if not due:
            return []
        # The one that is due longest, so that each has its turn, however much mail there is for others.
        _, outage = min(due, key=lambda each: each[0].due)
        threads = [thread for thread, of in due if of.number == outage.number][:MAX_TOLD]
        return await self._of(outage).edit(outage, threads, send, waiting)

    def _stale(self) -> list[tuple[Thread, Outage]]:
        """Return which first alerts show an older state, and may be edited by an audience's own channels."""
        stale = self.book.stale()
        names = {outage.audience for _, outage in stale}
        told = {name: destinations_of(audience_named(name, self.settings)) for name in names}
        return [(thread, outage) for thread, outage in stale if thread.channel in told[outage.audience]]

    def _times(self) -> Iterator[tuple[float, float]]:
        """Yield when something is due, and how far off it can be: a clock may have been wrong."""
        now, quiet = self.clock(), self._quiet_until()
        going_on = self.book.going_on()
        yield from self._ends(going_on)
        for time, most in self._to_compose(going_on):
            yield (time, most) if quiet is None else (max(time, quiet), max(most, quiet - now))
        yield from self.watch.looks()
        yield from self.keeper.reports()
        yield from ((thread.due, DAY_SECONDS) for thread, _ in self._stale())
        if forget := self.book.note("forget"):
            yield float(forget), REMEMBERED_SECONDS

    def _ends(self, going_on: Sequence[Outage]) -> Iterator[tuple[float, float]]:
        """Yield when an outage is over, which it is in quiet hours as well."""
        hours = self.settings.quiet_hours
        for outage in going_on:
            yield outage.quiet_at(hours), hours * 3600.0
            if (fetched := outage.next_home()) is not None:
                yield fetched, DAY_SECONDS

    def _to_compose(self, going_on: Sequence[Outage]) -> Iterator[tuple[float, float]]:
        """Yield when something is to be put into words, which waits for the end of quiet hours."""
        waiting = self._waiting()
        if waiting - set(map(self._heard_by, going_on)):
            yield self.clock(), 0.0
        for outage in going_on:
            yield outage.next_summary(), DAY_SECONDS
            if waiting and self._heard_by(outage) in waiting:
                yield outage.next_batch(self.settings.alert_minutes), DAY_SECONDS
        yield from self.watch.times()
        yield from self.keeper.times()

    def _waiting(self) -> set[str]:
        """Name who can be told of messages that they were not told of yet."""
        # While the table can't be read, that is the owner alone; of others there may be any number.
        unread, book = self.settings.alerts is None, self.book
        keys = [""] * book.has_untold("") if unread else book.untold_audiences()
        found = {each.name: each for each in (audience_of(key, self.settings) for key in keys)}
        return {name for name, audience in found.items() if destinations_of(audience)}

    def _heard_by(self, outage: Outage) -> str:
        """Name who is told of an outage by now."""
        return audience_named(outage.audience, self.settings).name

    def _quiet_until(self) -> float | None:
        """Return when quiet hours are over; None if it is not quiet."""
        quiet = self.settings.quiet
        return quiet.ends(self.clock(), self.offset) if quiet else None

    def _is_quiet(self) -> bool:
        return self._quiet_until() is not None

    def _rings(self, entry: Entry) -> bool:
        """Tell whether an alert may have sound now: in quiet hours a beginning alone, while it is news."""
        if not self._is_quiet():
            return True
        is_news = entry.post.first and self.clock() - entry.written <= LATE_SECONDS
        return is_news and not self.settings.quiet_all

    def _of(self, outage: Outage) -> Conversation:
        return self._conversation(audience_named(outage.audience, self.settings))

    def _owners(self) -> Conversation:
        return self._conversation(owner(self.settings))

    def _conversation(self, audience: Audience) -> Conversation:
        shown, destinations = shown_to(audience, self.settings), destinations_of(audience)
        return Conversation(
            *(self.book, shown, self.clock, self.words, self._is_quiet, audience, destinations)
        )

    def _outbox(self, send: Send, waiting: Waiting) -> Outbox:
        channels = {
            key: destination.channel
            for audience in audiences(self.settings)
            for key, destination in destinations_of(audience).items()
        }
        owners, words = destinations_of(owner(self.settings)), self.words
        return Outbox(
            *(self.book, channels, send, waiting, self.clock, words, self._remark, owners, self._rings)
        )

    def _remark(self, number: int) -> str:
        return self.watch.sentence(self.book.outage(number))

    def _forget(self) -> None:
        """Forget what is too old to matter; once a day, since it reads everything."""
        now, due = self.clock(), self.book.note("forget")
        if due and is_due(float(due), now):
            self.keeper.expire()
            left = self.book.forget(now - REMEMBERED_SECONDS)
            self.book.take_note("forget", str(now + DAY_SECONDS) if left else "")
