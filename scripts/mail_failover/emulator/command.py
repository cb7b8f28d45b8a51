"""The command `emulate`. What it needs is imported when it runs."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mail_failover.settings.option import Config

from .faults import KINDS

_FAULTS = "\n".join(
    [
        "Let something fail: so many calls, or from now on. May be repeated. What can fail, and how:",
        *(f"\n{target}: {', '.join(kinds)}" for target, kinds in KINDS.items()),
        "\nSECONDS: how long 429 asks to wait, and how long late takes.",
    ]
)

Play = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SERVICE",
        help="A service to play where no chat's secret is set; may be repeated.",
        show_default="telegram and slack",
    ),
]
Var = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Override a setting.")]
PagePort = Annotated[int, typer.Option(help="The page's port on 127.0.0.1; 0 takes a free one.")]


def emulate(  # noqa: PLR0913 - one parameter per option
    *,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen; on any other address, others may reach it, and need no password.",
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port there; 0 takes a free one.")] = 2525,
    http_port: Annotated[
        int, typer.Option(help="The port of the Worker's web address, on 127.0.0.1; 0 takes a free one.")
    ] = 0,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN",
            help="Take mail for this domain, and refuse other recipients with 550; may be repeated.",
            show_default="any",
        ),
    ] = None,
    config: Config = None,
    data: Annotated[Path, typer.Option(help="Folder for a Maildir per inbox.")] = Path(".mail-failover"),
    relay: Annotated[str, typer.Option(metavar="HOST:PORT", help="Forward by SMTP instead.")] = "",
    verified: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A verified inbox; by default all that the settings name."),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="TARGET=KIND[:SECONDS][xN]", help=_FAULTS)
    ] = None,
    play: Play = None,
    var: Var = None,
    shape: Annotated[
        Literal["dict", "object"],
        typer.Option(help="What the Worker is given: as under `wrangler dev`, or as in production."),
    ] = "dict",
    runtime: Annotated[
        Literal["stand-in", "wrangler"],
        typer.Option(help="What runs the Worker: this Python, or Cloudflare's runtime in `wrangler dev`."),
    ] = "stand-in",
    page: Annotated[
        bool,
        typer.Option("--page", help="Show it on a page, and play sender and primary, too."),
    ] = False,
    page_port: PagePort = 0,
    events: Annotated[
        bool, typer.Option("--events", help="Print what happens as lines of JSON (docs/events.md).")
    ] = False,
) -> None:
    """Play Cloudflare's edge on this machine: SMTP in, the Worker, inboxes and chats out.

    docs/emulator.md says how mail clients, mail servers and containers reach it.

    Ctrl-C or SIGTERM is how it ends, so the exit code is 0 then: it lets what is under way end, and a second
    one does not wait for that. Exit code 2: wrong usage.

    Example: mail-failover emulate --fault forward=transient:x2

    Example: mail-failover emulate --host 172.17.0.1 --domain example.com

    Example: mail-failover emulate --page
    """
    _play(
        events=events,
        host=host,
        port=port,
        http_port=http_port,
        domains=domain or (),
        config=config,
        data=data,
        relay=relay,
        verified=verified or (),
        faults=fault or (),
        variables=var or (),
        shape=shape,
        runtime=runtime,
        playing=play or (),
        page=page,
        page_port=page_port,
    )


def watch(
    *,
    config: Config = None,
    play: Play = None,
    var: Var = None,
    page_port: PagePort = 0,
) -> None:
    """Watch the three actors on a page: stop your server, send mail, let things fail, read what arrives.

    It is `emulate --page` on free ports, with its mailboxes in a folder that goes when it ends. Ctrl-C ends
    it, with exit code 0. Exit code 2: wrong usage.

    Example: mail-failover watch --var ALERT_MINUTES=1
    """
    with tempfile.TemporaryDirectory(prefix="mail-failover-") as folder:
        _play(
            events=False,
            host="127.0.0.1",
            port=0,
            domains=(),
            relay="",
            verified=(),
            faults=(),
            shape="dict",
            page=True,
            page_port=page_port,
            data=Path(folder),
            config=config,
            variables=var or (),
            playing=play or (),
        )


def _play(*, events: bool, config: Path | None, **given: Any) -> None:
    from rich.text import Text  # noqa: PLC0415

    from mail_failover.console.voice import Voice  # noqa: PLC0415
    from mail_failover.settings.place import configuration  # noqa: PLC0415

    from .options import Options  # noqa: PLC0415
    from .play import run  # noqa: PLC0415

    voice, options = Voice(as_json=False), Options(config=configuration(config), **given)
    if events:
        asyncio.run(run(options, lambda _: None, lambda line: voice.show(Text(line))))
    else:
        asyncio.run(run(options, voice.say))
