"""What the Worker asks others over HTTP, told one request after the other."""

import time
from collections.abc import Callable

import httpx

from .failing import service_of

Asking = Callable[[str, str, str, int, float], None]
"""Is told of a request: the service or nothing, method, host, status or 0, seconds."""


class Asked(httpx.AsyncBaseTransport):
    """A transport that asks `inner`, and then tells of it, also where no answer came: by status 0.

    Of a request that is its method and host alone: paths, fields and bodies hold secrets and people's mail.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, asking: Asking) -> None:
        self._inner = inner
        self._asking = asking

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, for as long as the caller waits.

        Raises:
            httpx.TransportError: no answer can be had.

        """
        service, start, status = service_of(request), time.perf_counter(), 0
        try:
            response = await self._inner.handle_async_request(request)
            status = response.status_code
        finally:
            seconds = time.perf_counter() - start
            self._asking(service, request.method, request.url.host, status, seconds)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
