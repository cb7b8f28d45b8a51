"""What the object of a recipient's domain writes down, in SQL. Times are in seconds since 1970."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from notify.alert import Alert, Field
from notify.outbox import KEPT_SECONDS, Entry

Sql = Callable[..., list[Any]]
"""The port that runs SQL with what is bound to it, and returns the rows, with the columns as attributes."""

Together = Callable[[Callable[[], Any]], Any]
"""The port that runs a function, and keeps all that it writes, or nothing if it raises."""

SCHEMA = (
    # Without a rowid, a row that is found by its key is one row written, and not two.
    """
    CREATE TABLE message (key TEXT PRIMARY KEY, at REAL, fates TEXT, copies INTEGER) WITHOUT ROWID;
    CREATE TABLE channel (key TEXT PRIMARY KEY, due REAL, tries INTEGER, given_up INTEGER) WITHOUT ROWID;
    CREATE TABLE outbox (
        channel TEXT, due REAL, number INTEGER, alert TEXT, written REAL, began INTEGER,
        PRIMARY KEY (channel, due, number)
    ) WITHOUT ROWID;
    """,
)
"""What brings the tables from each version to the next: whoever changes them adds a text, and keeps these."""

_BEGIN = "UPDATE outbox SET began = 1 WHERE channel = ? AND due = ? AND number = ?"
_PUT_OFF = "UPDATE outbox SET began = ?, due = ? WHERE channel = ? AND due = ? AND number = ?"
_HOLD = "UPDATE outbox SET began = ? WHERE channel = ? AND due = ? AND number = ?"
_TAKE_OUT = "DELETE FROM outbox WHERE channel = ? AND due = ? AND number = ?"


class Book:
    """The tables of one object; `together` keeps all that a function writes, or nothing if it raises."""

    def __init__(self, sql: Sql, together: Together) -> None:
        self._sql = sql
        self.together = together
        sql("CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
        version = int(self.note("schema") or 0)
        for number, change in enumerate(SCHEMA[version:], version + 1):
            together(partial(self._change, number, change))

    def note(self, name: str) -> str:
        """Return what was noted under a name, empty if nothing was."""
        return next((row.text for row in self._sql("SELECT text FROM note WHERE name = ?", name)), "")

    def take_note(self, name: str, text: str) -> None:
        """Note a text under a name."""
        self._sql("INSERT OR REPLACE INTO note VALUES (?, ?)", name, text)

    def fates(self, key: str) -> tuple[str, ...]:
        """Return which fates of a message are known; of a new one, none."""
        rows = self._sql("SELECT fates FROM message WHERE key = ?", key)
        return tuple(fate for row in rows for fate in row.fates.split())

    def know(self, key: str, fate: str, now: float) -> None:
        """Know from now on that a message came, and had this fate; one that came before is counted."""
        known = self.fates(key)
        fates = " ".join(known if fate in known else (*known, fate))
        self._sql(
            "INSERT INTO message VALUES (?, ?, ?, 1)"
            " ON CONFLICT (key) DO UPDATE SET fates = excluded.fates, copies = copies + 1",
            *(key, now, fates),
        )

    def forget(self, before: float) -> bool:
        """Forget the messages that came before then; tell whether there are others."""
        self._sql("DELETE FROM message WHERE at < ?", before)
        return bool(self._sql("SELECT 1 AS one FROM message LIMIT 1"))

    def write(self, channels: Sequence[str], alert: Alert, now: float) -> None:
        """Write down what channels are to be told."""
        number = int(self.note("alerts") or 0) + 1
        self.take_note("alerts", str(number))
        for channel in channels:
            self._sql("INSERT OR IGNORE INTO channel VALUES (?, 0, 0, 0)", channel)
            self._sql("INSERT INTO outbox VALUES (?, 0, ?, ?, ?, 0)", channel, number, _text(alert), now)

    def due(self, now: float) -> list[Entry]:
        """Return what is due, at most one entry a channel: the oldest that was not put off."""
        return [entry for due, entry in self._next(now) if due <= now]

    def next_due(self, now: float) -> float | None:
        """Return when something is due next, None if there is nothing to tell."""
        return min((due for due, _ in self._next(now)), default=None)

    def begin(self, entries: Sequence[Entry]) -> None:
        """Note that a request for each is about to be sent."""
        for entry in entries:
            self._sql(_BEGIN, *_key(entry))

    def put_off(self, entry: Entry, due: float) -> None:
        """Keep an entry, which is not due before then, with the others of its channel going first."""
        began = int(entry.began)
        self._sql(_PUT_OFF, began, due, *_key(entry))

    def hold(self, entry: Entry, due: float) -> None:
        """Keep an entry; neither it nor another one of its channel is due before then."""
        self._sql(_HOLD, int(entry.began), *_key(entry))
        self._sql("UPDATE channel SET due = ?, tries = ? WHERE key = ?", due, entry.tries, entry.channel)

    def told(self, entry: Entry) -> None:
        """Take out what a channel took; what it never took has been mentioned with it."""
        self._take_out(entry)
        self._sql(
            "UPDATE channel SET due = 0, tries = 0, given_up = 0"
            " WHERE key = ? AND (tries > 0 OR given_up > 0)",
            entry.channel,
        )

    def give_up(self, entry: Entry) -> None:
        """Take out what a channel never took, and count it until the channel takes another one."""
        self._take_out(entry)
        self._sql("UPDATE channel SET given_up = given_up + 1 WHERE key = ?", entry.channel)

    def given_up(self, channel: str) -> int:
        """Return how many alerts the next one for this channel has to mention."""
        rows = self._sql("SELECT given_up FROM channel WHERE key = ?", channel)
        return next((int(row.given_up) for row in rows), 0)

    def _change(self, version: int, change: str) -> None:
        self._sql(change)
        self.take_note("schema", str(version))

    def _next(self, now: float) -> Iterator[tuple[float, Entry]]:
        """Yield of each channel what it is told next, and when."""
        for row in self._sql("SELECT key, due, tries FROM channel"):
            for entry in self._first(row.key, int(row.tries)):
                due = max(row.due, entry.due)
                # A time further off than any that is ever set was set by a clock that was wrong.
                yield (due if due <= now + KEPT_SECONDS else now), entry

    def _first(self, channel: str, tries: int) -> list[Entry]:
        rows = self._sql(
            "SELECT * FROM outbox WHERE channel = ? ORDER BY due, number LIMIT 1",
            channel,
        )
        return [
            Entry(
                int(row.number),
                channel,
                _alert(row.alert),
                row.written,
                row.due,
                tries,
                began=bool(row.began),
            )
            for row in rows
        ]

    def _take_out(self, entry: Entry) -> None:
        self._sql(_TAKE_OUT, *_key(entry))


def _key(entry: Entry) -> tuple[str, float, int]:
    return entry.channel, entry.due, entry.number


def _text(alert: Alert) -> str:
    fields = [(field.label, field.text, field.kept) for field in alert.fields]
    return json.dumps([alert.headline, fields, alert.preview, alert.advice])


def _alert(text: str) -> Alert:
    headline, fields, preview, advice = json.loads(text)
    return Alert(headline, tuple(Field(*field) for field in fields), preview, advice)
