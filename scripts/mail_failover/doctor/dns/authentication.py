"""DKIM and DMARC: the records that decide whether forwarded mail is believed."""

import re
from collections.abc import Mapping, Sequence

from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Status, Topic, listed
from mail_failover.mail.resolver import Dns
from mail_failover.mail.zone import zone_of

DKIM = Topic("dns.dkim", "DKIM of the edge")
DMARC = Topic("dns.dmarc", "DMARC")
SELECTOR = "cf2024-1"
"""The selector under which Email Routing has signed since 2024; the account knows which it is now."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_POLICIES = frozenset({"none", "quarantine", "reject"})
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^,!]", re.IGNORECASE)


async def check_dkim(dns: Dns, domain: str, again: Again, selectors: Sequence[str] = ()) -> Check:
    """Check the keys with which the edge signs what it forwards (RFC 6376, section 3.6.1)."""
    names = [f"{selector}._domainkey.{domain}" for selector in selectors or (SELECTOR,)]
    found = [await _check_key(dns, name, again) for name in names]
    wrong = [check for check in found if check.status is not Status.PASS]
    return wrong[0] if wrong else DKIM.passed(listed(names))


async def _check_key(dns: Dns, name: str, again: Again) -> Check:
    keys = (await dns.ask(name, "TXT")).texts
    if not keys:
        return DKIM.warned(
            f"no TXT record {name}: the edge's signature on forwarded mail can't be checked",
            f"Run `{again.setup('plan')}`",
        )
    problem = f"{len(keys)} records" if len(keys) > 1 else _key_problem(tags(keys[0]))
    if not problem:
        return DKIM.passed(name)
    return DKIM.failed(
        f"{name} has {problem}",
        "Put back the record that Email Routing shows under Settings, DNS records; one only.",
    )


async def check_dmarc(dns: Dns, domain: str) -> Check:
    """Check the DMARC policy, and say what it means for mail that the edge forwards (RFC 7489)."""
    name, records = await _dmarc_records(dns, domain)
    if not records:
        return DMARC.warned(
            f"no DMARC record for {domain}: large providers trust mail from your users less",
            f'Add the TXT record _dmarc.{domain} with "v=DMARC1; p=none", and tighten it later.',
        )
    if len(records) > 1:
        return DMARC.failed(f"{name} has {len(records)} DMARC records: none counts", "Keep one of them.")
    found = tags(records[0])
    policy = found.get("p", "").lower()
    subdomains = found.get("sp", policy).lower()
    if not _POLICIES.issuperset({policy, subdomains}):
        return _without_policy(f'{name} says "{records[0]}"', found)
    return _meaning(policy if name == f"_dmarc.{domain}" else subdomains, found, name)


def tags(record: str) -> Mapping[str, str]:
    """Read `name=value; name=value` (RFC 6376, section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, _, value in pairs if name.strip()}


def is_dmarc(record: str) -> bool:
    """Tell whether a TXT record is one of DMARC (RFC 7489, section 6.3)."""
    return re.match(r"v\s*=\s*DMARC1\s*(;|$)", record) is not None


def _key_problem(key: Mapping[str, str]) -> str:
    """Say what a verifier would not accept."""
    if key.get("v", "DKIM1") != "DKIM1":
        return "another version than v=DKIM1"
    if "p" not in key:
        return "no key (p=)"
    if not key["p"]:
        return "an empty key"
    return "" if _BASE64.fullmatch(key["p"]) else "a key that is not base64"


def _without_policy(says: str, found: Mapping[str, str]) -> Check:
    """Judge a record whose p= or sp= is missing or wrong, as receivers do (RFC 7489, section 6.6.3)."""
    fix = "Write p=none, p=quarantine or p=reject; the same for sp=, if it is there."
    if _URI.match(found.get("rua", "")):
        return DMARC.warned(f"{says}: no valid policy, but a rua=, so receivers act as for p=none", fix)
    return DMARC.failed(f"{says}, which names no policy that receivers know, so they ignore it", fix)


def _meaning(policy: str, found: Mapping[str, str], name: str) -> Check:
    if policy == "none":
        return DMARC.passed(f"p=none at {name}: forwarded mail is not refused for it")
    strict = " (strict: adkim=s)" if found.get("adkim", "").lower() == "s" else ""
    return DMARC.passed(
        f"p={policy}{strict} at {name}: mail from your own users to your own domain passes the edge and the "
        "inbox only with your server's DKIM signature, because forwarding breaks SPF"
    )


async def _dmarc_records(dns: Dns, domain: str) -> tuple[str, list[str]]:
    """Look at the domain, then at the top of its zone.

    Receivers look at the registered domain (RFC 7489, section 3.2). To know which that is takes a list of all
    registries' suffixes; the top of the zone is it, or below it, and never a registry's.
    """
    records = await _dmarc_at(dns, domain)
    if records:
        return f"_dmarc.{domain}", records
    zone = await zone_of(dns, domain)
    return f"_dmarc.{zone}", await _dmarc_at(dns, zone)


async def _dmarc_at(dns: Dns, domain: str) -> list[str]:
    return [text for text in (await dns.ask(f"_dmarc.{domain}", "TXT")).texts if is_dmarc(text)]
