"""What is left when an apply ends before its goal: made sound where that can be done, said where it can't."""

from collections.abc import Iterable

from mail_failover.cloudflare.errors import ApiError
from mail_failover.cloudflare.records import Record, edge_mx, host, own_mx, priority, spf, text
from mail_failover.mail.spf.record import EDGE_RECORD
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.plan.step import ChangeRecords, Step
from mail_failover.setup.snapshot import Snapshot, reread

from .executor import Course, Ports, Stopped, carry_out, perform

MENDING = frozenset({"spf", "own-mx", "own-preference", "edge-order", "edge-mx", "unlock", "dkim"})
"""What may be needed again after Email Routing was switched on or unlocked; the plan says so."""

_OFF = "the edge is named but off, so it refuses mail for good"


def clean_up(ports: Ports, journal: Journal, before: Snapshot, course: Course) -> None:
    """Put right what we switched on, or take the edge back where Email Routing is off.

    Writing it down is worth less than doing it: a full disk does not keep it from that.
    """
    journal.must_write = False
    try:
        now = reread(ports.api, before, ports.account_id)
        if journal.steps[-1]["after"] is None:
            journal.observe(now)
        if now.enabled and journal.did("SwitchRouting"):
            carry_out(ports, journal, now, _only_mending(course))
        elif not now.enabled:
            _withdraw(ports, journal, now)
    except (ApiError, Stopped) as error:
        ports.note(f"The domain may be left half-way: {error} Run this again soon.")


def danger(journal: Journal, again: str) -> str:
    """Say what is wrong with the domain right now, or may be, and what to do; empty if nothing is.

    `again` is the command that goes on.
    """
    if not journal.steps:
        return ""
    before, last, change = journal.before, journal.steps[-1], journal.steps[-1]["change"]
    seen = next(step["after"] for step in reversed(journal.steps) if step["after"])
    records, enabled = seen["records"], bool(seen["routing"].get("enabled"))
    found = _dangers(records, before, enabled=enabled)
    if last["after"] is None and change.get("to") == "enabled":
        named = f"; if it is not, {_OFF}" if _OFF in found else ""
        return (
            "Whether Email Routing is on now is not known; if it is, it may take the mail of the primary, and"
            f" may have replaced the SPF record{named}: run {again} at once"
        )
    start = "Right now"
    if last["after"] is None:
        start = "Whether the last step was done is not known, so it may be that"
        enabled = enabled and change.get("to") != "disabled"
        found += _dangers([*records, *change.get("posts", ())], before, enabled=enabled)
    elif found == [_OFF] and _is_as_before(records, before):
        return f"{start} {_OFF}, as before all this: remove its MX, or switch Email Routing on"
    return f"{start} {' and '.join(dict.fromkeys(found))}: run {again} at once" if found else ""


def still_changed(journal: Journal) -> list[str]:
    """Return the titles of the steps that changed something, or may have, and were not taken back."""
    left: dict[str, str] = {}
    for step, old, new in journal.effects("ChangeRecords", "SetCatchAll", "AddInbox", unread=True):
        if step["key"] == "withdraw":
            left.pop("edge-mx", None)
        elif old != new:
            left[step["key"]] = step["title"]
    return list(left.values())


def _is_as_before(records: Iterable[Record], before: Snapshot) -> bool:
    """Tell whether every MX of the edge was there while Email Routing was off, before all this."""
    there = _edge_hosts(before.records, before.domain)
    return not before.enabled and _edge_hosts(records, before.domain) <= there


def _dangers(records: list[Record], before: Snapshot, *, enabled: bool) -> list[str]:
    domain = before.domain
    own, edge = own_mx(records, domain), edge_mx(records, domain)
    texts = [text(record) for record in spf(records, domain)]
    found = []
    if edge and not enabled:
        found.append(_OFF)
    if enabled and edge and not (own and priority(edge[0]) > max(map(priority, own))):
        found.append("mail goes to the edge before the primary")
    if EDGE_RECORD in texts and EDGE_RECORD not in map(text, before.spf):
        found.append("the SPF record does not list your own server")
    if before.spf and not texts:
        found.append("the domain has no SPF record")
    return found


def _only_mending(course: Course) -> Course:
    """Return the steps that mend; one that is refused keeps none of the others from being done."""
    late: set[str] = set()

    def left(now: Snapshot, locked: bool | None) -> list[Step]:
        found = [step for step in course.left(now, locked) if step.key in MENDING]
        return sorted(found, key=lambda step: step.key in late)

    def postpone(step: Step, now: Snapshot) -> bool:
        can_wait = course.postpone(step, now) or step.key not in late
        late.add(step.key)
        return can_wait

    return Course(left, course.check, postpone)


def _withdraw(ports: Ports, journal: Journal, now: Snapshot) -> None:
    """Take back the edge's MX that we added: an edge that is off would refuse mail for good."""
    ours = [record for record in now.edge if _is_ours(record, journal)]
    if not ours:
        return
    step = Step(
        "withdraw",
        "Take back the edge's MX, since Email Routing is off",
        ChangeRecords(deletes=tuple(record["id"] for record in ours)),
        "An edge that is off refuses mail for good.",
    )
    journal.intend(step)
    perform(ports, now, step)
    journal.observe(reread(ports.api, now, ports.account_id))
    ports.did(step)


def _is_ours(record: Record, journal: Journal) -> bool:
    return host(str(record["content"])) not in _edge_hosts(journal.before.records, journal.before.domain)


def _edge_hosts(records: Iterable[Record], domain: str) -> set[str]:
    return {host(str(record["content"])) for record in edge_mx(records, domain)}
