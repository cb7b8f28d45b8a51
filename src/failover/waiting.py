"""What is under way, and the one way in which the core waits for it.

Cloudflare's runtime has an open fault that strikes Workers with several Python tasks an event
(https://github.com/cloudflare/workerd/issues/6624). So the core makes no task and no timer: it starts things
through its ports, which never block, and waits through this one. What goes on at the same time, or is
bounded in time, goes on beneath it: as JavaScript's promises in the runtime, in asyncio elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Settled:
    """How something ended: with a value, or with the error that it failed with."""

    value: Any = None
    error: Exception | None = None


class Waiting(Protocol):
    """Waits for what ports have started, each an object that only this knows how to ask.

    Whoever has not ended when the time is over is left to itself: it can't be called off, and may still
    take effect.
    """

    def now(self) -> float:
        """Return the time in seconds, of a clock that only goes forward."""
        ...

    async def all(self, pending: Sequence[Any], seconds: float) -> list[Settled | None]:
        """Wait until all have ended, at most so long; tell of each how it ended, or None."""
        ...

    async def first(self, pending: Sequence[Any], seconds: float) -> list[Settled | None]:
        """Wait until one has ended, at most so long; tell of all. Of none, the first never ends."""
        ...
