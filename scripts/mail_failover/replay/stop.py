"""Being told to stop: what is under way ends between two steps, a second time at once."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(Exception):
    """A signal came; nothing is half done."""


class Stop:
    """Whether a signal came, and which."""

    def __init__(self) -> None:
        self.number = 0
        self._heard: Callable[[], object] = lambda: None
        self._told = asyncio.Event()

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as in shells."""
        return 128 + self.number

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals meanwhile, but those that the program was started to ignore, as by nohup."""
        loop = asyncio.get_running_loop()
        numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in numbers:
            loop.add_signal_handler(number, self.tell, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def tell(self, number: int) -> None:
        """Tell to stop; the second time nothing is waited for."""
        if self._told.is_set():
            asyncio.get_running_loop().remove_signal_handler(number)
            os.kill(os.getpid(), number)
        self.number = number
        self._told.set()
        self._heard()

    @contextmanager
    def saying(self, say: Callable[[], object]) -> Iterator[None]:
        """Say something if the signal comes meanwhile: what is done now is not given up for it."""
        self._heard, before = say, self._heard
        try:
            yield
        finally:
            self._heard = before

    def check(self) -> None:
        """Go on, if nobody told to stop.

        Raises:
            StoppedError: somebody did.

        """
        if self._told.is_set():
            raise StoppedError

    async def during(self, work: Awaitable[T]) -> T:
        """Do work that may be given up when told to stop.

        Raises:
            StoppedError: it was.

        """
        task, told = asyncio.ensure_future(work), asyncio.ensure_future(self._told.wait())
        try:
            await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise StoppedError
        finally:
            for each in (task, told):
                each.cancel()
            await asyncio.gather(task, told, return_exceptions=True)
