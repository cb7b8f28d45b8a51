"""An event loop that never waits, and what a coroutine takes in its time."""

import asyncio
import math

LONGEST = 40 * 24 * 3600.0
"""How far the virtual clock may go, in seconds: no test waits for longer."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is left to do."""

    _now = 0.0

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def _run_once(self) -> None:
        if not self._ready:
            timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]
            assert timers, "every task waits for something that will never happen"
            self._now = max(self._now, min(timers))
            assert self._now < LONGEST, "the tasks wait again and again for what does not come"
        super()._run_once()


def timed(coroutine):
    """Run a coroutine in a loop of its own; return its result, and the seconds that it took there.

    What never ends takes `math.inf`, and has no result.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        try:
            return runner.run(coroutine), runner.get_loop().time()
        except AssertionError:
            return None, math.inf
