"""The spool of one object: byte-exact copies of caught messages, in SQL. Times are in seconds since 1970.

A copy lies in rows of a mebibyte, since no value in the tables may be larger than 2 MB. It counts once its
last byte is written down; what was begun and never finished is dropped.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Sql = Callable[..., list[Any]]
"""As in `book.py`; bytes are bound as a blob, and a blob comes back as the runtime has it."""

CHUNK_BYTES = 1 << 20
"""How much of a copy one row has."""

LEASE_SECONDS = 600.0
"""How long a copy is in the hands of who fetches it."""

LONGEST_PAUSE_SECONDS = 24 * 3600.0
"""For how long a copy is put off at most; a time further off was set by a clock that was wrong."""

_MOST_CHUNKS = 64
_WHOLE = ("number", "size", "outage", "reported")

TABLES = """
    CREATE TABLE copy (
        number INTEGER PRIMARY KEY, nonce TEXT, key TEXT, at REAL, sender TEXT, recipient TEXT,
        size INTEGER DEFAULT 0, sha256 TEXT DEFAULT '', fate TEXT DEFAULT '', outage INTEGER DEFAULT 0,
        state TEXT DEFAULT 'unfinished', reported INTEGER DEFAULT 0,
        lease TEXT DEFAULT '', due REAL DEFAULT 0, words TEXT DEFAULT '', sealed TEXT DEFAULT ''
    );
    CREATE INDEX copy_state ON copy (state, due);
    CREATE INDEX copy_unreported ON copy (at) WHERE reported = 0;
    CREATE TABLE chunk (number INTEGER PRIMARY KEY, data BLOB);
"""
"""What `book.SCHEMA` makes of it."""

State = Literal["unfinished", "waiting", "delivered", "refused"]


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of one copy besides its bytes.

    `size` is the message's; `sha256` is that of the bytes that lie here, encrypted ones if `sealed` holds
    their key, which only home can open. `fate` is its message's, empty while the Worker has not reported;
    `outage` the number of the one in which that was caught. `state` is the copy's own: delivered and refused
    are what the primary said of it, with its `words`. One that waits is not given away before `due`; until
    then it is leased if `lease` names somebody.
    """

    number: int
    nonce: str
    key: str
    at: float
    sender: str
    recipient: str
    size: int
    sha256: str
    fate: str
    outage: int
    state: State
    reported: int
    lease: str
    due: float
    words: str
    sealed: str

    @property
    def id(self) -> str:
        """Return what names it: no copy of another object, or after this one was emptied, has the same."""
        return f"{self.number}-{self.nonce}"

    def is_due(self, now: float) -> bool:
        """Tell whether it may be given away."""
        return self.state == "waiting" and not now < self.due <= now + LONGEST_PAUSE_SECONDS

    def is_leased(self, now: float) -> bool:
        """Tell whether it is in somebody's hands."""
        return self.state == "waiting" and bool(self.lease) and not self.is_due(now)


