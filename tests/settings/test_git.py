"""What only its owner may read is not published unseen."""

import shutil
import subprocess

import pytest

from mail_failover.settings.git import exposed

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of a repository, with all that is private."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    subprocess.run([GIT, "init", "-q", tmp_path], check=True)
    (folder := tmp_path / "mail").mkdir()
    (folder / ".mail-failover").mkdir()
    for name in (".dev.vars", ".env", ".mail-failover/spool-token"):
        (folder / name).touch()
    return folder


def test_what_a_commit_would_take_in_is_named(folder):
    """Ignored anywhere above is ignored; but what is tracked already is published."""
    assert exposed(folder) == [".dev.vars", ".env", ".mail-failover"]
    (folder.parent / ".gitignore").write_text(".env\n.mail-failover/\n")
    assert exposed(folder) == [".dev.vars"]
    (folder / ".gitignore").write_text(".dev.*\n")
    assert exposed(folder) == []
    subprocess.run([GIT, "-C", folder, "add", "-f", ".env"], check=True)
    assert exposed(folder) == [".env"]


def test_without_a_repository_without_git_and_without_secrets_there_is_nothing(folder, tmp_path, monkeypatch):
    """And nothing is said of what can't be looked at."""
    (empty := folder.parent / "empty").mkdir()
    assert exposed(empty) == []
    (folder.parent / ".git" / "HEAD").unlink()
    assert exposed(folder) == []
    monkeypatch.setenv("PATH", "/nowhere")
    assert exposed(folder) == []
