"""What `mail-failover setup` says: plans as a diff, or as JSON."""

from collections.abc import Iterator, Sequence

from mail_failover.cloudflare.answers import Json
from mail_failover.console.voice import Line
from mail_failover.setup.plan.plan import Plan
from mail_failover.setup.plan.step import Step
from mail_failover.setup.snapshot import Snapshot

ALL_WELL = "Nothing to do: everything is as it should be."


def plan_lines(plan: Plan) -> Iterator[Line]:
    """Show a plan, step by step, the way a diff reads."""
    for number, step in enumerate(plan.steps, 1):
        yield from step_lines(number, step)
    yield from remarks(plan)


def step_lines(number: int, step: Step) -> Iterator[Line]:
    """Show a step: old, new, why, what it may affect."""
    yield f"{number}. {step.title}", "bold"
    for text in step.removed:
        yield f"   - {text}", "red"
    for text in step.added:
        yield f"   + {text}", "green"
    yield f"   Why: {step.why}", ""
    if step.affects:
        yield f"   Affects: {step.affects}", ""
    if step.unsafe:
        yield f"   UNSAFE: {step.unsafe}", "bold yellow"
    yield "", ""


def remarks(plan: Plan) -> Iterator[Line]:
    """Show what stands in the way, what is left for a person, what is good to know."""
    for text in plan.problems:
        yield f"In the way: {text}", "bold red"
    for text in plan.todo:
        yield f"To do by hand: {text}", "yellow"
    for text in plan.notes:
        yield f"Note: {text}", ""


def plan_json(plan: Plan) -> Json:
    """Return a plan as plain values."""
    return {
        "domain": plan.domain,
        "steps": steps_json(plan.steps),
        "problems": plan.problems,
        "todo": plan.todo,
        "notes": plan.notes,
    }


def steps_json(steps: Sequence[Step]) -> list[Json]:
    """Return steps as plain values."""
    return [
        {
            "key": step.key,
            "title": step.title,
            "removed": step.removed,
            "added": step.added,
            "why": step.why,
            "affects": step.affects,
            "unsafe": step.unsafe or None,
        }
        for step in steps
    ]


def heading(now: Snapshot) -> str:
    """Say which domain, in which state."""
    routing = f"on, {now.status}" if now.enabled else "off"
    counts = f"{len(now.own)} MX of the primary, {len(now.edge)} of the edge"
    return f"{now.domain}: {counts}; Email Routing {routing}"
