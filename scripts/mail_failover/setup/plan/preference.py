"""MX records: the primary's stay and win, the edge's stand behind them. Pure."""

from collections.abc import Iterator

from mail_failover.cloudflare.records import COMMENT, body, host, line, numbered, priority
from mail_failover.setup.snapshot import Snapshot
from mail_failover.setup.step import ChangeRecords, Step

from .goal import HIGHEST, Goal

MAY_UNLOCK = "If Email Routing turns out to lock its records, they are unlocked first."


def primary_wins(now: Snapshot) -> bool:
    """Tell whether every MX of the primary is preferred to every MX of the edge."""
    worst = max(map(priority, now.own), default=HIGHEST)
    return bool(now.own) and all(priority(record) > worst for record in now.edge)


def primary_first(now: Snapshot, goal: Goal) -> Iterator[Step]:
    """Return what makes the primary win: its MX come back, on their own; then the edge's go behind them."""
    present = {host(record["content"]) for record in now.own}
    missing = [record for record in goal.own if host(record["content"]) not in present]
    if missing:
        yield Step(
            "own-mx",
            "Put back the primary's MX",
            ChangeRecords(posts=tuple(map(body, missing))),
            "It went when Email Routing was switched on.",
            "Until then all mail goes to the edge.",
            added=tuple(map(line, missing)),
        )
    worst = max(map(priority, goal.own))
    ahead = [record for record in now.edge if priority(record) <= worst]
    if not ahead:
        return
    taken = {priority(record) for record in now.edge if record not in ahead}
    moved = [
        {**record, **numbered(number)}
        for record, number in zip(ahead, _behind(worst, taken, len(ahead)), strict=True)
    ]
    yield Step(
        "edge-order",
        "Move the edge's MX behind the primary",
        ChangeRecords(patches=tuple({"id": r["id"], **numbered(priority(r))} for r in moved)),
        f"Senders try the lowest number first, and the primary's worst is {worst}.",
        f"Mail that went to the edge goes to the primary again.{f' {MAY_UNLOCK}' if now.enabled else ''}",
        tuple(map(line, ahead)),
        tuple(map(line, moved)),
    )


def edge_missing(now: Snapshot, goal: Goal) -> Iterator[Step]:
    """Return what names the edge behind the primary."""
    present = {host(record["content"]) for record in now.edge}
    missing = [name for name in now.edge_hosts if name not in present]
    if not missing:
        return
    numbers = _behind(max(map(priority, goal.own)), set(map(priority, now.edge)), len(missing))
    common = {"type": "MX", "name": now.domain, "ttl": 1, "comment": COMMENT}
    added = [
        {**common, "content": name, **numbered(number)} for name, number in zip(missing, numbers, strict=True)
    ]
    yield Step(
        "edge-mx",
        "Add the edge's MX behind the primary",
        ChangeRecords(posts=tuple(added)),
        "A sender that can't reach the primary tries them next.",
        "Mail goes there while the primary does not answer; spam at any time: spammers address the worst MX."
        f"{f' {MAY_UNLOCK}' if now.enabled else ''}",
        added=tuple(map(line, added)),
        unsafe=goal.edge_unsafe,
    )


def _behind(worst: int, taken: set[int], count: int) -> list[int]:
    """Return preferences above `worst`, in steps of ten where there is room."""
    step = 10 if worst + 10 * (count + len(taken)) <= HIGHEST else 1
    free = [n for n in range(worst + step, HIGHEST + 1, step) if n not in taken][:count]
    return free + [HIGHEST] * (count - len(free))
