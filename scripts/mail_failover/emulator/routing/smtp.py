"""An SMTP server that changes no byte and never turns its own failure into a permanent error."""

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Sequence

from mail_failover.errors import UsageError

from .rules import Rules
from .said import Heard
from .session import Intake, Session, Take

LOOPBACK = "127.0.0.1"
_BACKLOG = 512


class SmtpServer:
    """Hands each message to `take`, which returns the reply; with `tls` it offers STARTTLS.

    `take` gets the sender (empty for a bounce), the recipients and the content. It runs to its end even if
    the sender leaves meanwhile, and whatever it raises is a temporary error for the sender. `domains` are
    those whose recipients are taken, in the form that DNS uses; by default all. `heard` is told, when a
    session ends, its number, from 1, and what was said in it, without the content of messages.
    """

    def __init__(
        self,
        take: Take,
        *,
        tls: ssl.SSLContext | None = None,
        domains: Sequence[str] = (),
        heard: Heard | None = None,
    ) -> None:
        self.port = 0
        self._intake = Intake(take, Rules(domains), tls, heard)
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0, host: str = LOOPBACK) -> None:
        """Listen on an IP address of this machine; port 0 takes a free one.

        Raises:
            UsageError: the address or the port can't be had.

        """
        listening = listen(host, port)
        self.port = listening.getsockname()[1]
        self._intake.open = True
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Session(self._intake), sock=listening, backlog=_BACKLOG
        )

    async def stop(self, seconds: float = 0) -> None:
        """Stop listening, give what is being taken `seconds` to end, and drop every session."""
        if self._server is None:
            return
        loop = asyncio.get_running_loop()
        for listening in self._server.sockets:
            loop.remove_reader(listening)
        # What was accepted begins: of a server that closes before, asyncio would forget it, and its socket.
        await asyncio.sleep(0)
        self._server.close()
        busy = self._intake.busy
        if busy and seconds:
            await asyncio.wait(busy, timeout=seconds)
        self._intake.open = False
        for session in list(self._intake.sessions):
            session.drop()
        for task in busy:
            task.cancel()
        await self._server.wait_closed()
        self._server = None


def is_exposed(host: str) -> bool:
    """Tell whether others than this machine can reach what listens on an IP address."""
    return not ipaddress.ip_address(host).is_loopback


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Listen by a socket of our own: asyncio does not say since Python 3.13 why none could be had.

    Raises:
        UsageError: the address or the port can't be had; names the option that gives another port.

    """
    try:
        six = ipaddress.ip_address(host).version == 6
    except ValueError as error:
        raise UsageError(f"--host {host}: not an IP address; write it like {LOOPBACK}.") from error
    if not 0 <= port < 65536:
        raise UsageError(f"Port {port}: there is none; choose another with {option}.")
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if six else socket.AF_INET, backlog=_BACKLOG
        )
    except OSError as error:
        raise UsageError(_why_not(host, port, error, option)) from error
    # What is accepted has it from here: of a socket that names no protocol, asyncio leaves it off, and each
    # answer in two pieces waits 40 ms for the other side's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _why_not(host: str, port: int, error: OSError, option: str) -> str:
    """Say why nothing can listen there, and which option to change."""
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host}: not an address of this machine; {LOOPBACK} is, and 0.0.0.0 means all it has."
    cause = "is in use" if error.errno == errno.EADDRINUSE else f"can't be opened: {error}"
    return f"Port {port} on {host} {cause}; choose another with {option}."
