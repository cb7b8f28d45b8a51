"""The commands of `mail-failover`, put together from their rooms.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup

from mail_failover.console.exit_codes import USAGE
from mail_failover.demo.command import demo
from mail_failover.doctor.command import doctor
from mail_failover.drill.command import drill
from mail_failover.emulator.command import emulate
from mail_failover.setup.command import app as setup_app

from .errors import UsageError


class InOrderOfUse(TyperGroup):
    """Lists the commands as a newcomer needs them: see it work, set it up, check it, prove it."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names of the commands."""
        del ctx
        return ["demo", "emulate", "setup", "doctor", "drill"]


app = typer.Typer(
    cls=InOrderOfUse,
    help="Catches the mail that your own server misses, forwards it and tells you.",
    epilog="Ctrl-C ends any of them; where it cuts something short, the exit code is 130.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.add_typer(setup_app, name="setup")
app.command()(doctor)
app.command()(drill)
app.command()(emulate)
app.command()(demo)


def main() -> None:
    """Run the command line; what the operator has to change is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except UsageError as error:
        typer.echo(f"mail-failover: {' '.join(str(error).split())}", err=True)
        sys.exit(USAGE)


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
