"""What crosses a call of an object: plain values, streams, responses."""

from typing import Any

from .javascript import JsException
from .web import JsResponse

_MOST_BYTES = 32 << 20
# What frames a value of so many bytes.
_FRAME_BYTES = 20


def crossed(value: Any) -> Any:
    """Return a value as it arrives on the other side.

    Raises:
        JsException: it is too large, or of a kind that can't cross.

    """
    match value:
        case bool() | int() | float() | None:
            return value
        case str():
            return _measured(value, len(value))
        case bytes() | bytearray() | memoryview():
            return memoryview(bytes(_measured(value, len(value))))
        case list():
            return [crossed(each) for each in value]
        case dict():
            return {crossed(key): crossed(each) for key, each in value.items()}
        case _ if hasattr(value, "handed_over"):
            return value.handed_over()
    raise JsException(f"a {type(value).__name__} can't cross a call", "DataCloneError")


def _measured(value: Any, size: int) -> Any:
    if size > _MOST_BYTES:
        raise JsException(
            "Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was:"
            f" {size + _FRAME_BYTES} bytes."
        )
    return value


def response_of(answer: Any) -> JsResponse:
    """Return JavaScript's response for what a fetch handler returned.

    Raises:
        JsException: it is none.

    """
    answer = getattr(answer, "js_object", answer)
    if not isinstance(answer, JsResponse):
        raise JsException(
            "Incorrect type for Promise: the Promise did not resolve to 'Response'.", "TypeError"
        )
    return answer
