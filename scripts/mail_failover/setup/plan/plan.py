"""The plan: what is left to do for a domain, and what a person should know first.

Pure: everything is computed from snapshots and from what was asked of the outside before.
"""

from dataclasses import dataclass, replace
from typing import Self

from mail_failover.cloudflare.records import read_only
from mail_failover.mail.spf import record as spf
from mail_failover.setup.journal import Journal
from mail_failover.setup.snapshot import CATCH_ALL, Snapshot
from mail_failover.setup.step import Step

from .advice import notes, problems, todo
from .difference import steps
from .goal import NoGoal, Outside, Wish, make_goal


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

    def domain_alone(self) -> Self:
        """Return it as far as it needs no Worker; what would be refused for the domain is in the way."""
        left = tuple(step for step in self.steps if step.key != CATCH_ALL)
        refused = dict.fromkeys(step.unsafe for step in left if step.unsafe and not step.asks)
        return replace(self, steps=left, problems=(*self.problems, *refused))


def make_plan(now: Snapshot, wish: Wish, outside: Outside, unfinished: Journal | None = None) -> Plan:
    """Compute what is left to do, and what is to be known about it."""
    found = list(problems(now, wish))
    try:
        goal = make_goal(now, wish, outside, unfinished)
    except NoGoal as error:
        return Plan(now.domain, (), (str(error), *found), (), ())
    if goal.in_the_way:
        return Plan(now.domain, (), (goal.in_the_way, *found), (), ())
    left = tuple(steps(now, goal, unfinished))
    if not now.locked and any(s.key == "spf" for s in left) and any(map(read_only, now.spf)):
        found.append(
            f"A service owns the SPF record, so it can't be changed here."
            f" Add include:{spf.INCLUDE} to it there."
        )
    left_over = tuple(todo(now, goal, outside))
    return Plan(now.domain, left, tuple(found), left_over, tuple(notes(now, goal, outside)))
