"""What is said in a session of SMTP, line by line, for whoever wants to read it afterwards."""

import asyncio
from collections.abc import Callable

from aiosmtpd.smtp import sanitize

from .content import PIECE

LINES = 200
LENGTH = 500

# What ends the answers that AUTH would be given, some of which come though it was refused.
_COMMANDS = [
    [verb] for verb in b"AUTH BDAT DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY".split()
]

Heard = Callable[[int, tuple[str, ...]], None]
"""Is told, when a session ends, its number and what was said in it."""


class Said:
    """The lines of one session: "C: MAIL FROM:<…>", "S: 250 OK"; told once, by `end`.

    The first `LINES` are kept, `LENGTH` characters of each. Of AUTH nothing is that opens anything.
    """

    def __init__(self, number: int, heard: Heard) -> None:
        self._number = number
        self._heard: Heard | None = heard
        self._lines: list[str] = []
        self._more = 0
        self._in_auth = False

    def by_client(self, line: bytes) -> None:
        """Write down a command, or what it is if it can't be one."""
        verb = line[:LENGTH].upper().split(maxsplit=1)[:1]
        answers_auth = self._in_auth and verb not in _COMMANDS
        self._in_auth = answers_auth or verb == [b"AUTH"]
        self._add("C", b"********" if answers_auth else sanitize(line.rstrip(b"\r\n")))

    def content(self, size: int) -> None:
        """Write down that so many bytes of a message came."""
        self._add("C", b"(%d bytes of content)" % size)

    def by_server(self, line: bytes) -> None:
        """Write down a reply, or a line of one."""
        # It repeats what can't be a command, as an answer to AUTH.
        repeats = self._in_auth and line.startswith(b"500 ")
        self._add("S", b"500 ********" if repeats else line)

    def end(self) -> None:
        """Tell it; what is said from now on, nobody hears."""
        if self._heard:
            more = [f"({self._more} more lines were said)"] if self._more else []
            self._heard(self._number, (*self._lines, *more))
        self._heard = None

    def _add(self, who: str, line: bytes) -> None:
        if len(self._lines) == LINES:
            self._more += 1
        else:
            # A character takes four bytes at most.
            text = line[: 4 * LENGTH].decode(errors="replace")
            self._lines.append(f"{who}: {text}"[:LENGTH])


class Overheard(asyncio.StreamReaderProtocol):
    """A connection that writes down what the client says, if there is something to write it into.

    aiosmtpd makes its reader and hands it to the next class in line, which is this one.
    """

    said: Said | None = None

    def __init__(
        self,
        stream_reader: asyncio.StreamReader,
        client_connected_cb: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        if self.said:
            stream_reader = _Ear(self.said, loop)
        super().__init__(stream_reader, client_connected_cb, loop)

    def connection_lost(self, error: Exception | None) -> None:
        """End, and tell what was said."""
        super().connection_lost(error)
        if self.said:
            self.said.end()


class _Ear(asyncio.StreamReader):
    def __init__(self, said: Said, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(PIECE, loop)
        self._said = said

    async def readuntil(self, separator: bytes = b"\n") -> bytes:  # type: ignore[override]
        line = await super().readuntil(separator)
        # So aiosmtpd reads a command; content ends its lines otherwise.
        if separator == b"\n":
            self._said.by_client(line)
        return line
