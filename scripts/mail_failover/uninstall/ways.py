"""The ways in which mail still comes to a Worker: the routing rules of any zone of the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import (
    ApiError,
    NotFound,
    NotUnderstood,
    TokenRejected,
    Uncertain,
    Unreachable,
    ZonePending,
)
from mail_failover.cloudflare.rules import Rule, addresses_of, is_catch_all, worker_of
from mail_failover.cloudflare.zones import ascii_name, has_rule, unfit
from mail_failover.mail.resolver import ascii_host


@dataclass(frozen=True, slots=True)
class Way:
    """A rule that hands mail of a zone to the Worker; not `open`: it is off, or the zone's routing is."""

    zone: str
    rule: str
    open: bool = True

    def __str__(self) -> str:
        """Name it."""
        return f"{self.zone}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Ways:
    """Those that were found; if `unknown` says why, there may be others."""

    found: tuple[Way, ...] = ()
    unknown: str = ""


def look(api: Cloudflare, account: str, worker: str, domains: Sequence[str]) -> Ways:
    """Ask who hands mail to the Worker.

    The zones of our domains are asked themselves. One list has the rules of all zones; that the catch-alls
    are in it is not documented, so one has to be. Else every zone that the token sees is asked, and what it
    does not see is not known.

    Raises:
        ApiError: Cloudflare could not be asked; what it refuses is `unknown`.

    """
    zones = [zone for zone in api.zones() if _may_route(zone, account)]
    asked = [zone for zone in zones if ascii_name(zone) in domains]
    ways, unknown = list[Way](), ""
    for zone in asked:
        unknown = _of_zone(api, zone, worker, ways) or unknown
    try:
        rules = api.account_rules(account)
        hidden = "" if any(map(is_catch_all, rules)) else "Cloudflare's list of all rules has no catch-all"
    except ApiError as error:
        rules, hidden = [], _refused(error)
    if hidden:
        rest = [zone for zone in zones if zone not in asked]
        for zone in rest:
            unknown = _of_zone(api, zone, worker, ways) or unknown
        asked += rest
    for rule in rules:
        if worker_of(rule) == worker and not any(has_rule(zone, rule) for zone in asked):
            its = next((zone for zone in zones if has_rule(zone, rule)), None)
            name = str(rule["zone"].get("name") or rule["zone"]["tag"])
            ways.append(Way(name, _line(rule), _is_open(api, its, rule)))
    return Ways(tuple(ways), unknown or hidden)


def _of_zone(api: Cloudflare, zone: Json, worker: str, ways: list[Way]) -> str:
    """Add those of a zone that is asked itself; return why not all are known."""
    try:
        rules = [rule for rule in _rules(api, str(zone["id"])) if worker_of(rule) == worker]
        ways += [Way(str(zone["name"]), _line(rule), _is_open(api, zone, rule)) for rule in rules]
    except ApiError as error:
        return f"{zone['name']}: {_refused(error)}"
    return ""


def _rules(api: Cloudflare, zone_id: str) -> list[Json]:
    """Return a zone's rules, the catch-all last."""
    found = _or_none(api.rules, zone_id)
    rest = _or_none(lambda each: [api.catch_all(each)], zone_id)
    return [*(rule for rule in found if not is_catch_all(rule)), *rest]


def _or_none(ask: Callable[[str], list[Json]], zone_id: str) -> list[Json]:
    """Take none of a zone that knows nothing of Email Routing."""
    try:
        return ask(zone_id)
    except (NotFound, ZonePending):
        return []


def _is_open(api: Cloudflare, zone: Json | None, rule: Rule) -> bool:
    """Tell whether mail comes by a rule; of a zone that the token does not see, it may.

    So it may to a subdomain: whether that is switched on, the zone's settings need not show.
    """
    if not rule.get("enabled"):
        return False
    at = {ascii_host(address.rpartition("@")[2]) for address in addresses_of(rule)}
    if zone is None or at - {ascii_name(zone)}:
        return True
    try:
        return bool(api.routing(str(zone["id"]))["enabled"])
    except NotFound:
        return False


def _refused(error: ApiError) -> str:
    """Return what Cloudflare refuses to tell; what may pass by itself is no refusal.

    Raises:
        ApiError: it is none.

    """
    passing = isinstance(error, Uncertain | Unreachable) and not isinstance(error, NotUnderstood)
    if passing or isinstance(error, TokenRejected):
        raise error
    return error.what.rstrip(".")


def _may_route(zone: Json, account: str) -> bool:
    holder = (zone.get("account") or {}).get("id")
    return holder in {account, None} and unfit(zone) is None and zone.get("status") in {"active", None}


def _line(rule: Rule) -> str:
    return f"the rule for {' and '.join(addresses_of(rule))}" if not is_catch_all(rule) else "the catch-all"
