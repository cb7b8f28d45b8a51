"""Whether what is there now is ours: found by us, read back after a step, or what a step was to make."""

from collections.abc import Iterator, Sequence

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import Record, fields, host, is_edge, own_mx, text
from mail_failover.cloudflare.rules import rule_state
from mail_failover.mail.spf.record import EDGE_RECORD

from .journal import Journal, group

_CHANGES_RECORDS = ("ChangeRecords", "SwitchRouting")


def is_ours(journal: Journal, name: str, found: Sequence[Record]) -> bool:
    """Tell whether a group of records is as we found it, made it, or were about to make it."""
    if not found:
        return _was_gone(journal, name)
    known = [*map(fields, _ever(journal))]
    return all(fields(record) in known or _came_with_routing(journal, record) for record in found)


def is_our_rule(journal: Journal, rule: Json) -> bool:
    """Tell whether a catch-all is one that we set, or that came with one of our steps."""
    known = [step["change"]["rule"] for step in journal.steps if step["kind"] == "SetCatchAll"]
    effects = journal.effects("SetCatchAll", "SwitchRouting")
    known += [new["catch_all"] for _, old, new in effects if new["catch_all"] != old["catch_all"]]
    return rule_state(rule) in [rule_state(each) for each in known if each]


def gone_with_switch(journal: Journal) -> set[str]:
    """Return the primary's MX hosts that went when we switched Email Routing on, or may have."""
    domain, gone = journal.before.domain, set()
    last, switched = _hosts(journal.before.records, domain), False
    for step in journal.steps:
        switched = switched or step["change"].get("to") == "enabled"
        if step["after"] is not None:
            now = _hosts(step["after"]["records"], domain)
            gone |= last - now if switched else set()
            last, switched = now, False
    return gone | (last if switched else set())


def _hosts(records: Sequence[Record], domain: str) -> set[str]:
    return {host(str(record["content"])) for record in own_mx(records, domain)}


def _was_gone(journal: Journal, name: str) -> bool:
    """Tell whether the group went with one of our steps, or may have, and did not come back before now."""
    there, gone = name in _names(journal, journal.before.records), False
    for step in journal.steps:
        if step["after"] is None:
            gone = gone or step["kind"] == "SwitchRouting" or bool(step["change"].get("deletes"))
            continue
        was, there = there, name in _names(journal, step["after"]["records"])
        gone = not there and (gone or (was and step["kind"] in _CHANGES_RECORDS))
    return gone


def _names(journal: Journal, records: Sequence[Record]) -> set[str]:
    return {group(record, journal.before.domain) for record in records}


def _came_with_routing(journal: Journal, record: Record) -> bool:
    """Tell whether Email Routing wrote the record when we switched it on, and nobody read that back."""
    kind = group(record, journal.before.domain)
    if kind == "SPF":
        return journal.did("SwitchRouting", to="enabled") and text(record) == EDGE_RECORD
    unread = any(step["after"] is None and step["kind"] == "SwitchRouting" for step in journal.steps)
    return unread and (is_edge(record) or kind.startswith("DKIM"))


def _ever(journal: Journal) -> Iterator[Record]:
    """Return every record that was there, that came with a step, or that a step was to make."""
    by_id: dict[str, Record] = {record["id"]: record for record in journal.before.records}
    yield from journal.before.records
    for step, old, new in journal.effects(*_CHANGES_RECORDS):
        before = [fields(record) for record in old["records"]]
        touched = _touched(journal, step, old["records"])
        yield from (
            record
            for record in new["records"]
            if fields(record) not in before and (touched is None or _names(journal, [record]) <= touched)
        )
        by_id |= {record["id"]: record for record in new["records"]}
    for step in journal.steps:
        change = step["change"]
        yield from change.get("posts") or ()
        yield from ({**by_id[p["id"]], **p} for p in change.get("patches") or () if p["id"] in by_id)


def _touched(journal: Journal, step: Json, records: Sequence[Record]) -> set[str] | None:
    """Return the groups that a step was to change, or None for a switch, which may change any."""
    if step["kind"] == "SwitchRouting":
        return None
    change = step["change"]
    ids = {*change["deletes"], *(patch["id"] for patch in change["patches"])}
    return _names(journal, [*change["posts"], *(record for record in records if record["id"] in ids)])
