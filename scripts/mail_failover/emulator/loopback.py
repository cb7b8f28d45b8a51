"""An httpx transport behind an HTTP server on 127.0.0.1, for who runs in another process.

What plays Telegram, Slack and their faults in this process plays them there, too; and the Worker's `fetch`.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import h11
import httpx

_MAX_BODY = 1_000_000
# For a request, with the wait for it, and its answer.
_SECONDS = 60.0


@contextlib.asynccontextmanager
async def serve(
    transport: httpx.AsyncBaseTransport, listening: socket.socket | None = None
) -> AsyncIterator[str]:
    """Serve the transport until the block ends; yields the server's `http://127.0.0.1:PORT`.

    A port is taken that is free, unless a socket listens on one already.
    """
    sessions: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(session(reader, writer))
        sessions.add(task)
        task.add_done_callback(sessions.discard)

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(transport, reader, writer).run()
        except (TimeoutError, OSError, h11.ProtocolError, httpx.TransportError, httpx.InvalidURL):
            # The client sees a broken connection, which is what these faults are to it.
            writer.transport.abort()
        finally:
            writer.close()

    listening = listening or socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(connected, sock=listening)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


class _Session:
    """One connection: a request after the other, as h11 reads and writes them."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        while True:
            async with asyncio.timeout(_SECONDS):
                request = await self._request()
                if request is None:
                    return
                await self._answer(await self._transport.handle_async_request(request))
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _request(self) -> httpx.Request | None:
        head: h11.Request | None = None
        body = b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(65536))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _MAX_BODY:
                    return None
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = [(name, value) for name, value in head.headers if name != b"transfer-encoding"]
                host = next(
                    (value.decode("latin-1") for name, value in headers if name == b"host"), "127.0.0.1"
                )
                url = f"http://{host}{head.target.decode()}"
                return httpx.Request(head.method.decode(), url, headers=headers, content=body)
            else:
                return None

    async def _answer(self, response: httpx.Response) -> None:
        """Send an answer piece by piece, as fast as it is taken."""
        headers = [pair for pair in response.headers.raw if pair[0].lower() != b"transfer-encoding"]
        self._send(h11.Response(status_code=response.status_code, headers=headers))
        try:
            async for piece in _pieces(response):
                self._send(h11.Data(data=piece))
                await self._writer.drain()
        finally:
            await response.aclose()
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    def _send(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        # It was made whole.
        yield response.content
        return
    async for piece in response.aiter_raw():
        yield piece
