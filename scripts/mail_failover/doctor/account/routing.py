"""Email Routing of a zone: its status, its records, the catch-all and the rules that go past it."""

from collections.abc import Mapping, Sequence
from typing import Any

from mail_failover.doctor.report import Check, Topic, listed

Json = Mapping[str, Any]

STATUS = Topic("account.routing", "Email Routing")
RECORDS = Topic("account.records", "Its records")
CATCH_ALL = Topic("account.catch-all", "Catch-all")
BYPASS = Topic("account.bypass", "Rules past the Worker")
_APPLY = "Run: mail-failover setup plan, then apply"
_ISSUES = {
    "mx.missing": "an MX record of the edge is missing",
    "mx.foreign": "other MX hosts stand beside the edge",
    "spf.missing": "the SPF record is missing",
    "spf.foreign": "the SPF record does not include the edge",
    "spf.multiple": "there are several SPF records",
}


def check_status(settings: Json, codes: Sequence[str]) -> Check:
    """Check that Email Routing is on and finds nothing wrong but the primary's MX records."""
    status = str(settings.get("status", "unknown"))
    issues = listed(f"{_ISSUES.get(code, 'an issue')} ({code})" for code in codes)
    if not settings.get("enabled"):
        return STATUS.failed(f"off (status {status})", _APPLY)
    if status in {"ready", "unlocked"} and not set(codes) - {"mx.foreign"}:
        return STATUS.passed(f"on, status {status}")
    if not codes:
        return STATUS.warned(
            f"on, but Cloudflare calls it {status} and gives no reason: your own MX hosts, or SPF",
            "Mend what the DNS checks show; then find out whether the edge takes mail: add --live",
        )
    if set(codes) == {"mx.foreign"}:
        return STATUS.warned(
            f"on, but Cloudflare calls it {status}: {issues}. They are yours, and on paper not supported",
            "Find out whether the edge takes mail all the same: add --live",
        )
    return STATUS.failed(f"on, but {status}: {issues}", _APPLY)


def check_records(wanted: Sequence[Json], records: Sequence[Json], domain: str) -> Check:
    """Check that the zone holds the MX and DKIM records that Email Routing names; SPF is judged elsewhere."""
    needed = [_record(r) for r in wanted if r.get("type") == "MX" or "_domainkey" in str(r.get("name", ""))]
    ours = [record for record in needed if record[1] == domain or record[1].endswith(f"._domainkey.{domain}")]
    if not ours:
        return RECORDS.skipped(f"Email Routing names no records for {domain}")
    present = {_record(record) for record in records}
    missing = [f"{kind} {name}" + (f" {content}" * (kind == "MX")) for kind, name, content in ours]
    missing = [text for text, record in zip(missing, ours, strict=True) if record not in present]
    if missing:
        return RECORDS.failed(f"missing or changed: {listed(missing)}", _APPLY)
    return RECORDS.passed(f"all {len(ours)} are there")


def check_catch_all(rule: Json, scripts: Sequence[Json], worker: str) -> Check:
    """Check that the catch-all is on and sends to the Worker that wrangler.toml names."""
    kind, value = _action(rule)
    if not rule.get("enabled"):
        return CATCH_ALL.failed("off: mail for addresses without a rule is refused", _APPLY)
    if kind == "forward":
        return CATCH_ALL.failed(f"forwards to {value} past the Worker: nobody is told", _APPLY)
    if kind != "worker":
        return CATCH_ALL.failed(f"does not send to a Worker, its action is: {kind or 'none'}", _APPLY)
    if value not in {script.get("id") for script in scripts}:
        return CATCH_ALL.failed(
            f"sends to the Worker {value}, which the account does not have",
            f"Deploy it (npx wrangler deploy). {_APPLY}",
        )
    if worker and value != worker:
        return CATCH_ALL.failed(
            f"sends to the Worker {value}, but wrangler.toml names {worker}: was it renamed?",
            f"{_APPLY}; or put the old name back.",
        )
    return CATCH_ALL.passed(f"on, to the Worker {value}")


def check_bypass(rules: Sequence[Json], worker: str) -> Check:
    """Point out rules that take mail of single addresses past the Worker."""
    past = []
    for rule in rules:
        literal = [str(m.get("value", "")) for m in rule.get("matchers") or [] if m.get("type") == "literal"]
        kind, value = _action(rule)
        if rule.get("enabled") and literal and (kind != "worker" or (worker and value != worker)):
            past.append(f"{literal[0]}: {kind} {value}".strip())
    if past:
        return BYPASS.warned(
            f"{listed(past)}: you are not told of such mail",
            "Remove these rules, or send them to the Worker, unless you want it so.",
        )
    return BYPASS.passed("none")


def _action(rule: Json) -> tuple[str, str]:
    """Return the first action's type and target; empty where there is none."""
    action: Json = next(iter(rule.get("actions") or []), {})
    value = action.get("value") or ""
    return str(action.get("type", "")), str(value[0] if isinstance(value, list) else value)


def _record(record: Json) -> tuple[str, str, str]:
    """Reduce a record to what makes two the same: type, name, content without quotes and dots at the end."""
    kind, name = str(record.get("type", "")), str(record.get("name", "")).lower().rstrip(".")
    content = str(record.get("content", ""))
    if kind == "TXT":
        return kind, name, "".join(content.replace('" "', "").replace('"', "").split())
    return kind, name, content.lower().rstrip(".")
