"""The real wrangler under `deploy`, with a stand-in of Cloudflare on loopback: what is sent, what stays."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from standins.cloudflare import TOKEN, Standin
from standins.cloudflare_server import serving
from standins.deploying import copy_checkout, python_files, wrangler
from standins.node import ROOT
from standins.uploading import BOT, DOOR, SETTINGS

SCRIPTS = ROOT / "scripts"


class Onlooker:
    """Reads the command lines of all processes below one, as everybody on the machine may, while it runs."""

    def __init__(self, process):
        self.lines = set()
        self._process = process
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while self._process.poll() is None:
            parents = {}
            for path in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            family = {self._process.pid}
            while more := {child for child, parent in parents.items() if parent in family} - family:
                family |= more
            for pid in family:
                with contextlib.suppress(OSError):
                    self.lines.add(Path(f"/proc/{pid}/cmdline").read_bytes().decode())
            time.sleep(0.05)

    def seen(self):
        """Return the command lines once the process has ended."""
        self._thread.join()
        return self.lines


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what a deploy reads, with settings and a home of its own."""
    for name in ("checkout", "home", "temporary"):
        (tmp_path / name).mkdir()
    folder = copy_checkout(tmp_path / "checkout")
    (folder / ".dev.vars").write_text(SETTINGS)
    return folder


def started(checkout, *words, **env):
    """Start the command in a process of its own, at the copy."""
    home = str(checkout.parent / "home")
    inherited = {n: value for n, value in os.environ.items() if "CLOUDFLARE" not in n}
    env |= {"PYTHONPATH": str(SCRIPTS), "HOME": home, "XDG_CONFIG_HOME": home}
    return subprocess.Popen(
        [sys.executable, "-m", "mail_failover", *words],
        cwd=checkout,
        env={**inherited, **env, "TMPDIR": str(checkout.parent / "temporary")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def plain(bindings):
    """Return the variables and secrets among bindings: their values by name."""
    return {n: b.get("json", b.get("text")) for n, b in bindings.items() if {"json", "text"} & b.keys()}


WANTED = {
    "FALLBACK_INBOXES": ["anna@inbox.test"],
    "TELEGRAM_CHAT_ID": "4711",
    "TELEGRAM_BOT_TOKEN": BOT,
    "SPOOL_TOKEN": DOOR,
}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to see command lines")
@pytest.mark.upload
def test_one_upload_carries_all_and_a_plain_deploy_keeps_it(checkout):
    """Code, variables, secrets, objects, flags in one PUT, no secret elsewhere; then wrangler by itself."""
    standin = Standin(scripts=[])
    with serving(standin) as environment:
        process = started(checkout, "deploy", **environment)
        onlooker = Onlooker(process)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        [upload] = [path for method, path in standin.requests if method == "PUT"]
        there = standin.deployed["mail-failover"]
        sent = there.live.metadata
        assert upload == "/accounts/account-1/workers/scripts/mail-failover"
        assert plain(there.bindings) == WANTED
        assert plain({b["name"]: b for b in sent["bindings"]}) == WANTED
        assert sent["keep_bindings"] == ["secret_text", "secret_key"]
        assert set(sent["compatibility_flags"]) == {"python_workers", "disable_python_external_sdk"}
        assert (there.classes, there.migration_tag) == ({"Domain": True}, "v1")
        assert {name: content for name, (content, _) in there.live.modules.items()} == python_files(
            ROOT / "src"
        )
        assert not there.workers_dev["enabled"]
        assert "mail-failover is deployed and was read back" in said
        lines = onlooker.seen()
        assert any("wrangler-dist/cli.js" in line for line in lines)
        left = [p for p in checkout.parent.rglob("*") if p.is_file() and p.name != ".dev.vars"]
        everywhere = "\n".join([said, *lines, *(p.read_text(errors="replace") for p in left)])
        assert [secret for secret in (BOT, DOOR, TOKEN) if secret in everywhere] == []
        assert [*(checkout.parent / "temporary").iterdir()] == []
        wrangler(checkout, "deploy", **environment)
    assert plain(standin.deployed["mail-failover"].bindings) == WANTED


@pytest.mark.upload
def test_what_is_gone_here_goes_there_and_secrets_stay(checkout):
    """By a version and its deployment: a variable, and the door's address with it."""
    standin = Standin(scripts=[])
    (checkout / ".dev.vars").write_text(f"{SETTINGS}ALERT_DETAIL=sender\nSPOOL_DOOR=workers.dev\n")
    with serving(standin) as environment:
        process = started(checkout, "deploy", **environment)
        assert "https://mail-failover.anna.workers.dev" in process.communicate(timeout=120)[0]
        assert standin.deployed["mail-failover"].workers_dev["enabled"]
        (checkout / ".dev.vars").write_text(
            "FALLBACK_INBOXES=ben@inbox.test\nTELEGRAM_CHAT_ID=1\nSPOOL_DOOR=spool.example.com\n"
        )
        process = started(checkout, "deploy", "--yes", "--json", **environment)
        told = json.loads(process.communicate(timeout=120)[0])
    assert (told["exit_code"], told["address"]) == (0, "https://spool.example.com")
    there = standin.deployed["mail-failover"]
    secrets = {"TELEGRAM_BOT_TOKEN": BOT, "SPOOL_TOKEN": DOOR}
    assert plain(there.bindings) == {"FALLBACK_INBOXES": "ben@inbox.test", "TELEGRAM_CHAT_ID": "1", **secrets}
    assert not there.workers_dev["enabled"]
    assert [each["hostname"] for each in standin.domains] == ["spool.example.com"]


@pytest.mark.upload
def test_the_bytes_are_those_of_a_plain_deploy(checkout, tmp_path):
    """By a configuration in another folder, whatever pywrangler vendored beside the Worker; with no token."""
    (vendored := checkout / "python_modules" / "workers").mkdir(parents=True)
    (vendored / "__init__.py").write_text("")
    process = started(checkout, "deploy", "--dry-run", "--outdir", str(tmp_path / "ours"))
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    wrangler(checkout, "deploy", "--dry-run", "--outdir", tmp_path / "plain")
    sent, wanted = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("ours", "plain")
    )
    assert {p: b for p, b in sent.items() if p.name != "README.md"} == {
        p: b for p, b in wanted.items() if p.name != "README.md"
    }
    assert python_files(tmp_path / "ours") == python_files(ROOT / "src")


@pytest.mark.upload
def test_a_token_that_may_not_upload_is_told_the_permission(checkout):
    """It may read, so that wrangler is the first to find out."""
    standin = Standin(scripts=[], forbidden={"PUT .*/scripts/mail-failover$"})
    with serving(standin) as environment:
        process = started(checkout, "deploy", **environment)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 4
    assert "The token may not upload this Worker. What is deployed is as it was." in said
    assert "Add the permission Account > Workers Scripts > Edit" in said
