"""How one request of an object fails, if it does."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from .javascript import JsException

_LOST = "internal error; reference = 0123456789"
_QUOTA = "Exceeded allowed rows written in Durable Objects free tier."


class Fate:
    """What becomes of a request by a `kind`, from the first on or, where `rows` is given, after so many rows.

    See `Objects` for the kinds.
    """

    def __init__(self, kind: str, rows: int | None) -> None:
        self._kind = kind
        self._rows = rows
        self._written = 0
        self.died = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a kind, or a kind and so many rows, as in "quota:3"."""
        kind, _, rows = text.partition(":")
        return cls(kind, int(rows) if rows else None)

    async def before(self) -> None:
        """Fail before anything is done, if so it is.

        Raises:
            JsException: so it is.

        """
        if self._rows is None:
            await self._end()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let this be what says how much may be written within the block."""
        before = _FATE.set(self)
        try:
            yield
        finally:
            _FATE.reset(before)

    def check(self) -> None:
        """Refuse to write if no row is left.

        Raises:
            JsException: none is.

        """
        if self._kind == "quota" and self._written >= (self._rows or 0):
            raise JsException(_QUOTA)
        if self._rows is not None and self._written >= self._rows:
            self.died = True
            raise JsException(_LOST)

    def count(self, rows: int) -> None:
        """Count what was written."""
        self._written += rows

    async def after(self, failure: JsException | None) -> None:
        """Fail with what the object raised, or as it is to when all is done.

        Raises:
            JsException: it does.

        """
        if self.died:
            await self._end()
        if failure:
            raise failure
        if self._kind == "unanswered":
            await asyncio.Event().wait()

    async def _end(self) -> None:
        if self._kind == "hangs":
            await asyncio.Event().wait()
        if self._kind == "throws":
            raise JsException(_LOST)


# Of the request that runs: others may go on at the same time.
_FATE: ContextVar[Fate | None] = ContextVar("_FATE", default=None)


def check_limit() -> None:
    """Refuse to write if the request that runs may not.

    Raises:
        JsException: it may not.

    """
    if fate := _FATE.get():
        fate.check()


def count_rows(written: int) -> None:
    """Count what the request that runs has written."""
    if fate := _FATE.get():
        fate.count(written)
