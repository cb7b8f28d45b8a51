"""Alerts that are written down and not told yet, and what becomes of each.

An alert is written down for every channel before anybody is told. What a channel did not take stays, with its
time to try again; after a day it is given up, and the next alert that the channel takes says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from failover.waiting import Waiting

from .alert import Alert, Field
from .channel import Channel, Manner
from .dispatch import Report, Send, dispatch
from .outages import with_primary
from .threads import EDIT_SECONDS, Thread

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
    due: float = 0
    tries: int = 0
    began: bool = False


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
        """Take out what a channel took; what it never took has been mentioned with it."""
        ...

    def give_up(self, entry: Entry, channels: Sequence[str]) -> None:
        """Take out what a channel never took, and count it until these have taken another one."""
        ...

    def has_more(self, channel: str) -> bool:
        """Tell whether more than one alert waits for a channel."""
        ...

    def given_up(self, channel: str) -> int:
        """Return how many alerts the next one for this channel has to mention."""
        ...

    def place(self, outage: int, channel: str) -> str:
        """Return where an outage's first alert stands in a channel, empty if that is not known."""
        ...

    def keep_thread(self, thread: Thread) -> None:
        """Write down where an outage's first alert stands in a channel, and what it shows."""
        ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is written down, and what it takes to tell it: channels by their keys, ports.

    `clock` gives the seconds since 1970; `remark` is what is said of the primary where an outage begins.
    """

    store: Store
    channels: Mapping[str, Channel]
    send: Send
    waiting: Waiting
    clock: Callable[[], float]
    remark: str = ""

    async def tell(self) -> list[Report]:
        """Tell every channel the oldest alert that is due to it, and return what came of each.

        No more than one: an alarm has few requests and little time. What is left is for the next one.
        """
        due = self.store.due(self.clock())
        reports: list[Report] = []
        for alert, entries in self._together(due).items():
            reports += await self._tell(alert, entries)
        return reports

    def _together(self, due: Sequence[Entry]) -> dict[Alert, list[Entry]]:
        """Put together what reads the same, so that an alert goes to its channels at the same time."""
        found: dict[Alert, list[Entry]] = {}
        for entry in due:
            alert = entry.alert.as_repeat() if entry.began else entry.alert
            if self.remark and entry.post.first and not entry.post.anew:
                alert = with_primary(alert, self.remark)
            if lost := self.store.given_up(entry.channel):
                never = Field("Never told here", f"{lost} earlier alert{'s' if lost > 1 else ''}, given up")
                alert = replace(alert, fields=(*alert.fields, never))
            found.setdefault(alert, []).append(entry)
        return found

    async def _tell(self, alert: Alert, entries: Sequence[Entry]) -> list[Report]:
        named = [entry for entry in entries if entry.channel in self.channels]
        self.store.begin(named)
        channels = [self.channels[entry.channel] for entry in named]
        manners = [self._manner(entry) for entry in named]
        reports = [*await dispatch(alert, channels, self.send, self.waiting, manners)]
        for entry, report in zip(named, reports, strict=True):
            self._settle(entry, report)
        for entry in entries:
            if entry not in named:
                # Perhaps the next deploy brings its settings back.
                reports.append(Report("a channel that the settings no longer name", "misconfigured", 0))
                self._settle(entry, reports[-1])
        return reports

    def _manner(self, entry: Entry) -> Manner:
        post = entry.post
        # Of what a channel could not take for long, the last alone wakes anybody.
        late = self.clock() - entry.written > LATE_SECONDS and self.store.has_more(entry.channel)
        return Manner(
            post.sound and not late, "" if post.first else self.store.place(post.outage, entry.channel)
        )

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
            # Who took its place in the settings is told how many were lost with it.
            gone = entry.channel not in self.channels
            self.store.give_up(entry, [*self.channels] if gone else [entry.channel])
        elif report.outcome == "refused":
            # It is this alert that the service will not have; the next one may do.
            self.store.put_off(kept, now + _REFUSED_SECONDS)
        else:
            pause = max(_PAUSES[min(entry.tries, len(_PAUSES) - 1)], report.retry_after or 0.0)
            self.store.hold(kept, now + min(pause, KEPT_SECONDS))
