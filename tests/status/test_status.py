"""What `status` says of a domain, and which of it needs a person."""

import json
import re
import time

import pytest
from typer.testing import CliRunner

from mail_failover import cli
from mail_failover.status import run as run_module
from mail_failover.status.run import World, run
from standins.door import DOMAIN, OUTAGE, TOKEN, Door, Link
from standins.homeward import Operator

TO = "--to smtp://127.0.0.1:25 --url http://127.0.0.1:8787 --domain example.com --state"
OVER = {**OUTAGE, "ended": 1_795_003_600.0}
CHAT = {"channel": "telegram 4711", "waiting": 0, "given_up": 0, "due": 0.0}
EMPTY = {"waiting": 0, "leased": 0, "refused": 0, "delivered": 0, "bytes": 0, "most": 1_000}


class Owner(Operator):
    """Types `status`."""

    def status(self, *, as_json=False, **said):
        """Run it for a Worker that says this; return the exit code and what was said."""
        self.standin.said = said
        code = run(self.way, as_json=as_json, world=World(Link(self.standin), self.pause))
        out, err = self._capsys.readouterr()
        assert TOKEN not in out + err
        return code, (json.loads(out) if as_json else out), err


@pytest.fixture
def owner(tmp_path, capsys, monkeypatch):
    """Put an owner before a Worker of which nothing is known."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield Owner(tmp_path, Door(), capsys)
    monkeypatch.undo()
    time.tzset()


def test_a_domain_for_which_nothing_was_caught_is_well(owner):
    """In two lines."""
    assert owner.status() == (0, "example.com: no outage is written down.\nAll is well.\n", "")


def test_an_outage_that_is_over_and_home_is_well(owner):
    """With its span, what became of its mail, the chats, the spool."""
    owner.standin.put(state="delivered")
    outage = {**OVER, "kept": 3, "home": 2, "refused": 1, "waiting": 1, "returned": 2}
    code, out, err = owner.status(outage=outage, outbox=[CHAT], untold=2)
    assert (code, err) == (0, "")
    span = "since 2026-11-18 12:06 +0100 until 2026-11-18 13:06 +0100"
    fates = "4 caught, 1 forwarded, 3 held, 1 waiting with their senders, 2 came back; 2 of 3 home, 1 refused"
    assert out.splitlines() == [
        f"example.com: outage 3 {span}: {fates}.",
        "  2 messages yet to be told together",
        "  telegram 4711: none waiting",
        "  spool: 0 to come home, 0 refused, 1 home; 18 bytes of 2000.0 MB",
        "All is well.",
    ]


def test_each_outage_that_goes_on_has_a_line(owner):
    """That of an audience says whose mail it is; the one that is told first is not said twice."""
    hers = OUTAGE | {"number": 4, "audience": "anna@example.com"}
    _, out, _ = owner.status(outage=OUTAGE, outages=[OUTAGE, hers])
    lines = [line for line in out.splitlines() if "and it goes on" in line]
    assert len(lines) == 2
    assert lines[0].startswith("example.com: outage 3 since 2026-11-18 12:06 +0100 and it goes on")
    assert lines[1].startswith("  outage 4 of anna@example.com since 2026-11-18 12:06 +0100 and it goes on")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"outage": OUTAGE},
            rf"The outage goes on\. See to your server\. .*`mail-failover replay {TO} [^`]+`",
        ),
        (
            {"spool": EMPTY | {"refused": 2}},
            r"2 messages refused by your server, and kept\. `mail-failover spool list",
        ),
        ({"outage": OVER, "spool": EMPTY | {"waiting": 1}}, rf"1 message to come home\. On .* replay {TO}"),
        ({"spool": EMPTY | {"leased": 1, "bytes": 801}}, r"The spool is 80 % full\. Fetch"),
        (
            {"outbox": [CHAT | {"given_up": 2}]},
            r"telegram 4711 was never told of 2 alerts\. `mail-failover doctor --domain example\.com --chat`",
        ),
    ],
)
def test_what_needs_a_person_is_exit_code_1_and_says_what_to_do(owner, said, words):
    """For a monitoring tool, and for who reads its mail."""
    code, out, err = owner.status(**said)
    assert (code, err) == (1, "")
    assert re.search(words, out)
    assert "All is well" not in out
    code, value, _ = owner.status(as_json=True, **said)
    assert (code, value["exit_code"], len(value["needs"])) == (1, 1, 1)
    assert all(value["needs"][0].values())


@pytest.mark.parametrize(
    "said",
    [
        {"spool": EMPTY | {"leased": 1, "bytes": 800}},
        {"outbox": [CHAT | {"waiting": 3, "due": 1_795_000_000.0}], "outage": OVER},
        {"untold": 4},
        {"spool": EMPTY | {"most": 0}},
        {"spool": EMPTY | {"delivered": 9, "bytes": 999}},
        {"blocked": {"count": 9, "since": 1_795_000_000.0}},
    ],
)
def test_what_is_under_way_needs_nobody(owner, said):
    """A replay at work, a chat that is asked again, messages yet to be told; what was refused or is home."""
    assert owner.status(**said)[0] == 0


def test_mail_that_waits_during_an_outage_is_one_thing_to_see_to(owner):
    """The server comes first."""
    code, out, _ = owner.status(outage=OUTAGE, spool=EMPTY | {"waiting": 3})
    assert (code, out.count("replay")) == (1, 1)
    assert "spool: 3 to come home" in out


def test_a_chat_that_is_asked_again_says_when(owner):
    """And what it was never told."""
    chat = CHAT | {"waiting": 3, "given_up": 1, "due": 1_795_000_000.0}
    out = owner.status(outbox=[chat])[1]
    assert "  telegram 4711: 3 waiting, asked again at 2026-11-18 12:06 +0100, 1 given up\n" in out


def test_whom_the_owner_blocks_is_counted(owner):
    """And since when; where nobody was refused, nothing is said of it."""
    blocked = {"count": 9, "since": 1_795_000_000.0}
    out = owner.status(blocked=blocked)[1]
    assert "  9 messages refused by BLOCK since 2026-11-18 12:06 +0100\n" in out
    assert owner.status(as_json=True, blocked=blocked)[1]["blocked"] == blocked
    assert "BLOCK" not in owner.status()[1]


def test_json_has_every_fact(owner):
    """Times in seconds; an outage that goes on has no end."""
    owner.standin.put()
    code, said, _ = owner.status(as_json=True, outage=OUTAGE, outbox=[CHAT], next=1_795_000_900)
    assert (code, said["version"], said["domain"], said["url"]) == (1, 1, DOMAIN, "http://127.0.0.1:8787")
    assert (said["outage"]["ended"], said["outage"]["began"], said["outage"]["held"]) == (
        None,
        1_795_000_000,
        3,
    )
    assert (said["outbox"], said["untold"], said["next"]) == ([CHAT], 0, 1_795_000_900)
    assert said["spool"]["waiting"] == 1
    assert owner.status(as_json=True, outage=OVER)[1]["outage"]["ended"] == OVER["ended"]
    assert owner.status(as_json=True)[1]["outage"] is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("403 before", "Barred"), ("nonsense", "NotUnderstood"), ("500 before", "Failing"), ("slow", "Lost")],
)
def test_a_door_that_fails_is_exit_code_4(owner, fault, kind):
    """In the words of `spool` and `replay`, with this command in them."""
    owner.standin.fault = lambda *_: fault
    code, out, err = owner.status()
    assert (code, out, err.count("\n")) == (4, "", 2)
    code, said, _ = owner.status(as_json=True)
    assert (code, said["error"]["kind"]) == (4, kind)
    if kind == "NotUnderstood":
        assert "then run `mail-failover status --url http://127.0.0.1:8787 --domain" in err.lower()


def test_without_a_token_it_is_wrong_usage(owner):
    """As for `spool`."""
    owner.token("short")
    code, out, err = owner.status()
    assert (code, out) == (2, "")
    assert "holds no token of a spool" in err


def test_a_hostile_word_stays_a_word(owner):
    """Whoever stands in the Worker's place."""
    out = owner.status(outbox=[CHAT | {"channel": "a\x1b[2J\nAll is well."}])[1]
    assert "\x1b" not in out
    assert out.count("\nAll is well.") == 1


def test_the_options_mean_what_they_say(monkeypatch):
    """As those of `spool`."""
    given = []
    monkeypatch.setattr(run_module, "run", lambda way, *, as_json: given.append((way, as_json)) or 7)
    line = "status --url https://w.test --domain a.test --token-file t --state s --json"
    assert CliRunner().invoke(cli.app, line.split()).exit_code == 7
    [(way, as_json)] = given
    words = ("--url", "https://w.test", "--domain", "a.test", "--token-file", "t", "--state", "s")
    assert (way.words, as_json) == (words, True)
