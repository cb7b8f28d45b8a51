"""Another command run underneath: by its words, for what it says or for its JSON alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of another command: its exit code, and its JSON value if it was run for that."""

    code: int
    value: Mapping[str, Any] = field(default_factory=dict)


Run = Callable[[Sequence[str], bool], Ran]
"""Runs a command of this program by its words: for its JSON alone, or as people see it."""
