"""Where letters go, as it is typed after --to."""

import re
import shlex
import time
from pathlib import PurePath
from typing import Protocol

from mail_failover.errors import UsageError
from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.mail.resolver import server_address

from .command import CommandTarget
from .content import Clock
from .letter import Letter, Verdict
from .smtp import SmtpTarget

_FORMS = (
    "Write smtp://127.0.0.1:25, lmtp://HOST:PORT, lmtp:/path/of/a/socket or "
    "'command:sendmail -i -N never -f {sender} -- {recipient}'."
)
_SUBMISSION = {465, 587}
# They hand what they are given to a shell, where an address could be a command.
_SHELLS = {"ssh", "rsh", "sh", "ash", "bash", "csh", "dash", "fish", "ksh", "tcsh", "zsh", "su", "eval"}


class Target(Protocol):
    """The primary, by one of its doors; printed as it was typed."""

    async def inject(self, letter: Letter) -> Verdict:
        """Hand one letter in, in a connection or process of its own.

        Raises:
            NoServerError: no letter can be handed in now.
            UncertainError: the server may have this one, or not.

        """
        ...


def target_from(text: str, *, xclient: bool = False, now: Clock = time.time) -> Target:
    """Read --to: smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/SOCKET or command:PROGRAM ARGUMENTS.

    `xclient` tells an SMTP server that the client is not this machine; `now` is the time of the replay in
    seconds since 1970.

    Raises:
        UsageError: it is none of these; says what to write.

    """
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in {"smtp", "lmtp", "command"}:
        raise UsageError(f"--to {text}: no way to hand mail in that is known.", _FORMS)
    if xclient and scheme != "smtp":
        raise UsageError(f"--xclient with --to {text}: only SMTP has it.", "Leave --xclient out.")
    if scheme == "command":
        return CommandTarget(text, _arguments(text, rest), now)
    if scheme == "lmtp" and re.fullmatch(r"/[^/].*", rest):
        return SmtpTarget(text, rest, now, "LHLO")
    if not rest.startswith("//"):
        raise UsageError(f"--to {text}: not an address.", _FORMS)
    address = _address(text, rest[2:].rstrip("/"), 25 if scheme == "smtp" else 24)
    return SmtpTarget(text, address, now, "EHLO" if scheme == "smtp" else "LHLO", xclient)


def _address(text: str, server: str, port: int) -> tuple[str, int]:
    """Read a host and a port, and refuse those that can't be the primary's for mail of others."""
    try:
        host, port = server_address(server, "--to", port)
    except UsageError as error:
        raise UsageError(f"--to {text}: not a host and its port.", _FORMS) from error
    if port in _SUBMISSION:
        raise UsageError(
            f"--to {text}: port {port} is for your users' own mail and refuses other senders.",
            "Name the port that takes mail of others, as in smtp://127.0.0.1:25.",
        )
    if host.lower().rstrip(".").endswith(EDGE_SUFFIX):
        raise UsageError(f"--to {text}: that is the edge, where the mail comes from.", _FORMS)
    return host, port


def _arguments(text: str, command: str) -> list[str]:
    """Take a command asunder as a shell does, and refuse one in which an address would come to a shell."""
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--to {text}: a quote is not closed.", _FORMS) from error
    places = re.findall(r"\{\w*\}", command)
    if not arguments or "{recipient}" not in places or set(places) - {"{sender}", "{recipient}"}:
        raise UsageError(
            f"--to {text}: not a program with {{recipient}} and {{sender}} among its arguments.", _FORMS
        )
    if shell := next((a for a in arguments if PurePath(a).name in _SHELLS), None):
        raise UsageError(
            f"--to {text}: {shell} gives its arguments to a shell, to which an address could be a command.",
            "Name the program itself, or a script that takes the addresses as arguments.",
        )
    return arguments
