"""What the object of a recipient's domain writes down, in SQL. Times are in seconds since 1970."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import starmap
from typing import Any

from failover.event import Event
from failover.outage import Outage
from failover.record import from_text, to_text
from notify.alert import Alert, Field
from notify.outbox import KEPT_SECONDS, Entry, Post
from notify.threads import Thread
from spool import TABLES, Spool

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
    """
    ALTER TABLE message ADD COLUMN outage INTEGER DEFAULT 0;
    ALTER TABLE message ADD COLUMN sender TEXT DEFAULT '';
    ALTER TABLE message ADD COLUMN alert TEXT DEFAULT '';
    ALTER TABLE message ADD COLUMN told INTEGER DEFAULT 1;
    CREATE INDEX untold ON message (at) WHERE told = 0;
    CREATE TABLE outage (number INTEGER PRIMARY KEY, version INTEGER, ended REAL, state TEXT, first TEXT);
    ALTER TABLE outbox ADD COLUMN post TEXT DEFAULT '{}';
    CREATE TABLE thread (
        outage INTEGER, channel TEXT, place TEXT, version INTEGER, due REAL, anew INTEGER,
        PRIMARY KEY (outage, channel)
    ) WITHOUT ROWID;
    """,
    "CREATE TABLE deferral (key TEXT PRIMARY KEY, at REAL) WITHOUT ROWID",
    f"ALTER TABLE message ADD COLUMN copy TEXT DEFAULT ''; {TABLES}",
    """
    ALTER TABLE message ADD COLUMN audience TEXT DEFAULT '';
    ALTER TABLE outage ADD COLUMN audience TEXT DEFAULT '';
    """,
    # So that what waits for one audience is not read for another's sake.
    "DROP INDEX untold; CREATE INDEX untold ON message (audience, at) WHERE told = 0;",
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
        self.spool = Spool(sql)
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

    def note_once(self, name: str, text: str) -> None:
        """Note a text under a name where nothing is noted yet."""
        self._sql(
            "INSERT INTO note VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET text = excluded.text WHERE text = ''",
            *(name, text),
        )

    # --- messages ---

    def fates(self, key: str, after: float = 0.0) -> tuple[str, ...]:
        """Return which fates of a message are known that came first after then; of a new one, none."""
        rows = self._sql("SELECT fates FROM message WHERE key = ? AND at > ?", key, after)
        return tuple(fate for row in rows for fate in row.fates.split())

    def outage_of(self, key: str) -> Outage | None:
        """Return the outage in which a message came first."""
        return self._outage(
            "SELECT state FROM outage JOIN message ON message.outage = outage.number WHERE key = ?", key
        )

    def sender(self, key: str) -> str:
        """Return whom a message is known to be from, empty if it is not known."""
        return next((row.sender for row in self._sql("SELECT sender FROM message WHERE key = ?", key)), "")

    def know(  # noqa: PLR0913 - a row has many columns
        self,
        event: Event,
        now: float,
        *,
        outage: Outage,
        audience: str,
        sender: str,
        alert: Alert,
        told: bool,
    ) -> None:
        """Know a message of an outage from now on; the key of ALERTS that it is under is its `audience`."""
        self._sql(
            "INSERT OR REPLACE INTO message (key, at, fates, outage, sender, alert, told, copy, audience)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(event.key, now, event.fate, outage.number, sender, _text(alert), int(told), event.copy),
            audience,
        )

    def know_again(
        self, event: Event, fates: Sequence[str], sender: str, alert: Alert | None, *, told: bool
    ) -> None:
        """Know of a message that came again what is true by now; if there is nothing new to say, no alert."""
        self._sql(
            "UPDATE message SET fates = ?, sender = ?, alert = coalesce(?, alert), told = told AND ?,"
            " copy = coalesce(nullif(?, ''), copy) WHERE key = ?",
            *(" ".join(fates), sender, alert and _text(alert), int(told), event.copy, event.key),
        )

    def alert(self, key: str) -> Alert:
        """Return what is said of a message that is known, and was caught in an outage."""
        [row] = self._sql("SELECT alert FROM message WHERE key = ?", key)
        return _alert(row.alert)

    def copy_of(self, key: str) -> str:
        """Return the id of the copy that was kept of a message, empty if none was."""
        return next((row.copy for row in self._sql("SELECT copy FROM message WHERE key = ?", key)), "")

    def has_untold(self, audience: str) -> bool:
        """Tell whether there are messages that an audience was not told of."""
        found = self._sql("SELECT 1 AS one FROM message WHERE told = 0 AND audience = ? LIMIT 1", audience)
        return bool(found)

    def untold_audiences(self) -> list[str]:
        """Name the audiences that there are messages of which they were not told, each once."""
        found: list[str] = []
        # One by one: each is found in the index, however many messages there are.
        first = "SELECT audience FROM message WHERE told = 0 ORDER BY audience LIMIT 1"
        after = "SELECT audience FROM message WHERE told = 0 AND audience > ? ORDER BY audience LIMIT 1"
        while rows := self._sql(after, found[-1]) if found else self._sql(first):
            found.append(rows[0].audience)
        return found

    def untold(self, audiences: Sequence[str], most: int) -> list[Alert]:
        """Return the alerts of messages that these were not told of: first what no inbox has or came back."""
        rows = self._sql(
            "SELECT alert FROM message WHERE told = 0 AND audience IN (SELECT value FROM json_each(?))"
            " ORDER BY fates = 'forwarded', at LIMIT ?",
            *(json.dumps(audiences), most),
        )
        return [_alert(row.alert) for row in rows]

    def untold_senders(self) -> dict[str, dict[str, int]]:
        """Count the messages of which each audience was not told, by their senders."""
        found: dict[str, dict[str, int]] = {}
        for row in self._sql(
            "SELECT audience, sender, count(*) AS n FROM message WHERE told = 0 GROUP BY audience, sender"
        ):
            found.setdefault(row.audience, {})[row.sender] = int(row.n)
        return found

    def all_told(self, audiences: Sequence[str]) -> None:
        """Let all messages of these audiences count as told."""
        self._sql(
            "UPDATE message SET told = 1 WHERE told = 0 AND audience IN (SELECT value FROM json_each(?))",
            json.dumps(audiences),
        )

    def waiting(self, outage: int, most: int) -> list[Alert]:
        """Return the alerts of an outage's messages that no inbox has, the oldest first."""
        rows = self._sql(
            "SELECT alert FROM message WHERE outage = ? AND fates = 'deferred' ORDER BY at LIMIT ?",
            *(outage, most),
        )
        return [_alert(row.alert) for row in rows]

    def forget(self, before: float) -> bool:
        """Forget messages that came before then, and outages that ended; tell whether others are left.

        An outage with a copy in the spool stays: its number would be another's, and the copy count there.
        """
        over = (
            "SELECT number FROM outage WHERE ended > 0 AND ended < ?"
            " AND number NOT IN (SELECT outage FROM copy)"
        )
        for row in self._sql(over, before):
            self._sql("DELETE FROM thread WHERE outage = ?", row.number)
            self._sql("DELETE FROM outage WHERE number = ?", row.number)
        self._sql("DELETE FROM message WHERE at < ?", before)
        self._sql("DELETE FROM deferral WHERE at < ?", before)
        left = (
            "SELECT 1 AS one FROM outage UNION ALL SELECT 1 FROM message UNION ALL SELECT 1 FROM deferral"
            " UNION ALL SELECT 1 FROM copy LIMIT 1"
        )
        return bool(self._sql(left))

    def deferred(self, key: str) -> float | None:
        """Return when a message was deferred since the primary answered, None if it never was."""
        return next((row.at for row in self._sql("SELECT at FROM deferral WHERE key = ?", key)), None)

    def defer(self, key: str, now: float) -> None:
        """Know that a message was deferred."""
        self._sql("INSERT INTO deferral VALUES (?, ?)", key, now)

    # --- outages, and where their first alerts stand ---

    def last_outage(self, audience: str = "") -> Outage | None:
        """Return the last outage of an audience that began, None before its first."""
        return self._outage(
            "SELECT state FROM outage WHERE audience = ? ORDER BY number DESC LIMIT 1", audience
        )

    def latest(self) -> Outage | None:
        """Return the last outage that began, whoever is told of it."""
        return self._outage("SELECT state FROM outage ORDER BY number DESC LIMIT 1")

    def last_number(self) -> int:
        """Return the number of the last outage that began, 0 before the first."""
        [row] = self._sql("SELECT coalesce(max(number), 0) AS number FROM outage")
        return int(row.number)

    def going_on(self) -> list[Outage]:
        """Return the outages that are not over, the oldest first."""
        rows = self._sql("SELECT state FROM outage WHERE ended = 0 ORDER BY number")
        return [from_text(Outage, row.state) for row in rows]

    def last_end(self) -> float:
        """Return when an outage ended last, 0 if none has."""
        [row] = self._sql("SELECT coalesce(max(ended), 0) AS ended FROM outage")
        return float(row.ended)

    def outage(self, number: int) -> Outage | None:
        """Return an outage, None if it is forgotten."""
        return self._outage("SELECT state FROM outage WHERE number = ?", number)

    def begin_outage(self, outage: Outage, first: Alert) -> None:
        """Write down a new outage with the alert of its first message."""
        self._sql(
            "INSERT INTO outage (number, version, ended, state, first, audience) VALUES (?, 0, 0, '', ?, ?)",
            *(outage.number, _text(first), outage.audience),
        )

    def keep_outage(self, outage: Outage) -> None:
        """Write down how an outage goes on."""
        self._sql(
            "UPDATE outage SET version = ?, ended = ?, state = ? WHERE number = ?",
            *(outage.version, outage.ended, to_text(outage), outage.number),
        )

    def first_alert(self, outage: int) -> Alert:
        """Return the alert of an outage's first message."""
        [row] = self._sql("SELECT first FROM outage WHERE number = ?", outage)
        return _alert(row.first)

    def keep_first(self, outage: int, first: Alert) -> None:
        """Write down what is true now of an outage's first message."""
        self._sql("UPDATE outage SET first = ? WHERE number = ?", _text(first), outage)

    def stale(self) -> list[tuple[Thread, Outage]]:
        """Return where a first alert shows an older state of its outage."""
        rows = self._sql(
            "SELECT thread.*, outage.state AS state FROM thread JOIN outage ON outage.number = thread.outage"
            " WHERE thread.version < outage.version AND place <> ''"
        )
        return [(_thread(row), from_text(Outage, row.state)) for row in rows]

    def place(self, outage: int, channel: str) -> str:
        """See `Store`."""
        rows = self._sql("SELECT place FROM thread WHERE outage = ? AND channel = ?", outage, channel)
        return next((row.place for row in rows), "")

    def keep_thread(self, thread: Thread) -> None:
        """See `Store`."""
        self._sql(
            "INSERT OR REPLACE INTO thread VALUES (?, ?, ?, ?, ?, ?)",
            *(thread.outage, thread.channel, thread.place, thread.version, thread.due, int(thread.anew)),
        )

    # --- the outbox, as `notify.outbox.Store` has it ---

    def write(self, alerts: Mapping[str, Alert], now: float, post: Post, due: float = 0.0) -> None:
        """Write down what each channel is to be told, not before it is due."""
        number = int(self.note("alerts") or 0) + 1
        self.take_note("alerts", str(number))
        for channel, alert in alerts.items():
            self._sql("INSERT OR IGNORE INTO channel VALUES (?, 0, 0, 0)", channel)
            self._sql(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 0, ?)",
                *(channel, due, number, _text(alert), now, to_text(post)),
            )

    def due(self, now: float) -> list[Entry]:
        """See `Store`."""
        return [entry for due, entry in self._next(now) if due <= now]

    def next_due(self, now: float) -> float | None:
        """Return when something is due next, None if there is nothing to tell."""
        return min((due for due, _ in self._next(now)), default=None)

    def begin(self, entries: Sequence[Entry]) -> None:
        """See `Store`."""
        self.together(lambda: [self._sql(_BEGIN, *_key(entry)) for entry in entries])

    def put_off(self, entry: Entry, due: float) -> None:
        """See `Store`."""
        self._sql(_PUT_OFF, int(entry.began), due, *_key(entry))

    def hold(self, entry: Entry, due: float) -> None:
        """See `Store`."""
        self._sql(_HOLD, int(entry.began), *_key(entry))
        self._sql("UPDATE channel SET due = ?, tries = ? WHERE key = ?", due, entry.tries, entry.channel)

    def told(self, entry: Entry) -> None:
        """See `Store`."""
        self._sql(_TAKE_OUT, *_key(entry))
        self._sql("UPDATE channel SET due = 0, tries = 0 WHERE key = ? AND tries > 0", entry.channel)

    def give_up(self, entry: Entry) -> None:
        """See `Store`."""
        self._sql(_TAKE_OUT, *_key(entry))
        self._sql("UPDATE channel SET given_up = given_up + 1 WHERE key = ?", entry.channel)

    def mentioned(self, channels: Sequence[str]) -> None:
        """See `Store`."""
        for channel in channels:
            self._sql("UPDATE channel SET given_up = 0 WHERE key = ?", channel)

    def has_more(self, channel: str) -> bool:
        """See `Store`."""
        found = self._sql(
            "SELECT 1 AS one FROM outbox"
            " WHERE channel = ? AND coalesce(json_extract(post, '$.sound'), 1) LIMIT 2",
            channel,
        )
        return len(found) > 1

    def given_up(self) -> dict[str, int]:
        """See `Store`."""
        rows = self._sql("SELECT key, given_up FROM channel WHERE given_up > 0")
        return {row.key: int(row.given_up) for row in rows}

    def outbox(self) -> list[dict[str, object]]:
        """Return of each channel how many alerts wait, how many were given up, and when it is asked next."""
        rows = self._sql(
            "SELECT key, channel.due AS due, given_up, count(number) AS waiting"
            " FROM channel LEFT JOIN outbox ON channel = key GROUP BY key"
        )
        return [
            {"channel": r.key, "waiting": int(r.waiting), "given_up": int(r.given_up), "due": r.due}
            for r in rows
        ]

    def _change(self, version: int, change: str) -> None:
        self._sql(change)
        self.take_note("schema", str(version))

    def _outage(self, text: str, *values: str | float) -> Outage | None:
        return next((from_text(Outage, row.state) for row in self._sql(text, *values)), None)

    def _next(self, now: float) -> Iterator[tuple[float, Entry]]:
        """Yield of each channel what it is told next, and when."""
        for row in self._sql("SELECT key, due, tries FROM channel"):
            for entry in self._first(row.key, int(row.tries)):
                due = max(row.due, entry.due)
                # A time further off than any that is ever set was set by a clock that was wrong.
                yield (due if due <= now + KEPT_SECONDS else now), entry

    def _first(self, channel: str, tries: int) -> list[Entry]:
        rows = self._sql("SELECT * FROM outbox WHERE channel = ? ORDER BY due, number LIMIT 1", channel)
        return [_entry(row, tries) for row in rows]


