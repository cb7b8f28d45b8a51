"""Cloudflare's API as typed calls: what mail-failover reads and changes of a zone and its account.

Answers are Cloudflare's own JSON, whole: a snapshot keeps fields that we do not know.
Workers are in workers.py. Source: https://developers.cloudflare.com/api/ (Zones, DNS records, Email Routing).
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence

import httpx

from . import answers, zones
from .answers import Json
from .api import BASE_URL
from .errors import Call, WorkerNotFound
from .rows import (
    ADDRESSES_EDIT,
    ADDRESSES_READ,
    DNS_EDIT,
    DNS_READ,
    RULES_EDIT,
    RULES_READ,
    SETTINGS_EDIT,
    SETTINGS_READ,
    ZONE_READ,
)
from .workers import Workers

_UPLOAD_WAITS = (2.0, 4.0, 8.0, 16.0)


class Cloudflare(Workers):
    """The calls. Every one raises ApiError by meaning; those that change nothing say "Return"."""

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] = os.environ,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[str, float], None] = lambda _reason, _seconds: None,
    ) -> "Cloudflare":
        """Take the token and the API's address from variables named as wrangler names them.

        Raises:
            NoToken, TokenRejected: CLOUDFLARE_API_TOKEN is missing, or can't be a token.

        """
        base_url = env.get("CLOUDFLARE_API_BASE_URL", "").strip() or BASE_URL
        token = env.get("CLOUDFLARE_API_TOKEN", "").strip()
        return cls(token, base_url, transport=transport, sleep=sleep, waiting=waiting)

    # --- zones ---

    def zones(self, name: str = "") -> list[Json]:
        """Return the zones that the token sees, or those of exactly this name."""
        call = Call("GET", "/zones", "list the zones", ZONE_READ)
        return self.pages(call, 50, answers.zone, {"name": name} if name else None)

    def zone_by_name(self, domain: str, account_id: str = "") -> Json:
        """Return the zone that holds the domain: its own, or that of the nearest parent.

        The domain may be written in Unicode or as in DNS; the zone is as Cloudflare gives it.
        Of several of that name the account's, if it is given, then the active one.

        Raises:
            ZoneNotFound: with the zones that the token does see; or it can't be said which is meant.

        """
        for name in zones.parents(domain):
            if found := self.zones(name):
                return zones.the_one(found, account_id)
        seen = self.zones()
        # Cloudflare may write a name in Unicode in another way than we do.
        if found := zones.holding(domain, seen):
            return zones.the_one(found, account_id)
        raise zones.not_among(domain, seen, ZONE_READ)

    # --- DNS records ---

    def dns_records(self, zone_id: str) -> list[Json]:
        """Return the zone's DNS records."""
        call = Call("GET", f"/zones/{zone_id}/dns_records", "read the DNS records", DNS_READ)
        return self.pages(call, 1000, answers.record)

    def change_records(
        self,
        zone_id: str,
        *,
        deletes: Sequence[str] = (),
        patches: Sequence[Json] = (),
        posts: Sequence[Json] = (),
    ) -> Json:
        """Change records in one transaction: all of it happens, or none. Patches carry an `id`.

        Return the records after it, by what was done to them: `deletes`, `patches`, `posts`.
        """
        call = Call("POST", f"/zones/{zone_id}/dns_records/batch", "change DNS records", DNS_EDIT)
        body: Json = {"deletes": [{"id": each} for each in deletes]}
        body |= {"patches": list(patches), "posts": list(posts)}
        return self.object(call, answers.batch, {name: value for name, value in body.items() if value})

    # --- Email Routing of a zone ---

    def routing(self, zone_id: str) -> Json:
        """Return Email Routing's settings: `enabled`, `status`, and more."""
        path = f"/zones/{zone_id}/email/routing"
        call = Call("GET", path, "read Email Routing's settings", SETTINGS_READ)
        return self.object(call, answers.settings)

    def routing_dns(self, zone_id: str) -> list[Json]:
        """Return the records that Email Routing wants for the zone: `type`, `name`, `content`, `priority`."""
        path = f"/zones/{zone_id}/email/routing/dns"
        call = Call("GET", path, "read the records that Email Routing wants", SETTINGS_READ)
        found = self.result(call)
        if isinstance(found, dict):
            found = found.get("records", found.get("record"))
        wanted: list[Json] = answers.checked(call, found, answers.many(answers.wanted))
        return wanted

    def enable_routing(self, zone_id: str) -> None:
        """Switch Email Routing on for the whole zone; it adds and locks records, and may change others."""
        self._routing_dns(zone_id, "POST", "switch Email Routing on")

    def unlock_routing(self, zone_id: str) -> None:
        """Let the MX records of Email Routing be edited."""
        self._routing_dns(zone_id, "PATCH", "unlock the records of Email Routing")

    def disable_routing(self, zone_id: str) -> None:
        """Switch Email Routing off; every record that belongs to it goes, edited or not."""
        self._routing_dns(zone_id, "DELETE", "switch Email Routing off")

    def rules(self, zone_id: str) -> list[Json]:
        """Return the routing rules; the catch-all may be among them."""
        path = f"/zones/{zone_id}/email/routing/rules"
        return self.pages(Call("GET", path, "read the routing rules", RULES_READ), 50, answers.rule)

    def catch_all(self, zone_id: str) -> Json:
        """Return the catch-all rule; asking may create a disabled one that drops."""
        call = self._catch_all(zone_id, "GET", "read the catch-all rule", RULES_READ)
        return self.object(call, answers.rule)

    def set_catch_all(self, zone_id: str, rule: Json, *, uploaded: bool = False) -> Json:
        """Replace the catch-all rule: `matchers`, `actions`, `enabled`, `name`.

        The rules may not know a Worker yet that was `uploaded` a moment ago: that is tried for half a minute.
        """
        call = self._catch_all(zone_id, "PUT", "set the catch-all rule", RULES_EDIT)
        for seconds in _UPLOAD_WAITS if uploaded else ():
            try:
                return self.object(call, answers.rule, rule)
            except WorkerNotFound as error:
                if error.status != 404:
                    raise
                self._wait("Email Routing does not know the Worker yet", seconds)
        return self.object(call, answers.rule, rule)

    # --- the account ---

    def account_rules(self, account_id: str) -> list[Json]:
        """Return the routing rules of all zones; each names its `zone` (zones.has_rule).

        Nobody has shown that the zones' catch-alls are among them: look for one that is known to be there.
        """
        path = f"/accounts/{account_id}/email/routing/rules"
        call = Call("GET", path, "read the routing rules of all zones", RULES_READ)
        return self.pages(call, 50, answers.account_rule)

    def addresses(self, account_id: str) -> list[Json]:
        """Return the destination addresses: `email`, `verified` (a time or null)."""
        path = f"/accounts/{account_id}/email/routing/addresses"
        call = Call("GET", path, "read the destination addresses", ADDRESSES_READ)
        return self.pages(call, 50, answers.address)

    def add_address(self, account_id: str, email: str) -> Json:
        """Create a destination address; Cloudflare sends a verification mail to it."""
        path = f"/accounts/{account_id}/email/routing/addresses"
        call = Call("POST", path, f"add the destination address {email}", ADDRESSES_EDIT)
        return self.object(call, answers.address, {"email": email})

    def delete_address(self, account_id: str, address_id: str) -> None:
        """Remove a destination address; rules that use it stop working."""
        path = f"/accounts/{account_id}/email/routing/addresses/{address_id}"
        self.done(Call("DELETE", path, "remove the destination address", ADDRESSES_EDIT))

    def _routing_dns(self, zone_id: str, method: str, does: str) -> None:
        call = Call(method, f"/zones/{zone_id}/email/routing/dns", does, SETTINGS_EDIT)
        self.done(call, None if method == "DELETE" else {})

    def _catch_all(self, zone_id: str, method: str, does: str, permission: str) -> Call:
        return Call(method, f"/zones/{zone_id}/email/routing/rules/catch_all", does, permission)