class Spool:
    """The copies in one object's tables."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._last = 0

    # --- writing one down ---

    def begin(self, key: str, sender: str, recipient: str, now: float) -> Copy:
        """Begin a copy."""
        # One that was dropped may still be written down, by whoever has not heard of it: its number is no
        # other's as long as this object lives.
        rows = self._sql(
            "INSERT INTO copy (number, nonce, key, at, sender, recipient)"
            " SELECT max(coalesce(max(number), 0), ?) + 1, ?, ?, ?, ?, ? FROM copy RETURNING *",
            *(self._last, os.urandom(4).hex(), key, now, sender, recipient),
        )
        copy = _copy(rows[0])
        self._last = copy.number
        return copy

    def add(self, number: int, index: int, data: bytes) -> None:
        """Write down the next chunk of a copy.

        Raises:
            ValueError: there is more of it than of any message that the edge takes.

        """
        if index >= _MOST_CHUNKS:
            raise ValueError("a message of more than 64 MiB")
        self._sql("INSERT INTO chunk VALUES (?, ?)", number * _MOST_CHUNKS + index, data)

    def finish(self, number: int, size: int, sha256: str, sealed: str) -> Copy:
        """Let a copy count, now that its last byte is written down."""
        rows = self._sql(
            "UPDATE copy SET size = ?, sha256 = ?, sealed = ?, state = 'waiting'"
            " WHERE number = ? RETURNING *",
            *(size, sha256, sealed, number),
        )
        return _copy(rows[0])

    def drop(self, number: int) -> None:
        """Take a copy away, whatever there is of it."""
        first = number * _MOST_CHUNKS
        self._sql("DELETE FROM chunk WHERE number >= ? AND number < ?", first, first + _MOST_CHUNKS)
        self._sql("DELETE FROM copy WHERE number = ?", number)

    # --- finding them ---

    def find(self, name: str) -> Copy | None:
        """Return a copy by its id, None if there is none, or only the beginning of one."""
        number, _, nonce = name.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        return self._one("number = ? AND nonce = ? AND state <> 'unfinished'", int(number), nonce)

    def unreported(self, key: str) -> Copy | None:
        """Return a copy of a message of which the Worker has not reported yet."""
        return self._one("reported = 0 AND key = ? AND state <> 'unfinished'", key)

    def oldest_delivered(self) -> Copy | None:
        """Return the oldest copy that the primary has."""
        return self._one("state = 'delivered' ORDER BY due, number")

    def began_first(self) -> float | None:
        """Return when the oldest copy was begun of which the Worker has not reported yet."""
        [row] = self._sql("SELECT min(at) AS at FROM copy WHERE reported = 0")
        return row.at or None

    def unreported_for(self, seconds: float, now: float) -> list[Copy]:
        """Return copies of which the Worker has not reported for so long; finished ones or not.

        One that was begun as far ahead was begun by a clock that was wrong.
        """
        return self._all("reported = 0 AND (at <= ? OR at > ?)", now - seconds, now + seconds)

    def older(self, before: float) -> list[Copy]:
        """Return copies begun before then; it reads all of them."""
        return self._all("at < ?", before)

    def page(self, after: int, most: int) -> list[Copy]:
        """Return finished copies, the oldest first, after a number."""
        return self._all("number > ? AND state <> 'unfinished' ORDER BY number LIMIT ?", after, most)

    def due(self, now: float, most: int) -> list[Copy]:
        """Return copies that wait and may be given away: the oldest first, then what was put off before.

        In the index's order, so that no more are read, however many wait.
        """
        found = self._all("state = 'waiting' AND due <= ? ORDER BY due, number LIMIT ?", now, most)
        return found or self._all(
            "state = 'waiting' AND due > ? ORDER BY due, number LIMIT ?", now + LONGEST_PAUSE_SECONDS, most
        )

    def leased(self, now: float) -> list[Copy]:
        """Return the copies that are in somebody's hands."""
        return self._all(
            "state = 'waiting' AND due > ? AND due <= ? AND lease <> ''", now, now + LONGEST_PAUSE_SECONDS
        )

    def refused(self, outage: int, most: int) -> list[Copy]:
        """Return the oldest copies of an outage's messages that the primary refused."""
        return self._all("state = 'refused' AND outage = ? ORDER BY due, number LIMIT ?", outage, most)

    def counts(self) -> dict[str, int]:
        """Count the copies by their states."""
        rows = self._sql("SELECT state, count(*) AS n FROM copy GROUP BY state")
        return {row.state: int(row.n) for row in rows}

    def prefix(self, number: int, most: int) -> bytes:
        """Return a copy's first bytes."""
        [first] = self._sql(
            "SELECT substr(data, 1, ?) AS data FROM chunk WHERE number = ?", most, number * _MOST_CHUNKS
        ) or [None]
        return first.data.to_bytes() if first else b""

    def chunks(self, number: int) -> Iterator[Any]:
        """Yield a copy's bytes, a chunk at a time, as the runtime has them."""
        first = number * _MOST_CHUNKS
        for index in range(first, first + _MOST_CHUNKS):
            rows = self._sql("SELECT data FROM chunk WHERE number = ?", index)
            if not rows:
                return
            yield rows[0].data

    # --- what becomes of them ---

    def report(self, copy: Copy, fate: str, outage: int) -> None:
        """Know what became of the message that a copy is of."""
        self._sql(
            "UPDATE copy SET fate = ?, outage = ?, reported = 1 WHERE number = ?", fate, outage, copy.number
        )

    def lease(self, copies: Sequence[Copy], name: str, until: float) -> None:
        """Give copies into somebody's hands until then."""
        for copy in copies:
            self._sql("UPDATE copy SET lease = ?, due = ? WHERE number = ?", name, until, copy.number)

    def judge(self, copy: Copy, state: State, words: str, due: float) -> None:
        """Write down what the primary said of a copy, which is in nobody's hands then."""
        self._sql(
            "UPDATE copy SET state = ?, words = ?, due = ?, lease = '' WHERE number = ?",
            *(state, words, due, copy.number),
        )

    def _one(self, where: str, *values: str | float) -> Copy | None:
        return next(iter(self._all(f"{where} LIMIT 1", *values)), None)

    def _all(self, where: str, *values: str | float) -> list[Copy]:
        return [*map(_copy, self._sql(f"SELECT * FROM copy WHERE {where}", *values))]  # noqa: S608 our own text


def _copy(row: Any) -> Copy:
    values = {name: getattr(row, name) for name in Copy.__slots__}
    # A whole number may come as a float of JavaScript's.
    return Copy(**values | {name: int(values[name]) for name in _WHOLE})
