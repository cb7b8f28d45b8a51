"""The command `mail-failover setup door`; what it needs is imported when it runs."""

from typing import Annotated

import typer

from mail_failover.settings.option import Config


def door(  # noqa: PLR0913 - one parameter per option
    *,
    workers_dev: Annotated[
        bool, typer.Option("--workers-dev", help="An address under workers.dev, which costs no name.")
    ] = False,
    route: Annotated[
        str, typer.Option(metavar="HOST", help="A name of your own, as in spool.example.com.")
    ] = "",
    off: Annotated[bool, typer.Option("--off", help="None: take back what this set.")] = False,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="The domain, as in example.com.")] = "",
    config: Config = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give the Worker an address on the web, which only the spool's door needs, and a token for it.

    It changes .dev.vars, after showing how; the next `mail-failover deploy` makes it so.

    Example: mail-failover setup door --workers-dev
    """
    from .run import Options, run_door  # noqa: PLC0415

    raise typer.Exit(run_door(Options(workers_dev, route, off, domain, config, json, yes)))
