"""A snapshot of everything that setup reads or changes of a domain, raw, and the reading of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import NotFound, PermissionMissing, ZonePending
from mail_failover.cloudflare.records import EDGE_HOSTS, Record, edge_mx, host, is_edge, own_mx, read_only
from mail_failover.cloudflare.records import spf as spf_records
from mail_failover.cloudflare.rules import is_catch_all

T = TypeVar("T")

NO_CATCH_ALL: Json = {
    "matchers": [{"type": "all"}],
    "actions": [{"type": "drop"}],
    "enabled": False,
    "name": "",
}
"""What a zone has before anybody sets a catch-all."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The domain at one moment. `rules` and `catch_all` are None where Cloudflare would not show them.

    `records` are the zone's MX and TXT records, and whatever stands where Email Routing wants a record.
    """

    domain: str
    zone: Json
    records: list[Json]
    routing: Json
    wanted: list[Json]
    rules: list[Json] | None
    catch_all: Json | None
    addresses: list[Json]
    scripts: list[Json] = field(default_factory=list)

    @property
    def zone_id(self) -> str:
        """The zone's id."""
        return str(self.zone["id"])

    @property
    def enabled(self) -> bool:
        """Whether Email Routing is on."""
        return bool(self.routing.get("enabled"))

    @property
    def status(self) -> str:
        """Email Routing's own word: ready, unconfigured, misconfigured, misconfigured/locked, unlocked."""
        return str(self.routing.get("status", ""))

    @property
    def locked(self) -> bool:
        """Whether Email Routing guards the MX records now."""
        guarded = any(map(read_only, self.edge)) and self.status != "unlocked"
        return self.enabled and (guarded or self.status in {"ready", "misconfigured/locked"})

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
        """The SPF records."""
        return spf_records(self.records, self.domain)

    @property
    def edge_hosts(self) -> list[str]:
        """The edge's hosts, as Email Routing names them for this zone."""
        named = [host(r["content"]) for r in self.wanted if is_edge(r)]
        return list(dict.fromkeys(named)) or list(EDGE_HOSTS)

    @property
    def dkim(self) -> list[Json]:
        """The DKIM records that Email Routing wants."""
        return [r for r in self.wanted if "._domainkey" in host(r["name"]) and r["type"] in {"TXT", "CNAME"}]

    def at(self, name: str) -> list[Json]:
        """Return the records of this name."""
        return [record for record in self.records if host(record["name"]) == host(name)]

    def address(self, email: str) -> Json | None:
        """Return the destination address, however its letters are cased."""
        return next((a for a in self.addresses if a["email"].lower() == email.lower()), None)

    def script(self, name: str) -> Json | None:
        """Return the Worker of this name."""
        return next((script for script in self.scripts if script.get("id") == name), None)

    def to_json(self) -> Json:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Snapshot":
        """Read what `to_json` made."""
        return cls(**values)


def read(api: Cloudflare, domain: str, zone: Json, account_id: str) -> Snapshot:
    """Read the domain as it is now.

    Raises:
        ApiError: by meaning; ZonePending before anything else is tried.

    """
    if zone.get("status") not in {"active", None}:
        raise ZonePending(
            f"The zone {zone.get('name')} is {zone.get('status')}, not active.",
            "Set the name servers that Cloudflare gave you at your registrar, and wait until it is active.",
        )
    empty = Snapshot(domain, zone, [], {}, [], None, None, [])
    return replace(reread(api, empty, account_id), scripts=api.scripts(account_id))


def reread(
    api: Cloudflare, before: Snapshot, account_id: str, *, inboxes: bool = True, wanted: bool = True
) -> Snapshot:
    """Read again what a step may have changed: never the zone itself and the Workers; the rest as asked."""
    zone_id = before.zone_id
    routing = _or_else(dict[str, Any](), api.routing, zone_id)
    asked = _or_else(list[Json](), api.routing_dns, zone_id) if wanted else before.wanted
    every = api.dns_records(zone_id)
    places = {f"_mta-sts.{before.domain}", *(host(record["name"]) for record in asked)}
    kept = [r for r in every if r.get("type") in {"MX", "TXT"} or host(r["name"]) in places - {before.domain}]
    rules, catch_all = _rules(api, zone_id, two_spf=len(spf_records(kept, before.domain)) > 1)
    return replace(
        before,
        records=kept,
        routing=routing,
        wanted=asked,
        rules=rules,
        catch_all=catch_all,
        addresses=api.addresses(account_id) if inboxes else before.addresses,
    )


def _or_else(default: T, call: Callable[[str], T], zone_id: str) -> T:
    """Take what a zone that knows nothing of Email Routing has not."""
    try:
        return call(zone_id)
    except NotFound:
        return default


def _rules(api: Cloudflare, zone_id: str, *, two_spf: bool) -> tuple[list[Json] | None, Json | None]:
    """Read the rules; with two SPF records Cloudflare answers as if the token were wrong."""
    try:
        catch_all = _or_else(NO_CATCH_ALL, api.catch_all, zone_id)
        rules = _or_else(list[Json](), api.rules, zone_id)
    except PermissionMissing:
        if two_spf:
            return None, None
        raise
    return [rule for rule in rules if not is_catch_all(rule)], catch_all
