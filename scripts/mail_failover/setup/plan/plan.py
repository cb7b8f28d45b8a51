"""The plan: what a domain should be, what is left to do for it, and what a person should know first.

Pure: everything is computed from snapshots and from what was asked of the outside before.
"""

from dataclasses import dataclass
from typing import Any

from mail_failover.cloudflare.records import COMMENT, Record, host, line, own_mx, read_only, text
from mail_failover.mail.spf import record as spf
from mail_failover.setup.snapshot import Snapshot

from .advice import Outside, Wish, against_edge, against_spf, notes, problems, todo
from .difference import steps
from .goal import Goal
from .preference import primary_wins
from .step import Step


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do. With `problems` nothing is done; `todo` is left for a person; `notes` are to be known."""

    domain: str
    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    todo: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def unsafe(self) -> tuple[Step, ...]:
        """The steps that have to be forced, or asked about."""
        return tuple(step for step in self.steps if step.unsafe)


class NoGoal(Exception):
    """No right state can be named for the domain; the text says why and what to do."""


def make_goal(now: Snapshot, wish: Wish, before: Snapshot | None, outside: Outside) -> Goal:
    """Say what the domain should be; `before` is how it was when an apply that did not finish began.

    Raises:
        NoGoal: there is no primary, or the SPF record can't be read.

    """
    first = before or now
    known = {host(str(record["content"])) for record in first.own}
    own = tuple(first.own if {host(str(r["content"])) for r in now.own} <= known else now.own)
    if not own:
        raise NoGoal(
            f"{now.domain} has no MX record of a server of its own, so there is nothing to fall back from."
            f" Create one for your server, such as: {now.domain} MX 10 mail.{now.domain}"
        )
    if any(host(str(record["content"])) == "" for record in own):
        raise NoGoal(
            f"{now.domain} has a null MX, which says that it takes no mail."
            " Replace it by the MX record of your server."
        )
    wanted = wanted_spf(now, before)
    unsafe, asks = against_spf(now, first, outside.count)
    return Goal(wish.worker, wish.inboxes, own, wanted, unsafe, asks, against_edge(own))


def make_plan(now: Snapshot, wish: Wish, before: Snapshot | None, outside: Outside) -> Plan:
    """Compute what is left to do, and what is to be known about it."""
    found = list(problems(now, wish))
    try:
        goal = make_goal(now, wish, before, outside)
    except NoGoal as error:
        return Plan(now.domain, (), (str(error), *found), (), ())
    left = tuple(steps(now, goal))
    if not primary_wins(now) and not {"own-mx", "edge-order", "own-preference"} & {s.key for s in left}:
        found.append(
            "Email Routing's MX come before the primary's, and neither can be changed."
            " Give the primary's MX a lower number where its record is managed."
        )
    if not now.locked and any(s.key == "spf" for s in left) and any(map(read_only, now.spf)):
        found.append(
            f"A service owns the SPF record, so it can't be changed here."
            f" Add include:{spf.INCLUDE} to it there."
        )
    left_over = tuple(todo(now, goal, outside))
    return Plan(now.domain, left, tuple(found), left_over, tuple(notes(now, goal, outside)))


def wanted_spf(now: Snapshot, before: Snapshot | None = None) -> Record:
    """Return the SPF record that should be there: the domain's own, with Email Routing's include.

    After an interruption a record that is neither the old nor ours nor Email Routing's is a person's.

    Raises:
        NoGoal: a record can't be read.

    """
    if before is not None:
        ours = _wanted_spf(before)
        current = [text(record) for record in now.spf]
        known = {text(ours), spf.EDGE_RECORD, *(text(record) for record in before.spf)}
        if set(current) <= known:
            return ours
    return _wanted_spf(now)


def _wanted_spf(now: Snapshot) -> Record:
    texts = [text(record) for record in now.spf]
    base: dict[str, Any] = {"type": "TXT", "name": now.domain, "ttl": 1, "comment": COMMENT}
    try:
        if not texts:
            content = spf.fresh([host(r["content"]) for r in own_mx(now.records, now.domain)])
        else:
            base = dict(now.spf[0])
            content = spf.merge(texts[0] if len(texts) == 1 else spf.union(texts))
    except spf.SpfError as error:
        shown = "; ".join(line(record) for record in now.spf)
        raise NoGoal(f"The SPF record can't be merged: {error}. It is: {shown}. Correct it first.") from error
    return {**base, "content": spf.quote(content)}
