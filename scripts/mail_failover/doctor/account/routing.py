"""Email Routing of a zone: its status, its records, the catch-all and the rules that go past it."""

from collections.abc import Mapping, Sequence
from typing import Any

from mail_failover.cloudflare.rules import addresses_of
from mail_failover.console.next_step import Again
from mail_failover.doctor.report import Check, Topic, listed
from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.mail.resolver import ascii_host

Json = Mapping[str, Any]

STATUS = Topic("account.routing", "Email Routing")
RECORDS = Topic("account.records", "Its records")
CATCH_ALL = Topic("account.catch-all", "Catch-all")
BYPASS = Topic("account.bypass", "Rules past the Worker")
SUBDOMAINS = Topic("account.subdomain", "Subdomains at the edge")
# Under it Cloudflare's Email Sending, another product, has bounces sent to hosts of the same names.
_SENDING = "cf-bounce."
_ISSUES = {
    "mx.missing": "an MX record of the edge is missing",
    "mx.foreign": "other MX hosts stand beside the edge",
    "spf.missing": "the SPF record is missing",
    "spf.foreign": "the SPF record does not include the edge",
    "spf.multiple": "there are several SPF records",
}


def check_status(settings: Json, codes: Sequence[str], again: Again) -> Check:
    """Check that Email Routing is on and finds nothing wrong but the primary's MX records."""
    status = settings.get("status") or "unknown"
    issues = listed(f"{_ISSUES.get(code, 'an issue')} ({code})" for code in codes)
    set_up, ask_edge = _set_up(again), f"find out whether the edge takes mail: `{again.doctor('--live')}`"
    if not settings.get("enabled"):
        return STATUS.failed(f"off (status {status})", set_up)
    if status in {"ready", "unlocked"} and not set(codes) - {"mx.foreign"}:
        return STATUS.passed(f"on, status {status}")
    if not codes:
        return STATUS.warned(
            f"on, but Cloudflare calls it {status} and gives no reason: your own MX hosts, or SPF",
            f"Mend what the DNS checks show; then {ask_edge}",
        )
    if set(codes) == {"mx.foreign"}:
        return STATUS.warned(
            f"on, but Cloudflare calls it {status}: {issues}. They are yours, and on paper not supported",
            f"All the same, {ask_edge}",
        )
    return STATUS.failed(f"on, but {status}: {issues}", set_up)


def check_records(wanted: Sequence[Json], records: Sequence[Json], domain: str, again: Again) -> Check:
    """Check that the zone holds the MX and DKIM records that Email Routing names; SPF is judged elsewhere."""
    needed = [_record(r) for r in wanted if r.get("type") == "MX" or "_domainkey" in str(r.get("name", ""))]
    ours = [record for record in needed if record[1] == domain or record[1].endswith(f"._domainkey.{domain}")]
    if not ours:
        return RECORDS.skipped(f"Email Routing names no records for {domain}")
    present = {_record(record) for record in records}
    missing = [f"{kind} {name}" + (f" {content}" * (kind == "MX")) for kind, name, content in ours]
    missing = [text for text, record in zip(missing, ours, strict=True) if record not in present]
    if missing:
        return RECORDS.failed(f"missing or changed: {listed(missing)}", _set_up(again))
    return RECORDS.passed(f"all {len(ours)} are there")


def selectors(wanted: Sequence[Json], domain: str) -> tuple[str, ...]:
    """Return the selectors of the DKIM keys that Email Routing names for the domain."""
    names = [str(r.get("name", "")).lower().rstrip(".") for r in wanted if r.get("type") in {"TXT", "CNAME"}]
    end = f"._domainkey.{domain}"
    return tuple(dict.fromkeys(name.removesuffix(end) for name in names if name.endswith(end)))


def check_catch_all(rule: Json, scripts: Sequence[Json], worker: str, again: Again) -> Check:
    """Check that the catch-all is on and sends to the Worker that wrangler.toml names."""
    kind, value = _action(rule)
    set_up = _set_up(again)
    if not rule.get("enabled"):
        return CATCH_ALL.failed("off: mail for addresses without a rule is refused", set_up)
    if kind == "forward":
        return CATCH_ALL.failed(f"forwards to {value} past the Worker: nobody is told", set_up)
    if kind != "worker":
        return CATCH_ALL.failed(f"does not send to a Worker, its action is: {kind or 'none'}", set_up)
    if value not in {script.get("id") for script in scripts}:
        return CATCH_ALL.failed(
            f"sends to the Worker {value}, which the account does not have",
            f"Deploy it: `{again.deploy()}`. {set_up}" if value == worker else set_up,
        )
    if worker and value != worker:
        return CATCH_ALL.failed(
            f"sends to the Worker {value}, but wrangler.toml names {worker}: was it renamed?",
            f"{set_up}; or put the old name back.",
        )
    return CATCH_ALL.passed(f"on, to the Worker {value}")


def check_subdomains(records: Sequence[Json], rules: Sequence[Json], apex: str) -> Check:
    """Check that where MX records of subdomains lead to the edge, it takes mail: the catch-all is the apex's.

    Source: https://developers.cloudflare.com/email-routing/setup/subdomains/
    """
    names = {_record(each)[1] for each in records if _record(each)[0] == "MX" and _is_edge(each)} - {apex}
    routed = sorted(name for name in names if not name.startswith(_SENDING))
    ruled = {
        ascii_host(address.rpartition("@")[2])
        for rule in rules
        if rule.get("enabled")
        for address in addresses_of(rule)
    }
    if refused := [name for name in routed if name not in ruled]:
        return SUBDOMAINS.failed(
            f"{listed(refused)}: MX records lead to the edge, which has no rule there and refuses all mail;"
            f" the catch-all is for {apex} alone",
            "Give the edge a rule for each address there, or remove these MX records.",
        )
    if routed:
        return SUBDOMAINS.passed(f"{listed(routed)}: with rules, for the addresses that these name alone")
    return SUBDOMAINS.passed("none")


def check_bypass(rules: Sequence[Json], worker: str) -> Check:
    """Point out rules that take mail of single addresses past the Worker."""
    past = []
    for rule in rules:
        literal = addresses_of(rule)
        kind, value = _action(rule)
        if rule.get("enabled") and literal and (kind != "worker" or (worker and value != worker)):
            past.append(f"{literal[0]}: {kind} {value}".strip())
    if past:
        return BYPASS.warned(
            f"{listed(past)}: you are not told of such mail",
            "Remove these rules, or send them to the Worker, unless you want it so.",
        )
    return BYPASS.passed("none")


def _set_up(again: Again) -> str:
    return f"Run `{again.setup('plan')}`"


def _action(rule: Json) -> tuple[str, str]:
    """Return the first action's type and target; empty where there is none."""
    action: Json = next(iter(rule.get("actions") or []), {})
    value = action.get("value") or ""
    return str(action.get("type", "")), str(value[0] if isinstance(value, list) else value)


def _is_edge(record: Json) -> bool:
    return _record(record)[2].endswith(EDGE_SUFFIX)


def _record(record: Json) -> tuple[str, str, str]:
    """Reduce a record to what makes two the same: type, name, content without quotes and dots at the end."""
    kind, name = str(record.get("type", "")), ascii_host(str(record.get("name", "")))
    content = str(record.get("content", ""))
    if kind == "TXT":
        return kind, name, "".join(content.replace('" "', "").replace('"', "").split())
    return kind, name, content.lower().rstrip(".")
