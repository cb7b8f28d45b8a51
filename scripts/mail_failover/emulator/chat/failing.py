"""A chat's service that fails on request, and answers as it does then."""

import asyncio
import json
from typing import Any

import httpx

from mail_failover.emulator.faults import Faults

from .further import FURTHER
from .service import Service

_TELEGRAM_CALLS = ("/sendMessage", "/editMessageText")
_SLACK_CALLS = ("/api/chat.postMessage", "/api/chat.update")
_EDITS = ("/editMessageText", "/api/chat.update")


class FaultyChat(httpx.AsyncBaseTransport):
    """A transport that answers for the chats where a fault says so, and else asks `inner`."""

    def __init__(self, inner: httpx.AsyncBaseTransport, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request as the service would.

        Raises:
            httpx.ConnectError: for the fault `disconnect`.

        """
        other, target = _addressee(request), service_of(request)
        edits = other.edits(request) if other else request.url.path.endswith(_EDITS)
        fault = self._faults.take(target, immune=() if edits else ("gone",))
        if fault is None or (fault.kind == "thread" and not _names_topic(request)):
            return await self._inner.handle_async_request(request)
        if fault.kind == "lost":
            await self._inner.handle_async_request(request)
        if fault.kind in ("timeout", "lost"):
            await asyncio.Event().wait()
        if fault.kind == "disconnect":
            raise httpx.ConnectError("All connection attempts failed", request=request)
        wait = 1 if fault.seconds is None else fault.seconds
        if other:
            return other.fail(fault.kind, wait)
        if target == "telegram":
            return _telegram(fault.kind, wait)
        api = request.url.path.endswith(_SLACK_CALLS)
        return _slack_api(fault.kind, wait) if api else _slack_webhook(fault.kind, wait)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def service_of(request: httpx.Request) -> str:
    """Tell whom a request is for, wherever its host stands: the service's name, or nothing."""
    if other := _addressee(request):
        return other.name
    path = request.url.path
    if path.endswith(_TELEGRAM_CALLS):
        return "telegram"
    return "slack" if path.endswith(_SLACK_CALLS) or "/services/" in path else ""


def _addressee(request: httpx.Request) -> Service | None:
    return next((service for service in FURTHER if service.takes(request)), None)


def _names_topic(request: httpx.Request) -> bool:
    """Tell whether a message is for a topic: a deleted one does not fail what goes to the chat itself."""
    return b'"message_thread_id"' in request.content or "thread_id" in request.url.params


def _telegram(kind: str, wait: int) -> httpx.Response:
    status, description = {
        "429": (429, f"Too Many Requests: retry after {wait}"),
        "500": (500, "Internal Server Error"),
        "401": (401, "Unauthorized"),
        "403": (403, "Forbidden: bot was blocked by the user"),
        "404": (404, "Not Found"),
        "badhtml": (400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
        "thread": (400, "Bad Request: message thread not found"),
        "gone": (400, "Bad Request: message to edit not found"),
    }[kind]
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if status == 429:
        body["parameters"] = {"retry_after": wait}
    return _json(status, body, wait)


def _slack_webhook(kind: str, wait: int) -> httpx.Response:
    status, text = {
        "429": (429, "rate_limited"),
        "500": (500, "rollup_error"),
        "401": (401, "invalid_token"),
        "403": (403, "action_prohibited"),
        "404": (404, "no_service"),
        "badhtml": (400, "invalid_blocks"),
        "badblocks": (400, "invalid_blocks"),
    }[kind]
    return httpx.Response(status, text=text, headers=_retry_after(status, wait))


def _slack_api(kind: str, wait: int) -> httpx.Response:
    status, error = {
        "429": (429, "ratelimited"),
        "500": (500, "internal_error"),
        "401": (200, "invalid_auth"),
        "403": (200, "restricted_action"),
        "404": (200, "channel_not_found"),
        "badhtml": (200, "invalid_blocks"),
        "badblocks": (200, "invalid_blocks"),
        "gone": (200, "message_not_found"),
    }[kind]
    return _json(status, {"ok": False, "error": error}, wait)


def _json(status: int, body: dict[str, Any], wait: int) -> httpx.Response:
    headers = {"Content-Type": "application/json", **_retry_after(status, wait)}
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)


def _retry_after(status: int, wait: int) -> dict[str, str]:
    return {"Retry-After": str(wait)} if status == 429 else {}
