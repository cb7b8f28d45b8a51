"""The demo shows the experiment, and its exit code says what the mailboxes hold."""

import asyncio
import sys
from pathlib import Path

import pytest

from mail_failover import cli
from mail_failover.demo import stage, story
from mail_failover.emulator.actors import letters
from mail_failover.emulator.routing.inbox import read_maildir
from mail_failover.errors import UsageError
from standins.events_page import HAPPENINGS, STATES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def checkout(monkeypatch):
    """Start from the checkout."""
    monkeypatch.chdir(ROOT)


def play(keep=None):
    """Run the demo; return its verdict and transcript."""
    lines = []
    good = asyncio.run(story.run(keep, lambda line, _style="": lines.append(line)))
    return good, "\n".join(lines)


def test_the_story_is_told_as_events_too(monkeypatch):
    """Each line of the transcript with its act, and how far the acts have come, as docs/events.md says.

    And the command that begins with the same settings.
    """
    heard, tell = [], story.Feed.tell

    def listen(feed, event, /, **facts):
        heard.append((event, facts))
        tell(feed, event, **facts)

    monkeypatch.setattr(story.Feed, "tell", listen)
    good, transcript = play()
    told = [facts for event, facts in heard if event == "story"]
    acts = [facts["state"] for event, facts in heard if event == "acts"]
    assert good
    assert "\n".join(each["line"] for each in told) == transcript
    assert all(each.keys() == HAPPENINGS["story"] for each in told)
    assert all(each.keys() == STATES["acts"] for each in acts)
    assert [(each["played"], each["playing"]) for each in acts] == [
        (0, False),
        *((played, playing) for n in range(5) for played, playing in ((n, True), (n + 1, False))),
    ]
    assert {each["act"] for each in told} == {0, 1, 2, 3, 4, 5}
    command = next(facts["state"] for event, facts in heard if event == "command")
    assert command == (
        "mail-failover emulate --page --var FALLBACK_INBOXES=anna.backup@example.net"
        " --var PRIMARY_CHECK=mail.example.com:465"
    )


def test_every_message_is_where_it_should_be(tmp_path, monkeypatch):
    """Byte for byte, once, and nothing anywhere else; a second run starts from scratch.

    The transcript tells who sent what, where it landed, what the chat says, with a verdict for each act.
    Whoever plays it on a page may take a quarter of an hour for each.
    """
    act = story.Story.act

    async def later(told):
        told._experiment.pass_time(900)
        await act(told)

    for play_act in (act, later):
        monkeypatch.setattr(story.Story, "act", play_act)
        good, transcript = play(tmp_path)
        assert good
        at_primary = sorted(copy.splitlines()[-1][-14:] for copy in read_maildir(tmp_path / "primary"))
        assert at_primary == [b"Ben", b"Mia", b"be sent again."]
        at_inbox = read_maildir(tmp_path / "fallback" / stage.INBOX)
        assert len(at_inbox) == 9
        assert [path.name for path in (tmp_path / "fallback").iterdir()] == [stage.INBOX]
    for part in (
        "Act 1: your server is up",
        "MX 10 primary: 250 2.0.0 Stored",
        "chat     is told nothing",
        "MX 10 primary: connection refused",
        "Buchung bestätigt: Zürich, 3 Nächte",
        "Bestätigung.pdf",
        "MX 20 edge: 451 4.3.0",
        "Could not hand on a message",
        "Caught 7 more messages",
        "in place of the outage's first alert",
        "mail.example.com:465: no answer",
        "No inbox took a message: it is held",
        "in the spool",
        "mail-failover replay --to smtp://127.0.0.1:",
        "1 of 1 message home.",
        "1 of 1 kept messages is home",
        "Act 5: as it should be",
        "Every message is where it should be.",
    ):
        assert part in transcript
    assert "\u202e" not in transcript


WORKERS = {
    "loses": "pass",
    "duplicates": "f = message['forward']; await f(INBOX); await f('other@example.net')",
    "rejects": "message['setReject']('no')",
    "tells nobody": "await message['forward'](INBOX)",
}


@pytest.mark.parametrize("body", WORKERS.values(), ids=WORKERS)
def test_a_worker_that_fails_its_promise_fails_the_demo(tmp_path, monkeypatch, capsys, body):
    """The exit code is 1, and the transcript says which act."""
    (tmp_path / "wrangler.toml").write_text('main = "entry.py"\n')
    (tmp_path / "entry.py").write_text(
        "from workers import WorkerEntrypoint\n"
        f"INBOX = {stage.INBOX!r}\n"
        "class Default(WorkerEntrypoint):\n"
        "    async def email(self, message):\n"
        f"        {body}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mail-failover", "demo"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert end.value.code == 1
    assert "Act 1: as it should be" in out
    assert "Act 2: FAILED" in out
    assert "\x1b" not in out


def test_an_act_that_breaks_off_has_failed_and_the_next_ones_are_played(monkeypatch):
    """On a page nobody waits for it, and an act that never ends would keep the stage."""

    async def broken(_stage):
        raise UsageError("Port 25 is in use.")

    monkeypatch.setattr(story, "ACTS", (("first", broken), *story.ACTS[:1]))
    good, transcript = play()
    assert not good
    assert "  FAILED   UsageError: Port 25 is in use." in transcript
    assert "Act 2: as it should be" in transcript


def test_the_demo_exits_with_0_and_says_where_the_mailboxes_are(tmp_path, monkeypatch, capsys):
    """Without colour where there is no terminal; an empty line before each act, no line break spelled out."""
    monkeypatch.setattr(sys, "argv", ["mail-failover", "demo", "--keep", str(tmp_path / "kept")])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert out.rstrip().endswith(f"Mailboxes: {tmp_path / 'kept'}")
    assert all(f"\n\nAct {number}: " in out for number in range(1, 6))
    assert not any(text in out for text in ("\x1b", "\\u000a"))


def test_mailboxes_that_no_demo_made_are_left_alone(tmp_path):
    """The demo refuses to begin."""
    (tmp_path / "primary").mkdir()
    with pytest.raises(UsageError, match="no demo made"):
        play(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["primary"]


def test_the_worker_is_found_from_anywhere(tmp_path, monkeypatch):
    """In the checkout that the code runs from; another project's wrangler.toml is passed over."""
    (tmp_path / "wrangler.toml").write_text('main = "index.js"\n')
    monkeypatch.chdir(tmp_path)
    good, transcript = play()
    assert good
    assert str(ROOT / "src" / "entry.py") in transcript


def test_differences_name_what_is_missing_doubled_or_strange():
    """Each letter once, and nothing else."""
    lunch, plumber = letters.lunch(), letters.plumber()
    found = [b"trace " + lunch.content, lunch.content, b"what is this"]
    assert list(stage.differences("the inbox", found, [lunch, plumber])) == [
        'the inbox has 2 copies of "Lunch on Sunday?" instead of one',
        'the inbox has 0 copies of "Tomorrow at nine" instead of one',
        "the inbox has 1 messages that should not be there",
    ]


@pytest.mark.parametrize("write", [letters.lunch, letters.booking, letters.newsletter, letters.hostile])
def test_letters_are_proper_mail(write):
    """CRLF at every line's end, the fields of RFC 5322, no line over 998 bytes."""
    letter = write()
    assert letter.content.count(b"\n") == letter.content.count(b"\r\n")
    assert letter.content.endswith(b"\r\n")
    for name in (b"From: ", b"Date: ", b"Message-ID: ", b"Subject: "):
        assert letter.content.count(b"\r\n" + name) + letter.content.startswith(name) == 1
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
