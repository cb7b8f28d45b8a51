"""How a domain stands, in words: its outage, its chats, its spool; and what a program gets of it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from mail_failover.console.text import byte_count

from .answers import Channel, Outage, Standing, Status
from .wording import messages

NEARLY_FULL = 0.8
"""Beyond it the Worker tells of it, and so does every command."""

Moment = Callable[[float], str]
"""Says a time, given in seconds since 1970."""


def standing_lines(standing: Standing, moment: Moment) -> Iterator[str]:
    """Yield a line for the outage, and one for each thing that there is something to say of."""
    for outage in (standing.outage, *standing.others):
        yield _outage(outage, moment)
    if standing.untold:
        yield f"{messages(standing.untold)} yet to be told together"
    yield from (_channel(channel, moment) for channel in standing.outbox)
    if spool := spool_line(standing.spool):
        yield spool
    if count := standing.blocked.count:
        yield f"{messages(count)} refused by BLOCK since {moment(standing.blocked.since)}"


def spool_line(spool: Status) -> str:
    """Say what the spool has; nothing if it is empty."""
    if not spool.waiting + spool.leased + spool.refused + spool.delivered:
        return ""
    leased = f" ({spool.leased} in a replay's hands)" if spool.leased else ""
    return (
        f"spool: {spool.waiting + spool.leased} to come home{leased}, {spool.refused} refused,"
        f" {spool.delivered} home; {byte_count(spool.bytes)} of {byte_count(spool.most)}"
    )


def is_nearly_full(spool: Status) -> bool:
    """Tell whether there is little room left: what is home makes room, and so fills nothing."""
    return spool.bytes > NEARLY_FULL * spool.most and not spool.delivered


def standing_facts(standing: Standing) -> dict[str, Any]:
    """Return what a program gets; `outage.ended` is None while it goes on."""
    facts = asdict(standing)
    if standing.outage:
        facts["outage"]["ended"] = standing.outage.ended or None
    for other in facts["others"]:
        other["ended"] = None
    return facts


def _outage(outage: Outage | None, moment: Moment) -> str:
    if outage is None:
        return "no outage is written down"
    when = f"until {moment(outage.ended)}" if outage.ended else "and it goes on"
    counts = {
        "forwarded": outage.forwarded,
        "held": outage.held,
        "waiting with their senders": outage.waiting,
        "came back": outage.returned,
    }
    fates = "".join(f", {count} {fate}" for fate, count in counts.items() if count)
    kept = f"; {outage.home} of {outage.kept} home" if outage.kept else ""
    refused = f", {outage.refused} refused" if outage.refused else ""
    whose = f" of {outage.audience}" if outage.audience else ""
    since = f"outage {outage.number}{whose} since {moment(outage.began)} {when}"
    return f"{since}: {outage.caught} caught{fates}{kept}{refused}"


def _channel(channel: Channel, moment: Moment) -> str:
    due = f", asked again at {moment(channel.due)}" if channel.waiting and channel.due else ""
    given_up = f", {channel.given_up} given up" if channel.given_up else ""
    return f"{channel.channel}: {channel.waiting or 'none'} waiting{due}{given_up}"
