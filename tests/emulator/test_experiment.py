"""The three actors together: mail goes where it would go, and the feed is told every step of it."""

import asyncio
import threading

import pytest

from mail_failover.emulator import experiment as emulator_experiment
from mail_failover.emulator.actors import letters
from mail_failover.emulator.actors.sender import FIRST_WAIT, GIVES_UP_AFTER, SESSIONS, Sent
from mail_failover.emulator.experiment import BusyError
from mail_failover.emulator.routing.inbox import read_maildir
from mail_failover.errors import UsageError
from standins.experiment import INBOX, experiment, told, until


def facts(events, *names):
    """Return these facts of each event."""
    return [tuple(event[name] for name in names) for event in events]


def test_a_message_is_followed_from_the_sender_to_the_inbox(tmp_path):
    """By one name at every hop; the primary refuses the connection, the edge takes it, an inbox has it."""

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.stop_primary()
            letter = letters.booking()
            assert await playing.send(letter) is Sent.TAKEN
            await playing.emulator.edge.drain()
            return letter, told(playing)

    letter, events = asyncio.run(run())
    name = letter.fingerprint
    assert [
        (each["event"], *(each.get(key) for key in ("to", "result", "place")))
        for each in events
        if each.get("message") == name
    ] == [
        ("sent", "anna@example.com", None, None),
        ("tried", "primary", "unreachable", None),
        ("stored", None, None, INBOX),
        ("caught", "anna@example.com", None, None),
        ("tried", "edge", "taken", None),
    ]
    assert facts([e for e in events if e["event"] == "post"], "service", "live") == [
        ("slack", []),
        ("telegram", []),
    ]
    stored = next(each for each in events if each["event"] == "stored")
    assert stored["subject"] == "Buchung bestätigt: Zürich, 3 Nächte"
    assert (tmp_path / "fallback" / INBOX / "new" / stored["name"]).read_bytes().endswith(letter.content)


def test_what_no_inbox_takes_for_now_waits_at_the_sender_until_its_time_has_come(tmp_path):
    """Time that is let pass brings it; nobody has to ask."""

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.stop_primary()
            playing.fail("forward", "transient")
            assert await playing.send(letters.plumber()) is Sent.KEPT
            playing.fail("forward", "")
            playing.pass_time(FIRST_WAIT + 1)
            await until(playing, lambda: told(playing, "stored"))
            await until(playing, lambda: not playing.feed.states["sender"]["waiting"])
            return told(playing)

    events = asyncio.run(run())
    (waits,) = [each for each in events if each["event"] == "waits"]
    assert waits["tries"] == 1
    results = facts([e for e in events if e["event"] == "tried"], "to", "result")
    assert results == [
        ("primary", "unreachable"),
        ("edge", "later"),
        ("primary", "unreachable"),
        ("edge", "taken"),
    ]


def test_a_sender_gives_up_after_five_days(tmp_path):
    """And says so."""

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.stop_primary()
            playing.fail("forward", "transient")
            await playing.send(letters.plumber())
            playing.pass_time(GIVES_UP_AFTER)
            await until(playing, lambda: told(playing, "bounced"))
            return playing.sender.queue, told(playing, "bounced")

    queue, (bounced,) = asyncio.run(run())
    assert queue == []
    assert bounced["reply"].startswith("451 ")


def test_what_is_held_comes_home_and_is_the_same_message_there(tmp_path, monkeypatch):
    """The spool is switched on for this run; the replay is the command's own, wherever one stands."""
    (tmp_path / "typer.py").write_text("raise SystemExit('not of this program')")
    monkeypatch.chdir(tmp_path)

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.stop_primary()
            playing.open_spool()
            playing.fail("forward", "permanent")
            letter = letters.tickets()
            assert await playing.send(letter) is Sent.TAKEN
            await until(playing, lambda: playing.feed.states["spool"] == {"on": True, "waiting": 1})
            await playing.start_primary()
            playing.replay_all()
            with pytest.raises(BusyError, match="a replay"):
                playing.burst(1)
            await until(playing, lambda: any(each["ended"] == 0 for each in told(playing, "replay")))
            await until(playing, lambda: playing.feed.states["spool"]["waiting"] == 0)
            return letter, told(playing)

    letter, events = asyncio.run(run())
    (caught,) = [each for each in events if each["event"] == "caught"]
    assert (caught["held"], caught["inboxes"]) == (True, [])
    (stored,) = [each for each in events if each["event"] == "stored"]
    assert (stored["place"], stored["message"]) == ("primary", letter.fingerprint)
    (copy,) = read_maildir(tmp_path / "primary")
    assert copy.endswith(letter.content)
    assert "1 of 1 message home." in " ".join(each["line"] for each in events if each["event"] == "replay")


