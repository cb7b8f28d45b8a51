"""What `spool` shows, saves and changes: nothing is overwritten, opened, or deleted unasked."""

import mailbox
import os
import re
import stat
import sys
import time

import pytest
from typer.testing import CliRunner

from mail_failover import cli
from mail_failover.door.journal import Journal
from mail_failover.spool import command as commands
from mail_failover.spool.change import drop_all, drop_copy, retry_copy
from mail_failover.spool.export import export_copies
from mail_failover.spool.listing import show_list
from mail_failover.spool.mbox import entry
from mail_failover.spool.message import header_fields, show_message
from standins.door import DOMAIN, TOKEN, Door
from standins.homeward import Owner

RAW = b"From: Shop <shop@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.\r\n\x00bare\nlf\xff"
CAUGHT = 1_795_000_000.0


@pytest.fixture
def owner(tmp_path, capsys, monkeypatch):
    """Put an owner before an empty spool."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield Owner(tmp_path, Door(clock=lambda: CAUGHT), capsys)
    monkeypatch.undo()
    time.tzset()


def test_the_list_has_each_message_with_all_that_matters(owner):
    """Oldest first: its state, size, envelope, when it was caught, who else has it, the server's words."""
    door = owner.standin
    door.put(RAW, caught=CAUGHT, fate="forwarded")
    refused = door.put(RAW, caught=CAUGHT, state="refused", words="550 5.1.1 no such user", sender="")
    door.put(RAW, caught=CAUGHT, state="delivered", fate="")
    door.put(RAW, caught=CAUGHT, due=time.time() + 60, words="451 later", fate="new to us")
    code, out, err = owner.spool(show_list)
    lines = out.splitlines()
    assert (code, err, len(lines)) == (0, "", 6)
    first = rf"waiting    1-\w+  {len(RAW)} bytes  from <shop@example.org> to <anna@example.com>  caught "
    assert re.fullmatch(first + r"2026-11-18 12:06 \+0100, an inbox has it, too", lines[0])
    assert lines[1].startswith(f"refused    {refused}  ")
    assert "from <> to" in lines[1]
    assert lines[1].endswith("no inbox took it: 550 5.1.1 no such user")
    assert lines[2].startswith("delivered  ")
    assert re.search(r"new to us: 451 later; not before \d{4}-", lines[3])
    assert lines[4].endswith("of 2000.0 MB: 2 to come home, 1 refused, 1 home.")
    assert (
        "`mail-failover spool retry ID --url http://127.0.0.1:8787 --domain example.com --state" in lines[5]
    )


def test_an_empty_spool_is_called_so(owner):
    """And one in whose messages a run is at work says that."""
    assert owner.spool(show_list) == (0, "The spool of example.com is empty.\n", "")
    owner.standin.put()
    owner.standin._lease({}, b'{"limit": 1}')
    assert ": 1 to come home (1 in a replay's hands), 0 refused, 0 home." in owner.spool(show_list)[1]


def test_the_list_says_in_words_that_the_worker_never_reported_what_became_of_a_message(owner):
    """The Worker's own name for that tells nobody anything."""
    owner.standin.put(RAW, caught=CAUGHT, fate="unreported")
    _, out, _ = owner.spool(show_list)
    assert out.splitlines()[0].endswith("+0100, it is not known whether an inbox has it")


def test_the_list_as_json(owner):
    """Every fact, and the sums."""
    copy_id = owner.standin.put(RAW, words="550 no", state="refused")
    code, said, _ = owner.spool(show_list, as_json=True)
    [copy] = said["copies"]
    assert (code, said["version"], said["url"], said["domain"]) == (0, 1, owner.url, DOMAIN)
    assert (copy["id"], copy["state"], copy["words"], copy["fate"]) == (copy_id, "refused", "550 no", "held")
    assert said["spool"]["refused"] == 1
    assert TOKEN not in repr(said)


