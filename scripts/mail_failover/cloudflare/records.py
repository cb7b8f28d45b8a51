"""DNS records as Cloudflare gives them, compared by what they say rather than how it is written."""

from collections.abc import Iterable, Mapping
from typing import Any

from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.mail.spf.record import is_spf, quote, unquote

EDGE_HOSTS = ("route1.mx.cloudflare.net", "route2.mx.cloudflare.net", "route3.mx.cloudflare.net")
"""The edge's hosts of old, for a zone for which Email Routing names none."""

COMMENT = "mail-failover"
"""The comment on records that we create."""

Record = Mapping[str, Any]
State = tuple[tuple[tuple[str, Any], ...], ...]
"""What a group of records says: for each its fields, in an order that does not depend on theirs."""

_RESTORED = ("type", "name", "content", "priority", "ttl", "comment", "tags")


def host(name: str) -> str:
    """Return a host name as it is compared: lower case, without the last dot."""
    return name.strip().lower().rstrip(".")


def text(record: Record) -> str:
    """Return what a TXT record says."""
    return unquote(str(record.get("content", "")))


def priority(record: Record) -> int:
    """Return the preference of an MX record; the lowest wins.

    The number moves from the record itself into its `data`, so either may be all that there is.
    Source: https://developers.cloudflare.com/api/resources/dns/subresources/records/
    """
    value = record.get("priority")
    if value is None:
        value = (record.get("data") or {}).get("priority", 0)
    return int(value)


def numbered(number: int) -> dict[str, Any]:
    """Return what has to be sent so that an MX record has this preference, today and when it has moved."""
    return {"priority": number, "data": {"priority": number}}


def mx(records: Iterable[Record], domain: str) -> list[Record]:
    """Return the domain's MX records, the best first."""
    found = [r for r in records if r.get("type") == "MX" and host(r["name"]) == domain]
    return sorted(found, key=lambda record: (priority(record), host(record["content"])))


def is_edge(record: Record) -> bool:
    """Tell whether an MX record leads to Email Routing."""
    return record.get("type") == "MX" and host(record["content"]).endswith(EDGE_SUFFIX)


def own_mx(records: Iterable[Record], domain: str) -> list[Record]:
    """Return the MX records of the primary, the best first; a null MX is among them."""
    return [record for record in mx(records, domain) if not is_edge(record)]


def edge_mx(records: Iterable[Record], domain: str) -> list[Record]:
    """Return the MX records of the edge, the best first."""
    return [record for record in mx(records, domain) if is_edge(record)]


def spf(records: Iterable[Record], domain: str) -> list[Record]:
    """Return the domain's SPF records; exactly one is right."""
    return [r for r in records if r.get("type") == "TXT" and host(r["name"]) == domain and is_spf(text(r))]


def read_only(record: Record) -> bool:
    """Tell whether a service owns the record, so that nobody else may change it now."""
    return bool((record.get("meta") or {}).get("read_only"))


def fields(record: Record) -> dict[str, Any]:
    """Return what makes two records equal, whoever wrote them and when; ids and times are left out."""
    found: dict[str, Any] = {
        "type": record["type"],
        "name": host(record["name"]),
        "ttl": record.get("ttl", 1),
    }
    found["content"] = (
        text(record) if record["type"] == "TXT" else host(str(record["content"])) or record["content"]
    )
    if record["type"] == "MX":
        found["priority"] = priority(record)
    found["proxied"] = bool(record.get("proxied"))
    found["comment"] = record.get("comment") or ""
    found["tags"] = tuple(record.get("tags") or ())
    return found


def state(records: Iterable[Record]) -> State:
    """Return what a group of records says."""
    return tuple(sorted(tuple(sorted(fields(record).items())) for record in records))


def body(record: Record) -> dict[str, Any]:
    """Return what has to be sent so that the record is as it was."""
    kept = {name: record[name] for name in _RESTORED if record.get(name) not in (None, [])}
    if record.get("proxiable") or record.get("proxied"):
        kept["proxied"] = bool(record.get("proxied"))
    if record["type"] == "TXT":
        kept["content"] = quote(text(record))
    if record["type"] == "MX":
        kept |= numbered(priority(record))
    return kept


def line(record: Record) -> str:
    """Show a record as a zone file would."""
    ttl = record.get("ttl", 1)
    words = [host(record["name"]), "auto" if ttl == 1 else str(ttl), record["type"]]
    if record["type"] == "MX":
        words += [str(priority(record)), host(str(record["content"])) or "."]
    else:
        words.append(quote(text(record)) if record["type"] == "TXT" else str(record["content"]))
    return " ".join(words)
