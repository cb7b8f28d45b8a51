"""What every test here may use: an owner whose domain is set up."""

import copy
import shutil

import pytest

from standins.installed import Owner

_SET_UP = []


@pytest.fixture
def owner(tmp_path, capsys, monkeypatch):
    """Put an owner in front of a domain that is set up on a Worker, whose spool is empty."""
    owner = Owner(tmp_path, capsys, monkeypatch)
    if _SET_UP:
        standin, folder = _SET_UP
        shutil.copytree(folder, tmp_path / ".mail-failover", dirs_exist_ok=True)
        owner.use(copy.deepcopy(standin))
    else:
        owner.set_up()
        owner.standin.watch.clear()
        _SET_UP.extend((copy.deepcopy(owner.standin), tmp_path / ".mail-failover"))
        shutil.copytree(_SET_UP[1], folder := tmp_path.with_name(f"{tmp_path.name}-set-up"))
        _SET_UP[1] = folder
        owner.use(owner.standin)
    yield owner
    assert owner.lost == []
