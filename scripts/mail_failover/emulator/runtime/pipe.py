"""A pipe for bytes, as an answer is written to its reader."""

import asyncio
from typing import Self

from .javascript import JsBuffer, JsBytes, JsException
from .promises import JsPromise
from .streams import ReadableStream


class FixedLengthStream:
    """A pipe for so many bytes: what is written at one end is read at the other."""

    def __init__(self, size: int) -> None:
        self.readable = _Pipe(size)
        self.writable = self

    @classmethod
    def new(cls, size: int, /) -> Self:
        """Build one."""
        return cls(size)

    def getWriter(self) -> "_Pipe":  # noqa: N802 - the name is JavaScript's
        """Return what writes."""
        return self.readable


class _Pipe(ReadableStream):
    """Both ends of a pipe: a reader's stream, and what writes. It holds what is being written, no more."""

    def __init__(self, size: int) -> None:
        super().__init__(end="hangs")
        self._left = size
        self._unread = size
        self._turn = asyncio.Lock()

    @property
    def length(self) -> int:
        return self._unread

    def write(self, part: JsBytes | JsBuffer, /) -> JsPromise:
        """Begin to write bytes; the promise is kept when they were read.

        Raises:
            JsException: it is not JavaScript's bytes.

        """
        if not isinstance(part, JsBytes | JsBuffer):
            raise _wrong(
                "This TransformStream is being used as a byte stream, but received an object of"
                " non-ArrayBuffer/ArrayBufferView type on its writable side."
            )
        return JsPromise(self._write(memoryview(part.data)))

    def close(self) -> JsPromise:
        """Begin to end it."""
        return JsPromise(self._close())

    async def _write(self, part: memoryview) -> None:
        async with self._turn:
            self._check()
            self._left -= len(part)
            if self._left < 0:
                self._fail(_wrong("Attempt to write too many bytes through a FixedLengthStream."))
                self._check()
            self._rest = part
            self._wake()
            while self._rest:
                await self._change()
            self._check()

    async def _close(self) -> None:
        async with self._turn:
            self._check()
            if self._left:
                # It is the reader who is told.
                self._fail(_wrong("FixedLengthStream did not see all expected bytes before close()."))
            else:
                self._end = "closes"
                self._wake()

    async def _next(self, most: int) -> memoryview:
        head = await super()._next(most)
        self._unread -= len(head)
        if not self._rest:
            self._wake()
        return head

    def discard(self) -> None:
        """Drop the rest; whoever writes is told."""
        self.break_off()

    def _check(self) -> None:
        if self._end == "breaks":
            raise self._error


def _wrong(words: str) -> JsException:
    return JsException(words, "TypeError")
