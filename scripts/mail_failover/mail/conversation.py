"""A conversation with an SMTP or LMTP server, step by step, each with a deadline, in its exact words."""

import asyncio
import contextlib
import errno
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mail_failover.errors import UsageError

from .resolver import ascii_domain

SECONDS = 10.0
CONTENT = "the content"
END = "the end of the content"
_LAST_WORDS = 1.0
_MOST_LINES = 64
_LONGEST_LINE = 4096

Kind = Literal["timeout", "refused", "unreachable", "broken"]
# A host and its port, or the path of a socket.
Address = tuple[str, int] | str


class SmtpError(Exception):
    """A conversation ended early: at which step, in what way, and why in words.

    `refused` and `unreachable` and, at the step `connect`, `timeout` mean that there was no connection.
    """

    def __init__(self, step: str, kind: Kind, words: str) -> None:
        super().__init__(words)
        self.step = step
        self.kind = kind
        self.words = words

    @property
    def connected(self) -> bool:
        """Tell whether there was a connection."""
        return self.step != "connect"


class _NoReplyError(Exception):
    """What the server said is no reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer (RFC 5321, section 4.2): untrusted words, the code included."""

    code: int
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return all of it on one line."""
        return f"{self.code} {' '.join(' '.join(self.lines).split())}".strip()


class Conversation:
    """One open connection. Every method raises SmtpError where the server breaks off or is silent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        # What the server offers, each with its parameters (RFC 5321, section 4.1.1.1).
        self.extensions: dict[str, tuple[str, ...]] = {}

    async def banner(self) -> Reply:
        """Read the server's first words."""
        return await self._reply("banner")

    async def ehlo(self, verb: str = "EHLO") -> Reply:
        """Greet, and learn what the server offers; LMTP says LHLO (RFC 2033, section 4.1)."""
        reply = await self.say(f"{verb} {self._own_name()}", verb)
        if reply.code == 250:
            offers = [line.split() for line in reply.lines[1:] if line.split()]
            self.extensions = {keyword.upper(): tuple(parameters) for keyword, *parameters in offers}
        return reply

    async def say(self, line: str, step: str) -> Reply:
        """Send a command and read the reply."""
        return await self.send(line.encode() + b"\r\n", step)

    async def say_all(self, commands: Sequence[tuple[str, str]]) -> Reply:
        """Send commands, each with its step, and return the first reply that is not 2xx, else the last.

        They go out together where PIPELINING is offered (RFC 2920).
        """
        together = "PIPELINING" in self.extensions
        if together:
            await self._write("".join(f"{line}\r\n" for line, _ in commands).encode(), commands[0][1])
        for line, step in commands:
            reply = await (self._reply(step) if together else self.say(line, step))
            if reply.code // 100 != 2:
                break
        return reply

    async def send(self, data: bytes, step: str, seconds: float | None = None) -> Reply:
        """Send bytes and read the reply; `seconds` replaces the usual limit."""
        async with _deadline(step, seconds or self._seconds):
            self._writer.write(data)
            await self._writer.drain()
            return await self._read()

    async def upload(self, pieces: Iterable[bytes], seconds: float, end_seconds: float) -> Reply:
        """Send content, each piece in `seconds`, the last one and the wait for the reply in `end_seconds`.

        Up to the last piece the step is CONTENT, from then on it is END: the server may have it all. One that
        refuses may do so earlier; then the rest is not sent, and this connection is of no more use.
        """
        answer = asyncio.ensure_future(self._read())
        held = b""
        try:
            for piece in pieces:
                if answer.done():
                    break
                await self._write(held, CONTENT, seconds)
                held = piece
            if not answer.done():
                async with _deadline(END, end_seconds):
                    self._writer.write(held)
                    await self._writer.drain()
                    return await answer
        except SmtpError as error:
            if error.step == END:
                raise
            # What the server said before the connection broke says more than its end.
            await asyncio.wait([answer], timeout=_LAST_WORDS)
            if not answer.done():
                raise
        finally:
            answer.cancel()
        return await self._early(answer)

    async def _early(self, answer: asyncio.Future[Reply]) -> Reply:
        self._writer.transport.abort()
        async with _deadline(CONTENT, self._seconds):
            reply = await answer
        if reply.code < 400:
            raise SmtpError(CONTENT, "broken", f"an answer before the end: {reply.words}")
        return reply

    async def starttls(self, context: ssl.SSLContext, host: str) -> ssl.SSLObject:
        """Ask for TLS (RFC 3207), and return it with the server's certificate.

        Raises:
            ssl.SSLCertVerificationError: the certificate is not valid for the host.

        """
        reply = await self.say("STARTTLS", "STARTTLS")
        if reply.code != 220:
            raise SmtpError("STARTTLS", "broken", reply.words)
        async with _deadline("TLS", self._seconds):
            await self._writer.start_tls(context, server_hostname=host, ssl_handshake_timeout=self._seconds)
        secured: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return secured

    async def quit(self) -> None:
        """Take leave; nothing depends on the answer."""
        with contextlib.suppress(SmtpError):
            await self.send(b"QUIT\r\n", "QUIT", min(self._seconds, SECONDS))

    def _own_name(self) -> str:
        """Return this machine's full name, or else its address (RFC 5321, section 4.1.4)."""
        name = socket.gethostname()
        if "." in name and name.isascii():
            return name
        own = self._writer.get_extra_info("sockname")
        if not isinstance(own, tuple):
            return "localhost"
        address = str(own[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    async def _write(self, data: bytes, step: str, seconds: float | None = None) -> None:
        async with _deadline(step, seconds or self._seconds):
            self._writer.write(data)
            await self._writer.drain()
            # A drain that need not wait lets nothing else run.
            await asyncio.sleep(0)

    async def _reply(self, step: str) -> Reply:
        async with _deadline(step, self._seconds):
            return await self._read()

    async def _read(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            line = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
            if not (line[:3].isascii() and line[:3].isdigit() and line[3:4] in {"", " ", "-"}):
                raise _NoReplyError(f"not an SMTP reply: {line[:80]}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), tuple(lines))
        raise _NoReplyError(f"a reply of over {_MOST_LINES} lines")


@contextlib.asynccontextmanager
async def conversation(
    address: Address, seconds: float = SECONDS, connect_seconds: float | None = None
) -> AsyncIterator[Conversation]:
    """Connect to a server; `seconds` is the limit of each step, and of connecting unless that has its own.

    Raises:
        SmtpError: there is no connection.

    """
    async with _deadline("connect", connect_seconds or seconds):
        if isinstance(address, str):
            reader, writer = await asyncio.open_unix_connection(address, limit=_LONGEST_LINE)
        else:
            reader, writer = await asyncio.open_connection(*address, limit=_LONGEST_LINE)
    talk = Conversation(reader, writer, seconds)
    try:
        yield talk
        await talk.quit()
    finally:
        writer.close()
        # A Ctrl-C just when an answer comes cancels what asyncio is about to settle.
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError, asyncio.InvalidStateError):
            await asyncio.wait_for(writer.wait_closed(), 1)


@contextlib.asynccontextmanager
async def _deadline(step: str, seconds: float) -> AsyncIterator[None]:
    """Bound a step, and give what the network raises its meaning."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise SmtpError(step, "timeout", f"no answer within {seconds:g} s") from error
    except ConnectionRefusedError as error:
        raise SmtpError(step, "refused", "connection refused") from error
    except ssl.SSLCertVerificationError:
        raise
    except _NoReplyError as error:
        raise SmtpError(step, "broken", str(error)) from error
    except asyncio.IncompleteReadError as error:
        raise SmtpError(step, "broken", "the server hung up") from error
    except asyncio.LimitOverrunError as error:
        raise SmtpError(step, "broken", f"a line of over {_LONGEST_LINE} bytes") from error
    except OSError as error:
        raise SmtpError(step, _kind(error), _words(error)) from error


def _kind(error: OSError) -> Kind:
    # OpenSSL numbers what goes wrong itself.
    gone = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM}
    return "unreachable" if error.errno in gone and not isinstance(error, ssl.SSLError) else "broken"


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).replace("_", " ").lower()
    if error.errno and not isinstance(error, socket.gaierror):
        # asyncio's own words name a function of its.
        return os.strerror(error.errno)
    if isinstance(error, ConnectionError):
        # So asyncio says that the connection ended within the handshake.
        return "the server hung up"
    return error.strerror or type(error).__name__


def envelope_address(text: str, option: str) -> str:
    """Read an address for an SMTP command; a domain in Unicode becomes what it is in DNS.

    Raises:
        UsageError: it is none; names the option.

    """
    local, _, domain = text.rpartition("@")
    with contextlib.suppress(UsageError):
        domain = domain if domain.isascii() else ascii_domain(domain)
    address = f"{local}@{domain}"
    if address.isascii() and re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", address):
        return address
    raise UsageError(f"{option} {text}: not an address in plain ASCII.", "Write it like anna@example.com.")
