"""What the handlers ask of the runtime: promises, waiting for them, requests, plain values of its own.

Foreign errors become ours here. JavaScript's names are looked up where they are used: what is bound at import
ends up in the deploy-time snapshot.
"""

import asyncio
import base64
import hashlib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js
from workers import import_from_javascript

from failover.primary import ASK_SECONDS, TLS_PORTS, Target
from failover.settings import VARIABLES
from failover.waiting import Settled
from notify.channel import NoAnswer, Request

# More than the longest echo of an alert with the place behind it, which is Discord's.
_ANSWER_CHARACTERS = 16_384
# How a time zone's distance from UTC is written in "11/26/2026, GMT+05:30"; old ones have seconds.
_DISTANCE = re.compile(r"GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?")


def settings_in(env: Any) -> dict[str, object]:
    """Return the settings that a Worker or an object was given, as plain values."""
    values = {name: getattr(env, name, None) for name in VARIABLES}
    return {name: _python(value) for name, value in values.items()}


def failure(reason: Any) -> Exception:
    """Make an error of Python's of what a promise failed with."""
    # The runtime's own words may quote a URL, and with it a token.
    return OSError(type(reason).__name__)


class Pending:
    """A promise under way. `value` and `error` make Python's of what it is kept with, or fails with."""

    def __init__(self, promise: Any, value: Any = lambda value: value, error: Any = failure) -> None:
        # Only a promise that was kept says that something was done; nobody has seen another answer.
        if not hasattr(promise, "then"):
            raise TypeError("not a promise")
        # A promise that is always kept, with a list of one that says how the other ended.
        self.end = promise_of(js.Promise.allSettled, js.Promise, to_js([promise]))
        self._value = value
        self._error = error

    def read(self, ends: Any) -> Settled:
        """Translate what `end` was kept with."""
        try:
            if ends[0].status == "fulfilled":
                return Settled(self._value(ends[0].value))
        except Exception as error:  # noqa: BLE001 what one answer holds must not end the wait for the others
            return Settled(error=failure(error))
        return Settled(error=self._error(ends[0].reason))


class RuntimeWaiting:
    """Waits for promises in this event's one task; see `failover.waiting`."""

    def now(self) -> float:
        """Return the time in seconds, of a clock that only goes forward."""
        return asyncio.get_running_loop().time()

    async def all(self, pending: Sequence[Pending], seconds: float) -> list[Settled | None]:
        """Wait until all have ended, at most so long."""
        found = await _within(_all([each.end for each in pending]), seconds)
        if found is None:
            return await self._look(pending)
        return [each.read(ends) for each, ends in zip(pending, found, strict=True)]

    async def first(self, pending: Sequence[Pending], seconds: float) -> list[Settled | None]:
        """Wait until one has ended, at most so long."""
        if len(pending) == 1:
            return await self.all(pending, seconds)
        await _within(_race([each.end for each in pending]), seconds)
        return await self._look(pending)

    async def _look(self, pending: Sequence[Pending]) -> list[Settled | None]:
        """Ask each whether it has ended: if so, it wins a race against a value behind it."""
        found = await _all([_race([each.end, 0]) for each in pending])
        return [each.read(ends) if ends else None for each, ends in zip(pending, found, strict=True)]


def promise_of(function: Any, this: Any, *arguments: Any) -> Any:
    """Call a JavaScript function, and return its promise itself.

    Of a promise that a call returns Pyodide makes a future of Python's, which costs, wraps errors and settles
    late once it goes back to JavaScript. One that lies in an array stays what it is.
    """
    call = js.Reflect.apply.bind(None, function, this, to_js(arguments))
    return js.Array.from_(to_js([0]), call)[0]


def _all(promises: Sequence[Any]) -> Any:
    return promise_of(js.Promise.all, js.Promise, to_js(promises))


def _race(promises: Sequence[Any]) -> Any:
    return promise_of(js.Promise.race, js.Promise, to_js(promises))


