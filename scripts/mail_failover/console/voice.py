"""What a command says: lines for a person, or one JSON value for a program; complaints on stderr."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.text import Text

from mail_failover.errors import UsageError

from .ending import Ending
from .exit_codes import INTERRUPTED, USAGE
from .layout import wrapped
from .next_step import spelled_out
from .text import one_line

if TYPE_CHECKING:
    from rich.status import Status

Line = tuple[str, str]
"""A text and its style."""

VERSION = 1
"""Of the JSON of all commands: while it stays, fields are added, but neither renamed nor removed."""


class _Patient(Console):
    """A console that falls silent when nobody reads it any more: what is under way must not end half-way."""

    def on_broken_pipe(self) -> None:
        # At the file, not here: what is left in its buffer has to go somewhere, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Voice:
    """Speaks to a person on stdout, or gathers what a program gets as one JSON value.

    `again` is this command as it can be pasted, for complaints that tell to run it again; empty if not known.
    Signs of life are on stderr, if it is a terminal; they make way for each line that is printed.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        # https://no-color.org; Rich by itself leaves bold and dim.
        styles: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
        self.out = _Patient(soft_wrap=True, highlight=False, color_system=styles)
        self.err = _Patient(stderr=True, soft_wrap=True, highlight=False, color_system=styles)
        self.values: dict[str, Any] = {}
        self.ending = Ending()
        self.again = ""
        self._spinner: Status | None = None

    @property
    def width(self) -> int:
        """The cells of a line on the terminal; 0 where there is none, and nothing is broken."""
        return self.out.width if self.out.is_terminal else 0

    def say(self, text: str, style: str = "") -> None:
        """Show a line, whoever wrote parts of it, broken where the terminal needs it; nothing in JSON."""
        text = one_line(text)
        self.show(Text(wrapped(text, self.width) if self.width else text, style))

    def show(self, text: Text) -> None:
        """Show a text as it is; nothing in JSON."""
        if not self.as_json:
            self._print(self.out, text)

    def lines(self, lines: Iterator[Line]) -> None:
        """Show lines."""
        for text, style in lines:
            self.say(text, style)

    def complain(self, *sentences: str) -> None:
        """Say on stderr what went wrong: one line for what happened, one for what to do."""
        for sentence in filter(None, sentences):
            text = f"mail-failover: {one_line(spelled_out(sentence, self.again)).rstrip('.')}."
            self._print(self.err, Text(wrapped(text, self.err.width) if self.err.is_terminal else text))

    def fail(self, kind: str, what: str, fix: str = "", code: int = 0) -> None:
        """Complain, and keep it as the `error` of the JSON value; `code` is Cloudflare's, or 0."""
        self.complain(what, fix)
        what, fix = spelled_out(what, self.again), spelled_out(fix, self.again)
        self.values["error"] = failure(kind, what, fix, code)

    def misused(self, error: UsageError) -> None:
        """Complain in one line about what can't be used, and keep it as the `error` of the JSON value."""
        self.complain(str(error))
        self.values["error"] = failure("UsageError", error.what, spelled_out(error.fix, self.again))

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Show what is going on meanwhile, on a terminal."""
        with self.err.status(Text(f"{what} ...")) as spinner:
            self._spinner = spinner
            try:
                yield
            finally:
                self._spinner = None

    def doing(self, what: str) -> None:
        """Show what is going on now."""
        if self._spinner:
            self._spinner.update(Text(f"{what} ..."))

    def end(self, code: int, **values: Any) -> int:
        """Print the JSON value, if that is wanted, and return the exit code; it tells which signal came."""
        code = self.ending.exit_code if code == INTERRUPTED else code
        if self.as_json:
            value = {"version": VERSION, "exit_code": code, **self.values, **values}
            try:
                self.out.file.write(json.dumps(value, indent=2) + "\n")
                self.out.file.flush()
            except OSError as error:
                self._lose(self.out, error)
        return code

    def _print(self, console: _Patient, text: Text) -> None:
        if self._spinner:
            self._spinner.stop()
        try:
            console.print(text)
        except OSError as error:
            self._lose(console, error)
        if self._spinner:
            self._spinner.start()

    def _lose(self, console: _Patient, error: OSError) -> None:
        """Print no more there: a disk that is full must not end half-way what is under way."""
        console.on_broken_pipe()
        if console is self.out and not isinstance(error, BrokenPipeError):
            self.complain(f"What this prints can't be written: {error.strerror}")


def failure(kind: str, what: str, fix: str = "", code: int = 0) -> dict[str, Any]:
    """Return what a program gets as `error`; `code` is Cloudflare's, or 0."""
    return {"kind": kind, "what": what, "fix": fix, "code": code}


def speaking(body: Callable[[Voice], int], *, as_json: bool = False, interrupted: str = "") -> int:
    """Run the body of a command and return its exit code; an interrupt is told, with what it may mean."""
    voice = Voice(as_json=as_json)
    try:
        with voice.ending:
            return body(voice)
    except UsageError as error:
        voice.misused(error)
        return voice.end(USAGE)
    except KeyboardInterrupt:
        voice.fail("Interrupted", "Interrupted.", interrupted)
        return voice.end(INTERRUPTED)
