"""The servers themselves: whether the primary answers, and whether the edge takes mail for the domain."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mail_failover.doctor.report import Check, Status, Topic
from mail_failover.mail.conversation import Conversation, SmtpError, conversation
from mail_failover.mail.exchangers import Exchanger, Exchangers
from mail_failover.mail.resolver import Dns, DnsError
from mail_failover.mail.route import family_of

from .dane import check_dane
from .judge import Port, Seen, judge_edge, judge_family, judge_port, judge_primary, tls_topic
from .recipient import judge_recipient
from .talk import Probe, ask_edge, ask_plainly, ask_primary, ask_whoever, greet

MOST_HOSTS = 3
# A conversation as a whole may take so many times as long as a step of it.
_MOST_STEPS = 6

Talk = Callable[[Conversation, Seen, Probe], Awaitable[None]]


async def live_checks(dns: Dns, found: Exchangers, probe: Probe) -> list[Check]:
    """Try up to three hosts of the primary and three of the edge, all at once."""
    if not found.all:
        return [Topic("live.edge", "Edge").skipped("there is no MX record to try")]
    own, edge = await asyncio.gather(_all_ways(dns, found.own, probe), _all_ways(dns, found.edge, probe))
    await asyncio.gather(
        *(_visit_primary(ways, probe) for ways in own),
        *(_visit(ways[0], probe, ask_edge) for ways in edge),
    )
    primaries = [way for ways in own for way in ways]
    edges = [ways[0] for ways in edge] + await _compared(primaries, edge, probe)
    dane = await asyncio.gather(*(check_dane(dns, ways[0], probe) for ways in own))
    plan = probe.again.setup("plan")
    checks = []
    for (first, *others), trust in zip(own, dane, strict=True):
        checks.append(judge_primary(first, _port(first, primaries, edges)))
        checks += [judge_family(other, _port(other, primaries, edges)) for other in others]
        checks.append(first.tls or tls_topic(first.host).skipped("there was no conversation to encrypt"))
        checks += [trust, judge_recipient(first, probe)]
    for first, *_ in edge:
        port = _port(first, primaries, edges)
        checks.append(judge_edge(first, port, probe.sender, probe.recipient, plan))
    return checks


async def _all_ways(dns: Dns, exchangers: Sequence[Exchanger], probe: Probe) -> list[list[Seen]]:
    return await asyncio.gather(*(_ways(dns, each.host, probe) for each in exchangers[:MOST_HOSTS]))


async def _ways(dns: Dns, host: str, probe: Probe) -> list[Seen]:
    """Return one address of each family that a host has, those first to which this machine has a way."""
    try:
        addresses = await dns.addresses(host)
        words = "" if addresses else "the host has no address"
    except DnsError as error:
        addresses, words = (), str(error)
    if words:
        return [Seen(host, error=SmtpError("connect", "unreachable", words))]
    first = {family_of(address): address for address in reversed(addresses)}
    ways = [Seen(host, first[family], tried=probe.has_way(first[family])) for family in sorted(first)]
    return sorted(ways, key=lambda way: not way.tried)


async def _visit_primary(ways: Sequence[Seen], probe: Probe) -> None:
    """Talk to one of the primary's hosts; a second time if the first did not come to the mailbox."""
    first, *others = ways
    await asyncio.gather(
        _visit(first, probe, ask_primary), *(_visit(other, probe, greet) for other in others)
    )
    if first.greeted and not first.asked:
        first.asked = Seen(first.host, first.address, tried=True)
        broken = first.tls is not None and first.tls.status is Status.FAIL
        await _visit(first.asked, probe, ask_plainly if broken else ask_whoever)
        first.chain, first.whole = first.asked.chain, first.asked.whole


async def _visit(seen: Seen, probe: Probe, talk: Talk) -> None:
    if not seen.tried:
        return
    try:
        async with (
            asyncio.timeout(_MOST_STEPS * probe.seconds),
            conversation(probe.endpoint(seen.host, seen.address), probe.seconds) as connection,
        ):
            await talk(connection, seen, probe)
    except SmtpError as error:
        seen.error = error
    except TimeoutError:
        late = seen.asked or seen
        words = f"the conversation took over {_MOST_STEPS * probe.seconds:g} s"
        late.error = SmtpError(late.step, "timeout", words)


async def _compared(primaries: Sequence[Seen], edge: Sequence[Sequence[Seen]], probe: Probe) -> list[Seen]:
    """Try one host of the edge by each family in which the primary is silent and the edge was not tried."""
    silent = {each.family for each in primaries if each.silent}
    open_ = silent - {ways[0].family for ways in edge}
    spare = {way.family: way for ways in edge for way in ways[1:] if way.tried and way.family in open_}
    await asyncio.gather(*(_visit(way, probe, greet) for way in spare.values()))
    return list(spare.values())


def _port(seen: Seen, primaries: Sequence[Seen], edges: Sequence[Seen]) -> Port:
    """Tell whether port 25 is open from here by a host's family of addresses."""
    alike = [[each for each in some if each.family == seen.family] for some in (primaries, edges)]
    return judge_port(alike[0], alike[1])
