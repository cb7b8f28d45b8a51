"""A sign of life on a terminal, for what takes longer than a second."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")


def run_with_progress(what: str, running: Coroutine[object, object, T]) -> T:
    """Run the coroutine; stderr shows `what` meanwhile, if it is a terminal."""
    with Console(stderr=True).status(what):
        return asyncio.run(running)
