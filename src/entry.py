"""The Worker's handlers: the edge of the house, and the only file that knows JavaScript.

What the runtime passes in and what it raises is translated here, once. See docs/decisions for the shapes
that `wrangler dev` and production give the same things. JavaScript's names are looked up where they are used:
what is bound at import ends up in the deploy-time snapshot.
"""

import asyncio
import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import js
from pyodide.ffi import JsException, to_js
from workers import Response, WorkerEntrypoint

from failover.delivery import LOOP_FIELD, ForwardError
from failover.handle import Caught, Ports, handle
from failover.isolate import Isolate
from failover.message import Envelope
from failover.settings import VARIABLES
from failover.waiting import Settled
from notify.channel import NoAnswer, Request

_ANSWER_CHARACTERS = 4096
# A line's length (RFC 5322, section 2.1.1). What is longer costs time before the message is forwarded.
_ID_CHARACTERS = 998
_ERROR_NAME = re.compile(r"^\w*Error: ")
_ISOLATE = Isolate()


class Default(WorkerEntrypoint):
    """What Cloudflare calls."""

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:  # noqa: ARG002 given or not
        """Handle one caught message. Returning accepts it; an exception makes its sender keep it."""
        headers = _get(message, "headers")
        envelope = Envelope(
            _text(_get(message, "from")), _text(_get(message, "to")), int(_get(message, "rawSize") or 0)
        )
        caught = Caught(
            envelope, _header(headers, LOOP_FIELD), _header(headers, "message-id")[:_ID_CHARACTERS]
        )
        ports = Ports(
            forward=_forward_port(message),
            read=_read_port(message),
            send=_send,
            waiting=_Waiting(),
            later=self.ctx.waitUntil,
            log=_log,
        )
        await handle(caught, self._settings(), _ISOLATE, ports)

    async def fetch(self, request: Any) -> Response:  # noqa: ARG002 there is nothing to ask for
        """Answer the web with nothing."""
        return Response("", status=404)

    def _settings(self) -> dict[str, object]:
        values = {name: getattr(self.env, name, None) for name in VARIABLES}
        return {name: _python(value) for name, value in values.items()}


def _failure(reason: Any) -> Exception:
    # The runtime's own words may quote a URL, and with it a token.
    return OSError(type(reason).__name__)


class _Pending:
    """A promise under way. `value` and `error` make Python's of what it is kept with, or fails with."""

    def __init__(self, promise: Any, value: Any = lambda value: value, error: Any = _failure) -> None:
        # Only a promise that was kept says that something was done; nobody has seen another answer.
        if not hasattr(promise, "then"):
            raise TypeError("not a promise")
        # A promise that is always kept, with a list of one that says how the other ended.
        self.end = _promise(js.Promise.allSettled, js.Promise, to_js([promise]))
        self._value = value
        self._error = error

    def read(self, ends: Any) -> Settled:
        """Translate what `end` was kept with."""
        try:
            if ends[0].status == "fulfilled":
                return Settled(self._value(ends[0].value))
        except Exception as error:  # noqa: BLE001 what one answer holds must not end the wait for the others
            return Settled(error=_failure(error))
        return Settled(error=self._error(ends[0].reason))


