"""Two of the three actors: the primary, and a sender that follows MX preference."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from mail_failover.emulator.routing.inbox import write_maildir
from mail_failover.emulator.routing.smtp import SmtpServer
from mail_failover.mail.submission import RefusedError, submit


class Primary:
    """The self-hosted mail server: stores what it gets in one Maildir, and knows the envelopes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.envelopes: list[tuple[str, list[str]]] = []
        self._is_up = False
        self._port = 0
        self._server = SmtpServer(self._take)

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; it stays known when the server has stopped."""
        return self._server.port

    async def start(self) -> None:
        """Begin to listen, where it did before if it did."""
        await self._server.start(self._port)
        self._port = self.port
        self._is_up = True

    async def stop(self) -> None:
        """Go down as a machine does: break every session, in the middle of a message too."""
        self._is_up = False
        await self._server.stop()

    async def greet(self, host: str, port: int, tls: bool) -> bytes:
        """Say what another port of its says, the one that the Worker asks.

        Raises:
            ConnectionRefusedError: it is down.

        """
        del port, tls
        if not self._is_up:
            raise ConnectionRefusedError
        return f"220 {host} ESMTP\r\n".encode()

    async def _take(self, sender: str, recipients: list[str], content: bytes) -> str:
        self.envelopes.append((sender, recipients))
        trace = f"Return-Path: <{sender}>\r\n".encode(errors="surrogateescape")
        write_maildir(self.folder, trace + content)
        return "250 2.0.0 Stored"


@dataclass(frozen=True, slots=True)
class Exchanger:
    """One MX record: the lowest preference number is tried first (RFC 5321, section 5.1)."""

    preference: int
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and its envelope."""

    sender: str
    recipient: str
    subject: str
    content: bytes = field(repr=False)


class Sent(Enum):
    """Where a message is after an attempt."""

    TAKEN = "taken"
    KEPT = "kept"
    BOUNCED = "bounced"


class Sender:
    """A mail server somewhere that sends; `queue` holds what it has to try again.

    `note` is told of each try: the exchanger, and its reply or why there was none.
    """

    def __init__(self, exchangers: Sequence[Exchanger], note: Callable[[Exchanger, str], None]) -> None:
        self.queue: list[Letter] = []
        self._exchangers = sorted(exchangers, key=lambda exchanger: exchanger.preference)
        self._note = note

    async def send(self, letter: Letter) -> Sent:
        """Try the exchangers in turn until one answers; what none took for now goes into the queue."""
        sent = await self._attempt(letter)
        if sent is Sent.KEPT:
            self.queue.append(letter)
        return sent

    async def retry(self) -> list[Sent]:
        """Send what is in the queue once more."""
        letters, self.queue = self.queue, []
        return [await self.send(letter) for letter in letters]

    async def _attempt(self, letter: Letter) -> Sent:
        for exchanger in self._exchangers:
            server = ("127.0.0.1", exchanger.port)
            try:
                reply = await asyncio.to_thread(
                    submit, server, letter.sender, [letter.recipient], letter.content, seconds=40
                )
            except RefusedError as error:
                self._note(exchanger, error.reply)
                return Sent.BOUNCED if error.permanent else Sent.KEPT
            except OSError as error:
                self._note(exchanger, _cause(error))
                continue
            self._note(exchanger, reply)
            return Sent.TAKEN
        return Sent.KEPT


def _cause(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "connection lost" if isinstance(error, ConnectionError) else str(error)
