"""What the handlers ask of the runtime: promises, waiting for them, requests, plain values of its own.

Foreign errors become ours here. JavaScript's names are looked up where they are used: what is bound at import
ends up in the deploy-time snapshot.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import js
from pyodide.ffi import JsException, to_js
from workers import import_from_javascript

from failover.primary import ASK_SECONDS, TLS_PORTS, Target
from failover.settings import VARIABLES
from failover.waiting import Settled
from notify.channel import NoAnswer, Request

_ANSWER_CHARACTERS = 4096


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
    how = {"method": "POST", "headers": dict(request.headers), "body": request.body, "redirect": "manual"}
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
