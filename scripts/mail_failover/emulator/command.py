"""The command `emulate`. What it needs is imported when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer


def emulate(  # noqa: PLR0913 - one parameter per option
    *,
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; 0 takes a free port.")] = 2525,
    config: Annotated[Path, typer.Option(help="Settings, with .dev.vars beside it.")] = Path("wrangler.toml"),
    data: Annotated[Path, typer.Option(help="Folder for a Maildir per inbox.")] = Path(".mail-failover"),
    relay: Annotated[str, typer.Option(metavar="HOST:PORT", help="Forward by SMTP instead.")] = "",
    verified: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A verified inbox; by default all that the settings name."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET=KIND[:SECONDS][xN]",
            help="Let forward, telegram or slack fail, as in telegram=429:3x2.",
        ),
    ] = None,
    var: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Override a setting.")] = None,
    shape: Annotated[
        Literal["dict", "object"],
        typer.Option(help="What the Worker is given: as under `wrangler dev`, or as in production."),
    ] = "dict",
    runtime: Annotated[
        Literal["stand-in", "wrangler"],
        typer.Option(help="What runs the Worker: this Python, or Cloudflare's runtime in `wrangler dev`."),
    ] = "stand-in",
) -> None:
    """Play Cloudflare's edge on this machine: SMTP in, the Worker, inboxes and chats out."""
    from .play import Options, run  # noqa: PLC0415

    options = Options(port, config, data, relay, verified or (), fault or (), var or (), shape, runtime)
    asyncio.run(run(options, typer.echo))