def test_a_message_is_shown_as_far_as_its_header(owner, tmp_path):
    """Decoded; its body stays closed, and no file is left."""
    copy_id = owner.standin.put(RAW, sender="", caught=CAUGHT)
    code, out, err = owner.spool(lambda visit: show_message(visit, copy_id))
    assert (code, err) == (0, "")
    assert "From (envelope): <>, a bounce\nTo (envelope): <anna@example.com>\n" in out
    assert "\nCaught: 2026-11-18 12:06 +0100; no inbox took it\nState: waiting\n" in out
    assert f"SHA-256: {owner.standin.kept[copy_id].sha256}" in out
    assert out.endswith("  From: Shop <shop@example.org>\n  Subject: Grüße\n")
    code, said, _ = owner.spool(lambda visit: show_message(visit, copy_id), as_json=True)
    assert said["header"][1] == {"name": "Subject", "value": "Grüße"}
    assert said["copy"]["id"] == copy_id


def test_a_message_that_was_changed_is_not_shown(owner):
    """What it is then, nobody knows."""
    copy_id = owner.standin.put(RAW)
    owner.standin.fault = lambda name, _: "flip" if name == "fetch" else ""
    code, out, err = owner.spool(lambda visit: show_message(visit, copy_id))
    assert (code, out) == (4, "")
    assert "its SHA-256 is another one" in err
    assert "Run `mail-failover spool show 1-a --url http://127.0.0.1:8787 --domain example.com --state" in err


def test_what_a_sender_wrote_can_not_reach_the_terminal(owner):
    """Not in a field, a name, an address, the words of a server."""
    hostile = b"Sub\x1bject: a\x1b]0;x\x07\r\nSubject: =?utf-8?q?=1B[31m=0D=0AState=3A_delivered?=\r\n\r\n"
    copy_id = owner.standin.put(hostile, sender="\x1b[2J@x", words="\x9b31m", state="refused")
    for work in (show_list, lambda visit: show_message(visit, copy_id)):
        _, out, err = owner.spool(work)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out + err)
        assert "\nState: delivered" not in out


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (b"X: =?nonsense?q?a?=", "=?nonsense?q?a?="),
        (b"X: =?utf-8?b?\xff?=", "=?utf-8?b?\ufffd?="),
        (b"X: =?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"X: caf\xc3\xa9 \xff", "café \ufffd"),
        (b"X: a\r\n b\r\n\tc", "a b c"),
        (b"X: " + b"=?" * 50_000, ("=?" * 500)),
        (b"X: =?utf-16?b?2A==?=", "=?utf-16?b?2A==?="),
        (b"X:", ""),
    ],
)
def test_a_field_that_can_not_be_decoded_is_shown_as_it_came(header, value):
    """Whatever it holds, and however long it is."""
    assert [*header_fields(header + b"\r\n\r\nbody")] == [("X", value)]


def test_a_header_without_an_end_is_cut():
    """Two hundred fields say enough."""
    fields = [*header_fields(b"X: 1\r\n" * 10_000)]
    assert (len(fields), fields[-1]) == (201, ("...", "and 9800 more"))


def test_messages_are_saved_byte_for_byte_with_their_envelopes_beside(owner, tmp_path):
    """For their owner alone."""
    ids = [owner.standin.put(RAW), owner.standin.put(b"", sender="", state="refused", words="550 \x1b no")]
    code, out, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / "mail"))
    assert (code, err) == (0, "")
    assert f"2 of 2 messages saved in {tmp_path}/mail; the spool keeps what it has." in out
    files = {path.name: path for path in (tmp_path / "mail").iterdir()}
    assert sorted(files) == sorted([f"{copy_id}.{kind}" for copy_id in ids for kind in ("eml", "txt")])
    assert files[f"{ids[0]}.eml"].read_bytes() == RAW
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    envelope = files[f"{ids[1]}.txt"].read_text()
    assert "From (envelope): <>, a bounce\nTo (envelope): <anna@example.com>\n" in envelope
    assert "State: refused: 550 \\u001b no\n" in envelope
    assert owner.standin.states() == ["waiting", "refused"]


