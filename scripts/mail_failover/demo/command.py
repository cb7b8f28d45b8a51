"""The command `demo`. What it needs is imported when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from mail_failover.console.exit_codes import DONE, PROBLEM


def demo(
    *,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Leave the mailboxes there.")] = None,
    page: Annotated[bool, typer.Option("--page", help="Play it on a page, act by act.")] = False,
    page_port: Annotated[int, typer.Option(help="The page's port on 127.0.0.1; 0 takes a free one.")] = 0,
) -> None:
    """Watch the experiment: your server up, then down, the inbox failing, and the mail coming home.

    Exit code: 0 every message is where it should be, 1 one is not, 2 wrong usage, 130 Ctrl-C, which is how
    `--page` ends, with 0 or 1.

    Example: mail-failover demo --keep mailboxes

    Example: mail-failover demo --page
    """
    from mail_failover.console.voice import speaking  # noqa: PLC0415

    from .story import run  # noqa: PLC0415

    port = page_port if page else None
    raise typer.Exit(speaking(lambda voice: DONE if asyncio.run(run(keep, voice.say, port)) else PROBLEM))
