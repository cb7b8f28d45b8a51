"""The SDK's module `workers`: entrypoint, environment, context, fetch and its answers."""

import builtins
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from http.client import HTTPMessage
from typing import Any, Protocol

import httpx

from .javascript import Headers, JsException, JsObject, JsProxy
from .promises import JsPromise

# httpx logs whole URLs at level INFO, and the chats' URLs carry their secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)

http_client: ContextVar[httpx.AsyncClient] = ContextVar("http_client")
# Statuses of answers that have no body (the Fetch standard's "null body status").
_BODILESS = (204, 205, 304)


class WorkerEntrypoint:
    """What a Worker's class derives from."""

    def __init__(self, ctx: "Context", env: "Env") -> None:
        self.ctx = ctx
        self.env = env

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:
        """Handle a message."""
        del message, env, ctx
        raise JsException("Handler does not export an email() function.")


class Env:
    """Vars and secrets: text as `str`, tables and arrays as proxies; what is missing is no attribute."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = dict(variables)

    def __getattr__(self, name: str) -> Any:
        if name not in self._variables:
            raise AttributeError(name)
        value = self._variables[name]
        return JsProxy(value) if isinstance(value, (dict, list)) else value


class Context:
    """One invocation's context; `keep` runs an awaitable on beyond the invocation."""

    def __init__(self, keep: Callable[[Awaitable[object]], object]) -> None:
        self._keep = keep

    def waitUntil(self, awaitable: Awaitable[object], /) -> None:  # noqa: N802 - the name is JavaScript's
        """Let the awaitable run on after the handler returned or raised."""
        self._keep(awaitable)


class Streamed(Protocol):
    """A stream that a body may be."""

    async def whole(self) -> bytes:
        """Return all its bytes."""
        ...


class Response:
    """The SDK's Response: the answer of `fetch`, and what a fetch handler returns.

    `headers` is Python's, not JavaScript's: of a missing field its `get` returns None.

    Raises:
        JsException: the status is out of range, or one that comes without a body has one.

    """

    def __init__(
        self,
        body: str | bytes | Streamed | None = None,
        status: int = 200,
        status_text: str = "",
        headers: Mapping[str, str] | Headers | None = None,
    ) -> None:
        if not 200 <= status <= 599:
            raise JsException('init["status"] must be in the range of 200 to 599, inclusive.', "RangeError")
        if status in _BODILESS and body is not None:
            raise JsException(f"Invalid response status code {status}", "TypeError")
        self._body: str | bytes | Streamed | None = body or b""
        self.status = status
        self.status_text = status_text
        self.headers = HTTPMessage()
        fields = headers if isinstance(headers, Headers) else Headers.new(list((headers or {}).items()))
        for name, value in fields.entries():
            self.headers[name] = value

    @property
    def ok(self) -> bool:
        """Tell whether the status is one of success."""
        return 200 <= self.status < 300

    async def text(self) -> str:
        """Return the body as text, once.

        Raises:
            OSError: if it was read before.

        """
        body = await self._taken()
        return body.decode(errors="replace") if isinstance(body, bytes) else body

    async def bytes(self) -> builtins.bytes:
        """Return the body as bytes, once.

        Raises:
            OSError: if it was read before.

        """
        body = await self._taken()
        return body.encode() if isinstance(body, str) else body

    async def json(self) -> Any:
        """Return the body, read as JSON, once."""
        return json.loads(await self.text())

    async def _taken(self) -> str | builtins.bytes:
        if self._body is None:
            raise OSError("Body already used")
        body, self._body = self._body, None
        return body if isinstance(body, str | builtins.bytes) else await body.whole()


async def fetch(
    resource: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    redirect: str = "follow",
) -> Response:
    """Send a request through the client that the edge set for this invocation.

    Raises:
        JsException: the URL can't be used (the text quotes all of it, as workerd's does), a header field
            can't, or a GET has a body.
        OSError: the other side could not be reached, or broke off.

    """
    try:
        answer = await request(resource, method, list((headers or {}).items()), body, redirect)
    except httpx.TransportError:
        raise ConnectionError("Network connection lost.") from None
    fields = Headers(answer.headers.multi_items())
    content = None if answer.status_code in _BODILESS else answer.content
    return Response(content, answer.status_code, answer.reason_phrase, fields)


class JsResponse:
    """The answer of JavaScript's own `fetch`; of a missing header field `headers.get` returns jsnull."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.headers = Headers(answer.headers.multi_items())
        self._body = answer.content

    def text(self) -> JsPromise:
        """Begin to read the body as text."""
        return JsPromise(self._text())

    async def _text(self) -> str:
        return self._body.decode(errors="replace")


def js_fetch(resource: str, options: JsObject, /) -> JsPromise:
    """Begin to send a request, as JavaScript's own `fetch` does: every failure is one of the promise."""

    async def sent() -> JsResponse:
        fields = dict(options.fields)
        headers = list(fields.get("headers", JsObject({})).fields.items())
        try:
            answer = await request(
                resource,
                fields.get("method", "GET"),
                headers,
                fields.get("body"),
                fields.get("redirect", "follow"),
            )
        except httpx.TransportError:
            raise JsException("Network connection lost.") from None
        return JsResponse(answer)

    return JsPromise(sent())


async def request(
    resource: str, method: str, headers: list[tuple[str, str]], body: str | bytes | None, redirect: str
) -> httpx.Response:
    """Send a request through the client that the edge set for this invocation.

    Raises:
        JsException: the URL can't be used (the text quotes all of it, as workerd's does), a header field
            can't, or a GET has a body.
        httpx.TransportError: the other side could not be reached, or broke off.

    """
    if body is not None and method in {"GET", "HEAD"}:
        raise JsException("Request with GET/HEAD method cannot have body.", "TypeError")
    try:
        return await http_client.get().request(
            method,
            _checked(resource),
            headers=Headers.new(headers).entries(),
            content=body,
            follow_redirects=redirect == "follow",
        )
    except httpx.InvalidURL:
        raise JsException(f"Invalid URL: {resource}", "TypeError") from None


def _checked(resource: str) -> httpx.URL:
    url = httpx.URL(resource)
    if url.scheme not in {"http", "https"} or not url.host:
        raise httpx.InvalidURL("no web address")
    return url
