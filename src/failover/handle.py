"""The use case: a caught message is delivered, and then people are told. Only who is blocked is refused.

The order is the promise. Until an inbox has accepted, every failure is an exception, and the sender keeps
the message. From then on nothing raises any more: reading, understanding and telling are best effort.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace

from notify.channel import Manner
from notify.channels import destinations_of
from notify.describe import describe, unheard, waits_for_settings, with_problems
from notify.dispatch import Send, Telling, dispatch
from notify.words.language import Words

from .address import canonical, domain
from .audience import audience_of, is_previewed, owner, shown_to
from .delivery import (
    DELIVERY_SECONDS,
    SPOOLED_SECONDS,
    Attempt,
    DeliveryError,
    Forward,
    PrimaryAnswersError,
    deliver,
    inboxes_for,
    mark_of,
    marked,
    marks_in,
    untried,
)
from .event import Event, Fate, key_of
from .fault import place_of
from .isolate import Isolate
from .message import Envelope, Mail, is_drill
from .senders import Field, blocked_by, is_muted
from .skim import PREFIX_BYTES, skim
from .waiting import Waiting
from .zone import Quiet

READ_SECONDS = 2.0
"""How long reading the first bytes may take; with the forwards' time it stays under the handler's 25 s."""

OBJECT_SECONDS = 2.0
"""How long the object of the recipient's domain may take to write an event down."""

DEFER_SECONDS = 1.0
"""How long it may take to tell whether the primary answers; with all else it stays under 25 s."""

FIRST_SECONDS = 3.0
"""How long a copy is waited for before the message is forwarded; then it goes on beside."""

STORE_SECONDS = 6.0
"""How long a copy may take altogether."""

DEFER = "defer"
"""What the object answers if a message is to be deferred."""