def test_what_was_saved_before_is_not_fetched_again(owner, tmp_path):
    """So an export that was cut off goes on where it was."""
    ids = [owner.standin.put(RAW), owner.standin.put(RAW)]
    owner.spool(lambda visit: export_copies(visit, ids[0], tmp_path))
    code, out, _ = owner.spool(lambda visit: export_copies(visit, "", tmp_path))
    assert (code, f"already there  {ids[0]}" in out) == (0, True)
    assert sum(name == "fetch" for name, *_ in owner.standin.requests) == 2


@pytest.mark.parametrize(("to", "times"), [("mail", 4), ("all.mbox", 2)])
def test_what_was_saved_is_on_the_disk(owner, tmp_path, monkeypatch, to, times):
    """Somebody may empty the spool right after: each file, and the folder that names it."""
    owner.standin.put(RAW)
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(fsync(descriptor)))
    owner.spool(lambda visit: export_copies(visit, "", tmp_path / to))
    assert len(synced) == times


def test_no_file_is_ever_overwritten(owner, tmp_path):
    """Another one of that name stays as it is, and is told; the others are saved."""
    ids = [owner.standin.put(RAW), owner.standin.put(RAW)]
    (tmp_path / f"{ids[0]}.eml").write_text("mine")
    (tmp_path / f"{ids[1]}.txt").write_text("mine, too")
    code, out, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path))
    assert code == 1
    assert f"{ids[0]}.eml: another file is there, and none is overwritten.\n" in err
    assert "1 of 2 messages saved" in out
    assert (tmp_path / f"{ids[0]}.eml").read_text() == "mine"
    assert (tmp_path / f"{ids[1]}.txt").read_text() == "mine, too"
    assert (tmp_path / f"{ids[1]}.eml").read_bytes() == RAW
    (tmp_path / "all.mbox").write_text("mine")
    code, _, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / "all.mbox"))
    assert (code, (tmp_path / "all.mbox").read_text()) == (2, "mine")
    assert "none is overwritten" in err


@pytest.mark.parametrize("to", ["mail", "mail/all.mbox"])
@pytest.mark.parametrize("fault", ["flip", "cut", "lost before", "500 before"])
def test_a_copy_that_does_not_come_whole_is_told_and_the_others_are_saved(owner, tmp_path, to, fault):
    """Nothing half is left."""
    ids = [owner.standin.put(RAW), owner.standin.put(RAW)]
    owner.standin.fault = lambda name, count: fault if (name, count) == ("fetch", 0) else ""
    code, said, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / to), as_json=True)
    assert (code, said["failed"], [copy["id"] for copy in said["exported"]]) == (1, ids[:1], ids[1:])
    assert err
    assert not (tmp_path / "mail" / f"{ids[0]}.eml").exists()
    assert not [path for path in (tmp_path / "mail").iterdir() if path.is_dir()]


def test_a_door_that_fails_altogether_is_not_asked_for_each_copy(owner, tmp_path):
    """The others would fare no better."""
    owner.standin.put(RAW)
    owner.standin.put(RAW)
    owner.standin.fault = lambda name, _: "" if name == "list" else "429 before"
    code, _, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / "mail"))
    assert (code, [name for name, *_ in owner.standin.requests].count("fetch")) == (4, 1)
    assert "too many requests" in err


def test_a_disk_without_hard_links_will_do(owner, tmp_path, monkeypatch):
    """As a stick has."""

    def refuse(_path, _part):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    copy_id = owner.standin.put(RAW)
    assert owner.spool(lambda visit: export_copies(visit, copy_id, tmp_path / "mail"))[0] == 0
    assert (tmp_path / "mail" / f"{copy_id}.eml").read_bytes() == RAW


def test_a_disk_that_fails_is_told(owner, tmp_path, monkeypatch):
    """With the file; what was saved before stays."""
    copy_id = owner.standin.put(RAW)

    def refuse(_path, _part):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    code, _, err = owner.spool(lambda visit: export_copies(visit, copy_id, tmp_path / "mail"))
    assert code == 1
    assert f"{copy_id}.eml can't be written: No space left on device." in err


