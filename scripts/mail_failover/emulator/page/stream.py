"""What happens, as server-sent events.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncIterator

from mail_failover.emulator.events import Feed

_EVENTS_AT_ONCE = 200
# Between two looks: what comes meanwhile goes together.
_GATHER_SECONDS = 0.05
_SIGN_OF_LIFE_SECONDS = 15.0


async def stream(feed: Feed, number: int, ending: asyncio.Event) -> AsyncIterator[str]:
    """Yield events as they come; whoever fell behind what is kept is told so, and asks for the state anew."""
    yield "retry: 1000\n\n"
    while not ending.is_set():
        told = feed.since(number, _EVENTS_AT_ONCE)
        if told is None:
            number = feed.last
            yield 'data: {"event":"skipped"}\n\n'
        elif told:
            number = told[-1].number
            yield "".join(f"id: {each.number}\ndata: {each.line}\n\n" for each in told)
            await asyncio.sleep(_GATHER_SECONDS)
        elif not await _news(feed, number, ending):
            yield ": still here\n\n"


async def _news(feed: Feed, number: int, ending: asyncio.Event) -> bool:
    """Wait for an event, or the end; tell whether one of them came within the time of a sign of life."""
    waiting = [asyncio.ensure_future(feed.wait(number)), asyncio.ensure_future(ending.wait())]
    try:
        done, _ = await asyncio.wait(
            waiting, timeout=_SIGN_OF_LIFE_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
