"""Journals that can't be believed: each is named, and nothing is changed by it."""

import json
import os

import pytest

from mail_failover.cloudflare.answers import Json
from standins.cloudflare import DOMAIN
from standins.domains import INBOX, Operator, fresh, redirect


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    """Put an operator into an empty folder, on a quick disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    return Operator(tmp_path, capsys)


def damage(*path, value: Json | list | str | None = None, remove=False):
    """Return a function that damages one place of a journal."""

    def damaging(data):
        *way, last = path
        for part in way:
            data = data[part]
        if remove:
            del data[last]
        else:
            data[last] = value

    return damaging


DAMAGES = {
    "no state": damage("state", remove=True),
    "an unknown state": damage("state", value="weird"),
    "no steps": damage("steps", remove=True),
    "steps that are none": damage("steps", value="x"),
    "a step that is none": damage("steps", 0, value=7),
    "a step of an unknown kind": damage("steps", 1, "kind", value="Zzz"),
    "a step that changes nothing known": damage("steps", 1, "change", value={}),
    "a step without what came of it": damage("steps", 1, "after", remove=True),
    "a wrong snapshot after a step": damage("steps", 1, "after", value={"records": [1]}),
    "no Worker": damage("worker", remove=True),
    "no records": damage("before", "records", value=None),
    "records that are none": damage("before", "records", value=[1]),
    "a record without a content": damage("before", "records", 0, "content", remove=True),
    "a preference that is none": damage("before", "records", 0, "priority", value="x"),
    "no settings": damage("before", "routing", value=None),
    "a catch-all that is none": damage("before", "catch_all", value=[1]),
    "a catch-all that does nothing": damage("before", "catch_all", value={}),
    "inboxes that are none": damage("before", "addresses", value=[1]),
    "a domain that is none": damage("before", "domain", value=["x"]),
    "two domains": damage("domain", value="example.org"),
    "wrong records of others": damage("kept", value={"SPF": [1]}),
    "records of others without their groups": damage("kept", value=[1]),
    "a catch-all without actions": damage("before", "catch_all", value={"matchers": []}),
    "a change without what it creates": damage("steps", 1, "change", "posts", remove=True),
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("command", ["status", "apply", "undo"])
def test_a_damaged_journal_is_named_and_nothing_is_changed(operator, command, name):
    """Whatever is wrong with it."""
    standin = redirect()
    operator.apply(standin)
    [path] = operator.folder.glob(".mail-failover/*/*.json")
    data = json.loads(path.read_text())
    DAMAGES[name](data)
    path.write_text(json.dumps(data))
    before = standin.state()
    code, said = getattr(operator, command)(standin)
    assert (code, standin.state()) == (2, before)
    assert said["error"]["what"] == f"{path}: not a journal that can be read."
    assert said["error"]["fix"] == "Put a good copy there."


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\ud800"])
def test_a_file_that_is_no_journal_is_named(operator, text):
    """Even one that is not UTF-8."""
    standin = redirect()
    operator.apply(standin)
    [path] = operator.folder.glob(".mail-failover/*/*.json")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert operator.undo(standin)[1]["error"]["what"].startswith(f"{path}: not a journal that can be read")


def test_a_journal_of_another_domain_is_not_carried_out(operator):
    """Somebody copied it into the wrong folder."""
    standin = redirect()
    operator.apply(standin)
    [path] = operator.folder.glob(".mail-failover/*/*.json")
    path.write_text(path.read_text().replace(DOMAIN, "example.org"))
    before = standin.state()
    code, said = operator.undo(standin)
    assert (code, standin.state()) == (2, before)
    assert said["error"]["what"] == f"{path}: the journal of example.org."
    assert said["error"]["fix"] == "Move it to that domain's folder."


def test_a_damaged_journal_of_another_domain_keeps_the_inbox_and_no_more(operator):
    """It may be in use there; this domain's undo goes on."""
    standin = fresh()
    operator.apply(standin)
    other = operator.folder / ".mail-failover" / "example.org" / "2026-01-01T00-00-00Z-000.json"
    other.parent.mkdir()
    other.write_text("{")
    code, said = operator.undo(standin)
    assert code == 1
    [conflict] = said["conflicts"]
    assert conflict == (
        f"The inbox {INBOX} stays: it is used by example.org, for all we know: {other}:"
        " not a journal that can be read. Put a good copy there."
    )
    assert [a["email"] for a in standin.addresses] == [INBOX]
    assert not standin.enabled


def test_a_journal_of_another_version_is_left_to_that_version(operator):
    """Whose words may mean something else."""
    standin = redirect()
    operator.apply(standin)
    [path] = operator.folder.glob(".mail-failover/*/*.json")
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    what = f"{path}: written by another version of mail-failover."
    assert operator.undo(standin)[1]["error"]["what"] == what
