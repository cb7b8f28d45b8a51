"""The domains off the Worker, by `setup undo`, until it has nothing left to take back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mail_failover.console.exit_codes import DONE, PROBLEM

from .removal import Removal, Stop


@dataclass(frozen=True, slots=True)
class Domain:
    """What `setup undo` would do to a domain: its steps' titles, and what it would leave, and why."""

    name: str
    steps: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    worker: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what a program gets of it."""
        return {"domain": self.name, "worker": self.worker, "steps": [*self.steps], "left": [*self.left]}


def look(removal: Removal) -> list[Domain]:
    """Ask `setup undo` what is left to take back of every domain with a journal here; nothing changes.

    Raises:
        Stop: it can't be said.

    """
    return [_look(removal, name) for name in removal.domains]


def take_off(removal: Removal, found: list[Domain]) -> list[Domain]:
    """Run `setup undo` for each of these until none of them has anything left to take back, and return that.

    One undo takes back one apply.

    Raises:
        Stop: it did not get that far; the Worker has to stay.

    """
    while left := [domain for domain in found if ours(removal, domain) and domain.steps]:
        for domain in left:
            _undo(removal, domain.name)
        before, found = found, look(removal)
        if found == before:
            names = ", ".join(domain.name for domain in left)
            what = f"{names}: not undone, so the Worker {removal.worker} stays."
            raise Stop(PROBLEM, "NotUndone", what, "Run this again when it is to go.")
    return found


def ours(removal: Removal, domain: Domain) -> bool:
    """Tell whether a domain was set up for this Worker, and for no other."""
    return domain.worker == removal.worker


def _look(removal: Removal, name: str) -> Domain:
    while True:
        ran = removal.command("setup", "undo", "--domain", name, "--json", quietly=True)
        error = ran.value.get("error") or {}
        # It wants to ask about its steps, so these have been read. Without any, it is done with that apply.
        if error and error["kind"] != "NoTerminal":
            raise _stop(removal, name, ran.code, error)
        titles = tuple(str(step["title"]) for step in ran.value["steps"])
        if titles or not ran.value["earlier"]:
            return Domain(name, titles, tuple(ran.value["conflicts"]), str(ran.value["worker"] or ""))


def _undo(removal: Removal, name: str) -> None:
    removal.begin()
    asked = ["--yes"] if removal.options.yes else []
    ran = removal.command("setup", "undo", "--domain", name, *asked)
    # What others changed is left, and no reason to stop: whether mail still comes is looked at by itself.
    if ran.code not in {DONE, PROBLEM} or "error" in ran.value:
        raise _stop(removal, name, ran.code, ran.value.get("error") or {})


def _stop(removal: Removal, name: str, code: int, error: Mapping[str, Any]) -> Stop:
    """Say why a domain is not undone; where the command said it itself, in a line."""
    what = error.get("what", f"`setup undo` of {name} ended before its time: what it said is above.")
    fix = error.get("fix", removal.so_far)
    if error.get("kind") == "Interrupted":
        fix = removal.so_far
    if error.get("kind") == "ZoneNotFound":
        place = removal.state / name
        fix = f"{fix} If the domain is not at Cloudflare any more, move {place} away, then run this again."
    return Stop(code, str(error.get("kind", "NotUndone")), str(what), str(fix))
