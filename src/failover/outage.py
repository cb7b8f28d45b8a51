"""What an outage is: when it begins, how it goes on, what is told of it when, and when it is over.

Values and rules alone; times are in seconds since 1970. An outage is everything that is caught for a domain
from one message to a long enough silence after the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from .event import Fate
from .primary import STABLE_SECONDS

REOPEN_SECONDS = 30 * 60.0
"""Mail within this time after the end opens the same outage again."""

BEGIN_SECONDS = 6 * 3600.0
"""How long after one beginning that was told with sound another one is told without."""

DAY_SECONDS = 24 * 3600.0
"""After the first day messages are told by the hour, and what is waiting once a day."""

HOUR_SECONDS = 3600.0
"""How far apart alerts of messages are then, at least."""

_NAMES = 40


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage of a domain's primary, as far as caught mail tells of it.

    `ended` is 0 while it goes on. `caught` counts messages, `repeats` how often one came again; of those
    caught, some are `forwarded`, some `waiting` with their senders, some `returned`. `senders` counts them
    by whom they say they are from, "" standing for those beyond the first forty, `inboxes` by who took them.
    `told` is when messages were told together, `urgent` when one that waits was told with sound, `summed_up`
    when a day was. `loud` tells that the beginning had sound, `ends` how often the end was told. `version`
    grows with every change. `down` tells that the primary was asked and did not answer. `first` is the key
    of the message that it began with. `held` counts messages that the spool has and no inbox, `kept` copies
    in the spool; some of these are `home`, some `refused` by the primary, which spoke last at `settled`.
    `blocked` counts messages that BLOCK refused meanwhile: they are none of those caught. Of these, `muted`
    are those that MUTE names. `audience` names who is told of it.
    """

    number: int
    began: float
    last: float
    ended: float = 0.0
    caught: int = 0
    repeats: int = 0
    forwarded: int = 0
    waiting: int = 0
    returned: int = 0
    senders: Mapping[str, int] = field(default_factory=dict)
    inboxes: Mapping[str, int] = field(default_factory=dict)
    told: float = 0.0
    urgent: float = 0.0
    summed_up: float = 0.0
    loud: bool = True
    ends: int = 0
    version: int = 0
    down: bool = False
    first: str = ""
    held: int = 0
    kept: int = 0
    home: int = 0
    refused: int = 0
    settled: float = 0.0
    blocked: int = 0
    muted: int = 0
    audience: str = ""

    @property
    def goes_on(self) -> bool:
        """Tell whether it is not over yet."""
        return not self.ended

    @property
    def is_fetched(self) -> bool:
        """Tell whether the primary has said of every copy whether it takes it."""
        return 0 < self.kept <= self.home + self.refused

    @property
    def is_muted(self) -> bool:
        """Tell whether nothing but muted mail was caught."""
        return self.caught == self.muted

    @property
    def is_known(self) -> bool:
        """Tell whether anybody was told of it."""
        return not self.is_muted or bool(self.summed_up)

    def takes(self, now: float) -> bool:
        """Tell whether a message caught now is part of it: it goes on, or has just ended."""
        return self.goes_on or 0 <= now - self.ended < REOPEN_SECONDS

    def catch(
        self, fate: Fate, sender: str, inboxes: Sequence[str], now: float, *, muted: bool = False
    ) -> "Outage":
        """Count a new message, which these inboxes took; who sent a muted one is not said."""
        counted = replace(
            self,
            caught=self.caught + 1,
            muted=self.muted + muted,
            senders=self.senders if muted else _one_more(self.senders, sender),
            last=now,
            ended=0.0,
            version=self.version + 1,
        )
        return _in(_having(counted, fate, 1), inboxes)

    def catch_again(self, before: Fate, after: Fate, inboxes: Sequence[str], now: float) -> "Outage":
        """Count a message that came again, and what is true of it now."""
        counted = replace(self, repeats=self.repeats + 1, version=self.version + 1)
        if before != after:
            counted = _in(_having(_having(counted, before, -1), after, 1), inboxes)
        return replace(counted, last=now) if self.goes_on else counted

    def rename(self, before: str, after: str) -> "Outage":
        """Return it after a message proved to be from somebody else than it was counted for."""
        named = before if before in self.senders else ""
        if before == after or named not in self.senders:
            return self
        counts = {**self.senders, named: self.senders[named] - 1}
        return replace(self, senders=_one_more({n: c for n, c in counts.items() if c}, after))

    def heard(self, *, silent: bool) -> "Outage":
        """Return it after the primary was heard otherwise than before."""
        return replace(self, down=self.down or silent, version=self.version + 1)

    def keep(self, state: str, now: float) -> "Outage":
        """Count a copy in the spool, of which the primary may have said something just before."""
        settled = self.settled if state == "waiting" else now
        kept = replace(self, kept=self.kept + 1, settled=settled, version=self.version + 1)
        return _judged(kept, state, 1)

    def lose(self, state: str) -> "Outage":
        """Count a copy no more that is dropped; one that is home was counted for good."""
        if state == "delivered":
            return self
        return _judged(replace(self, kept=self.kept - 1, version=self.version + 1), state, -1)

    def settle(self, before: str, after: str, now: float) -> "Outage":
        """Return it after the primary said of a copy whether it takes it."""
        counted = _judged(_judged(self, before, -1), after, 1)
        return replace(counted, settled=now, version=self.version + 1)

    def next_home(self) -> float | None:
        """Return when it is over since the primary has fetched everything, None if it has not."""
        return self.last + STABLE_SECONDS if self.is_fetched and self.settled >= self.last else None

    def end(self, now: float) -> "Outage":
        """Let it be over."""
        return replace(self, ended=now, ends=self.ends + 1, version=self.version + 1)

    def interval(self, minutes: int, now: float) -> float:
        """Return how long after one alert of messages the next may have sound; 0 to tell each at once."""
        if not minutes:
            return 0.0
        long = now - self.began >= DAY_SECONDS
        return max(60.0 * minutes, HOUR_SECONDS if long else 0.0)

    def urge(self, interval: float, now: float) -> tuple["Outage", bool]:
        """Return it after a message that is told at once, and whether with sound: one in each interval."""
        sound = not 0 <= now - self.urgent < interval
        return (replace(self, urgent=now) if sound else self), sound

    def next_batch(self, minutes: int) -> float:
        """Return when what was caught meanwhile may be told."""
        return self.told + self.interval(minutes, self.told)

    def quiet_at(self, hours: int) -> float:
        """Return when nothing was caught for so long that it is over."""
        return self.last + hours * 3600.0

    def next_summary(self) -> float:
        """Return when it is time to sum a day up."""
        return (self.summed_up or self.began) + DAY_SECONDS


