"""Whether an inbox is where it has to be: on somebody else's server."""

import asyncio
from collections.abc import Sequence

from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.exchangers import Exchangers, exchangers_of
from mail_failover.mail.resolver import Dns, DnsError, ascii_host

from .primary import others_of

INBOXES = Topic("dns.inboxes", "Inboxes elsewhere")


async def check_inboxes(dns: Dns, domain: str, found: Exchangers, inboxes: Sequence[str]) -> Check:
    """Check that no inbox gets its mail through the primary, under whatever name.

    Inboxes of the domain itself are left out: the settings alone tell what is wrong with them.
    """
    domains = {inbox: ascii_host(inbox.rpartition("@")[2]) for inbox in inboxes}
    domains = {inbox: name for inbox, name in domains.items() if not f".{name}".endswith(f".{domain}")}
    names = tuple(dict.fromkeys(domains.values()))
    # Its provider may be the one of a backup MX, too, which is not down with the primary.
    others = await others_of(dns, domain, found)
    hosts = [each.host for each in found.own if each not in others]
    own = {host: await _addresses(dns, host) for host in hosts}
    shared = dict(zip(names, await asyncio.gather(*(_shared(dns, name, own) for name in names)), strict=True))
    if dependent := {inbox: shared[name] for inbox, name in domains.items() if shared[name]}:
        through = listed(f"{inbox} (by {host})" for inbox, host in dependent.items())
        return INBOXES.failed(
            f"{through}: the mail goes through your own server, which is down when it matters",
            "Name an inbox at another provider.",
        )
    return INBOXES.passed(
        f"the mail of {listed(names)} goes through other servers" if names else "none to look at"
    )


async def _shared(dns: Dns, name: str, own: dict[str, frozenset[str]]) -> str:
    """Return the MX host of a domain that is one of our own; without MX it is the domain (RFC 5321, 5.1)."""
    exchangers = await exchangers_of(dns, name)
    addresses = frozenset().union(*own.values())
    for host in [exchanger.host for exchanger in exchangers.own] if exchangers.all else [name]:
        if host in own or await _addresses(dns, host) & addresses:
            return host
    return ""


async def _addresses(dns: Dns, host: str) -> frozenset[str]:
    """Return the addresses of a host; none where they can't be had, which is not for this check to say."""
    try:
        return frozenset(await dns.addresses(host)) if host else frozenset()
    except DnsError:
        return frozenset()
