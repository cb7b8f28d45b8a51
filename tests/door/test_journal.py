"""The journal at home: on the disk, for its owner alone, and never guessed at when it is damaged."""

import os
import resource
import sqlite3
import stat

import pytest

from mail_failover.door.address import Address
from mail_failover.door.errors import DiskError
from mail_failover.door.journal import FORMAT, Journal, journal_folder
from mail_failover.errors import UsageError

ID, HASH = "12-9f3a5b7c", "a" * 64


@pytest.fixture
def folder(tmp_path):
    """Return where a journal is going to be."""
    return tmp_path / "state" / "here"


def test_what_was_written_is_there_the_next_time(folder):
    """What the server answered, what the door was told, whose a copy is."""
    with Journal.open(folder) as journal:
        assert journal.get(ID, HASH).state == "new"
        journal.lease(ID, HASH, "ab")
        journal.hand_over(ID, HASH)
    with Journal.open(folder) as journal:
        assert (journal.get(ID, HASH).state, [e.lease for e in journal.held()]) == ("handing over", ["ab"])
        journal.settle(ID, HASH, "delivered", "250 Ok")
        assert [entry.words for entry in journal.untold()] == ["250 Ok"]
    with Journal.open(folder) as journal:
        journal.tell(ID, HASH)
        assert (journal.untold(), journal.held()) == ([], [])
        assert journal.get(ID, HASH).told
        assert journal.get(ID, "b" * 64).state == "new"


def test_tries_are_counted_until_a_person_asks_for_it_again(folder):
    """Pauses grow by them."""
    with Journal.open(folder) as journal:
        journal.settle(ID, HASH, "later", "451")
        assert journal.put_off(ID, HASH) == 2
        journal.settle(ID, HASH, "later", "451")
        before = journal.get(ID, HASH)
        assert (before.tries, before.state) == (3, "later")
        journal.again(before)
        assert (journal.get(ID, HASH).tries, journal.get(ID, HASH).state) == (0, "again")
        journal.restore(before)
        assert journal.get(ID, HASH) == before


def test_what_the_server_can_not_have_got_is_as_it_was(folder):
    """Its handing over is taken back."""
    with Journal.open(folder) as journal:
        journal.settle(ID, HASH, "later", "451")
        known = journal.get(ID, HASH)
        journal.hand_over(ID, HASH)
        journal.take_back(known)
        assert journal.get(ID, HASH) == known


def test_nobody_else_can_read_it(folder):
    """Addresses are not in it, but the server's words are."""
    old = os.umask(0)
    try:
        with Journal.open(folder) as journal:
            journal.lease(ID, HASH, "ab")
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, journal.path)]
    assert modes == [0o700, 0o700, 0o600]


def test_a_new_folder_is_on_the_disk_with_those_above_it(folder, monkeypatch):
    """Else a power cut may take the journal away with its folder."""
    synced = []
    for module in ("journal", "private"):
        monkeypatch.setattr(f"mail_failover.door.{module}.sync", synced.append)
    Journal.open(folder).close()
    assert synced == [folder.parent.parent, folder.parent, folder]
    Journal.open(folder).close()
    assert len(synced) == 3


def test_a_journal_of_another_user_is_not_taken_for_none(folder, monkeypatch):
    """Else a retry would not reach the journal that knows what is home."""
    Journal.open(folder).close()

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.lstat", refuse)
    with pytest.raises(UsageError, match=r"Permission denied. Run this as the user who runs `replay`"):
        Journal.find(folder)


def test_what_a_replay_has_written_meanwhile_is_not_undone_by_a_person(folder):
    """A retry that came at the same time must not make it forget what the server has."""
    with Journal.open(folder) as journal:
        journal.settle(ID, HASH, "later", "451")
        known = journal.get(ID, HASH)
        journal.hand_over(ID, HASH)
        journal.again(known)
        assert journal.get(ID, HASH).state == "handing over"
        journal.take_back(known)
        journal.again(known)
        journal.settle(ID, HASH, "delivered", "250")
        journal.restore(known)
        assert journal.get(ID, HASH).state == "delivered"


