"""Questions to a person at the terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from .text import one_line


def at_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


@contextmanager
def _somebody_there(*, shown: bool = True) -> Iterator[None]:
    """End the line of a question that is left unanswered; a terminal that was closed leaves it so, too."""
    try:
        try:
            yield
        except typer.Abort:
            # Of a secret it is ended already.
            typer.echo("\n" * shown, nl=False)
            raise
    except OSError as error:
        raise typer.Abort from error


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks; Ctrl-C and the end of the input raise typer.Abort. Tests bring their own."""

    present: Callable[[], bool] = at_terminal

    def text(self, question: str, default: str | None = None) -> str:
        """Return what was typed, or the default."""
        # Behind what is offered, not before it.
        colon = ":" * question.endswith(":")
        shown, suffix = one_line(question.removesuffix(":")), f"{colon} "
        with _somebody_there():
            typed = typer.prompt(shown, default=default, show_default=bool(default), prompt_suffix=suffix)
        return str(typed).strip()

    def secret(self, question: str) -> str:
        """Return what was typed, and show nothing of it; empty if that was nothing."""
        shown = one_line(question)
        with _somebody_there(shown=False):
            typed = typer.prompt(shown, default="", show_default=False, hide_input=True, prompt_suffix=" ")
        return str(typed).strip()

    def yes(self, question: str, *, default: bool = False) -> bool:
        """Return whether the answer is yes."""
        with _somebody_there():
            return typer.confirm(one_line(question), default=default)

    def choose(self, question: str, offers: Sequence[str]) -> int:
        """List the offers with their numbers, and return the place of the one that was chosen."""
        for number, offer in enumerate(offers, 1):
            typer.echo(f"  {number}. {one_line(offer)}")
        while True:
            typed = self.text(f"{question} [1-{len(offers)}]")
            if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(offers):
                return int(typed) - 1
            typer.echo(f"Type a number from 1 to {len(offers)}; Ctrl-C leaves.")
