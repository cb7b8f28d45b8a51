"""Wrangler is found, or brought: once, whole, in the pinned version, and never half."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mail_failover.disk import alone
from mail_failover.errors import UsageError
from mail_failover.tools import wrangler as module
from mail_failover.tools.cache import bring, run
from mail_failover.tools.node import Node
from mail_failover.tools.wrangler import wrangler

ROOT = Path(__file__).parents[2]
VERSION = json.loads((ROOT / "package.json").read_text())["dependencies"]["wrangler"]
NPM = """
echo "$@" >>"{log}"
mkdir -p node_modules/wrangler/bin
touch node_modules/wrangler/bin/wrangler.js
"""


@pytest.fixture
def top(tmp_path):
    """Return a folder that holds what a wheel has beside the Worker's wrangler.toml."""
    folder = tmp_path / "top"
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def find(top, tmp_path, monkeypatch):
    """Look for wrangler with an npm that does what a body says; return its words and what was said before."""
    npm = tmp_path / "npm"
    monkeypatch.setattr(module, "own", lambda: top / "wrangler.toml")
    monkeypatch.setattr(module, "node", lambda *_: Node("/opt/node", (str(npm),)))

    def look(body="exit 9", **environ):
        npm.write_text(f"#!/bin/sh\n{body}")
        npm.chmod(0o755)
        said = []
        return wrangler(said.append, {"XDG_CACHE_HOME": str(tmp_path / "cache"), **environ}), said

    return look


def cached(tmp_path):
    """Return what the cache holds, without its lock."""
    return {path.name for path in (tmp_path / "cache" / "mail-failover").iterdir()} - {".lock"}


def test_a_named_one_is_taken_as_it_is(find):
    """Whatever else there is."""
    assert find(WRANGLER=sys.executable) == ([sys.executable], [])
    with pytest.raises(UsageError, match=r"^/no/such is not there: \$WRANGLER has to name an executable"):
        find(WRANGLER="/no/such")


def test_that_of_the_checkout_is_taken(find, top):
    """As `make` brings it."""
    script = top / "node_modules" / "wrangler" / "bin" / "wrangler.js"
    script.parent.mkdir(parents=True)
    script.touch()
    assert find() == (["/opt/node", str(script)], [])


def test_else_npm_brings_the_pinned_one_once(find, top, tmp_path):
    """By the very lock file, and without running what packages bring along; it is said before."""
    log = tmp_path / "log"
    words, [said] = find(NPM.format(log=log))
    [folder] = cached(tmp_path)
    place = tmp_path / "cache" / "mail-failover" / folder
    assert said.startswith(f"Bringing wrangler {VERSION} from the npm registry into {place}, once: ")
    assert words == ["/opt/node", str(place / "node_modules" / "wrangler" / "bin" / "wrangler.js")]
    assert {"ci", "--ignore-scripts", "--omit=dev"} < set(log.read_text().split())
    for name in ("package.json", "package-lock.json"):
        assert (place / name).read_bytes() == (ROOT / name).read_bytes()
    assert find() == (words, [])
    with (top / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert find(NPM.format(log=log))[0] != words


def test_what_brings_it_gets_no_token(find, tmp_path):
    """It is for wrangler."""
    find(NPM.format(log=tmp_path / "log") + f"env >{tmp_path / 'env'}\n", CLOUDFLARE_API_TOKEN="hush")
    assert "XDG_CACHE_HOME=" in (tmp_path / "env").read_text()
    assert "CLOUDFLARE" not in (tmp_path / "env").read_text()


def test_an_npm_that_fails_is_one_line_with_its_reason(find, tmp_path):
    """Nothing half is left, and the next try is a whole one."""
    failing = "mkdir node_modules; echo npm error code ENOTFOUND; printf 'npm error \\033[31mwhy'; exit 1"
    with pytest.raises(UsageError) as caught:
        find(failing)
    assert caught.value.what == "npm ci failed: npm error code ENOTFOUND npm error \\u001b[31mwhy."
    assert caught.value.fix == "Look at the network, then run this again."
    assert cached(tmp_path) == set()
    assert find(NPM.format(log=tmp_path / "log"))[1]


def test_an_npm_that_hangs_is_ended(find, tmp_path, monkeypatch):
    """In time, and nothing is left."""
    monkeypatch.setattr("mail_failover.tools.cache.SECONDS", 0.1)
    with pytest.raises(UsageError, match=r"^npm ci did not end within 0.1 s. Look at the network"):
        find("exec sleep 60")
    assert cached(tmp_path) == set()


def test_an_npm_that_is_none_is_named(find, tmp_path):
    """Say, one that another system's folder holds."""
    with pytest.raises(UsageError, match=r"^npm ci: /no/such can't be run: No such file or directory."):
        run("npm ci", ["/no/such"], tmp_path, {}, "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kill_half_way_leaves_nothing_that_passes_for_wrangler(find, top, tmp_path, number):
    """And the next call clears away what it left."""
    npm = tmp_path / "killer"
    npm.write_text(f"#!/bin/sh\nmkdir -p node_modules/wrangler\nkill -{number:d} $PPID\n")
    npm.chmod(0o755)
    code = f"""if True:
        from pathlib import Path
        from mail_failover.tools import wrangler as module
        module.own = lambda: Path({str(top / "wrangler.toml")!r})
        module.node = lambda *_: module.Node("/opt/node", ({str(npm)!r},))
        module.wrangler(print)
    """
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -number, ended.stderr
    assert all(name.startswith(".new-") for name in cached(tmp_path))
    find(NPM.format(log=tmp_path / "log"))
    [name] = cached(tmp_path)
    assert name.startswith("wrangler-")


def test_two_do_not_bring_it_at_once(find, tmp_path):
    """The second is told of the first."""
    with (
        alone(tmp_path / "cache" / "mail-failover" / ".lock", ""),
        pytest.raises(
            UsageError, match=f"^Another mail-failover brings Node or wrangler .process {os.getpid()}"
        ),
    ):
        find()


def test_what_another_one_brought_meanwhile_is_left_alone(tmp_path):
    """Between this one's look and its lock."""
    (tmp_path / "tool").mkdir()
    bring(tmp_path / "tool", pytest.fail)


def test_a_folder_that_is_not_whole_is_named(find, tmp_path):
    """Whoever tidied up in it."""
    words, _ = find(NPM.format(log=tmp_path / "log"))
    Path(words[1]).unlink()
    with pytest.raises(UsageError, match=r"is not whole. Remove it, then run this again."):
        find()


def test_a_cache_that_can_not_be_written_is_named(find, tmp_path):
    """With the variable that moves it."""
    (tmp_path / "file").touch()
    with pytest.raises(
        UsageError, match=r"/file/mail-failover: can't be used: Not a directory. Set \$XDG_CACHE_HOME"
    ):
        find(XDG_CACHE_HOME=str(tmp_path / "file"))


def test_the_cache_is_where_the_user_keeps_such_things(find, tmp_path, monkeypatch):
    """A relative $XDG_CACHE_HOME is none; without a home folder nothing is brought."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    words, _ = find(NPM.format(log=tmp_path / "log"), XDG_CACHE_HOME="here")
    assert words[1].startswith(str(tmp_path / "home" / ".cache" / "mail-failover"))

    def homeless(_):
        raise RuntimeError

    monkeypatch.setattr(Path, "home", classmethod(homeless))
    with pytest.raises(UsageError, match=r"no home folder .* Set \$XDG_CACHE_HOME"):
        find(XDG_CACHE_HOME="")
