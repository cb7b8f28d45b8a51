"""What is asked beside Cloudflare: the cost of the new SPF record, the domain's MTA-STS policy."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mail_failover.cloudflare.records import text
from mail_failover.mail import mta_sts
from mail_failover.mail.mta_sts import PolicyError, read_policy
from mail_failover.mail.spf.lookups import Count, Resolve, count
from mail_failover.mail.spf.record import INCLUDE, is_spf
from mail_failover.mail.well_known import fetch_policy
from mail_failover.setup.plan.goal import NoGoal, Outside, wanted_spf
from mail_failover.setup.snapshot import Snapshot

_DNS_SECONDS = 3.0


class DnsResolve:
    """Asks the system's resolver; after one that does not answer, nothing more is asked."""

    def __init__(self) -> None:
        self._dead = False

    def __call__(self, name: str, kind: str) -> Sequence[str]:
        """Return the records as text.

        Raises:
            OSError: there is no answer to be had.

        """
        import dns.exception  # noqa: PLC0415 - costs time, and is not always needed
        import dns.resolver  # noqa: PLC0415

        if self._dead:
            raise OSError("no answer from the resolver before")
        try:
            found = dns.resolver.resolve(f"{name}.", kind, raise_on_no_answer=False, lifetime=_DNS_SECONDS)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoNameservers as error:
            raise OSError(str(error)) from error
        except (dns.exception.DNSException, UnicodeError) as error:
            self._dead = True
            raise OSError(str(error)) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found.rrset or ()]
        return [record.to_text() for record in found.rrset or ()]


def fetch(address: str) -> str:
    """Fetch an MTA-STS policy.

    Raises:
        PolicyError: it can't be had.

    """
    return asyncio.run(fetch_policy(address, None))


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the outside is asked: the DNS, and the web server of an MTA-STS policy."""

    resolve: Resolve = field(default_factory=DnsResolve)
    fetch: Callable[[str], str] = fetch


def _honest(resolve: Resolve) -> Resolve:
    """Return the resolver, or a silent one for a resolver that denies what is certainly there."""

    def silent(_name: str, _kind: str) -> Sequence[str]:
        raise OSError("the resolver does not tell the truth")

    try:
        return resolve if any(map(is_spf, resolve(INCLUDE, "TXT"))) else silent
    except OSError:
        return silent


def ask(now: Snapshot, unfinished: Snapshot | None, outlook: Outlook) -> Outside:
    """Learn what the plan has to know; what gives no answer is left open."""
    counted: Count | None
    try:
        counted = count(now.domain, text(wanted_spf(now, unfinished)), _honest(outlook.resolve))
    except NoGoal:
        counted = None
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
