"""The commands `deploy` and `wrangler`. What they need is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer

from mail_failover.settings.option import Config

ANY_WORDS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""How `wrangler` is registered: from its first word on, all that is typed is wrangler's own."""


def deploy(  # noqa: PLR0913 - one parameter per option
    *,
    config: Config = None,
    worker: Annotated[
        str, typer.Option(metavar="NAME", help="The Worker's name.", show_default="`name` in wrangler.toml")
    ] = "",
    domain: Annotated[
        str,
        typer.Option(
            metavar="DOMAIN",
            help="A domain of the account that is meant, if the token sees several accounts.",
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show all of it, and upload nothing; needs no token.")
    ] = False,
    outdir: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also write there what goes up.", show_default="nowhere"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, also if something that is deployed changes or goes.")
    ] = False,
) -> None:
    """Upload the Worker, with the settings and secrets of .dev.vars.

    They are checked first, and what changes of what is deployed is shown. Secrets that are deployed and not
    here stay; variables that are not here go. Then it is read back.

    Exit code: 0 deployed, 1 the settings can't be used, or something is left to do, 2 wrong usage or no
    consent, 4 Cloudflare's API or the upload failed, 130 Ctrl-C.

    Example: mail-failover deploy --dry-run
    """
    from .run import Options, run_deploy  # noqa: PLC0415

    raise typer.Exit(run_deploy(Options(config, worker, domain, dry_run, outdir, yes, as_json)))


def wrangler(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS...", help="A command of wrangler's, with its options.")
    ],
) -> None:
    """Run another command of wrangler's, with the Node and the token that it needs.

    It gets the token of .env, and this Worker's wrangler.toml unless --config is among the words. Its exit
    code is passed on.

    Example: mail-failover wrangler tail

    Example: mail-failover wrangler secret list
    """
    from mail_failover.console.voice import Voice  # noqa: PLC0415

    from .foreground import in_foreground  # noqa: PLC0415

    raise typer.Exit(in_foreground(words, Voice(as_json=False)))
