"""What a command says: lines for a person, or one JSON value for a program; complaints on stderr."""

import json
import os
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from .text import one_line

Line = tuple[str, str]
"""A text and its style."""


class _Patient(Console):
    """A console that falls silent when nobody reads it any more: what is under way must not end half-way."""

    def on_broken_pipe(self) -> None:
        # At the file, not here: what is left in its buffer has to go somewhere, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Voice:
    """Speaks to a person on stdout, or gathers what a program gets as one JSON value."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.out = _Patient(soft_wrap=True, highlight=False)
        self.err = _Patient(stderr=True, soft_wrap=True, highlight=False)
        self.values: dict[str, Any] = {}

    def say(self, text: str, style: str = "") -> None:
        """Show a line, whoever wrote parts of it; nothing in JSON."""
        if not self.as_json:
            self.out.print(Text(one_line(text), style))

    def lines(self, lines: Iterator[Line]) -> None:
        """Show lines."""
        for text, style in lines:
            self.say(text, style)

    def complain(self, *sentences: str) -> None:
        """Say on stderr what went wrong: one line for what happened, one for what to do."""
        for sentence in sentences:
            self.err.print(Text(f"mail-failover: {one_line(sentence).rstrip('.')}."))

    def end(self, code: int, **values: Any) -> int:
        """Print the JSON value, if that is wanted, and return the exit code."""
        if self.as_json:
            try:
                self.out.file.write(json.dumps({**self.values, **values, "exit": code}, indent=2) + "\n")
                self.out.file.flush()
            except BrokenPipeError:
                self.out.on_broken_pipe()
        return code