def test_a_folder_that_can_not_be_used_is_told(owner, tmp_path):
    """Before anything is fetched."""
    owner.standin.put(RAW)
    (tmp_path / "file").write_text("")
    code, _, err = owner.spool(lambda visit: export_copies(visit, "", tmp_path / "file"))
    assert (code, [name for name, *_ in owner.standin.requests]) == (2, ["list"])
    assert "file: can't be used: File exists" in err


@pytest.mark.parametrize("to", ["mail", "mail/all.mbox", ""])
def test_a_folder_that_can_not_be_written_is_told(owner, tmp_path, monkeypatch, to):
    """As another user's; `show` needs one for what it fetches, too."""
    copy_id = owner.standin.put(RAW)

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", lambda *_: refuse())
    work = (
        (lambda visit: export_copies(visit, "", tmp_path / to)) if to else lambda v: show_message(v, copy_id)
    )
    code, _, err = owner.spool(work)
    assert (
        code,
        "can't be written: Permission denied. Make room or mend that" in err.replace("\nmail-failover:", ""),
    ) == (1, True)


def test_an_mbox_is_read_by_others(owner, tmp_path):
    """By Python's reader: each message, its envelope, and lines that look like a separator."""
    tricky = b"Subject: one\r\n\r\nFrom here on\r\n>From there\r\n>>From\r\nno From \r\n"
    owner.standin.put(tricky, caught=CAUGHT)
    owner.standin.put(b"Subject: two\r\n\r\nno line break at the end", sender="", caught=CAUGHT)
    code, _, _ = owner.spool(lambda visit: export_copies(visit, "", tmp_path / "all.mbox"))
    box = mailbox.mbox(tmp_path / "all.mbox")
    one, two = box
    box.close()
    assert code == 0
    assert (one["Return-Path"], one["X-Original-To"]) == ("<shop@example.org>", "anna@example.com")
    assert one.get_from() == "shop@example.org Wed Nov 18 11:06:40 2026"
    assert two.get_from().startswith("MAILER-DAEMON ")
    body = re.sub(r"(?m)^>(>*From )", r"\1", one.get_payload())
    assert body == tricky.partition(b"\r\n\r\n")[2].decode().replace("\r\n", "\n")
    assert two.get_payload() == "no line break at the end\n"
    assert stat.S_IMODE((tmp_path / "all.mbox").stat().st_mode) == 0o600


def test_an_address_can_not_break_an_mbox(owner):
    """It stays one line."""

    async def first(visit):
        [copy] = [copy async for copy in visit.door.copies()]
        assert entry(copy, b"x").startswith(b"From a??From?b ")
        return 0

    owner.standin.put(sender="a\n\nFrom b", recipient="c\r\nd")
    assert owner.spool(first)[0] == 0


def test_a_refused_message_is_handed_over_again_by_the_next_run(owner):
    """And one that is home, if a person wants it: the journal forgets that first."""
    refused, home = owner.standin.put(), owner.standin.put()
    owner.primary.answer = lambda letter, _: "250 Ok" if letter.id == home else "550 no"
    owner.replay()
    owner.primary.answer = lambda *_: "250 Ok"
    for copy_id, state in ((refused, "refused"), (home, "delivered")):
        code, out, err = owner.spool(lambda visit, copy_id=copy_id: retry_copy(visit, copy_id))
        assert (code, err) == (0, "")
        assert f"It was {state} before; `mail-failover replay --url" in out
    assert owner.standin.states() == ["waiting", "waiting"]
    assert owner.replay()[0] == 0
    assert owner.primary.ids == [home, refused, home]


def test_a_message_that_was_put_off_is_due_at_once(owner):
    """Its pauses begin anew."""
    copy_id = owner.standin.put()
    owner.primary.answer = lambda *_: "450 later"
    owner.replay()
    code, out, _ = owner.spool(lambda visit: retry_copy(visit, copy_id))
    assert (code, "It waits; " in out) == (0, True)
    owner.replay()
    assert (owner.primary.asked, owner.standin.kept[copy_id].due) == (2, CAUGHT + 60)


