"""What ends a command from outside: Ctrl-C, a request to terminate, a terminal that was closed."""

import asyncio
import signal
from types import FrameType, TracebackType
from typing import Any, Self

_TAKEN = (signal.SIGTERM, signal.SIGHUP)


class Ending:
    """While it is entered, SIGTERM and SIGHUP are taken for a Ctrl-C, so that they clean up and say as much.

    A signal that whoever started the program lets it ignore, as nohup does, stays ignored.
    """

    def __init__(self) -> None:
        self._number = signal.SIGINT
        self._cancelled = False
        self._old: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal that came, as in shells; Ctrl-C's if it was none of these."""
        return 128 + self._number

    def __enter__(self) -> Self:
        for number in _TAKEN:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._old[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        if self._cancelled and isinstance(error, asyncio.CancelledError):
            raise KeyboardInterrupt from None

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._number = signal.Signals(number)
        # Within asyncio.run Ctrl-C is asyncio's, which cancels the task instead of breaking its loop; but not
        # where it is ignored, as in the background.
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(number, frame)
        elif (loop := asyncio._get_running_loop()) is not None:  # noqa: SLF001 - here None is no error
            self._cancelled = True
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        else:
            signal.default_int_handler(number, frame)
