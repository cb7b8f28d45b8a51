"""Streams of bytes as a Python Worker meets them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Self

from .javascript import JsBytes, JsException, JsObject
from .promises import JsPromise

End = Literal["closes", "breaks", "hangs"]
"""What comes behind a stream's last byte: its end, an error, or nothing."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What a reader's `read` resolves to."""

    done: bool
    value: JsBytes | None


class ReadableStream:
    """A stream of bytes that can be read once, in chunks of at most `chunk` bytes.

    Whether what production hands over can be read in larger pieces is not known: `is_bytes` says so.
    """

    def __init__(
        self, data: bytes = b"", chunk: int = 4096, *, is_bytes: bool = True, end: End = "closes"
    ) -> None:
        self.locked = False
        self._rest = memoryview(data)
        self._chunk = chunk
        self._is_bytes = is_bytes
        self._end = end
        # What breaks it off.
        self._error = lost()
        self._gone = False
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def length(self) -> int | None:
        """Return how many bytes are to come, None if nobody knows."""
        return len(self._rest)

    def getReader(self, options: JsObject | None = None, /) -> "Reader":  # noqa: N802 - the name is JavaScript's
        """Lock the stream to a reader.

        Raises:
            JsException: a reader has it already, or options ask for bytes that it does not have.

        """
        if self.locked:
            raise JsException("This ReadableStream is currently locked to a reader.", "TypeError")
        if options is not None and not self._is_bytes:
            raise JsException("This ReadableStream does not support BYOB reads.", "TypeError")
        self.locked = True
        return Reader(self, self._chunk) if options is None else ByteReader(self, self._chunk)

    def handed_over(self) -> "ReadableStream":
        """Return what the other side of a call gets for it; from now on only that can be read.

        Raises:
            JsException: a reader has it already.

        """
        if self.locked:
            raise JsException("The ReadableStream has been locked to a reader.", "TypeError")
        self.locked = True
        if not self._is_bytes:
            self.break_off()
        return _HandedOver(self, self._chunk)

    def break_off(self) -> None:
        """Let nothing come any more: whoever gives it is gone."""
        self._gone = True
        self._fail(lost())

    async def take(self, least: int, most: int) -> memoryview:
        """Hand over at least so many bytes, fewer only at the end.

        Raises:
            JsException: it broke off before.

        """
        first = await self._next(most)
        if not first or len(first) >= least:
            return first
        taken = bytearray(first)
        while len(taken) < least and (more := await self._next(most - len(taken))):
            taken += more
        return memoryview(taken)

    def discard(self) -> None:
        """Drop the rest."""
        if self._end != "breaks":
            self._rest, self._end = self._rest[:0], "closes"
            self._wake()

    async def _next(self, most: int) -> memoryview:
        """Hand over what is there, nothing at the end."""
        while not self._rest and self._end == "hangs":
            await self._change()
        if not self._rest and self._end == "breaks":
            raise self._error
        head, self._rest = self._rest[:most], self._rest[most:]
        return head

    def _fail(self, error: JsException) -> None:
        self._rest, self._end, self._error = self._rest[:0], "breaks", error
        self._wake()

    async def _change(self) -> None:
        """Wait until something has changed."""
        self._waiting.append(asyncio.get_running_loop().create_future())
        await self._waiting[-1]

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()


class _HandedOver(ReadableStream):
    """The other side of a call's end of a stream."""

    def __init__(self, source: ReadableStream, chunk: int) -> None:
        super().__init__(chunk=chunk)
        self._source = source

    @property
    def length(self) -> int | None:
        return self._source.length

    def break_off(self) -> None:
        self._source.break_off()

    def discard(self) -> None:
        self._source.discard()

    async def _next(self, most: int) -> memoryview:
        # One stream with two ends. An error of its own does not cross, being cut off does.
        try:
            return await self._source._next(most)  # noqa: SLF001
        except JsException:
            if self._source._gone:  # noqa: SLF001
                raise
            raise JsException("ReadableStream received over RPC disconnected prematurely.") from None


class Pulled(ReadableStream):
    """A stream that asks its maker's `pull(controller)` for each next piece; it is the controller, too."""

    def __init__(self, source: JsObject) -> None:
        super().__init__(end="hangs")
        self._pull = source.fields["pull"]

    @classmethod
    def new(cls, source: JsObject, /) -> Self:
        """Build one."""
        return cls(source)

    @property
    def length(self) -> int | None:
        """Return None: nobody knows."""
        return None

    def enqueue(self, part: JsBytes, /) -> None:
        """Take the next piece."""
        self._rest = memoryview(part.data)

    def close(self) -> None:
        """Let it end."""
        self._end = "closes"

    async def _next(self, most: int) -> memoryview:
        if not self._rest and self._end == "hangs":
            try:
                self._pull(self)
            except Exception:
                self.break_off()
                raise
        return await super()._next(most)


class Reader:
    """A stream's reader."""

    def __init__(self, stream: ReadableStream, chunk: int) -> None:
        self._stream = stream
        self._chunk = chunk
        self._released = False

    def read(self) -> JsPromise:
        """Begin to read the next chunk; `done` without a value at the end."""
        return JsPromise(self._read(1, self._chunk))

    def cancel(self, reason: object = None) -> JsPromise:
        """Drop what was not read; the stream stays locked."""
        return JsPromise(self._cancel(reason))

    def releaseLock(self) -> None:  # noqa: N802 - the name is JavaScript's
        """Let another reader go on where this one stopped."""
        self._released = True
        self._stream.locked = False

    async def _read(self, least: int, most: int) -> ReadResult:
        if self._released:
            raise JsException("This ReadableStream reader has been released.", "TypeError")
        head = await self._stream.take(least, most)
        return ReadResult(done=False, value=JsBytes(head)) if head else ReadResult(done=True, value=None)

    async def _cancel(self, reason: object) -> None:
        del reason
        self._stream.discard()


class ByteReader(Reader):
    """A reader that fills what it is given ("bring your own buffer")."""

    def readAtLeast(self, size: int, view: JsBytes, /) -> JsPromise:  # noqa: N802 - the name is workerd's
        """Begin to read at least `size` bytes, fewer only at the end, and no more than the view holds."""
        return JsPromise(self._read(size, max(size, len(view.data))))


def lost() -> JsException:
    """Make the error of what broke off."""
    return JsException("Network connection lost.")


async def pieces(stream: ReadableStream) -> AsyncIterator[memoryview]:
    """Read a stream to its end, in pieces as large as they come.

    Raises:
        JsException: it broke off.

    """
    while piece := await stream.take(1, 1 << 20):
        yield piece
