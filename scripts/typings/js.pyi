# The JavaScript globals that the Worker uses, as Pyodide proxies them.

from collections.abc import Iterable
from typing import Any, Self

from pyodide.ffi import JsNull

class Headers:
    @classmethod
    def new(cls, init: Iterable[tuple[str, str]] = ..., /) -> Self: ...
    def get(self, name: str, /) -> str | JsNull: ...
    def has(self, name: str, /) -> bool: ...
    def set(self, name: str, value: str, /) -> None: ...
    def append(self, name: str, value: str, /) -> None: ...

# Promises, and what leads to them: nothing truer can be said of what they are kept with.
Array: Any
Intl: Any
Object: Any
Promise: Any
Reflect: Any
ReadableStream: Any
Uint8Array: Any
crypto: Any
fetch: Any
scheduler: Any
