"""Faults on request: what breaks, how, and for how many calls."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from mail_failover.errors import UsageError

_PLAIN = ("429", "500", "401", "403", "404", "timeout", "disconnect")
_CHAT = (*_PLAIN, "badhtml")
KINDS = {
    "forward": ("transient", "permanent", "unverified", "invalid", "already", "late", "hang"),
    "telegram": (*_CHAT, "thread", "gone"),
    "slack": (*_CHAT, "badblocks", "gone"),
    "ntfy": (*_PLAIN, "quota"),
    "gotify": _PLAIN,
    "pushover": _PLAIN,
    "discord": (*_PLAIN, "thread", "gone", "links"),
    "mattermost": (*_PLAIN, "invalid", "disabled"),
    "matrix": ("429", "500", "401", "403", "404", "timeout", "lost", "disconnect", "gone"),
    "webhook": ("429", "500", "401", "404", "410", "timeout", "lost", "disconnect"),
    "raw": ("breaks", "hangs"),
    "object": ("throws", "hangs", "unanswered", "quota"),
}
_FAULT = re.compile(
    r"(?P<target>[a-z]+)=(?P<kind>[a-z]+?|\d{3})(?::(?P<seconds>\d{1,6}))?(?::?x(?P<times>\d{1,6}))?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which `target` fails: the next `times` calls, or all of them where that is None."""

    target: str
    kind: str
    seconds: int | None = None
    times: int | None = None

    @property
    def flag(self) -> str:
        """Write it as the command line has it."""
        seconds = "" if self.seconds is None else f":{self.seconds}"
        times = "" if self.times is None else f":x{self.times}"
        return f"--fault {self.target}={self.kind}{seconds}{times}"


def parse_fault(text: str) -> Fault:
    """Read `TARGET=KIND[:SECONDS][xN]`.

    Raises:
        UsageError: it can't be read; names the choices.

    """
    match = _FAULT.fullmatch(text)
    kinds = KINDS.get(match["target"]) if match else None
    if match is None or kinds is None:
        raise UsageError(f"--fault {text}: write TARGET=KIND[:SECONDS][xN], TARGET being {', '.join(KINDS)}.")
    if match["kind"] not in kinds:
        raise UsageError(f"--fault {text}: {match['target']} can fail as {', '.join(kinds)}.")
    if match["seconds"] and match["kind"] not in {"429", "late"}:
        raise UsageError(f"--fault {text}: only 429 and late take seconds.")
    if match["times"] and not int(match["times"]):
        raise UsageError(f"--fault {text}: x0 would never happen; write x1 or more.")
    seconds, times = (int(match[part]) if match[part] else None for part in ("seconds", "times"))
    return Fault(match["target"], match["kind"], seconds, times)


class Faults:
    """The faults still to come; several for one target come one after the other."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._left = list(faults)

    def add(self, fault: Fault) -> None:
        """Let the fault come after those that are there."""
        self._left.append(fault)

    def left(self) -> list[Fault]:
        """Return those still to come, each with the calls that it has left."""
        return list(self._left)

    def clear(self, target: str = "") -> None:
        """Let nothing fail any more, or not this target."""
        self._left = [fault for fault in self._left if target and fault.target != target]

    def take(self, target: str, immune: Collection[str] = ()) -> Fault | None:
        """Return the fault of this call to the target, and count the call; of `immune` kinds do neither."""
        for place, fault in enumerate(self._left):
            if fault.target == target:
                if fault.kind in immune:
                    return None
                if fault.times == 1:
                    del self._left[place]
                elif fault.times is not None:
                    self._left[place] = replace(fault, times=fault.times - 1)
                return fault
        return None
