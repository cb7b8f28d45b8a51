"""Questions to a person at the terminal."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from .text import one_line


def at_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks; Ctrl-C and the end of the input raise typer.Abort. Tests bring their own."""

    present: Callable[[], bool] = at_terminal

    def text(self, question: str, default: str | None = None) -> str:
        """Return what was typed, or the default."""
        return str(typer.prompt(one_line(question), default=default, prompt_suffix=" ")).strip()

    def secret(self, question: str) -> str:
        """Return what was typed, and show nothing of it; empty if that was nothing."""
        typed = typer.prompt(
            one_line(question), default="", show_default=False, hide_input=True, prompt_suffix=" "
        )
        return str(typed).strip()

    def yes(self, question: str, *, default: bool = False) -> bool:
        """Return whether the answer is yes."""
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
