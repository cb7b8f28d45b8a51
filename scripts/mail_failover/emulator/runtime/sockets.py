"""The module `cloudflare:sockets`, as far as somebody wants to hear a server's greeting."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from .javascript import JsBytes, JsException, JsObject
from .promises import JsPromise
from .streams import ReadResult

Dial = Callable[[str, int, bool], Awaitable[bytes]]
"""Connects to a host's port, with TLS or without, and returns what the server says first."""

_GREETING = 512


async def connect(host: str, port: int, tls: bool) -> bytes:
    """Connect in earnest.

    Raises:
        OSError: nobody answers there.

    """
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        return await reader.read(_GREETING)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


dial: ContextVar[Dial] = ContextVar("dial", default=connect)


class Socket:
    """One connection, of which the first words can be read."""

    def __init__(self, greeting: JsPromise) -> None:
        self.opened = greeting
        self.closed = greeting
        self.readable = _Readable(greeting)

    def close(self) -> JsPromise:
        """Begin to close it."""
        return JsPromise(asyncio.sleep(0))


class _Readable:
    def __init__(self, greeting: JsPromise) -> None:
        self._greeting = greeting

    def getReader(self) -> "_Reader":  # noqa: N802 - the name is JavaScript's
        return _Reader(self._greeting)


class _Reader:
    def __init__(self, greeting: JsPromise) -> None:
        self._greeting = greeting

    def read(self) -> JsPromise:
        return JsPromise(self._read())

    async def _read(self) -> ReadResult:
        data = await self._greeting
        return ReadResult(not data, JsBytes(memoryview(data)) if data else None)


class Sockets:
    """The module."""

    @staticmethod
    def connect(address: JsObject, options: JsObject, /) -> Socket:
        """Begin to connect.

        Raises:
            JsException: to port 25, which is closed to Workers.

        """
        host, port = str(address.fields["hostname"]), int(address.fields["port"])
        if port == 25:
            raise JsException("Connections to port 25 are prohibited", "TypeError")

        async def greeting() -> bytes:
            try:
                return await dial.get()(host, port, options.fields["secureTransport"] == "on")
            except OSError:
                raise JsException("proxy request failed, cannot connect to the specified address") from None

        return Socket(JsPromise(greeting()))


def import_from_javascript(module_name: str) -> type[Sockets]:
    """Return a module of the runtime's.

    Raises:
        JsException: there is none of that name.

    """
    if module_name != "cloudflare:sockets":
        raise JsException(f"No such module '{module_name}'")
    return Sockets
