"""The object's tables: they are made once, kept, and brought from every version to the next."""

from dataclasses import replace

import pytest

from book import SCHEMA, Book
from failover.event import Event
from failover.message import Envelope
from failover.outage import Outage
from mail_failover.emulator.runtime.javascript import JsException
from mail_failover.emulator.runtime.sql import Sql
from notify.alert import Alert, Field
from notify.outbox import Post
from notify.threads import Thread
from standins.tables import opened

ALERT = Alert(
    "Caught",
    (Field("From", "a <a@b.example>", 11, "from"), Field("Subject", "hi", kind="subject")),
    "preview",
    "advice",
    kind="forwarded",
)
WRITTEN = '["Old", [["From", "a@b.example", 0], ["Not accepted by", "c@d.example", 0]], "", ""]'
ENVELOPE = Envelope("a@b.example", "c@d.example", 1)
POST = Post(1, first=True, sound=False, version=4)


def know(book, key, at, outage=1, *, sender="a", told=True, audience=""):
    """Let the book know a forwarded message."""
    event, of = Event(key, "forwarded", ENVELOPE), Outage(outage, at, at, audience=audience)
    book.know(event, at, outage=of, audience=audience, sender=sender, alert=ALERT, told=told)


@pytest.fixture
def sql():
    """Open new tables."""
    made = Sql()
    yield made
    made.close()


@pytest.mark.parametrize("alert", [ALERT, replace(ALERT, data={"from": {"name": "é"}, "inboxes": [1]})])
def test_what_is_written_down_outlives_the_object(sql, alert):
    """An eviction forgets the memory; the tables are there."""
    with opened(sql) as book:
        book.write(dict.fromkeys(["telegram 1", "slack webhook"], alert), 100.5, POST)
        know(book, "k", 100.5)
    with opened(sql) as book:
        one, two = book.due(200)
        assert {one.channel, two.channel} == {"telegram 1", "slack webhook"}
        assert one.alert == two.alert == alert
        assert (one.written, one.tries, one.began, one.post) == (100.5, 0, False, POST)
        assert book.fates("k") == ("forwarded",)


@pytest.mark.parametrize("version", range(len(SCHEMA) + 1))
def test_tables_of_every_version_are_brought_to_the_last(sql, version):
    """And what cannot be made whole is not begun: the next try finds it as it was."""
    sql.exec("CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
    for number, change in enumerate(SCHEMA[:version], 1):
        sql.exec(change)
        sql.exec("INSERT OR REPLACE INTO note VALUES ('schema', ?)", str(number))
    if version:
        sql.exec("INSERT INTO message (key, at, fates, copies) VALUES ('old', 1, 'deferred', 2)")
        sql.exec("INSERT INTO channel VALUES ('c', 0, 0, 0)")
        sql.exec(
            "INSERT INTO outbox (channel, due, number, alert, written, began) VALUES ('c', 0, 1, ?, 1, 1)",
            WRITTEN,
        )
    with opened(sql) as book:
        assert book.note("schema") == str(len(SCHEMA))
        if version:
            [old] = book.due(2)
            assert (old.alert.headline, old.began, old.post.first) == ("Old", True, False)
            assert [field.kind for field in old.alert.fields] == ["from", "not_accepted_by"]
            book.told(old)
            assert book.fates("old") == ("deferred",)
        book.write({"c": ALERT}, 1, POST)
        assert [entry.alert for entry in book.due(2)] == [ALERT]
        know(book, "k", 1)
        assert book.fates("k") == ("forwarded",)


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


def test_what_is_old_is_forgotten(sql):
    """Messages by when they came, outages by when they ended: one that goes on stays, its old messages go."""
    with opened(sql) as book:
        for number, ended in ((1, 100.0), (2, 200.0), (3, 0.0)):
            outage = Outage(number, 1, 1, ended=ended)
            book.begin_outage(outage, ALERT)
            book.keep_outage(outage)
            book.keep_thread(Thread(number, "c", "17", 0, 0))
            know(book, f"old {number}", 50, number)
            know(book, f"new {number}", 160, number)
        know(book, "of version 1", 50, 0)
        assert book.forget(150)
        assert [row.key for row in sql.exec("SELECT key FROM message")] == ["new 1", "new 2", "new 3"]
        assert (book.place(1, "c"), book.place(2, "c")) == ("", "17")
        assert book.forget(1e10)
        assert book.last_outage().number == 3


@pytest.mark.parametrize("left", ["outage", "message", "deferral", ""])
def test_forgetting_goes_on_as_long_as_anything_is_left(sql, left):
    """Whatever it is: nobody would come back for it."""
    with opened(sql) as book:
        if left == "outage":
            book.begin_outage(Outage(1, 1, 1), ALERT)
        if left == "message":
            know(book, "k", 200)
        if left == "deferral":
            book.defer("k", 200)
        assert book.forget(150) is bool(left)


def test_a_message_keeps_every_fate_once(sql):
    """Deferred twice, then forwarded."""
    with opened(sql) as book:
        know(book, "k", 1)
        book.know_again(Event("k", "deferred", ENVELOPE), ["forwarded", "deferred"], "b", None, told=True)
        assert book.fates("k") == ("forwarded", "deferred")
        assert (book.sender("k"), book.sender("nobody")) == ("b", "")


def test_what_nobody_was_told_of_is_counted_by_sender(sql):
    """The first of them by their alerts, all by their senders, and none any more once they are told."""
    with opened(sql) as book:
        for number in range(5):
            know(book, str(number), number, sender="ab"[number % 2], told=number == 0)
        know(book, "hers", 5, told=False, audience="anna@example.com")
        assert len(book.untold([""], 3)) == 3
        assert len(book.untold(["", "anna@example.com"], 9)) == 5
        assert book.untold_senders() == {"": {"a": 2, "b": 2}, "anna@example.com": {"a": 1}}
        assert book.untold_audiences() == ["", "anna@example.com"]
        book.all_told([""])
        assert (book.untold([""], 3), book.has_untold("")) == ([], False)
        assert book.untold_senders() == {"anna@example.com": {"a": 1}}
        assert book.untold_audiences() == ["anna@example.com"]


def test_what_waits_for_one_is_not_read_for_anothers_sake(sql):
    """Their messages may wait for a month, and what is due is asked with each message that comes."""
    with opened(sql):
        for text in ("= 'a'", "IN (SELECT value FROM json_each('[]'))", "> 'a' ORDER BY audience LIMIT 1"):
            query = f"SELECT audience FROM message WHERE told = 0 AND audience {text}"  # noqa: S608 our own words
            [plan, *_] = [row.detail for row in sql.exec(f"EXPLAIN QUERY PLAN {query}")]
            assert "INDEX untold (audience" in plan


def test_each_audience_has_its_own_last_outage(sql):
    """Their numbers are the domain's, and those that go on are told apart from those that are over."""
    with opened(sql) as book:
        assert (book.last_outage(), book.latest(), book.last_number(), book.last_end()) == (None, None, 0, 0)
        for number, audience, ended in ((1, "", 0.0), (2, "anna@example.com", 0.0), (3, "@b.example", 9.0)):
            outage = Outage(number, 1, 1, ended=ended, audience=audience)
            book.begin_outage(outage, ALERT)
            book.keep_outage(outage)
        assert book.last_outage().number == 1
        assert book.last_outage("anna@example.com").number == 2
        assert book.last_outage("nobody@example.com") is None
        assert (book.latest().number, book.last_number(), book.last_end()) == (3, 3, 9.0)
        assert [outage.number for outage in book.going_on()] == [1, 2]
