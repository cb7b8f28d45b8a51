"""What speaks against a change that would be made, so that it has to be forced, or asked about."""

from collections.abc import Sequence

from mail_failover.cloudflare.records import Record, host, text
from mail_failover.mail.hosted import company_of
from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import Count
from mail_failover.setup.snapshot import Snapshot


def against_spf(now: Snapshot, count: Count | None, *, several: int) -> tuple[str, bool]:
    """Say what speaks against changing the SPF record, or `several`, and whether asking is enough."""
    if several > 1:
        reason = (
            f"The domain has {several} SPF records, which receivers take as a permanent error (RFC 7208,"
            " section 3.2). Merge them yourself, or force this merge: all their terms, the mildest `all`."
        )
        return reason, False
    if count and count.breaks:
        reason = " ".join(count.problems) or (
            f"it takes {count.lookups} lookups ({spf.LOOKUP_LIMIT} are allowed) and {count.voids} of them"
            f" find nothing ({spf.VOID_LIMIT} are allowed)"
        )
        return f"Receivers would answer the new record with a permanent error: {reason}", False
    if any(_sends_nothing(text(record)) for record in now.spf):
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
        if company := company_of(name):
            return (
                f"The MX host {name} belongs to {company}, not to a server of yours. Cloudflare documents"
                " other mail services beside Email Routing as unsupported, and such a service is seldom down."
            )
    return ""
