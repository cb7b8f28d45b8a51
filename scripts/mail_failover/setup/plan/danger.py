"""What is dangerous about a domain as it is, in words that end a sentence. Pure."""

from dataclasses import replace

from mail_failover.cloudflare.records import text
from mail_failover.mail.spf.record import EDGE_RECORD
from mail_failover.setup.journal import Journal
from mail_failover.setup.snapshot import CATCH_ALL, Snapshot

from .preference import primary_wins

_OFF = "the edge is named but off, so it refuses mail for good"


def danger(now: Snapshot, journal: Journal, again: str) -> str:
    """Say what is wrong with the domain right now, and what to do; empty if nothing is.

    `again` is the command that goes on.
    """
    records = [record for key, record in journal.base.items() if key != CATCH_ALL]
    before = replace(
        now, records=records, routing={"enabled": journal.enabled}, catch_all=journal.base.get(CATCH_ALL)
    )
    found, was = _dangers(now, before), _dangers(before, before)
    if not found:
        return ""
    if set(found) <= set(was):
        mend = ": remove its MX, or switch Email Routing on" if found == [_OFF] else ""
        return f"Right now {' and '.join(found)}, as before all this{mend}"
    return f"Right now {' and '.join(found)}: run {again} at once"


def loses_mail(now: Snapshot) -> str:
    """Say how an edge that is named refuses mail for good, or drops it; empty if it does not, or is not."""
    if not now.edge:
        return ""
    if not now.enabled:
        return _OFF
    rule = now.catch_all or {"enabled": True}
    if not rule.get("enabled"):
        return "the edge is named but its catch-all is off, so it refuses mail for good"
    drops = any(action.get("type") == "drop" for action in rule.get("actions") or ())
    return "the edge is named but its catch-all drops mail" if drops else ""


def _dangers(now: Snapshot, before: Snapshot) -> list[str]:
    texts = [text(record) for record in now.spf]
    found = [loses_mail(now)] if loses_mail(now) else []
    if now.edge and now.enabled and not primary_wins(now):
        found.append("mail goes to the edge before the primary")
    if texts == [EDGE_RECORD] and texts != [text(record) for record in before.spf]:
        found.append("the SPF record does not list your own server")
    if before.spf and not texts:
        found.append("the domain has no SPF record")
    if len(texts) > 1:
        found.append(f"the domain has {len(texts)} SPF records, which receivers take as an error")
    return found
