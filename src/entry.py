"""What Cloudflare calls: the Worker's handlers, and the object of a recipient's domain.

What the runtime passes in is translated here, once. See docs/decisions for the shapes that `wrangler dev` and
production give the same things.
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import js
from pyodide.ffi import JsException, JsProxy, create_proxy, to_js
from workers import DurableObject, Response, WorkerEntrypoint

from book import Book
from failover.delivery import LOOP_FIELD, ForwardError
from failover.event import Event
from failover.fault import place_of
from failover.handle import DEFER, KNOWN, WRITTEN, Caught, Ports, handle
from failover.isolate import Isolate
from failover.memory import Memory
from failover.message import Envelope
from notify.outbox import PACE_SECONDS
from runtime import (
    Pending,
    RuntimeWaiting,
    header,
    in_time,
    look,
    options,
    promise_of,
    send,
    settings_in,
    text_of,
)

# A line's length (RFC 5322, section 2.1.1). What is longer costs time before the message is forwarded.
_ID_CHARACTERS = 998
_ERROR_NAME = re.compile(r"^\w*Error: ")
# How the runtime begins to say that a day's rows are used up.
_OVER_LIMIT = "Exceeded allowed rows"
# How long the alarm rests after a fault of ours: it must neither be lost nor use up a day's requests.
_REST_SECONDS = 600.0
_ISOLATE = Isolate()


class Default(WorkerEntrypoint):
    """The Worker."""

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:  # noqa: ARG002 given or not
        """Handle one caught message. Returning accepts it; an exception makes its sender keep it."""
        headers = _get(message, "headers")
        envelope = Envelope(
            text_of(_get(message, "from")), text_of(_get(message, "to")), int(_get(message, "rawSize") or 0)
        )
        caught = Caught(envelope, header(headers, LOOP_FIELD), header(headers, "message-id")[:_ID_CHARACTERS])
        ports = Ports(
            forward=_forward_port(message),
            read=_read_port(message),
            send=send,
            defers=partial(self._ask, "defers"),
            remember=partial(self._ask, "remember"),
            waiting=RuntimeWaiting(),
            later=self.ctx.waitUntil,
            log=_log,
        )
        await handle(caught, settings_in(self.env), _ISOLATE, ports)

    async def fetch(self, request: Any) -> Response:  # noqa: ARG002 there is nothing to ask for
        """Answer the web with nothing."""
        return Response("", status=404)

    def _ask(self, method: str, domain: str, text: str) -> Pending | None:
        """Begin to call the domain's object; None if there is none."""
        objects = getattr(self.env, "DOMAINS", None)
        if objects is None:
            return None
        stub = objects.getByName(domain)
        if not isinstance(stub, JsProxy):
            # What the SDK wraps it in makes a coroutine of each call, and so a second task.
            stub = getattr(stub, "_binding", stub)
        return Pending(promise_of(getattr(stub, method), stub, text))


class Domain(DurableObject):
    """The object of one recipient domain: remembers what was caught for it, and tells of it by its alarm."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._storage = ctx.storage
        self._book = Book(self._sql, self._together)
        self._told = 0.0

    async def defers(self, text: str) -> str:
        """Answer DEFER if a message is to be deferred since the primary answers, else nothing."""
        key, _, domain = text.partition(" ")
        defers = await self._memory().watch.defers(domain, key, look)
        await self._wake()
        return DEFER if defers else ""

    async def remember(self, text: str) -> str:
        """Write an event down, to be told at once; answer WRITTEN, KNOWN, or why nothing was written.

        Raises:
            JsException: it was written, and may be told late.

        """
        try:
            event = Event.from_text(text)
            new = self._book.together(lambda: self._memory().remember(event))
        except Exception as error:  # noqa: BLE001 the Worker tells of it then
            return _OVER_LIMIT if _OVER_LIMIT in str(error) else place_of(error)
        await self._wake()
        return WRITTEN if new else KNOWN

    async def status(self) -> str:
        """Say how things stand, as JSON; see `Memory.status`."""
        return json.dumps(self._memory().status())

    async def alarm(self, info: Any = None) -> None:  # noqa: ARG002 how often it was tried does not matter
        """Tell what is due, and set the next alarm."""
        try:
            reports = await self._memory().tell(send, look, RuntimeWaiting())
            if reports:
                self._told = time.time()
                _log({"event": "alert", "channels": [report.line() for report in reports]})
            await self._wake()
        except Exception as error:  # noqa: BLE001 what raises is tried again six times, and then never
            _log({"event": "alert", "untold": place_of(error)})
            await self._storage.setAlarm(math.ceil(1000 * (time.time() + _REST_SECONDS)))

    def _memory(self) -> Memory:
        return Memory(self._book, _ISOLATE.settings(settings_in(self.env)), time.time)

    async def _wake(self) -> None:
        """Set the alarm to the next time when there is something to do, if there is."""
        due, now = self._memory().next(), time.time()
        if due is not None:
            # By a clock that was set back, the time of the last alert lies ahead.
            pace = min(max(self._told + PACE_SECONDS - now, 0.0), PACE_SECONDS)
            at = max(due, now + pace)
            # Never early by the last bit of a sum: it would ring again and again within the millisecond.
            await self._storage.setAlarm(math.floor(1000 * at) + (at > now))

    def _sql(self, text: str, *values: str | float) -> list[Any]:
        # Read at once: nothing may be waited for while a cursor is open.
        return [*self._storage.sql.exec(text, *values)]

    def _together(self, function: Callable[[], Any]) -> Any:
        proxy = create_proxy(function)
        try:
            return self._storage.transactionSync(proxy)
        finally:
            proxy.destroy()


def _forward_port(message: Any) -> Any:
    forward = _get(message, "forward")
    this = None if isinstance(message, dict) else message

    def port(inbox: str, fields: Mapping[str, str]) -> Pending:
        headers = js.Headers.new(to_js(list(fields.items())))
        try:
            return Pending(promise_of(forward, this, inbox, headers), error=_refusal)
        except JsException as error:
            raise _refusal(error) from None

    return port


def _read_port(message: Any) -> Any:
    async def port(limit: int, seconds: float) -> bytes:
        raw = _get(message, "raw")
        try:
            reader = raw.getReader(options({"mode": "byob"}))
        except JsException:
            # Not a stream of bytes: it comes in the pieces that it has.
            return await _read_pieces(raw.getReader(), limit, seconds)
        reading = promise_of(reader.readAtLeast, reader, limit, js.Uint8Array.new(limit))
        part = await in_time(reading, seconds)
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
        part = await in_time(promise_of(reader.read, reader), deadline - clock())
        if part.done:
            return prefix
        # Cut before it is copied: a piece may be as large as the message.
        prefix += part.value.subarray(0, limit - len(prefix)).to_bytes()
    _call_off(reader)
    return prefix


def _call_off(reader: Any) -> None:
    """Let the rest of a stream go. Whether it can be called off does not matter, and is not waited for."""
    with suppress(JsException):
        promise_of(js.Promise.allSettled, js.Promise, to_js([promise_of(reader.cancel, reader)]))


def _refusal(reason: Any) -> Exception:
    return ForwardError(_ERROR_NAME.sub("", str(reason)))


def _log(record: Mapping[str, object]) -> None:
    print(json.dumps(record))  # noqa: T201 what a Worker prints is its log


def _get(message: Any, name: str) -> Any:
    """Read a field of the message: an object in production, a dict under `wrangler dev`."""
    return message.get(name) if isinstance(message, dict) else getattr(message, name, None)
