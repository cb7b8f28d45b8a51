"""MX records: the primary's stay and win, the edge's stand behind them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mail_failover.cloudflare.records import COMMENT, Record, body, host, line, priority, read_only
from mail_failover.setup.snapshot import Snapshot

from .goal import Goal
from .step import ChangeRecords, Step, SwitchRouting

HIGHEST = 65535
"""The worst preference that an MX record can have."""

_MAY_UNLOCK = " If Email Routing turns out to lock its records, they are unlocked first."
_MAY_PIN = f" Where they can't be moved, the primary's get lower numbers.{_MAY_UNLOCK}"


def mending(now: Snapshot, goal: Goal, *, is_locked: bool, is_pinned: bool = False) -> list[Step]:
    """Return what makes the primary win again; `is_pinned`: the edge's MX were refused though unlocked.

    The primary's MX come back and the edge's move in one transaction, so that the primary wins at once. Once
    that was refused, those of the primary come back on their own.
    """
    back = [*_own_missing(now, goal)]
    moved = [*_order(now, goal, is_locked=is_locked, is_pinned=is_pinned)]
    if back and [step.key for step in moved] == ["edge-order"]:
        return [_together(back[0], moved[0])]
    return [*back, *moved]


def primary_wins(now: Snapshot) -> bool:
    """Tell whether every MX of the primary is preferred to every MX of the edge."""
    worst = max(map(priority, now.own), default=HIGHEST)
    return bool(now.own) and all(priority(record) > worst for record in now.edge)


def edge_missing(now: Snapshot, goal: Goal) -> Iterator[Step]:
    """Return what names the edge behind the primary."""
    present = {host(record["content"]) for record in now.edge}
    missing = [name for name in now.edge_hosts if name not in present]
    if not missing:
        return
    own = list(now.own) or list(goal.own)
    worst = max(map(priority, own), default=0)
    if worst >= HIGHEST:
        worst = max(_lower(own, HIGHEST).values())
    numbers = _behind(worst, set(map(priority, now.edge)), len(missing))
    added = [
        {
            "type": "MX",
            "name": now.domain,
            "content": name,
            "priority": number,
            "ttl": 1,
            "comment": COMMENT,
        }
        for name, number in zip(missing, numbers, strict=True)
    ]
    yield Step(
        "edge-mx",
        "Add the edge's MX behind the primary",
        ChangeRecords(posts=tuple(added)),
        "A sender that can't reach the primary tries them next.",
        "Mail goes there while the primary does not answer; spam at any time: spammers address the worst MX."
        f"{_MAY_UNLOCK if now.enabled else ''}",
        added=tuple(map(line, added)),
        unsafe=goal.edge_unsafe,
    )


def unlock(goal: Goal) -> Step:
    """Return what lets the MX of Email Routing be edited."""
    return Step(
        "unlock",
        "Unlock the MX records of Email Routing",
        SwitchRouting("unlocked"),
        "While they are locked no MX of the domain can be changed or added.",
        f"Cloudflare warns that this may stop delivery through it; `{goal.again.doctor('--live')}` finds out."
        " Where its MX can't be moved even then, the primary's get lower numbers.",
        ("Email Routing's records: locked",),
        ("Email Routing's records: unlocked",),
    )


def renumber(now: Snapshot, ceiling: int) -> Iterator[Step]:
    """Return what puts the primary's MX below the ceiling; nothing where they can't be."""
    numbers = _lower(now.own, ceiling)
    changed = [r for r in now.own if numbers[priority(r)] != priority(r)]
    if len(numbers) > ceiling or not changed or any(map(read_only, changed)):
        return
    moved = [{**record, "priority": numbers[priority(record)]} for record in changed]
    yield Step(
        "own-preference",
        "Give the primary's MX lower numbers",
        ChangeRecords(patches=tuple({"id": r["id"], "priority": r["priority"]} for r in moved)),
        "The edge's MX can't be put behind the primary in any other way.",
        "Hosts and their order stay.",
        tuple(map(line, changed)),
        tuple(map(line, moved)),
    )


def _own_missing(now: Snapshot, goal: Goal) -> Iterator[Step]:
    present = {host(record["content"]) for record in now.own}
    missing = [record for record in goal.own if host(record["content"]) not in present]
    if missing and present <= {host(record["content"]) for record in goal.own}:
        yield Step(
            "own-mx",
            "Put back the primary's MX",
            ChangeRecords(posts=tuple(map(body, missing))),
            "It was there before, and went when Email Routing was switched on.",
            "Until then all mail goes to the edge.",
            added=tuple(map(line, missing)),
        )


def _together(back: Step, moved: Step) -> Step:
    assert isinstance(back.action, ChangeRecords)  # noqa: S101 - both are made here
    assert isinstance(moved.action, ChangeRecords)  # noqa: S101
    action = replace(back.action, patches=moved.action.patches)
    return replace(back, action=action, removed=moved.removed, added=(*back.added, *moved.added))


def _order(now: Snapshot, goal: Goal, *, is_locked: bool, is_pinned: bool) -> Iterator[Step]:
    """Move the edge behind the primary; the primary itself only where the edge can't be moved."""
    own = list(now.own) or list(goal.own)
    worst = max(map(priority, own), default=0)
    ahead = [record for record in now.edge if priority(record) <= worst]
    pinned = [record for record in ahead if is_pinned or (read_only(record) and not is_locked)]
    if pinned or (worst >= HIGHEST and now.own):
        lowered = [*renumber(now, min(map(priority, pinned), default=HIGHEST))]
        yield from lowered
        if pinned or not lowered:
            return
        worst = max(_lower(own, HIGHEST).values())
        ahead = [record for record in now.edge if priority(record) <= worst]
    if not ahead:
        return
    taken = {priority(record) for record in now.edge if record not in ahead}
    moved = [
        {**record, "priority": number}
        for record, number in zip(ahead, _behind(worst, taken, len(ahead)), strict=True)
    ]
    yield Step(
        "edge-order",
        "Move the edge's MX behind the primary",
        ChangeRecords(patches=tuple({"id": r["id"], "priority": r["priority"]} for r in moved)),
        f"Senders try the lowest number first, and the primary's worst is {worst}.",
        f"Mail that went to the edge goes to the primary again.{_MAY_PIN if now.enabled else ''}",
        tuple(map(line, ahead)),
        tuple(map(line, moved)),
    )


def _lower(own: Sequence[Record], ceiling: int) -> dict[int, int]:
    """Return for each preference of the primary one below the ceiling, in the same order."""
    levels = sorted({priority(record) for record in own})
    gap = 10 if len(levels) * 10 < ceiling else 1
    return {level: index * gap for index, level in enumerate(levels)}


def _behind(worst: int, taken: set[int], count: int) -> list[int]:
    """Return preferences above `worst`, in steps of ten where there is room."""
    step = 10 if worst + 10 * (count + len(taken)) <= HIGHEST else 1
    free = [n for n in range(worst + step, HIGHEST + 1, step) if n not in taken][:count]
    return free + [HIGHEST] * (count - len(free))
