"""What one audience is told of its outage: how it begins, goes on and ends, in one thread for each channel.

Rules and words are elsewhere, in `outage.py` and `notify/`; here they meet the book and the time.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from book import Book
from notify import outages, spools
from notify.alert import Alert
from notify.channels import Destination
from notify.describe import describe, unheard, waits_for_settings, with_problems
from notify.dispatch import Report, Send
from notify.outbox import Post
from notify.threads import EDIT_SECONDS, Thread, edit
from notify.words.language import Words

from .address import canonical, domain, shown
from .alerts import Audience, Detail
from .audience import UNREAD, audience_of, key_for
from .event import Event
from .isolate import REMIND_SECONDS
from .keep import Keeper
from .outage import DAY_SECONDS, HOUR_SECONDS, Outage, begin, best_of
from .senders import is_muted
from .settings import Settings
from .waiting import Waiting
from .watch import REMEMBERED_SECONDS, Watch, is_due

Worded = Callable[[Detail], Alert]
"""Words an alert with as much as a detail shows."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One domain's book, and an audience with its destinations by their keys.

    `settings` are those of the moment, with as much detail as any of the destinations shows; `clock` gives
    the seconds since 1970, `words` is what all is said in. While it `is_quiet` an outage's beginning alone
    is told, and all else waits. What is written down is told when it is `due`, 0 for at once.
    """

    book: Book
    settings: Settings
    clock: Callable[[], float]
    words: Words
    is_quiet: Callable[[], bool]
    audience: Audience
    destinations: Mapping[str, Destination]
    due: float = 0.0

    @property
    def watch(self) -> Watch:
        """What is heard of the primary."""
        return Watch(self.book, self.settings, self.clock, self.words)

    @property
    def keeper(self) -> Keeper:
        """What is in the spool."""
        return Keeper(self.book, self.settings, self.clock, self.words)

    # --- a message comes ---

    def write_down(self, event: Event) -> None:
        """Know a message from now on, which is part of this audience's outage, and may be told at once.

        What is muted and an inbox has is counted. An outage begins for people with the first that is not.
        """
        now, book = self.clock(), self.book
        alert = describe(event, self.settings)
        sender = outages.sender_of(alert, self.words).text
        muted = event.fate == "forwarded" and is_muted(event, self.settings)
        outage = self._outage(now)
        if not outage.caught:
            book.begin_outage(outage, alert)
        elif outage.is_muted and not muted:
            # It may be hours since it began: whether it has sound shows now.
            outage = replace(outage, loud=self._begin(outage.number, now).loud)
            book.keep_first(outage.number, alert)
        is_new = outage.is_muted and not muted
        caught = outage.catch(event.fate, sender, event.inboxes, now, muted=muted)
        outage, at_once = self.keeper.report(event, caught), False
        if not muted:
            outage, at_once = self._tell(event, alert, outage, is_new=is_new)
        book.keep_outage(outage)
        # Where nobody is to be told, nothing waits for anybody.
        is_nobodys = bool(self.audience.name) and not (self.destinations or self.audience.lost)
        book.know(
            event,
            now,
            outage=outage,
            audience=key_for(event.envelope.recipient, self.settings),
            sender=sender,
            alert=alert,
            told=muted or at_once or is_nobodys,
        )
        book.note_once("domain", domain(canonical(event.envelope.recipient)))
        book.note_once("forget", str(now + REMEMBERED_SECONDS))

    def _tell(self, event: Event, alert: Alert, outage: Outage, *, is_new: bool) -> tuple[Outage, bool]:
        """Tell of a message at once if it is time; return its outage, and whether it was."""
        now, settings = self.clock(), self.settings
        interval = outage.interval(settings.alert_minutes, now)
        # While there is nobody to tell, it waits for somebody.
        urgent, heard = event.fate != "forwarded", bool(self.destinations)
        at_once = heard and (is_new or ((urgent or not interval) and not self.is_quiet()))
        if at_once and self._reminds(now, always=waits_for_settings(event, settings)):
            alert = with_problems(alert, settings.problems, self.words)
        if is_new:
            at = now if heard else 0.0
            outage = replace(outage, told=at, urgent=at if urgent else 0.0, first=event.key)
            sound = (outage.loud or urgent) and not (settings.quiet_all and self.is_quiet())
            self.post(alert.at, Post(outage.number, first=True, sound=sound, version=outage.version))
            if outage.loud and sound and heard:
                self.book.take_note(self._note("loud"), str(now))
        elif at_once:
            outage, sound = outage.urge(interval, now)
            self.post(alert.at, Post(outage.number, sound=sound))
        return outage, at_once

    def count_again(self, event: Event, known: tuple[str, ...], outage: Outage | None) -> bool:
        """Count a message that came again, first in that outage; tell whether that is news."""
        book, now, fates = self.book, self.clock(), (*dict.fromkeys((*known, event.fate)),)
        before, after, sender, alert = best_of(known), best_of(fates), book.sender(event.key), None
        waits = False
        # It was forwarded, and has come back since: perhaps the message is gone.
        came_back, heard = event.fate == "returned" and event.fate not in known, bool(self.destinations)
        latest = book.last_outage(self.audience.name)
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
            # Of an outage that is over, nothing is told together any more.
            waits = came_back and outage.goes_on and self.is_quiet()
            if came_back and heard and not waits:
                outage, sound = outage.urge(outage.interval(self.settings.alert_minutes, now), now)
                self.post(now_said.at, Post(outage.number, sound=sound))
            book.keep_outage(outage)
            if latest and latest.goes_on and latest.number != outage.number:
                book.keep_outage(replace(latest, last=now))
        book.know_again(event, fates, sender, alert, told=(heard and not waits) or not came_back)
        return came_back

    def _outage(self, now: float) -> Outage:
        """Return the outage that a message caught now is part of, which may be a new one."""
        name, book = self.audience.name, self.book
        # While nobody knows whose alerts are whose, each recipient's own would be as many as senders invent.
        names = (name, UNREAD) if name and self.settings.alerts is None else (name,)
        for each in names:
            last = book.last_outage(each)
            if last is not None and last.takes(now):
                return last
        return replace(self._begin(book.last_number() + 1, now), audience=names[-1])

    def _begin(self, number: int, now: float) -> Outage:
        return begin(number, self.audience.name, float(self.book.note(self._note("loud")) or 0), now)

    def _now_said(self, event: Event) -> Alert:
        """Describe a message that came again; what could not be read this time is as it was known."""
        alert, known = describe(event, self.settings), self.book.alert(event.key)
        if event.mail or not outages.named_sender(known):
            return alert
        return outages.with_fate(known, alert)

    # --- time passes ---

    def go_on(self, outage: Outage, quiet_until: float | None = None) -> None:
        """Write down what is to be told of an outage by now.

        One of nothing but muted mail is told without sound: each day's sum, and its end if such a sum was. In
        quiet hours it ends as ever, so that the next one has a beginning; that it did is told after them.
        """
        now, primary, before = self.clock(), self.watch.primary, outage
        back, fetched = primary.is_back(outage.last, now), outage.next_home()
        home = fetched is not None and is_due(fetched, now)
        if home or back or is_due(outage.quiet_at(self.settings.quiet_hours), now):
            outage = replace(self, due=quiet_until or 0.0).end(outage, home=home, back=back)
        elif quiet_until is None:
            outage = self._tell_meanwhile(outage, now)
        if outage is not before:
            self.book.keep_outage(outage)

    def _tell_meanwhile(self, outage: Outage, now: float) -> Outage:
        if is_due(outage.next_batch(self.settings.alert_minutes), now):
            outage = self._batch(outage, now)
        if is_due(outage.next_summary(), now):
            rang = 0 <= now - max(outage.told, outage.urgent) < HOUR_SECONDS
            sound = not (rang or outage.is_muted)
            outage = summed_up = replace(outage, summed_up=now)
            waiting = self._waiting(outage)
            self.announce(
                lambda detail: outages.day(summed_up, _at(detail, waiting), now, self.words),
                Post(outage.number, sound=sound),
            )
        return outage

    def end(self, outage: Outage, *, home: bool, back: bool) -> Outage:
        """Let an outage be over, and tell of it if anything was told before; return the outage."""
        now = self.clock()
        outage = self._batch(outage, now).end(now)
        if not outage.is_known:
            return replace(outage, ends=0)
        # That a server answered all the time wakes nobody.
        wakes = not outage.is_muted and (outage.down or home or not back)
        sound = outage.loud and outage.ends == 1 and wakes
        self.announce(self._end(outage, home=home, back=back), Post(outage.number, sound=sound))
        if not self.audience.name:
            self.watch.outage_is_over()
        return outage

    def _end(self, outage: Outage, *, home: bool, back: bool) -> Worded:
        if home:
            return self.home(outage)
        waiting, words, watch = self._waiting(outage), self.words, self.watch
        if back:
            return lambda detail: outages.back(outage, _at(detail, waiting), watch.primary, words)
        hours, heard = self.settings.quiet_hours, watch.sentence(outage)
        return lambda detail: outages.quiet(outage, _at(detail, waiting), hours, heard, words)

    def home(self, outage: Outage) -> Worded:
        """Say that the primary has fetched everything."""
        refused = self.book.spool.refused(outage.number, outages.LISTED)
        said, waiting = [(copy.sender, copy.words) for copy in refused], self._waiting(outage)
        return lambda detail: spools.home(outage, said, _at(detail, waiting), self.words)

    def _batch(self, outage: Outage, now: float) -> Outage:
        # What an end tells before its time does not ring.
        sound = is_due(outage.next_batch(self.settings.alert_minutes), now)
        return replace(outage, told=now) if self.tell_untold(Post(outage.number, sound=sound)) else outage

    def tell_untold(self, post: Post) -> bool:
        """Tell what nobody was told of yet, all together; return whether there was any, and somebody."""
        senders = self._untold()
        if not (senders and self.destinations):
            return False
        names, count = [*senders], sum(map(Counter, senders.values()), Counter[str]())
        listed = self.book.untold(names, outages.LISTED)
        problems = self.settings.problems if self._reminds(self.clock(), always=False) else ()

        def worded(detail: Detail) -> Alert:
            alert = outages.batch(_at(detail, listed), count, self.words)
            return with_problems(alert, problems, self.words) if problems else alert

        tell = self.announce if sum(count.values()) > 1 else self.post
        tell(worded, post)
        self.book.all_told(names)
        return True

    def _untold(self) -> Mapping[str, Mapping[str, int]]:
        """Count what nobody was told of by senders, for each key in the table whose mail this is by now."""
        return {
            key: senders
            for key, senders in self.book.untold_senders().items()
            if audience_of(key, self.settings).name == self.audience.name
        }

    async def edit(
        self, outage: Outage, threads: Collection[Thread], send: Send, waiting: Waiting
    ) -> list[Report]:
        """Bring an outage's first alert up to date in these threads."""
        described = self.book.first_alert(outage.number)

        def worded(detail: Detail) -> Alert:
            alert = outages.first(described.at(detail), outage, self.words)
            if not outage.goes_on:
                return alert
            alert = outages.with_primary(alert, self.watch.sentence(outage), self.words)
            problems = self.settings.problems
            return with_problems(alert, problems, self.words) if problems else alert

        alerts = {thread: worded(self.destinations[thread.channel].detail) for thread in threads}
        channels = {key: destination.channel for key, destination in self.destinations.items()}
        reports = await edit(alerts, channels, send, waiting)
        for (thread, alert), report in zip(alerts.items(), reports, strict=True):
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
            self.book.write({thread.channel: alert}, now, post)

    # --- what is told ---

    def post(self, worded: Worded, post: Post) -> None:
        """Write down what this audience is told, each destination at its detail."""
        alerts = {detail: worded(detail) for detail in {d.detail for d in self.destinations.values()}}
        if alerts:
            told = {key: alerts[each.detail] for key, each in self.destinations.items()}
            self.book.write(told, self.clock(), post, self.due)

    def announce(self, worded: Worded, post: Post) -> None:
        """Post what is said of the domain, and not of one message."""
        named = shown(self.book.note("domain"), 200)
        self.post(lambda detail: outages.with_domain(worded(detail), named, self.words), post)

    def remind(self) -> None:
        """Say that alerts of others wait for their settings, once in a while."""
        problems = self.settings.problems
        if self.destinations and self._reminds(self.clock(), always=False):
            self.announce(lambda _: with_problems(unheard(self.words), problems, self.words), Post())

    def _waiting(self, outage: Outage) -> list[Alert]:
        return self.book.waiting(outage.number, outages.LISTED)

    def _note(self, name: str) -> str:
        """Return under which name something is noted for this audience."""
        return f"{name} {self.audience.name}".strip()

    def _reminds(self, now: float, *, always: bool) -> bool:
        """Tell whether to say what is wrong with the settings: once in a while, or when it is news."""
        problems = self.settings.problems
        if not problems:
            return False
        digest = hashlib.sha256("\n".join(map(str, problems)).encode()).hexdigest()[:16]
        at, _, of = self.book.note(self._note("reminded")).partition(" ")
        if always or of != digest or abs(now - float(at)) >= REMIND_SECONDS:
            self.book.take_note(self._note("reminded"), f"{now} {digest}")
            return True
        return False


def _at(detail: Detail, alerts: Collection[Alert]) -> list[Alert]:
    return [alert.at(detail) for alert in alerts]
