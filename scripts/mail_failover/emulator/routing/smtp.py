"""An SMTP server that changes no byte and never turns its own failure into a permanent error."""

import asyncio
import collections
import contextlib
import errno
from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP, syntax

from mail_failover.errors import UsageError

SIZE_LIMIT = 25 * 1024 * 1024
# Messages held in memory at once; a sender beyond that waits for its 354.
MESSAGES_AT_ONCE = 8
HOSTNAME = "mail-failover.invalid"
TROUBLE = "451 4.3.0 Something failed here; try again later"

Take = Callable[[str, list[str], bytes], Awaitable[str]]


class SmtpServer:
    """Listens on 127.0.0.1 and hands each message to `take`, which returns the reply.

    `take` gets the sender (empty for a bounce), the recipients and the content. It runs to its end even if
    the sender leaves meanwhile, and whatever it raises is a temporary error for the sender.
    """

    def __init__(self, take: Take) -> None:
        self.take = take
        self.port = 0
        self.slots = asyncio.Semaphore(MESSAGES_AT_ONCE)
        self.sessions: set[_Session] = set()
        self.busy: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            UsageError: the port can't be had.

        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", port, backlog=512)
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            cause = "is in use" if taken else f"can't be opened: {error}"
            raise UsageError(f"Port {port} on 127.0.0.1 {cause}; choose another with --port.") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, seconds: float = 0) -> None:
        """Stop listening, give what is being taken `seconds` to end, and drop every session."""
        if self._server is None:
            return
        self._server.close()
        if self.busy and seconds:
            await asyncio.wait(self.busy, timeout=seconds)
        for session in list(self.sessions):
            session.drop()
        for task in self.busy:
            task.cancel()
        await self._server.wait_closed()
        self._server = None


class _Session(SMTP):
    """One connection."""

    # Room for long addresses and their parameters.
    command_size_limits = collections.defaultdict(lambda: 4096)  # noqa: RUF012 - declared by aiosmtpd
    # What is read of a message at once; its lines may be longer.
    line_length_limit = 65536

    def __init__(self, server: SmtpServer) -> None:
        self._owner = server
        super().__init__(
            server,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="mail-failover emulator",
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner.sessions.discard(self)
        super().connection_lost(error)

    def drop(self) -> None:
        """Break the connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def handle_exception(self, error: Exception) -> str:
        """Answer with a temporary error; aiosmtpd's own answer is a permanent one."""
        del error
        return TROUBLE

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds a command by its name
        """Take a message of any bytes and lines; aiosmtpd's own way refuses lines over 1001 bytes."""
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            async with self._owner.slots:
                await self._receive()

    async def _receive(self) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content()
        envelope, self.envelope = self.envelope, self._create_envelope()
        if content is None or envelope is None:
            await self.push(f"552 5.3.4 The message is over {SIZE_LIMIT} bytes")
            return
        sender = (envelope.mail_from or "").removeprefix("<").removesuffix(">")
        task = asyncio.ensure_future(self._answer(sender, list(envelope.rcpt_tos), content))
        self._owner.busy.add(task)
        task.add_done_callback(self._owner.busy.discard)
        await asyncio.shield(task)

    async def _answer(self, sender: str, recipients: list[str], content: bytes) -> None:
        try:
            reply = await self._owner.take(sender, recipients, content)
        except Exception as error:  # noqa: BLE001 - our own failure is the sender's 451, whatever it is
            reply = await self.handle_exception(error)
        with contextlib.suppress(ConnectionError):
            await self.push(reply)

    async def _content(self) -> bytes | None:
        """Read up to the final dot and undo the doubling of dots; None for more than the limit."""
        content = bytearray()
        size = 0
        line_start = True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.readexactly(error.consumed)
            if line_start and piece == b".\r\n":
                return bytes(content) if size <= SIZE_LIMIT else None
            if line_start and piece.startswith(b"."):
                piece = piece[1:]
            line_start = piece.endswith(b"\r\n")
            size += len(piece)
            if size <= SIZE_LIMIT:
                content += piece
            else:
                content.clear()
