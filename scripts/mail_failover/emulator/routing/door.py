"""The web's way to a Worker: its `fetch`, as an httpx transport."""

from collections.abc import AsyncIterator

import httpx

from mail_failover.emulator.runtime.javascript import JsException
from mail_failover.emulator.runtime.streams import ReadableStream, pieces
from mail_failover.emulator.runtime.web import BODILESS, JsRequest

from .edge import Edge


class Door(httpx.AsyncBaseTransport):
    """Asks the Worker of an edge. An answer's body is handed on as it comes."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request to the Worker, and return what it answers."""
        content = await request.aread()
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        asked = JsRequest(str(request.url), request.method, fields, content or None)
        answer = await self._edge.fetch(asked)
        fields = [pair for pair in answer.headers.entries() if pair[0] != "content-length"]
        length = answer.body.length if answer.body else 0
        if answer.status not in BODILESS and length is not None:
            fields.append(("content-length", str(length)))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        # An answer to HEAD says how long it would be.
        body = None if request.method == "HEAD" else answer.body
        return httpx.Response(answer.status, headers=headers, stream=_Stream(body), request=request)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, body: ReadableStream | None) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body is None:
            return
        try:
            async for piece in pieces(self._body):
                yield bytes(piece)
        except JsException as error:
            raise httpx.ReadError(error.message) from None

    async def aclose(self) -> None:
        # Whoever still writes it is told that nobody reads any more.
        if self._body is not None:
            self._body.discard()
