"""All checks of a domain, at the same time where none waits for another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import httpx

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.background import in_background
from mail_failover.console.next_step import Again
from mail_failover.doctor.account.questions import Outcome, account_checks
from mail_failover.doctor.dns import mx, primary
from mail_failover.doctor.dns.authentication import DKIM, DMARC, check_dkim, check_dmarc
from mail_failover.doctor.dns.dnssec import DNSSEC, check_dnssec
from mail_failover.doctor.dns.inboxes import INBOXES, check_inboxes
from mail_failover.doctor.dns.mta_sts import MTA_STS, check_mta_sts
from mail_failover.doctor.dns.name_servers import NAME_SERVERS, check_name_servers
from mail_failover.doctor.dns.spf import LIMITS, RECORD, check_spf
from mail_failover.doctor.dns.tls_reports import REPORTS, check_reports
from mail_failover.doctor.live.door import Knock, check_door
from mail_failover.doctor.live.talk import Probe
from mail_failover.doctor.live.visit import live_checks
from mail_failover.mail.exchangers import Exchangers, exchangers_of
from mail_failover.mail.resolver import Dns, DnsError
from mail_failover.settings.local import Local

from .chat import chat_checks
from .report import Check, Report, Topic, skip_all
from .settings import local_checks


@dataclass(frozen=True, slots=True)
class Ports:
    """What the checks ask: the DNS, Cloudflare's API, the web, the spool's door; None is the real web.

    `account` is the identifier in CLOUDFLARE_ACCOUNT_ID, empty if there is none. `again` words next steps.
    """

    dns: Dns
    open_api: Callable[[], Cloudflare]
    web: httpx.AsyncBaseTransport | None = field(default=None)
    account: str = ""
    again: Again = field(default_factory=Again)
    knock: Knock = field(default_factory=Knock)


async def examine(
    domain: str, local: Local | None, ports: Ports, probe: Probe | None = None, *, chat: bool = False
) -> Report:
    """Run every check; `probe` adds those on port 25, `chat` the test alerts."""
    asking = asyncio.ensure_future(
        in_background(partial(account_checks, ports.open_api, domain, local, ports.account, ports.again))
    )
    world, door, account, alerts = await asyncio.gather(
        _world(domain, ports, probe, asking, local.inboxes if local else ()),
        check_door(ports.knock),
        asking,
        chat_checks(local, domain, ports.again, ports.web) if chat else _nothing(),
    )
    checks = [*local_checks(local, domain, ports.again), *world, *account.checks, door, *alerts]
    return Report(domain, tuple(checks), account.api_failed)


async def _world(
    domain: str, ports: Ports, probe: Probe | None, account: Awaitable[Outcome], inboxes: Sequence[str]
) -> list[Check]:
    """Check what everybody can see: the DNS, and the servers it names; two checks wait for the account."""
    dns, again = ports.dns, ports.again
    guarded = partial(_or_skipped, again)
    try:
        found = await exchangers_of(dns, domain)
    except DnsError as error:
        return [
            mx.check_unreadable(error, domain, again),
            await guarded(DNSSEC, check_dnssec(dns, domain, again)),
            await guarded(NAME_SERVERS, _name_servers(dns, domain, again, account)),
            *_unasked(),
        ]
    if not found.exists:
        missing = skip_all((DNSSEC, NAME_SERVERS), "the domain does not exist")
        return [mx.check_set(found, domain, again), *missing, *_unasked()]
    hosts = [exchanger.host for exchanger in found.all]
    single, spf, live = await asyncio.gather(
        asyncio.gather(
            guarded(primary.BACKUP, primary.check_backup(dns, domain, found)),
            guarded(mx.HOSTS, mx.check_hosts(dns, found, again)),
            guarded(primary.IPV4, primary.check_ipv4(dns, found)),
            _ttl(dns, domain, found),
            guarded(DKIM, _dkim(dns, domain, again, account)),
            guarded(DMARC, check_dmarc(dns, domain)),
            guarded(MTA_STS, check_mta_sts(dns, domain, hosts, ports.web)),
            guarded(REPORTS, check_reports(dns, domain)),
            guarded(DNSSEC, check_dnssec(dns, domain, again)),
            guarded(NAME_SERVERS, _name_servers(dns, domain, again, account)),
            *([guarded(INBOXES, check_inboxes(dns, domain, found, inboxes))] if inboxes else []),
        ),
        _spf(dns, domain, again),
        live_checks(dns, found, probe) if probe else _nothing(),
    )
    return [mx.check_set(found, domain, again), mx.check_order(found), *single, *spf, *live]


async def _or_skipped(again: Again, topic: Topic, check: Awaitable[Check]) -> Check:
    try:
        return await check
    except DnsError as error:
        return topic.skipped(str(error), f"Try again, or ask another resolver: `{again.ask_another()}`")


async def _dkim(dns: Dns, domain: str, again: Again, account: Awaitable[Outcome]) -> Check:
    return await check_dkim(dns, domain, again, (await account).selectors)


async def _name_servers(dns: Dns, domain: str, again: Again, account: Awaitable[Outcome]) -> Check:
    known = await account
    return await check_name_servers(dns, domain, again, known.zone, known.name_servers)


async def _spf(dns: Dns, domain: str, again: Again) -> list[Check]:
    try:
        return await check_spf(dns, domain, again)
    except DnsError as error:
        return skip_all((RECORD, LIMITS), str(error))


async def _ttl(dns: Dns, domain: str, found: Exchangers) -> Check:
    return mx.check_ttl(await mx.own_ttls(dns, domain, found))


async def _nothing() -> list[Check]:
    return []


def _unasked() -> list[Check]:
    own = (mx.ORDER, primary.BACKUP, mx.HOSTS, primary.IPV4, mx.TTL)
    topics = (*own, DKIM, DMARC, MTA_STS, REPORTS, RECORD, LIMITS)
    return skip_all(topics, "needs the MX records' answer")
