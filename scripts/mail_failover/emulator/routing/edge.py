"""Cloudflare Email Routing for one message: build it, run the Worker on it, judge what the Worker did.

Free of SMTP, threads and its own clock, so that tests can drive it in virtual time.
What `forward` does and what a sender sees follow what others measured in production.
"""

import asyncio
import contextvars
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx

from mail_failover.emulator.faults import Fault, Faults
from mail_failover.emulator.runtime.crossing import response_of
from mail_failover.emulator.runtime.javascript import Headers, JsException, jsnull
from mail_failover.emulator.runtime.message import Caught, Shape, field_text, present, traced
from mail_failover.emulator.runtime.objects import Objects
from mail_failover.emulator.runtime.promises import JsPromise
from mail_failover.emulator.runtime.sockets import Dial, connect, dial
from mail_failover.emulator.runtime.streams import ReadableStream
from mail_failover.emulator.runtime.web import JsRequest, JsResponse
from mail_failover.emulator.runtime.workers import Context, Env, Request, WorkerEntrypoint, http_client

from .inbox import InboxError, Inboxes

# A Worker has to stay under 25 s; this only ends one that never would.
WALL_SECONDS = 30.0
# An object tells a chat no more often than once a second.
_SOON_SECONDS = 1.5
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


Stored = Callable[[str, str, bytes, bytes], None]
"""Is told which inbox took a message, its file's name or nothing, what was stored, and what was sent."""


class Status(Enum):
    """What became of a message, as its sender sees it."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: `inboxes` took it; `reason` says what went wrong, if anything did."""

    status: Status
    reason: str = ""
    inboxes: tuple[str, ...] = ()


