"""What a Worker does with its message, noted while it does it, on the emulator's stand-ins."""

import asyncio
import contextlib
import inspect
import tracemalloc
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What was noted of one message.

    `raised` is what the handler raised, `rejected` what it gave to setReject. `order` holds "forward" (for
    a call, and again for its end), "read", and "request" (to a chat). `pulled` counts the bytes taken from
    the stream, `called_off` tells whether it was told to send no more. `running` is the number of forwards
    that nobody gave up although all was over. `peak` is the memory that the Worker took, in bytes, where it
    was measured.
    """

    raised: str = ""
    rejected: str | None = None
    order: list[str] = field(default_factory=list)
    pulled: int = 0
    called_off: bool = False
    running: int = 0
    peak: int = 0
    # Held here, or a forward that hangs for good would be collected as garbage and pass for given up.
    tasks: list[asyncio.Task] = field(default_factory=list, repr=False)


def watched(worker, seen):
    """Return the Worker with every use of its message noted."""

    class Watched(worker):
        async def email(self, message):
            fields = message if isinstance(message, dict) else vars(message)
            fields["forward"] = _forward(fields["forward"], seen)
            fields["setReject"] = _set_reject(fields["setReject"], seen)
            fields["raw"] = _Stream(fields["raw"], seen)
            try:
                await super().email(message)
            except Exception as error:
                seen.raised = f"{type(error).__name__}: {error}"
                raise

    return Watched


@contextlib.contextmanager
def measured(seen):
    """Note the memory taken at most from the first read on: before it, the stand-ins forward copies."""
    tracemalloc.start()
    try:
        yield
        seen.peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _forward(real, seen):
    async def noted(forwarding):
        seen.tasks.append(asyncio.current_task())
        try:
            return await forwarding
        finally:
            # The end of one that was given up says nothing: it comes when the loop gets to it.
            if not asyncio.current_task().cancelling():
                seen.order.append("forward")

    def forward(*args):
        seen.order.append("forward")
        forwarding = real(*args)
        return noted(forwarding) if inspect.isawaitable(forwarding) else forwarding

    return forward


def _set_reject(real, seen):
    def set_reject(reason):
        seen.rejected = reason
        real(reason)

    return set_reject


class _Stream:
    """A stream whose reader notes what it does."""

    def __init__(self, stream, seen):
        self._stream = stream
        self._seen = seen

    def getReader(self):  # noqa: N802 - the name is JavaScript's
        return _Reader(self._stream.getReader(), self._seen)


class _Reader:
    def __init__(self, reader, seen):
        self._reader = reader
        self._seen = seen

    async def read(self):
        if "read" not in self._seen.order and tracemalloc.is_tracing():
            tracemalloc.clear_traces()
            tracemalloc.reset_peak()
        self._seen.order.append("read")
        part = await self._reader.read()
        self._seen.pulled += 0 if part.done else len(part.value.data)
        return part

    async def cancel(self, reason=None):
        self._seen.called_off = True
        await self._reader.cancel(reason)