def test_a_burst_arrives_each_message_once(tmp_path):
    """A few at a time; another may not begin meanwhile."""

    async def run():
        async with experiment(tmp_path) as playing:
            playing.burst(30)
            with pytest.raises(BusyError, match="a burst of 30"):
                playing.burst(1)
            await until(playing, lambda: playing.feed.states["primary"]["stored"] == 30)
            return playing.feed.states["primary"]["stored"], playing.feed.states["sender"]["sent"]

    assert asyncio.run(run()) == (30, 30)
    assert len({copy.split(b"Message-ID: ")[1] for copy in read_maildir(tmp_path / "primary")}) == 30


def test_a_burst_is_written_as_it_is_sent(tmp_path):
    """To write 2,000 messages takes seconds, in which nothing else would be done."""
    written = []

    def write():
        for letter in letters.many(3 * SESSIONS):
            written.append(letter)
            yield letter

    async def run():
        async with experiment(tmp_path) as playing:
            playing.do("a burst", playing.send_all(write()))
            await until(playing, lambda: told(playing, "tried"))
            return len(written), len(told(playing, "tried"))

    begun, tried = asyncio.run(run())
    assert begun <= SESSIONS + tried < 3 * SESSIONS


def test_only_so_many_messages_are_on_their_way_at_once(tmp_path, monkeypatch):
    """An inbox that hangs must not let them pile up."""
    monkeypatch.setattr(emulator_experiment, "MOST_AT_ONCE", 3)

    async def run():
        async with experiment(tmp_path) as playing:
            for _ in range(3):
                playing.post(letters.lunch())
            with pytest.raises(BusyError, match="3 messages are under way"):
                playing.post(letters.lunch())

    asyncio.run(run())


def test_a_primary_that_is_stopped_and_started_at_once_is_in_the_end_what_was_asked_last(tmp_path):
    """One after the other, so that none of it is in the way of the next."""

    async def run():
        async with experiment(tmp_path) as playing:
            await asyncio.gather(playing.stop_primary(), playing.start_primary(), playing.start_primary())
            up = playing.primary.is_up, await playing.send(letters.lunch())
            await playing.stop_primary()
            await asyncio.gather(playing.start_primary(), playing.stop_primary())
            await playing.send(letters.lunch())
            return up, facts(told(playing, "tried"), "to", "result")

    up, tries = asyncio.run(run())
    assert up == (True, Sent.TAKEN)
    assert tries == [("primary", "taken"), ("primary", "unreachable"), ("edge", "taken")]


def test_a_page_that_tells_whether_the_primary_is_up_is_its_primary_s(tmp_path):
    """Nobody's own server is asked, and whoever stops the primary sees what the Worker makes of it."""

    async def run():
        async with experiment(tmp_path) as playing:
            playing.configure({"PRIMARY_CHECK": "https://mail.example.com/health, https://MAIL.example.net"})
            await playing.emulator.take("ben@friends.example", ["anna@example.com"], b"x\r\n")
            await until(playing, lambda: asked(playing))
            await playing.stop_primary()
            await playing.emulator.take("ben@friends.example", ["anna@example.org"], b"x\r\n")
            await until(playing, lambda: len(asked(playing)) == 3)
            return asked(playing)

    def asked(playing):
        requests = facts(told(playing, "request"), "service", "host", "status")
        return [(host, status) for service, host, status in requests if not service]

    up, *down = asyncio.run(run())
    assert up == ("mail.example.com", 200)
    assert sorted(down) == [("mail.example.com", 0), ("mail.example.net", 0)]


def test_what_breaks_off_is_told(tmp_path):
    """It was begun by somebody who does not wait for it."""

    async def broken():
        raise OSError("no room")

    async def run():
        async with experiment(tmp_path) as playing:
            playing.do("a replay", broken())
            await until(playing, lambda: told(playing, "log"))
            playing.do("a retry", playing.retry())
            return told(playing, "log")

    (log,) = asyncio.run(run())
    assert log["line"] == "a replay: OSError: no room"


def test_settings_are_changed_for_this_run_and_back(tmp_path):
    """An inbox that is named from now on is one that forward may use; what the files say comes back."""
    other = "other@example.org"

    async def run():
        async with experiment(tmp_path) as playing:
            playing.configure({"FALLBACK_INBOXES": other, "ALERT_MINUTES": "1"})
            await until(playing, lambda: playing.feed.states["inboxes"][0]["address"] == other)
            changed = playing.feed.states["command"]
            await playing.stop_primary()
            await playing.send(letters.lunch())
            playing.configure({"FALLBACK_INBOXES": None, "ALERT_MINUTES": None})
            await until(playing, lambda: playing.feed.states["inboxes"][0]["address"] == INBOX)
            return changed, playing.feed.states, told(playing, "stored")

    changed, states, (stored,) = asyncio.run(run())
    assert changed == f"mail-failover emulate --page --var FALLBACK_INBOXES={other} --var ALERT_MINUTES=1"
    assert stored["place"] == other
    assert states["command"] == "mail-failover emulate --page"
    assert not any(row["changed"] for row in states["settings"]["variables"])


