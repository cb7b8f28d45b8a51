"""What is known here of each copy: on the disk before the server is spoken to, and before the door is.

A message that a run has handed over and whose answer nobody saw stays "handing over": it may be there.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from mail_failover.disk import sync
from mail_failover.errors import UsageError

from .address import Address
from .errors import DiskError
from .private import make_folder, unusable

FORMAT = 1
FOLDER = "replay"
_FILE = "journal.sqlite"
_SECONDS = 10.0
# FULL, and the folder as well: else a power cut may undo what was written.
_SYNCHRONOUS = "EXTRA"
_TABLE = """
CREATE TABLE copies (
  id TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL, at REAL NOT NULL,
  told INTEGER NOT NULL, tries INTEGER NOT NULL, lease TEXT NOT NULL,
  PRIMARY KEY (id, sha256)
)
"""
_COLUMNS = ("id", "sha256", "state", "words", "at", "told", "tries", "lease")
_NEW = "INSERT OR IGNORE INTO copies VALUES (:id, :sha, 'new', '', 0, 0, 0, '')"

State = Literal["new", "handing over", "delivered", "refused", "later", "again"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one copy.

    `words` are the server's; `at` when they came, in seconds since 1970; `told` whether the door knows them;
    `tries` how often it was put off; `lease` is one that was not given back, or empty.
    """

    id: str
    sha256: str
    state: State
    words: str
    at: float
    told: bool
    tries: int
    lease: str


class Journal:
    """One SQLite file, of one domain; what a method wrote is on the disk when it returns.

    Raises:
        DiskError: it can't be written.

    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database

    @classmethod
    def open(cls, folder: Path) -> "Journal":
        """Open the journal in a folder, or begin one.

        Raises:
            UsageError: it can't be made or read; what is there stays as it is.

        """
        path = folder / _FILE
        make_folder(folder)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        except OSError as error:
            raise unusable(path, error) from error
        journal = cls(path, sqlite3.connect(path, timeout=_SECONDS, isolation_level=None))
        try:
            journal._prepare()
        except BaseException:
            journal.close()
            raise
        return journal

    @classmethod
    def find(cls, folder: Path) -> "Journal | None":
        """Open the journal in a folder, if there is one.

        Raises:
            UsageError: it can't be read.

        """
        path = folder / _FILE
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise unusable(path, error) from error
        return cls.open(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, copy_id: str, sha256: str) -> Entry:
        """Return what is known of a copy; of an unknown one, that it is new."""
        found = [*self._entries("id = ? AND sha256 = ?", copy_id, sha256)]
        return found[0] if found else Entry(copy_id, sha256, "new", "", 0, told=False, tries=0, lease="")

    def untold(self) -> list[Entry]:
        """Return what was delivered and the door may not know of, the oldest first."""
        return [*self._entries("state = 'delivered' AND NOT told")]

    def held(self) -> list[Entry]:
        """Return the copies whose lease was not given back."""
        return [*self._entries("lease != '' AND state != 'delivered'")]

    def lease(self, copy_id: str, sha256: str, lease: str) -> None:
        """Write down whose a copy is now; empty once it is nobody's here."""
        self._set(copy_id, sha256, lease=lease)

    def hand_over(self, copy_id: str, sha256: str) -> None:
        """Write down that the server is about to get it."""
        self._set(copy_id, sha256, state="handing over", at=time.time())

    def take_back(self, entry: Entry) -> None:
        """Write down that the server can't have got it after all: all is as it was before."""
        self._set(entry.id, entry.sha256, state=entry.state, at=entry.at)

    def settle(self, copy_id: str, sha256: str, state: State, words: str) -> int:
        """Write down what the server answered, and return how often it was put off by now."""
        tries = self.get(copy_id, sha256).tries + (state == "later")
        self._set(copy_id, sha256, state=state, words=words, at=time.time(), told=False, tries=tries)
        return tries

    def put_off(self, copy_id: str, sha256: str) -> int:
        """Count a try that brought no answer of the server, and return how many there were."""
        tries = self.get(copy_id, sha256).tries + 1
        self._set(copy_id, sha256, tries=tries)
        return tries

    def tell(self, copy_id: str, sha256: str) -> None:
        """Write down that the door knows, and that its lease is over with that."""
        self._set(copy_id, sha256, told=True, lease="")

    def again(self, entry: Entry) -> None:
        """Write down that a person wants it delivered again, whatever became of it before.

        Not if a replay has written since the entry was read.
        """
        values = {"state": "again", "at": time.time(), "told": False, "tries": 0, "lease": ""}
        self._set(entry.id, entry.sha256, entry.state, **values)

    def restore(self, entry: Entry) -> None:
        """Write down what was known before, unless a replay has written since."""
        values = {"state": entry.state, "at": entry.at, "told": entry.told, "tries": entry.tries}
        self._set(entry.id, entry.sha256, "again", **values)

    def _set(self, copy_id: str, sha256: str, was: str = "", **values: object) -> None:
        """Write values down; `was` is the state that it must be in."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        parameters = {**values, "id": copy_id, "sha": sha256, "was": was}
        with self._writing() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                database.execute(_NEW, parameters)
                database.execute(
                    f"UPDATE copies SET {columns}"  # noqa: S608 - our names
                    " WHERE id = :id AND sha256 = :sha AND :was IN ('', state)",
                    parameters,
                )
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

    def _entries(self, where: str, *values: str) -> Iterator[Entry]:
        query = f"SELECT * FROM copies WHERE {where} ORDER BY at"  # noqa: S608 - our conditions
        with self._writing() as database:
            for row in database.execute(query, values).fetchall():
                copy_id, sha256, state, words, at, told, tries, lease = row
                yield Entry(copy_id, sha256, state, words, at, bool(told), tries, lease)

    def _prepare(self) -> None:
        try:
            self._database.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
            [[found]] = self._database.execute("PRAGMA user_version").fetchall()
            [[tables]] = self._database.execute("SELECT count(*) FROM sqlite_master").fetchall()
            if not tables:
                self._database.executescript(
                    f"BEGIN IMMEDIATE; {_TABLE}; PRAGMA user_version = {FORMAT}; COMMIT"
                )
                sync(self.path.parent)
                return
            [sound, *_] = self._database.execute("PRAGMA quick_check(1)").fetchall()
            columns = self._database.execute("PRAGMA table_info(copies)").fetchall()
        except OSError as error:
            raise unusable(self.path, error) from error
        except sqlite3.OperationalError as error:
            raise UsageError(f"{self.path}: the journal can't be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise _unreadable(self.path, str(error)) from error
        if found != FORMAT:
            raise UsageError(f"{self.path}: written by another version of mail-failover.", "Use that one.")
        if sound != ("ok",):
            raise _unreadable(self.path, str(sound[0]))
        if tuple(name for _, name, *_ in columns) != _COLUMNS:
            raise _unreadable(self.path, "its table is another one")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._database
        except sqlite3.DatabaseError as error:
            raise DiskError(f"{self.path}: the journal can't be written: {error}.") from error


def journal_folder(state: Path, address: Address) -> Path:
    """Return where the journal of a domain lies: a door that moves to another address has the same copies."""
    return state / FOLDER / address.domain


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path}: not a journal that can be read ({why}).",
        "Put a good copy there; without one, move it away: messages that came home but were not told to the"
        " spool may then come twice.",
    )
