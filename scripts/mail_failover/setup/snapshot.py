"""A snapshot of everything that setup reads or changes of a domain, raw, and the reading of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import NotFound, PermissionMissing, ZonePending
from mail_failover.cloudflare.records import EDGE_HOSTS, Record, edge_mx, host, is_edge, own_mx, read_only
from mail_failover.cloudflare.records import spf as spf_records
from mail_failover.cloudflare.rules import is_catch_all
from mail_failover.cloudflare.zones import unfit

T = TypeVar("T")

CATCH_ALL = "catch-all"
"""The key of the catch-all among things; records have their id."""

Things = dict[str, Json]

_UNSET: Json = {"matchers": [{"type": "all"}], "actions": [{"type": "drop"}], "enabled": False, "name": ""}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The domain at one moment. `rules` and `catch_all` are None where Cloudflare would not show them.

    `domain` and the records' names are in Punycode. `records` are the zone's MX and TXT records, and whatever
    stands where Email Routing wants a record; `wanted` is what it wants.
    """

    domain: str
    zone: Json
    records: list[Json] = field(default_factory=list)
    routing: Json = field(default_factory=dict)
    wanted: list[Json] = field(default_factory=list)
    rules: list[Json] | None = None
    catch_all: Json | None = None
    addresses: list[Json] = field(default_factory=list)
    scripts: list[Json] = field(default_factory=list)

    @property
    def zone_id(self) -> str:
        """The zone's id."""
        return str(self.zone["id"])

    @property
    def names(self) -> tuple[str, str]:
        """The domain in Punycode, and as Cloudflare names its zone, which is in Unicode."""
        return self.domain, host(str(self.zone["name"]))

    @property
    def account_id(self) -> str:
        """The id of the zone's account."""
        return str(self.zone["account"]["id"])

    @property
    def enabled(self) -> bool:
        """Whether Email Routing is on."""
        return bool(self.routing.get("enabled"))

    @property
    def status(self) -> str:
        """Email Routing's own word: ready, unconfigured, misconfigured, misconfigured/locked, unlocked."""
        return str(self.routing.get("status", ""))

    @property
    def own(self) -> list[Record]:
        """The primary's MX records, the best first."""
        return own_mx(self.records, self.domain)

    @property
    def edge(self) -> list[Record]:
        """The edge's MX records, the best first."""
        return edge_mx(self.records, self.domain)

    @property
    def spf(self) -> list[Record]:
        """The SPF records, in an order that no listing changes."""
        return sorted(spf_records(self.records, self.domain), key=lambda record: str(record["id"]))

    @property
    def locked(self) -> bool:
        """Whether Email Routing says that it guards the MX records; it may say so for SPF's sake alone."""
        shown = self.status in {"ready", "misconfigured/locked"} or any(map(read_only, self.edge))
        return self.enabled and self.status != "unlocked" and shown

    @property
    def edge_hosts(self) -> list[str]:
        """The edge's hosts, as Email Routing names them for this zone."""
        named = [host(r["content"]) for r in self.wanted if is_edge(r)]
        return list(dict.fromkeys(named)) or list(EDGE_HOSTS)

    @property
    def dkim(self) -> list[Json]:
        """The DKIM records that Email Routing wants."""
        return [r for r in self.wanted if "._domainkey" in host(r["name"]) and r["type"] in {"TXT", "CNAME"}]

    @property
    def footprint(self) -> Things:
        """The records that setup, or Email Routing in its name, may change, by id.

        MX and SPF at the apex, and what has a name that Email Routing lists for this zone; nothing else.
        """
        listed = {host(record["name"]) for record in self.wanted} - {self.domain}
        mine = [*self.own, *self.edge, *self.spf, *(r for r in self.records if host(r["name"]) in listed)]
        return {str(record["id"]): dict(record) for record in mine}

    @property
    def things(self) -> Things:
        """The footprint, and the catch-all if Cloudflare shows it."""
        return self.footprint | ({CATCH_ALL: self.catch_all} if self.catch_all is not None else {})

    def at(self, name: str) -> list[Json]:
        """Return the records of this name."""
        return [record for record in self.records if host(record["name"]) == host(name)]

    def address(self, email: str) -> Json | None:
        """Return the destination address, however its letters are cased."""
        return next((a for a in self.addresses if a["email"].lower() == email.lower()), None)

    def script(self, name: str) -> Json | None:
        """Return the Worker of this name."""
        return next((script for script in self.scripts if script.get("id") == name), None)


def read(api: Cloudflare, domain: str, zone: Json) -> Snapshot:
    """Read the domain as it is now.

    Raises:
        ApiError: by meaning; ZoneUnfit and ZonePending before anything else is tried.

    """
    if wrong := unfit(zone):
        raise wrong
    if zone.get("status") not in {"active", None}:
        raise ZonePending(
            f"The zone {zone.get('name')} is {zone.get('status')}, not active.",
            "Set the name servers that Cloudflare gave you at your registrar, and wait until it is active.",
        )
    now = reread(api, Snapshot(domain, zone))
    return replace(now, scripts=api.scripts(now.account_id))


def reread(
    api: Cloudflare, before: Snapshot, *, rules: bool = True, inboxes: bool = True, wanted: bool = True
) -> Snapshot:
    """Read again what a step may have changed: never the zone itself and the Workers; the rest as asked."""
    zone_id = before.zone_id
    routing = _or_else(dict[str, Any](), api.routing, zone_id)
    asked = _or_else(list[Json](), api.routing_dns, zone_id) if wanted else before.wanted
    places = {f"_mta-sts.{before.domain}", *(host(record["name"]) for record in asked)} - {before.domain}
    kept = [r for r in api.dns_records(zone_id) if r["type"] in {"MX", "TXT"} or host(r["name"]) in places]
    now = replace(before, records=kept, routing=routing, wanted=asked)
    if inboxes:
        now = replace(now, addresses=api.addresses(now.account_id))
    try:
        now = replace(now, catch_all=_or_else(_UNSET, api.catch_all, zone_id))
        if rules or before.rules is None:
            found = _or_else(list[Json](), api.rules, zone_id)
            now = replace(now, rules=[rule for rule in found if not is_catch_all(rule)])
    except PermissionMissing:
        # With two SPF records Cloudflare answers as if the token were wrong.
        if len(now.spf) < 2:
            raise
        now = replace(now, rules=None, catch_all=None)
    return now


def _or_else(default: T, call: Callable[[str], T], zone_id: str) -> T:
    """Take what a zone that knows nothing of Email Routing has not."""
    try:
        return call(zone_id)
    except NotFound:
        return default
