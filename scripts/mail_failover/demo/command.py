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
    """Watch the experiment: your server up, your server down, the fallback inbox failing for a while.

    Exit code: 0 every message is where it should be, 1 one is not, 2 wrong usage.

    Example: mail-failover demo --keep mailboxes
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from .acts import run  # noqa: PLC0415

    console = Console(soft_wrap=True)
    good = asyncio.run(run(keep, lambda line, style="": console.print(Text(line, style), highlight=False)))
    raise typer.Exit(DONE if good else PROBLEM)
