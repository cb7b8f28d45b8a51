"""The command `replay`. What it needs is imported when it runs."""

from typing import Annotated

import typer

from mail_failover.door.options import STATE, AsJson, Domain, State, TokenFile, Url, Way


def replay(  # noqa: PLR0913 - one parameter per option
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="TARGET",
            help="Your server: smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/SOCKET, or 'command:PROGRAM {sender}"
            " {recipient}', which gets the message on standard input.",
        ),
    ],
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SENDER|RECIPIENT|ID",
            help="Only these messages, also those that your server put off; may be repeated.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, metavar="N", help="So many messages at most.", show_default="all")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be delivered.")] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Stay, and ask every minute; every 15 seconds during an outage."),
    ] = False,
    xclient: Annotated[
        bool, typer.Option("--xclient", help="Tell an SMTP server that the client is another one (XCLIENT).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring caught mail home: fetch it from the spool and hand it to your server, each message once.

    Ended at any time, it goes on where it was. What your server refuses stays in the spool.
    Exit code: 0 everything is home; 1 something was refused, is still to come or got no answer; 2 wrong
    usage; 4 the Worker's door failed; 5 your server takes no mail now; 130 Ctrl-C. With --watch a Ctrl-C or
    SIGTERM is how it ends: 0.

    Example: mail-failover replay --to smtp://127.0.0.1:25 --domain example.com
    --url https://mail-failover.you.workers.dev
    """
    from .run import Options, run  # noqa: PLC0415

    way = Way(url, domain, token_file, state)
    options = Options(to, way, tuple(only or ()), limit, dry_run, watch, xclient, as_json)
    raise typer.Exit(run(options))
