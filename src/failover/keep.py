"""What the object of a domain does with its spool: keeps copies, gives them away, tells how full it is.

Times are in seconds since 1970, sizes in bytes.
"""

import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Protocol, cast

from book import Book
from notify import spools
from notify.alert import Alert
from notify.words.language import Words
from spool import CHUNK_BYTES, LEASE_SECONDS, LONGEST_PAUSE_SECONDS, Copy, State

from .audience import is_previewed
from .event import MAX_REASON, Event, Fate, key_of
from .fault import OVER_LIMIT, place_of
from .message import Envelope, Mail
from .outage import DAY_SECONDS, Outage
from .settings import Settings
from .skim import PREFIX_BYTES, skim

Read = Callable[[int], Awaitable[bytes]]
"""The port that reads so many bytes of a message, fewer only at its end, or raises."""


class Seal(Protocol):
    """Encrypts one message with a key of its own; `text` is that key, for the owner's private key to open."""

    text: str

    async def close(self, data: bytes, number: int, about: str) -> bytes:
        """Encrypt its next piece; whoever opens it has to know the number, and what it is about."""
        ...


NewSeal = Callable[[str], Awaitable[Seal]]
"""The port that makes a seal for the owner's public key, or raises."""

UNREPORTED_SECONDS = 120.0
"""After how long the Worker will not report any more: its handler has 25 s."""

MOST_LEASED = 100
"""How many copies are given away, or listed, at once."""

_NEARLY_FULL = 0.8
# Beyond it, no copy of a message stays that an inbox has.
_CROWDED = 0.9
# What was not kept, and what was dropped, since somebody was told of such.
_COUNTED = ("spool_refused", "spool_expired")

Verdict = Literal["delivered", "refused", "later", "again"]


class UnkeptError(Exception):
    """There will be no copy; the text says why, as `Event.unkept` does."""


