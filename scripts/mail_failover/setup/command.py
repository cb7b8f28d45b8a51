"""The commands of `mail-failover setup`; what they need is imported when they run."""

from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from mail_failover.address.command import door
from mail_failover.console.next_step import PROGRAM
from mail_failover.errors import UsageError
from mail_failover.settings.option import Config


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
        "CLOUDFLARE_API_TOKEN, in .env or the environment, holds a user token; docs/setup.md lists its"
        " permissions."
        " Exit codes: 0 done, or nothing to do; 1 a problem was found; 2 wrong usage; 3 refused as unsafe;"
        " 4 Cloudflare's API failed; 130 Ctrl-C: then it says what is changed, and how to go on or back."
    ),
)

Domain = Annotated[
    str,
    typer.Option(
        metavar="DOMAIN", help="The domain, as in example.com.", show_default="the one that is set up here"
    ),
]
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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Alone = Annotated[bool, typer.Option("--domain-alone", help="Leave out the Worker and its inboxes.")]
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
        _run("plan", domain=domain, worker=worker, inboxes=tuple(inbox or ()), config=config, json=json)
    elif domain or worker or inbox or config or json:
        from mail_failover.console.next_step import Again  # noqa: PLC0415
        from mail_failover.console.program import program  # noqa: PLC0415

        again = Again(domain, program(), str(config or ""), worker, tuple(inbox or ()))
        command = context.invoked_subcommand
        behind = _behind(command, context.meta[__name__])
        options = ["--json"] if json and "--json" not in behind else []
        meant = again.setup(command, *behind, *options)
        raise UsageError("The options of setup stand behind the command.", f"Type it so: `{meant}`.")


def _looking(command: str, what: str) -> None:
    """Make a command that only looks."""

    def look(  # noqa: PLR0913 - one parameter per option
        *,
        domain: Domain = "",
        worker: Worker = "",
        inbox: Inbox = None,
        config: Config = None,
        json: AsJson = False,
        domain_alone: Alone = False,
    ) -> None:
        wish = {"domain": domain, "worker": worker, "inboxes": tuple(inbox or ()), "alone": domain_alone}
        _run(command, **wish, config=config, json=json)

    example = f"Example: {PROGRAM} setup {command} --domain example.com"
    app.command(command, help=f"{what}\n\n{example}")(look)


_looking("plan", "Show what `apply` would change and why; change nothing.")


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
    wish = {"domain": domain, "worker": worker, "inboxes": tuple(inbox or ()), "config": config}
    _run("apply", **wish, json=json, yes=yes, force=force_unsafe, wait=wait)


_looking("status", "Say whether the domain is set up.\n\nExit code 1 if something is missing.")


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
    _run("undo", domain=domain, config=config, json=json, yes=yes, force=force_unsafe)


app.command()(door)


def _run(command: str, **given: Any) -> NoReturn:
    """Run a command with the options that were given; what it needs is imported now."""
    from mail_failover.setup.run import run  # noqa: PLC0415
    from mail_failover.setup.session import Options  # noqa: PLC0415

    raise typer.Exit(run(command, Options(**given)))


def _behind(command: str, words: list[str]) -> list[str]:
    """Return the words behind a command, which may be an option's value as well."""
    values = ("--domain", "--worker", "--inbox", "--config")
    places = (n for n, word in enumerate(words) if word == command and (not n or words[n - 1] not in values))
    return words[next(places) + 1 :]
