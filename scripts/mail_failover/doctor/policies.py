"""DKIM and DMARC: the records that decide whether forwarded mail is believed."""

import re
from collections.abc import Mapping

from .report import Check, Topic
from .resolver import Answer, Dns

DKIM = Topic("dns.dkim", "DKIM of the edge")
DMARC = Topic("dns.dmarc", "DMARC")
# The selector under which Email Routing has signed since 2024.
SELECTOR = "cf2024-1"


async def check_dkim(dns: Dns, domain: str) -> Check:
    """Check the key with which the edge signs what it forwards (RFC 6376, section 3.6.1)."""
    name = f"{SELECTOR}._domainkey.{domain}"
    keys = (await dns.ask(name, "TXT")).texts
    if not keys:
        return DKIM.warned(
            f"no TXT record {name}: the edge's signature on forwarded mail can't be checked",
            f"Run: mail-failover setup plan --domain {domain}",
        )
    key = tags(keys[0]).get("p")
    if len(keys) == 1 and key:
        return DKIM.passed(name)
    problem = f"{len(keys)} records" if len(keys) > 1 else "an empty key" if key == "" else "no key (p=)"
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
    own = name == f"_dmarc.{domain}"
    policy = (found.get("p", "") if own else found.get("sp", found.get("p", ""))).lower()
    if policy not in {"none", "quarantine", "reject"}:
        return DMARC.failed(
            f'{name} says "{records[0]}", which names no policy', "Write p=none, p=quarantine or p=reject."
        )
    return _meaning(policy, found, name)


def tags(record: str) -> Mapping[str, str]:
    """Read `name=value; name=value` (RFC 6376, section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, _, value in pairs if name.strip()}


def is_dmarc(record: str) -> bool:
    """Tell whether a TXT record is one of DMARC (RFC 7489, section 6.3)."""
    return re.match(r"v\s*=\s*DMARC1\s*(;|$)", record) is not None


def _meaning(policy: str, found: Mapping[str, str], name: str) -> Check:
    if policy == "none":
        return DMARC.passed(f"p=none at {name}: forwarded mail is not refused for it")
    strict = " (strict: adkim=s)" if found.get("adkim") == "s" else ""
    return DMARC.passed(
        f"p={policy}{strict} at {name}: mail from your own users to your own domain passes the edge and the "
        "inbox only with your server's DKIM signature, because forwarding breaks SPF"
    )


async def _dmarc_records(dns: Dns, domain: str) -> tuple[str, list[str]]:
    """Look at the domain, then at its parents, as receivers do for one without a record of its own."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = "_dmarc." + ".".join(labels[start:])
        answer: Answer = await dns.ask(name, "TXT")
        records = [text for text in answer.texts if is_dmarc(text)]
        if records:
            return name, records
    return f"_dmarc.{domain}", []
