# Pyodide's foreign-function interface, as far as the Worker uses it.

from collections.abc import Callable
from typing import Any, Final, Literal

class JsNull:
    def __bool__(self) -> Literal[False]: ...

jsnull: Final[JsNull]

class JsProxy:
    def to_py(self, *, depth: int = ...) -> Any: ...

class JsException(Exception):
    name: str
    message: str

class JsDoubleProxy(JsProxy):
    def destroy(self) -> None: ...

def create_proxy(function: Callable[..., Any], /) -> JsDoubleProxy: ...
def to_js(value: Any, *, dict_converter: Callable[..., Any] | None = ...) -> Any: ...
