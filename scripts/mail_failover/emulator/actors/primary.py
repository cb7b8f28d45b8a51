"""One's own mail server, which can go down."""

from collections.abc import Callable
from pathlib import Path

from mail_failover.emulator.routing.inbox import write_maildir
from mail_failover.emulator.routing.said import Heard
from mail_failover.emulator.routing.smtp import SmtpServer


class Primary:
    """Stores what it gets in one Maildir, and knows the envelopes.

    `stored` is told each file's name and content, and what was sent; `heard` what was said in each session.
    """

    def __init__(
        self,
        folder: Path,
        stored: Callable[[str, bytes, bytes], None] = lambda *_: None,
        heard: Heard | None = None,
    ) -> None:
        self.folder = folder
        self.envelopes: list[tuple[str, list[str]]] = []
        self.is_up = False
        self._stored = stored
        self._port = 0
        self._server = SmtpServer(self._take, heard=heard)

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; it stays known when the server has stopped."""
        return self._server.port

    async def start(self) -> None:
        """Begin to listen, where it did before if it did."""
        await self._server.start(self._port)
        self._port = self.port
        self.is_up = True

    async def stop(self) -> None:
        """Go down as a machine does: break every session, in the middle of a message too."""
        self.is_up = False
        await self._server.stop()

    async def greet(self, host: str, port: int, tls: bool) -> bytes:
        """Say what another port of its says, the one that the Worker asks.

        Raises:
            ConnectionRefusedError: it is down.

        """
        del port, tls
        if not self.is_up:
            raise ConnectionRefusedError
        return f"220 {host} ESMTP\r\n".encode()

    async def _take(self, sender: str, recipients: list[str], content: bytes) -> str:
        self.envelopes.append((sender, recipients))
        trace = f"Return-Path: <{sender}>\r\n".encode(errors="surrogateescape")
        file = write_maildir(self.folder, trace + content)
        self._stored(file.name, trace + content, content)
        return "250 2.0.0 Stored"
