"""Alerts that are written down and not told yet, and what becomes of each.

An alert is written down for every channel before anybody is told. What a channel did not take stays, with its
time to try again; after a day it is given up, and the next alert that the channel takes says so.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from failover.waiting import Waiting

from .alert import Alert
from .channel import Channel, Manner
from .dispatch import MAX_TOLD, Report, Send, Telling, dispatch
from .outages import with_primary
from .threads import EDIT_SECONDS, Thread
from .words.language import Words

KEPT_SECONDS = 24 * 3600.0
"""How long an alert is kept that a channel does not take."""

PACE_SECONDS = 1.0
"""The pause between two alerts: Telegram and Slack both take one a second in a chat."""

LATE_SECONDS = 600.0
"""After how long an alert that is behind has no sound any more, if there are others."""

_PAUSES = (60.0, 120.0, 300.0, 600.0, 1800.0)
_REFUSED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Post:
    """How an alert is posted: in the thread of an outage, or as the `first` that begins it.

    Such a one shows a `version` of its outage; `anew` tells that it takes the place of one that was gone.
    """

    outage: int = 0
    first: bool = False
    sound: bool = True
    version: int = 0
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert for one channel. Times are in seconds since 1970.

    `due` is 0 until it is put off; `tries` counts what its channel did not take in a row. `began` tells that
    a request was sent of which no answer is known, so that the alert may have arrived.
    """

    number: int
    channel: str
    alert: Alert
    written: float
    post: Post
    due: float
    tries: int
    began: bool


