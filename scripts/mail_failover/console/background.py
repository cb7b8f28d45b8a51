"""Blocking work in threads that end with the program: a server that never ends its answer can't keep it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def start(work: Callable[[], T]) -> Future[T]:
    """Run the work in a daemon thread; executors and `asyncio.to_thread` wait for theirs at the end."""
    future: Future[T] = Future()
    # A future that runs can't be cancelled, so the thread may always settle it.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


async def in_background(work: Callable[[], T]) -> T:
    """Wait for the work without blocking the loop; a cancelled wait leaves the thread to itself."""
    return await asyncio.wrap_future(start(work))
