"""A Worker that runs in another process, in the shape of one that runs here.

So the edge's rules, faults and verdicts stay the same whichever runtime is behind it.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from mail_failover.emulator.runtime.javascript import Headers, JsException
from mail_failover.emulator.runtime.workers import WorkerEntrypoint

from .process import Wrangler

# A Worker's alerts are bounded to 20 s, and its log line comes after them.
ALERT_SECONDS = 25.0


class WranglerError(Exception):
    """The Worker raised in its own process, or its message did not get there or not out."""


def worker_behind(wrangler: Wrangler, log: Callable[[str], None]) -> type[WorkerEntrypoint]:
    """Return a Worker's class that hands each message to the runtime and then does what the runtime tells.

    In the runtime a forward always succeeds. What fails afterwards is told to `log`, and raised only where
    no inbox took the message.
    """

    class Remote(WorkerEntrypoint):
        async def email(self, message: Any, env: Any = None, ctx: Any = None) -> None:
            del env, ctx
            ran = await wrangler.email(message["from"], message["to"], await _whole(message["raw"]))
            if ran.reached:
                self.ctx.waitUntil(_logged(wrangler))
            taken = 0
            for inbox, fields in ran.forwards:
                try:
                    await message["forward"](inbox, Headers(fields))
                    taken += 1
                except JsException as error:
                    log(f"{inbox} did not take it, though the Worker was told so: {error.message}")
            if ran.rejected is not None:
                message["setReject"](ran.rejected)
            if ran.raised:
                raise WranglerError(ran.raised)
            if ran.forwards and not taken:
                raise WranglerError("no inbox took what the Worker forwarded")

    return Remote


async def _logged(wrangler: Wrangler) -> None:
    """Wait for a message's log line, the last thing that the Worker does for it, and for its object's."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ALERT_SECONDS):
            line = json.loads(await wrangler.events.get())
            if line.get("outbox") == "written":
                await wrangler.events.get()


async def _whole(stream: Any) -> bytes:
    reader = stream.getReader()
    content = bytearray()
    while not (part := await reader.read()).done:
        content += part.value.data
    return bytes(content)
