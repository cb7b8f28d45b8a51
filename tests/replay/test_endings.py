"""How a run ends early: a signal, a full disk, another run; nothing is lost, and it says so."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from mail_failover.door.errors import DiskError
from mail_failover.door.journal import Journal
from standins.door import Door
from standins.homeward import Operator
from standins.killing import SCRIPTS, delivered, started


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator before a spool with two messages."""
    door = Door()
    door.put(b"x" * 50_000)
    door.put()
    return Operator(tmp_path, door, capsys)


def wait_for(condition):
    """Wait until something is so, ten seconds at most."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_message_end_that_the_server_is_getting(operator, tmp_path, number):
    """And no other begins; the exit code is as in shells."""
    door, got = operator.standin, tmp_path / "got"
    with door.serving() as url:
        process = started(url, operator.state, got, "", "slow")
        try:
            assert process.stdout.readline() == "injecting\n"
            process.send_signal(number)
            assert process.stdout.readline().startswith("Ending when your server has answered for 1-")
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 128 + number
    assert "1 of 1 message home, so far." in out
    assert err.startswith("mail-failover: Interrupted.\nmail-failover: Nothing is lost")
    assert (len(delivered(got)), door.states()) == (1, ["delivered", "waiting"])


def test_a_signal_ends_a_fetch_and_gives_the_lease_back(operator, tmp_path):
    """However long the message would take."""
    door, got = operator.standin, tmp_path / "got"
    door.fault = lambda name, _: "slow" if name == "fetch" else ""
    with door.serving() as url:
        process = started(url, operator.state, got)
        try:
            wait_for(lambda: any(name == "fetch" for name, *_ in door.requests))
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 143
    assert door.states() == ["waiting", "waiting"]
    assert not got.exists()


def test_a_signal_ends_the_wait_for_a_worker_that_fails(operator, tmp_path):
    """It is not asked once more."""
    door = operator.standin
    copy_id = next(iter(door.kept))
    door.fault = lambda *_: "500 before"
    with door.serving() as operator.url:
        with Journal.open(operator.folder) as journal:
            journal.settle(copy_id, door.kept[copy_id].sha256, "delivered", "250 Ok")
        process = started(operator.url, operator.state, tmp_path / "got")
        try:
            wait_for(lambda: door.requests)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, [name for name, *_ in door.requests]) == (143, ["verdict"])


def test_a_second_signal_ends_it_at_once(operator, tmp_path):
    """The next run can't know then, and says so."""
    door, got = operator.standin, tmp_path / "got"
    with door.serving() as url:
        process = started(url, operator.state, got, "", "slow", SLOW="30")
        try:
            assert process.stdout.readline() == "injecting\n"
            process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)
        finally:
            process.kill()
            process.wait()
        operator.url = url
    assert process.returncode == -signal.SIGTERM
    code, out, _ = operator.replay()
    assert (code, "it may be there twice" in out) == (0, True)


def test_two_replays_at_once_are_one(operator, tmp_path):
    """The second says who is at work, and asks nothing."""
    door, got = operator.standin, tmp_path / "got"
    with door.serving() as operator.url:
        process = started(operator.url, operator.state, got, "", "slow", SLOW="1")
        try:
            assert process.stdout.readline() == "injecting\n"
            asked = len(door.requests)
            code, out, err = operator.replay()
            assert len(door.requests) == asked
        finally:
            process.kill()
            process.communicate()
    assert (code, out) == (2, "")
    assert f"(process {process.pid}, it holds {operator.folder / 'lock'})" in err
    assert "brings the mail of example.com home" in err
    assert "Wait until it has ended, or end it, then run `mail-failover replay --to" in err
    door.kept[next(iter(door.kept))].until = 0
    assert operator.replay()[0] == 0


def test_two_replays_on_two_machines_share_the_work(operator, tmp_path):
    """Each message comes once, from whoever leased it."""
    door, got, elsewhere = operator.standin, tmp_path / "got", tmp_path / "elsewhere"
    ids = list(door.kept)
    elsewhere.mkdir()
    shutil.copy2(operator.state / "spool-token", elsewhere)

    def meanwhile(_letter, _count):
        started(operator.url, elsewhere, got).communicate(timeout=20)
        return "250 Ok"

    operator.primary.answer = meanwhile
    with door.serving() as operator.url:
        assert operator.replay()[0] == 0
    assert (operator.primary.ids, [copy_id for copy_id, _ in delivered(got)]) == (ids[:1], ids[1:])


def test_a_lock_that_can_not_be_made_is_told(operator):
    """It is a folder, say."""
    (operator.folder / "lock").mkdir(parents=True)
    code, _, err = operator.replay()
    assert code == 2
    assert "lock: the lock can't be made: Is a directory" in err


