"""An end to every request: so many seconds in all, so many bytes of an answer.

The timeouts of httpx are for one read each: a server that sends a byte now and then never meets them.
"""

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

SECONDS = 60.0
MOST_BYTES = 8 * 2**20
"""A page of 1,000 DNS records has about one MiB."""

EACH_READ = httpx.Timeout(30.0, connect=10.0)
ONE_EACH = httpx.Limits(max_keepalive_connections=0)
"""A connection for every request, so that the watch sees it made. One that was kept may be closed by the
server just when it is used again, and a change's answer would be lost for that."""


class Watch:
    """Shuts the connection of one request down when its time is over, whatever waits for it.

    Give `follow` to httpx as the request's `trace` extension:
    https://www.encode.io/httpcore/extensions/#trace
    Looking up the API's name is left to the system, which has limits of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._stream: Any = None
        self._is_over = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        # A body that only the end of the connection ends seems to be whole.
        lost = error is None or isinstance(error, httpx.NetworkError | httpx.ProtocolError)
        if self._is_over and lost and not isinstance(error, httpx.ConnectError):
            raise httpx.ReadTimeout("no whole answer in time") from error

    def follow(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection.

        Raises:
            httpx.ConnectTimeout: it came too late; nothing is sent.

        """
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        with self._lock:
            self._stream = info["return_value"]
            if not self._is_over:
                return
        self._stream.close()
        raise httpx.ConnectTimeout("no connection in time")

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            connection = self._stream and self._stream.get_extra_info("socket")
        # It may be closed by now; or it is in the handshake, which has a limit as a whole.
        with contextlib.suppress(OSError):
            if connection:
                connection.shutdown(socket.SHUT_RDWR)


def read_body(response: httpx.Response) -> bytes:
    """Read an answer's body, as it was sent.

    Raises:
        ValueError: it is too long, or compressed, which it was not to be: nobody knows how long it gets.

    """
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("compressed")
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ValueError("too long")
    return bytes(body)
