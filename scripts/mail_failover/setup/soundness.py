"""What is left when an apply ends before its goal: made sound where that can be done, said where it can't."""

from collections.abc import Callable

from mail_failover.api_errors import ApiError
from mail_failover.spf import EDGE_RECORD

from .carry import Course, Ports, Stopped, carry_out, perform
from .goal import Goal
from .journal import Journal
from .records import Record, edge_mx, host, own_mx, priority, spf, text
from .step import ChangeRecords, Step
from .steps import steps
from .zone import Snapshot, reread

MENDING = frozenset({"spf", "own-mx", "own-preference", "edge-order", "edge-mx", "unlock", "dkim"})
"""What may be needed again after Email Routing was switched on or unlocked; the plan says so."""


def leave_sound(
    ports: Ports, journal: Journal, before: Snapshot, goal: Goal, check: Callable[[Step, Snapshot], None]
) -> None:
    """Put right what we switched on, or take the edge back where Email Routing is off.

    Writing it down is worth less than doing it: a full disk does not keep it from that.
    """
    journal.must_write = False
    try:
        now = reread(ports.api, before, ports.account_id)
        if now.enabled and journal.did("SwitchRouting"):
            carry_out(ports, journal, now, Course(_only_mending(goal), check))
        elif not now.enabled:
            _withdraw(ports, journal, now)
    except (ApiError, Stopped) as error:
        ports.note(f"The domain may be left half-way: {error} Run this again soon.")


def danger(journal: Journal) -> str:
    """Say what is wrong with the domain right now, as far as it was read; empty if nothing is."""
    if not journal.steps:
        return ""
    last = journal.steps[-1]
    if last["after"] is None and last["kind"] == "SwitchRouting" and last["change"]["to"] == "enabled":
        return (
            "Whether Email Routing is on now is not known; if it is, it may take the mail of the primary, and"
            " may have replaced the SPF record"
        )
    seen = next((step["after"] for step in reversed(journal.steps) if step["after"]), None)
    if seen is None:
        return ""
    found = _dangers(seen["records"], journal.before, enabled=bool(seen["routing"].get("enabled")))
    return f"Right now {' and '.join(found)}" if found else ""


def _dangers(records: list[Record], before: Snapshot, *, enabled: bool) -> list[str]:
    domain = before.domain
    own, edge = own_mx(records, domain), edge_mx(records, domain)
    texts = [text(record) for record in spf(records, domain)]
    found = []
    if edge and not enabled:
        found.append("the edge is named but off, so it refuses mail for good")
    if enabled and edge and not (own and priority(edge[0]) > max(map(priority, own))):
        found.append("mail goes to the edge before the primary")
    if EDGE_RECORD in texts and EDGE_RECORD not in map(text, before.spf):
        found.append("the SPF record does not list your own server")
    if before.spf and not texts:
        found.append("the domain has no SPF record")
    return found


def _only_mending(goal: Goal) -> Callable[[Snapshot, bool | None], list[Step]]:
    return lambda now, locked: [step for step in steps(now, goal, locked=locked) if step.key in MENDING]


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
    before = {host(str(r["content"])) for r in journal.before.edge}
    return host(str(record["content"])) not in before
