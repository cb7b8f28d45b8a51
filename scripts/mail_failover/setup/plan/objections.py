"""What speaks against a change that would be made, so that it has to be forced, or asked about."""

from collections.abc import Sequence

from mail_failover.cloudflare.records import Record, host, text
from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import Count
from mail_failover.setup.snapshot import Snapshot

# Hosts whose customers do not run a mail server of their own.
_HOSTED = {
    "google.com": "Google",
    "googlemail.com": "Google",
    "outlook.com": "Microsoft",
    "office365.us": "Microsoft",
    "protonmail.ch": "Proton",
    "messagingengine.com": "Fastmail",
    "zoho.com": "Zoho",
    "zoho.eu": "Zoho",
    "icloud.com": "Apple",
    "yandex.net": "Yandex",
    "mailgun.org": "Mailgun",
    "secureserver.net": "GoDaddy",
    "ovh.net": "OVH",
    "mailbox.org": "mailbox.org",
    "migadu.com": "Migadu",
}


def against_spf(now: Snapshot, first: Snapshot, count: Count | None) -> tuple[str, bool]:
    """Say what speaks against changing the SPF record, and whether asking is enough."""
    if len(first.spf) > 1 and len(now.spf) > 1:
        reason = (
            f"The domain has {len(now.spf)} SPF records, which receivers take as a permanent error (RFC 7208,"
            " section 3.2). Merge them yourself, or force this merge: all their terms, the mildest `all`."
        )
        return reason, False
    if count and count.breaks:
        reason = " ".join(count.problems) or (
            f"it takes {count.lookups} lookups ({spf.LOOKUP_LIMIT} are allowed) and {count.voids} of them"
            f" find nothing ({spf.VOID_LIMIT} are allowed)"
        )
        return f"Receivers would answer the new record with a permanent error: {reason}", False
    if any(_sends_nothing(text(record)) for record in first.spf):
        reason = (
            "The record says that this domain sends no mail at all. With the include, Email Routing may send"
            " in its name; nobody else still may."
        )
        return reason, True
    return "", False


def _sends_nothing(record: str) -> bool:
    read = spf.parse(record)
    return len(read.evaluated) == 1 and read.all is not None and read.all.qualifier == "-"


def against_edge(own: Sequence[Record]) -> str:
    """Say what speaks against the edge behind these MX."""
    for record in own:
        name = host(record["content"])
        company = next((who for end, who in _HOSTED.items() if name == end or name.endswith(f".{end}")), "")
        if company:
            return (
                f"The MX host {name} belongs to {company}, not to a server of yours. Cloudflare documents"
                " other mail services beside Email Routing as unsupported, and such a service is seldom down."
            )
    return ""
