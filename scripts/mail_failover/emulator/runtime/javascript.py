"""JavaScript values as a Python Worker meets them: null, errors, proxies, arrays, objects, Headers.

Behaviour was seen in workerd with Pyodide; what no Worker here needs is left out.
"""

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self


class JsNull:
    """JavaScript's null: falsy, and not Python's None."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "jsnull"


jsnull: Final = JsNull()


class JsException(Exception):
    """An error thrown by JavaScript; `str()` of it is "Error: " and the message."""

    def __init__(self, message: str, name: str = "Error") -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class Error:
    """The class `Error`."""

    @staticmethod
    def new(message: str, /) -> JsException:
        """Make an error, which is not thrown yet."""
        return JsException(message)


class JsProxy:
    """A JavaScript object or array: of no use to Python before `to_py`."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def to_py(self, *, depth: int = -1) -> Any:
        """Return a deep Python copy; `depth` is accepted and ignored."""
        del depth
        return copy.deepcopy(self._value)


class JsBuffer(JsProxy):
    """An ArrayBuffer, as a blob comes back: a proxy, to be copied or written."""

    @property
    def data(self) -> bytes:
        """Return its bytes."""
        return bytes(self._value)

    @property
    def byteLength(self) -> int:  # noqa: N802 - the name is JavaScript's
        """Return how many bytes it holds."""
        return len(self._value)

    def to_bytes(self) -> bytes:
        """Return a copy as Python bytes."""
        return bytes(self._value)


# A proxy is one by its type's name, too.
JsBuffer.__name__ = "JsProxy"


class PyProxy:
    """A Python function as JavaScript has it, until it is destroyed."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function: Callable[..., Any] | None = function

    def __call__(self, *arguments: Any) -> Any:
        """Call it.

        Raises:
            JsException: it was destroyed.

        """
        if self._function is None:
            raise JsException("Object has already been destroyed")
        return self._function(*arguments)

    def destroy(self) -> None:
        """Let the function go."""
        self._function = None


class JsArray(list[Any]):
    """A JavaScript array, as `to_js` makes it of a list."""


@dataclass(frozen=True, slots=True)
class JsObject:
    """A plain JavaScript object, as `to_js` makes it of a dict."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JsBytes:
    """A Uint8Array."""

    data: memoryview

    @classmethod
    def new(cls, what: "int | JsBytes | JsBuffer", /) -> Self:
        """Build one of so many zeros, of a copy of another, or a view of a buffer."""
        if isinstance(what, int):
            return cls(memoryview(bytes(what)))
        return cls(memoryview(what.data if isinstance(what, JsBuffer) else what.to_bytes()))

    @property
    def byteLength(self) -> int:  # noqa: N802 - the name is JavaScript's
        """Return how many bytes it holds."""
        return len(self.data)

    @property
    def buffer(self) -> "JsBytes":
        """Return the ArrayBuffer below it."""
        return self

    def subarray(self, begin: int, end: int) -> "JsBytes":
        """Return a view of a part; an end beyond the last byte is the last byte."""
        return JsBytes(self.data[begin:end])

    def to_bytes(self) -> bytes:
        """Return a copy as Python bytes."""
        return bytes(self.data)


class JsClass:
    """A JavaScript class as Python sees it: `new` makes an instance, a plain call does not."""

    def __init__(self, python: type[Any]) -> None:
        self.new = python.new
        self._name = python.__name__

    def __call__(self, *_: object) -> Any:
        """Fail, as a call without `new` does in JavaScript."""
        raise JsException(f"Class constructor {self._name} cannot be invoked without 'new'", "TypeError")


class Headers:
    """The Fetch standard's Headers: names without case, repeated fields joined with a comma and a blank."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        # Lists, so that a header section full of one field costs no more than any other.
        self._fields: dict[str, list[str]] = {}
        for name, value in pairs:
            self.append(name, value)

    @classmethod
    def new(cls, init: Iterable[tuple[str, str]] = (), /) -> Self:
        """Build from pairs, as `js.Headers.new` does.

        Raises:
            JsException: for a dict, which reaches JavaScript as an object that it can't iterate; for a name
                that is no token and a value with characters beyond U+00FF.

        """
        pairs = [] if isinstance(init, (dict, str)) else list(init)
        if isinstance(init, (dict, str)) or any(len(pair) != 2 for pair in pairs):
            raise JsException("Failed to construct 'Headers': not a sequence of pairs", "TypeError")
        for name, value in pairs:
            _named(name)
            if any(c > "\xff" for c in _checked(value)):
                raise JsException("Cannot convert argument to a ByteString", "TypeError")
        return cls(pairs)

    def get(self, name: str, /) -> str | JsNull:
        """Return the field's value, or jsnull where there is none."""
        values = self._fields.get(_named(name).lower())
        return jsnull if values is None else ", ".join(values)

    def has(self, name: str, /) -> bool:
        """Tell whether there is such a field."""
        return _named(name).lower() in self._fields

    def set(self, name: str, value: str, /) -> None:
        """Replace the field's value."""
        self._fields[_checked(name).lower()] = [_checked(value).strip(" \t")]

    def append(self, name: str, value: str, /) -> None:
        """Add to the field's value."""
        self._fields.setdefault(_checked(name).lower(), []).append(_checked(value).strip(" \t"))

    def entries(self) -> list[tuple[str, str]]:
        """Return all fields, sorted by name as JavaScript iterates them."""
        return [(name, ", ".join(values)) for name, values in sorted(self._fields.items())]


def _named(name: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise JsException(f'"{name}" is an invalid header name.', "TypeError")
    return name


def _checked(text: str) -> str:
    if not isinstance(text, str) or any(c in text for c in "\r\n\0"):
        raise JsException("Invalid header name or value.", "TypeError")
    return text