def test_a_lock_that_the_file_system_does_not_know_is_told(operator, monkeypatch):
    """As some network drives."""

    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    code, _, err = operator.replay()
    assert (code, operator.standin.requests) == (2, [])
    assert "lock: the lock can't be taken: No locks available. Name a folder on a disk" in err


def test_a_full_disk_stops_it_before_the_server_is_spoken_to(operator):
    """The message stays in the spool, free for the next run."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    Journal.open(operator.folder).close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        code, out, err = operator.replay()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, out, operator.primary.asked) == (1, "", 0)
    assert "message.eml can't be written: File too large.\n" in err
    assert "run `mail-failover replay" in err
    assert operator.standin.states() == ["waiting", "waiting"]
    assert operator.replay()[0] == 0


@pytest.mark.parametrize("method", ["lease", "hand_over", "settle", "tell", "take_back", "put_off"])
def test_a_journal_that_can_not_be_written_stops_it_and_nothing_comes_twice(operator, monkeypatch, method):
    """If the server has it by then, the spool is told at least."""
    work = getattr(Journal, method)
    broken = [True]

    def full(journal, *args):
        if broken:
            raise DiskError(f"{journal.path}: the journal can't be written: database or disk is full.")
        return work(journal, *args)

    monkeypatch.setattr(Journal, method, full)
    answers = {"take_back": "down", "put_off": "unsure"}
    operator.primary.answer = lambda _, count: answers.get(method, "250 Ok") if not count else "250 Ok"
    code, _, err = operator.replay()
    assert code == 1
    assert "database or disk is full" in err
    broken.clear()
    code, out, _ = operator.replay()
    assert (code, operator.standin.states()) == (0, ["delivered"] * 2)
    assert operator.primary.ids == list(operator.standin.kept)
    assert ("twice" in out) is (method in {"take_back", "put_off"})


def test_a_journal_that_can_not_be_written_and_a_door_that_fails_are_told_of_as_the_disk(
    operator, monkeypatch
):
    """Both at once: then it can't be known, and the next run says so."""
    operator.standin.fault = lambda name, _: "500 before" if name == "verdict" else ""
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "settle", lambda *_: (_ for _ in ()).throw(DiskError("disk is full.")))
        code, _, err = operator.replay()
    assert (code, "disk is full" in err) == (1, True)
    operator.standin.fault = lambda *_: ""
    operator.standin.kept[operator.primary.ids[0]].until = 0
    code, out, _ = operator.replay()
    assert (code, "it may be there twice" in out) == (0, True)


def test_a_file_that_a_killed_run_left_is_in_nobodys_way(operator):
    """It is made anew."""
    operator.folder.mkdir(parents=True)
    (operator.folder / "message.eml").write_text("half")
    assert operator.replay()[0] == 0
    assert not (operator.folder / "message.eml").exists()


def test_a_file_that_a_killed_run_left_goes_though_nothing_is_to_come(operator):
    """Somebody else's mail lies in it."""
    operator.standin.kept.clear()
    operator.folder.mkdir(parents=True)
    (operator.folder / "message.eml").write_text("half")
    assert operator.replay()[0] == 0
    assert not (operator.folder / "message.eml").exists()


def test_a_disk_that_takes_no_more_writes_is_told_as_such(operator, monkeypatch):
    """As one that the system has mounted anew after an error: there nothing can be deleted, either."""

    def refuse(*_args, **_named):
        raise OSError(30, "Read-only file system")

    def fail(*_):
        raise DiskError("the journal can't be written: attempt to write a readonly database.")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    monkeypatch.setattr(Journal, "lease", fail)
    code, _, err = operator.replay()
    assert (code, "attempt to write a readonly database" in err) == (1, True)


def test_a_disk_that_fails_a_dry_run_is_told_as_such(operator, monkeypatch):
    """Or a run beside it that holds the journal for long."""

    def fail(*_):
        raise DiskError("the journal can't be written: database is locked.")

    operator.replay()
    operator.standin.put()
    monkeypatch.setattr(Journal, "get", fail)
    code, _, err = operator.replay(dry_run=True)
    assert (code, "database is locked" in err) == (1, True)


def test_a_damaged_journal_stops_it_before_anything_is_asked(operator):
    """It can't know what is home."""
    operator.folder.mkdir(parents=True)
    (operator.folder / "journal.sqlite").write_text("no database at all, really")
    code, out, err = operator.replay()
    assert (code, out, operator.standin.requests) == (2, "", [])
    assert "not a journal that can be read" in err
    assert "may then come twice" in err


def test_the_command_line_leads_there(tmp_path):
    """With options, in a process as people start it."""
    done = subprocess.run(
        [sys.executable, "-m", "mail_failover", "replay", "--to", "smtp://127.0.0.1:25", "--state", tmp_path],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mail-failover: --url is missing.")
