"""The MX records: whether the right hosts are asked, in the right order, and can be reached."""

import asyncio
import ipaddress
from collections.abc import Sequence

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.exchangers import Exchanger, Exchangers
from mail_failover.mail.proxy import is_proxys, stands_in
from mail_failover.mail.resolver import Dns, DnsError, DnsTimeoutError

MX = Topic("dns.mx", "MX records")
ORDER = Topic("dns.mx-order", "MX order")
HOSTS = Topic("dns.mx-hosts", "MX hosts")
TTL = Topic("dns.ttl", "TTL")
LONG_TTL = 3600
_PRIVATE = "which the world can't reach"
_PROXIED = "which is Cloudflare's proxy: port 25 does not get through"
_NO_ALIAS = "An MX record must name a host itself, not an alias (RFC 2181, section 10.3)."
UNPROXY = (
    'Switch the proxy off ("DNS only") for the host that your MX record names. The web can keep it under '
    "another name."
)


def check_unreadable(error: DnsError, domain: str, again: Again) -> Check:
    """Say why there are no MX records to look at."""
    if isinstance(error, DnsTimeoutError):
        fix = f"Check this machine's network, or ask another resolver: `{again.ask_another()}`"
        return MX.failed(str(error), fix)
    return MX.failed(
        f"{error}: nobody can send mail to {domain} while this lasts",
        f"Look at https://dnsviz.net/d/{domain}/ for the cause: broken DNSSEC or unreachable name servers.",
    )


def check_set(found: Exchangers, domain: str, again: Again) -> Check:  # noqa: PLR0911 - one per way it can be wrong
    """Check that both the primary and the edge are MX hosts."""
    set_up = f"Run `{again.setup('plan')}`"
    if not found.exists:
        return MX.failed(f"{domain} does not exist in the DNS", "Check the spelling of --domain.")
    if not found.all:
        fix = f"Add one for your own server (10 mail.{domain}). {set_up}"
        return MX.failed(f"{domain} has no MX record", fix)
    all_hosts = listed(found.all)
    if any(not exchanger.host for exchanger in found.all):
        what = f"{all_hosts}: a null MX (RFC 7505) says that the domain takes no mail"
        return MX.failed(what, 'Remove the MX record with the host ".".')
    if not found.edge:
        return MX.failed(f"{all_hosts}: the edge is not among them, nothing is caught", set_up)
    if not found.own:
        return MX.failed(
            f"{all_hosts}: your own server is not among them, so all mail goes to the edge",
            f"Add an MX record for your server that is preferred to {found.edge[0]}.",
        )
    if len(found.edge) == 1:
        return MX.warned(f"{all_hosts}: only one host of the edge", set_up)
    return MX.passed(all_hosts)


def check_order(found: Exchangers) -> Check:
    """Check that every host of the primary is preferred to every host of the edge."""
    if not (found.own and found.edge):
        return ORDER.skipped("needs an MX record of your own server and one of the edge")
    worst, best = found.own[-1], found.edge[0]
    if worst.preference < best.preference:
        return ORDER.passed(f"your own server ({worst.preference}) comes before the edge ({best.preference})")
    what = "is as preferred as" if worst.preference == best.preference else "is less preferred than"
    return ORDER.failed(
        f"{worst} {what} {best}: mail goes to the edge while your server is up",
        f"Lower numbers win: give {best.host} and the edge's other hosts a number above {worst.preference}.",
    )


async def check_hosts(dns: Dns, found: Exchangers, again: Again) -> Check:
    """Check that every MX host has addresses the world can reach, and is no alias.

    Raises:
        DnsTimeoutError: the resolver was too slow, which says nothing of the hosts.

    """
    if not found.all:
        return HOSTS.skipped("there is no MX record")
    complaints = [c for c in await asyncio.gather(*(_complaint(dns, e) for e in found.all)) if c]
    if not complaints:
        return HOSTS.passed(f"all {len(found.all)} resolve")
    grave = [text for text, fatal in complaints if fatal]
    if grave:
        proxied = any(_PROXIED in text for text in grave)
        fix = "Give each MX host an A or AAAA record with its public address"
        fix += ', its proxy off ("DNS only").' if proxied else "."
        if any(_PRIVATE in text for text in grave):
            fix += f" If only your own network is told of it, ask as the world: `{again.ask_another()}`"
        return HOSTS.failed(listed(grave), fix)
    stand_ins = any(stands_in(exchanger.host) for exchanger in found.own)
    return HOSTS.warned(listed(text for text, _ in complaints), UNPROXY if stand_ins else _NO_ALIAS)


def check_ttl(ttls: Sequence[tuple[str, int]]) -> Check:
    """Check that a change of the records that matter is seen soon."""
    if not ttls:
        return TTL.skipped("there is no record to look at")
    slow = [f"{name} {ttl} s" for name, ttl in ttls if ttl > LONG_TTL]
    if slow:
        return TTL.warned(
            f"{listed(slow)}: senders use what they have seen for that long after a change",
            f"Set the TTL to 300 to {LONG_TTL} seconds, or automatic, before you change these records.",
        )
    return TTL.passed(f"at most {max(ttl for _, ttl in ttls)} s")


async def own_ttls(dns: Dns, domain: str, found: Exchangers) -> list[tuple[str, int]]:
    """Return the TTLs of the MX records and of the primary's addresses, in seconds."""
    ttls = [(f"MX of {domain}", found.ttl)] if found.all else []
    for exchanger in found.own[:4]:
        for kind in ("A", "AAAA"):
            try:
                answer = await dns.ask(exchanger.host, kind)
            except DnsError:
                continue
            if answer.records:
                ttls.append((f"{kind} of {exchanger.host}", answer.ttl))
    return ttls


async def _complaint(dns: Dns, exchanger: Exchanger) -> tuple[str, bool] | None:
    """Say what is wrong with an MX host, and whether mail can't reach it."""
    host = exchanger.host
    if _address(host):
        return f"{host} is an address where a host's name must stand", True
    try:
        addresses = await dns.addresses(host)
    except DnsTimeoutError:
        raise
    except DnsError as error:
        return str(error), True
    if fault := _fault(addresses, edge=exchanger.edge):
        return f"{host} has {fault}", True
    if stands_in(host):
        what = "Cloudflare proxies the host of your MX record, and names"
        return f"{what} {host} in its place, which fits no certificate, MTA-STS policy or TLSA record", False
    if (await dns.ask(host, "A")).alias:
        return f"{host} is an alias (CNAME)", False
    return None


def _fault(addresses: Sequence[str], *, edge: bool) -> str:
    """Say which of a host's addresses nobody can reach by SMTP; the edge's are Cloudflare's, too."""
    private = [address for address in addresses if not ipaddress.ip_address(address).is_global]
    if private:
        return f"the address {private[0]}, {_PRIVATE}"
    proxys = [] if edge else [address for address in addresses if is_proxys(address)]
    if proxys:
        return f"the address {proxys[0]}, {_PROXIED}"
    return "" if addresses else "no address"


def _address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
