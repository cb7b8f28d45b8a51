"""What is asked beside Cloudflare: the cost of the new SPF record, the domain's MTA-STS policy."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from mail_failover.cloudflare.records import text
from mail_failover.mail import mta_sts
from mail_failover.mail.mta_sts import PolicyError, read_policy
from mail_failover.mail.spf.lookups import Count, Resolve, count
from mail_failover.mail.system_resolver import SystemResolve, honest
from mail_failover.mail.well_known import fetch_policy

from .journal import Journal
from .plan.goal import NoGoal, Outside, wanted_spf
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the outside is asked: the DNS, and the web server of an MTA-STS policy (raises PolicyError)."""

    resolve: Resolve = field(default_factory=SystemResolve)
    fetch: Callable[[str], str] = lambda address: asyncio.run(fetch_policy(address, None))


def ask(now: Snapshot, unfinished: Journal | None, outlook: Outlook) -> Outside:
    """Learn what the plan has to know; what gives no answer is left open."""
    counted: Count | None = None
    with suppress(NoGoal):
        counted = count(now.domain, text(wanted_spf(now, unfinished)[0]), honest(outlook.resolve))
    if not _announces_policy(now):
        return Outside(counted)
    try:
        return Outside(counted, read_policy(outlook.fetch(mta_sts.url(now.domain))))
    except PolicyError as error:
        return Outside(counted, None, str(error))


def _announces_policy(now: Snapshot) -> bool:
    """Tell whether the zone announces a policy (RFC 8461, 3.1); a CNAME leads to the provider's record."""
    return any(
        record.get("type") == "CNAME" or (record.get("type") == "TXT" and mta_sts.is_record(text(record)))
        for record in now.at(f"_mta-sts.{now.domain}")
    )
