"""Zones as Cloudflare gives them: their names, which one is meant, and which can't have Email Routing.

Cloudflare names a zone in Unicode and its records in the form of DNS: bücher.example, xn--bcher-kva.example.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dns.exception
import dns.name

from mail_failover.mail.resolver import ascii_host

from .answers import Json
from .errors import ZoneNotFound, ZoneUnfit

Zone = Mapping[str, Any]

_UNFIT = {
    "partial": (
        "is a partial (CNAME) zone: its DNS is not Cloudflare's, and Email Routing needs a full zone",
        "Make it a full zone in the dashboard, and set Cloudflare's name servers at your registrar",
    ),
    "secondary": (
        "is a secondary zone: its records come from another provider, and Email Routing needs a full zone",
        "Make it a full zone in the dashboard, so that its records are kept at Cloudflare",
    ),
    "internal": (
        "is an internal zone: the Internet does not see its DNS, and Email Routing needs a full zone",
        "Add the domain to Cloudflare as a full zone, and set its name servers at your registrar",
    ),
}


def ascii_name(zone: Zone) -> str:
    """Return the zone's name as its records have it: in the form of DNS, in small letters."""
    return ascii_host(str(zone["name"]))


def unfit(zone: Zone) -> ZoneUnfit | None:
    """Say why the zone can't have Email Routing and what to do, by its `type`; None if it can.

    Source: https://developers.cloudflare.com/dns/zone-setups/ (full, partial, secondary, internal).
    """
    found = _UNFIT.get(str(zone.get("type")))
    return ZoneUnfit(f"{zone['name']} {found[0]}.", f"{found[1]}; then run this again.") if found else None


def has_rule(zone: Zone, rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule from the account's list is the zone's, by the tag or else the name in it."""
    of = rule["zone"]
    return bool(of["tag"] == zone["id"] if of.get("tag") else ascii_host(of["name"]) == ascii_name(zone))


def account_of(zones: Iterable[Zone]) -> str:
    """Return the account of the zones.

    Raises:
        ZoneNotFound: there is no zone, or they belong to several.

    """
    found = {str((zone.get("account") or {}).get("id") or "") for zone in zones} - {""}
    if len(found) != 1:
        raise ZoneNotFound(
            f"The token sees {len(found) or 'no'} accounts, and which one is meant is not known.",
            "Name the domain, as in --domain example.com, or set CLOUDFLARE_ACCOUNT_ID.",
        )
    return found.pop()


def parents(domain: str) -> Iterator[str]:
    """Return the domain and what it lies in, as `GET /zones?name=` knows them; never a lone last label."""
    labels = ascii_host(domain).split(".")
    for start in range(max(len(labels) - 1, 1)):
        yield _unicode(".".join(labels[start:]))


def holding(domain: str, zones: Sequence[Json]) -> list[Json]:
    """Return those zones that hold the domain, the nearest only, however it and they are written."""
    labels = ascii_host(domain).split(".")
    for start in range(max(len(labels) - 1, 1)):
        if found := [zone for zone in zones if ascii_name(zone) == ".".join(labels[start:])]:
            return found
    return []


def the_one(zones: Sequence[Json], account_id: str) -> Json:
    """Return the one that is meant of several of a name: the account's, if it is given, then the active one.

    Raises:
        ZoneNotFound: it can't be said.

    """
    of_account = [zone for zone in zones if (zone.get("account") or {}).get("id") == account_id]
    left = of_account or zones
    active = [zone for zone in left if zone.get("status") == "active"]
    if len(left) > 1 and len(active) != 1:
        raise ZoneNotFound(
            f"The token sees {len(left)} zones {left[0]['name']}, in several accounts.",
            "Set CLOUDFLARE_ACCOUNT_ID to the account of the one that the domain's name servers belong to.",
        )
    return active[0] if active else left[0]


def not_among(domain: str, zones: Sequence[Json], permission: str) -> ZoneNotFound:
    """Say that none of the zones that the token sees holds the domain."""
    if not zones:
        return ZoneNotFound(
            f"The token sees no zone at all, so not {domain} either.",
            f"Give it the permission {permission} for that zone.",
        )
    seen = sorted(str(zone["name"]) for zone in zones)
    shown = ", ".join(seen[:10]) + (f" and {len(seen) - 10} more" if len(seen) > 10 else "")
    return ZoneNotFound(
        f"The token sees no zone {domain}; it sees {shown}.",
        "Check --domain for a typing error, or add the zone to the token's zone resources.",
    )


def _unicode(domain: str) -> str:
    """Return a domain as people write it; as it is if nobody could."""
    if "xn--" not in domain:
        return domain
    try:
        name = dns.name.from_text(domain)
        found = name.to_unicode(omit_final_dot=True, idna_codec=dns.name.IDNA_2008_Practical)
    except (dns.exception.DNSException, UnicodeError):
        return domain
    return domain if "\\" in found else found
