"""The stream of events: numbered, bounded, and nothing kept for who reads it."""

import asyncio
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.emulator import events
from mail_failover.emulator.events import MOST_CHARACTERS, MOST_EVENTS, MOST_TEXT, Feed, timestamp
from mail_failover.emulator.states import beating


def lines(feed, number=0, most=10_000):
    """Return the events after a number as values."""
    return [json.loads(each.line) for each in feed.since(number, most)]


def test_events_are_numbered_from_1_and_say_when():
    """By the clock that the feed was given."""
    feed = Feed(lambda: 1_800_000_000.25)
    feed.tell("log", line="one")
    feed.tell("log", line="two")
    assert lines(feed) == [
        {"id": n, "at": "2027-01-15T08:00:00.250Z", "event": "log", "line": line}
        for n, line in enumerate(("one", "two"), 1)
    ]
    assert feed.last == 2


def test_a_reader_gets_what_came_after_its_last_event_and_no_more_than_it_asks_for():
    """Nothing if it has all."""
    feed = Feed()
    for n in range(10):
        feed.tell("log", line=str(n))
    assert [each["line"] for each in lines(feed, 3, 4)] == ["3", "4", "5", "6"]
    assert lines(feed, 10) == []


def test_who_fell_behind_is_told_that_something_is_missing():
    """So is whoever comes with a number of an earlier run."""
    feed = Feed()
    for n in range(MOST_EVENTS + 3):
        feed.tell("log", line=str(n))
    assert feed.since(2, 10) is None
    assert feed.since(3, 1)[0].number == 4
    assert feed.since(MOST_EVENTS + 4, 10) is None


def test_what_is_kept_is_bounded_in_characters_too(monkeypatch):
    """The oldest events make room."""
    monkeypatch.setattr(events, "MOST_CHARACTERS", 10_000)
    feed = Feed()
    for _ in range(100):
        feed.tell("log", line="x" * 1000)
    assert sum(len(each.line) for each in feed.since(feed.last - 9, 100)) <= 10_000
    assert feed.since(feed.last - 10, 100) is None


def test_the_largest_events_take_no_more_memory_than_is_said():
    """A subject may be as long as a message, and of characters that take six in JSON."""
    feed = Feed()
    tracemalloc.start()
    for _ in range(600):
        feed.tell("sent", subject="\u202e" * 1_000, to="é" * 10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * MOST_CHARACTERS


def test_a_reader_that_waits_is_woken_by_the_next_event():
    """However many wait."""

    async def run():
        feed = Feed()
        waiting = [asyncio.create_task(feed.wait(0)) for _ in range(3)]
        await asyncio.sleep(0)
        feed.tell("log", line="now")
        await asyncio.gather(*waiting)
        await feed.wait(0)

    asyncio.run(run())


def test_a_state_is_told_when_it_has_changed():
    """And is there to be asked for."""
    feed = Feed()
    for value in ({"up": True}, {"up": True}, {"up": False}):
        feed.tell_state("primary", value)
    assert [each["state"] for each in lines(feed)] == [{"up": True}, {"up": False}]
    assert feed.states == {"primary": {"up": False}}


def test_what_happens_while_a_state_is_asked_for_is_the_next_beats():
    """Not that of the next rest: a page would show what was, for seconds."""

    async def run():
        feed, counts = Feed(), iter(range(9))

        async def slow():
            if not feed.states.get("slow"):
                feed.tell("log", line="meanwhile")
            return "there"

        async with beating(feed, {"count": lambda: next(counts), "slow": slow}), asyncio.timeout(2):
            while feed.states["count"] == 0:
                await feed.wait(feed.last)

    asyncio.run(run())


def test_a_state_that_can_not_be_told_does_not_keep_others_from_it():
    """It is said, once, without what may be secret in it."""

    def broken():
        raise ValueError("secret")

    async def run():
        feed = Feed()
        async with beating(feed, {"broken": broken, "whole": lambda: "there"}) as beat:
            await beat.tell()
        return lines(feed)

    log, whole = asyncio.run(run())
    assert log["line"] == "The state broken can't be told: ValueError"
    assert (whole["event"], whole["state"]) == ("whole", "there")


def test_a_listener_hears_an_event_as_facts_and_as_a_line():
    """In the order in which they are told."""
    feed, heard = Feed(), []
    feed.listeners.append(lambda *what: heard.append(what))
    feed.tell("log", line="x")
    assert heard == [("log", {"line": "x"}, feed.since(0, 1)[0].line)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_told_is_one_line_of_ascii(value):
    """Half a character too, which JSON can name and nobody can send."""
    feed = Feed()
    feed.tell("log", line=value)
    line = feed.since(0, 1)[0].line
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["line"] == value


def test_a_text_is_clipped_wherever_it_stands():
    """In lists and tables as well."""
    feed, text = Feed(), "x" * (MOST_TEXT + 1)
    feed.tell("smtp", lines=(text,), more={"name": [text]})
    told = lines(feed)[0]
    assert told["lines"] == told["more"]["name"] == [f"{'x' * MOST_TEXT} …"]


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "1970-01-01T00:00:00.000Z"), (1.9996, "1970-01-01T00:00:01.999Z")]
)
def test_times_are_written_in_utc_to_the_millisecond(seconds, written):
    """As JavaScript reads them."""
    assert timestamp(seconds) == written
