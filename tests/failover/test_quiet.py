"""Quiet hours: a beginning is told, and all else comes when they are over, once."""

import asyncio

import pytest

from failover.zone import Quiet
from standins.stage import START, Stage
from standins.world import TELEGRAM

HOUR = 3600.0
# A stage begins at 11:06:40 UTC, 12:06:40 in Berlin.
NOW = {"QUIET": "12:00-20:00 Europe/Berlin"}
SOON = {"QUIET": "12:00-20:00"}
OVER = 19 * HOUR - START % (24 * HOUR)
"""When the first of them are over, in seconds of the stage."""
BEGIN, FAILED, END = (
    "Caught a message and forwarded it",
    "Could not hand on a message",
    "No mail was caught for",
)


@pytest.fixture
def play(virtual):
    """Open a stage, let a scenario happen on it, and return the stage; `alarms` are when its alarm rang."""

    def run(scenario, env=NOW, **changed):
        async def go():
            stage = Stage(TELEGRAM | env)
            stage.alarms = []

            def heard(name, method):
                stage.alarms += [stage.now] if method == "alarm" else []
                return ""

            stage.fault = heard
            for name, value in changed.items():
                setattr(stage, name, value)
            async with stage.open():
                await scenario(stage)
            return stage

        stage = virtual(go())
        assert stage.problems == []
        return stage

    return run


def told(stage):
    """Return when what was posted, and whether with sound; edits aside."""
    return [
        (round(at), post.seen.partition("\n")[0], post.sound) for at, post in stage.posts if not post.edits
    ]


def test_a_beginning_is_told_at_once_and_what_comes_then_in_one_batch(play):
    """With sound, both; meanwhile the first alert is edited, and the alarm rings for that alone."""

    async def scenario(stage):
        for number in range(5):
            await stage.mail(number)
            await asyncio.sleep(HOUR)
        await asyncio.sleep(OVER - stage.now - 1)
        before = len(stage.alarms)
        assert told(stage) == [(0, BEGIN, True)]
        assert before <= 2 * 5 + 1
        assert {post.seen.partition("\n")[0] for _, post in stage.posts if post.edits} == {
            f"Caught {number} messages" for number in range(2, 6)
        }
        await asyncio.sleep(60)

    stage = play(scenario)
    [_, (at, batch, sound)] = told(stage)
    assert (batch, sound) == ("Caught 4 more messages", True)
    assert OVER <= at <= OVER + 1


def test_with_quiet_all_not_even_a_beginning_has_sound(play):
    """It is told all the same; the outage after it has sound."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(10 * HOUR)
        await stage.mail(2)
        await asyncio.sleep(60)

    stage = play(scenario, NOW | {"QUIET_ALL": "true"})
    (first, begin, sound), *_, (_, again, aloud) = told(stage)
    assert (first, begin, sound) == (0, BEGIN, False)
    assert (again, aloud) == (BEGIN, True)


@pytest.mark.parametrize("minutes", [0, 10])
def test_what_no_inbox_took_waits_too_unless_an_outage_begins_with_it(play, minutes):
    """And so does what would be told at once at any other time."""

    async def scenario(stage):
        stage.fail("forward=transientx9")
        for number in range(3):
            await stage.mail(number)
            await asyncio.sleep(HOUR)
        await asyncio.sleep(OVER - stage.now + 60)

    stage = play(scenario, NOW | {"ALERT_MINUTES": minutes})
    first, then = told(stage)
    assert first == (0, FAILED, True)
    assert then[1:] == ("Caught 2 more messages", True)
    assert then[0] >= OVER


def test_an_end_waits(play):
    """It comes after what waited, of which it alone rings, and the alarm does not ring meanwhile."""

    async def scenario(stage):
        await stage.mail(1)
        await stage.mail(2)
        await asyncio.sleep(OVER - 1)
        assert len(stage.alarms) <= 4
        await asyncio.sleep(HOUR)

    stage = play(scenario, NOW | {"OUTAGE_QUIET_HOURS": 1})
    assert [(headline, at >= OVER, sound) for at, headline, sound in told(stage)[1:]] == [
        (BEGIN, True, False),
        (f"{END} 1 hour", True, True),
    ]


@pytest.mark.parametrize("checked", [True, False])
def test_an_outage_that_begins_after_one_was_over_rings(play, checked):
    """Also in the quiet hours in which the other ended: of that end, the words alone wait."""
    server = "mail.example.com:465"

    async def scenario(stage):
        stage.greets = {server: b"220 ready"}
        await stage.mail(1)
        await stage.mail(2)
        await asyncio.sleep(6.6 * HOUR)
        stage.greets = {}
        await asyncio.sleep(0.2 * HOUR)
        assert (await stage.status())["outages"] == []
        assert len(told(stage)) == 1
        await stage.mail(3)
        await asyncio.sleep(60)
        assert [each[1:] for each in told(stage)] == [(BEGIN, True)] * 2
        await asyncio.sleep(OVER - stage.now + 60)
        assert [outage["caught"] for outage in (await stage.status())["outages"]] == [1]

    over = "Your server answers" if checked else f"{END} 6 hours"
    stage = play(scenario, NOW | ({"PRIMARY_CHECK": server} if checked else {}))
    assert [(at >= OVER, headline) for at, headline, _ in told(stage)[2:]] == [(True, BEGIN), (True, over)]
    # What was not told before it was over is in the thread of its own beginning.
    places = [post for _, post in stage.posts if not post.edits]
    assert {post.thread for post in places[2:]} == {places[0].place}


def test_the_primary_is_asked_and_that_it_answers_waits(play):
    """Every five minutes, as ever."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(HOUR)
        stage.greets = {"mail.example.com:465": b"220 ready"}
        await asyncio.sleep(OVER - stage.now - 1)
        assert len(stage.dialled) >= HOUR // 300
        assert (await stage.status())["outages"] == []
        assert [each[1:] for each in told(stage)] == [(BEGIN, True)]
        await asyncio.sleep(60)

    stage = play(scenario, NOW | {"PRIMARY_CHECK": "mail.example.com:465"})
    assert told(stage)[1][1:] == ("Your server answers again", True)


