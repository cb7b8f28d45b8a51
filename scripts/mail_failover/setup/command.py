"""The commands of `mail-failover setup`; what they need is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from mail_failover.errors import UsageError


class Typed(TyperGroup):
    """Keeps what was typed behind `setup`, for what is to be typed instead."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the options that stand before the command."""
        ctx.meta[__name__] = [*args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Typed,
    help="Set up a domain at Cloudflare: see what would change, change it, take it back.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    epilog=(
        "CLOUDFLARE_API_TOKEN holds a user token; docs/setup.md lists its permissions."
        " Exit codes: 0 done, or nothing to do; 1 a problem was found; 2 wrong usage; 3 refused as unsafe;"
        " 4 Cloudflare's API failed; 130 Ctrl-C: then it says what is changed, and how to go on or back."
    ),
)

Domain = Annotated[str, typer.Option(metavar="DOMAIN", help="The domain, as in example.com.")]
Worker = Annotated[
    str, typer.Option(metavar="NAME", help="The Worker that catches mail.", show_default="name in --config")
]
Inbox = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="An inbox that the Worker forwards to; may be repeated.",
        show_default="FALLBACK_INBOXES and ROUTES in --config",
    ),
]
Config = Annotated[
    Path | None, typer.Option(help="The Worker's settings.", show_default="wrangler.toml, if it is here")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; unsafe steps are refused all the same.")]
Force = Annotated[bool, typer.Option("--force-unsafe", help="Also do what the plan calls unsafe.")]


@app.callback()
def setup(  # noqa: PLR0913 - one parameter per option
    context: typer.Context,
    *,
    domain: Domain = "",
    worker: Worker = "",
    inbox: Inbox = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Without a command, show the plan."""
    if context.invoked_subcommand is None:
        plan(domain=domain, worker=worker, inbox=inbox, config=config, json=json)
    elif domain or worker or inbox or config or json:
        from mail_failover.console.next_step import Again  # noqa: PLC0415
        from mail_failover.console.program import program  # noqa: PLC0415

        again = Again(domain, program(), str(config or ""), worker, tuple(inbox or ()))
        command = context.invoked_subcommand
        behind = _behind(command, context.meta[__name__])
        options = ["--json"] if json and "--json" not in behind else []
        meant = again.setup(command, *behind, *options)
        raise UsageError("The options of setup stand behind the command.", f"Type it so: `{meant}`.")


@app.command()
def plan(
    *,
    domain: Domain = "",
    worker: Worker = "",
    inbox: Inbox = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Show what `apply` would change and why; change nothing.

    Example: mail-failover setup plan --domain example.com
    """
    from mail_failover.setup.flow.options import Options  # noqa: PLC0415
    from mail_failover.setup.flow.run import run_plan  # noqa: PLC0415

    raise typer.Exit(run_plan(Options(domain, worker, tuple(inbox or ()), config, json)))


@app.command()
def apply(  # noqa: PLR0913 - one parameter per option
    *,
    domain: Domain = "",
    worker: Worker = "",
    inbox: Inbox = None,
    config: Config = None,
    json: AsJson = False,
    yes: Yes = False,
    force_unsafe: Force = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every inbox is verified.")] = False,
) -> None:
    """Show the plan, ask, and carry it out.

    A journal keeps what was there before. Run it again after an interruption: it goes on where it stopped.

    Example: mail-failover setup apply --domain example.com --wait
    """
    from mail_failover.setup.flow.options import Options  # noqa: PLC0415
    from mail_failover.setup.flow.run import run_apply  # noqa: PLC0415

    options = Options(domain, worker, tuple(inbox or ()), config, json, yes, force_unsafe, wait)
    raise typer.Exit(run_apply(options))


@app.command()
def status(
    *,
    domain: Domain = "",
    worker: Worker = "",
    inbox: Inbox = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Say whether the domain is set up.

    Exit code 1 if something is missing.

    Example: mail-failover setup status --domain example.com
    """
    from mail_failover.setup.flow.options import Options  # noqa: PLC0415
    from mail_failover.setup.flow.run import run_status  # noqa: PLC0415

    raise typer.Exit(run_status(Options(domain, worker, tuple(inbox or ()), config, json)))


@app.command()
def undo(
    *,
    domain: Domain = "",
    config: Config = None,
    json: AsJson = False,
    yes: Yes = False,
    force_unsafe: Annotated[
        bool, typer.Option("--force-unsafe", help="Also put back what somebody else changed since.")
    ] = False,
) -> None:
    """Bring back what was there before the last apply.

    Example: mail-failover setup undo --domain example.com
    """
    from mail_failover.setup.flow.options import Options  # noqa: PLC0415
    from mail_failover.setup.flow.run import run_undo  # noqa: PLC0415

    options = Options(domain, "", (), config, json, yes, force_unsafe)
    raise typer.Exit(run_undo(options))


@app.command()
def door(  # noqa: PLR0913 - one parameter per option
    *,
    workers_dev: Annotated[
        bool, typer.Option("--workers-dev", help="An address under workers.dev, which costs no name.")
    ] = False,
    route: Annotated[
        str, typer.Option(metavar="HOST", help="A name of your own, as in spool.example.com.")
    ] = "",
    off: Annotated[bool, typer.Option("--off", help="None: take back what this set.")] = False,
    domain: Domain = "",
    config: Config = None,
    json: AsJson = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give the Worker an address on the web, which only the spool's door needs.

    It changes wrangler.toml, after showing how; the next deploy makes it so.

    Example: mail-failover setup door --workers-dev
    """
    from mail_failover.setup.door.run import Options, run_door  # noqa: PLC0415

    raise typer.Exit(run_door(Options(workers_dev, route, off, domain, config, json, yes)))


def _behind(command: str, words: list[str]) -> list[str]:
    """Return the words behind a command, which may be an option's value as well."""
    values = ("--domain", "--worker", "--inbox", "--config")
    places = (n for n, word in enumerate(words) if word == command and (not n or words[n - 1] not in values))
    return words[next(places) + 1 :]
