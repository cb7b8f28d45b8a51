"""A folder with a Worker, as `doctor` finds it."""

import shutil
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Enter a folder with the Worker and its settings, without a token."""
    shutil.copytree(SOURCES, tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "wrangler.toml").write_text(
        'name = "mail-failover"\nmain = "src/entry.py"\nworkers_dev = false\n'
        '[vars]\nFALLBACK_INBOXES = ["anna@inbox.test"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    return tmp_path
