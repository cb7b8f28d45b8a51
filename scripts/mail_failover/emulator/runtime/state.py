"""What an object of a Worker is given: its identity, its storage, its one alarm."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .javascript import JsException, JsNull, jsnull
from .sql import Sql
from .workers import Env


class DurableObject:
    """What an object's class derives from."""

    def __init__(self, ctx: "State", env: Env) -> None:
        self.ctx = ctx
        self.env = env


@dataclass(frozen=True, slots=True)
class AlarmInfo:
    """How often the alarm that rings was tried before."""

    retryCount: int  # noqa: N815 - the name is workerd's

    @property
    def isRetry(self) -> bool:  # noqa: N802 - the name is workerd's
        """Tell whether it was."""
        return self.retryCount > 0


@dataclass(frozen=True, slots=True)
class Identity:
    """An object's identity: its name."""

    name: str


class Storage:
    """`ctx.storage`: SQL, and the one alarm."""

    def __init__(self, sql: Sql, changed: Callable[[], None]) -> None:
        self.sql = sql
        # While it rings it is written down, so that it rings again after a crash, but is no longer set.
        self.ringing = False
        self._changed = changed
        sql.exec("CREATE TABLE IF NOT EXISTS _cf_alarm (id INTEGER PRIMARY KEY, at INTEGER, tries INTEGER)")

    def transactionSync(self, function: Callable[[], Any]) -> Any:  # noqa: N802 - the name is workerd's
        """Keep all that a function writes, or nothing if it raises."""
        return self.sql.together(function)

    async def setAlarm(self, milliseconds: int) -> None:  # noqa: N802 - the name is workerd's
        """Set the alarm to a time since 1970; it replaces the one that was set."""
        if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
            raise JsException("setAlarm() takes milliseconds as an integer", "TypeError")
        self.keep_alarm(milliseconds, 0)

    async def getAlarm(self) -> int | JsNull:  # noqa: N802 - the name is workerd's
        """Return when the alarm rings; jsnull if none is set."""
        alarm = self.alarm()
        return jsnull if alarm is None or self.ringing else alarm[0]

    async def deleteAlarm(self) -> None:  # noqa: N802 - the name is workerd's
        """Set no alarm."""
        self.keep_alarm(None, 0)

    def alarm(self) -> tuple[int, int] | None:
        """Return when the alarm rings, in milliseconds, and how often it was tried."""
        return next(((row.at, row.tries) for row in self.sql.exec("SELECT * FROM _cf_alarm")), None)

    def keep_alarm(self, milliseconds: int | None, tries: int) -> None:
        """Write down when the alarm rings, None for never."""
        if milliseconds is None:
            self.sql.exec("DELETE FROM _cf_alarm")
        else:
            self.sql.exec("INSERT OR REPLACE INTO _cf_alarm VALUES (1, ?, ?)", milliseconds, tries)
        # Where nothing can be written, it goes on ringing.
        self.ringing = False
        self._changed()


class State:
    """An object's `ctx`."""

    def __init__(self, name: str, storage: Storage, keep: Callable[[asyncio.Future[Any]], None]) -> None:
        self.id = Identity(name)
        self.storage = storage
        self._keep = keep

    def waitUntil(self, awaitable: Awaitable[Any], /) -> None:  # noqa: N802 - the name is workerd's
        """Let a future run on after the call has returned.

        Raises:
            TypeError: for a bare coroutine, which the runtime never runs and says nothing of.

        """
        if inspect.iscoroutine(awaitable):
            awaitable.close()
            raise TypeError("in an object the runtime never runs a bare coroutine: asyncio.ensure_future(it)")
        self._keep(asyncio.ensure_future(awaitable))
