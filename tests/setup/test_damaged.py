"""Journals that can't be believed: each is named, and nothing is changed by it."""

import json
import os
import shutil

import pytest

from mail_failover.errors import UsageError
from mail_failover.setup.journal import Journal
from standins.domains import INBOX, Operator, fresh, redirect


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    """Put an operator into an empty folder, on a quick disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    return Operator(tmp_path, capsys)


def the_journal(operator):
    """Return the one journal."""
    [path] = operator.folder.glob(".mail-failover/*/*.json")
    return path


def forget_a_step(data):
    """Let a step not have been."""
    del data["steps"][-1]


def forget_an_inbox(data):
    """Let an inbox be somebody's."""
    data["added"].clear()


def change_a_record(data):
    """Let a record have been another one."""
    next(iter(data["base"].values()))["content"] = "mail.example.net"


def add_a_field(data):
    """Let there be what no version writes."""
    data["note"] = "by hand"


DAMAGES = [
    forget_a_step,
    forget_an_inbox,
    change_a_record,
    add_a_field,
    lambda data: data.update(state="undone"),
    lambda data: data.update(enabled=True),
    lambda data: data.update(switched=False),
    lambda data: data.update(worker=None),
    lambda data: data.update(base=[]),
    lambda data: data.update(domain="example.org"),
    lambda data: data.pop("base"),
    lambda data: data.pop("checksum"),
    lambda data: data.update(checksum=[]),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", ["status", "apply", "undo"])
def test_a_journal_that_was_changed_is_named_and_nothing_is_changed(operator, command, damage):
    """Whatever was changed in it, and whether or not it could be carried out."""
    standin = fresh()
    operator.apply(standin)
    path = the_journal(operator)
    data = json.loads(path.read_text())
    damage(data)
    path.write_text(json.dumps(data))
    before = standin.state()
    code, said = getattr(operator, command)(standin)
    assert (code, standin.state()) == (2, before)
    assert said["error"]["what"] == f"{path}: not as it was written."
    fix = "Put a good copy there; without one, move it away: then undo knows nothing of that apply."
    assert said["error"]["fix"] == fix


def test_no_byte_of_a_journal_can_be_another_one_unseen(operator):
    """But for blanks between its values, which say nothing."""
    operator.apply(fresh(clicks_after=None), wait=False)
    path = the_journal(operator)
    good, journal = path.read_bytes(), Journal.load(path)
    unseen = []
    for place, byte in enumerate(good):
        path.write_bytes(good[:place] + bytes([byte ^ 1]) + good[place + 1 :])
        try:
            found = Journal.load(path)
        except UsageError as error:
            told = error.what
        else:
            unseen.append(byte)
            assert found == journal, (place, chr(byte))
            continue
        assert told.startswith(f"{path}: ")
    assert not set(unseen) - {*b" \n"}


def test_a_journal_that_ends_early_is_named(operator):
    """As a copy to a full disk leaves it; wherever it ends."""
    operator.apply(redirect())
    path = the_journal(operator)
    good = path.read_bytes().rstrip()
    for length in range(0, len(good), 7):
        path.write_bytes(good[:length])
        with pytest.raises(UsageError, match="not a journal that can be read"):
            Journal.load(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\ud800"])
def test_a_file_that_is_no_journal_is_named(operator, text):
    """Even one that is not UTF-8."""
    standin = redirect()
    operator.apply(standin)
    path = the_journal(operator)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert operator.undo(standin)[1]["error"]["what"].startswith(f"{path}: not a journal that can be read")


def test_a_journal_of_another_domain_is_not_carried_out(operator):
    """Somebody copied it into the wrong folder."""
    standin = redirect()
    operator.apply(standin)
    path = the_journal(operator)
    journal = Journal.load(path)
    journal.domain = "example.org"
    journal.write()
    before = standin.state()
    code, said = operator.undo(standin)
    assert (code, standin.state()) == (2, before)
    assert said["error"]["what"] == f"{path}: the journal of example.org."
    assert said["error"]["fix"] == "Move it to that domain's folder."


def test_what_is_in_another_domains_folder_is_not_looked_at(operator):
    """Rules say who uses an inbox, not journals; a damaged one is a matter of that domain."""
    standin = fresh()
    before = standin.state()
    operator.apply(standin)
    others = operator.folder / ".mail-failover" / "example.org"
    others.mkdir()
    shutil.copy(the_journal(operator), others)
    (others / "2026-01-01T00-00-00Z-000.json").write_text("{")
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert INBOX not in standin.state()["addresses"]
    assert standin.state() == before


def test_a_journal_of_another_version_is_left_to_that_version(operator):
    """Whose words may mean something else."""
    standin = redirect()
    operator.apply(standin)
    path = the_journal(operator)
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    what = f"{path}: written by another version of mail-failover."
    error = operator.undo(standin)[1]["error"]
    assert (error["what"], error["fix"]) == (what, "Undo it with that one; once it is undone, move it away.")
