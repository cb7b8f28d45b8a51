"""The command `status`. What it needs is imported when it runs."""

import typer

from mail_failover.door.options import STATE, AsJson, Domain, State, TokenFile, Url, Way


def status(
    *,
    url: Url = "",
    domain: Domain = "",
    token_file: TokenFile = None,
    state: State = STATE,
    as_json: AsJson = False,
) -> None:
    """Say how things stand: the outage, alerts that wait, the spool; and what needs a person.

    Exit code: 0 all is well; 1 something needs a person: an outage that goes on, mail that was refused or
    that nobody fetches, alerts that were given up, a spool that is nearly full; 2 wrong usage; 4 the Worker's
    door failed; 130 Ctrl-C.

    Example: mail-failover status --url https://mail-failover.you.workers.dev --domain example.com
    """
    from .run import run  # noqa: PLC0415

    raise typer.Exit(run(Way(url, domain, token_file, state), as_json=as_json))
