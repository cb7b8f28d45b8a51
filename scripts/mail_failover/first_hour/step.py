"""What a step of the first hour is: something to look at, and something to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .hour import Hour


@dataclass(frozen=True, slots=True)
class State:
    """How it stands: what was found, and if it is not `done` what is to be done about it."""

    done: bool
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `look` changes nothing, `do` asks and acts until it may be done. Both raise Stop.

    `once`: no look tells whether it was done. `optional`: the domain is proven without it.
    """

    name: str
    title: str
    look: Callable[["Hour"], State]
    do: Callable[["Hour"], None]
    once: bool = False
    optional: bool = False


class Stop(Exception):
    """It can't go on from here: what happened, what to do about it, and the exit code."""

    def __init__(self, code: int, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.fix = fix
