"""The object's tables: they are made once, kept, and brought from every version to the next."""

import pytest

from book import SCHEMA, Book
from mail_failover.emulator.runtime.javascript import JsException
from mail_failover.emulator.runtime.sql import Sql
from notify.alert import Alert, Field
from standins.tables import opened

ALERT = Alert("Caught", (Field("From", "a <a@b.example>", 11), Field("Subject", "hi")), "preview", "advice")


@pytest.fixture
def sql():
    """Open new tables."""
    made = Sql()
    yield made
    made.close()


def test_what_is_written_down_outlives_the_object(sql):
    """An eviction forgets the memory; the tables are there."""
    with opened(sql) as book:
        book.write(["telegram 1", "slack webhook"], ALERT, 100.5)
        book.know("k", "forwarded", 100.5)
    with opened(sql) as book:
        one, two = book.due(200)
        assert {one.channel, two.channel} == {"telegram 1", "slack webhook"}
        assert one.alert == two.alert == ALERT
        assert (one.written, one.tries, one.began) == (100.5, 0, False)
        assert book.fates("k") == ("forwarded",)


@pytest.mark.parametrize("version", range(len(SCHEMA) + 1))
def test_tables_of_every_version_are_brought_to_the_last(sql, version):
    """And what cannot be made whole is not begun: the next try finds it as it was."""
    sql.exec("CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
    for number, change in enumerate(SCHEMA[:version], 1):
        sql.exec(change)
        sql.exec("INSERT OR REPLACE INTO note VALUES ('schema', ?)", str(number))
    with opened(sql) as book:
        assert book.note("schema") == str(len(SCHEMA))
        book.write(["c"], ALERT, 1)
        assert [entry.alert for entry in book.due(2)] == [ALERT]


def test_a_change_of_the_tables_that_fails_half_way_leaves_them_as_they_were(sql):
    """A day's rows may be used up in the middle of it."""
    calls = []

    def failing(text, *values):
        calls.append(text)
        if text.startswith("INSERT"):
            raise JsException("Exceeded allowed rows written in Durable Objects free tier.")
        return [*sql.exec(text, *values)]

    with pytest.raises(JsException):
        Book(failing, sql.together)
    with opened(sql) as book:
        assert book.note("schema") == str(len(SCHEMA))


def test_messages_are_forgotten_by_their_age(sql):
    """Those that came before a time; the others are known on."""
    with opened(sql) as book:
        book.know("old", "forwarded", 100)
        book.know("new", "forwarded", 200)
        assert book.forget(150)
        assert book.fates("old") == ()
        assert book.fates("new") == ("forwarded",)
        assert not book.forget(300)


def test_a_message_is_counted_and_keeps_every_fate_once(sql):
    """Deferred twice, then forwarded."""
    with opened(sql) as book:
        for fate in ("deferred", "deferred", "forwarded"):
            book.know("k", fate, 1)
        assert book.fates("k") == ("deferred", "forwarded")
    assert [row.copies for row in sql.exec("SELECT copies FROM message")] == [3]
