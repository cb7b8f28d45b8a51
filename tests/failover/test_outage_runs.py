"""Outages at random, and one of five thousand messages: nobody is left untold, and the totals add up."""

import asyncio
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failover.outage import BEGIN_SECONDS
from failover.primary import ASK_SECONDS
from standins.stage import DOMAIN, Stage
from standins.virtual import VirtualLoop
from standins.world import TELEGRAM

HOUR = 3600.0
BEGINS = ("Caught a message", "Could not hand on")
ENDS = ("No mail was caught", "Your server answers")
CALLS = ("throws", "quota", "unanswered")
CHAT = ("429:40:x1", "500:x3", "timeout:x1", "disconnect:x1", "gone:x1")

STEP = st.one_of(
    st.tuples(st.just("mail"), st.integers(0, 30)),
    st.tuples(st.just("mail"), st.integers(0, 30)),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 20.0, 700.0, HOUR, 7 * HOUR])),
    st.tuples(st.just("chat"), st.sampled_from(CHAT)),
    st.tuples(st.just("inbox"), st.integers(1, 3)),
    st.tuples(st.just("evict"), st.none()),
    st.tuples(st.just("primary"), st.booleans()),
)
TROUBLED = STEP | st.tuples(st.just("object"), st.sampled_from(CALLS))
PORT = "mail.example.com:465"
CHECKED = TELEGRAM | {"PRIMARY_CHECK": PORT, "PRIMARY_WATCH": True}


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
                case "primary":
                    stage.greets = {PORT: b"220 ready"} if what else {}
                case "object":
                    faults = iter([what])
                    stage.fault = lambda name, method, faults=faults: next(faults, "")
        stage.fail()
        stage.fault = lambda name, method: ""
        await asyncio.sleep(24 * HOUR)
        return stage, (await stage.status())


def first_posts(stage):
    """Return the posts that are no edits."""
    return [(at, post) for at, post in stage.posts if not post.edits]


@pytest.mark.parametrize("examples", [20, pytest.param(60, marks=pytest.mark.long)])
def test_whatever_happens_everybody_is_told_and_the_totals_add_up(examples):
    """Messages, retries, a failing inbox, chat and object, a primary up and down, evictions, hours."""
    outages = given(st.lists(TROUBLED, min_size=1, max_size=25), st.sampled_from([TELEGRAM, CHECKED]))
    settings(max_examples=examples)(outages(everybody_is_told))()


def everybody_is_told(steps, env):
    """Play one outage, and see that nothing that came of it is left unsaid."""
    stage, status = run(played(Stage(env), steps))
    numbers = [what for do, what in steps if do == "mail"]
    told = "\n".join(post.seen for _, post in first_posts(stage)) + "\n"
    # Where the object and the chat fail together, the log line alone tells.
    lost = [line for _, line in stage.lines if "direct" in line and line["channels"][0]["outcome"] != "sent"]
    untold = [number for number in set(numbers) if f"Booking {number}\n" not in told]
    assert len(untold) <= len(lost), "a message that nobody was told of"
    if any(do == "object" for do, _ in steps):
        assert all(problem.startswith("alarm of example.com: ") for problem in stage.problems)
    else:
        assert stage.problems == []
    if not numbers:
        assert stage.posts == []
        return
    if not (outage := status["outage"]):
        assert any("direct" in line for _, line in stage.lines)
        return
    assert outage["ended"], "every outage is over a day later"
    assert outage["caught"] == outage["forwarded"] + outage["waiting"] + outage["returned"]
    assert sum(outage["senders"].values()) == outage["caught"]
    assert status["untold"] == 0
    assert all(channel["waiting"] == 0 for channel in status["outbox"])
    ends = [post for _, post in first_posts(stage) if post.seen.startswith(ENDS)]
    begins = [post for _, post in first_posts(stage) if post.seen.startswith(BEGINS) and not post.thread]
    assert ends or not begins
    if env is TELEGRAM:
        assert any(post.sound for post in ends) or not any(post.sound for post in begins)


@pytest.mark.long
@given(st.lists(STEP, min_size=5, max_size=40), st.sampled_from([TELEGRAM, CHECKED]))
@settings(max_examples=60)
def test_sounds_are_bounded(steps, env):
    """Two kinds of alert may have sound, each at most once in ten minutes, besides beginnings and ends."""
    stage, _ = run(played(Stage(env), steps))
    if any(do == "chat" for do, _ in steps):
        # What a chat did not take in time comes later, with the sound that it was to have.
        return
    sounds = [(at, post.seen) for at, post in first_posts(stage) if post.sound]
    for words in ("Caught", "Could not hand on"):
        times = [at for at, seen in sounds if seen.startswith(words)]
        # A beginning counts for both; it waits for the primary's answer.
        least = 599 if env is TELEGRAM else 599 - ASK_SECONDS
        assert all(later - earlier >= least for earlier, later in pairwise(times))
    silences = [at for at, seen in sounds if seen.startswith("Your server does not answer")]
    assert all(later - earlier >= BEGIN_SECONDS for earlier, later in pairwise(silences))
    untrue = [seen for _, seen in first_posts(stage) if "No mail was caught yet" in seen.seen]
    assert len(untrue) <= sum(do == "primary" for do, _ in steps) + 1


@pytest.mark.parametrize("minutes", [pytest.param(10, marks=pytest.mark.long), 0])
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
