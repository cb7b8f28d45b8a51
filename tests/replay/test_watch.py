"""A replay that stays: it brings mail as it comes, is patient where something fails, ends when told to."""

import asyncio
import contextlib
import signal
import time
from itertools import pairwise

import pytest

from mail_failover.console.next_step import Homeward
from mail_failover.console.voice import Voice
from mail_failover.door.address import Address
from mail_failover.door.client import Door as Client
from mail_failover.door.errors import DiskError
from mail_failover.door.journal import Journal
from mail_failover.door.keys import Keys
from mail_failover.replay.handover import Ports
from mail_failover.replay.report import Report
from mail_failover.replay.stop import Stop
from mail_failover.replay.watch import watch
from standins.door import DOMAIN, TOKEN, Door, Link
from standins.homeward import TO, Operator, Primary
from standins.killing import delivered, started

START = 1_795_000_000.0


class Service:
    """Watches in virtual time; `when` maps seconds to what happens then."""

    def __init__(self, folder):
        self.door = Door(clock=self.clock)
        self.primary = Primary()
        self.times = []
        self._folder = folder

    def clock(self):
        """Return the time of day, also before it begins."""
        with contextlib.suppress(RuntimeError):
            return START + asyncio.get_running_loop().time()
        return START

    def asked(self, name="lease"):
        """Return when the door was asked for something, in seconds."""
        return [at for at, what in self.times if what == name]

    async def run(self, seconds, when=None):
        """Watch for so long."""
        loop = asyncio.get_running_loop()
        answer = self.door.answer

        def noting(method, target, *rest):
            self.times.append((round(loop.time()), target.partition("?")[0].rpartition("/")[2]))
            return answer(method, target, *rest)

        self.door.answer = noting
        for at, event in (when or {}).items():
            loop.call_at(at, event)
        address, keys = Address("http://127.0.0.1:1", DOMAIN, TOKEN), Keys(self._folder)
        client = Client(address, keys, transport=Link(self.door))
        async with client as door:
            with Journal.open(self._folder) as journal:
                stop, report, voice = Stop(), Report(), Voice(as_json=False)
                loop.call_at(seconds, stop.tell, signal.SIGTERM)

                def note(passed):
                    report.passed.append(passed)
                    voice.say(*passed.line)

                ports = Ports(
                    door, journal, self.primary, self._folder, stop, note, voice.say, voice.doing, loop.time
                )
                return await watch(ports, report, Homeward(to=TO), voice)


@pytest.fixture
def service(tmp_path):
    """Return a service with an empty spool."""
    return Service(tmp_path)


def test_it_asks_every_minute_and_more_often_during_an_outage(service, virtual):
    """As the Worker reports it."""

    def begin():
        service.door.outage = True

    def end():
        service.door.outage = False

    assert virtual(service.run(300, {61: begin, 155: end})) == 0
    assert service.asked() == [0, 60, 120, 135, 150, 165, 225, 285]


def test_mail_comes_home_within_a_minute(service, virtual, capsys):
    """And it says so, once."""
    assert virtual(service.run(200, {70: service.door.put, 130: service.door.put})) == 0
    assert service.door.states() == ["delivered"] * 2
    out, err = capsys.readouterr()
    assert out.count("1 of 1 message home.") == 2
    assert out.startswith("Watching 127.0.0.1:1 for mail of example.com; Ctrl-C ends it.\n")
    assert (out.splitlines()[-1], err) == ("Stopped.", "")


def test_a_greylisted_message_comes_home_by_itself(service, virtual):
    """Once its pause is over."""
    service.door.put()
    service.primary.answer = lambda _, count: "450 later" if count < 2 else "250 Ok"
    virtual(service.run(600))
    assert (service.primary.asked, service.door.states()) == (3, ["delivered"])


def test_a_worker_that_fails_is_told_once_and_asked_less_and_less(service, virtual, capsys):
    """And when it is back, that is told, too; what came meanwhile comes home."""
    service.door.fault = lambda *_: "500 before"

    def mend():
        service.door.fault = lambda *_: ""
        service.door.put()

    virtual(service.run(8000, {5000: mend}))
    times = sorted({*service.asked()})
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:6] == [60, 120, 240, 480, 900, 900]
    assert pauses[-1] == 60
    out, err = capsys.readouterr()
    assert err.count("it answers 500") == 1
    assert err.count("Going on to try") == 1
    assert out.count("All is well again.") == 1
    assert service.door.states() == ["delivered"]


def test_a_server_that_is_down_is_asked_soon_again_but_not_all_the_time(service, virtual, capsys):
    """Each time a message is fetched for nothing."""
    service.door.put()
    service.primary.answer = lambda *_: "down"

    def mend():
        service.primary.answer = lambda *_: "250 Ok"

    virtual(service.run(2000, {1000: mend}))
    fetched = service.asked(next(iter(service.door.kept)))
    pauses = [later - earlier for earlier, later in pairwise(fetched)]
    assert pauses == [15, 30, 60, 120, 240, 300, 300]
    out, err = capsys.readouterr()
    assert err.count("takes no mail now: Connection refused.") == 1
    assert "All is well again." in out
    assert service.door.states() == ["delivered"]


def test_another_failure_is_told_anew(service, virtual, capsys):
    """With its own words."""
    service.door.put()
    service.primary.answer = lambda *_: "down"

    def worse():
        service.door.fault = lambda *_: "nonsense"

    virtual(service.run(1000, {100: worse}))
    err = capsys.readouterr().err
    assert err.index("takes no mail now") < err.index("answers as no spool does")


def test_a_full_disk_does_not_end_it(service, virtual, monkeypatch, capsys):
    """Somebody makes room."""
    service.door.put()
    lease, full = Journal.lease, [True]

    def write(journal, *args):
        if full:
            raise DiskError("journal.sqlite: the journal can't be written: disk is full.")
        lease(journal, *args)

    monkeypatch.setattr(Journal, "lease", write)
    virtual(service.run(1000, {200: full.clear}))
    assert "disk is full" in capsys.readouterr().err
    assert service.door.states() == ["delivered"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_manager_ends_it_cleanly(tmp_path, number):
    """With exit code 0, in the pause between two rounds, and by any signal that ends programs."""
    operator, got = Operator(tmp_path, Door()), tmp_path / "got"
    operator.standin.put()
    with operator.standin.serving() as url:
        process = started(url, operator.state, got, "", "watch")
        try:
            assert process.stdout.readline().startswith("Watching")
            assert process.stdout.readline().startswith("delivered  ")
            while operator.standin.requests[-1][0] != "status":
                time.sleep(0.005)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "Stopped."
    assert len(delivered(got)) == 1