def test_each_domain_has_its_own(tmp_path):
    """However its door is reached."""
    places = {
        journal_folder(tmp_path, Address(f"https://{host}", domain, "t"))
        for host in ("one.workers.dev", "spool.example.com")
        for domain in ("example.com", "example.net")
    }
    assert len(places) == 2


def test_a_journal_is_begun_by_who_writes_alone(folder):
    """Who only looks makes none."""
    assert Journal.find(folder) is None
    assert not folder.exists()
    Journal.open(folder).close()
    Journal.find(folder).close()


def test_a_journal_of_another_version_is_left_alone(folder):
    """It may know more."""
    Journal.open(folder).close()
    path = next(folder.iterdir())
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {FORMAT + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"written by another version of mail-failover\. Use that one"):
        Journal.open(folder)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "cut", "flip", "foreign"])
def test_a_damaged_journal_is_told_and_left_alone(folder, damage):
    """What it knew may be had back; to begin anew could bring mail twice, so a person decides."""
    with Journal.open(folder) as journal:
        for number in range(30):
            journal.settle(f"{number}-ab", HASH, "delivered", "250 Ok " + "x" * 490)
    path = journal.path
    content = path.read_bytes()
    if damage == "foreign":
        path.unlink()
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE copies (a)")
            database.execute(f"PRAGMA user_version = {FORMAT}")
        database.close()
        content = path.read_bytes()
    else:
        half = len(content) // 2 // 4096 * 4096
        content = {
            "text": b"not a database, but a text that somebody put there",
            "cut": content[:half],
            "flip": content[:4096] + b"\xff" * 4096 + content[8192:],
        }[damage]
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"journal") as caught:
        Journal.open(folder)
    assert "not a journal that can be read" in str(caught.value)
    assert "may then come twice" in caught.value.fix
    assert path.read_bytes() == content


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    """With its path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/x: can't be used: Not a directory"):
        Journal.open(tmp_path / "file" / "x")
    (tmp_path / "x" / "journal.sqlite").mkdir(parents=True)
    with pytest.raises(UsageError, match="can't be used: Is a directory"):
        Journal.open(tmp_path / "x")


def fill(journal, written):
    """Write until that fails, and note what was written."""
    for number in range(1000):
        journal.settle(f"{number}-ab", HASH, "delivered", "250 Ok " + "x" * 490)
        written.append(f"{number}-ab")


def test_a_full_disk_is_told_and_what_was_written_stays(folder):
    """All of it, and nothing half."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = []
    with Journal.open(folder) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 40_000, hard))
        try:
            with pytest.raises(DiskError, match=r"journal.sqlite: the journal can't be written: "):
                fill(journal, written)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(journal.untold()) == len(written) > 0
    with Journal.open(folder) as journal:
        assert [entry.id for entry in journal.untold()] == written


def test_a_journal_that_another_program_holds_is_waited_for_and_told(folder, monkeypatch):
    """It does not hang."""
    monkeypatch.setattr("mail_failover.door.journal._SECONDS", 0.05)
    with Journal.open(folder) as journal:
        other = sqlite3.connect(journal.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DiskError, match="locked"):
            journal.lease(ID, HASH, "ab")
        other.close()
        journal.lease(ID, HASH, "ab")


def test_a_write_that_failed_leaves_the_journal_fit_for_the_next(folder, monkeypatch):
    """A backup read it when it was to be written."""
    monkeypatch.setattr("mail_failover.door.journal._SECONDS", 0.05)
    with Journal.open(folder) as journal:
        journal.lease(ID, HASH, "ab")
        other = sqlite3.connect(journal.path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM copies").fetchall()
        with pytest.raises(DiskError, match="locked"):
            journal.hand_over(ID, HASH)
        assert journal.get(ID, HASH).state == "new"
        other.close()
        journal.hand_over(ID, HASH)
        assert journal.get(ID, HASH).state == "handing over"


def test_a_copy_that_is_nobodys_any_more_has_no_lease(folder):
    """Whatever was told of it."""
    with Journal.open(folder) as journal:
        for state in ("later", "refused"):
            journal.lease(ID, HASH, "ab")
            journal.settle(ID, HASH, state, "no")
            assert [entry.lease for entry in journal.held()] == ["ab"]
            journal.tell(ID, HASH)
            assert journal.held() == []
