"""Streams of bytes as a Python Worker meets them."""

import asyncio
from dataclasses import dataclass
from typing import Self

from .javascript import JsBytes, JsException, JsObject
from .promises import JsPromise


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What a reader's `read` resolves to."""

    done: bool
    value: JsBytes | None


class ReadableStream:
    """A stream of bytes that can be read once, in chunks of at most `chunk` bytes.

    Whether what production hands over can be read in larger pieces is not known: `is_bytes` says so.
    """

    def __init__(self, data: bytes, chunk: int = 4096, *, is_bytes: bool = True) -> None:
        self._data = memoryview(data)
        self._chunk = chunk
        self._is_bytes = is_bytes
        self.locked = False

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
        return Reader(self) if options is None else ByteReader(self)

    def take(self, size: int = 0) -> memoryview:
        """Hand over the next chunk, or so many bytes."""
        size = size or self._chunk
        head, self._data = self._data[:size], self._data[size:]
        return head

    async def whole(self) -> bytes:
        """Return all bytes that are left."""
        head, self._data = self._data, self._data[:0]
        return bytes(head)

    def discard(self) -> None:
        """Drop the rest."""
        self._data = self._data[:0]


class JsBody:
    """JavaScript's own `Response`, as far as somebody wants its body."""

    def __init__(self, text: str) -> None:
        self.body = ReadableStream(text.encode())

    @classmethod
    def new(cls, text: str, /) -> Self:
        """Build one of a text."""
        return cls(text)


class FixedLengthStream:
    """A pipe for so many bytes: what is written at one end is read at the other."""

    def __init__(self, size: int) -> None:
        self._data = bytearray()
        self._size = size
        self._closed = asyncio.Event()
        self.readable = self
        self.writable = self

    @classmethod
    def new(cls, size: int, /) -> Self:
        """Build one."""
        return cls(size)

    def getWriter(self) -> Self:  # noqa: N802 - the name is JavaScript's
        """Return what writes."""
        return self

    def write(self, part: JsBytes, /) -> JsPromise:
        """Begin to write bytes."""
        return JsPromise(self._write(part))

    def close(self) -> JsPromise:
        """Begin to end it."""
        return JsPromise(self._close())

    async def whole(self) -> bytes:
        """Wait for the end, and return all bytes."""
        await self._closed.wait()
        return bytes(self._data)

    async def _write(self, part: JsBytes) -> None:
        if len(self._data) + part.byteLength > self._size:
            raise JsException("Attempt to write too many bytes through a FixedLengthStream.", "TypeError")
        self._data += part.data

    async def _close(self) -> None:
        if len(self._data) < self._size:
            raise JsException("FixedLengthStream did not see all expected bytes before close().", "TypeError")
        self._closed.set()


class Reader:
    """A stream's reader."""

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream
        self._released = False

    def read(self) -> JsPromise:
        """Begin to read the next chunk; `done` without a value at the end."""
        return JsPromise(self._read())

    def cancel(self, reason: object = None) -> JsPromise:
        """Drop what was not read; the stream stays locked."""
        return JsPromise(self._cancel(reason))

    def releaseLock(self) -> None:  # noqa: N802 - the name is JavaScript's
        """Let another reader go on where this one stopped."""
        self._released = True
        self._stream.locked = False

    async def _read(self, size: int = 0) -> ReadResult:
        if self._released:
            raise JsException("This ReadableStream reader has been released.", "TypeError")
        head = self._stream.take(size)
        return ReadResult(done=False, value=JsBytes(head)) if head else ReadResult(done=True, value=None)

    async def _cancel(self, reason: object) -> None:
        del reason
        self._stream.discard()


class ByteReader(Reader):
    """A reader that fills what it is given ("bring your own buffer")."""

    def readAtLeast(self, size: int, view: JsBytes, /) -> JsPromise:  # noqa: N802 - the name is workerd's
        """Begin to read at least `size` bytes, fewer only at the end, and no more than the view holds."""
        return JsPromise(self._read(max(size, len(view.data))))
