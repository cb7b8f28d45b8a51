"""What `mail-failover setup` says: plans as a diff, or as JSON."""

from collections.abc import Iterator, Sequence

from mail_failover.cloudflare.answers import Json
from mail_failover.console.voice import Line, Voice

from .plan.plan import Plan
from .snapshot import Snapshot
from .step import Step

ALL_WELL = "Nothing to do: everything is as it should be."
_FIELDS = ("key", "title", "removed", "added", "why", "affects")


def show_plan(voice: Voice, now: Snapshot, plan: Plan, sources: str = "") -> None:
    """Show a plan, what stands in its way and what is left for a person; keep it for JSON."""
    voice.values = plan_json(plan)
    voice.say(heading(now))
    if sources:
        voice.say(f"Settings: {sources}")
    voice.say("")
    show_steps(voice, plan.steps)
    for label, texts, style in (
        ("In the way", plan.problems, "bold red"),
        ("To do by hand", plan.todo, "yellow"),
        ("Note", plan.notes, ""),
    ):
        voice.lines((f"{label}: {text}", style) for text in texts)


def show_steps(voice: Voice, steps: Sequence[Step]) -> None:
    """Show steps, the way a diff reads."""
    for number, step in enumerate(steps, 1):
        voice.lines(_step_lines(number, step))


def plan_json(plan: Plan) -> Json:
    """Return a plan as plain values."""
    rest = {"problems": plan.problems, "todo": plan.todo, "notes": plan.notes}
    return {"domain": plan.domain, "steps": steps_json(plan.steps), **rest}


def steps_json(steps: Sequence[Step]) -> list[Json]:
    """Return steps as plain values."""
    return [{**{n: getattr(step, n) for n in _FIELDS}, "unsafe": step.unsafe or None} for step in steps]


def heading(now: Snapshot) -> str:
    """Say which domain, in which state."""
    routing = f"on, {now.status}" if now.enabled else "off"
    counts = f"{len(now.own)} MX of the primary, {len(now.edge)} of the edge"
    return f"{now.domain}: {counts}; Email Routing {routing}"


def _step_lines(number: int, step: Step) -> Iterator[Line]:
    yield f"{number}. {step.title}", "bold"
    yield from ((f"   - {text}", "red") for text in step.removed)
    yield from ((f"   + {text}", "green") for text in step.added)
    yield f"   Why: {step.why}", ""
    if step.affects:
        yield f"   Affects: {step.affects}", ""
    if step.unsafe:
        yield f"   UNSAFE: {step.unsafe}", "bold yellow"
    yield "", ""
