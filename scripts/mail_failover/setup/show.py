"""What `mail-failover setup` says: plans as a diff, or as JSON."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from mail_failover.cloudflare.calls import Json
from mail_failover.cloudflare.errors import ApiError
from mail_failover.setup.plan.plan import Plan
from mail_failover.setup.plan.step import Step

from .snapshot import Snapshot

Line = tuple[str, str]
"""A text and its style."""


class _Patient(Console):
    """A console that falls silent when nobody reads it any more: what is under way must not end half-way."""

    def on_broken_pipe(self) -> None:
        # At the file, not here: what is left in its buffer has to go somewhere, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Voice:
    """Speaks to a person on stdout, or gathers what a program gets as one JSON value."""

    def __init__(self, *, as_json: bool, out: Console | None = None, err: Console | None = None) -> None:
        self.as_json = as_json
        self.out = out or _Patient(soft_wrap=True, highlight=False)
        self.err = err or _Patient(stderr=True, soft_wrap=True, highlight=False)
        self.values: Json = {}

    def say(self, text: str, style: str = "") -> None:
        """Show a line; nothing in JSON."""
        if not self.as_json:
            self.out.print(Text(text, style))

    def lines(self, lines: Iterator[Line]) -> None:
        """Show lines."""
        for text, style in lines:
            self.say(text, style)

    def complain(self, *sentences: str) -> None:
        """Say on stderr what went wrong: one line for what happened, one for what to do."""
        for sentence in sentences:
            self.err.print(Text(f"mail-failover: {clean_line(sentence).rstrip('.')}."))

    def end(self, code: int, **values: Any) -> int:
        """Print the JSON value, if that is wanted, and return the exit code."""
        if self.as_json:
            try:
                self.out.file.write(json.dumps({**self.values, **values, "exit": code}, indent=2) + "\n")
                self.out.file.flush()
            except BrokenPipeError:
                self.out.on_broken_pipe()
        return code


def failure(error: ApiError) -> Json:
    """Return an error as plain values."""
    kind = type(error).__name__
    return {"error": {"kind": kind, "what": error.what, "fix": error.fix, "code": error.code}}


def plan_lines(plan: Plan) -> Iterator[Line]:
    """Show a plan, step by step, the way a diff reads."""
    for number, step in enumerate(plan.steps, 1):
        yield from step_lines(number, step)
    yield from remarks(plan)


def step_lines(number: int, step: Step) -> Iterator[Line]:
    """Show a step: old, new, why, what it may affect."""
    yield f"{number}. {step.title}", "bold"
    for text in step.removed:
        yield f"   - {clean_line(text)}", "red"
    for text in step.added:
        yield f"   + {clean_line(text)}", "green"
    yield f"   Why: {step.why}", ""
    if step.affects:
        yield f"   Affects: {step.affects}", ""
    if step.unsafe:
        yield f"   UNSAFE: {clean_line(step.unsafe)}", "bold yellow"
    yield "", ""


def remarks(plan: Plan) -> Iterator[Line]:
    """Show what stands in the way, what is left for a person, what is good to know."""
    for text in plan.problems:
        yield f"In the way: {clean_line(text)}", "bold red"
    for text in plan.todo:
        yield f"To do by hand: {clean_line(text)}", "yellow"
    for text in plan.notes:
        yield f"Note: {clean_line(text)}", ""


def clean_line(text: str) -> str:
    """Make records and rules, which others wrote, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def plan_json(plan: Plan) -> Json:
    """Return a plan as plain values."""
    return {
        "domain": plan.domain,
        "steps": steps_json(plan.steps),
        "problems": list(plan.problems),
        "todo": list(plan.todo),
        "notes": list(plan.notes),
    }


def steps_json(steps: Sequence[Step]) -> list[Json]:
    """Return steps as plain values."""
    return [
        {
            "key": step.key,
            "title": step.title,
            "removed": list(step.removed),
            "added": list(step.added),
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
