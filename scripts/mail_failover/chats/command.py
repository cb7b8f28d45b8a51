"""The commands of `mail-failover chats`; what they need is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer

from mail_failover.console.exit_codes import USAGE
from mail_failover.settings.option import Config

app = typer.Typer(
    help="Connect what tells you: find it, send it a test alert, write it into the settings.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    epilog=(
        "A secret is taken from the environment, from .dev.vars, or asked for without echo; where there is no"
        " terminal, it is read from standard input, a line for each. docs/channels.md shows each way step by"
        " step."
        " Exit codes: 0 done; 1 a problem, or not confirmed; 2 wrong usage; 130 Ctrl-C."
    ),
)

New = Annotated[bool, typer.Option("--new", help="Take another token than the one that is set.")]
NoTest = Annotated[bool, typer.Option("--no-test", help="Send no test alert.")]
Show = Annotated[bool, typer.Option("--show", help="Write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Write what is found without asking.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and ask nothing.")]
Given = tuple[bool, bool, bool, bool, Path | None, bool]
"""What was given of these, and where the settings are: new, no test, show, yes, config, JSON."""


@app.callback()
def chats(context: typer.Context) -> None:
    """Without a command, help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(USAGE)


@app.command()
def telegram(  # noqa: PLR0913 - one parameter per option
    *,
    group: Annotated[
        bool, typer.Option("--group", help="A group, or a topic of one, instead of a private chat.")
    ] = False,
    chat: Annotated[
        str, typer.Option(metavar="ID", help="The chat, by its id or @name, instead of waiting for it.")
    ] = "",
    topic: Annotated[str, typer.Option(metavar="ID", help="With --chat: a topic of it.")] = "",
    wait: Annotated[
        int | None,
        typer.Option(min=5, max=3600, help="How many seconds to wait for it.", show_default="300"),
    ] = None,
    no_qr: Annotated[bool, typer.Option("--no-qr", help="Show no QR code.")] = False,
    new: New = False,
    no_test: NoTest = False,
    show: Show = False,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Connect a chat of Telegram's, with a bot that @BotFather makes.

    It names the bot, shows a link that opens it with a new code, and waits until somebody follows it.

    Example: mail-failover chats telegram
    """
    from .run import run_telegram  # noqa: PLC0415
    from .session import Options  # noqa: PLC0415

    options = Options(
        config,
        group=group,
        chat=chat,
        topic=topic,
        wait=wait,
        qr=not no_qr,
        new=new,
        test=not no_test,
        show=show,
        yes=yes,
        json=as_json,
    )
    raise typer.Exit(run_telegram(options))


@app.command()
def slack(  # noqa: PLR0913 - one parameter per option
    *,
    channel: Annotated[str, typer.Option(metavar="ID", help="The bot's channel, by its id or #name.")] = "",
    new: New = False,
    no_test: NoTest = False,
    show: Show = False,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Connect a channel of Slack's, by an incoming webhook or a bot.

    Example: mail-failover chats slack
    """
    from .run import run_slack  # noqa: PLC0415
    from .session import Options  # noqa: PLC0415

    options = Options(config, channel=channel, new=new, test=not no_test, show=show, yes=yes, json=as_json)
    raise typer.Exit(run_slack(options))


def _connect(service: str, given: Given, **named: str) -> None:
    from .run import run_service  # noqa: PLC0415
    from .session import Options  # noqa: PLC0415

    new, no_test, show, yes, config, as_json = given
    options = {f"--{name}": value for name, value in named.items() if value}
    asked = Options(config, new=new, test=not no_test, show=show, yes=yes, json=as_json, named=options)
    raise typer.Exit(run_service(service, asked))


def _add(service: str, about: str) -> None:
    """Add the command of a service that takes no option of its own."""

    def connect(  # noqa: PLR0913 - one parameter per option
        *,
        new: New = False,
        no_test: NoTest = False,
        show: Show = False,
        yes: Yes = False,
        config: Config = None,
        as_json: AsJson = False,
    ) -> None:
        _connect(service, (new, no_test, show, yes, config, as_json))

    connect.__doc__ = f"{about}\n\nExample: mail-failover chats {service}"
    app.command(service)(connect)


_add("ntfy", "Connect a topic of ntfy.sh, or of your own server; it can make one that nobody guesses.")


@app.command()
def discord(  # noqa: PLR0913 - one parameter per option
    *,
    thread: Annotated[str, typer.Option(metavar="ID", help="A thread of the webhook's channel.")] = "",
    new: New = False,
    no_test: NoTest = False,
    show: Show = False,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Connect a channel of Discord's, by a webhook.

    Example: mail-failover chats discord
    """
    _connect("discord", (new, no_test, show, yes, config, as_json), thread=thread)


@app.command()
def matrix(  # noqa: PLR0913 - one parameter per option
    *,
    homeserver: Annotated[
        str, typer.Option(metavar="URL", help="The homeserver, as in https://matrix.example.com.")
    ] = "",
    room: Annotated[
        str, typer.Option(metavar="ID", help="The room, by its id (!…) or address (#room:example.com).")
    ] = "",
    new: New = False,
    no_test: NoTest = False,
    show: Show = False,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Connect a room of Matrix's that is not encrypted, by an account that is in it.

    Example: mail-failover chats matrix --room '#alerts:example.com'
    """
    given = new, no_test, show, yes, config, as_json
    _connect("matrix", given, homeserver=homeserver, room=room)


_add("mattermost", "Connect a channel of Mattermost's, by an incoming webhook.")


@app.command()
def gotify(  # noqa: PLR0913 - one parameter per option
    *,
    server: Annotated[
        str, typer.Option(metavar="URL", help="The server, as in https://gotify.example.com.")
    ] = "",
    new: New = False,
    no_test: NoTest = False,
    show: Show = False,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Connect an application of a Gotify server.

    Example: mail-failover chats gotify --server https://gotify.example.com
    """
    _connect("gotify", (new, no_test, show, yes, config, as_json), server=server)


_add("pushover", "Connect a user or a group of Pushover's, by an application's token.")
_add("webhook", "Connect any server of yours: it gets signed JSON; the secret is made here.")


@app.command("test")
def send(
    *,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="The domain that the alert names.")] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send a test alert to every chat that the settings name.

    Example: mail-failover chats test
    """
    from .run import run_test  # noqa: PLC0415
    from .session import Options  # noqa: PLC0415

    raise typer.Exit(run_test(Options(config, domain, json=as_json)))
