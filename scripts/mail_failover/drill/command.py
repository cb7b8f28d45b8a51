"""The command `drill`: proves the whole path with the primary running. What it needs is imported late."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

from mail_failover.errors import UsageError

if TYPE_CHECKING:
    from mail_failover.console.voice import Voice

    from .follow import Ports
    from .inbox import Login
    from .send import Host

WAIT = 120
"""How many seconds a message is waited for in the fallback inbox."""

_USER, _PASSWORD = "MAIL_FAILOVER_IMAP_USER", "MAIL_FAILOVER_IMAP_PASSWORD"


def drill(  # noqa: PLR0913 - one parameter per option
    *,
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="An address of your domain.")],
    sender: Annotated[
        str,
        typer.Option(
            "--from", metavar="ADDRESS", help="A sender that this machine may send for, by its SPF record."
        ),
    ] = "",
    via: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Hand it in there: the emulator, or another relay.")
    ] = "",
    inbox_imap: Annotated[
        str,
        typer.Option(metavar="HOST[:PORT]", help="Wait until it is in the fallback inbox, by IMAP and TLS."),
    ] = "",
    wait: Annotated[int, typer.Option(min=1, max=3600, help="How many seconds to wait for it there.")] = WAIT,
    resolver: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Ask this DNS resolver instead of the system's.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print what happened as JSON.")] = False,
) -> None:
    """Hand a marked test message straight to the edge and follow it; the primary stays up.

    The fallback inbox is looked into with MAIL_FAILOVER_IMAP_USER and MAIL_FAILOVER_IMAP_PASSWORD.
    Exit code: 0 all that was looked at works, 1 it does not, 2 wrong usage, 130 Ctrl-C: then it says whether
    the message may arrive all the same.

    Example: mail-failover drill --to anna@example.com --from root@vps.example.com
    """
    from mail_failover.console.exit_codes import INTERRUPTED  # noqa: PLC0415
    from mail_failover.console.voice import failure, speaking  # noqa: PLC0415
    from mail_failover.mail.conversation import envelope_address  # noqa: PLC0415
    from mail_failover.mail.resolver import resolver_address, server_address  # noqa: PLC0415

    from .follow import follow  # noqa: PLC0415
    from .send import Host  # noqa: PLC0415

    def body(voice: "Voice") -> int:
        recipient = envelope_address(to, "--to")
        if not (sender or via):
            raise UsageError(
                "--from is missing: the edge refuses mail that fails both SPF and DKIM.",
                "Name a sender that this machine may send for, as in --from you@example.com.",
            )
        origin = envelope_address(sender, "--from") if sender else _sender_at(recipient)
        relay = Host(via, server_address(via, "--via", 25)) if via else None
        server = resolver_address(resolver) if resolver else None
        given = {"--inbox-imap": inbox_imap, "--resolver": resolver}
        given |= {"--wait": str(wait)} if wait != WAIT else {}
        options = [word for name, value in given.items() if value for word in (name, value)]
        options += ["--json"] if as_json else []
        ports = _ports(recipient, relay, server, _login(inbox_imap) if inbox_imap else None, options)
        with voice.busy("Drilling"):
            done = asyncio.run(follow(origin, recipient, wait, ports))
        for line in done.lines():
            voice.say(line)
        if done.exit_code == INTERRUPTED:
            voice.values["error"] = failure("Interrupted", "Interrupted.", done.sentence)
        return voice.end(done.exit_code, **done.as_json())

    hint = "If the message was handed over before, it may arrive all the same"
    raise typer.Exit(speaking(body, as_json=as_json, interrupted=hint))


def _sender_at(recipient: str) -> str:
    return f"mail-failover-drill@{recipient.rpartition('@')[2]}"


def _login(where: str) -> "Login":
    from mail_failover.mail.resolver import server_address  # noqa: PLC0415

    from .inbox import Login  # noqa: PLC0415

    user, password = os.environ.get(_USER, ""), os.environ.get(_PASSWORD, "")
    if not (user and password):
        raise UsageError(
            f"--inbox-imap needs {_USER} and {_PASSWORD} in the environment.",
            "They are the fallback inbox's user and its password, for most providers an app password.",
        )
    host, port = server_address(where, "--inbox-imap", 993)
    return Login(host, port, user, password)


def _ports(
    recipient: str,
    relay: "Host | None",
    server: tuple[str, int] | None,
    login: "Login | None",
    options: list[str],
) -> "Ports":
    from mail_failover.console.next_step import Again  # noqa: PLC0415
    from mail_failover.console.program import program  # noqa: PLC0415
    from mail_failover.mail.resolver import Dns  # noqa: PLC0415

    from .follow import Ports  # noqa: PLC0415
    from .inbox import Inbox  # noqa: PLC0415
    from .send import edge_hosts  # noqa: PLC0415

    async def find_hosts() -> "list[Host]":
        if relay:
            return [relay]
        return await edge_hosts(Dns(server), recipient.rpartition("@")[2])

    again = Again(recipient.rpartition("@")[2], program())
    open_inbox = (lambda: Inbox(login)) if login else None
    return Ports(find_hosts, open_inbox, via=relay.name if relay else "", options=options, again=again)
