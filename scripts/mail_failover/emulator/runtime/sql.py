"""An object's storage in SQL, played by Python's own SQLite."""

import functools
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from .javascript import JsArray, JsBuffer, JsBytes, JsException, jsnull

ROW_BYTES = 2_000_000
"""How long a text or a blob may be in production; the runtime on a desk takes more."""
_MAX_BINDINGS = 100
_MAX_INTEGER = 2**53
_TRANSACTION = re.compile(r"\s*(?:BEGIN|SAVEPOINT|COMMIT|ROLLBACK|RELEASE)\b", re.IGNORECASE)
_NEAR = re.compile(r'near "(.*)": syntax error')


class Row:
    """One row: its columns are attributes."""

    def __init__(self, columns: dict[str, Any]) -> None:
        vars(self).update(columns)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(name)


class Rows(JsArray):
    """All rows, as `toArray` returns them."""

    def to_py(self) -> list[dict[str, Any]]:
        """Return them as dicts."""
        return [vars(row) for row in self]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a query gave; `rowsWritten` is what a plan counts by the day."""

    rows: list[Row]
    rowsWritten: int  # noqa: N815 - the name is workerd's

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def one(self) -> Row:
        """Return the only row.

        Raises:
            JsException: there is none, or more than one.

        """
        if len(self.rows) == 1:
            return self.rows[0]
        got = "multiple" if self.rows else "no"
        raise JsException(f"Expected exactly one result from SQL query, but got {got} results.")

    def toArray(self) -> Rows:  # noqa: N802 - the name is workerd's
        """Return all rows."""
        return Rows(self.rows)


class Sql:
    """`ctx.storage.sql` of one object, in a file or in memory. What the runtime corrupts in silence raises.

    `writable` is asked before each statement that may write; what it raises is what the statement raises.
    `wrote` is told how many rows were written.
    """

    def __init__(
        self,
        path: Path | None = None,
        writable: Callable[[], None] = lambda: None,
        wrote: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        # Autocommit: a series of writes without an await in between is kept together by its being short.
        try:
            self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        except sqlite3.Error as error:
            raise JsException(f"{error}: {error.sqlite_errorname}") from None
        self._writable = writable
        self._wrote = wrote
        self.written = 0

    @property
    def databaseSize(self) -> int:  # noqa: N802 - the name is workerd's
        """Return the size in bytes."""
        [[pages]] = self._database.execute("PRAGMA page_count")
        [[size]] = self._database.execute("PRAGMA page_size")
        return int(pages * size)

    def exec(self, text: str, *bindings: Any) -> Cursor:
        """Run one statement or several; the bindings are the last one's.

        Raises:
            JsException: as workerd does; also for a bool, and for bytes that are not JavaScript's, which it
                would store as text, and for a value longer than production takes.

        """
        values = [_bound(value) for value in bindings]
        if len(values) > _MAX_BINDINGS:
            raise JsException(f"too many SQL variables: {len(values)}: SQLITE_ERROR")
        *first, last = _statements(text)
        before = self._database.total_changes
        for statement in first:
            self._run(statement, [])
        rows = self._run(last, values)
        written = self._database.total_changes - before
        self.written += written
        self._wrote(written)
        return Cursor(rows, written)

    def together(self, function: Callable[[], Any]) -> Any:
        """Run a function whose writes are all kept, or none of them if it raises."""
        self._database.execute("SAVEPOINT together")
        try:
            result = function()
        except BaseException:
            self._database.execute("ROLLBACK TO together")
            raise
        finally:
            self._database.execute("RELEASE together")
        return result

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _run(self, statement: str, values: list[Any]) -> list[Row]:
        if _TRANSACTION.match(statement):
            raise JsException(
                "To execute a transaction, please use the state.storage.transaction() or"
                " state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT"
                " statements."
            )
        if not statement.lstrip().upper().startswith("SELECT"):
            self._writable()
        try:
            cursor = self._database.execute(statement, values)
            names = [column[0] for column in cursor.description or ()]
            return [Row(dict(zip(names, map(_given, row), strict=True))) for row in cursor]
        except sqlite3.ProgrammingError:
            raise JsException("Wrong number of parameter bindings for SQL query.") from None
        except sqlite3.Error as error:
            near = _NEAR.match(str(error))
            at = f" at offset {statement.find(near[1])}" if near else ""
            raise JsException(f"{error}{at}: {error.sqlite_errorname}") from None


@functools.lru_cache(maxsize=1024)
def _statements(text: str) -> tuple[str, ...]:
    """Split a text behind each complete statement; a Worker asks the same ones again and again."""
    found, rest = [], ""
    for piece in re.split(r"(?<=;)", text):
        rest += piece
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return (*found, rest) if rest.strip() or not found else (*found,)


def _bound(value: Any) -> Any:
    """Return what a binding is to SQLite."""
    if isinstance(value, bool | bytes | bytearray | memoryview):
        kind = type(value).__name__
        raise JsException(f"a {kind} would be kept as its text: bind int(flag), or to_js(data)", "TypeError")
    if isinstance(value, JsBytes | JsBuffer):
        # Not copied: SQLite takes what a view shows.
        value = memoryview(value.data)
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        raise JsException("Cannot convert a BigInt value to a number", "TypeError")
    if isinstance(value, memoryview | str) and len(value) > ROW_BYTES:
        raise JsException("string or blob too big: SQLITE_TOOBIG")
    if not isinstance(value, str | int | float | memoryview | None):
        raise JsException(f"a {type(value).__name__} can't be bound", "TypeError")
    return value


def _given(value: Any) -> Any:
    if value is None:
        return jsnull
    return JsBuffer(value) if isinstance(value, bytes) else value