def begin(number: int, audience: str, began_loud: float, now: float) -> Outage:
    """Return a new outage: without sound if another one began with it not long ago, at `began_loud`."""
    loud = not 0 <= now - began_loud < BEGIN_SECONDS
    return Outage(number, now, now, loud=loud, audience=audience)


def _having(outage: Outage, fate: Fate, by: int) -> Outage:
    match fate:
        case "forwarded":
            return replace(outage, forwarded=outage.forwarded + by)
        case "held" | "unreported":
            return replace(outage, held=outage.held + by)
        case "deferred":
            return replace(outage, waiting=outage.waiting + by)
        case "returned":
            return replace(outage, returned=outage.returned + by)


def _judged(outage: Outage, state: str, by: int) -> Outage:
    home, refused = by * (state == "delivered"), by * (state == "refused")
    return replace(outage, home=outage.home + home, refused=outage.refused + refused)


def _in(outage: Outage, inboxes: Sequence[str]) -> Outage:
    counts = outage.inboxes
    for inbox in inboxes:
        counts = _one_more(counts, inbox)
    return replace(outage, inboxes=counts)


def _one_more(counts: Mapping[str, int], name: str) -> Mapping[str, int]:
    name = name if name in counts or len(counts) < _NAMES else ""
    return {**counts, name: counts.get(name, 0) + 1}


def best_of(fates: Sequence[str]) -> Fate:
    """Return the best of a message's fates: what an inbox or the spool has once, it has."""
    return next((fate for fate in get_args(Fate) if fate in fates), "deferred")