def _key(entry: Entry) -> tuple[str, float, int]:
    return entry.channel, entry.due, entry.number


def _entry(row: Any, tries: int) -> Entry:
    post, alert = from_text(Post, row.post), _alert(row.alert)
    return Entry(
        int(row.number), row.channel, alert, row.written, post, row.due, tries, began=bool(row.began)
    )


def _thread(row: Any) -> Thread:
    return Thread(int(row.outage), row.channel, row.place, int(row.version), row.due, anew=bool(row.anew))


def _text(alert: Alert) -> str:
    fields = [(field.label, field.text, field.kept, field.kind) for field in alert.fields]
    data = [alert.data] if alert.data else []
    return json.dumps([alert.headline, fields, alert.preview, alert.advice, alert.kind, *data])


def _alert(text: str) -> Alert:
    headline, fields, preview, advice, *more = json.loads(text)
    # There were no kinds once, and for who has no webhook there is no data.
    told = Alert(headline, tuple(starmap(_field, fields)), preview, advice)
    return replace(told, **dict(zip(("kind", "data"), more, strict=False)))


def _field(label: str, text: str, kept: int, kind: str | None = None) -> Field:
    """Read a field; before there were kinds all labels were English, and what is a kind now."""
    return Field(label, text, kept, label.lower().replace(" ", "_") if kind is None else kind)
