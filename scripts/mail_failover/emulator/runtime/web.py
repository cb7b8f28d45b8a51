"""JavaScript's own requests and responses, as a Python Worker meets them beneath the SDK's."""

from collections.abc import Iterable
from typing import Self

from .javascript import Headers, JsException
from .promises import JsPromise
from .streams import ReadableStream

BODILESS = (204, 205, 304)
"""Statuses of answers that have no body (the Fetch standard's "null body status")."""
# What a text is sent as, if nothing else was said.
_TEXT = ("content-type", "text/plain;charset=UTF-8")


class _Message:
    """What requests and responses have in common: a body that can be read once."""

    def __init__(self, headers: Headers, body: ReadableStream | str | bytes | None) -> None:
        if isinstance(body, str) and not headers.has("content-type"):
            headers.append(*_TEXT)
        content = body.encode() if isinstance(body, str) else body
        self.headers = headers
        self.body = ReadableStream(content) if isinstance(content, bytes) else content

    @property
    def bodyUsed(self) -> bool:  # noqa: N802 - the name is JavaScript's
        """Tell whether somebody has it."""
        return self.body is not None and self.body.locked

    def text(self) -> JsPromise:
        """Begin to read the body as text."""
        return JsPromise(self._text())

    async def whole(self) -> bytes:
        """Read the body as bytes.

        Raises:
            JsException: somebody has it, or it broke off.

        """
        if self.body is None:
            return b""
        if self.body.locked:
            raise JsException("Body has already been used. It can only be used once.", "TypeError")
        self.body.locked = True
        content = bytearray()
        while piece := await self.body.take(1, 1 << 20):
            content += piece
        return bytes(content)

    async def _text(self) -> str:
        return (await self.whole()).decode(errors="replace")

    def _handed_over(self) -> ReadableStream | None:
        if self.bodyUsed:
            raise JsException("Cannot reconstruct a Request with a used body.", "TypeError")
        return self.body and self.body.handed_over()


class JsRequest(_Message):
    """A request."""

    def __init__(
        self,
        url: str,
        method: str = "GET",
        headers: Iterable[tuple[str, str]] = (),
        body: ReadableStream | str | bytes | None = None,
    ) -> None:
        super().__init__(Headers(headers), body)
        self.url = url
        self.method = method

    def handed_over(self) -> "JsRequest":
        """Return what the other side of a call gets for it; its body can be read only there.

        Raises:
            JsException: somebody has its body.

        """
        return JsRequest(self.url, self.method, self.headers.entries(), self._handed_over())


class JsResponse(_Message):
    """A response; of a missing header field `headers.get` returns jsnull.

    Raises:
        JsException: the status is out of range, or one that comes without a body has one.

    """

    def __init__(
        self,
        body: ReadableStream | str | bytes | None = None,
        status: int = 200,
        status_text: str = "",
        headers: Headers | None = None,
    ) -> None:
        if not 200 <= status <= 599:
            raise JsException('init["status"] must be in the range of 200 to 599, inclusive.', "RangeError")
        if status in BODILESS and body is not None:
            raise JsException(f"Invalid response status code {status}", "TypeError")
        super().__init__(headers or Headers(), body)
        self.status = status
        self.statusText = status_text

    @classmethod
    def new(cls, text: str, /) -> Self:
        """Build one of a text."""
        return cls(text)

    def handed_over(self) -> "JsResponse":
        """Return what the other side of a call gets for it; its body can be read only there.

        Raises:
            JsException: somebody has its body.

        """
        fields = Headers(self.headers.entries())
        return JsResponse(self._handed_over(), self.status, self.statusText, fields)
