"""Muted mail is forwarded and counted; an outage begins for people with the first message that is not."""

import asyncio

import pytest

from standins.stage import Stage, message
from standins.world import TELEGRAM

HOUR = 3600.0
MUTE = {"MUTE": "@news.example"}
CHECKED = MUTE | {"PRIMARY_CHECK": "mail.example.com:465"}
BEGIN, END = "Caught a message and forwarded it", "No mail was caught for 6 hours"


@pytest.fixture
def play(virtual):
    """Open a stage, let a scenario happen on it, and return the stage."""

    def run(scenario, env=MUTE):
        async def go():
            stage = Stage(TELEGRAM | env)
            async with stage.open():
                await scenario(stage)
            return stage

        stage = virtual(go())
        assert stage.problems == []
        return stage

    return run


async def news(stage, *numbers):
    """Let muted messages come."""
    for number in numbers:
        content = message(f"news-{number}", sender="News <daily@news.example>")
        await stage.mail(sender="bounce@news.example", content=content)


def told(stage):
    """Return what was posted, and whether with sound; edits aside."""
    return [(post.seen.partition("\n")[0], post.sound) for _, post in stage.posts if not post.edits]


def test_a_muted_message_is_counted_and_never_told(play):
    """Neither by itself nor in a batch, nor by its sender; the totals say how many there were."""

    async def scenario(stage):
        await stage.mail(1)
        await news(stage, 1, 2, 3)
        await stage.mail(2)
        await asyncio.sleep(8 * HOUR)

    stage = play(scenario)
    assert told(stage) == [(BEGIN, True), (BEGIN, True), (END, True)]
    everything = str([post.seen for _, post in stage.posts])
    assert "news" not in everything.lower()
    end = stage.seen()[-1][1]
    assert "Caught: 5 messages" in end
    assert "Muted: 3" in end
    assert "2 from: Hotel <booking@hotel.example>" in end
    assert len(stage.inboxes.messages["one@inbox.example"]) == 5


def test_an_outage_begins_for_people_with_the_first_message_that_is_not_muted(play):
    """It has sound, and is edited; what came before is in its totals."""

    async def scenario(stage):
        await news(stage, 1, 2)
        await asyncio.sleep(2 * HOUR)
        assert told(stage) == []
        await stage.mail(1)
        await asyncio.sleep(60)
        await news(stage, 3)
        await asyncio.sleep(60)

    stage = play(scenario)
    assert told(stage) == [(BEGIN, True)]
    assert "Booking 1" in stage.posts[0][1].seen
    last = stage.posts[-1][1]
    assert last.edits
    assert "Caught 4 messages" in last.seen
    assert "Muted: 3" in last.seen
    assert "Booking 1" in last.seen


def test_muted_mail_takes_no_sound_from_a_beginning(play):
    """An outage of muted mail alone is not one that rang: that of the last six hours counts."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(7 * HOUR)
        await news(stage, 1)
        await asyncio.sleep(HOUR)
        await stage.mail(2)
        await asyncio.sleep(60)

    assert told(play(scenario)) == [(BEGIN, True), (END, True), (BEGIN, True)]


def test_what_no_inbox_took_is_told_all_the_same(play):
    """And that it came back; what was muted when it was forwarded, too."""

    async def scenario(stage):
        stage.fail("forward=transient:x1")
        await news(stage, 1)
        await asyncio.sleep(60)
        await news(stage, 2)
        [copy] = stage.inboxes.messages["one@inbox.example"]
        await asyncio.sleep(HOUR)
        await stage.mail(sender="bounce@news.example", content=copy)
        await asyncio.sleep(60)

    stage = play(scenario)
    assert told(stage) == [("Could not hand on a message", True), ("A forwarded message came back", True)]


def test_of_nothing_but_muted_mail_no_end_is_told(play):
    """Nobody was told that it began."""

    async def scenario(stage):
        await news(stage, 1, 2)
        await asyncio.sleep(10 * HOUR)
        outage = (await stage.status())["outage"]
        assert outage["ended"]
        assert (outage["caught"], outage["muted"], outage["ends"]) == (2, 2, 0)

    assert told(play(scenario)) == []


def test_mail_soon_after_such_an_end_begins_the_outage_for_people(play):
    """With sound, and so has its end: it is the first that is told."""

    async def scenario(stage):
        await news(stage, 1)
        await asyncio.sleep(6 * HOUR + 600)
        await stage.mail(1)
        await asyncio.sleep(8 * HOUR)

    assert told(play(scenario)) == [(BEGIN, True), (END, True)]


def test_days_of_nothing_but_muted_mail_are_summed_up_without_sound_and_their_end_is_told(play):
    """That the server has been down for a day, its owner learns all the same."""

    async def scenario(stage):
        for number in range(7):
            await news(stage, number)
            await asyncio.sleep(5 * HOUR)
        await asyncio.sleep(8 * HOUR)

    assert told(play(scenario)) == [("Mail has been caught for 1 day", False), (END, False)]


def test_that_the_server_is_silent_is_told_though_muted_mail_is_caught(play):
    """Nobody would be told of it otherwise."""

    async def scenario(stage):
        await news(stage, 1)
        await asyncio.sleep(HOUR)
        stage.greets = {"mail.example.com:465": b"220 ready"}
        await asyncio.sleep(HOUR)

    stage = play(scenario, CHECKED | {"PRIMARY_WATCH": "true"})
    assert [headline for headline, _ in told(stage)] == [
        "Your server does not answer",
        "Your server answers again",
    ]


def test_what_is_muted_in_quiet_hours_is_no_part_of_what_waits(play):
    """And no beginning."""
    quiet = MUTE | {"QUIET": "11:00-12:00"}

    async def scenario(stage):
        await news(stage, 1)
        await stage.mail(1)
        await news(stage, 2)
        await stage.mail(2)
        await stage.mail(3)
        await asyncio.sleep(2 * HOUR)

    stage = play(scenario, quiet)
    assert told(stage) == [(BEGIN, True), ("Caught 2 more messages", True)]
    assert "news" not in str([post.seen for _, post in stage.posts]).lower()


def test_without_an_object_what_is_muted_is_not_told(play):
    """The line in the log says so."""

    async def scenario(stage):
        stage.fault = lambda name, method: "throws"
        await news(stage, 1)
        await stage.settle()
        [line] = [line for _, line in stage.lines if line["event"] == "message"]
        assert line["muted"]

    assert told(play(scenario)) == []
