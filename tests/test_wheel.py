"""What `pip install` brings, tried where there is nothing else: no checkout, no network, an empty home."""

import base64
import csv
import fcntl
import hashlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mail_failover.emulator.page.files import STATIC
from mail_failover.emulator.routing.inbox import read_maildir
from mail_failover.mail.submission import submit
from mail_failover.tools.wrangler import wrangler

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INFO = f"mail_failover-{PROJECT['version']}.dist-info"
# Where the wheel has what stands at the top of the repository.
WORKER = "mail_failover/worker"
CARRIED = ("package-lock.json", "package.json", "requirements/node.txt", "wrangler.toml")
LOOK = f"""
import importlib, json, sys
from pathlib import Path
import mail_failover
from mail_failover.settings.local import read_local
from mail_failover.settings.place import own
house = Path(mail_failover.__file__).parent
worker = house / "worker"
# The Worker's modules are importable once its settings were read.
local = read_local(None)
for file in sorted(house.rglob("*.py")):
    if worker not in file.parents and file.name != "__main__.py":
        importlib.import_module(".".join(file.relative_to(house.parent).with_suffix("").parts))
import failover
print(json.dumps([str(own()), failover.__file__, str(local.folder), local.settings.inboxes,
                  [path for path in sys.path if path.startswith({str(ROOT / "scripts")!r})]]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory, worker_id):
    """Return the folder of the distributions, which one of the test processes builds."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            make(folder)
            (folder / "whole").touch()
    return folder


def make(folder):
    """Build the distributions as one does by hand, offline, and install the wheel where nothing else is."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist"], ROOT)
    environment = folder / "environment"
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", environment], folder)
    [site] = environment.glob("lib/python*/site-packages")
    for need in declared():
        tops = {file.parts[0] for file in need.files} - {"..", "__pycache__"}
        for top in tops:
            (site / top).symlink_to(need.locate_file(top))
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        environment / "bin" / "python",
    ]
    run([*pip, "install", "--no-index", *(folder / "dist").glob("*.whl")], folder)


def declared():
    """Return what pip would bring along: the declared needs, and theirs, as they are installed here."""
    found, left = {}, [Requirement(need) for need in PROJECT["dependencies"]]
    while left:
        need = left.pop()
        name = canonicalize_name(need.name)
        if name not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
            found[name] = distribution(name)
            left += map(Requirement, found[name].requires or ())
    return found.values()


def run(command, folder, **environ):
    """Run a command that has to succeed; return what it printed."""
    environ = environ or {**os.environ, "PIP_NO_INPUT": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def alone(built, tmp_path):
    """Run the installed program in an empty folder, with an empty home."""
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    bin_folder = built / "environment" / "bin"

    def call(program, *arguments, start=run, **environ):
        command = [bin_folder / program, *arguments]
        own = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(tmp_path / "home")}
        return start(command, tmp_path / "here", **own, **environ)

    return call


@pytest.fixture(scope="module")
def content(built):
    """Return the wheel's files, by their names."""
    [wheel] = (built / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist()))
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_is_the_command_line_and_the_worker_and_nothing_else(content):
    """The bytes of the checkout, no copy of which is kept; no tests, no settings, nothing compiled."""
    scripts, src = ROOT / "scripts", ROOT / "src"
    house = [*(scripts / "mail_failover").rglob("*.py"), *STATIC.iterdir()]
    expected = {file.relative_to(scripts).as_posix(): file for file in house}
    expected |= {f"{WORKER}/src/{f.relative_to(src).as_posix()}": f for f in src.rglob("*.py")}
    expected |= {f"{WORKER}/{name}": ROOT / name for name in CARRIED}
    about = {
        f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    assert set(content) == set(expected) | about
    assert {name for name, file in expected.items() if content[name] != file.read_bytes()} == set()


def test_its_record_is_right(content):
    """Each file once, with its hash and its size."""
    rows = {name: rest for name, *rest in csv.reader(io.StringIO(content[f"{INFO}/RECORD"].decode()))}
    assert rows.pop(f"{INFO}/RECORD") == ["", ""]
    assert rows == {
        name: [
            f"sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}",
            f"{len(data)}",
        ]
        for name, data in content.items()
        if name != f"{INFO}/RECORD"
    }


def test_it_says_what_it_is(content):
    """The licence, the Pythons it runs on, its needs, and the version, which pyproject.toml alone has."""
    said = message_from_bytes(content[f"{INFO}/METADATA"])
    names = ("Name", "Version", "License-Expression", "License-File", "Requires-Python")
    assert [said[name] for name in names] == ["mail-failover", PROJECT["version"], "MIT", "LICENSE", ">=3.11"]
    assert set(map(Requirement, said.get_all("Requires-Dist"))) == set(
        map(Requirement, PROJECT["dependencies"])
    )
    assert content[f"{INFO}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert (
        content[f"{INFO}/entry_points.txt"] == b"[console_scripts]\nmail-failover = mail_failover.cli:main\n"
    )
    assert message_from_bytes(content[f"{INFO}/WHEEL"])["Tag"] == "py3-none-any"


def test_a_checkout_and_its_sdist_make_the_same_wheel(built, tmp_path):
    """Byte for byte; `python -m build` makes the one, through the other."""
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path], ROOT)
    [one], [other] = tmp_path.glob("*.whl"), (built / "dist").glob("*.whl")
    assert one.read_bytes() == other.read_bytes()