class Edge:
    """The edge, and one Worker behind it.

    `verified` are the destination addresses that forward may use; `client` carries the Worker's own requests,
    `dialling` its sockets; `objects` are its Durable Objects by their bindings; `log` is told of what failed
    in `waitUntil`, `stored` of each copy that an inbox took.
    """

    def __init__(  # noqa: PLR0913 - an edge has many sides
        self,
        worker: type[WorkerEntrypoint],
        env: Mapping[str, Any],
        inboxes: Inboxes,
        client: httpx.AsyncClient,
        *,
        verified: Iterable[str] = (),
        faults: Faults | None = None,
        shape: Shape = "dict",
        chunk: int = 4096,
        objects: Mapping[str, Objects] | None = None,
        dialling: Dial = connect,
        log: Callable[[str], None] | None = None,
        stored: Stored = lambda *_: None,
    ) -> None:
        self._worker = worker
        self._objects = dict(objects or {})
        self._dial = dialling
        self._env = {**env, **self._objects}
        self.inboxes = inboxes
        self._client = client
        self.verified = {address.lower() for address in verified}
        self.faults = faults or Faults()
        self._shape: Shape = shape
        self._chunk = chunk
        self._log = log
        self.stored = stored
        self._tasks: set[asyncio.Future[Any]] = set()

    async def deliver(self, sender: str, recipient: str, content: bytes, trace: bytes = b"") -> Outcome:
        """Run the Worker once and say what the message's sender is told; a bounce has an empty `sender`.

        `trace` is what an edge that checks senders puts on top.
        """
        delivery = Delivery(self, Caught(sender, recipient, content, trace))
        stream = self._stream(delivery.raw)
        message = present(delivery.caught, delivery.raw, stream, self._shape, delivery.actions())
        event = _Event(self, stream.break_off)
        handler = event.begin(lambda worker: worker.email(message))
        clock = asyncio.timeout(WALL_SECONDS)
        try:
            async with clock:
                await handler
        except Exception as error:  # noqa: BLE001 - whatever a Worker raises ends here, as it does in production
            if clock.expired():
                # What it left behind is ended with it.
                stream.break_off()
            failure = f"the Worker raised {type(error).__name__}: {error}"
            return delivery.outcome(
                f"the Worker took over {WALL_SECONDS:g} s" if clock.expired() else failure
            )
        finally:
            event.end()
        return delivery.outcome()

    async def fetch(self, request: JsRequest) -> JsResponse:
        """Run the Worker once for a request from the web; an answer's body may still be under way.

        Source, of what is answered for a Worker that raises:
        https://developers.cloudflare.com/workers/observability/errors/
        """
        event = _Event(self)
        try:
            return response_of(await event.begin(lambda worker: worker.fetch(Request(request))))
        except Exception as error:  # noqa: BLE001 - whatever a Worker raises ends here
            if self._log is not None:
                self._log(f"fetch: {type(error).__name__}: {error}")
            return JsResponse("error code: 1101", 500)

    def deploy(self, env: Mapping[str, Any]) -> None:
        """Go on with other settings, as after a deploy."""
        self._env = {**env, **self._objects}

    def wake(self) -> None:
        """Look when the objects' alarms are to ring: before the first message, or by a new time."""
        for each in self._objects.values():
            self._context().run(each.wake)

    async def drain(self, seconds: float | None = None) -> bool:
        """Wait for what `waitUntil` was given and for due alarms, at most `seconds`; then cancel the former.

        Tells whether all ended.
        """
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
                for each in self._objects.values():
                    await each.idle(_SOON_SECONDS)
        except TimeoutError:
            late = set(self._tasks)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            return False
        return True

    def _context(self) -> contextvars.Context:
        context = contextvars.copy_context()
        context.run(http_client.set, self._client)
        context.run(dial.set, self._dial)
        return context

    def _stream(self, raw: bytes) -> ReadableStream:
        """Return the stream of a message; one that fails does so in the middle."""
        match self.faults.take("raw"):
            case Fault(kind="breaks" | "hangs" as end):
                return ReadableStream(raw[: len(raw) // 2], self._chunk, end=end)
        return ReadableStream(raw, self._chunk)

    def run(self, context: Context, what: Callable[[WorkerEntrypoint], Awaitable[Any]]) -> asyncio.Task[Any]:
        """Begin to do something with a Worker made anew, within the edge's own context."""

        async def run() -> Any:
            return await what(self._worker(context, Env(self._env)))

        return asyncio.get_running_loop().create_task(run(), context=self._context())

    def keep(self, awaitable: Awaitable[object]) -> asyncio.Future[Any]:
        """Let something go on after its event."""
        task = asyncio.ensure_future(awaitable)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        # Without a log the exception is left unread, and asyncio reports it.
        if self._log is not None and not task.cancelled() and (error := task.exception()):
            self._log(f"waitUntil: {type(error).__name__}: {error}")


class _Event:
    """One event of a Worker. When it and all that `waitUntil` was given have ended, `gone` is called."""

    def __init__(self, edge: Edge, gone: Callable[[], None] = lambda: None) -> None:
        self._edge = edge
        self._gone = gone
        self._left = 1

    def begin(self, what: Callable[[WorkerEntrypoint], Awaitable[Any]]) -> asyncio.Task[Any]:
        """Begin it."""
        return self._edge.run(Context(self._keep), what)

    def end(self) -> None:
        """Say that the handler, or something that went on after it, has ended."""
        self._left -= 1
        if not self._left:
            self._gone()

    def _keep(self, awaitable: Awaitable[object]) -> None:
        self._left += 1
        self._edge.keep(awaitable).add_done_callback(lambda _: self.end())


@dataclass(slots=True)
class Delivery:
    """One message on its way through the Worker."""

    edge: Edge
    caught: Caught
    raw: bytes = b""
    taken: list[str] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    rejection: str | None = None

    def __post_init__(self) -> None:
        self.raw = traced(self.caught)

    def actions(self) -> dict[str, Callable[..., Any]]:
        """Return the message's methods by their JavaScript names."""
        return {
            "forward": lambda *arguments: JsPromise(self.forward(*arguments)),
            "setReject": self.set_reject,
            "reply": lambda *arguments: JsPromise(self.reply(*arguments)),
        }

    async def forward(self, address: str, headers: Any = jsnull) -> Any:
        """Deliver to a verified address; only `X-*` fields are added, others are dropped without a word."""
        if headers and not isinstance(headers, Headers):
            raise JsException("parameter 2 is not of type 'Headers'.", "TypeError")
        fault = await self._fail_on_request()
        key = str(address).strip().lower()
        if not _ADDRESS.fullmatch(key):
            raise JsException("destination address is invalid")
        if key not in self.edge.verified:
            raise JsException("destination address not verified")
        if key in self.under_way or key in self.taken:
            raise JsException("message already forwarded to this destination")
        self.under_way.add(key)
        try:
            copy = self._copy(headers or Headers())
            name = await self.edge.inboxes.store(str(address).strip(), self.caught.sender, copy)
            self.taken.append(key)
            self.edge.stored(key, name, copy, self.caught.content)
        except InboxError as error:
            raise _could_not_send(error.reply, permanent=error.permanent) from None
        finally:
            self.under_way.discard(key)
        if fault == "already":
            raise JsException("message already forwarded to this destination")
        return jsnull

    def set_reject(self, reason: str) -> None:
        """Refuse the message for good."""
        self.rejection = str(reason)

    async def reply(self, message: Any) -> None:
        """Refuse to reply: the emulator sends nothing of its own."""
        del message
        raise JsException("the emulator does not send replies")

    def outcome(self, failure: str = "") -> Outcome:
        """Judge what the Worker did; raising after a forward costs nothing, the message is delivered."""
        inboxes = tuple(self.taken)
        if failure and not inboxes:
            return Outcome(Status.DEFERRED, failure)
        if self.rejection is not None and not failure:
            return Outcome(Status.REJECTED, self.rejection, inboxes)
        return Outcome(Status.ACCEPTED, failure or ("" if inboxes else "no inbox has it"), inboxes)

    async def _fail_on_request(self) -> str:
        """Fail as a fault says; return a kind that lets the message through first."""
        fault = self.edge.faults.take("forward")
        match fault and fault.kind:
            case "already":
                return "already"
            case "late":
                await asyncio.sleep(9 if fault is None or fault.seconds is None else fault.seconds)
            case "hang":
                await asyncio.Event().wait()
            case "unverified":
                raise JsException("destination address not verified")
            case "invalid":
                raise JsException("destination address is invalid")
            case "permanent":
                raise _could_not_send("550 5.7.1 message refused", permanent=True)
            case "transient":
                raise _could_not_send("421 4.7.28 try again later", permanent=False)
        return ""

    def _copy(self, extra: Headers) -> bytes:
        lines = [f"Return-Path: <{field_text(self.caught.sender)}>"]
        lines += [f"{name.title()}: {value}" for name, value in extra.entries() if name.startswith("x-")]
        return "".join(f"{line}\r\n" for line in lines).encode(errors="surrogateescape") + self.raw


def _could_not_send(reply: str, *, permanent: bool) -> JsException:
    code, _, text = reply.partition(" ")
    kind = "permanent" if permanent else "transient"
    return JsException(f"could not send email: destination server returned {kind} error ({code}): {text}")