def test_a_day_is_summed_up_when_quiet_hours_are_over(play):
    """It falls into them, and is due by then."""

    async def scenario(stage):
        for number in range(9):
            await stage.mail(number)
            await asyncio.sleep(5 * HOUR)

    stage = play(scenario)
    [at] = [at for at, headline, _ in told(stage) if headline.startswith("Mail has been caught for")]
    assert OVER + 24 * HOUR <= at <= OVER + 24 * HOUR + 5


def test_what_failed_before_has_no_sound_in_quiet_hours(play):
    """Neither what is tried again, nor a beginning that is old by then; one that is news has."""

    async def scenario(stage):
        stage.fail("telegram=500")
        await stage.mail(1)
        await asyncio.sleep(1.5 * HOUR)
        stage.fail()
        await asyncio.sleep(2 * HOUR)

    [(at, begin, sound)] = told(play(scenario, SOON))
    assert at > HOUR
    assert (begin, sound) == (BEGIN, False)


def test_a_beginning_that_a_chat_takes_minutes_later_has_sound(play):
    """It is news still."""

    async def scenario(stage):
        stage.fail("telegram=500:x3")
        await stage.mail(1)
        await asyncio.sleep(HOUR)

    [(at, _, sound)] = told(play(scenario))
    assert 60 <= at <= 120
    assert sound


@pytest.mark.parametrize("over", [False, True])
def test_a_message_that_comes_back_is_told_though_its_outage_is_over(play, over):
    """While that goes on with what waited; else at once, without sound: nothing would be told together."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep((2.1 if over else 0.1) * HOUR)
        [copy] = stage.inboxes.messages["one@inbox.example"]
        await stage.mail(content=copy)
        await asyncio.sleep(10)
        assert len(told(stage)) == (3 if over else 1)
        await asyncio.sleep(10 * HOUR)

    env = {"OUTAGE_QUIET_HOURS": 1, "QUIET": "13:00-20:00"} if over else NOW | {"OUTAGE_QUIET_HOURS": 12}
    stage = play(scenario, env)
    [(_, _, sound)] = [each for each in told(stage) if each[1] == "A forwarded message came back"]
    assert sound is not over


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_without_an_object_nothing_waits(play, everything, fails):
    """Told at once: what was forwarded without sound, what no inbox took with it, unless nothing may have."""

    async def scenario(stage):
        stage.fail(*["forward=transientx9"] * fails)
        await stage.mail(1)

    stage = play(scenario, NOW | ({"QUIET_ALL": "true"} if everything else {}), bound=False)
    assert [(headline, sound) for _, headline, sound in told(stage)] == [
        (FAILED if fails else BEGIN, fails and not everything)
    ]


def test_where_the_hours_can_not_be_told_the_message_is_with_sound(play, monkeypatch):
    """A fault of ours there is in the log, and leaves nobody untold."""

    def fails(*_):
        raise LookupError

    monkeypatch.setattr(Quiet, "ends", fails)

    async def scenario(stage):
        await stage.mail(1)

    stage = play(scenario, bound=False)
    assert [(headline, sound) for _, headline, sound in told(stage)] == [(BEGIN, True)]
    [line] = [line for _, line in stage.lines if line["event"] == "message"]
    assert line["quiet"].startswith("LookupError")
    assert "untold" not in line


def test_a_beginning_of_ones_own_is_told_to_each_audience(play):
    """And what waits is each one's own."""
    alerts = {"ALERTS": {"anna@example.com": {"telegram": {"chat": "11"}}}}

    async def scenario(stage):
        for number in range(3):
            await stage.mail(number)
            await stage.mail(number, recipient="bert@example.com")
        await asyncio.sleep(OVER + 60)

    stage = play(scenario, NOW | alerts)
    for chat in ("11", "4711"):
        shown = [
            post.seen.partition("\n")[0] for _, post in stage.posts if post.chat == chat and not post.edits
        ]
        assert shown == [BEGIN, "Caught 2 more messages", f"{END} 6 hours"]


def test_an_outage_that_ends_within_quiet_hours_is_part_of_no_loop(play):
    """However its times fall, the alarm rings only for what is to be done."""

    async def scenario(stage):
        await stage.mail(1)
        await stage.mail(2)
        await asyncio.sleep(5 * 24 * HOUR)

    stage = play(scenario, {"QUIET": "08:00-07:59", "OUTAGE_QUIET_HOURS": 1})
    assert len(stage.alarms) < 20
