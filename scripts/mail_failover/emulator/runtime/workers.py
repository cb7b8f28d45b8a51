"""The SDK's module `workers`: entrypoint, environment, context, fetch and its answers."""

import builtins
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from http import HTTPMethod
from http.client import HTTPMessage
from typing import Any

import httpx

from .javascript import Headers, JsException, JsObject, JsProxy
from .promises import JsPromise
from .streams import ReadableStream
from .web import BODILESS, JsRequest, JsResponse

# httpx logs whole URLs at level INFO, and the chats' URLs carry their secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)

http_client: ContextVar[httpx.AsyncClient] = ContextVar("http_client")


class WorkerEntrypoint:
    """What a Worker's class derives from."""

    def __init__(self, ctx: "Context", env: "Env") -> None:
        self.ctx = ctx
        self.env = env

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:
        """Handle a message."""
        del message, env, ctx
        raise JsException("Handler does not export an email() function.")

    async def fetch(self, request: "Request") -> "Response | JsResponse":
        """Answer a request."""
        del request
        raise JsException("Handler does not export a fetch() function.")


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


class _Wrapped:
    """What the SDK's requests and responses have in common: `js_object`, and its body, to be read once.

    `headers` is Python's, not JavaScript's: of a missing field its `get` returns None.
    """

    js_object: JsRequest | JsResponse

    @property
    def headers(self) -> HTTPMessage:
        """Return a copy of the header fields."""
        message = HTTPMessage()
        for name, value in self.js_object.headers.entries():
            message[name] = value
        return message

    async def text(self) -> str:
        """Return the body as text, once.

        Raises:
            OSError: if it was read before.

        """
        return (await self.bytes()).decode(errors="replace")

    async def bytes(self) -> builtins.bytes:
        """Return the body as bytes, once.

        Raises:
            OSError: if it was read before.

        """
        if self.js_object.bodyUsed:
            raise OSError("Body already used")
        return await self.js_object.whole()

    async def json(self) -> Any:
        """Return the body, read as JSON, once."""
        return json.loads(await self.text())


class Request(_Wrapped):
    """The SDK's Request: what a fetch handler is given."""

    def __init__(self, js_object: JsRequest) -> None:
        self.js_object: JsRequest = js_object

    @property
    def method(self) -> HTTPMethod:
        """Return the method.

        Raises:
            KeyError: Python does not know it.

        """
        return HTTPMethod[self.js_object.method]

    @property
    def url(self) -> str:
        """Return the whole URL."""
        return self.js_object.url


class Response(_Wrapped):
    """The SDK's Response: the answer of `fetch`, and what a fetch handler returns.

    Raises:
        JsException: the status is out of range, or one that comes without a body has one.

    """

    def __init__(
        self,
        body: JsResponse | ReadableStream | str | builtins.bytes | None = None,
        status: int = 200,
        status_text: str = "",
        headers: Mapping[str, str] | Headers | None = None,
    ) -> None:
        if isinstance(body, JsResponse):
            self.js_object: JsResponse = body
            return
        fields = headers if isinstance(headers, Headers) else Headers.new(list((headers or {}).items()))
        self.js_object = JsResponse(body, status, status_text, fields)

    @property
    def status(self) -> int:
        """Return the status."""
        return self.js_object.status

    @property
    def ok(self) -> bool:
        """Tell whether the status is one of success."""
        return 200 <= self.status < 300


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
    return Response(_answered(answer))


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
        return _answered(answer)

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


def _answered(answer: httpx.Response) -> JsResponse:
    content = None if answer.status_code in BODILESS else answer.content
    fields = Headers(answer.headers.multi_items())
    return JsResponse(content, answer.status_code, answer.reason_phrase, fields)