def test_what_is_declared_is_all_that_it_imports(alone, built, tmp_path):
    """Every module, early or late; the Worker's code in the package reads the settings of this folder."""
    (tmp_path / "here" / ".dev.vars").write_text("FALLBACK_INBOXES=anna@example.net\n")
    [package] = (built / "environment").glob("lib/python*/site-packages/mail_failover")
    assert json.loads(alone("python", "-c", LOOK)) == [
        str(package / "worker" / "wrangler.toml"),
        str(package / "worker" / "src" / "failover" / "__init__.py"),
        ".",
        ["anna@example.net"],
        [],
    ]


def test_it_runs_in_an_empty_folder(alone, built, tmp_path):
    """The version, the demo; nothing is written, neither into the package, nor here, nor at home."""
    [site] = (built / "environment").glob("lib/python*/site-packages")
    before = tree(site / "mail_failover")
    assert alone("mail-failover", "--version") == f"{PROJECT['version']}\n"
    assert "Every message is where it should be." in alone("mail-failover", "demo")
    assert tree(site / "mail_failover") == before
    assert tree(tmp_path / "here") == tree(tmp_path / "home") == {}


def tree(folder):
    """Return when each file was written last."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*") if not path.is_dir()}


def test_the_edge_takes_a_message_in_an_empty_folder_and_shows_its_page(alone, tmp_path):
    """Into the inbox that it plays; `emulate` ends when it is told to."""
    process = alone("mail-failover", "emulate", "--page", "--port", "0", "--data", "mail", start=serve)
    try:
        said = []
        while not (said and said[-1].startswith("Try it")):
            said.append(process.stdout.readline())
            assert said[-1], process.communicate()
        [port] = [
            line.split("127.0.0.1:")[1].split(";")[0] for line in said if line.startswith("The edge listens")
        ]
        submit(
            ("127.0.0.1", int(port)),
            "a@example.org",
            ["anna@example.com"],
            b"Subject: hi\r\n\r\nx\r\n",
            seconds=30,
        )
        [page] = [line.split()[1] for line in said if line.startswith("Page: ")]
        script = httpx.get(f"{page}static/main.js", trust_env=False, timeout=30)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert script.content == (STATIC / "main.js").read_bytes()
    [stored] = read_maildir(tmp_path / "here" / "mail" / "you@example.net")
    assert stored.endswith(b"Subject: hi\r\n\r\nx\r\n")


def serve(command, folder, **environ):
    """Start a command that goes on until it is told to end."""
    environ["PYTHONUNBUFFERED"] = "1"
    return subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.upload
def test_a_deploy_without_a_checkout_uploads_the_same_bytes(alone, built, tmp_path):
    """Nothing compiled, and nothing is written, neither beside the package's files nor here."""
    [worker] = (built / "environment").glob("lib/python*/site-packages/mail_failover/worker")
    assert any((worker / "src" / "__pycache__").iterdir())
    (tmp_path / "here" / ".dev.vars").write_text("FALLBACK_INBOXES=anna@inbox.test\n")
    # What npm would bring is what the checkout has.
    program = tmp_path / "wrangler"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(wrangler(print))} "$@"\n')
    program.chmod(0o755)
    before = tree(worker), tree(tmp_path / "here")
    alone("mail-failover", "deploy", "--dry-run", "--outdir", tmp_path / "out", WRANGLER=str(program))
    assert (tree(worker), tree(tmp_path / "here")) == before
    sent = {
        p.relative_to(tmp_path / "out"): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()
    }
    sent.pop(Path("README.md"))
    assert sent == {p.relative_to(ROOT / "src"): p.read_bytes() for p in (ROOT / "src").rglob("*.py")}