@pytest.mark.parametrize("fault", ["409 before", "500 before"])
def test_a_retry_that_the_door_refuses_changes_nothing_here(owner, fault):
    """If it did not answer, the journal keeps what the person wants."""
    copy_id = owner.standin.put()
    owner.replay()
    owner.standin.fault = lambda name, _: fault if name == "verdict" else ""
    code, _, err = owner.spool(lambda visit: retry_copy(visit, copy_id))
    assert (code, bool(err)) == (4, True)
    with Journal.open(owner.folder) as journal:
        state = journal.get(copy_id, owner.standin.kept[copy_id].sha256).state
    assert state == ("delivered" if fault == "409 before" else "again")


def test_a_retry_where_no_replay_ever_ran_asks_the_door_alone(owner):
    """There is no journal, and none is begun."""
    copy_id = owner.standin.put(state="refused")
    assert owner.spool(lambda visit: retry_copy(visit, copy_id))[0] == 0
    assert (owner.standin.states(), owner.folder.exists()) == (["waiting"], False)
    owner.standin.fault = lambda name, _: "409 before" if name == "verdict" else ""
    assert owner.spool(lambda visit: retry_copy(visit, copy_id))[0] == 4


def test_a_message_in_a_runs_hands_is_not_retried(owner):
    """It is under way."""
    copy_id = owner.standin.put()
    owner.standin._lease({}, b'{"limit": 1}')
    code, said, _ = owner.spool(lambda visit: retry_copy(visit, copy_id), as_json=True)
    assert (code, said["error"]["kind"]) == (1, "Conflict")


@pytest.mark.parametrize("yes", [True, False])
def test_a_message_is_deleted_once_somebody_said_so(owner, yes):
    """It is shown first, and what it weighs."""
    copy_id = owner.standin.put()
    owner.answer = True
    code, out, _ = owner.spool(lambda visit: drop_copy(visit, copy_id, yes=yes))
    assert (code, owner.standin.kept) == (0, {})
    assert owner.asked == ([] if yes else ["Delete it? Nobody else may have it."])
    assert out.startswith(f"waiting  {copy_id}")
    assert "can restore what was deleted" in out


@pytest.mark.parametrize("work", ["drop", "empty"])
def test_nothing_is_deleted_without_a_yes(owner, work):
    """A no is one; so is nobody to ask."""
    copy_id = owner.standin.put()

    def delete(visit):
        return drop_copy(visit, copy_id, yes=False) if work == "drop" else drop_all(visit, yes=False)

    owner.answer = False
    code, out, _ = owner.spool(delete)
    assert (code, out.endswith("Nothing was deleted.\n")) == (1, True)
    owner.answer = None
    code, _, err = owner.spool(delete)
    assert code == 2
    assert f"If you want it: `mail-failover spool {work} " in err
    assert re.search(r" --yes --url [^`]+`\.\n", err)
    owner.answer = True
    code, said, _ = owner.spool(delete, as_json=True)
    assert (code, said["error"]["kind"], len(owner.standin.kept)) == (2, "UsageError", 1)


def test_a_spool_is_emptied_of_what_was_shown(owner):
    """What comes meanwhile stays."""
    owner.standin.put(fate="forwarded")
    owner.standin.put()
    owner.answer = True
    listing, late = owner.standin._list, []

    def more(query, body):
        answer = listing(query, body)
        if not late:
            late.append(owner.standin.put())
        return answer

    owner.standin._list = more
    code, out, _ = owner.spool(lambda visit: drop_all(visit, yes=False))
    assert (code, list(owner.standin.kept)) == (0, late)
    assert out.startswith("2 messages, 36 bytes. Of 1 message this may be the only copy.\n")
    assert owner.asked == ["Delete all of them?"]
    owner.spool(lambda visit: drop_all(visit, yes=True))
    assert owner.spool(lambda visit: drop_all(visit, yes=True)) == (
        0,
        "The spool of example.com is empty.\n",
        "",
    )


