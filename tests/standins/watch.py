"""What a Worker does with its message, noted while it does it, on the emulator's stand-ins."""

import asyncio
import contextlib
import tracemalloc
from dataclasses import dataclass, field

from mail_failover.emulator.runtime.promises import JsPromise


@dataclass
class Seen:
    """What was noted of one message.

    `raised` is what the handler raised, `rejected` what it gave to setReject. `order` holds "forward" (for
    a call, and again for its end), "read", and "request" (to a chat). `pulled` counts the bytes taken from
    the stream, `called_off` tells whether it was told to send no more. `peak` is the memory that the Worker
    took, in bytes, where it was measured.
    """

    raised: str = ""
    rejected: str | None = None
    order: list[str] = field(default_factory=list)
    pulled: int = 0
    called_off: bool = False
    peak: int = 0


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
        try:
            return await forwarding
        finally:
            # One that nobody waits for any more ends with the loop, which says nothing of the Worker.
            if not asyncio.current_task().cancelling():
                seen.order.append("forward")

    def forward(*args):
        seen.order.append("forward")
        forwarding = real(*args)
        return JsPromise(noted(forwarding)) if hasattr(forwarding, "then") else forwarding

    return forward


def _set_reject(real, seen):
    def set_reject(reason):
        seen.rejected = reason
        return real(reason)

    return set_reject


class _Stream:
    """A stream whose reader notes what it does."""

    def __init__(self, stream, seen):
        self._stream = stream
        self._seen = seen

    def getReader(self, *options):  # noqa: N802 - the name is JavaScript's
        return _Reader(self._stream.getReader(*options), self._seen)

    def handed_over(self):
        return _Stream(self._stream.handed_over(), self._seen)


class _Reader:
    def __init__(self, reader, seen):
        self._reader = reader
        self._seen = seen

    def read(self):
        return JsPromise(self._noted(self._reader.read))

    def readAtLeast(self, size, view):  # noqa: N802 - the name is workerd's
        return JsPromise(self._noted(lambda: self._reader.readAtLeast(size, view)))

    def cancel(self, reason=None):
        self._seen.called_off = True
        return self._reader.cancel(reason)

    async def _noted(self, read):
        if "read" not in self._seen.order and tracemalloc.is_tracing():
            tracemalloc.clear_traces()
            tracemalloc.reset_peak()
        self._seen.order.append("read")
        part = await read()
        self._seen.pulled += 0 if part.done else len(part.value.data)
        return part
