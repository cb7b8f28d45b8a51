"""What comes of a step of the first hour: how it stands, or that it can't go on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """How it stands: what was found, and if it is not `done` what is to be done about it."""

    done: bool
    found: str
    fix: str = ""


class Stop(Exception):
    """It can't go on from here: what happened, what to do about it, and the exit code.

    How it goes on is said behind it. `kind` is what a program gets; nothing is said of what has no `what`.
    """

    def __init__(self, code: int, what: str, fix: str = "", kind: str = "Stopped") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.fix = fix
        self.kind = kind
