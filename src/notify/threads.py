"""The first alert of an outage, edited where it stands, so that it shows what has come since."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from failover.waiting import Waiting

from .alert import Alert
from .channel import Channel, Manner
from .dispatch import Report, Send, Telling, dispatch

EDIT_SECONDS = 15.0
"""How long an alert stands as it is, at least, before it is edited."""

_PAUSE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an outage's first alert stands in one channel, and which version of the outage it shows.

    `place` is the channel's own word, empty where the alert can't be edited. It is not edited before `due`,
    in seconds since 1970. `anew` tells that it was posted a second time since the first was gone.
    """

    outage: int
    channel: str
    place: str
    version: int
    due: float
    anew: bool = False

    def edited(self, report: Report, version: int, now: float, pause: float) -> "Thread":
        """Return it after an edit that was to show a version; one that is gone can't be edited any more."""
        if report.outcome == "sent":
            return replace(self, version=version, due=now + pause)
        if report.outcome == "gone":
            return replace(self, place="")
        return replace(self, due=now + max(_PAUSE_SECONDS, report.retry_after or 0.0))


async def edit(
    alerts: Mapping[Thread, Alert], channels: Mapping[str, Channel], send: Send, waiting: Waiting
) -> tuple[Report, ...]:
    """Let alerts take the place of those that stand there; report on each thread, in order."""
    tellings = [
        Telling(channels[thread.channel], alert, Manner(sound=False, edits=thread.place))
        for thread, alert in alerts.items()
    ]
    return await dispatch(tellings, send, waiting)
