"""Inboxes that an apply added, and who else uses them by now."""

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError
from mail_failover.cloudflare.rules import uses
from mail_failover.errors import UsageError
from mail_failover.setup.journal.journal import Journal

from .look import Looking


def in_use(looking: Looking, journal: Journal) -> dict[str, str]:
    """Return where else the inboxes that this apply added are used, or may be."""
    added = {s["change"]["email"].lower() for s in journal.steps if s["kind"] == "AddInbox"}
    if not added:
        return {}
    for folder in sorted(looking.folder.glob("*/")):
        if folder.name != looking.now.domain and any(folder.glob("*.json")):
            try:
                other = Journal.latest(looking.folder, folder.name)
            except UsageError as error:
                where = f"{folder.name}, for all we know: {str(error).rstrip('.')}"
                return dict.fromkeys(added, where)
            if other:
                return dict.fromkeys(added, f"{folder.name}, which is set up as well")
    found: dict[str, str] = {}
    for zone in looking.api.zones():
        same = (zone.get("account") or {}).get("id") in {None, looking.account_id}
        if same and zone.get("id") != looking.now.zone_id:
            used = _used_by(looking.api, zone, added, journal.worker)
            found |= dict.fromkeys(used, f"the zone {zone.get('name')}")
    return found


def _used_by(api: Cloudflare, zone: Json, emails: set[str], worker: str) -> set[str]:
    try:
        rules = [*api.rules(str(zone["id"])), api.catch_all(str(zone["id"]))]
    except ApiError:
        # Whether they are used there can't be known, so they stay.
        return emails
    return {email for email in emails if any(uses(rule, email, worker) for rule in rules)}