WRITTEN, KNOWN = "written", "known"
"""What the object answers: it will tell of the event, or has heard of it before. Else it says why not."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the core needs from outside, as plain callables.

    `read(limit, seconds)` returns at most `limit` first bytes of the message, or raises when the time is
    over. `defers(domain, text)` begins to ask the domain's object whether a message is to be deferred since
    the primary answers: DEFER if so; the text is the message's key, a blank, and the domain.
    `remember(domain, text)` begins to hand an event to it. `store(domain, text)` begins to hand it the whole
    message, which can't be read any more then; the text is JSON: sender, recipient, size, Message-ID, and
    "returned" of one that came back. What comes of it is an event's text, which names the copy if there is
    one now. `blocked(domain, recipient)` begins to let it count a message that was refused. Without objects
    all return None. `field` is asked for header fields, and only where senders are blocked. `is_quiet` tells
    whether it is one of these hours now. `later` runs a coroutine after the handler has returned or raised.
    `log` writes one structured line.
    """

    forward: Forward
    read: Callable[[int, float], Awaitable[bytes]]
    send: Send
    defers: Callable[[str, str], object | None]
    remember: Callable[[str, str], object | None]
    store: Callable[[str, str], object | None]
    blocked: Callable[[str, str], object | None]
    field: Field
    waiting: Waiting
    is_quiet: Callable[[Quiet], bool]
    later: Callable[[Coroutine[object, object, None]], object]
    log: Callable[[Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Caught:
    """A caught message: its envelope, its `X-Mail-Failover` field and its Message-ID, empty if absent."""

    envelope: Envelope
    marks: str
    message_id: str


async def handle(message: Caught, env: Mapping[str, object], isolate: Isolate, ports: Ports) -> str:
    """Deliver a caught message, and see to it that people are told.

    Returning nothing means that it was accepted; a text, that it is to be refused for good, in these words.

    Raises:
        DeliveryError: no inbox accepted, or none can be used; the sender keeps the message.
        PrimaryAnswersError: the sender is to try the primary once more.

    """
    event = _Handling(message, env, isolate, ports)
    recipient, settings = message.envelope.recipient, event.settings
    if event.is_blocked():
        return settings.block_text
    inboxes, marks = inboxes_for(recipient, settings), marks_in(message.marks)
    if mark_of(recipient) in marks:
        inboxes = untried(marks, recipient, inboxes)
        if not inboxes:
            event.note(outcome="returned")
            await event.keep("returned")
            await event.read()
            event.tell("returned")
            return ""
    elif inboxes and await event.defers():
        raise PrimaryAnswersError
    if settings.spool == "all":
        await event.keep(seconds=FIRST_SECONDS)
    try:
        attempts = await deliver(
            inboxes,
            settings.mode,
            ports.forward,
            lambda having: marked(marks, recipient, having),
            ports.waiting,
            seconds=DELIVERY_SECONDS if settings.spool == "off" else SPOOLED_SECONDS,
        )
    except DeliveryError as error:
        event.forwarded(error.attempts)
        held = await event.keep()
        event.note(outcome="held" if held else "deferred")
        await event.read()
        event.tell("held" if held else "deferred", error.attempts)
        if held:
            return ""
        raise
    event.forwarded(attempts)
    event.note(outcome="forwarded")
    if settings.spool == "all":
        await event.keep()
    await event.read()
    event.tell("forwarded", attempts)
    return ""


class _Handling:
    """One message on its way: what the log line will say of it, and what is done after delivery."""

    def __init__(self, message: Caught, env: Mapping[str, object], isolate: Isolate, ports: Ports) -> None:
        self.settings = isolate.settings(env)
        self._message = message
        self._isolate = isolate
        self._ports = ports
        self._now = ports.waiting.now
        self._last = self._now()
        self._prefix = b""
        self._unanswered = False
        self._storing: object | None = None
        self._taken = False
        self._began = 0.0
        self._stored: Event | None = None
        self._record: dict[str, object] = {
            "event": "message",
            "size": message.envelope.size,
            "message": _hash(message.message_id),
        }
        if problems := self.settings.problems:
            self.note(misconfigured=sorted({problem.variable for problem in problems}))

    def note(self, **facts: object) -> None:
        self._record |= facts

    def forwarded(self, attempts: Sequence[Attempt]) -> None:
        outcomes = [attempt.outcome.value for attempt in attempts]
        accepted = sum(attempt.outcome.accepted for attempt in attempts)
        self.note(inboxes=len(attempts), accepted=accepted, forwards=outcomes)
        self._lap("forward_ms")

    def is_blocked(self) -> bool:
        """Tell whether its sender is blocked, and let that be counted; whatever is not known is not."""
        if not self.settings.block:
            return False
        try:
            by = blocked_by(self._message.envelope.sender, self._ports.field, self.settings.block)
        except Exception as error:  # noqa: BLE001 a fault of ours must never refuse a message for good
            self.note(block=place_of(error))
            return False
        if by:
            self.note(outcome="blocked", by=by)
            self._later(self._count())
        return bool(by)

    async def defers(self) -> bool:
        """Tell whether the message is deferred since the primary answers; whatever is not known is not."""
        message = self._message
        name = domain(canonical(message.envelope.recipient))
        known = message.envelope.sender and message.message_id.strip() and name
        if not (self.settings.defers and known) or is_drill(message.message_id):
            return False
        try:
            pending = self._ports.defers(name, f"{key_of(message.envelope, message.message_id, b'')} {name}")
            if pending is None:
                return False
            [settled] = await self._ports.waiting.all([pending], DEFER_SECONDS)
        except Exception as error:  # noqa: BLE001 whatever the object does, mail goes on
            self.note(primary=f"not asked: {type(error).__name__}")
            return False
        self._lap("defer_ms")
        if settled is None or settled.error is not None:
            self.note(primary="the object raised" if settled else "the object did not answer in time")
        if settled is None or settled.value != DEFER:
            return False
        self.note(outcome="deferred", primary="answers")
        self._ports.log(self._record)
        return True

    async def keep(self, fate: str = "", seconds: float = STORE_SECONDS) -> bool:
        """Let the domain's object keep a copy, begun at most `seconds` ago; tell whether it has one."""
        if self.settings.spool == "off":
            return False
        if self._stored is None:
            try:
                self._stored = await self._store(fate, seconds)
            except Exception as error:  # noqa: BLE001 whatever happens at the object, the message is not kept
                self.note(spool=f"not asked: {type(error).__name__}")
            self._lap("spool_ms")
        kept = self._stored is not None and bool(self._stored.copy)
        if self._stored is not None:
            self.note(spool="kept" if kept else self._stored.unkept)
        return kept

    async def _store(self, fate: str, seconds: float) -> Event | None:
        if self._storing is None:
            envelope = self._message.envelope
            name = domain(canonical(envelope.recipient))
            what = [envelope.sender, envelope.recipient, envelope.size, self._message.message_id, fate]
            self._began = self._now()
            self._storing = self._ports.store(name, json.dumps(what)) if name else None
            if self._storing is None:
                self.note(spool="there is no object")
                return None
        left = self._began + seconds - self._now()
        [settled] = await self._ports.waiting.all([self._storing], max(left, 0.0))
        # One that could not even be called has not read anything.
        self._taken = settled is None or settled.error is None
        if settled is not None and settled.error is None:
            return Event.from_text(settled.value)
        self.note(spool="the object raised" if settled else "the object did not answer in time")
        return None

    async def read(self) -> None:
        """Read the first bytes. Without them there is less to say of the message, and that is all.

        Who stores a message reads it: nothing is left of one that the spool has taken.
        """
        left = READ_SECONDS if self._storing is None else self._began + STORE_SECONDS - self._now()
        if self._taken or left <= 0:
            return
        try:
            self._prefix = await self._ports.read(PREFIX_BYTES, min(left, READ_SECONDS))
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            self.note(unread=type(error).__name__)
        self._lap("read_ms")

    def tell(self, fate: Fate, attempts: Sequence[Attempt] = ()) -> None:
        """Tell people after the handler is done."""
        self._later(self._tell(fate, tuple(attempts)))

    def _later(self, telling: Coroutine[object, object, None]) -> None:
        try:
            self._ports.later(telling)
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            telling.close()
            self.note(untold=place_of(error))
            self._ports.log(self._record)

    async def _count(self) -> None:
        """Let the domain's object count a message that was refused; nobody is told."""
        recipient, counted = self._message.envelope.recipient, False
        name = domain(canonical(recipient))
        try:
            pending = self._ports.blocked(name, recipient) if name else None
            if pending is not None:
                [settled] = await self._ports.waiting.all([pending], OBJECT_SECONDS)
                counted = settled is not None and settled.error is None
        except Exception as error:  # noqa: BLE001 the message's fate is decided, and the log line says so
            self.note(failed=place_of(error))
        finally:
            self.note(counted=counted)
            self._ports.log(self._record)

    async def _tell(self, fate: Fate, attempts: tuple[Attempt, ...]) -> None:
        try:
            event = self._event(fate, attempts)
            if why := await self._hand_over(event):
                self.note(direct=why)
                await self._tell_directly(event)
        except Exception as error:  # noqa: BLE001 nobody is left to raise to; the log line is where it shows
            self.note(untold=place_of(error))
        finally:
            self._lap("alert_ms")
            self._ports.log(self._record)

    def _event(self, fate: Fate, attempts: tuple[Attempt, ...]) -> Event:
        if self._stored is not None:
            return replace(self._stored, fate=fate, attempts=attempts)
        message = self._message
        key = key_of(message.envelope, message.message_id, self._prefix)
        # Why a copy is missing is in the log; whether there is one after all, the object knows.
        unkept = "" if self._storing is None else "unanswered"
        return Event(key, fate, message.envelope, self._understand(), attempts, unkept=unkept)

    async def _hand_over(self, event: Event) -> str:
        """Let the domain's object write the event down; return why it has not, empty if it has."""
        name = domain(canonical(event.envelope.recipient))
        try:
            pending = self._ports.remember(name, event.to_text()) if name else None
            if pending is None:
                return "there is no object"
            [settled] = await self._ports.waiting.all([pending], OBJECT_SECONDS)
        except Exception as error:  # noqa: BLE001 whatever happens at the object, people are told
            return f"the object can't be called: {type(error).__name__}"
        if settled is not None and settled.value in (WRITTEN, KNOWN):
            self.note(outbox=settled.value)
            return ""
        if settled is not None and settled.error is None:
            return f"the object could not write: {settled.value}"
        # It may have written the event down all the same, and will tell of it then.
        self._unanswered = True
        return "the object raised" if settled else "the object did not answer in time"

    async def _tell_directly(self, event: Event) -> None:
        settings, words = self.settings, Words(self.settings.language)
        if event.fate == "forwarded" and is_muted(event, settings):
            self.note(muted=True)
            return
        audience = audience_of(event.envelope.recipient, settings)
        alert, repeated = describe(event, shown_to(audience, settings)), words.say("repeated")
        remind = waits_for_settings(event, settings) or self._isolate.may_remind(self._now())
        if audience.lost and remind:
            alert, audience = unheard(words), owner(settings)
        if remind:
            alert = with_problems(alert, settings.problems, words)
        if self._unanswered:
            alert = alert.as_repeat(repeated)
        # Nothing waits here. What no inbox took is heard all the same: nobody knows whether it is the first.
        hushed = self._is_quiet()
        manner = Manner(sound=not hushed or (event.fate != "forwarded" and not settings.quiet_all))
        told = destinations_of(audience).values()
        tellings = [Telling(each.channel, alert.at(each.detail), manner, repeated) for each in told]
        reports = await dispatch(tellings, self._ports.send, self._ports.waiting)
        self.note(channels=[report.line() for report in reports])
        if remind and any(report.outcome == "sent" for report in reports):
            self._isolate.reminded(self._now())

    def _is_quiet(self) -> bool:
        """Tell whether it is one of the quiet hours now; where that is not known it is none."""
        try:
            return self.settings.quiet is not None and self._ports.is_quiet(self.settings.quiet)
        except Exception as error:  # noqa: BLE001 an alert with sound is better than none
            self.note(quiet=place_of(error))
            return False

    def _understand(self) -> Mail | None:
        if not self._prefix:
            return None
        try:
            envelope = self._message.envelope
            preview = is_previewed(envelope.recipient, self.settings)
            return skim(self._prefix, envelope.size, preview=preview)
        except Exception as error:  # noqa: BLE001 an alert with the envelope alone is better than none
            self.note(unread=place_of(error))
            return None

    def _lap(self, name: str) -> None:
        now = self._now()
        self.note(**{name: round(1000 * (now - self._last))})
        self._last = now


def _hash(message_id: str) -> str:
    """Return what recognises a message in the log without naming it; empty if it has no Message-ID."""
    return (
        hashlib.sha256(message_id.strip().encode("utf-8", "replace")).hexdigest()[:16] if message_id else ""
    )
