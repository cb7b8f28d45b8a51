"""The commands of `mail-failover`, put together from their rooms.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import functools
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.metadata import version
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mail_failover.chats.command import app as chats_app
from mail_failover.console.exit_codes import USAGE
from mail_failover.demo.command import demo
from mail_failover.deploy.command import ANY_WORDS, deploy, wrangler
from mail_failover.doctor.command import doctor
from mail_failover.drill.command import drill
from mail_failover.emulator.command import emulate, watch
from mail_failover.first_hour.command import command as init_command
from mail_failover.replay.command import replay
from mail_failover.setup.command import app as setup_app
from mail_failover.spool.command import app as spool_app
from mail_failover.status.command import status
from mail_failover.uninstall.command import command as uninstall_command

from .errors import UsageError

if TYPE_CHECKING:
    from mail_failover.console.underneath import Ran


class InOrderOfUse(TyperGroup):
    """Lists the commands as a newcomer needs them: see it work, set it up, check it, prove it, use it."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names of the commands."""
        del ctx
        return [
            *(
                "demo",
                "watch",
                "emulate",
                "init",
                "deploy",
                "setup",
                "chats",
                "doctor",
                "drill",
                "status",
                "replay",
            ),
            *("spool", "wrangler", "uninstall"),
        ]


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


def _underneath(words: Sequence[str], quietly: bool) -> "Ran":
    """Run one of these commands for another: as people see it, or quietly, for its JSON value."""
    from mail_failover.console.underneath import Ran  # noqa: PLC0415

    if not quietly:
        return Ran(_code(words, as_json=False))
    out = io.StringIO()
    # What it complains of is in the value, too.
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = _code([*words, *(["--json"] if "--json" not in words else [])], as_json=True)
    return Ran(code, json.loads(out.getvalue() or "{}"))


app.command()(deploy)
app.add_typer(setup_app, name="setup")
app.command("init")(init_command(_underneath))
app.add_typer(chats_app, name="chats")
app.command()(doctor)
app.command()(drill)
app.command()(status)
app.command()(replay)
app.add_typer(spool_app, name="spool")
app.command()(watch)
app.command()(emulate)
app.command()(demo)
app.command(context_settings=ANY_WORDS)(wrangler)
app.command("uninstall")(uninstall_command(_underneath))


def main() -> None:
    """Run the command line; what the operator has to change is one line on stderr and exit code 2.

    Commands tell most of that themselves; here it is what keeps one from beginning, as JSON if that was asked
    for.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _code(sys.argv[1:], as_json="--json" in sys.argv)
    # Where one was closed before this began, Python has none.
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            # A terminal that was closed is no failure of ours, as Python would have it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _code(words: Sequence[str], *, as_json: bool) -> int:
    """Run a command line, and return its exit code."""
    try:
        return int(_commands()([*words], standalone_mode=False) or 0)
    except UsageError as error:
        return _misused(error, as_json=as_json)
    except typer.TyperException as error:
        return _misused(_translated(error), as_json=as_json)


@functools.cache
def _commands() -> Callable[..., Any]:
    """Return the commands, read from their functions once for all that run underneath another."""
    return typer.main.get_command(app)


def _misused(error: UsageError, *, as_json: bool) -> int:
    from .console.voice import Voice  # noqa: PLC0415

    voice = Voice(as_json=as_json)
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
