"""Which inboxes a message goes to, in which order, and what came of it."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from .address import canonical, lookups
from .settings import Mode, Settings
from .waiting import Settled, Waiting

DELIVERY_SECONDS = 22.0
"""How long all forwards of a message together may take: the handler must be done within 25 s."""

SPOOLED_SECONDS = 17.0
"""How long they may take where a copy is kept besides, before them or after."""

LOOP_FIELD = "X-Mail-Failover"
"""The header field that every forwarded copy carries: one mark for each recipient it was caught for."""

Forward = Callable[[str, Mapping[str, str]], object]
"""The port that begins to hand the message to the edge for one inbox, with header fields to add.

What it returns is waited for through `Waiting`, and fails with a `ForwardError` in the edge's words.
"""

_MARK = re.compile(r"\b[0-9a-f]{16}\b")
_MAX_MARKS = 64
_MARKS_READ = 4096


class ForwardError(Exception):
    """The edge did not take the message for an inbox; the text is its reason, possibly a remote server's."""


class Outcome(Enum):
    """What came of one forward, by meaning. Whatever is unknown is temporary."""

    DELIVERED = "delivered"
    ALREADY = "already delivered"
    MISCONFIGURED = "misconfigured"
    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    NO_ANSWER = "no answer"

    @property
    def accepted(self) -> bool:
        """Tell whether the inbox has the message."""
        return self in (Outcome.DELIVERED, Outcome.ALREADY)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One inbox and what came of it.

    `reason` holds untrusted words and perhaps addresses: never log it. Of no answer it says how long one was
    waited for.
    """

    inbox: str
    outcome: Outcome
    reason: str = ""


class DeliveryError(Exception):
    """No inbox accepted the message; raised to the edge, it makes the sender keep the message and retry."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = tuple(attempts)
        outcomes = ", ".join(a.outcome.value for a in attempts) or "none is configured for this recipient"
        super().__init__(f"no inbox accepted the message ({outcomes}); the sender will retry")


class PrimaryAnswersError(Exception):
    """The primary answers, and the sender may reach it; raised to the edge once for each message."""

    def __init__(self) -> None:
        super().__init__(
            "the domain's own server answers; the sender will retry there, and may come back here"
        )


# Before its own words for what a remote server said.
_SENDING = ("could not send email", "could not initialize upstream")
_VERDICT = re.compile(r"\b(transient|permanent) error\b")
_MEANINGS = {
    "message already forwarded to this destination": Outcome.ALREADY,
    "destination address not verified": Outcome.MISCONFIGURED,
    "destination address is invalid": Outcome.MISCONFIGURED,
    "cannot forward email to same worker": Outcome.MISCONFIGURED,
}


def classify(reason: str) -> Outcome:
    """Tell what the edge means by the text of a failed forward; whatever is not known is temporary.

    Only how a text begins counts. Further on a remote server may speak, whose words must not pass for
    the edge's: "already forwarded" from there would lose the message.
    """
    text = reason.lower()
    if text.startswith(_SENDING):
        verdict = _VERDICT.search(text)
        return Outcome.PERMANENT if verdict and verdict[1] == "permanent" else Outcome.TEMPORARY
    return next((o for words, o in _MEANINGS.items() if text.startswith(words)), Outcome.TEMPORARY)


def inboxes_for(recipient: str, settings: Settings) -> tuple[str, ...]:
    """Name the inboxes of a recipient that can be used; empty where there are none.

    Its own route comes first, then that of the address without `+detail`, its domain's, and the fallback. A
    route whose inboxes can't be used is a route all the same: its mail waits, and goes nowhere else.
    """
    found = (settings.routes[key] for key in lookups(recipient) if key in settings.routes)
    return next(found, settings.inboxes)


def mark_of(recipient: str) -> str:
    """Return the mark of messages caught for a recipient.

    Only the same recipient's own mark stops a message, so that the Workers of two domains, or two
    recipients of one, can forward to each other without stopping each other's mail.
    """
    return _hash(canonical(recipient))


def mark_of_copy(recipient: str, inbox: str) -> str:
    """Return the mark of messages caught for a recipient and handed to one of its inboxes."""
    return _hash(f"{canonical(recipient)}\n{canonical(inbox)}")


def marks_in(value: str) -> tuple[str, ...]:
    """Read the marks that a message carries from the joined values of its `LOOP_FIELD` fields.

    From both ends, where the edge puts ours: what a sender puts between is theirs, and costs us time.
    """
    ends = value if len(value) <= 2 * _MARKS_READ else f"{value[:_MARKS_READ]} {value[-_MARKS_READ:]}"
    return tuple(_MARK.findall(ends))


