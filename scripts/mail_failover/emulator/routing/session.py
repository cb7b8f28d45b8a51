"""One connection of the SMTP server: what aiosmtpd does not do, or does otherwise than an edge."""

import asyncio
import collections
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import AnyStr

from aiosmtpd.smtp import SMTP, Envelope, syntax

from .content import PIECE, SIZE_LIMIT, Content
from .path import read_path
from .rules import NULL_PATH, Rules
from .said import Heard, Overheard, Said

# It warns of what a client said, which may be a password.
logging.getLogger("mail.log").setLevel(logging.ERROR)

# Messages held in memory at once; the next one waits until it may begin.
MESSAGES_AT_ONCE = 8
HOSTNAME = "mail-failover.invalid"
TROUBLE = "451 4.3.0 Something failed here; try again later"
# 18 digits are more than anybody sends, and an int of no length to speak of.
_CHUNK = re.compile(r"(?P<size>[0-9]{1,18})(?:[ \t]+(?P<last>LAST))?", re.IGNORECASE)

Take = Callable[[str, list[str], bytes], Awaitable[str]]


@dataclass(slots=True, eq=False)
class Intake:
    """What all sessions of one server share.

    A message holds one of the `slots` from before its first byte is read until it is answered. A session that
    begins while it is not `open` is broken off.
    """

    take: Take
    rules: Rules
    tls: ssl.SSLContext | None = None
    heard: Heard | None = None
    open: bool = False
    begun: int = 0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MESSAGES_AT_ONCE))
    sessions: set["Session"] = field(default_factory=set)
    busy: set[asyncio.Task[None]] = field(default_factory=set)


class Session(SMTP, Overheard):
    """A sender's session: DATA and BDAT of any bytes, STARTTLS, strict addresses, no log-in."""

    # Room for long addresses and their parameters.
    command_size_limits = collections.defaultdict(lambda: 4096)  # noqa: RUF012 - declared by aiosmtpd
    # How much the reader keeps, twice that at most.
    line_length_limit = PIECE

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        # What has come of a message; while it is there, it holds a slot.
        self._content: Content | None = None
        intake.begun += 1
        self.said = Said(intake.begun, intake.heard) if intake.heard else None
        super().__init__(
            intake.rules,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="mail-failover emulator",
            tls_context=intake.tls,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; once more when TLS is on."""
        self._intake.sessions.add(self)
        super().connection_made(transport)
        # It was accepted in the instant in which the server stopped.
        if not self._intake.open:
            self.drop()

    def connection_lost(self, error: Exception | None) -> None:
        """End, and forget what has come of a message."""
        self._intake.sessions.discard(self)
        self._give_up()
        super().connection_lost(error)

    def drop(self) -> None:
        """Break the connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def push(self, status: AnyStr) -> None:
        """Reply with one line."""
        if self.said:
            self.said.by_server(status if isinstance(status, bytes) else status.encode(errors="replace"))
        await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        """Answer with a temporary error; aiosmtpd's own answer is a permanent one."""
        del error
        return TROUBLE

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds a command by its name
        """Turn TLS on, once; what was said before is forgotten (RFC 3207, section 4.2)."""
        if self.session is not None and self.session.ssl is not None:
            await self.push("503 5.5.1 TLS is on already")
        else:
            await super().smtp_STARTTLS(arg or "")

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        """Know no users, as an edge."""
        del arg
        await self.push("502 5.5.1 There is nobody to log in as")

    @syntax("RCPT TO:<address>", extended=" [SP <parameters>]")
    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Take recipients before the message, not in the middle of it."""
        if self._content is not None:
            await self.push("503 5.5.1 The message has begun: BDAT or RSET")
        else:
            await super().smtp_RCPT(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Take a message of any bytes and lines; aiosmtpd's own way refuses lines over 1001 bytes."""
        if self._content is not None:
            await self.push("503 5.5.1 The message has begun: BDAT or RSET")
        elif self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            content = await self._begin()
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await content.read_lines(self._reader)
            self._came(content.size)
            await self._end(content)

    @syntax("BDAT <size> [LAST]")
    async def smtp_BDAT(self, arg: str | None) -> None:  # noqa: N802
        """Take a message in chunks of announced sizes (RFC 3030, section 2).

        A chunk that can't be taken is read all the same: its bytes must not be read as commands.
        """
        match = _CHUNK.fullmatch(arg or "")
        if match is None:
            await self.push("501 5.5.4 Syntax: BDAT <size> [LAST]; nobody knows what is a command now")
            self._leave()
            return
        size = int(match["size"])
        if self.envelope is None or not self.envelope.rcpt_tos:
            await Content(0).read_chunk(self._reader, size)
            self._came(size)
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        content = self._content or await self._begin()
        await content.read_chunk(self._reader, size)
        self._came(size)
        if match["last"] or content.too_large:
            await self._end(content)
        else:
            await self.push(f"250 2.0.0 {size} bytes taken")

    def _leave(self) -> None:
        """End the session, without a look at what else has come.

        Raises:
            asyncio.CancelledError: always; aiosmtpd takes it for a lost connection.

        """
        self._writer.close()
        raise asyncio.CancelledError

    def _came(self, size: int) -> None:
        if self.said:
            self.said.content(size)

    async def _begin(self) -> Content:
        await self._intake.slots.acquire()
        self._content = Content()
        return self._content

    def _give_up(self) -> None:
        """Forget what has come of a message."""
        if self._content is not None:
            self._content = None
            self._intake.slots.release()

    def _create_envelope(self) -> Envelope:
        """Begin a transaction anew; aiosmtpd does so at RSET, EHLO and STARTTLS, too."""
        self._give_up()
        return super()._create_envelope()

    async def _end(self, content: Content) -> None:
        """Hand a message over, and its slot with it."""
        envelope = self.envelope
        if content.too_large or envelope is None:
            self.envelope = self._create_envelope()
            await self.push(f"552 5.3.4 The message is over {SIZE_LIMIT} bytes")
            return
        self._content = None
        self.envelope = self._create_envelope()
        task = asyncio.ensure_future(self._answer(envelope, content))
        self._intake.busy.add(task)
        task.add_done_callback(self._done)
        await asyncio.shield(task)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._intake.busy.discard(task)
        self._intake.slots.release()

    async def _answer(self, envelope: Envelope, content: Content) -> None:
        sender = (envelope.mail_from or "").removeprefix(NULL_PATH)
        try:
            reply = await self._intake.take(sender, list(envelope.rcpt_tos), bytes(content))
        except Exception as error:  # noqa: BLE001 - our own failure is the sender's 451, whatever it is
            reply = await self.handle_exception(error)
        with contextlib.suppress(ConnectionError):
            await self.push(reply)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read a path as it was written; aiosmtpd's reader takes one without brackets, and decodes it."""
        path = read_path(arg)
        if path is None:
            return None, None
        address, parameters = path
        return address or NULL_PATH, parameters
