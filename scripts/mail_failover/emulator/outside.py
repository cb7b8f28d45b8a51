"""Where the Worker's own requests go: to chats that are played, to the primary's pages, or out."""

import re
from collections.abc import Callable

import httpx

from mail_failover.emulator.chat.asked import Asked, Asking
from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.runtime.sockets import Dial, connect

from .faults import Faults
from .services import HOSTS

_PAGES = re.compile(r"https://([a-z0-9.-]+)")


def carrier(
    chat: ChatStandIn | None, faults: Faults, asking: Asking, dialling: Dial, primary_check: Callable[[], str]
) -> httpx.AsyncClient:
    """Build what carries the Worker's requests: no time limit of its own, as in production.

    `dialling` that is not the real one plays the primary, also at the pages that PRIMARY_CHECK names.
    """
    out: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport()
    if dialling is not connect:
        out = _Primary(out, dialling, primary_check)
    faulty = FaultyChat(_Router(chat, out) if chat else out, faults)
    return httpx.AsyncClient(transport=Asked(faulty, asking), timeout=None)  # noqa: S113 - the Worker has to bound it


class _Router(httpx.AsyncBaseTransport):
    """Sends the chats' hosts to the stand-in and all others out."""

    def __init__(self, chat: ChatStandIn, out: httpx.AsyncBaseTransport) -> None:
        self._chat = chat
        self._out = out

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._chat if request.url.host in HOSTS else self._out
        return await inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._chat.aclose()
        await self._out.aclose()


class _Primary(httpx.AsyncBaseTransport):
    """Answers for the pages that PRIMARY_CHECK names if who plays the primary does; sends all else out."""

    def __init__(self, out: httpx.AsyncBaseTransport, dialling: Dial, check: Callable[[], str]) -> None:
        self._out = out
        self._dialling = dialling
        self._check = check

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # A chat may have the same host, and is posted to.
        if request.method != "GET" or request.url.host not in _PAGES.findall(self._check().lower()):
            return await self._out.handle_async_request(request)
        try:
            await self._dialling(request.url.host, 443, True)
        except OSError as error:
            raise httpx.ConnectError("the primary is down") from error
        return httpx.Response(200)

    async def aclose(self) -> None:
        await self._out.aclose()