async def _within(promise: Any, seconds: float) -> Any:
    """Wait for a promise at most so long; return what it was kept with, or None when the time is over.

    A promise that loses is left to JavaScript.
    """
    # Rounded up, so that the time is over afterwards; not for a sum's last bit. At least one, since
    # production's clock stands still while nothing is waited for.
    milliseconds = max(math.ceil(round(seconds * 1000, 3)), 1)
    clock = promise_of(js.scheduler.wait, js.scheduler, milliseconds)
    return await _race([promise, clock])


def send(request: Request) -> Pending:
    """Begin to send a request; what comes of it is an answer's head."""
    how = {
        "method": request.method,
        "headers": dict(request.headers),
        "body": request.body,
        "redirect": "manual",
    }
    try:
        return Pending(promise_of(js.fetch, None, request.url, options(how)), _Answer)
    except JsException:
        raise NoAnswer("the connection failed") from None


class _Answer:
    """The head of a service's answer, and its body once somebody wants it."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status: int = response.status
        self.retry_after = header(response.headers, "retry-after")

    def text(self) -> Pending:
        """Begin to read the body."""
        text = promise_of(self._response.text, self._response)
        return Pending(text, lambda text: text[:_ANSWER_CHARACTERS])


async def look(target: Target) -> bool:
    """Tell whether a server greets on its port, or a page is answered, within ASK_SECONDS.

    Source: https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/
    """
    try:
        return await (_greets(target) if not target.url else _is_answered(target.url))
    except (JsException, TimeoutError):
        return False


async def _greets(target: Target) -> bool:
    sockets = import_from_javascript("cloudflare:sockets")
    tls = "on" if target.port in TLS_PORTS else "off"
    where, how = {"hostname": target.host, "port": target.port}, {"secureTransport": tls}
    socket = sockets.connect(options(where), options(how))
    reader = socket.readable.getReader()
    try:
        part = await in_time(promise_of(reader.read, reader), ASK_SECONDS)
        return not part.done
    finally:
        # What becomes of it any more is nobody's matter, and must not be reported as an error.
        with suppress(JsException):
            ends = [socket.opened, socket.closed, promise_of(socket.close, socket)]
            promise_of(js.Promise.allSettled, js.Promise, to_js(ends))


async def _is_answered(url: str) -> bool:
    how = options({"redirect": "manual"})
    answer = await in_time(promise_of(js.fetch, None, url, how), ASK_SECONDS)
    # The edge of Cloudflare answers in the place of a server that is down, with 52x.
    return bool(answer.status < 500)


async def in_time(promise: Any, seconds: float) -> Any:
    """Wait for a promise, and return what it was kept with.

    Raises:
        TimeoutError: it was not kept within so long.

    """
    value = await _within(promise, seconds)
    if value is None:
        raise TimeoutError
    return value


def offset(zone: str, seconds: float) -> int | None:
    """Ask how many seconds a time zone's clock is ahead of UTC; see `failover.zone.Offset`.

    Source: https://tc39.es/ecma402/#sec-intl-datetimeformat-constructor
    """
    how = options({"timeZone": zone, "timeZoneName": "longOffset"})
    try:
        text = js.Intl.DateTimeFormat.new("en-US", how).format(math.floor(seconds) * 1000)
    except JsException:
        return None
    found = _DISTANCE.search(text)
    if found is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in found.groups()[1:])
    ahead = 3600 * hours + 60 * minutes + rest
    return -ahead if found[1] == "-" else ahead


class Source:
    """A stream of bytes, read in pieces of the size that is asked for."""

    def __init__(self, stream: Any) -> None:
        try:
            self._reader, self._fills = stream.getReader(options({"mode": "byob"})), True
        except JsException:
            # Not a stream of bytes: it comes in the pieces that it has.
            self._reader, self._fills = stream.getReader(), False
        self._rest: Any = None

    async def read(self, size: int, seconds: float) -> bytes:
        """Read so many bytes, fewer only at the end.

        Raises:
            TimeoutError: they did not come within so long.

        """
        if not self._fills:
            return await self._gather(size, seconds)
        reading = promise_of(self._reader.readAtLeast, self._reader, size, js.Uint8Array.new(size))
        part = await in_time(reading, seconds)
        return part.value.to_bytes() if hasattr(part.value, "to_bytes") else b""

    async def _gather(self, size: int, seconds: float) -> bytes:
        clock = asyncio.get_running_loop().time
        deadline, pieces, left = clock() + seconds, [], size
        while left:
            piece, self._rest = self._rest, None
            if piece is None:
                part = await in_time(promise_of(self._reader.read, self._reader), deadline - clock())
                if part.done:
                    break
                piece = part.value
            # Cut before it is copied: a piece may be as large as the message.
            head = piece.subarray(0, left)
            if piece.byteLength > left:
                self._rest = piece.subarray(left, piece.byteLength)
            left -= head.byteLength
            pieces.append(head.to_bytes())
        return b"".join(pieces)

    def let_go(self) -> None:
        """Let the rest go. Whether it can be called off does not matter, and is not waited for."""
        with suppress(JsException):
            promise_of(
                js.Promise.allSettled, js.Promise, to_js([promise_of(self._reader.cancel, self._reader)])
            )


class RsaSeal:
    """A message's own AES-256-GCM key, and that key for a public one (RSA-OAEP with SHA-256).

    Source: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/
    """

    def __init__(self, key: Any, text: str) -> None:
        self._key = key
        self.text = text

    @classmethod
    async def new(cls, public: str) -> "RsaSeal":
        """Make one for a public key (SPKI, in base64).

        Raises:
            JsException: the runtime can't use it.

        """
        spki, raw, usage = base64.b64decode(public), os.urandom(32), to_js(["encrypt"])
        rsa, wraps = options({"name": "RSA-OAEP", "hash": "SHA-256"}), options({"name": "RSA-OAEP"})
        owner = await _subtle("importKey", "spki", _copied(spki), rsa, False, usage)
        key = await _subtle("importKey", "raw", _copied(raw), "AES-GCM", False, usage)
        wrapped = (await _subtle("encrypt", wraps, owner, _copied(raw))).to_bytes()
        return cls(key, f"1.{hashlib.sha256(spki).hexdigest()[:16]}.{base64.b64encode(wrapped).decode()}")

    async def close(self, data: bytes, number: int, about: str) -> bytes:
        """See `failover.keep.Seal`."""
        # Each message has its own key, so its pieces can be counted for what must never be used twice.
        how = {
            "name": "AES-GCM",
            "iv": _copied(number.to_bytes(12, "big")),
            "additionalData": _copied(about.encode()),
        }
        closed: bytes = (await _subtle("encrypt", options(how), self._key, _copied(data))).to_bytes()
        return closed


def _subtle(method: str, *arguments: Any) -> Any:
    subtle = js.crypto.subtle
    return promise_of(getattr(subtle, method), subtle, *arguments)


def _copied(data: bytes) -> Any:
    # What Python's memory lends is cut off when that grows.
    return js.Uint8Array.new(to_js(data))


def stream_of(pieces: Iterator[Any]) -> Any:
    """Return a stream of pieces, each fetched when somebody reads on: no task of ours waits for that."""

    def pull(controller: Any) -> None:
        piece = next(pieces, None)
        if piece is None:
            controller.close()
        else:
            controller.enqueue(js.Uint8Array.new(piece))

    return js.ReadableStream.new(options({"pull": create_proxy(pull)}))


def header(headers: Any, name: str) -> str:
    """Return a header field's value, empty if it is missing."""
    # A missing header is JavaScript's null: false, but not None.
    return text_of(headers.get(name.lower())) if hasattr(headers, "get") else ""


def text_of(value: Any) -> str:
    """Return a text, empty for what JavaScript has not."""
    return str(value) if value else ""


def options(values: Mapping[str, object]) -> Any:
    """Make a plain object of JavaScript's, as its functions take their options."""
    return to_js(values, dict_converter=js.Object.fromEntries)


def _python(value: Any) -> object:
    if hasattr(value, "to_py"):
        return value.to_py()
    # What is missing is None here, and JavaScript's null there; 0 is a number.
    return value if isinstance(value, (str, int, float)) else None