def marked(marks: Sequence[str], recipient: str, inboxes: Sequence[str]) -> dict[str, str]:
    """Return the header field of a forwarded copy.

    It holds the marks that the message came with, as far as they fit, the recipient's, and one for each inbox
    that has the message by then, or may have it.
    """
    copies = (mark_of_copy(recipient, inbox) for inbox in inboxes)
    return {LOOP_FIELD: " ".join(dict.fromkeys((*marks[-_MAX_MARKS:], mark_of(recipient), *copies)))}


def untried(marks: Sequence[str], recipient: str, inboxes: Sequence[str]) -> tuple[str, ...]:
    """Return which inboxes a message that came back has not been handed to yet, or that refused it.

    None if its marks don't tell: then it came back from an inbox that is not among these.
    """
    left = tuple(inbox for inbox in inboxes if mark_of_copy(recipient, inbox) not in marks)
    return left if len(left) < len(inboxes) else ()


async def deliver(  # noqa: PLR0913 where to, how, by which ports, for how long
    inboxes: Sequence[str],
    mode: Mode,
    forward: Forward,
    fields: Callable[[Sequence[str]], Mapping[str, str]],
    waiting: Waiting,
    *,
    seconds: float = DELIVERY_SECONDS,
) -> tuple[Attempt, ...]:
    """Forward to the inboxes: with `first` in turn until one accepts, with `all` to every one at once.

    In turn, each inbox has its share of the seconds; then the next one is asked too, and the first that
    accepts ends it. One that never answers may still deliver. `fields` makes a copy's header fields of the
    inboxes that have the message when it is handed on, or may have it.

    Raises:
        DeliveryError: no inbox accepted.

    """
    deadline = waiting.now() + seconds
    forwards: list[_Forward] = []
    for index, inbox in enumerate(inboxes):
        having = inboxes if mode == "all" else [*(f.inbox for f in forwards if not f.failed), inbox]
        forwards.append(_begin(forward, inbox, fields(having), waiting.now()))
        if mode == "first":
            now = waiting.now()
            share = (deadline - now) / (len(inboxes) - index)
            await _wait(waiting, forwards, now + share, partial(_turn_is_over, forwards))
            if _accepted(forwards):
                break
    # A forward that was given up may be delivered all the same, and a sender told to retry would send it
    # again: so whoever has not answered yet keeps the time that is left.
    await _wait(waiting, forwards, deadline, partial(_accepted, forwards) if mode == "first" else None)
    attempts = tuple(each.attempt(waiting.now()) for each in forwards)
    if not any(attempt.outcome.accepted for attempt in attempts):
        raise DeliveryError(attempts)
    return attempts


@dataclass(slots=True)
class _Forward:
    """A forward under way, and how it ended."""

    inbox: str
    pending: object
    began: float
    settled: Settled | None = None

    @property
    def accepted(self) -> bool:
        return self.settled is not None and self.attempt(self.began).outcome.accepted

    @property
    def failed(self) -> bool:
        return self.settled is not None and not self.accepted

    def attempt(self, now: float) -> Attempt:
        """Say what came of it by now."""
        if self.settled is None:
            return Attempt(self.inbox, Outcome.NO_ANSWER, f"{now - self.began:.0f} s")
        match self.settled.error:
            case None:
                return Attempt(self.inbox, Outcome.DELIVERED)
            case ForwardError() as error:
                return Attempt(self.inbox, classify(str(error)), str(error))
            case error:
                return Attempt(self.inbox, Outcome.TEMPORARY, type(error).__name__)


def _begin(forward: Forward, inbox: str, fields: Mapping[str, str], now: float) -> _Forward:
    try:
        return _Forward(inbox, forward(inbox, fields), now)
    except Exception as error:  # noqa: BLE001 a fault of ours at one inbox must not cost the others their turn
        return _Forward(inbox, None, now, Settled(error=error))


def _turn_is_over(forwards: Sequence[_Forward]) -> bool:
    return forwards[-1].settled is not None or _accepted(forwards)


def _accepted(forwards: Sequence[_Forward]) -> bool:
    return any(each.accepted for each in forwards)


async def _wait(
    waiting: Waiting, forwards: Sequence[_Forward], until: float, enough: Callable[[], bool] | None
) -> None:
    """Let the forwards run until there is enough of them, none is left, or it is time."""
    while running := [each for each in forwards if each.settled is None]:
        left = until - waiting.now()
        if left <= 0 or (enough and enough()):
            return
        wait = waiting.first if enough else waiting.all
        try:
            found = await wait([each.pending for each in running], left)
        except Exception as error:  # noqa: BLE001 a fault of ours must not hide that an inbox has accepted
            found = [Settled(error=error)] * len(running)
        for each, settled in zip(running, found, strict=True):
            each.settled = settled


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
