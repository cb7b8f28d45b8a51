"""The commands of `mail-failover`; the only place that prints or exits.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from mail_failover.doctor.command import doctor
from mail_failover.drill.command import drill
from mail_failover.setup.command import app as setup_app

from .errors import UsageError

app = typer.Typer(
    help="Catches the mail that your own server misses, forwards it and tells you.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.add_typer(setup_app, name="setup")
app.command()(doctor)
app.command()(drill)


def main() -> None:
    """Run the command line; what the operator has to change is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except UsageError as error:
        typer.echo(f"mail-failover: {' '.join(str(error).split())}", err=True)
        sys.exit(2)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("mail-failover"))
        raise typer.Exit


@app.callback()
def common(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
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
    from mail_failover.emulator.play import Options, run  # noqa: PLC0415

    options = Options(port, config, data, relay, verified or (), fault or (), var or (), shape, runtime)
    asyncio.run(run(options, typer.echo))


@app.command()
def demo(
    *,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Leave the mailboxes there.")] = None,
) -> None:
    """Watch the experiment: your server up, your server down, the fallback inbox failing for a while."""
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from mail_failover.demo.acts import run  # noqa: PLC0415

    console = Console(soft_wrap=True)
    good = asyncio.run(run(keep, lambda line, style="": console.print(Text(line, style), highlight=False)))
    raise typer.Exit(0 if good else 1)
