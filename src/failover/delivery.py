"""Which inboxes a message goes to, in which order, and what came of it."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from .address import canonical, domain, without_detail
from .settings import Mode, Settings

DELIVERY_SECONDS = 22.0
"""How long all forwards of a message together may take: the handler must be done within 25 s."""

LOOP_FIELD = "X-Mail-Failover"
"""The header field that every forwarded copy carries: one mark for each recipient it was caught for."""

Forward = Callable[[str, Mapping[str, str]], Awaitable[None]]
"""The port that hands the message to the edge for one inbox, with header fields to add.

Raises `ForwardError` with the edge's words.
"""

_MARK = re.compile(r"\b[0-9a-f]{16}\b")
_MAX_MARKS = 16
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
    """One inbox and what came of it; `reason` holds untrusted words and perhaps addresses: never log it."""

    inbox: str
    outcome: Outcome
    reason: str = ""


class DeliveryError(Exception):
    """No inbox accepted the message; raised to the edge, it makes the sender keep the message and retry."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = tuple(attempts)
        outcomes = ", ".join(a.outcome.value for a in attempts) or "none is configured for this recipient"
        super().__init__(f"no inbox accepted the message ({outcomes}); the sender will retry")


_SENDING = "could not send email"
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
    """Name the inboxes of a recipient; empty where the settings name none.

    Its own route comes first, then that of the address without `+detail`, its domain's, and the fallback.
    """
    address = canonical(recipient)
    for key in (address, without_detail(address), f"@{domain(address)}"):
        if key in settings.routes:
            return settings.routes[key]
    return settings.inboxes


def mark_of(recipient: str) -> str:
    """Return the mark of messages caught for a recipient.

    Only the same recipient's own mark stops a message, so that the Workers of two domains, or two
    recipients of one, can forward to each other without stopping each other's mail.
    """
    return hashlib.sha256(canonical(recipient).encode("utf-8", "replace")).hexdigest()[:16]


def marks_in(value: str) -> tuple[str, ...]:
    """Read the marks that a message carries from the joined values of its `LOOP_FIELD` fields.

    From both ends, where the edge puts ours: what a sender puts between is theirs, and costs us time.
    """
    ends = value if len(value) <= 2 * _MARKS_READ else f"{value[:_MARKS_READ]} {value[-_MARKS_READ:]}"
    return tuple(_MARK.findall(ends))


def marked(marks: Sequence[str], mark: str) -> dict[str, str]:
    """Return the header field of a forwarded copy: the marks it came with, as far as they fit, and ours."""
    return {LOOP_FIELD: " ".join((*marks[-_MAX_MARKS:], mark))}


async def deliver(
    inboxes: Sequence[str],
    mode: Mode,
    forward: Forward,
    fields: Mapping[str, str],
    seconds: float = DELIVERY_SECONDS,
) -> tuple[Attempt, ...]:
    """Forward to the inboxes: with `first` in turn until one accepts, with `all` to every one at once.

    In turn, each inbox has its share of `seconds`; then the next one is asked too, and the first that accepts
    ends it. One that never answers may still deliver.

    Raises:
        DeliveryError: no inbox accepted.

    """
    deadline = _now() + seconds
    forwards: list[_Forward] = []
    try:
        for index, inbox in enumerate(inboxes):
            forwards.append(_Forward(inbox, asyncio.ensure_future(forward(inbox, fields)), _now()))
            if mode == "first":
                share = (deadline - _now()) / (len(inboxes) - index)
                await _wait(forwards, _now() + share, partial(_turn_is_over, forwards))
                if _accepted(forwards):
                    break
        # A forward that was given up may be delivered all the same, and a sender told to retry would send it
        # again: so whoever has not answered yet keeps the time that is left.
        await _wait(forwards, deadline, lambda: mode == "first" and _accepted(forwards))
        attempts = tuple(each.attempt() for each in forwards)
    finally:
        for each in forwards:
            each.task.cancel()
    if not any(attempt.outcome.accepted for attempt in attempts):
        raise DeliveryError(attempts)
    return attempts


@dataclass(frozen=True, slots=True)
class _Forward:
    """A forward under way."""

    inbox: str
    task: asyncio.Future[None]
    began: float

    def attempt(self) -> Attempt:
        """Say what came of it by now."""
        if not self.task.done():
            waited = f"no answer within {_now() - self.began:.0f} s; the message may still arrive there"
            return Attempt(self.inbox, Outcome.NO_ANSWER, waited)
        match self.task.exception():
            case None:
                return Attempt(self.inbox, Outcome.DELIVERED)
            case ForwardError() as error:
                return Attempt(self.inbox, classify(str(error)), str(error))
            case Exception() as error:
                return Attempt(self.inbox, Outcome.TEMPORARY, f"unexpected {type(error).__name__}")
            case error:
                # The runtime's own, such as the CPU limit: no word on the inbox.
                raise error


def _turn_is_over(forwards: Sequence[_Forward]) -> bool:
    return forwards[-1].task.done() or _accepted(forwards)


def _accepted(forwards: Sequence[_Forward]) -> bool:
    return any(each.task.done() and each.attempt().outcome.accepted for each in forwards)


async def _wait(forwards: Sequence[_Forward], until: float, enough: Callable[[], bool]) -> None:
    """Let the forwards run until there is enough, none is left, or it is time."""
    while not enough():
        running = [each.task for each in forwards if not each.task.done()]
        timeout = max(until - _now(), 0)
        if (
            not running
            or not (await asyncio.wait(running, timeout=timeout, return_when="FIRST_COMPLETED"))[0]
        ):
            return


def _now() -> float:
    return asyncio.get_running_loop().time()
