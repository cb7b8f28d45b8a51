"""How the Worker's core waits where asyncio runs it. The Worker's modules have to be on the path."""

import asyncio
from collections.abc import Sequence
from typing import Any

from failover.waiting import Settled


class AsyncioWaiting:
    """Waits for tasks and futures; see `failover.waiting`."""

    def now(self) -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    async def all(self, pending: Sequence[asyncio.Future[Any]], seconds: float) -> list[Settled | None]:
        """Wait until all have ended, at most so long."""
        return await self._wait(pending, seconds, asyncio.ALL_COMPLETED) if pending else []

    async def first(self, pending: Sequence[asyncio.Future[Any]], seconds: float) -> list[Settled | None]:
        """Wait until one has ended, at most so long."""
        if not pending:
            await asyncio.sleep(seconds)
            return []
        return await self._wait(pending, seconds, asyncio.FIRST_COMPLETED)

    async def _wait(
        self, pending: Sequence[asyncio.Future[Any]], seconds: float, until: str
    ) -> list[Settled | None]:
        await asyncio.wait(pending, timeout=seconds, return_when=until)
        return [_settled(future) if future.done() else None for future in pending]


def _settled(future: asyncio.Future[Any]) -> Settled:
    match future.exception():
        case None:
            return Settled(future.result())
        case Exception() as error:
            return Settled(error=error)
        case error:
            raise error
