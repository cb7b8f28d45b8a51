"""Alerts to many channels at once: each on its own, all within one budget."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from failover.waiting import Settled, Waiting

from .alert import Alert
from .channel import (
    ALOUD,
    Channel,
    ChannelError,
    Manner,
    NoAnswer,
    RateLimited,
    Request,
    Response,
    TryInstead,
    Unavailable,
)
from .words.language import Words

DISPATCH_SECONDS = 20.0
"""How long all channels together may take."""

ATTEMPT_SECONDS = 6.0
"""How long one request may take."""

MAX_ATTEMPTS = 3
"""How often one destination is asked, at most."""

MAX_TOLD = 24
"""How many destinations are told at once, at most: each may cost a request."""

MAX_REQUESTS = 36
"""How many requests that may cost, at most: the free plan gives an event 50, and needs some for all else."""

_BACKOFF_SECONDS = (1.0, 3.0)
# One wait for all costs half of what a wait for each does, and most services answer within this time.
_TOGETHER_SECONDS = 1.0


class Answer(Protocol):
    """The head of what a service answers; `text` begins to read the body, to be waited for."""

    status: int
    retry_after: str

    def text(self) -> object:
        """Begin to read the body."""
        ...


Send = Callable[[Request], object]
"""The port that begins to send a request; what it returns settles with an `Answer`. Follows no redirect."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one channel is told, and in which manner; `repeated` is said if it may have arrived already."""

    channel: Channel
    alert: Alert
    manner: Manner = ALOUD
    repeated: str = Words().say("repeated")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one destination: `sent`, or the kind of error; `reason` is safe to log.

    `retry_after` is the pause in seconds that the service asked for. `unanswered` tells that a request got no
    answer, so that the alert may have arrived all the same. `place` is where it stands, if the service tells.
    """

    channel: str
    outcome: str
    attempts: int
    reason: str = ""
    retry_after: float | None = None
    unanswered: bool = False
    place: str = ""

    def line(self) -> dict[str, object]:
        """Return what the log says of it."""
        line: dict[str, object] = {
            "channel": self.channel,
            "outcome": self.outcome,
            "attempts": self.attempts,
        }
        return line | {"reason": self.reason} if self.reason else line


async def dispatch(tellings: Sequence[Telling], send: Send, waiting: Waiting) -> tuple[Report, ...]:
    """Tell each channel its alert; report on each, in order. Never raises for a channel's sake."""
    budget = _Budget(len(tellings), waiting)
    talks = [_Talk(telling, send, budget) for telling in tellings]
    while left := _left(talks):
        for talk in left:
            talk.go_on()
        # A talk whose alert could not even be rendered has ended by now.
        if left := _left(talks):
            running = [talk for talk in left if talk.pending is not None]
            seconds = max(min(talk.until for talk in left) - waiting.now(), 0.0)
            for talk, settled in zip(running, await _wait(waiting, running, seconds), strict=True):
                talk.hear(settled)
    return tuple(talk.report for talk in talks if talk.report)


def _left(talks: Sequence["_Talk"]) -> list["_Talk"]:
    return [talk for talk in talks if talk.report is None]


async def _wait(waiting: Waiting, talks: Sequence["_Talk"], seconds: float) -> list[Settled | None]:
    """Wait for what is under way, at most until one of the channels has something else to do."""
    pending = [talk.pending for talk in talks]
    if talks and all(talk.is_new for talk in talks):
        return await waiting.all(pending, min(seconds, _TOGETHER_SECONDS))
    return await waiting.first(pending, seconds)


class _Budget:
    """Time and requests that the channels share; each one's first request is set aside for it."""

    def __init__(self, channels: int, waiting: Waiting) -> None:
        self.now = waiting.now
        self._deadline = waiting.now() + DISPATCH_SECONDS
        self._spare = MAX_REQUESTS - channels

    @property
    def seconds(self) -> float:
        return self._deadline - self.now()

    def retry_after(self, wait: float) -> bool:
        """Take one more request, if it can be made after `wait` seconds and still be answered."""
        if self._spare <= 0 or wait + 0.5 > self.seconds:
            return False
        self._spare -= 1
        return True


