"""What of a domain's standing needs a person, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mail_failover.console.next_step import Again, Homeward
from mail_failover.door.answers import Standing
from mail_failover.door.standing import is_nearly_full
from mail_failover.door.wording import messages


@dataclass(frozen=True, slots=True)
class Need:
    """Something that does not mend itself: `what` it is, and the `fix`."""

    what: str
    fix: str


def needs(standing: Standing, homeward: Homeward, again: Again) -> Iterator[Need]:
    """Yield what needs a person, the most pressing first.

    An outage that goes on does, whatever became of its mail: the primary is down, or nobody has heard that it
    is back. Mail that waits in the spool does once the outage is over, since nobody fetches it. An alert that
    waits does not, since it is tried for a day, nor does a lease, since somebody is at work.
    """
    spool = standing.spool
    goes_on = standing.outage is not None and not standing.outage.ended
    if goes_on:
        yield Need("The outage goes on", f"See to your server. Once it is up, there: `{homeward.replay()}`")
    if spool.refused:
        yield Need(
            f"{messages(spool.refused)} refused by your server, and kept",
            f"`{homeward.spool('list')}` says why, `{homeward.spool('retry', 'ID')}` lets one be tried again",
        )
    if spool.waiting and not goes_on:
        yield Need(f"{messages(spool.waiting)} to come home", f"On your mail server: `{homeward.replay()}`")
    if is_nearly_full(spool):
        yield Need(
            f"The spool is {100 * spool.bytes // max(spool.most, 1)} % full",
            "Fetch what it has, drop what you don't need, or raise SPOOL_MB",
        )
    lost = [channel for channel in standing.outbox if channel.given_up]
    for channel in lost:
        yield Need(
            f"{channel.channel} was never told of {channel.given_up} alert{'s' * (channel.given_up > 1)}",
            f"`{again.doctor('--chat')}` tries every chat",
        )
