"""Private keys at home: made once, never overwritten, for their owner alone; and what a bad one is called."""

import base64
import errno
import os
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from failover.settings import Settings
from mail_failover.door import keys as module
from mail_failover.door.errors import DiskError, NoKey
from mail_failover.door.keys import Keys, public_half
from mail_failover.errors import UsageError
from standins.keys import NAME, PEM, PRIVATE_KEY, PUBLIC_KEY, bring


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """Return a folder of keys that is not there yet; those that are made are shorter, to be quick."""
    monkeypatch.setattr(module, "BITS", 2048)
    return Keys(tmp_path / "state" / "keys")


def test_a_key_of_3072_bits_lies_in_a_file_for_its_owner_that_its_fingerprint_names(tmp_path):
    """PEM, PKCS 8; its public half is one line, which the Worker's settings take."""
    keys = Keys(tmp_path / "keys")
    name = keys.make()
    [path] = keys.folder.iterdir()
    assert path == keys.path(name)
    assert re.fullmatch(r"[0-9a-f]{16}", name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    again = Keys(keys.folder).find(name)
    assert again.key_size == 3072
    public = public_half(again)
    assert Settings.from_env({"SPOOL_TOKEN": "t" * 43, "SPOOL_KEY": public}).spool_key == public


def test_the_name_is_that_which_the_worker_gives_it(keys):
    """The first 16 hex digits of the public half's SHA-256."""
    bring(keys.folder)
    assert public_half(keys.find(NAME)) == PUBLIC_KEY


def test_keys_are_listed_the_newest_first_and_nothing_else_is(keys):
    """Backups and what a killed run left are no keys."""
    assert keys.names() == []
    first = keys.make()
    second = keys.make()
    os.utime(keys.path(first), (1, 1))
    bring(keys.folder)
    os.utime(keys.path(NAME), (2, 2))
    (keys.folder / "backup.pem").write_bytes(PEM)
    (keys.folder / f"{NAME}.pem~").write_bytes(PEM)
    (keys.folder / "tmpx").mkdir()
    assert keys.names() == [second, NAME, first]


def test_no_key_is_ever_overwritten(keys, monkeypatch):
    """Not even by one of the same name."""
    name = keys.make()
    kept = keys.path(name).read_bytes()
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: keys.find(name))
    with pytest.raises(DiskError, match=rf"{name}.pem can't be written: File exists"):
        keys.make()
    assert keys.path(name).read_bytes() == kept
    assert keys.names() == [name]
    assert len([*keys.folder.iterdir()]) == 1


def test_where_there_are_no_hard_links_no_key_is_overwritten_either(keys, monkeypatch):
    """As on a stick."""

    def refuse(path, target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    name = keys.make()
    kept = keys.path(name).read_bytes()
    other = rsa.generate_private_key(65537, 2048)
    monkeypatch.setattr(module, "_name_of", lambda _: name)
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: other)
    with pytest.raises(DiskError, match=rf"{name}.pem can't be written"):
        keys.make()
    assert keys.path(name).read_bytes() == kept


def test_a_key_that_can_not_be_written_is_none(keys, monkeypatch):
    """And leaves nothing that looks like one."""
    keys.folder.parent.write_text("a file")
    with pytest.raises(UsageError, match=r"keys: can't be used: Not a directory"):
        keys.make()
    keys.folder.parent.unlink()

    def full(descriptor):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="No space left on device"):
        keys.make()
    assert [*keys.folder.iterdir()] == []


def test_a_folder_in_which_nothing_can_be_made_is_said(keys, monkeypatch):
    """With its name. A private key lies nowhere else, not even for a moment."""

    def refuse(**where):
        assert where == {"dir": keys.folder}
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(DiskError, match=r"state/keys can't be written: Permission denied"):
        keys.make()


def test_a_key_that_is_not_here_is_named_with_the_file_that_was_looked_for(keys):
    """And the keys that are there; it is found once it is."""
    for there in ("none", NAME):
        with pytest.raises(NoKey) as caught:
            keys.find("0" * 16)
        assert caught.value.what == f"The key {'0' * 16} is not here."
        assert f"There is no {keys.folder}/{'0' * 16}.pem (keys there: {there})" in caught.value.fix
        bring(keys.folder)
    assert keys.find(NAME).key_size == 2048


def locked():
    """Return a key with a passphrase."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    lock = serialization.BestAvailableEncryption(b"x")
    return rsa.generate_private_key(65537, 2048).private_bytes(*form, lock)


def unknown():
    """Return a key of a kind that nobody knows."""
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = PRIVATE_KEY.private_bytes(*form)
    # The identifier of RSA.
    there = content.index(bytes.fromhex("2a864886f70d010101"))
    text = base64.encodebytes(content[: there + 8] + b"\x63" + content[there + 9 :])
    return b"-----BEGIN PRIVATE KEY-----\n" + text + b"-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (NAME, lambda: b"", "holds no private key in PEM"),
        (NAME, lambda: PEM[:-200], "holds no private key in PEM"),
        (NAME, lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no private"),
        (NAME, locked, "or a locked one"),
        (NAME, unknown, "holds no private key in PEM"),
        ("0" * 16, lambda: PEM, "holds another key than its name says"),
    ],
    ids=["empty", "cut", "nothing in it", "locked", "unknown", "another"],
)
def test_a_file_without_its_key_is_said(keys, name, content, why):
    """It can't be used, and the file is named in the way on, which stays on this machine."""
    path = bring(keys.folder, name, content())
    with pytest.raises(NoKey) as caught:
        keys.find(name, "12-ab")
    assert caught.value.what == f"12-ab can't be opened: the key {name} can't be used."
    assert caught.value.fix.startswith(f"{path} ")
    assert why in caught.value.fix


def test_a_key_of_another_kind_opens_nothing(keys):
    """Though its file has the name that it would have."""
    private = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    name = module._name_of(private)
    path = bring(keys.folder, name, private.private_bytes(*form))
    with pytest.raises(NoKey, match=rf"{path} holds another key than its name says"):
        keys.find(name)


def test_a_key_that_others_may_read_is_not_used(keys):
    """As ssh does it."""
    path = bring(keys.folder)
    path.chmod(0o640)
    with pytest.raises(NoKey) as caught:
        keys.find(NAME)
    assert caught.value.fix == f"Others may read {path}. Type: `chmod 600 {path}`"
    path.unlink()
    path.mkdir()
    with pytest.raises(NoKey, match=rf"{path} can't be read: Is a directory"):
        keys.find(NAME)
