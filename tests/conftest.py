"""What every test may use: a clock that never waits, a folder with settings."""

import asyncio

import pytest
from hypothesis import settings

from mail_failover.settings.local import read_local
from standins.settings import SETTINGS

# The same examples in every run; a machine that is slow today must not fail a property.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


LONGEST = 40 * 24 * 3600.0
"""How far the virtual clock may go, in seconds: no test waits for longer."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is left to do."""

    _now = 0.0

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def _run_once(self) -> None:
        if not self._ready:
            timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]
            assert timers, "every task waits for something that will never happen"
            self._now = max(self._now, min(timers))
            assert self._now < LONGEST, "the tasks wait again and again for what does not come"
        super()._run_once()


@pytest.fixture
def virtual():
    """Run a coroutine in virtual time: twenty seconds of waiting pass at once."""

    def run(coroutine):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(coroutine)

    return run


@pytest.fixture
def local(tmp_path):
    """Read the settings from a folder that holds the Worker."""

    def read(text=SETTINGS, secrets=""):
        (tmp_path / "wrangler.toml").write_text(text)
        if secrets:
            (tmp_path / ".dev.vars").write_text(secrets)
        return read_local(tmp_path / "wrangler.toml")

    return read
