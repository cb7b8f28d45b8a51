"""The command `doctor`. What it needs is imported when it runs."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from mail_failover.door.options import TokenFile, Url, Way
from mail_failover.settings.option import Config

if TYPE_CHECKING:
    from mail_failover.console.voice import Voice


def doctor(  # noqa: PLR0913 - one parameter per option
    *,
    domain: Annotated[
        str,
        typer.Option(
            metavar="DOMAIN",
            help="The domain, as in example.com.",
            show_default="the one that is set up here",
        ),
    ] = "",
    resolver: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Ask this DNS resolver instead of the system's.")
    ] = "",
    config: Config = None,
    live: Annotated[bool, typer.Option("--live", help="Also talk to the servers on port 25.")] = False,
    chat: Annotated[bool, typer.Option("--chat", help="Also send a test alert to every chat.")] = False,
    rcpt: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="With --live: an address that exists, to ask your server and the edge for.",
            show_default="postmaster@DOMAIN, and mail-failover-doctor@DOMAIN at the edge",
        ),
    ] = "",
    sender: Annotated[
        str,
        typer.Option(
            "--from", metavar="ADDRESS", help="With --live: the sender.", show_default="none, as <>"
        ),
    ] = "",
    url: Url = "",
    token_file: TokenFile = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="Print nothing while the exit code is 0, else what made it another."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check everything that can be wrong with a domain; change nothing.

    Without CLOUDFLARE_API_TOKEN the checks of the account are skipped, without --url that of the door.
    Exit code: 0 no check failed, 1 one did, 2 wrong usage, 4 Cloudflare's API did not answer everything,
    130 Ctrl-C.

    Example: mail-failover doctor --domain example.com --live
    """
    from contextlib import nullcontext  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from mail_failover.cloudflare.calls import Cloudflare  # noqa: PLC0415
    from mail_failover.cloudflare.zones import ascii_name  # noqa: PLC0415
    from mail_failover.console.exit_codes import DONE  # noqa: PLC0415
    from mail_failover.console.next_step import Again  # noqa: PLC0415
    from mail_failover.console.program import program  # noqa: PLC0415
    from mail_failover.console.voice import speaking  # noqa: PLC0415
    from mail_failover.doctor.live.talk import Probe  # noqa: PLC0415
    from mail_failover.mail.conversation import envelope_address  # noqa: PLC0415
    from mail_failover.mail.resolver import Dns, ascii_domain, resolver_address  # noqa: PLC0415
    from mail_failover.settings.files import environment  # noqa: PLC0415
    from mail_failover.settings.local import domain_of, read_local  # noqa: PLC0415

    from .door import at_door  # noqa: PLC0415
    from .examine import Ports, examine  # noqa: PLC0415
    from .table import show, show_problems  # noqa: PLC0415

    def body(voice: "Voice") -> int:
        local, env = read_local(config), environment(config)

        def zones() -> list[str]:
            with Cloudflare.from_env(env) as api:
                return list(map(ascii_name, api.zones()))

        seen = zones if env.get("CLOUDFLARE_API_TOKEN") else list
        name = ascii_domain(domain or domain_of(local, env, seen))
        again = Again(name, program(), str(config or ""))
        account = env.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
        server = resolver_address(resolver) if resolver else None
        probe = None
        if live:
            given = envelope_address(rcpt, "--rcpt") if rcpt else ""
            recipient, mailbox = given or f"mail-failover-doctor@{name}", given or f"postmaster@{name}"
            probe = Probe(
                envelope_address(sender, "--from") if sender else "", recipient, mailbox, again=again
            )
        knock = at_door(Way(url, name, token_file), local, again)
        with nullcontext() if quiet else voice.busy(f"Checking {name}"):
            api = partial(Cloudflare.from_env, env)
            ports = Ports(Dns(server), api, account=account, again=again, knock=knock)
            report = asyncio.run(examine(name, local, ports, probe, chat=chat))
        if quiet and report.exit_code == DONE:
            return DONE
        (show_problems if quiet else show)(report, voice)
        return voice.end(report.exit_code, **report.as_json())

    raise typer.Exit(speaking(body, as_json=as_json))
