"""Connections that end, a Worker that fails: at every request, before and after its effect; and all mixed."""

import contextlib
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail_failover.door.client import Door as Client
from mail_failover.door.journal import Journal
from standins.door import Door
from standins.homeward import Operator

FAULTS = (
    "lost before",
    "lost after",
    "500 before",
    "500 after",
    "429 before",
    "404 after",
    "nonsense",
    "text",
)
FAULTS += ("cut", "endless", "flip", "302 before", "slow")
STEPS = ("lease", "hand_over", "settle", "tell")


class Clock:
    """Shows the time that a test sets."""

    def __init__(self):
        self.now = 1_795_000_000.0

    def __call__(self):
        """Return the time."""
        return self.now


def bring_home(operator, clock):
    """Run until all is home, with time for leases and pauses to pass."""
    for _ in range(4):
        if operator.replay()[0] == 0:
            return
        clock.now += 3601
    raise AssertionError(operator.standin.states())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let no commit wait for the disk: that is not asked here."""
    monkeypatch.setattr("mail_failover.door.journal._SYNCHRONOUS", "OFF")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["lease", "fetch", "verdict", "status"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_request_that_fails_costs_no_message_and_doubles_none(tmp_path, capsys, name, fault, times):
    """At the second message; a person is told what happened and what to do."""
    clock = Clock()
    door = Door(clock=clock)
    ids = [door.put(f"Subject: {number}\r\n\r\n".encode()) for number in range(3)]
    operator = Operator(tmp_path, door, capsys)
    first = 0 if name == "status" else 1
    door.fault = lambda asked, count: fault if asked == name and first <= count < first + times else ""
    code, _, err = operator.replay()
    assert code in {0, 1, 4}
    assert (code == 4) is bool(err)
    assert "Traceback" not in err
    bring_home(operator, clock)
    assert sorted(operator.primary.ids) == sorted(ids)
    assert door.states() == ["delivered"] * 3
    assert [content for letter, content in sorted(operator.primary.got, key=lambda got: got[0].id)] == [
        door.kept[copy_id].content for copy_id in sorted(ids)
    ]


class Killed(BaseException):
    """What stands for a kill -9 within this process: nothing catches it."""


class Life:
    """Runs of a replay in which everything fails as it was drawn."""

    def __init__(self, folder, draw, monkeypatch):
        self.clock = Clock()
        self.door = Door(clock=self.clock)
        self.operator = Operator(folder, self.door, self)
        self.calm = False
        # Of these nobody can know whether the server has them.
        self.unsure = set()
        self._draw = draw
        self.door.fault = lambda *_: self._sometimes(("", *FAULTS))
        self.operator.primary.answer = self._answer
        for step in STEPS:
            monkeypatch.setattr(Journal, step, self._deadly(getattr(Journal, step), step))

    def readouterr(self):
        """Nothing is captured here; as pytest's fixture."""
        return "", ""

    def _sometimes(self, choices):
        """Choose the first most of the time, or nothing would ever get far."""
        if self.calm or self._draw(st.integers(0, 9)):
            return choices[0]
        return self._draw(st.sampled_from(choices[1:]))

    def _answer(self, letter, _count):
        answer = self._sometimes(("250 Ok", "450 later", "down", "lost", "unsure", "killed", "taken, killed"))
        if answer.startswith("taken"):
            self.operator.primary.got.append((letter, letter.path.read_bytes()))
        if answer in {"lost", "unsure"} or answer.endswith("killed"):
            self.unsure.add(letter.id)
        if answer.endswith("killed"):
            raise Killed
        return answer

    def _deadly(self, work, name):
        def step(journal, *args):
            when = self._sometimes(("", "before", "after"))
            if (name, when) in {("hand_over", "after"), ("settle", "before")}:
                self.unsure.add(args[0])
            if when == "before":
                raise Killed
            result = work(journal, *args)
            if when == "after":
                raise Killed
            return result

        return step

    def run(self):
        """Run once, maybe to a sudden end; some time passes."""
        with contextlib.suppress(Killed):
            self.operator.replay()
        self.clock.now += self._draw(st.sampled_from([1, 70, 700, 4000]))


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_fails_every_message_comes_home_once_but_those_that_were_said_to_be_uncertain(
    data, monkeypatch, capsys
):
    """Runs end by kills, lost answers, a failing Worker and server; then all is well, and one is enough."""
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        life = Life(Path(folder), data.draw, patch)
        ids = [life.door.put(f"Subject: {number}\r\n\r\n".encode()) for number in range(3)]
        for _ in range(data.draw(st.integers(1, 4))):
            life.run()
        life.calm = True
        life.clock.now += 4000
        assert life.operator.replay() == (0, "", "")
        said = capsys.readouterr().out
        counts = Counter(life.operator.primary.ids)
        twice = {copy_id for copy_id in ids if f"{copy_id} was handed over before" in said}
        assert {*counts} == {*ids}
        assert {copy_id for copy_id, count in counts.items() if count > 1} <= twice <= life.unsure
        assert life.door.states() == ["delivered"] * 3
        assert all(
            content == life.door.kept[letter.id].content for letter, content in life.operator.primary.got
        )


def test_a_kill_within_this_process_is_caught_by_nobody(tmp_path, monkeypatch):
    """Or the runs above would be calmer than they seem."""
    operator = Operator(tmp_path, Door())
    operator.standin.put()

    def kill(*_):
        raise Killed

    monkeypatch.setattr(Client, "fetch", kill)
    with pytest.raises(Killed):
        operator.replay()
    assert operator.standin.states() == ["leased"]
