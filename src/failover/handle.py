"""The use case: a caught message is delivered, and then people are told.

The order is the promise. Until an inbox has accepted, every failure is an exception, and the sender keeps
the message. From then on nothing raises any more: reading, understanding and telling are best effort.
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from notify.alert import Alert
from notify.channels import channels_of
from notify.describe import caught, deferred, misconfigured, returned, with_problems
from notify.dispatch import Report, Send, dispatch

from .delivery import (
    Attempt,
    DeliveryError,
    Forward,
    deliver,
    inboxes_for,
    mark_of,
    marked,
    marks_in,
    untried,
)
from .isolate import Isolate
from .message import Envelope, Mail
from .skim import PREFIX_BYTES, skim
from .waiting import Waiting

READ_SECONDS = 2.0
"""How long reading the first bytes may take; with the forwards' time it stays under the handler's 25 s."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the core needs from outside, as plain callables.

    `read(limit, seconds)` returns at most `limit` first bytes of the message, or raises when the time is
    over. `later` runs a coroutine after the handler has returned or raised. `log` writes one structured line.
    """

    forward: Forward
    read: Callable[[int, float], Awaitable[bytes]]
    send: Send
    waiting: Waiting
    later: Callable[[Coroutine[object, object, None]], object]
    log: Callable[[Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Caught:
    """A caught message: its envelope, its `X-Mail-Failover` field and its Message-ID, empty if absent."""

    envelope: Envelope
    marks: str
    message_id: str


async def handle(message: Caught, env: Mapping[str, object], isolate: Isolate, ports: Ports) -> None:
    """Deliver a caught message, and see to it that people are told. Returning means that it was accepted.

    Raises:
        DeliveryError: no inbox accepted, or none can be used; the sender keeps the message.

    """
    event = _Event(message, env, isolate, ports)
    envelope, settings = message.envelope, event.settings
    recipient = envelope.recipient
    inboxes, marks = inboxes_for(recipient, settings), marks_in(message.marks)
    if mark_of(recipient) in marks:
        inboxes = untried(marks, recipient, inboxes)
        if not inboxes:
            event.note(outcome="returned")
            await event.read()
            event.tell(lambda mail: returned(envelope, mail, settings))
            return
    try:
        attempts = await deliver(
            inboxes,
            settings.mode,
            ports.forward,
            lambda having: marked(marks, recipient, having),
            ports.waiting,
        )
    except DeliveryError as error:
        tried = error.attempts
        event.delivered("deferred", tried)
        await event.read()
        if not tried and settings.problems:
            event.tell(lambda _: misconfigured(envelope), mend=True)
        else:
            event.tell(lambda mail: deferred(envelope, mail, tried, settings))
        raise
    event.delivered("forwarded", attempts)
    await event.read()
    event.tell(lambda mail: caught(envelope, mail, attempts, settings))


class _Event:
    """One message on its way: what the log line will say of it, and what is done after delivery."""

    def __init__(self, message: Caught, env: Mapping[str, object], isolate: Isolate, ports: Ports) -> None:
        self.settings = isolate.settings(env)
        self._message = message
        self._isolate = isolate
        self._ports = ports
        self._now = ports.waiting.now
        self._last = self._now()
        self._prefix = b""
        self._record: dict[str, object] = {
            "event": "message",
            "size": message.envelope.size,
            "message": _hash(message.message_id),
        }
        if problems := self.settings.problems:
            self.note(misconfigured=sorted({problem.variable for problem in problems}))

    def note(self, **facts: object) -> None:
        self._record |= facts

    def delivered(self, outcome: str, attempts: Sequence[Attempt]) -> None:
        outcomes = [attempt.outcome.value for attempt in attempts]
        accepted = sum(attempt.outcome.accepted for attempt in attempts)
        self.note(outcome=outcome, inboxes=len(attempts), accepted=accepted, forwards=outcomes)
        self._lap("forward_ms")

    async def read(self) -> None:
        """Read the first bytes. Without them there is less to say of the message, and that is all."""
        try:
            self._prefix = await self._ports.read(PREFIX_BYTES, READ_SECONDS)
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            self.note(unread=type(error).__name__)
        self._lap("read_ms")

    def tell(self, describe: Callable[[Mail | None], Alert], *, mend: bool = False) -> None:
        """Tell people after the handler is done; with `mend` also what is wrong with the settings."""
        telling = self._tell(describe, mend=mend)
        try:
            self._ports.later(telling)
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            telling.close()
            self.note(untold=_bug(error))
            self._ports.log(self._record)

    async def _tell(self, describe: Callable[[Mail | None], Alert], *, mend: bool) -> None:
        try:
            alert = describe(self._understand())
            remind = mend or self._isolate.may_remind(self._now())
            if remind:
                alert = with_problems(alert, self.settings.problems)
            channels = channels_of(self.settings)
            reports = await dispatch(alert, channels, self._ports.send, self._ports.waiting)
            self.note(channels=[_line(report) for report in reports])
            if remind and any(report.outcome == "sent" for report in reports):
                self._isolate.reminded(self._now())
        except Exception as error:  # noqa: BLE001 nobody is left to raise to; the log line is where it shows
            self.note(untold=_bug(error))
        finally:
            self._lap("alert_ms")
            self._ports.log(self._record)

    def _understand(self) -> Mail | None:
        if not self._prefix:
            return None
        try:
            preview = self.settings.detail == "preview"
            return skim(self._prefix, self._message.envelope.size, preview=preview)
        except Exception as error:  # noqa: BLE001 an alert with the envelope alone is better than none
            self.note(unread=_bug(error))
            return None

    def _lap(self, name: str) -> None:
        now = self._now()
        self.note(**{name: round(1000 * (now - self._last))})
        self._last = now


def _line(report: Report) -> dict[str, object]:
    line: dict[str, object] = {
        "channel": report.channel,
        "outcome": report.outcome,
        "attempts": report.attempts,
    }
    return line | {"reason": report.reason} if report.reason else line


def _hash(message_id: str) -> str:
    """Return what recognises a message in the log without naming it; empty if it has no Message-ID."""
    return (
        hashlib.sha256(message_id.strip().encode("utf-8", "replace")).hexdigest()[:16] if message_id else ""
    )


def _bug(error: Exception) -> str:
    """Say where our own fault lies, without its text, which may quote anything."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"
