"""The command `demo`. What it needs is imported when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from mail_failover.console.exit_codes import DONE, PROBLEM


def demo(
    *,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Leave the mailboxes there.")] = None,
) -> None:
    """Watch the experiment: your server up, then down, the inbox failing, and the mail coming home.

    Exit code: 0 every message is where it should be, 1 one is not, 2 wrong usage, 130 Ctrl-C.

    Example: mail-failover demo --keep mailboxes
    """
    from mail_failover.console.voice import speaking  # noqa: PLC0415

    from .acts import run  # noqa: PLC0415

    raise typer.Exit(speaking(lambda voice: DONE if asyncio.run(run(keep, voice.say)) else PROBLEM))
