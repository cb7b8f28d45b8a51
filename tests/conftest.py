"""What every test may use: a clock that never waits, a folder with settings."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import settings

from mail_failover.settings.local import read_local
from standins.settings import SETTINGS
from standins.virtual import VirtualLoop

# The same examples in every run; a machine that is slow today must not fail a property.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser):
    """Let more runs be tried than `make test` has time for: `pytest tests/setup/test_fuzz.py --fuzz 5000`."""
    group = parser.getgroup("random runs")
    group.addoption("--fuzz", type=int, default=100, metavar="N", help="how many random runs of setup")
    group.addoption("--fuzz-seed", type=int, default=0, metavar="N", help="the seed of the first of them")


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
    (tmp_path / "src").symlink_to(Path(__file__).parents[1] / "src")

    def read(text=SETTINGS, secrets=""):
        (tmp_path / "wrangler.toml").write_text(text)
        if secrets:
            (tmp_path / ".dev.vars").write_text(secrets)
        return read_local(tmp_path / "wrangler.toml")

    return read