class ConflictError(Exception):
    """What was asked does not go with what is known of the copy; the text says how."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """One domain's book with its spool, and the settings and words of the moment."""

    book: Book
    settings: Settings
    clock: Callable[[], float]
    words: Words

    # --- a message comes ---

    async def store(self, text: str, read: Read, new_seal: NewSeal) -> str:
        """Keep a copy of a message, as `handle.Ports` describes it; return the text of an event.

        Whatever goes wrong, and whatever is said of it, the event has a copy only if its last byte is written
        down, and encrypted if that is wanted.
        """
        sender, recipient, size, message_id, fate = json.loads(text)
        envelope = Envelope(sender, recipient, size)
        data, copy, unkept = b"", None, ""
        try:
            data = await _next(read)
            key = key_of(envelope, message_id, data[:PREFIX_BYTES])
            copy = self.book.spool.find(self.book.copy_of(key)) if fate == "returned" else None
            copy = copy or await self._keep(envelope, key, data, read, new_seal)
        except Exception as error:  # noqa: BLE001 whatever it is, the message is not kept, and the Worker goes on
            unkept = _why(error)
            key = key_of(envelope, message_id, data[:PREFIX_BYTES])
        mail = self._understand(data[:PREFIX_BYTES], envelope)
        return Event(key, "held", envelope, mail, (), copy.id if copy else "", unkept).to_text()

    async def _keep(self, envelope: Envelope, key: str, data: bytes, read: Read, new_seal: NewSeal) -> Copy:
        spool, most = self.book.spool, self.settings.spool_bytes
        if self.settings.spool == "off":
            # Another version of the Worker asks. If the key can't be used, it would lie here in the clear.
            raise UnkeptError("off")
        if not self.book.together(lambda: self._make_room(envelope.size, most)):
            self._count("spool_refused")
            raise UnkeptError("full")
        seal = await _seal(new_seal, self.settings.spool_key)
        copy = spool.begin(key, envelope.sender, envelope.recipient, self.clock())
        try:
            digest, size, index, last = hashlib.sha256(), 0, 0, False
            while not last:
                more = await _next(read) if len(data) == CHUNK_BYTES else b""
                size, last = size + len(data), not more
                stored = await seal.close(data, index, about(copy.id, index, last=last)) if seal else data
                if stored:
                    spool.add(copy.number, index, stored)
                digest.update(stored)
                data, index = more, index + 1
            _check_whole(size, envelope)
            sealed = seal.text if seal else ""
            kept: Copy = self.book.together(
                lambda: self._finish(copy.number, size, digest.hexdigest(), sealed)
            )
        except BaseException:
            # What can't be taken away now goes when nobody has reported of it.
            self.book.together(lambda: spool.drop(copy.number))
            raise
        return kept

    def _finish(self, number: int, size: int, sha256: str, sealed: str) -> Copy:
        copy = self.book.spool.finish(number, size, sha256, sealed)
        self._use(size)
        # What is too old goes within a day, whatever SPOOL_DAYS is by then.
        tomorrow = self.clock() + DAY_SECONDS
        if not 0.0 < float(self.book.note("forget") or 0) <= tomorrow:
            self.book.take_note("forget", str(tomorrow))
        return copy

    def _understand(self, prefix: bytes, envelope: Envelope) -> Mail | None:
        try:
            preview = is_previewed(envelope.recipient, self.settings)
            return skim(prefix, envelope.size, preview=preview) if prefix else None
        except Exception:  # noqa: BLE001 an alert with the envelope alone is better than none
            return None

    # --- the Worker reports ---

    def known(self, event: Event) -> Event:
        """Return what is true of an event whose Worker did not hear that its copy is whole after all."""
        copy = self.book.spool.unreported(event.key) if self._is_used and not event.copy else None
        if copy is None:
            return event
        # What was deferred could not be accepted for it any more.
        fate: Fate = "held" if event.fate == "deferred" else event.fate
        return replace(event, copy=copy.id, fate=fate, unkept=event.unkept or "late")

    def report(self, event: Event, outage: Outage) -> Outage:
        """Know what became of the message that a copy is of; return its outage with the copy counted."""
        spool = self.book.spool
        copy = spool.find(event.copy) if event.copy else None
        if copy is None or copy.reported:
            return outage
        # One that is home already makes room like any other. One that the Worker did not name may be that of
        # the same message on another way, which no inbox took.
        is_spare = event.fate == "forwarded" and copy.state != "delivered" and not event.unkept
        if is_spare and not self._make_room(0, int(_CROWDED * self.settings.spool_bytes)):
            self.drop(copy)
            self._count("spool_refused")
            return outage
        spool.report(copy, event.fate, outage.number)
        return outage.keep(copy.state, self.clock())

    def unreported(self) -> Iterator[Event]:
        """Yield copies of which the Worker will not report any more, and drop what was never finished."""
        spool = self.book.spool
        if not self._is_used:
            return
        for copy in spool.unreported_for(UNREPORTED_SECONDS, self.clock()):
            if copy.state == "unfinished":
                spool.drop(copy.number)
            else:
                prefix = b"" if copy.sealed else spool.prefix(copy.number, PREFIX_BYTES)
                envelope = Envelope(copy.sender, copy.recipient, copy.size)
                mail = self._understand(prefix, envelope)
                yield Event(copy.key, "unreported", envelope, mail, (), copy.id)

    # --- the primary fetches ---

    def lease(self, most: int, names: Sequence[str] | None) -> tuple[str, float, list[Copy]]:
        """Give away the oldest copies that are due, or those with these ids; return to whom, until when."""
        now, spool = self.clock(), self.book.spool
        if names is None:
            copies = spool.due(now, min(most, MOST_LEASED))
        else:
            found = [copy for copy in map(spool.find, names[:MOST_LEASED]) if copy]
            copies = [copy for copy in found if copy.state == "waiting" and not copy.is_leased(now)]
        name, until = os.urandom(16).hex(), now + LEASE_SECONDS
        self.book.together(lambda: spool.lease(copies, name, until))
        return name, until, [replace(copy, lease=name, due=until) for copy in copies]

    def judge(  # noqa: PLR0913 a verdict has many sides
        self, copy: Copy, verdict: Verdict, *, lease: str, sha256: str, words: str, pause: float
    ) -> State:
        """Write down what the primary said of a copy, and return the state that it is in then.

        That it was delivered is a fact, whoever says so and knows the hash. The others are the word of who
        has it.

        Raises:
            ConflictError: it is not the word of who has it, or is about other bytes.

        """
        now = self.clock()
        state = cast("State", verdict) if verdict in ("delivered", "refused") else "waiting"
        if verdict == "delivered" and sha256 != copy.sha256:
            raise ConflictError("that is not this copy's sha256")
        if verdict == "again" and copy.is_leased(now):
            raise ConflictError("it is being delivered")
        if verdict in ("refused", "later") and not (copy.is_leased(now) and copy.lease == lease):
            if copy.state == state and state == "refused":
                return state
            raise ConflictError("the lease is over, or another's")
        due = now + min(max(pause, 0.0), LONGEST_PAUSE_SECONDS) if verdict == "later" else 0.0
        self.book.together(lambda: self._judge(copy, state, words, due))
        return state

    def _judge(self, copy: Copy, state: State, words: str, due: float) -> None:
        self.book.spool.judge(copy, state, words[:MAX_REASON], due)
        outage = self.book.outage(copy.outage)
        if outage is None or state == copy.state:
            return
        outage = outage.settle(copy.state, state, self.clock())
        self.book.keep_outage(outage)
        if outage.is_fetched and not outage.goes_on:
            numbers = dict.fromkeys([*self.book.note("home").split(), str(outage.number)])
            self.book.take_note("home", " ".join(numbers))

    def drop(self, copy: Copy) -> None:
        """Take a finished copy away for good."""
        self.book.spool.drop(copy.number)
        self._use(-copy.size)
        if outage := self.book.outage(copy.outage):
            self.book.keep_outage(outage.lose(copy.state))

    # --- time passes ---

    def expire(self) -> None:
        """Drop what is too old, and count what of that the primary never had."""
        for copy in self.book.spool.older(self.clock() - DAY_SECONDS * self.settings.spool_days):
            self.book.together(partial(self._expire, copy))

    def _expire(self, copy: Copy) -> None:
        self.drop(copy)
        if copy.state in ("waiting", "refused"):
            self._count("spool_expired")

    def news(self) -> Iterator[tuple[Alert, bool]]:
        """Yield what is to be told of the spool by now, and whether with sound; each is due once."""
        if not self._is_used:
            return
        most = self.settings.spool_bytes
        # What the primary has is no reason to wake anybody: it goes first.
        nearly = not self._make_room(0, int(_NEARLY_FULL * most))
        if nearly is not bool(self.book.note("spool_nearly")):
            self.book.take_note("spool_nearly", "told" if nearly else "")
            if nearly:
                yield spools.nearly_full(self.used, most, self.words), True
        for name in _COUNTED:
            if self._is_news(name, now := self.clock()):
                count = int(self.book.note(name))
                self.book.take_note(name, "")
                self.book.take_note(f"{name}_told", str(now))
                if name == "spool_refused":
                    yield spools.full(count, most, self.words), True
                else:
                    yield spools.expired(count, self.settings.spool_days, self.words), True

    def times(self) -> Iterator[tuple[float, float]]:
        """Yield when something is to be told, and how far off it can be: a clock may have been wrong."""
        if not self._is_used:
            return
        now = self.clock()
        if self._nearly_full is not bool(self.book.note("spool_nearly")) or self.book.note("home"):
            yield now, 0.0
        for name in _COUNTED:
            if self._is_news(name, now):
                yield now, 0.0
            elif self.book.note(name):
                yield float(self.book.note(f"{name}_told")) + DAY_SECONDS, DAY_SECONDS

    def reports(self) -> Iterator[tuple[float, float]]:
        """Yield when the Worker will not report of a copy any more, and how far off it can be."""
        if self._is_used and (began := self.book.spool.began_first()):
            yield began + UNREPORTED_SECONDS, UNREPORTED_SECONDS

    @property
    def used(self) -> int:
        """Return how much is in the spool."""
        return int(self.book.note("spool") or 0)

    def status(self) -> Mapping[str, int]:
        """Say what is in the spool."""
        counts, leased = self.book.spool.counts(), len(self.book.spool.leased(self.clock()))
        return {
            "waiting": counts.get("waiting", 0) - leased,
            "leased": leased,
            "refused": counts.get("refused", 0),
            "delivered": counts.get("delivered", 0),
            "bytes": self.used,
            "most": self.settings.spool_bytes,
        }

    @property
    def _is_used(self) -> bool:
        """Tell whether there may be copies: who keeps none does not pay for looking."""
        return bool(self.settings.spool_token) or bool(self.book.note("spool"))

    @property
    def _nearly_full(self) -> bool:
        return self.used > _NEARLY_FULL * self.settings.spool_bytes

    def _is_news(self, name: str, now: float) -> bool:
        """Tell whether something is counted that nobody was told of in the last day."""
        told = float(self.book.note(f"{name}_told") or 0)
        return bool(self.book.note(name)) and not 0 <= now - told < DAY_SECONDS

    def _make_room(self, size: int, most: int) -> bool:
        """Drop what the primary has, the oldest first, until so much fits; tell whether it does."""
        while self.used + size > most:
            if (copy := self.book.spool.oldest_delivered()) is None:
                return False
            self.drop(copy)
        return True

    def _use(self, size: int) -> None:
        self.book.take_note("spool", str(max(self.used + size, 0)))

    def _count(self, name: str) -> None:
        self.book.take_note(name, str(int(self.book.note(name) or 0) + 1))


def about(name: str, number: int, *, last: bool) -> str:
    """Say what a piece of a copy is, so that none passes for another when it is decrypted."""
    return f"mail-failover 1 {name} {number} {'last' if last else 'more'}"


async def _next(read: Read) -> bytes:
    try:
        return await read(CHUNK_BYTES)
    except Exception as error:  # noqa: BLE001 whatever a foreign stream raises
        raise UnkeptError(f"cut {type(error).__name__}") from None


async def _seal(new_seal: NewSeal, key: str) -> Seal | None:
    try:
        return await new_seal(key) if key else None
    except Exception as error:  # noqa: BLE001 nothing is stored in the clear instead
        raise UnkeptError(f"unsealed {type(error).__name__}") from None


def _why(error: Exception) -> str:
    """Say why a message is not kept, without the runtime's words."""
    if isinstance(error, UnkeptError):
        return str(error)
    return "limited" if OVER_LIMIT in str(error) else place_of(error)


def _check_whole(size: int, envelope: Envelope) -> None:
    if size < envelope.size:
        raise UnkeptError(f"short {size}/{envelope.size}")
