"""The command `init`; what it needs is imported when it runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mail_failover.settings.option import Config

if TYPE_CHECKING:
    from mail_failover.console.underneath import Run

Init = Callable[..., None]
Chosen = Literal[
    "",
    "telegram",
    "telegram-group",
    "ntfy",
    "matrix",
    "discord",
    "slack",
    "none",
    "gotify",
    "pushover",
    "mattermost",
    "webhook",
]


def command(underneath: "Run") -> Init:
    """Make the command `init` over a way to run the others."""

    def init(  # noqa: PLR0913 - one parameter per option
        *,
        domain: Annotated[str, typer.Option(metavar="DOMAIN", help="The domain, as in example.com.")] = "",
        inbox: Annotated[
            list[str] | None,
            typer.Option(metavar="ADDRESS", help="A fallback inbox, the first choice first."),
        ] = None,
        chat: Annotated[
            Chosen,
            typer.Option(
                metavar="NAME",
                help="What tells you: telegram, telegram-group, ntfy, matrix, discord, slack, gotify,"
                " pushover, mattermost, webhook or none.",
                show_default=False,
            ),
        ] = "",
        chat_id: Annotated[str, typer.Option(metavar="ID", help="The chat or the channel, by its id.")] = "",
        to: Annotated[str, typer.Option(metavar="ADDRESS", help="The drill's recipient.")] = "",
        sender: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="The drill's sender.")] = "",
        server: Annotated[
            str, typer.Option(metavar="HOST", help="Your mail server, for mail to come home to.")
        ] = "",
        config: Config = None,
        check: Annotated[bool, typer.Option("--check", help="Only say where one stands.")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask before something changes.")] = False,
        json: Annotated[bool, typer.Option("--json", help="Print JSON; asks nothing.")] = False,
    ) -> None:
        """Go from nothing to a proven domain: token, inboxes, chat, upload, records, check, drill.

        Each step is one of the other commands, and says which. It can be stopped at any time and run again:
        what is done is found done. Settings and secrets are written to .dev.vars, the token to .env, for you
        alone; without a terminal, CLOUDFLARE_API_TOKEN and the options say what is not asked.
        Exit code: 0 proven, 1 something is left, 2 wrong usage, 3 refused as unsafe, 4 Cloudflare's API
        failed, 130 Ctrl-C.

        Example: mail-failover init
        """
        from .given import Options, World  # noqa: PLC0415
        from .run import run  # noqa: PLC0415

        inboxes = tuple(inbox or ())
        options = Options(
            domain, inboxes, chat, chat_id, to, sender, server, config, check=check, yes=yes, json=json
        )
        raise typer.Exit(run(options, World(underneath)))

    return init
