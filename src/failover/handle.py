"""The use case: a caught message is delivered, and then people are told.

The order is the promise. Until an inbox has accepted, every failure is an exception, and the sender keeps
the message. From then on nothing raises any more: reading, understanding and telling are best effort.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from notify.alert import Alert
from notify.channels import channels_of
from notify.describe import caught, deferred, misconfigured, returned
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
)
from .message import Envelope, Mail
from .settings import Settings, SettingsError
from .skim import PREFIX_BYTES, skim

READ_SECONDS = 2.0
"""How long reading the first bytes may take; with the forwards' time it stays under the handler's 25 s."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the core needs from outside, as plain callables.

    `read(limit)` returns at most `limit` first bytes of the message. `later` runs a coroutine after the
    handler has returned or raised. `log` writes one structured line.
    """

    forward: Forward
    read: Callable[[int], Awaitable[bytes]]
    send: Send
    later: Callable[[Coroutine[object, object, None]], object]
    log: Callable[[Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Caught:
    """A caught message: its envelope, its `X-Mail-Failover` field and its Message-ID, empty if absent."""

    envelope: Envelope
    marks: str
    message_id: str


async def handle(message: Caught, env: Mapping[str, object], ports: Ports) -> None:
    """Deliver a caught message, and see to it that people are told. Returning means that it was accepted.

    Raises:
        SettingsError: the settings can't be used; the sender keeps the message.
        DeliveryError: no inbox accepted; the sender keeps the message.

    """
    event = _Event(message, ports)
    envelope = message.envelope
    try:
        settings = Settings.from_env(env)
    except SettingsError as error:
        problems = error.problems
        event.note(outcome="deferred", misconfigured=sorted({p.variable for p in problems}))
        event.tell(error.usable, lambda _: misconfigured(envelope, problems))
        raise
    marks, mark = marks_in(message.marks), mark_of(envelope.recipient)
    if mark in marks:
        event.note(outcome="returned")
        await event.read()
        event.tell(settings, lambda mail: returned(envelope, mail, settings))
        return
    inboxes = inboxes_for(envelope.recipient, settings)
    try:
        attempts = await deliver(inboxes, settings.mode, ports.forward, marked(marks, mark))
    except DeliveryError as error:
        tried = error.attempts
        event.delivered("deferred", tried)
        await event.read()
        event.tell(settings, lambda mail: deferred(envelope, mail, tried, settings))
        raise
    event.delivered("forwarded", attempts)
    await event.read()
    event.tell(settings, lambda mail: caught(envelope, mail, attempts, settings))


class _Event:
    """One message on its way: what the log line will say of it, and what is done after delivery."""

    def __init__(self, message: Caught, ports: Ports) -> None:
        self._message = message
        self._ports = ports
        self._clock = asyncio.get_running_loop().time
        self._last = self._clock()
        self._prefix = b""
        self._record: dict[str, object] = {
            "event": "message",
            "size": message.envelope.size,
            "message": _hash(message.message_id),
        }

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
            self._prefix = await asyncio.wait_for(self._ports.read(PREFIX_BYTES), READ_SECONDS)
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            self.note(unread=type(error).__name__)
        self._lap("read_ms")

    def tell(self, settings: Settings, describe: Callable[[Mail | None], Alert]) -> None:
        """Tell people after the handler is done."""
        telling = self._tell(settings, describe)
        try:
            self._ports.later(telling)
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            telling.close()
            self.note(untold=_bug(error))
            self._ports.log(self._record)

    async def _tell(self, settings: Settings, describe: Callable[[Mail | None], Alert]) -> None:
        try:
            mail = self._understand(settings)
            reports = await dispatch(describe(mail), channels_of(settings), self._ports.send)
            self.note(channels=[_line(report) for report in reports])
        except Exception as error:  # noqa: BLE001 nobody is left to raise to; the log line is where it shows
            self.note(untold=_bug(error))
        finally:
            self._lap("alert_ms")
            self._ports.log(self._record)

    def _understand(self, settings: Settings) -> Mail | None:
        if not self._prefix:
            return None
        try:
            return skim(self._prefix, self._message.envelope.size, preview=settings.detail == "preview")
        except Exception as error:  # noqa: BLE001 an alert with the envelope alone is better than none
            self.note(unread=_bug(error))
            return None

    def _lap(self, name: str) -> None:
        now = self._clock()
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
