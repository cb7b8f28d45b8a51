"""One alert to all channels at once: each on its own, all within one budget."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from .alert import Alert
from .channel import (
    Channel,
    ChannelError,
    NoAnswer,
    RateLimited,
    Request,
    Response,
    TryInstead,
    Unavailable,
)

DISPATCH_SECONDS = 20.0
"""How long all channels together may take."""

ATTEMPT_SECONDS = 6.0
"""How long one request may take."""

MAX_ATTEMPTS = 3
"""How often one destination is asked, at most."""

MAX_REQUESTS = 20
"""How many requests one alert may cost, at most: the free plan counts them."""

_BACKOFF_SECONDS = (1.0, 3.0)

Send = Callable[[Request], Awaitable[Response]]
"""The port that sends a request. Raises `NoAnswer` where the connection fails; follows no redirect."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one destination: `sent`, or the kind of error; `reason` is safe to log."""

    channel: str
    outcome: str
    attempts: int
    reason: str = ""


async def dispatch(alert: Alert, channels: Sequence[Channel], send: Send) -> tuple[Report, ...]:
    """Tell every channel; report on each. Never raises for a channel's sake."""
    budget = _Budget(channels)
    outcomes = await asyncio.gather(
        *(_tell(c, alert, send, budget) for c in channels), return_exceptions=True
    )
    return tuple(_report(c, o) for c, o in zip(channels, outcomes, strict=True))


class _Budget:
    """Time and requests that the channels share; each one's first request is set aside for it."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._clock = asyncio.get_running_loop().time
        self._deadline = self._clock() + DISPATCH_SECONDS
        self._spare = MAX_REQUESTS - len(channels)

    @property
    def seconds(self) -> float:
        return self._deadline - self._clock()

    def retry_after(self, wait: float) -> bool:
        """Take one more request, if it can be made after `wait` seconds and still be answered."""
        if self._spare <= 0 or wait + 0.5 > self.seconds:
            return False
        self._spare -= 1
        return True


async def _tell(channel: Channel, alert: Alert, send: Send, budget: _Budget) -> Report:
    attempt = 0
    while True:
        attempt += 1
        error = await _try(channel, alert, send, budget)
        if error is None:
            return Report(channel.name, "sent", attempt)
        wait: float | None = None
        match error:
            case TryInstead():
                channel, wait = error.channel, 0.0
            case RateLimited(retry_after=float(seconds)):
                wait = seconds
            case RateLimited() | Unavailable() | NoAnswer() if attempt < MAX_ATTEMPTS:
                wait = _BACKOFF_SECONDS[attempt - 1]
        if isinstance(error, NoAnswer):
            alert = alert.as_repeat()
        if wait is None or attempt == MAX_ATTEMPTS or not budget.retry_after(wait):
            return Report(channel.name, _kind(error), attempt, error.reason)
        await asyncio.sleep(wait)


async def _try(channel: Channel, alert: Alert, send: Send, budget: _Budget) -> ChannelError | None:
    request = channel.render(alert)
    try:
        response = await asyncio.wait_for(send(request), min(ATTEMPT_SECONDS, budget.seconds))
        channel.read(response)
    except TimeoutError:
        return NoAnswer("no answer in time; the alert may have arrived")
    except ChannelError as error:
        return error
    return None


def _report(channel: Channel, outcome: Report | BaseException) -> Report:
    if isinstance(outcome, Report):
        return outcome
    if not isinstance(outcome, Exception):
        raise outcome
    # A bug of ours in one channel. Its text might quote a request, and so a token: the type must do.
    return Report(channel.name, "broken", 1, f"unexpected {type(outcome).__name__}")


def _kind(error: ChannelError) -> str:
    """Turn a class name into words: RateLimited -> "rate limited"."""
    name = type(error).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
