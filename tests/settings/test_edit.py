"""Lines of .dev.vars and .env are changed as they are meant, for their owner's eyes, and all else stays."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mail_failover import disk
from mail_failover.errors import UsageError
from mail_failover.settings.edit import assignment, edited, set_values
from mail_failover.settings.files import assignments, parse_dotenv

MINE = """\
# mine
export A="one" # the first

B='two
lines'
A=three  # the last one counts
"""
NAMES = st.sampled_from(["A", "B", "C", "D"])
TEXTS = st.lists(
    st.sampled_from(
        [*("A=", "B=", "export C=", "x", "#", " ", "\t", "'", '"', "`", "\\", "\n", "\r\n", "é"), "A='x'\n"]
    ),
    max_size=14,
).map("".join)
VALUES = st.dictionaries(NAMES, st.none() | st.text(max_size=8) | TEXTS, min_size=1)


def parsed(text):
    """Return what a text says; None if it can't be understood."""
    try:
        return parse_dotenv(text)
    except UsageError:
        return None


def others(text, names):
    """Return the text without the lines that assign one of the names."""
    for each in reversed(list(assignments(text))):
        if each.name in names:
            text = text[: each.line[0]] + text[each.line[1] :]
    return text


@given(st.sampled_from(["", "\ufeff"]), TEXTS, VALUES)
@example("\ufeff", MINE.replace("\n", "\r\n"), {"A": "four", "C": "'\"#"})
@example("", "A=1 # x", {"B": "2"})
def test_what_is_meant_changes_and_nothing_else(bom, text, values):
    """Other lines, comments, line ends and a BOM, byte for byte; what can't be written is refused."""
    before = parsed(bom + text)
    assume(before is not None)
    try:
        after = edited(bom + text, values)
    except UsageError:
        return
    meant = {name: value for name, value in {**before, **values}.items() if value is not None}
    assert parse_dotenv(after) == meant
    line_end = "" if others(after, values) == others(bom + text, values) else "\n"
    assert others(after, values) == others(bom + text, values) + line_end
    assert edited(after, values) == after


@given(TEXTS, st.dictionaries(NAMES, st.text(alphabet="an #='\n\\€", max_size=9), min_size=1))
def test_what_can_be_written_is_never_refused_for_what_else_is_there(text, values):
    """Only a value by itself can be one that does not fit."""
    assume(parsed(text) is not None)
    assume(not any(value.endswith("\\") for value in values.values()))
    assert parse_dotenv(edited(text, values)).items() >= values.items()


def test_a_line_keeps_what_stands_around_its_value():
    """Its `export`, its comment; of a name that stands there twice, the last place counts and stays."""
    assert edited(MINE, {"A": "four", "C": "5"}) == (
        '# mine\n\nB=\'two\nlines\'\nA="four"  # the last one counts\nC="5"\n'
    )
    assert edited(MINE, {"B": None, "D": None}) == MINE.replace("B='two\nlines'\n", "")
    assert edited("export A=1 # one", {"A": ""}) == 'export A="" # one'
    assert edited("", {"A": None}) == ""


@pytest.mark.parametrize("value", ["hush'\"`", "hush\r", "hush\\", "\\", "hush'`\\n"])
def test_a_value_that_can_t_stand_there_is_refused_and_not_quoted(value):
    """Whoever reads it would read something else."""
    for write in (lambda: assignment("A", value), lambda: edited(MINE, {"A": value})):
        with pytest.raises(
            UsageError, match=r"^A: its quotes, backslashes or .* Use another value\.$"
        ) as caught:
            write()
        assert "hush" not in str(caught.value)


def test_a_file_that_is_not_understood_is_left(tmp_path):
    """The line is named, and not quoted."""
    (path := tmp_path / ".dev.vars").write_bytes(b"A=1\nhush\n")
    with pytest.raises(UsageError, match=rf"^{path}, line 2: not a NAME=VALUE") as caught:
        set_values(path, {"A": "2"})
    assert "hush" not in str(caught.value)
    assert path.read_bytes() == b"A=1\nhush\n"


@pytest.mark.parametrize("name", [".dev.vars", ".env"])
@pytest.mark.parametrize("mode", [None, 0o644, 0o600])
def test_the_file_is_for_its_owner_alone(tmp_path, name, mode):
    """Whether it is new, or others could read it before; also where a crash left a half that they could."""
    path = tmp_path / name
    if mode:
        path.write_text("B=1\n")
        path.chmod(mode)
        path.with_suffix(".new").write_text("half")
        path.with_suffix(".new").chmod(0o644)
    before = os.umask(0)
    try:
        set_values(path, {"A": "2"})
    finally:
        os.umask(before)
    assert path.read_text() == ("B=1\n" if mode else "") + 'A="2"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_its_owner_stays(tmp_path):
    """Who ran a command with sudo once can read it afterwards."""
    (path := tmp_path / ".dev.vars").write_text("A=1\n")
    os.chown(path, 12345, 54321)
    set_values(path, {"A": "2"})
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_a_link_stays_one(tmp_path):
    """The file that it leads to changes; also one that is not there yet."""
    (tmp_path / "kept").mkdir()
    (path := tmp_path / ".dev.vars").symlink_to("kept/secrets")
    for value in ("1", "2"):
        set_values(path, {"A": value})
        assert path.is_symlink()
        assert (tmp_path / "kept" / "secrets").read_text() == f'A="{value}"\n'
    assert len(list((tmp_path / "kept").iterdir())) == 1


@pytest.mark.parametrize("step", ["open", "fchmod", "fsync", "replace"])
def test_a_disk_that_fails_leaves_it_whole(tmp_path, monkeypatch, step):
    """At each step, and with nothing beside it."""
    (path := tmp_path / ".dev.vars").write_text("A=1\n")

    def fail(*_args, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(disk.Path if step == "replace" else disk.os, step, fail)
        with pytest.raises(UsageError, match=r"can't be written: No space left on device\. It is as it was"):
            set_values(path, {"A": "hush"})
    assert path.read_text() == "A=1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_it_whole(tmp_path, monkeypatch):
    """And no half of it with a secret."""
    (path := tmp_path / ".dev.vars").write_text("A=1\n")

    def interrupt(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(disk.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        set_values(path, {"A": "hush"})
    assert path.read_text() == "A=1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_two_write_at_once_is_both_there(tmp_path):
    """One waits for the other."""
    path = tmp_path / ".dev.vars"
    code = (
        "import sys; from pathlib import Path; from mail_failover.settings.edit import set_values\n"
        "for n in range(15): set_values(Path(sys.argv[1]), {f'{sys.argv[2]}{n}': 'x'})"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "scripts")}
    both = [subprocess.Popen([sys.executable, "-c", code, path, name], env=env) for name in ("A", "B")]
    assert [each.wait(60) for each in both] == [0, 0]
    assert len(parse_dotenv(path.read_text())) == 30