def test_a_wrong_setting_is_told_with_its_fix_and_mail_goes_on(tmp_path):
    """As the Worker reads it."""

    async def run():
        async with experiment(tmp_path) as playing:
            playing.configure({"ALERT_MINUTES": "soon"})
            await until(playing, lambda: playing.feed.states["settings"]["problems"])
            await playing.stop_primary()
            sent = await playing.send(letters.lunch())
            return sent, playing.feed.states["settings"]["problems"]

    sent, (problem,) = asyncio.run(run())
    assert sent is Sent.TAKEN
    assert problem.startswith("ALERT_MINUTES")


def test_no_secret_is_told(tmp_path):
    """Not the stand-ins', not the spool's; not in a state, an event, or the command to paste."""

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.stop_primary()
            playing.open_spool()
            playing.fail("forward", "permanent")
            await playing.send(letters.tickets())
            await playing.start_primary()
            await until(playing, lambda: playing.feed.states["spool"]["waiting"])
            assert await playing.replay("example.com") == 0
            await playing.emulator.edge.drain()
            secrets = [
                playing.emulator.variables[name]
                for name in playing.emulator.secrets & {*playing.emulator.variables}
            ]
            return secrets, "\n".join(each.line for each in playing.feed.since(0, 10_000))

    secrets, everything = asyncio.run(run())
    assert len(secrets) == 3
    for secret in secrets:
        assert secret not in everything
        assert secret.rpartition("/")[2].rpartition(":")[2] not in everything


WRONG = {
    "no such kind": (lambda playing: playing.fail("forward", "sideways"), "forward can fail as transient"),
    "no such target": (lambda playing: playing.fail("nobody", "500"), "nothing of that name fails"),
    "not played": (
        lambda playing: playing.fail("ntfy", "500"),
        "it is not played. Have it played: --play ntfy.",
    ),
    "a setting's name": (lambda playing: playing.configure({"ALERT_MINUTE": "1"}), "no such setting"),
    "a chat's secret": (
        lambda playing: playing.configure({"SLACK_WEBHOOK_URL": "x"}),
        "which chats there are",
    ),
    "a chat's server": (
        lambda playing: playing.configure({"TELEGRAM_API_URL": "x"}),
        "which chats there are",
    ),
    "backwards": (lambda playing: playing.pass_time(-1), "The clock goes forward"),
    "no number": (lambda playing: playing.pass_time(float("nan")), "The clock goes forward"),
    "no message": (lambda playing: playing.burst(0), "Ask for 1 to 2000"),
    "too many": (lambda playing: playing.burst(2001), "Ask for 1 to 2000"),
    "no spool": (lambda playing: playing.replay_all(), "SPOOL_TOKEN is not set"),
}


def test_what_can_not_be_done_is_refused_with_the_reason(tmp_path):
    """And nothing has changed then."""

    async def run():
        async with experiment(tmp_path) as playing:
            before = playing.feed.last, dict(playing.emulator.variables)
            for name, (attempt, reason) in WRONG.items():
                with pytest.raises(UsageError) as refused:
                    attempt(playing)
                assert reason in str(refused.value), name
            assert (playing.feed.last, playing.emulator.variables) == before
            assert playing.emulator.faults.left() == []
            playing.open_spool()
            await until(playing, lambda: playing.feed.states["spool"]["on"])
            with pytest.raises(UsageError, match="nothing to bring home"):
                playing.replay_all()

    asyncio.run(run())


def test_no_thread_of_the_sender_is_in_a_session_after_the_end(tmp_path):
    """It would go on with a server that is there no more."""

    async def run():
        async with experiment(tmp_path) as playing:
            for _ in range(3):
                playing.post(letters.lunch())
        return [each.name for each in threading.enumerate() if each.name.startswith("sender")]

    assert asyncio.run(run()) == []


def test_a_replay_that_breaks_off_leaves_no_process_behind(tmp_path, monkeypatch):
    """Whatever breaks it off: here it is whoever is told its lines."""
    begun, start = [], asyncio.create_subprocess_exec

    async def remembered(*words, **options):
        begun.append(await start(*words, **options))
        return begun[-1]

    def fail(_line):
        raise RuntimeError("nobody listens")

    async def run():
        async with experiment(tmp_path) as playing:
            playing.open_spool()
            with pytest.raises(RuntimeError, match="nobody listens"):
                await playing.replay("example.com", fail)
            return begun[0].returncode

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    assert asyncio.run(run()) is not None
