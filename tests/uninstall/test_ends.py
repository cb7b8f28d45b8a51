"""Wherever it ends, no mail is lost, and the next run goes on to the same end."""

import copy
import shutil

import pytest

from standins.cloudflare import fault_at, gone_from
from standins.installed import WORKER

CODES = {"lost before": 4, "lost after": 4, "interrupt before": 130, "interrupt after": 130, "killed": None}


class KilledError(BaseException):
    """The process is gone: nothing of it cleans up."""


class Rerun:
    """The same installed state, again and again."""

    def __init__(self, owner):
        self.owner = owner
        self._standin = copy.deepcopy(owner.standin)
        self._state, self._kept = owner.folder / ".mail-failover", owner.folder / "kept"
        shutil.copytree(self._state, self._kept)
        owner.standin.requests.clear()
        assert owner.uninstall()[0] == 0
        self.requests, self._end = [*owner.standin.requests], owner.standin.state()

    def changes(self):
        """Return the numbers of the requests that change something."""
        return [number for number, (method, _) in enumerate(self.requests, 1) if method != "GET"]

    def check(self, number, kind):
        """Let a run end at its n-th request; what holds then, and after the next run."""
        owner = self.owner
        shutil.rmtree(self._state)
        shutil.copytree(self._kept, self._state)
        standin = copy.deepcopy(self._standin)
        standin.requests.clear()
        standin.fault = _fault(number, kind)
        owner.use(standin)
        assert self._ended() == CODES[kind], (number, kind)
        assert owner.lost == [], (number, kind)
        standin.fault = None
        code, said = owner.uninstall()
        assert (code, owner.is_there) == (0, False), (number, kind, said)
        assert {**standin.state(), "locked": False} == {**self._end, "locked": False}, (number, kind)

    def _ended(self):
        try:
            code, said = self.owner.uninstall()
        except KilledError:
            return None
        assert said["error"]["what"]
        assert said["exit_code"] == code
        return code


def _fault(number, kind):
    if kind.startswith("lost"):
        return gone_from(number, kind)
    if kind.startswith("interrupt"):
        return fault_at(number, kind)

    def kill(count, *_):
        if count == number:
            raise KilledError

    return kill


@pytest.fixture
def rerun(owner):
    """Take the installed state, and what a whole run asks and ends in."""
    owner.standin.watch.clear()
    return Rerun(owner)


@pytest.mark.parametrize("kind", CODES)
def test_an_end_at_the_deletion_of_the_worker_or_right_before_or_behind_it(rerun, kind):
    """By then nothing sends mail to it, and nothing is in its spool."""
    [place] = [
        n for n, (method, path) in enumerate(rerun.requests, 1) if method == "DELETE" and WORKER in path
    ]
    for number in (place - 1, place, place + 1):
        rerun.check(number, kind)


def test_an_end_at_any_change_of_the_domain(rerun):
    """The Worker is there as long as it may get mail."""
    *changes, _ = rerun.changes()
    for turn, number in enumerate(changes):
        rerun.check(number, [*CODES][turn % len(CODES)])


def test_an_end_at_any_question(rerun):
    """Of each ninth one, so that it does not take for ever; in turn each kind of an end."""
    for turn, number in enumerate(range(1, len(rerun.requests), 9)):
        rerun.check(number, [*CODES][turn % len(CODES)])