class Store(Protocol):
    """Where the outbox is written down; each call is done when it returns."""

    def due(self, now: float) -> Sequence[Entry]:
        """Return what is due, at most one entry a channel: the oldest that was not put off."""
        ...

    def begin(self, entries: Sequence[Entry]) -> None:
        """Note that a request for each is about to be sent."""
        ...

    def put_off(self, entry: Entry, due: float) -> None:
        """Keep an entry, which is not due before then, with the others of its channel going first."""
        ...

    def hold(self, entry: Entry, due: float) -> None:
        """Keep an entry; neither it nor another one of its channel is due before then."""
        ...

    def told(self, entry: Entry) -> None:
        """Take out what a channel took."""
        ...

    def give_up(self, entry: Entry) -> None:
        """Take out what a channel never took, and count it until that was mentioned."""
        ...

    def mentioned(self, channels: Sequence[str]) -> None:
        """Forget how many alerts these channels never took."""
        ...

    def has_more(self, channel: str) -> bool:
        """Tell whether more than one alert that has sound waits for a channel."""
        ...

    def given_up(self) -> Mapping[str, int]:
        """Return how many alerts each channel never took, those alone where that was not mentioned yet."""
        ...

    def place(self, outage: int, channel: str) -> str:
        """Return where an outage's first alert stands in a channel, empty if that is not known."""
        ...

    def keep_thread(self, thread: Thread) -> None:
        """Write down where an outage's first alert stands in a channel, and what it shows."""
        ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is written down, and what it takes to tell it: channels by their keys, ports, words.

    `clock` gives the seconds since 1970; `remark` says what is said of the primary where an outage begins, by
    its number. Of a channel that the settings no longer name, the `owners` alone are told what it missed.
    `rings` tells whether an entry may have sound now.
    """

    store: Store
    channels: Mapping[str, Channel]
    send: Send
    waiting: Waiting
    clock: Callable[[], float]
    words: Words
    remark: Callable[[int], str] = lambda _: ""
    owners: Collection[str] | None = None
    rings: Callable[[Entry], bool] = lambda _: True

    async def tell(self) -> list[Report]:
        """Tell every channel the oldest alert that is due to it, all at once; return what came of each.

        No more than one each, and of many channels those that have waited longest: an alarm has few requests
        and little time. What is left is for the next one.
        """
        due = sorted(self.store.due(self.clock()), key=lambda entry: entry.number)
        reports = [self._keep(entry) for entry in due if entry.channel not in self.channels]
        entries = [entry for entry in due if entry.channel in self.channels][:MAX_TOLD]
        if entries:
            reports += await self._tell(entries)
        return reports

    def _keep(self, entry: Entry) -> Report:
        # Perhaps the next deploy brings its settings back.
        report = Report("a channel that the settings no longer name", "misconfigured", 0)
        self._settle(entry, report)
        return report

    async def _tell(self, entries: Sequence[Entry]) -> Sequence[Report]:
        self.store.begin(entries)
        lost, repeated = self.store.given_up(), self.words.say("repeated")
        tellings = [
            Telling(self.channels[entry.channel], self._worded(entry, lost), self._manner(entry), repeated)
            for entry in entries
        ]
        reports = await dispatch(tellings, self.send, self.waiting)
        for entry, report in zip(entries, reports, strict=True):
            self._settle(entry, report)
            if report.outcome == "sent":
                self.store.mentioned([c for c in lost if c == entry.channel or self._hears_of(entry, c)])
        return reports

    def _hears_of(self, entry: Entry, channel: str) -> bool:
        """Tell whether an alert says what another channel missed, which is gone."""
        return channel not in self.channels and (self.owners is None or entry.channel in self.owners)

    def _worded(self, entry: Entry, lost: Mapping[str, int]) -> Alert:
        """Return what a channel is told now, with what is known by now, and what it was never told."""
        words = self.words
        alert = entry.alert.as_repeat(words.say("repeated")) if entry.began else entry.alert
        if entry.post.first and not entry.post.anew:
            alert = with_primary(alert, self.remark(entry.post.outage), words)
        elsewhere = sum(count for channel, count in lost.items() if self._hears_of(entry, channel))
        counts = {"never_told_here": lost.get(entry.channel, 0), "never_told_elsewhere": elsewhere}
        never = {kind: count for kind, count in counts.items() if count}
        fields = [words.field(kind, words.say("given_up", count=count)) for kind, count in never.items()]
        return replace(alert, fields=(*alert.fields, *fields), data={**alert.data, **never})

    def _manner(self, entry: Entry) -> Manner:
        post = entry.post
        # Of what a channel could not take for long, the last that has sound alone wakes anybody.
        late = post.sound and self.clock() - entry.written > LATE_SECONDS
        sound = post.sound and self.rings(entry) and not (late and self.store.has_more(entry.channel))
        manner = Manner(sound, id=_id(entry), at=entry.written)
        if post.first:
            return manner
        place = self.store.place(post.outage, entry.channel)
        return replace(manner, thread=place, later=post.outage > 0)

    def _settle(self, entry: Entry, report: Report) -> None:
        now = self.clock()
        kept = replace(entry, tries=entry.tries + 1, began=entry.began or report.unanswered)
        if report.outcome == "sent":
            self.store.told(entry)
            if (post := entry.post).first:
                due = now + EDIT_SECONDS
                self.store.keep_thread(
                    Thread(post.outage, entry.channel, report.place, post.version, due, anew=post.anew)
                )
        elif now - entry.written >= KEPT_SECONDS:
            self.store.give_up(entry)
        elif report.outcome in ("refused", "broken"):
            # It is this alert that the service will not have, or that we can't word; the next one may do.
            self.store.put_off(kept, now + _REFUSED_SECONDS)
        else:
            pause = max(_PAUSES[min(entry.tries, len(_PAUSES) - 1)], report.retry_after or 0.0)
            self.store.hold(kept, now + min(pause, KEPT_SECONDS))


def _id(entry: Entry) -> str:
    """Name an entry for good: another domain's may have its number, and the same alert comes again."""
    what = (entry.number, entry.written, entry.channel, entry.alert)
    return hashlib.sha256(repr(what).encode()).hexdigest()