def test_what_an_inbox_has_is_no_only_copy(owner):
    """Then the question is a lighter one."""
    owner.standin.put(fate="forwarded")
    owner.standin.put(state="delivered")
    owner.answer = False
    _, out, _ = owner.spool(lambda visit: drop_all(visit, yes=False))
    assert "Your server or an inbox has them all." in out
    owner.spool(lambda visit: drop_copy(visit, next(iter(owner.standin.kept)), yes=False))
    assert owner.asked == ["Delete it? Your server or an inbox has it."]


def test_an_emptying_that_fails_says_how_far_it_came(owner):
    """And one message that changed meanwhile holds up no other."""
    ids = [owner.standin.put() for _ in range(3)]
    gone = owner.standin.put()
    faults = {0: "409 before", 3: "404 before"}
    owner.standin.fault = lambda name, count: faults.get(count, "") if name == "drop" else ""
    code, said, err = owner.spool(lambda visit: drop_all(visit, yes=True), as_json=True)
    assert (code, said["deleted"], "409" in err) == (1, ids[1:], True)
    assert f"{gone} (any more)" in err
    del owner.standin.kept[gone]
    ids = [*ids[:1], owner.standin.put()]
    owner.standin.fault = lambda name, count: "500 before" if (name, count) == ("drop", 5) else ""
    code, said, _ = owner.spool(lambda visit: drop_all(visit, yes=True), as_json=True)
    assert (code, said["deleted"], said["error"]["kind"]) == (4, ids[:1], "Failing")


@pytest.mark.parametrize("work", [show_message, retry_copy, lambda v, i: drop_copy(v, i, yes=True)])
def test_an_id_that_is_none_is_told_with_the_way_to_the_list(owner, work):
    """Nothing else is done."""
    owner.standin.put()
    code, _, err = owner.spool(lambda visit: work(visit, "99-ab"))
    assert (code, len(owner.standin.kept)) == (2, 1)
    assert "99-ab: the spool has no such message. See `mail-failover spool list --url" in err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("list", ("show_list",)),
        ("show 1-a", ("show_message", "1-a")),
        ("export 1-a mail", ("export_copies", "1-a", "mail")),
        ("export --all mail", ("export_copies", "", "mail")),
        ("retry 1-a", ("retry_copy", "1-a")),
        ("drop 1-a --yes", ("drop_copy", "1-a", True)),
        ("empty", ("drop_all", False)),
    ],
)
def test_each_command_leads_to_its_work(monkeypatch, words, meant):
    """With what was typed behind it."""
    done, ways = [], []
    rooms = {"listing": ["show_list"], "message": ["show_message"], "export": ["export_copies"]}
    rooms["change"] = ["retry_copy", "drop_copy", "drop_all"]
    for room, names in rooms.items():
        for name in names:
            note = lambda _visit, *given, name=name, **named: done.append(  # noqa: E731
                (name, *(g if isinstance(g, bool) else str(g) for g in given), *named.values())
            )
            monkeypatch.setattr(f"mail_failover.spool.{room}.{name}", note)

    def visit(way, typed, work, *, as_json):
        ways.append((way, as_json))
        assert [*typed] == [word for word in words.split() if word != "--yes"]
        work(None)
        return 0

    monkeypatch.setattr("mail_failover.spool.run.run", visit)
    line = [*words.split(), "--url", "https://x.example", "--domain", DOMAIN, "--json"]
    assert CliRunner().invoke(commands.app, line).exit_code == 0
    assert done == [meant]
    [(way, as_json)] = ways
    assert (way.url, way.domain, as_json) == ("https://x.example", DOMAIN, True)


def test_without_a_command_there_is_help(monkeypatch, capsys):
    """On stderr, since nothing was done."""
    monkeypatch.setattr(sys, "argv", ["mail-failover", "spool"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert err.startswith("Usage: mail-failover spool")


@pytest.mark.parametrize("words", ["export mail", "export 1-a mail more", "export --all 1-a mail"])
def test_an_export_of_nothing_or_to_nowhere_is_wrong_usage(monkeypatch, capsys, words):
    """It says how it is written."""
    monkeypatch.setattr(sys, "argv", ["mail-failover", "spool", *words.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "Write it like `spool export 12-9f3a5b7c mail`" in capsys.readouterr().err
