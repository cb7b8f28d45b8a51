"""What Cloudflare calls: the Worker's handlers, and the object of a recipient's domain.

What the runtime passes in is translated here, once. See docs/decisions for the shapes that `wrangler dev` and
production give the same things.
"""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import js
from pyodide.ffi import JsException, JsProxy, create_proxy, to_js
from workers import DurableObject, Response, WorkerEntrypoint

from book import Book
from failover.delivery import LOOP_FIELD, ForwardError
from failover.door import COUNTER, Knocks, answer, domain_of, is_right
from failover.event import Event
from failover.fault import OVER_LIMIT, place_of
from failover.handle import DEFER, KNOWN, OBJECT_SECONDS, WRITTEN, Caught, Ports, handle
from failover.isolate import Isolate
from failover.memory import Memory
from failover.message import Envelope
from notify.outbox import PACE_SECONDS
from runtime import (
    Pending,
    RsaSeal,
    RuntimeWaiting,
    Source,
    header,
    in_time,
    look,
    offset,
    promise_of,
    send,
    settings_in,
    stream_of,
    text_of,
)

# A line's length (RFC 5322, section 2.1.1). What is longer costs time before the message is forwarded.
_ID_CHARACTERS = 998
_ERROR_NAME = re.compile(r"^\w*Error: ")
# How long the alarm rests after a fault of ours: it must neither be lost nor use up a day's requests.
_REST_SECONDS = 600.0
# How long the next mebibyte of a message may take to come.
_PIECE_SECONDS = 10.0
# How long an object may take to begin its answer at the door.
_DOOR_SECONDS = 20.0
_ISOLATE = Isolate()


class Default(WorkerEntrypoint):
    """The Worker."""

    async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:  # noqa: ARG002 given or not
        """Handle one caught message: accept or refuse it; an exception makes its sender keep it."""
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
            store=lambda domain, text: self._ask("store", domain, text, _get(message, "raw")),
            blocked=partial(self._ask, "blocked"),
            field=partial(header, headers),
            waiting=RuntimeWaiting(),
            is_quiet=lambda quiet: quiet.ends(time.time(), offset) is not None,
            later=self.ctx.waitUntil,
            log=_log,
        )
        if refusal := await handle(caught, settings_in(self.env), _ISOLATE, ports):
            await _refuse(message, refusal)

    async def fetch(self, request: Any) -> Any:
        """Hand what has the token on to the object of the domain that it is about; answer all else alike."""
        asked = request.js_object
        token, name = _ISOLATE.settings(settings_in(self.env)).spool_token, domain_of(asked.url)
        right = is_right(header(asked.headers, "authorization"), token)
        may_pass = await self._knock(right=right) if token else False
        stub = self._stub(name) if may_pass and name else None
        if stub is None:
            return Response("", status=404)
        try:
            return await in_time(promise_of(stub.fetch, stub, asked), _DOOR_SECONDS)
        except (JsException, TimeoutError) as error:
            _log({"event": "door", "failed": type(error).__name__})
            return Response("", status=503)

    async def _knock(self, *, right: bool) -> bool:
        """Tell whether a request may go on: it has the token, and the door is not closed."""
        if _ISOLATE.is_closed(time.time()):
            return False
        pending = self._ask("knock", COUNTER, "right" if right else "wrong")
        [settled] = await RuntimeWaiting().all([pending], OBJECT_SECONDS) if pending else [None]
        if settled is not None and settled.error is None:
            _ISOLATE.close(time.time(), float(settled.value))
        return right and not _ISOLATE.is_closed(time.time())

    def _ask(self, method: str, domain: str, *arguments: Any) -> Pending | None:
        """Begin to call the domain's object; None if there is none."""
        stub = self._stub(domain)
        return None if stub is None else Pending(promise_of(getattr(stub, method), stub, *arguments))

    def _stub(self, domain: str) -> Any:
        objects = getattr(self.env, "DOMAINS", None)
        if objects is None:
            return None
        stub = objects.getByName(domain)
        # What the SDK wraps it in makes a coroutine of each call, and so a second task.
        return stub if isinstance(stub, JsProxy) else getattr(stub, "_binding", stub)


