"""Outages at random, and one of five thousand messages: nobody is left untold, and the totals add up."""

import asyncio
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standins.stage import DOMAIN, Stage
from standins.virtual import VirtualLoop
from standins.world import TELEGRAM

HOUR = 3600.0
CALLS = ("throws", "quota", "unanswered")
CHAT = ("429:40:x1", "500:x3", "timeout:x1", "disconnect:x1", "gone:x1")

STEP = st.one_of(
    st.tuples(st.just("mail"), st.integers(0, 30)),
    st.tuples(st.just("mail"), st.integers(0, 30)),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 20.0, 700.0, HOUR, 7 * HOUR])),
    st.tuples(st.just("chat"), st.sampled_from(CHAT)),
    st.tuples(st.just("inbox"), st.integers(1, 3)),
    st.tuples(st.just("evict"), st.none()),
)


def run(coroutine):
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


async def played(stage, steps):
    """Let all steps happen, and then a day pass."""
    async with stage.open():
        for do, what in steps:
            match do:
                case "mail":
                    await stage.mail(what)
                case "pass":
                    await asyncio.sleep(what)
                case "chat":
                    stage.fail(f"telegram={what}")
                case "inbox":
                    stage.fail(f"forward=transient:x{what}")
                case "evict":
                    stage.evict()
        stage.fail()
        await asyncio.sleep(24 * HOUR)
        return stage, (await stage.status())


def first_posts(stage):
    """Return the posts that are no edits."""
    return [(at, post) for at, post in stage.posts if not post.edits]


@given(st.lists(STEP, min_size=1, max_size=25))
@settings(max_examples=60)
def test_whatever_happens_everybody_is_told_and_the_totals_add_up(steps):
    """Messages, retries, a failing inbox, a failing chat, evictions, hours that pass."""
    stage, status = run(played(Stage(TELEGRAM), steps))
    numbers = [what for do, what in steps if do == "mail"]
    told = "\n".join(post.seen for _, post in first_posts(stage)) + "\n"
    for number in set(numbers):
        assert f"Booking {number}\n" in told, "a message that nobody was told of"
    assert stage.problems == []
    if not numbers:
        assert stage.posts == []
        return
    outage = status["outage"]
    assert outage["ended"], "every outage is over a day later"
    assert outage["caught"] == outage["forwarded"] + outage["waiting"] + outage["returned"]
    assert sum(outage["senders"].values()) == outage["caught"]
    assert status["untold"] == 0
    assert all(channel["waiting"] == 0 for channel in status["outbox"])
    ends = [post for _, post in first_posts(stage) if "No mail was caught" in post.seen]
    begins = [post for _, post in first_posts(stage) if not post.thread and post not in ends]
    assert any(post.sound for post in ends) or not any(post.sound for post in begins)


@given(st.lists(STEP, min_size=5, max_size=40))
@settings(max_examples=60)
def test_sounds_are_bounded(steps):
    """Two kinds of alert may have sound, each at most once in ten minutes, besides beginnings and ends."""
    stage, _ = run(played(Stage(TELEGRAM), steps))
    if any(do == "chat" for do, _ in steps):
        # What a chat did not take in time comes later, with the sound that it was to have.
        return
    sounds = [(at, post.seen) for at, post in first_posts(stage) if post.sound]
    for words in ("Caught", "Could not hand on"):
        times = [at for at, seen in sounds if seen.startswith(words)]
        # A beginning counts for both.
        assert all(later - earlier >= 599 for earlier, later in pairwise(times))


@pytest.mark.parametrize("minutes", [10, 0])
def test_five_thousand_messages_in_an_hour_with_faults_everywhere(minutes):
    """One in a hundred: calls of the object, inboxes, the chat, evictions; nothing grows but the tables."""
    count = 5000 if minutes else 500
    chance = random.Random(7)  # noqa: S311 a run that can be repeated
    stage = Stage(TELEGRAM | {"ALERT_MINUTES": minutes})

    async def hour():
        async with stage.open():
            stage.fault = lambda name, method: chance.choice(CALLS) if chance.random() < 0.01 else ""
            for number in range(count):
                await asyncio.sleep(HOUR / count)
                if chance.random() < 0.01:
                    stage.evict()
                if chance.random() < 0.01:
                    stage.fail(chance.choice(["forward=transient:x1", *(f"telegram={f}" for f in CHAT)]))
                await stage.mail(number, sender=f"Hotel {number % 70} <h{number % 70}@hotel.example>")
            stage.fault = lambda name, method: ""
            stage.fail()
            await asyncio.sleep(12 * HOUR)
            assert not stage.edge._tasks
            return await stage.status(), stage.objects._storage(DOMAIN).sql.databaseSize

    status, size = run(hour())
    direct = sum("direct" in line for _, line in stage.lines)
    written = sum(line.get("outbox") == "written" for _, line in stage.lines)
    outage = status["outage"]
    assert direct + written == count
    # What was written although its answer was lost is in both.
    assert written <= outage["caught"] <= written + direct
    assert status["untold"] == 0
    assert all(channel["waiting"] == 0 for channel in status["outbox"])
    # The free plan's day: 100,000 requests and rows.
    assert stage.objects.rows_written < (5 if minutes else 15) * count
    assert stage.objects.requests < (1.2 if minutes else 3.5) * count
    assert size < 4000 * count
