"""What the one token for upload and domain must be able to do: the form for it, and what a token lacks."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from . import records, zones
from .answers import Json
from .calls import Cloudflare
from .errors import (
    TOKENS_PAGE,
    ApiError,
    Call,
    PermissionMissing,
    ServerFailure,
    TokenRejected,
    Uncertain,
    Unreachable,
)
from .rows import ADDRESSES_EDIT, DNS_EDIT, RULES_EDIT, SCRIPTS_EDIT, SETTINGS_EDIT, ZONE_READ


@dataclass(frozen=True, slots=True)
class Permission:
    """One row of the form as the dashboard writes it, `why` we need it ("to …"), the `key` that fills it in.

    If the key is not `documented`, the form may come without the row: it ignores keys that it does not know.
    """

    row: str
    why: str
    key: str
    documented: bool = True


NEEDED = (
    Permission(ZONE_READ, "to find your domain", "zone"),
    Permission(DNS_EDIT, "to set MX and SPF records", "dns"),
    Permission(SETTINGS_EDIT, "to switch Email Routing on and off", "zone_settings"),
    Permission(RULES_EDIT, "to hand what arrives to the Worker", "email_routing_rule", documented=False),
    Permission(ADDRESSES_EDIT, "to add your fallback inbox", "email_routing_address", documented=False),
    Permission(SCRIPTS_EDIT, "to upload the Worker", "workers_scripts"),
)
"""All that `init` needs, in the order of the form."""


def template_url(name: str = "mail-failover") -> str:
    """Return the address of the form for a user's token of this name, with the rows filled in.

    Source: https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/
    Its table has four of the keys; the two of Email Routing are what others use (LeoColomb/dispoflare's
    README). In April 2026 the dashboard filled in only the name (cloudflare-docs, issue 29791), so tell every
    row to whoever is sent there.
    """
    keys = [{"key": each.key, "type": each.row.rpartition(" > ")[2].lower()} for each in NEEDED]
    rows = json.dumps(keys, separators=(",", ":"))
    query = {"permissionGroupKeys": rows, "accountId": "*", "zoneId": "all", "name": name}
    return f"{TOKENS_PAGE}?{urlencode(query, quote_via=quote)}"


def missing(api: Cloudflare, zone: Json | None, account_id: str = "") -> list[Permission]:
    """Return which of NEEDED the token lacks, in that order; the zone is as `api.zones()` gave it.

    Each is tried with a change of what is not there, under a random name of 128 bits, so nothing changes
    whatever the answer is. That Cloudflare refuses before it looks for the thing is our reading: whatever is
    no refusal counts as permission, and a later step names one that is missing all the same.
    Without a `zone` the token sees none: that row is missing, and the zone's others can't be tried.

    Raises:
        AccountToken: the token belongs to an account.
        TokenRejected: it can't be used.
        ApiError: Cloudflare could not be asked.

    """
    account = str(((zone or {}).get("account") or {}).get("id") or account_id)
    lacking = {call.permission for call, body in _tries(zone, account) if _is_refused(api, call, body)}
    if zone is None:
        lacking.add(ZONE_READ)
    elif RULES_EDIT in lacking and _hides_rules(api, zone):
        lacking.discard(RULES_EDIT)
    return [each for each in NEEDED if each.row in lacking]


def _tries(zone: Json | None, account: str) -> Iterator[tuple[Call, Json | None]]:
    """Yield a harmless call for each row, those first that say so if the token is an account's."""
    nobody = secrets.token_hex(16)

    def attempt(method: str, path: str, row: str) -> Call:
        return Call(method, path, f"try the permission {row}", row)

    if zone is not None:
        path = f"/zones/{zone['id']}"
        yield attempt("DELETE", f"{path}/email/routing/rules/{nobody}", RULES_EDIT), None
        yield attempt("DELETE", f"{path}/dns_records/{nobody}", DNS_EDIT), None
        # A zone's settings take the same permission as switching Email Routing on and off.
        yield attempt("PATCH", f"{path}/settings/{nobody}", SETTINGS_EDIT), {"value": "off"}
    if account:
        path = f"/accounts/{account}"
        yield attempt("DELETE", f"{path}/email/routing/addresses/{nobody}", ADDRESSES_EDIT), None
        yield attempt("DELETE", f"{path}/workers/scripts/{nobody}/secrets/{nobody}", SCRIPTS_EDIT), None


def _is_refused(api: Cloudflare, call: Call, body: Json | None) -> bool:
    try:
        api.done(call, body)
    except PermissionMissing:
        return True
    except ServerFailure:
        # It let us in, and failed at a name that nobody has.
        return False
    except (TokenRejected, Unreachable, Uncertain):
        raise
    except ApiError:
        pass
    return False


def _hides_rules(api: Cloudflare, zone: Json) -> bool:
    """Tell whether rules are refused to everybody: while there are two SPF records."""
    try:
        found = api.dns_records(str(zone["id"]))
    except PermissionMissing:
        return False
    return len(records.spf(found, zones.ascii_name(zone))) > 1
