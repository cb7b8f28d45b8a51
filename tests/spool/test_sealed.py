"""What `spool` says of copies that are encrypted for home, and what it saves of them: the message itself."""

import hashlib
import re

import pytest

from mail_failover.spool.export import export_copies
from mail_failover.spool.listing import show_list
from mail_failover.spool.message import show_message
from standins.door import Door
from standins.homeward import Owner
from standins.keys import NAME, bring
from standins.sealing import kept

RAW = b"From: Shop <shop@example.org>\r\nSubject: Hi\r\n\r\n.\r\n\x00bare\nlf\xff"


@pytest.fixture
def owner(tmp_path, capsys):
    """Put an owner before an empty spool."""
    return Owner(tmp_path, Door(), capsys)


def put(door, known, **fields):
    """Store what the Worker has encrypted, and return its id."""
    said = {"content": known.content, "copy_id": known.id, "sealed": known.sealed, "size": known.size}
    return door.put(**said | fields)


def test_the_list_says_what_is_encrypted_and_whether_the_key_is_here(owner):
    """With the file that has to be brought, once."""
    door = owner.standin
    one, two = kept(RAW, RAW)
    put(door, one)
    put(door, two, words="550 no", state="refused")
    door.put(RAW)
    code, out, _ = owner.spool(show_list)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].endswith(f"no inbox took it, encrypted (the key {NAME} is not here)")
    assert lines[1].endswith(f"encrypted (the key {NAME} is not here): 550 no")
    assert "encrypted" not in lines[2]
    assert lines[4] == "2 messages can't be opened here:"
    assert lines[5].startswith(f"  There is no {owner.state}/keys/{NAME}.pem (keys there: none)")
    _, said, _ = owner.spool(show_list, as_json=True)
    assert [copy["key"] for copy in said["copies"]] == [NAME, NAME, ""]
    assert [copy["closed"] for copy in said["copies"]] == [f"the key {NAME} is not here"] * 2 + [""]
    assert said["copies"][0]["sealed"] == one.sealed
    bring(owner.way.keys)
    code, out, _ = owner.spool(show_list)
    assert out.splitlines()[0].endswith("no inbox took it, encrypted")
    assert "can't be opened" not in out


def test_a_message_is_shown_with_the_key_that_opens_it(owner):
    """Its hash is that of the encrypted bytes, and is called so. No file with its text is left."""
    known = kept(RAW)
    put(owner.standin, known)
    bring(owner.way.keys)
    code, out, err = owner.spool(lambda visit: show_message(visit, known.id))
    assert (code, err) == (0, "")
    assert f"Encrypted: for the key {NAME}\nSHA-256, as it is encrypted: {known.sha256}\n" in out
    assert out.endswith("  Subject: Hi\n")
    assert not [path for path in owner.folder.iterdir() if path.suffix != ".sqlite"]


@pytest.mark.parametrize(
    ("fields", "line", "why"),
    [
        ({}, f"for the key {NAME}", f"the key {NAME} is not here"),
        ({"sealed": "2.x"}, "in an unknown format", r"how it is encrypted \(format 2\)"),
    ],
    ids=["without the key", "another format"],
)
def test_of_what_can_not_be_opened_the_envelope_is_shown(owner, fields, line, why):
    """And what is missing."""
    known = kept(RAW)
    put(owner.standin, known, **fields)
    code, out, err = owner.spool(lambda visit: show_message(visit, known.id))
    assert code == 1
    assert "To (envelope): <anna@example.com>\n" in out
    assert f"Encrypted: {line}\n" in out
    assert "Header" not in out
    assert re.search(rf"^mail-failover: {known.id} can't be opened: .*{why}", err)
    code, said, _ = owner.spool(lambda visit: show_message(visit, known.id), as_json=True)
    assert (code, said["copy"]["id"]) == (1, known.id)
    assert said["error"]["kind"] == ("UnknownFormat" if fields else "NoKey")


@pytest.mark.parametrize("to", ["mail", "mail/all.mbox"])
def test_messages_are_saved_as_they_were(owner, tmp_path, to):
    """What can't be opened is told, and the others are saved; nothing encrypted is."""
    first, closed = kept(RAW, RAW)
    put(owner.standin, first)
    put(owner.standin, closed, sealed=f"1.{'0' * 16}{closed.sealed[18:]}")
    last = owner.standin.put(RAW)
    bring(owner.way.keys)
    code, said, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / to), as_json=True)
    assert (code, said["failed"]) == (1, [closed.id])
    assert f"{closed.id} can't be opened: the key {'0' * 16} is not here." in err
    assert f"(keys there: {NAME})" in err
    names = sorted(path.name for path in (tmp_path / "mail").iterdir())
    if to == "mail":
        assert names == sorted(f"{copy_id}.{kind}" for copy_id in (first.id, last) for kind in ("eml", "txt"))
        assert (tmp_path / to / f"{first.id}.eml").read_bytes() == RAW
        assert (
            f"SHA-256, as it is encrypted: {first.sha256}\n"
            in (tmp_path / to / f"{first.id}.txt").read_text()
        )
    else:
        assert names == ["all.mbox"]
        assert (tmp_path / to).read_bytes().count(b"Subject: Hi\n") == 2


def test_what_was_saved_before_is_known_by_its_bytes(owner, tmp_path):
    """Its hash is that of the encrypted ones: it is fetched again, and compared; another file stays."""
    door = owner.standin
    one, two, three = kept(RAW, RAW, RAW[::-1])
    for known in (one, two, three):
        put(door, known)
    bring(owner.way.keys)
    (tmp_path / f"{two.id}.eml").write_bytes(RAW.replace(b"Hi", b"Ho"))
    code, _, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path))
    assert code == 1
    assert err == f"mail-failover: {tmp_path}/{two.id}.eml: another file is there, and none is overwritten.\n"
    code, out, _ = owner.spool(lambda visit: export_copies(visit, "", tmp_path))
    assert [f"already there  {known.id}" in out for known in (one, two, three)] == [True, False, True]
    assert f"2 of 3 messages saved in {tmp_path}" in out
    assert b"Ho" in (tmp_path / f"{two.id}.eml").read_bytes()
    assert (
        hashlib.sha256((tmp_path / f"{three.id}.eml").read_bytes()).digest()
        == hashlib.sha256(RAW[::-1]).digest()
    )


def test_where_nothing_can_be_written_nothing_is_shown(owner, monkeypatch):
    """What is opened lies beside the journal for a moment, and nowhere else."""

    def refuse(**how):
        assert how["dir"] == owner.folder
        raise PermissionError(13, "Permission denied")

    known = kept(RAW)
    put(owner.standin, known)
    bring(owner.way.keys)
    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    code, out, err = owner.spool(lambda visit: show_message(visit, known.id))
    assert (code, out) == (1, "")
    assert f"{owner.folder} can't be written: Permission denied.\n" in err