class _Talk:
    """One channel that is being told.

    `pending` is what is waited for, first an answer's head, then its body; `until` when the wait for it is
    over, or the pause before the next request. `is_new` tells that nobody has waited for it yet.
    """

    def __init__(self, telling: Telling, send: Send, budget: _Budget) -> None:
        self.report: Report | None = None
        self.pending: object | None = None
        self.until = 0.0
        self.is_new = True
        self._channel = telling.channel
        self._alert = telling.alert
        named = telling.manner.id or os.urandom(16).hex()
        self._manner = replace(telling.manner, id=named)
        self._send = send
        self._budget = budget
        self._repeated = telling.repeated
        self._attempt = 0
        self._unanswered = False
        self._answer: Answer | None = None

    def go_on(self) -> None:
        """Send the next request, if its time has come."""
        now = self._budget.now()
        if self.pending is None and self.until <= now:
            self._attempt += 1
            self.until = now + min(ATTEMPT_SECONDS, self._budget.seconds)
            self._guard(self._begin)

    def hear(self, settled: Settled | None) -> None:
        """Take note of how what was waited for ended; None while it has not."""
        self.is_new = False
        if settled is not None:
            self._guard(lambda: self._take(settled))
        elif self._budget.now() >= self.until:
            self._end(NoAnswer("no answer in time; the alert may have arrived"))

    def _begin(self) -> None:
        self.pending, self.is_new = self._send(self._channel.render(self._alert, self._manner)), True

    def _take(self, settled: Settled) -> None:
        if self._answer is None:
            if settled.error is not None:
                # The runtime's own words may quote the URL, and with it a token.
                raise NoAnswer("the connection failed; the alert may have arrived")
            self._answer = settled.value
            self.pending, self.is_new = settled.value.text(), True
            return
        # The status has come, and says most of it.
        body = "" if settled.error is not None else settled.value
        place = self._channel.read(Response(self._answer.status, body, self._answer.retry_after))
        # What was edited stands where it stood, whatever the service says of the edit.
        self.report = Report(self._channel.name, "sent", self._attempt, place=self._manner.edits or place)

    def _end(self, error: ChannelError) -> None:
        """End this attempt: with a report, or with a pause before the next one."""
        self.pending = self._answer = None
        wait: float | None = None
        name = self._channel.name
        match error:
            case TryInstead():
                self._channel, wait = error.channel, 0.0
            case RateLimited(retry_after=float(seconds)):
                wait = seconds
            case RateLimited() | Unavailable() | NoAnswer() if self._attempt < MAX_ATTEMPTS:
                wait = _BACKOFF_SECONDS[self._attempt - 1]
        # An edit that arrives twice shows once.
        if isinstance(error, NoAnswer) and not self._manner.edits:
            self._alert, self._unanswered = self._alert.as_repeat(self._repeated), True
        if wait is None or self._attempt == MAX_ATTEMPTS or not self._budget.retry_after(wait):
            after = error.retry_after if isinstance(error, RateLimited) else None
            self.report = Report(name, _kind(error), self._attempt, error.reason, after, self._unanswered)
        else:
            self.until = self._budget.now() + wait

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ChannelError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001 a bug of ours in one channel must not cost the others their turn
            # Its text might quote a request, and so a token: the type must do.
            reason = f"unexpected {type(error).__name__}"
            unanswered = self._unanswered or self.pending is not None
            self.report = Report(self._channel.name, "broken", 1, reason, unanswered=unanswered)


def _kind(error: ChannelError) -> str:
    """Turn a class name into words: RateLimited -> "rate limited"."""
    name = type(error).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
