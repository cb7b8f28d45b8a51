"""The commands of `mail-failover`, put together from their rooms.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import sys
from importlib.metadata import version
from itertools import takewhile
from typing import Annotated

import typer
from typer.core import TyperGroup

from mail_failover.console.exit_codes import USAGE
from mail_failover.demo.command import demo
from mail_failover.doctor.command import doctor
from mail_failover.drill.command import drill
from mail_failover.emulator.command import emulate
from mail_failover.replay.command import replay
from mail_failover.setup.command import app as setup_app
from mail_failover.spool.command import app as spool_app
from mail_failover.status.command import status

from .errors import UsageError


class InOrderOfUse(TyperGroup):
    """Lists the commands as a newcomer needs them: see it work, set it up, check it, prove it, use it."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names of the commands."""
        del ctx
        return ["demo", "emulate", "setup", "doctor", "drill", "status", "replay", "spool"]


app = typer.Typer(
    cls=InOrderOfUse,
    help="Catches the mail that your own server misses, forwards it and tells you.",
    epilog=(
        "Ctrl-C ends any of them; where it cuts something short, the exit code is 130 (SIGTERM: 143,"
        " SIGHUP: 129)."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.add_typer(setup_app, name="setup")
app.command()(doctor)
app.command()(drill)
app.command()(status)
app.command()(replay)
app.add_typer(spool_app, name="spool")
app.command()(emulate)
app.command()(demo)


def main() -> None:
    """Run the command line; what the operator has to change is one line on stderr and exit code 2.

    Commands tell most of that themselves; here it is what keeps one from beginning, as JSON if that was asked
    for.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        code = _misused(error)
    except typer.TyperException as error:
        code = _misused(_translated(error))
    sys.exit(code)


def _misused(error: UsageError) -> int:
    from .console.voice import Voice  # noqa: PLC0415

    voice = Voice(as_json="--json" in sys.argv)
    voice.misused(error)
    return voice.end(USAGE)


def _translated(error: typer.TyperException) -> UsageError:
    """Give an error of Typer's the form of ours."""
    from .console.next_step import Again  # noqa: PLC0415
    from .console.program import program  # noqa: PLC0415

    context: typer.Context | None = getattr(error, "ctx", None)
    # Without a context all commands that were typed are some.
    typed = takewhile(lambda word: not word.startswith("-"), sys.argv[1:])
    command = [] if context else [*typed]
    while context and context.parent:
        command.insert(0, context.info_name or "")
        context = context.parent  # type: ignore[assignment]
    message = error.format_message()
    what = message if message.endswith((".", "?")) else f"{message}."
    return UsageError(what, f"See `{Again(program=program()).help(*command)}`.")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("mail-failover"))
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    *,
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command; without one, help."""
    del show_version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(USAGE)
