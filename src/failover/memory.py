"""What the object of a recipient's domain does: it writes events down, and tells of them at its alarm.

An event is written down first and told then: whatever ends the object in between, somebody will be told.
Rules and words are elsewhere, in `outage.py` and `notify/`; here they meet the book and the time.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from book import Book
from notify import outages, spools
from notify.alert import Alert
from notify.channel import Channel
from notify.channels import channels_of
from notify.describe import describe, waits_for_settings, with_problems
from notify.dispatch import MAX_TOLD, Report, Send
from notify.outbox import Outbox, Post
from notify.threads import EDIT_SECONDS, Thread, edit
from notify.words.language import Words

from .address import canonical, domain, shown
from .event import Event
from .isolate import REMIND_SECONDS
from .keep import Keeper
from .outage import DAY_SECONDS, HOUR_SECONDS, Outage, best_of, following
from .settings import Settings
from .waiting import Waiting
from .watch import REMEMBERED_SECONDS, Look, Watch, is_due

RETRY_SECONDS = 5 * DAY_SECONDS
"""For how long a message is taken for one that came before: no sender is known to retry for longer."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One domain's book, and the settings of the moment; `clock` gives the seconds since 1970."""

    book: Book
    settings: Settings
    clock: Callable[[], float]

    @property
    def words(self) -> Words:
        """What everything is said in."""
        return Words(self.settings.language)

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
        known = self.book.fates(event.key, self.clock() - RETRY_SECONDS)
        if known:
            return self._count_again(event, known)
        self._write_down(event)
        return True

    def block(self, _recipient: str) -> None:
        """Count a message that BLOCK refused: it begins no outage, and nobody is told of it by itself."""
        count, _, since = self.book.note("blocked").partition(" ")
        self.book.take_note("blocked", f"{int(count or 0) + 1} {since or self.clock()}")
        outage = self.book.last_outage()
        if outage is not None and outage.goes_on:
            self.book.keep_outage(replace(outage, blocked=outage.blocked + 1))

    async def tell(self, send: Send, look: Look, waiting: Waiting) -> list[Report]:
        """Tell each channel one thing that is due, forget what is old, and return what came of it.

        Before, the primary is looked at if that is due. What is written down already comes before what is
        still to be put into words, so that a fault of ours there holds none of it up.
        """
        await self.watch.look(look)
        channels, remark = self._channels(), self.watch.sentence()
        outbox = Outbox(self.book, channels, send, waiting, self.clock, self.words, remark)
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
        """Say how things stand: the last outage, and what each channel has not been told yet.

        Times are in seconds since 1970.
        """
        outage, (blocked, _, since) = self.book.last_outage(), self.book.note("blocked").partition(" ")
        return {
            "outage": asdict(outage) if outage else None,
            "blocked": {"count": int(blocked or 0), "since": float(since or 0)},
            "untold": sum(self.book.untold_senders().values()),
            "outbox": self.book.outbox(),
            "spool": self.keeper.status(),
            "next": self.next(),
        }

    def _write_down(self, event: Event) -> None:
        now, book = self.clock(), self.book
        alert = describe(event, self.settings)
        sender = outages.sender_of(alert, self.words).text
        outage = following(book.last_outage(), float(book.note("loud") or 0), now)
        is_new = not outage.caught
        outage = self.keeper.report(event, outage.catch(event.fate, sender, event.inboxes, now))
        interval = outage.interval(self.settings.alert_minutes, now)
        urgent = event.fate != "forwarded"
        # While there is nobody to tell, it waits for somebody.
        heard = bool(self._channels())
        at_once = heard and (is_new or urgent or not interval)
        told = alert
        if at_once and self._reminds(now, always=waits_for_settings(event, self.settings)):
            told = with_problems(alert, self.settings.problems, self.words)
        if is_new:
            at = now if heard else 0.0
            outage = replace(outage, told=at, urgent=at if urgent else 0.0, first=event.key)
            book.begin_outage(outage, alert)
            sound = outage.loud or urgent
            self._post(told, Post(outage.number, first=True, sound=sound, version=outage.version))
            if outage.loud and heard:
                book.take_note("loud", str(now))
        elif at_once:
            outage, sound = outage.urge(interval, now)
            self._post(told, Post(outage.number, sound=sound))
        book.keep_outage(outage)
        number = outage.number
        book.know(event, now, outage=number, sender=sender, alert=alert, told=at_once)
        book.note_once("domain", domain(canonical(event.envelope.recipient)))
        book.note_once("forget", str(now + REMEMBERED_SECONDS))

    def _count_again(self, event: Event, known: tuple[str, ...]) -> bool:
        """Count a message that came again; tell whether that is news."""
        book, now, fates = self.book, self.clock(), (*dict.fromkeys((*known, event.fate)),)
        before, after, sender, alert = best_of(known), best_of(fates), book.sender(event.key), None
        # It was forwarded, and has come back since: perhaps the message is gone.
        came_back, heard = event.fate == "returned" and event.fate not in known, bool(self._channels())
        outage, latest = book.outage_of(event.key), book.last_outage()
        counted = self.keeper.report(event, outage or Outage(0, now, now))
        if outage is not None:
            outage = counted
            now_said = self._now_said(event)
            outage = outage.catch_again(before, after, event.inboxes, now)
            if before != after or came_back:
                alert, was, sender = now_said, sender, outages.sender_of(now_said, self.words).text
                outage = outage.rename(was, sender)
            if before != after and event.key == outage.first:
                first = book.first_alert(outage.number)
                now_true = replace(now_said, headline=first.headline, kind=first.kind)
                book.keep_first(outage.number, now_true)
            if came_back and heard:
                outage, sound = outage.urge(outage.interval(self.settings.alert_minutes, now), now)
                self._post(now_said, Post(outage.number, sound=sound))
            book.keep_outage(outage)
            if latest and latest.goes_on and latest.number != outage.number:
                book.keep_outage(replace(latest, last=now))
        book.know_again(event, fates, sender, alert, told=heard or not came_back)
        return came_back

    def _now_said(self, event: Event) -> Alert:
        """Describe a message that came again; what could not be read this time is as it was known."""
        alert, known = describe(event, self.settings), self.book.alert(event.key)
        if event.mail or not outages.named_sender(known):
            return alert
        return outages.with_fate(known, alert)

    def _compose(self) -> None:
        """Write down what is to be told by now."""
        for event in self.keeper.unreported():
            self.remember(event)
        for alert, sound in [*self.watch.news(), *self.keeper.news()]:
            self._announce(alert, Post(sound=sound))
        for number in self.book.note("home").split():
            home = self.book.outage(int(number))
            self.book.take_note("home", "")
            # One that has begun again since is told of when it is over.
            if home is not None and home.is_fetched and not home.goes_on:
                self._announce(self._home(home), Post(home.number, sound=False))
        outage = self.book.last_outage()
        if outage is not None and outage.goes_on:
            self._go_on(outage, self.clock())

    def _go_on(self, outage: Outage, now: float) -> None:
        primary, before = self.watch.primary, outage
        back, fetched = primary.is_back(outage.last, now), outage.next_home()
        home = fetched is not None and is_due(fetched, now)
        over = home or back or is_due(outage.quiet_at(self.settings.quiet_hours), now)
        if over or is_due(outage.next_batch(self.settings.alert_minutes), now):
            outage = self._batch(outage, now)
        if over:
            outage = outage.end(now)
            waiting, hours = self._waiting(outage), self.settings.quiet_hours
            if home:
                alert = self._home(outage)
            elif back:
                alert = outages.back(outage, waiting, primary, self.words)
            else:
                alert = outages.quiet(outage, waiting, hours, self.watch.sentence(), self.words)
            # That a server answered all the time wakes nobody.
            sound = outage.loud and outage.ends == 1 and (outage.down or home or not back)
            self._announce(alert, Post(outage.number, sound=sound))
            self.watch.outage_is_over()
        elif is_due(outage.next_summary(), now):
            sound = not 0 <= now - max(outage.told, outage.urgent) < HOUR_SECONDS
            outage = replace(outage, summed_up=now)
            alert = outages.day(outage, self._waiting(outage), now, self.words)
            self._announce(alert, Post(outage.number, sound=sound))
        if outage is not before:
            self.book.keep_outage(outage)

    def _batch(self, outage: Outage, now: float) -> Outage:
        senders = self.book.untold_senders()
        if not (senders and self._channels()):
            return outage
        alert = outages.batch(self.book.untold(outages.LISTED), senders, self.words)
        if self._reminds(now, always=False):
            alert = with_problems(alert, self.settings.problems, self.words)
        tell = self._announce if sum(senders.values()) > 1 else self._post
        # What an end tells before its time does not ring.
        tell(alert, Post(outage.number, sound=is_due(outage.next_batch(self.settings.alert_minutes), now)))
        self.book.all_told()
        return replace(outage, told=now)

    async def _edit(self, send: Send, waiting: Waiting) -> list[Report]:
        """Bring the first alert of one outage up to date, wherever it may be edited by now."""
        now, channels = self.clock(), self._channels()
        due = [(thread, outage) for thread, outage in self._stale() if is_due(thread.due, now)]
        if not due:
            return []
        outage = due[0][1]
        threads = [thread for thread, of in due if of.number == outage.number][:MAX_TOLD]
        alert = outages.first(self.book.first_alert(outage.number), outage, self.words)
        if outage.goes_on:
            alert = outages.with_primary(alert, self.watch.sentence(), self.words)
            if problems := self.settings.problems:
                alert = with_problems(alert, problems, self.words)
        reports = await edit(dict.fromkeys(threads, alert), channels, send, waiting)
        for thread, report in zip(threads, reports, strict=True):
            self._settle(thread, report, outage, alert)
        return [replace(r, outcome="edited") if r.outcome == "sent" else r for r in reports]

    def _settle(self, thread: Thread, report: Report, outage: Outage, alert: Alert) -> None:
        now = self.clock()
        # A long outage's first alert is long, and read again each time.
        pause = max(EDIT_SECONDS, outage.caught / 20)
        edited = thread.edited(report, outage.version, now, pause)
        if now - outage.last > DAY_SECONDS:
            # Who could not be shown it in a day will not look for it any more.
            edited = replace(edited, version=outage.version)
        self.book.keep_thread(edited)
        if not edited.place and not thread.anew:
            post = Post(outage.number, first=True, sound=False, version=outage.version, anew=True)
            self.book.write([thread.channel], alert, now, post)

    def _stale(self) -> list[tuple[Thread, Outage]]:
        channels = self._channels()
        return [(thread, outage) for thread, outage in self.book.stale() if thread.channel in channels]

    def _times(self) -> Iterator[tuple[float, float]]:
        """Yield when something is due, and how far off it can be: a clock may have been wrong."""
        outage, hours = self.book.last_outage(), self.settings.quiet_hours
        if outage and outage.goes_on:
            yield outage.quiet_at(hours), hours * 3600.0
            yield outage.next_summary(), DAY_SECONDS
            if (fetched := outage.next_home()) is not None:
                yield fetched, DAY_SECONDS
            if self._channels() and self.book.has_untold():
                yield outage.next_batch(self.settings.alert_minutes), DAY_SECONDS
        yield from self.watch.times()
        yield from self.keeper.times()
        yield from ((thread.due, DAY_SECONDS) for thread, _ in self._stale())
        if forget := self.book.note("forget"):
            yield float(forget), REMEMBERED_SECONDS

    def _home(self, outage: Outage) -> Alert:
        """Say that the primary has fetched everything."""
        refused = self.book.spool.refused(outage.number, outages.LISTED)
        said = [(copy.sender, copy.words) for copy in refused]
        return spools.home(outage, said, self._waiting(outage), self.words)

    def _waiting(self, outage: Outage) -> list[Alert]:
        return self.book.waiting(outage.number, outages.LISTED)

    def _channels(self) -> Mapping[str, Channel]:
        return {channel.key: channel for channel in channels_of(self.settings)}

    def _post(self, alert: Alert, post: Post) -> None:
        if channels := [*self._channels()]:
            self.book.write(channels, alert, self.clock(), post)

    def _announce(self, alert: Alert, post: Post) -> None:
        """Post what is said of the domain, and not of one message."""
        domain = shown(self.book.note("domain"), 200)
        self._post(outages.with_domain(alert, domain, self.words), post)

    def _forget(self) -> None:
        """Forget what is too old to matter; once a day, since it reads everything."""
        now, due = self.clock(), self.book.note("forget")
        if due and is_due(float(due), now):
            self.keeper.expire()
            left = self.book.forget(now - REMEMBERED_SECONDS)
            self.book.take_note("forget", str(now + DAY_SECONDS) if left else "")

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
