"""Routing rules as Cloudflare gives them, compared by what they say rather than how it is written."""

from collections.abc import Mapping
from typing import Any

Rule = Mapping[str, Any]


def is_catch_all(rule: Rule) -> bool:
    """Tell whether a rule is the catch-all."""
    return any(matcher.get("type") == "all" for matcher in rule.get("matchers") or [])


def addresses_of(rule: Rule) -> list[str]:
    """Return the addresses that a rule is for; none for the catch-all."""
    return [str(m.get("value", "")) for m in rule.get("matchers") or () if m.get("type") == "literal"]


def rule_state(rule: Rule) -> tuple[Any, ...]:
    """Return what makes two rules equal."""
    actions = tuple((a.get("type"), tuple(a.get("value") or ())) for a in rule.get("actions") or ())
    return (actions, bool(rule.get("enabled")), str(rule.get("name") or ""))


def uses(rule: Rule, email: str, worker: str) -> bool:
    """Tell whether a rule sends mail to an inbox, itself or through the Worker that forwards there."""
    for action in rule.get("actions") or ():
        values = {str(value).lower() for value in action.get("value") or ()}
        if email.lower() in values or (action.get("type") == "worker" and worker.lower() in values):
            return True
    return False


def worker_of(rule: Rule) -> str:
    """Return the Worker that a rule hands its messages to, whether it is on or off; empty if to none."""
    found = (a.get("value") for a in rule.get("actions") or () if a.get("type") == "worker")
    return next((str(value[0]) for value in found if value), "")


def rule_line(rule: Rule) -> str:
    """Show a rule in one line."""
    actions = [" ".join([a.get("type", "?"), *(a.get("value") or ())]) for a in rule.get("actions") or ()]
    return f"{', '.join(actions) or 'nothing'}{'' if rule.get('enabled') else ' (disabled)'}"


def points_to(rule: Rule | None, worker: str) -> bool:
    """Tell whether a rule hands its messages to the Worker."""
    wanted = (("worker", (worker,)),)
    return rule is not None and rule_state(rule)[:2] == (wanted, True)
