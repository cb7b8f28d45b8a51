"""A folder with nothing in it, all that `init` meets outside, and somebody who types."""

import os
import sys

import pytest

from mail_failover import cli
from standins import operator
from standins.outside import Ended, Outside


@pytest.fixture
def folder(tmp_path):
    """Make the folder where it runs."""
    (here := tmp_path / "here").mkdir()
    return here


@pytest.fixture
def outside(folder):
    """Have everything there, and nothing set up; verification mails are clicked at once."""
    with Outside(folder, clicks_after=0) as found:
        yield found


@pytest.fixture
def scripted(outside, monkeypatch, capfd):
    """Run commands in this process, where nobody can be asked; the environment is given by name."""
    operator.lead(outside.resolver, ("127.0.0.1", outside.port), monkeypatch.setattr)
    monkeypatch.chdir(outside.folder)
    for name in [name for name in os.environ if name.startswith(("CLOUDFLARE_", "MAIL_FAILOVER_"))]:
        monkeypatch.delenv(name)
    for name, value in outside.env.items():
        monkeypatch.setenv(name, value)

    def run(*words, **env):
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["mail-failover", *words])
            for name, value in env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                cli.main()
        out, err = capfd.readouterr()
        return Ended(end.value.code, out, err)

    return run
