# The Workers runtime's built-in Python SDK, as far as the Worker uses it.

from collections.abc import Awaitable, Mapping
from http.client import HTTPMessage
from typing import Any

from js import Headers

class Response:
    def __init__(
        self,
        body: str | bytes | None = ...,
        status: int = ...,
        status_text: str = ...,
        headers: Mapping[str, str] | Headers | None = ...,
    ) -> None: ...
    @property
    def status(self) -> int: ...
    @property
    def ok(self) -> bool: ...
    @property
    def headers(self) -> HTTPMessage: ...
    async def text(self) -> str: ...
    async def json(self) -> Any: ...

class Context:
    def waitUntil(self, awaitable: Awaitable[object], /) -> None: ...  # noqa: N802 - the name is JavaScript's

class WorkerEntrypoint:
    ctx: Context
    env: Any
    def __init__(self, ctx: Context, env: Any) -> None: ...

async def fetch(
    resource: str,
    *,
    method: str = ...,
    headers: Mapping[str, str] = ...,
    body: str | bytes = ...,
    redirect: str = ...,
) -> Response: ...

class DurableObject:
    ctx: Any
    env: Any
    def __init__(self, ctx: Any, env: Any) -> None: ...

def import_from_javascript(module_name: str) -> Any: ...
