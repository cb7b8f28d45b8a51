"""The replay at the door of a Worker that the emulator plays: both sides mean the same by what they say."""

import asyncio

import pytest

from mail_failover.console.next_step import Homeward
from mail_failover.console.voice import Voice
from mail_failover.door.address import Address
from mail_failover.door.client import Door as Client
from mail_failover.door.errors import Closed, Conflict, Gone
from mail_failover.door.journal import Journal
from mail_failover.door.keys import Keys
from mail_failover.emulator.routing.door import Door as Way
from mail_failover.replay.handover import Ports
from mail_failover.replay.report import Report
from mail_failover.replay.round import play_round
from mail_failover.replay.stop import Stop
from mail_failover.spool.change import drop_all, retry_copy
from mail_failover.spool.listing import show_list
from mail_failover.spool.message import show_message
from mail_failover.spool.run import Visit
from standins.homeward import Primary
from standins.stage import DOMAIN, SPOOL, TOKEN, WEB, Stage, message
from standins.world import TELEGRAM


class Home:
    """The primary's machine: brings mail home from a stage's Worker."""

    def __init__(self, stage, folder):
        self.stage, self.primary = stage, Primary()
        self._folder = folder

    def door(self, token=TOKEN):
        """Return a client of the Worker's door."""
        keys = Keys(self._folder / "keys")
        return Client(Address(WEB, DOMAIN, token), keys, transport=Way(self.stage.edge))

    async def replay(self, *only):
        """Play a round; return whether there is an outage, and what became of each message."""
        report = Report()
        async with self.door() as door:
            with Journal.open(self._folder) as journal:
                ports = Ports(
                    *(door, journal, self.primary, self._folder, Stop()),
                    *(report.passed.append, print, print, asyncio.get_running_loop().time),
                )
                outage = await play_round(ports, only)
                report.status = await door.status()
        return outage, [each.outcome for each in report.passed], report

    async def visit(self, work, *words, **options):
        """Let a command of `spool` do its work."""
        async with self.door() as door:
            voice = Voice(as_json=False)
            return await work(Visit(door, voice, Homeward(), self._folder), *words, **options)


@pytest.fixture
def play(virtual, tmp_path):
    """Let a scenario happen between a Worker with a spool and a home, and return what that returns."""

    def run(scenario):
        async def go():
            stage = Stage(TELEGRAM | SPOOL)
            async with stage.open():
                found = await scenario(stage, Home(stage, tmp_path))
            assert stage.problems == []
            return found

        return virtual(go())

    return run


async def hold(stage, count, **fields):
    """Let messages come that no inbox takes."""
    stage.fail("forward=transient")
    for number in range(count):
        assert (await stage.mail(number, **fields)).status.value == "accepted"
    await stage.settle()


def test_held_mail_comes_home_byte_for_byte_and_the_outage_is_over_for_the_worker(play):
    """Also what is larger than a row; a bounce's sender is empty."""

    async def scenario(stage, home):
        await hold(stage, 2)
        await hold(stage, 1, body="\xe4" * 1_500_000, sender="<>")
        outage, outcomes, report = await home.replay()
        assert (outage, outcomes, report.exit_code) == (True, ["delivered"] * 3, 0)
        contents = [content for _, content in home.primary.got]
        assert [content.endswith(message(n)) for n, content in enumerate(contents[:2])] == [True, True]
        assert len(contents[2]) > 3_000_000
        assert [letter.recipient for letter, _ in home.primary.got] == ["anna@example.com"] * 3
        assert (report.status.delivered, report.status.waiting) == (3, 0)
        assert (await home.replay())[1] == []

    play(scenario)


def test_verdicts_mean_there_what_they_mean_here(play, capsys):
    """Put off, refused, asked for again; a lease that is given back is free at once."""

    async def scenario(stage, home):
        await hold(stage, 2)
        answers = iter(["450 4.7.1 later", "550 5.1.1 no", "250 Ok", "down", "250 Ok"])
        home.primary.answer = lambda *_: next(answers)
        _, outcomes, report = await home.replay()
        assert (outcomes, report.status.waiting, report.status.refused) == (["later", "refused"], 1, 1)
        assert (await home.replay())[1] == []
        await asyncio.sleep(60)
        assert (await home.replay())[1] == ["delivered"]
        refused = next(entry for entry in await listed(home) if entry.state == "refused")
        assert refused.words == "550 5.1.1 no"
        assert await home.visit(retry_copy, refused.id) == 0
        with pytest.raises(Exception, match="Connection refused"):
            await home.replay()
        _, outcomes, report = await home.replay()
        assert (outcomes, report.exit_code) == (["delivered"], 0)
        assert await home.visit(show_list) == 0
        assert await home.visit(show_message, refused.id) == 0

    play(scenario)
    out = capsys.readouterr().out
    assert "0 to come home, 0 refused, 2 home." in out
    assert "Subject: Booking 1" in out


async def listed(home):
    """Return all copies."""
    async with home.door() as door:
        return [copy async for copy in door.copies()]


def test_what_is_only_asked_for_comes_before_it_is_due(play):
    """By its id."""

    async def scenario(stage, home):
        await hold(stage, 2)
        home.primary.answer = lambda *_: "450 later"
        await home.replay()
        home.primary.answer = lambda *_: "250 Ok"
        second = (await listed(home))[1].id
        assert (await home.replay(second))[1] == ["delivered"]
        assert home.primary.ids == [second]

    play(scenario)


def test_a_lease_that_is_over_is_told_apart_from_what_is_delivered(play):
    """The second is a fact."""

    async def scenario(stage, home):
        await hold(stage, 1)
        async with home.door() as door:
            lease = await door.lease(1)
            [copy] = lease.copies
            assert (await door.lease(1)).copies == ()
            await asyncio.sleep(601)
            with pytest.raises(Conflict):
                await door.verdict(copy.id, copy.sha256, "refused", lease=lease.id)
            with pytest.raises(Conflict):
                await door.verdict(copy.id, "0" * 64, "delivered")
            assert (await door.verdict(copy.id, copy.sha256, "delivered")) == "delivered"
            with pytest.raises(Gone):
                await door.verdict("99-ab", copy.sha256, "delivered")

    play(scenario)


def test_a_wrong_token_and_a_door_that_is_closed_look_the_same(play):
    """After ten wrong ones within a minute, for a minute."""

    async def scenario(stage, home):
        await hold(stage, 1)
        for _ in range(10):
            async with home.door("w" * 43) as door:
                with pytest.raises(Closed):
                    await door.status()
        with pytest.raises(Closed):
            await home.replay()
        await asyncio.sleep(61)
        assert (await home.replay())[1] == ["delivered"]

    play(scenario)


def test_a_spool_is_emptied(play, capsys):
    """What was there is gone."""

    async def scenario(stage, home):
        await hold(stage, 3)
        assert await home.visit(drop_all, yes=True) == 0
        assert await listed(home) == []

    play(scenario)
    assert "3 of 3 messages deleted." in capsys.readouterr().out
