"""DNSSEC: a broken chain makes a domain vanish for every resolver that validates."""

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic
from mail_failover.mail.resolver import Dns, DnsError, DnsFailureError

DNSSEC = Topic("dns.dnssec", "DNSSEC")


async def check_dnssec(dns: Dns, domain: str, again: Again) -> Check:
    """Check that the domain's answers validate, if it is signed (RFC 4035, section 4.3)."""
    try:
        answer = await dns.ask(domain, "SOA")
    except DnsFailureError as error:
        return await _check_failure(dns, domain, error)
    if answer.secure:
        return DNSSEC.passed("signed, and the resolver has validated it")
    if not (await dns.ask(domain, "DS")).records:
        return DNSSEC.passed("not signed: nothing that could break")
    if not (await dns.ask(domain, "DNSKEY")).records:
        return DNSSEC.failed(
            "the registry has a DS record, but the zone has no keys: resolvers that validate find no domain",
            "Remove the DS record at your registrar, or enter the one that Cloudflare shows under DNSSEC.",
        )
    return DNSSEC.skipped(
        "signed, but this resolver does not validate", f"Ask one that does: `{again.ask_another()}`"
    )


async def _check_failure(dns: Dns, domain: str, error: DnsError) -> Check:
    try:
        await dns.ask_unchecked(domain, "SOA")
    except DnsError:
        return DNSSEC.skipped(str(error))
    return DNSSEC.failed(
        "the domain answers only where DNSSEC is not validated: its signatures are broken",
        f"Compare the DS record at your registrar with Cloudflare's; see https://dnsviz.net/d/{domain}/",
    )
