"""The commands of `mail-failover spool`; what they need is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer

from mail_failover.console.exit_codes import USAGE
from mail_failover.door.options import STATE, AsJson, Domain, State, TokenFile, Url, Way

app = typer.Typer(
    help="See what the spool has, save it as files, and say what is to become of it.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    epilog=(
        "Each takes --url, --domain and the token as `replay` does."
        " Exit codes: 0 done; 1 a problem, or not confirmed; 2 wrong usage; 4 the Worker's door failed;"
        " 130 Ctrl-C."
    ),
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The message, as `spool list` names it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.callback()
def spool(context: typer.Context) -> None:
    """Without a command, help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(USAGE)


@app.command("list")
def list_(
    *,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """List what the spool has, the oldest first, and how full it is.

    Example: mail-failover spool list --domain example.com
    """
    from .listing import show_list  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    raise typer.Exit(run(Way(url, domain, token_file, state), ("list",), show_list, as_json=as_json))


@app.command()
def key(  # noqa: PLR0913 - one parameter per option
    *,
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; those before stay, and open what they open.")
    ] = False,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Encrypt what the spool keeps: make a pair of keys, and see that a message went round.

    The private half stays here; keep a copy of it elsewhere. The public half is for the Worker's SPOOL_KEY.
    Exit code 0 once the spool has a message that was encrypted for the key, and it opens; 1 until then. Type
    it again at any time.

    Example: mail-failover spool key --url https://mail-failover.you.workers.dev --domain example.com
    """
    from .key import show_key  # noqa: PLC0415

    raise typer.Exit(show_key(Way(url, domain, token_file, state), new=new, as_json=as_json))


@app.command()
def show(  # noqa: PLR0913 - one parameter per option
    message: Id,
    *,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Show a message's envelope, times, state and header fields; nothing of it is opened.

    Example: mail-failover spool show 12-9f3a5b7c
    """
    from .message import show_message  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    way = Way(url, domain, token_file, state)
    raise typer.Exit(run(way, ("show", message), lambda visit: show_message(visit, message), as_json=as_json))


@app.command()
def export(  # noqa: PLR0913 - one parameter per option
    words: Annotated[
        list[str],
        typer.Argument(metavar="[ID] DIR|FILE.mbox", help="The message, and where to save it."),
    ],
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All that the spool has, instead of one.")
    ] = False,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Save messages byte for byte as .eml files, each with its envelope beside it, or all in an mbox file.

    No file is overwritten, and the spool keeps what it has.

    Example: mail-failover spool export --all mail
    """
    from mail_failover.errors import UsageError  # noqa: PLC0415

    from .export import export_copies  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    if len(words) != (1 if everything else 2):
        raise UsageError(
            "spool export takes a message's ID and where to save it, or --all and where.",
            "Write it like `spool export 12-9f3a5b7c mail` or `spool export --all mail`.",
        )
    way, only = Way(url, domain, token_file, state), "" if everything else words[0]
    typed = ("export", *(["--all"] if everything else []), *words)
    raise typer.Exit(
        run(way, typed, lambda visit: export_copies(visit, only, Path(words[-1])), as_json=as_json)
    )


@app.command()
def retry(  # noqa: PLR0913 - one parameter per option
    message: Id,
    *,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Let the next replay hand a message over again, though it was refused, delivered or put off.

    Run it where `replay` runs: the journal there knows what is home.

    Example: mail-failover spool retry 12-9f3a5b7c
    """
    from .change import retry_copy  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    way = Way(url, domain, token_file, state)
    raise typer.Exit(run(way, ("retry", message), lambda visit: retry_copy(visit, message), as_json=as_json))


@app.command()
def drop(  # noqa: PLR0913 - one parameter per option
    message: Id,
    *,
    yes: Yes = False,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Delete a message from the spool; it asks first.

    Example: mail-failover spool drop 12-9f3a5b7c
    """
    from .change import drop_copy  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    way = Way(url, domain, token_file, state)
    raise typer.Exit(
        run(way, ("drop", message), lambda visit: drop_copy(visit, message, yes=yes), as_json=as_json)
    )


@app.command()
def empty(  # noqa: PLR0913 - one parameter per option
    *,
    yes: Yes = False,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Delete all messages that the spool has by now; it asks first.

    Example: mail-failover spool empty --domain example.com
    """
    from .change import drop_all  # noqa: PLC0415
    from .run import run  # noqa: PLC0415

    way = Way(url, domain, token_file, state)
    raise typer.Exit(run(way, ("empty",), lambda visit: drop_all(visit, yes=yes), as_json=as_json))
