"""Which inboxes a message goes to, in which order, and what came of it."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

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


_SENDING = re.compile(
    r"\b(transient|permanent) error\b|could not send email(?!.*\b(?:transient|permanent) error\b)"
)
_REFUSAL = re.compile(
    r"(already forwarded)|not verified|address is invalid|cannot forward email to same worker"
)


def classify(reason: str) -> Outcome:
    """Tell what the edge means by the text of a failed forward."""
    text = reason.lower()
    # A remote server's words stand behind the edge's, and must not pass for them: the first match decides.
    if sending := _SENDING.search(text):
        return Outcome.PERMANENT if sending[1] == "permanent" else Outcome.TEMPORARY
    if refusal := _REFUSAL.search(text):
        return Outcome.ALREADY if refusal[1] else Outcome.MISCONFIGURED
    return Outcome.TEMPORARY


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
    """Read the marks that a message already carries, from all of its `LOOP_FIELD` fields."""
    return tuple(_MARK.findall(value[:1024]))[-_MAX_MARKS:]


async def deliver(
    inboxes: Sequence[str],
    mode: Mode,
    forward: Forward,
    fields: Mapping[str, str],
    seconds: float = DELIVERY_SECONDS,
) -> tuple[Attempt, ...]:
    """Forward to the inboxes: with `first` in turn until one accepts, with `all` to every one at once.

    Each inbox may take its share of `seconds`; one that does not answer in time may still deliver.

    Raises:
        DeliveryError: no inbox accepted.

    """
    attempts: list[Attempt] = []
    if mode == "all":
        attempts += await asyncio.gather(*(_attempt(inbox, forward, fields, seconds) for inbox in inboxes))
    else:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        for index, inbox in enumerate(inboxes):
            share = max(deadline - loop.time(), 0) / (len(inboxes) - index)
            attempts.append(await _attempt(inbox, forward, fields, share))
            if attempts[-1].outcome.accepted:
                break
    if not any(attempt.outcome.accepted for attempt in attempts):
        raise DeliveryError(attempts)
    return tuple(attempts)


async def _attempt(inbox: str, forward: Forward, fields: Mapping[str, str], seconds: float) -> Attempt:
    try:
        await asyncio.wait_for(forward(inbox, fields), seconds)
    except TimeoutError:
        return Attempt(
            inbox, Outcome.NO_ANSWER, f"no answer within {seconds:.0f} s; the message may still arrive there"
        )
    except ForwardError as error:
        return Attempt(inbox, classify(str(error)), str(error))
    except Exception as error:  # noqa: BLE001 an unknown failure is a temporary one, and is told as such
        return Attempt(inbox, Outcome.TEMPORARY, f"unexpected {type(error).__name__}")
    return Attempt(inbox, Outcome.DELIVERED)