class _Waiting:
    """Waits for promises in this event's one task; see `failover.waiting`."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def all(self, pending: Sequence[_Pending], seconds: float) -> list[Settled | None]:
        found = await _within(_all([each.end for each in pending]), seconds)
        if found is None:
            return await self._look(pending)
        return [each.read(ends) for each, ends in zip(pending, found, strict=True)]

    async def first(self, pending: Sequence[_Pending], seconds: float) -> list[Settled | None]:
        if len(pending) == 1:
            return await self.all(pending, seconds)
        await _within(_race([each.end for each in pending]), seconds)
        return await self._look(pending)

    async def _look(self, pending: Sequence[_Pending]) -> list[Settled | None]:
        """Ask each whether it has ended: if so, it wins a race against a value behind it."""
        found = await _all([_race([each.end, 0]) for each in pending])
        return [each.read(ends) if ends else None for each, ends in zip(pending, found, strict=True)]


def _promise(function: Any, this: Any, *arguments: Any) -> Any:
    """Call a JavaScript function, and return its promise itself.

    Of a promise that a call returns Pyodide makes a future of Python's, which costs, wraps errors and settles
    late once it goes back to JavaScript. One that lies in an array stays what it is.
    """
    call = js.Reflect.apply.bind(None, function, this, to_js(arguments))
    return js.Array.from_(to_js([0]), call)[0]


def _all(promises: Sequence[Any]) -> Any:
    return _promise(js.Promise.all, js.Promise, to_js(promises))


def _race(promises: Sequence[Any]) -> Any:
    return _promise(js.Promise.race, js.Promise, to_js(promises))


async def _within(promise: Any, seconds: float) -> Any:
    """Wait for a promise at most so long; return what it was kept with, or None when the time is over.

    A promise that loses is left to JavaScript.
    """
    # Rounded up, so that the time is over afterwards; not for a sum's last bit. At least one, since
    # production's clock stands still while nothing is waited for.
    milliseconds = max(math.ceil(round(seconds * 1000, 3)), 1)
    clock = _promise(js.scheduler.wait, js.scheduler, milliseconds)
    return await _race([promise, clock])


def _forward_port(message: Any) -> Any:
    forward = _get(message, "forward")
    this = None if isinstance(message, dict) else message

    def port(inbox: str, fields: Mapping[str, str]) -> _Pending:
        headers = js.Headers.new(to_js(list(fields.items())))
        try:
            return _Pending(_promise(forward, this, inbox, headers), error=_refusal)
        except JsException as error:
            raise _refusal(error) from None

    return port


def _send(request: Request) -> _Pending:
    options = {"method": "POST", "headers": dict(request.headers), "body": request.body, "redirect": "manual"}
    try:
        return _Pending(_promise(js.fetch, None, request.url, _object(options)), _Answer)
    except JsException:
        raise NoAnswer("the connection failed") from None


class _Answer:
    """The head of a service's answer, and its body once somebody wants it."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status: int = response.status
        self.retry_after = _header(response.headers, "retry-after")

    def text(self) -> _Pending:
        """Begin to read the body."""
        text = _promise(self._response.text, self._response)
        return _Pending(text, lambda text: text[:_ANSWER_CHARACTERS])


def _read_port(message: Any) -> Any:
    async def port(limit: int, seconds: float) -> bytes:
        raw = _get(message, "raw")
        try:
            reader = raw.getReader(_object({"mode": "byob"}))
        except JsException:
            # Not a stream of bytes: it comes in the pieces that it has.
            return await _read_pieces(raw.getReader(), limit, seconds)
        reading = _promise(reader.readAtLeast, reader, limit, js.Uint8Array.new(limit))
        part = await _in_time(reading, seconds)
        prefix = part.value.to_bytes() if hasattr(part.value, "to_bytes") else b""
        if len(prefix) == limit:
            _call_off(reader)
        return prefix

    return port


async def _read_pieces(reader: Any, limit: int, seconds: float) -> bytes:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    prefix = b""
    while len(prefix) < limit:
        part = await _in_time(_promise(reader.read, reader), deadline - clock())
        if part.done:
            return prefix
        # Cut before it is copied: a piece may be as large as the message.
        prefix += part.value.subarray(0, limit - len(prefix)).to_bytes()
    _call_off(reader)
    return prefix


async def _in_time(promise: Any, seconds: float) -> Any:
    value = await _within(promise, seconds)
    if value is None:
        raise TimeoutError
    return value


def _call_off(reader: Any) -> None:
    """Let the rest of a stream go. Whether it can be called off does not matter, and is not waited for."""
    with suppress(JsException):
        _promise(js.Promise.allSettled, js.Promise, to_js([_promise(reader.cancel, reader)]))


def _refusal(reason: Any) -> Exception:
    return ForwardError(_ERROR_NAME.sub("", str(reason)))


def _log(record: Mapping[str, object]) -> None:
    print(json.dumps(record))  # noqa: T201 what a Worker prints is its log


def _get(message: Any, name: str) -> Any:
    """Read a field of the message: an object in production, a dict under `wrangler dev`."""
    return message.get(name) if isinstance(message, dict) else getattr(message, name, None)


def _header(headers: Any, name: str) -> str:
    # A missing header is JavaScript's null: false, but not None.
    return _text(headers.get(name.lower())) if hasattr(headers, "get") else ""


def _text(value: Any) -> str:
    return str(value) if value else ""


def _object(values: Mapping[str, object]) -> Any:
    return to_js(values, dict_converter=js.Object.fromEntries)


def _python(value: Any) -> object:
    return value.to_py() if hasattr(value, "to_py") else value or None
