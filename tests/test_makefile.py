"""The first minute: what `make` says on a machine that lacks something, and that it recovers from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parent.parent / "Makefile"
# What a `make test` around this one hands down is its own business.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "WRANGLER"))}
VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture
def make(tmp_path):
    """Run make by the project's Makefile in a folder where nothing has been made yet."""
    (tmp_path / "requirements").mkdir()
    for name in ("pyproject.toml", "requirements/cli.txt"):
        (tmp_path / name).touch()

    def run(*arguments):
        command = ["make", "--file", MAKEFILE, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def python(folder, lack):
    """Write an interpreter that lacks something, as a line of Python tells, and takes -c alone."""
    path = folder / "python3"
    path.write_text(f"#!{sys.executable}\nimport sys\n{lack}\nexec(sys.argv[2])\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        (
            "sys.modules['ensurepip'] = None",
            f"lacks ensurepip; on Debian or Ubuntu: apt install python{VERSION}-venv",
        ),
        (
            "sys.version_info = (3, 10, 12)",
            "needs Python 3.11 or newer, this is 3.10; name one: make PYTHON=",
        ),
        ("", "is missing; on Debian or Ubuntu: apt install python3-venv"),
    ],
    ids=["without ensurepip", "too old", "none"],
)
def test_a_python_that_will_not_do_is_named_with_what_helps(make, tmp_path, lack, said):
    """In one line, before anything is made that would stand in the way of the next run."""
    interpreter = python(tmp_path, lack) if lack else "no-python3"
    ended = make("demo", f"PYTHON={interpreter}")
    line, stopped = ended.stderr.splitlines()
    assert said in line
    assert stopped.startswith("make: ***")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert not (tmp_path / ".venv").exists()


def test_a_half_made_environment_is_made_anew(make, tmp_path):
    """Without pip, as Debian's venv leaves it, or whatever ended it early; a whole one is left alone."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True, timeout=60
    )
    left = tmp_path / ".venv" / ".cli"
    left.touch()
    made = make(".venv/bin/pip", f"PYTHON={sys.executable}")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / ".venv" / "bin" / "pip").exists()
    assert not left.exists()
    assert make("--question", ".venv/bin/pip").returncode == 0


def test_what_a_failed_step_wrote_is_no_finished_target(make, tmp_path):
    """The next run makes it again."""
    (tmp_path / "broken.mk").write_text("target:\n\ttouch $@ && false\n")
    assert make("--file", "broken.mk", "target").returncode == 2
    assert not (tmp_path / "target").exists()


def test_what_wrangler_does_goes_through_our_command(make, tmp_path):
    """Which brings its Node and its token; and nothing is reported, from whatever target."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".ready").touch()
    command = tmp_path / ".venv" / "bin" / "mail-failover"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "metrics: $WRANGLER_SEND_METRICS; $*"\n')
    command.chmod(0o755)
    for target, words in (("deploy", "deploy"), ("dev", "wrangler dev"), ("wrangler", "wrangler")):
        ended = make("--old-file=node_modules/.ready", target, "ARGS=--config 'a b'")
        assert f"metrics: false; {words} --config a b\n" in ended.stdout, ended.stderr
