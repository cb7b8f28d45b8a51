"""A message's content as it comes in, by DATA or in chunks; never more of it in memory than the limit."""

import asyncio

SIZE_LIMIT = 25 * 1024 * 1024
# What is read at once; a line may be longer.
PIECE = 65536


class Content:
    """What has come of a message so far, `size` bytes; too large, it is read to its end, and not kept."""

    def __init__(self, limit: int = SIZE_LIMIT) -> None:
        self._limit = limit
        self.size = 0
        self._bytes = bytearray()

    @property
    def too_large(self) -> bool:
        """Tell whether it is over the limit."""
        return self.size > self._limit

    def __bytes__(self) -> bytes:
        return bytes(self._bytes)

    async def read_lines(self, reader: asyncio.StreamReader) -> None:
        """Read up to the final dot, and undo the doubling of dots (RFC 5321, section 4.5.2)."""
        line_start = True
        while True:
            try:
                piece = await reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                piece = await reader.readexactly(error.consumed)
            if line_start and piece == b".\r\n":
                return
            self._add(piece[1:] if line_start and piece.startswith(b".") else piece)
            line_start = piece.endswith(b"\r\n")

    async def read_chunk(self, reader: asyncio.StreamReader, size: int) -> None:
        """Read so many bytes, whatever they are (RFC 3030, section 2)."""
        while size:
            piece = await reader.readexactly(min(size, PIECE))
            self._add(piece)
            size -= len(piece)

    def _add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.too_large:
            self._bytes.clear()
        else:
            self._bytes += piece
