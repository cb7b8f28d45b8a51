"""Who is asked before the edge: your own server, for every sender, and nobody else."""

from collections.abc import Sequence

from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.exchangers import Exchanger, Exchangers
from mail_failover.mail.resolver import Dns
from mail_failover.mail.zone import zone_of

BACKUP = Topic("dns.backup-mx", "Backup MX")
IPV4 = Topic("dns.ipv4", "IPv4 of your server")
_MOST_HOSTS = 8


async def check_backup(dns: Dns, domain: str, found: Exchangers) -> Check:
    """Check that no server of somebody else stands between the primary and the edge."""
    if not (found.own and found.edge):
        return BACKUP.skipped("needs an MX record of your own server and one of the edge")
    last = found.edge[0].preference
    before = Exchangers(tuple(each for each in found.own if each.preference < last))
    others = await others_of(dns, domain, before)
    if not others:
        return BACKUP.passed("nobody else's server is asked before the edge")
    hosts, best = listed(each.host for each in others), found.own[0].host
    return BACKUP.warned(
        f"{listed(others)}: asked before the edge, and outside the zones of {domain} and {best}. "
        "Somebody else's server takes the mail while yours is down, and keeps it: the edge is not asked, and "
        "nobody is told",
        f"Remove the MX record of {hosts}, unless that server is yours, and its mail reaches you while the "
        "other one is down.",
    )


async def others_of(dns: Dns, domain: str, found: Exchangers) -> list[Exchanger]:
    """Return the MX hosts of somebody else, the edge's left out.

    The DNS does not tell whose a server is. A host counts as somebody else's if its name lies neither in the
    domain's zone nor in that of a most preferred host, and if it shares no address with one of those.

    Raises:
        DnsError: there is no answer.

    """
    best = [each for each in found.own if each.preference == found.own[0].preference][:_MOST_HOSTS]
    rest = [each for each in found.own if each not in best][:_MOST_HOSTS]
    return await _outside(dns, domain, best, rest) if rest else []


async def _outside(
    dns: Dns, domain: str, best: Sequence[Exchanger], rest: Sequence[Exchanger]
) -> list[Exchanger]:
    zones = {await zone_of(dns, name) for name in (domain, *(each.host for each in best))}
    addresses = {address for each in best for address in await dns.addresses(each.host)}
    return [
        each
        for each in rest
        if await zone_of(dns, each.host) not in zones and addresses.isdisjoint(await dns.addresses(each.host))
    ]


async def check_ipv4(dns: Dns, found: Exchangers) -> Check:
    """Check that senders without IPv6 reach the primary."""
    own = found.own[:_MOST_HOSTS]
    if not own:
        return IPV4.skipped("needs an MX record of your own server")
    hosts = [each.host for each in own if (await dns.ask(each.host, "A")).records]
    if hosts:
        return IPV4.passed(listed(hosts))
    six = [each.host for each in own if (await dns.ask(each.host, "AAAA")).records]
    if not six:
        return IPV4.skipped("your own server has no address")
    return IPV4.warned(
        f"{listed(six)}: IPv6 alone. Senders without it, which are many, take all their mail to the edge, "
        "though your server is up",
        "Give it an A record with a public IPv4 address. If it has none, the fallback inbox gets such mail.",
    )
