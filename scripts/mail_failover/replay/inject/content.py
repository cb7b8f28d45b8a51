"""The bytes that are handed over: a letter's own, none of them changed, and two header fields on top."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from .letter import Letter, NoServerError

Clock = Callable[[], float]
PIECE = 65536
_BAD_ID = re.compile(r"[^A-Za-z0-9._-]")


class Content:
    """What is handed over for a letter, read piece by piece, so that 25 MiB take no more memory than 64 KiB.

    `size` counts all of it; `eight_bit` says that not all is ASCII; `ends` that its last line is whole.

    Raises:
        NoServerError: the letter's file can't be read on this machine; so do the methods.

    """

    def __init__(self, letter: Letter, now: float) -> None:
        self._path = letter.path
        self._fields = _fields(letter, now)
        self.size = len(self._fields)
        self.eight_bit, end = False, b""
        for piece in self._below():
            self.size += len(piece)
            self.eight_bit = self.eight_bit or not piece.isascii()
            end = (end + piece)[-2:]
        self.ends = end in {b"", b"\r\n"}

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes as they are."""
        yield self._fields
        yield from self._below()

    def dotted(self) -> Iterator[bytes]:
        r"""Yield the bytes for DATA, with the dot at the start of a line doubled (RFC 5321, section 4.5.2).

        By that section a line ends with CRLF. Many servers take a bare LF for its end, too: there `\n.\r\n`
        would end the message, and what follows would be commands of a client that the server trusts. So a dot
        is doubled after any LF. CRLF is added where the last line lacks it.
        """
        line_start = False  # the fields come first
        for piece in self.pieces():
            dotted = piece.replace(b"\n.", b"\n..")
            yield b"." + dotted if line_start and piece.startswith(b".") else dotted
            line_start = piece.endswith(b"\n")
        if not self.ends:
            yield b"\r\n"

    def _below(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:
            raise NoServerError(f"{self._path} can't be read: {error.strerror}.") from error


def _fields(letter: Letter, now: float) -> bytes:
    """Return the trace of where the letter was and when (RFC 5321, section 4.4), and of the replay.

    In this form SpamAssassin and Rspamd pass over it, to the address that the edge has noted below.
    """
    known = _BAD_ID.sub("_", letter.id)[:100]
    recipient = f"\r\n\tfor <{letter.recipient}>" if letter.recipient.isascii() else ""
    return (
        "Received: from cloudflare-email.net\r\n"
        f"\tby mail-failover.invalid with HTTP id {known}{recipient};\r\n\t{_date(letter.caught)}\r\n"
        f"X-Mail-Failover-Replayed: {known}; {_date(now)}\r\n"
    ).encode()


def _date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))
