"""What happens in an emulator, as one bounded stream; docs/events.md says what each event holds.

A reader has nothing here but a number: the event that it read last. One that stops reading costs nothing.
"""

import asyncio
import hashlib
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

MOST_EVENTS = 4000
MOST_CHARACTERS = 16_000_000
"""How much is kept for who reads late: what is older falls out."""

MOST_TEXT = 8000
"""How many characters of a text are told: a subject may be as long as a message."""

Facts = Mapping[str, Any]
Listener = Callable[[str, Facts, str], None]
"""Takes an event's name, its facts, and all of it as a line of JSON."""


class Told(NamedTuple):
    """An event as it is told: its number, and a line of JSON."""

    number: int
    line: str


class Feed:
    """Tells events, numbered from 1, and keeps the latest; `clock` gives seconds since 1970.

    `states` has the latest value of each state; `last` is the number of the latest event.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.last = 0
        self.states: dict[str, Any] = {}
        self.listeners: list[Listener] = []
        self._kept: deque[Told] = deque()
        self._characters = 0
        self._news = asyncio.Event()

    def now(self) -> str:
        """Return the time as events have it."""
        return timestamp(self.clock())

    def tell(self, event: str, /, **facts: Any) -> None:
        """Tell an event."""
        facts = {name: _clipped(value) for name, value in facts.items()}
        self.last += 1
        # ASCII: half a character, which JSON can name, can't be sent otherwise.
        line = json.dumps({"id": self.last, "at": self.now(), "event": event, **facts}, separators=(",", ":"))
        self._kept.append(Told(self.last, line))
        self._characters += len(line)
        while len(self._kept) > MOST_EVENTS or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._kept.popleft().line)
        for listener in self.listeners:
            listener(event, facts, line)
        self._news.set()
        self._news = asyncio.Event()

    def tell_state(self, name: str, value: Any) -> None:
        """Tell what a state is, if it is another than was told."""
        value = _clipped(value)
        if name not in self.states or self.states[name] != value:
            self.states[name] = value
            self.tell(name, state=value)

    def since(self, number: int, most: int) -> list[Told] | None:
        """Return the next `most` events after that number, or None: some of them are kept no more."""
        first = self.last - len(self._kept) + 1
        if number + 1 < first or number > self.last:
            return None
        start = number + 1 - first
        return list(itertools.islice(self._kept, start, start + most))

    def latest(self, most: int) -> list[Told]:
        """Return the latest events."""
        return list(itertools.islice(self._kept, max(len(self._kept) - most, 0), None))

    async def wait(self, number: int) -> None:
        """Wait until there is an event after that number."""
        while self.last <= number:
            await self._news.wait()


def fingerprint(content: bytes) -> str:
    """Name a message, as it was sent, wherever it is: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def timestamp(seconds: float) -> str:
    """Write a time, given in seconds since 1970, as events have it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clipped(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]} …"
        case Mapping():
            return {str(name): _clipped(each) for name, each in value.items()}
        case list() | tuple():
            return [_clipped(each) for each in value]
    return value