class Domain(DurableObject):
    """The object of one recipient domain: remembers what was caught for it, and tells of it by its alarm."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._storage = ctx.storage
        self._book = Book(self._sql, self._together)
        self._told = 0.0
        self._knocks = Knocks()

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
            return OVER_LIMIT if OVER_LIMIT in str(error) else place_of(error)
        await self._wake()
        return WRITTEN if new else KNOWN

    async def store(self, text: str, stream: Any) -> str:
        """Keep a copy of a message; see `Keeper.store`."""
        source = Source(stream)
        read = partial(source.read, seconds=_PIECE_SECONDS)
        answer = await self._memory().keeper.store(text, read, RsaSeal.new)
        source.let_go()
        try:
            await self._wake()
        except Exception as error:  # noqa: BLE001 the copy is kept; the Worker's report sets the alarm anew
            _log({"event": "spool", "failed": place_of(error)})
        return answer

    async def blocked(self, recipient: str) -> str:
        """Count a message for this recipient that BLOCK refused."""
        self._book.together(lambda: self._memory().block(recipient))
        return ""

    async def knock(self, text: str) -> str:
        """Count a try at the door, "right" or "wrong"; answer for how many seconds it is closed."""
        return str(self._knocks.knock(time.time(), right=text == "right"))

    async def fetch(self, request: Any) -> Response:
        """Answer at the door; the Worker has seen the token."""
        asked = request.js_object
        body = await request.text() if asked.method == "POST" else ""
        found = answer(self._memory(), asked.method, asked.url, body)
        if asked.method != "GET":
            await self._wake()
        chunks = self._book.spool.chunks(found.copy.number) if found.copy else None
        return Response(stream_of(chunks) if chunks else found.text, found.status, headers=found.headers)

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
        return Memory(self._book, _ISOLATE.settings(settings_in(self.env)), time.time, offset)

    async def _wake(self) -> None:
        """Set the alarm to the next time when there is something to do, if there is."""
        due, now = self._memory().next(), time.time()
        if due is not None:
            # By a clock that was set back, the time of the last alert lies ahead.
            pace = min(max(self._told + PACE_SECONDS - now, 0.0), PACE_SECONDS)
            at = max(due, now + pace)
            # Never early by the last bit of a sum: it would ring again and again within the millisecond.
            await self._storage.setAlarm(math.floor(1000 * at) + (at > now))

    def _sql(self, text: str, *values: str | float | bytes) -> list[Any]:
        # Read at once: nothing may be waited for while a cursor is open.
        bound = (to_js(value) if isinstance(value, bytes) else value for value in values)
        return [*self._storage.sql.exec(text, *bound)]

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
        source = Source(_get(message, "raw"))
        prefix = await source.read(limit, seconds)
        if len(prefix) == limit:
            source.let_go()
        return prefix

    return port


async def _refuse(message: Any, text: str) -> None:
    """Refuse a message for good: the one place that does.

    Source: https://developers.cloudflare.com/email-routing/email-workers/runtime-api/

    Raises:
        JsException: the runtime did not take it; the sender keeps the message.

    """
    this = None if isinstance(message, dict) else message
    # Under `wrangler dev` the call goes to another process; in production there is nothing to wait for.
    refused = promise_of(_get(message, "setReject"), this, text)
    await promise_of(js.Promise.resolve, js.Promise, refused)


def _refusal(reason: Any) -> Exception:
    return ForwardError(_ERROR_NAME.sub("", str(reason)))


def _log(record: Mapping[str, object]) -> None:
    print(json.dumps(record))  # noqa: T201 what a Worker prints is its log


def _get(message: Any, name: str) -> Any:
    """Read a field of the message: an object in production, a dict under `wrangler dev`."""
    return message.get(name) if isinstance(message, dict) else getattr(message, name, None)
