"""`emulate` as it is typed: what its help lists, and what it says at the start."""

import asyncio
import re
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.emulator import options as told_options
from mail_failover.emulator import play
from mail_failover.emulator.faults import KINDS
from mail_failover.emulator.options import Options
from mail_failover.emulator.routing.certificate import CertificateError
from mail_failover.emulator.routing.smtp import is_exposed
from mail_failover.errors import UsageError
from mail_failover.settings.local import judge

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "src" / "entry.py"
TOKEN = "123456789:AAbbCCddEEffGG"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/x"
INBOXES = 'FALLBACK_INBOXES=["you@example.net"]'


def told(folder, *variables, main=MAIN, inboxes=(INBOXES,), **options):
    """Start `emulate` with these settings, stop it when it serves, and return what it said."""
    (folder / "wrangler.toml").write_text(f'main = "{main}"\n')
    lines = []

    def say(line):
        lines.append(line)
        if line.startswith("Try it"):
            signal.raise_signal(signal.SIGINT)

    given = options_of(folder) | {"variables": (*inboxes, *variables)}
    asyncio.run(play.run(Options(**given | options), say))
    assert lines[-1] == "Stopped."
    return lines


def options_of(folder):
    """Return the options that `emulate` has by default, with a free port."""
    return {
        "host": "127.0.0.1",
        "port": 0,
        "domains": (),
        "config": folder / "wrangler.toml",
        "data": folder / "mail",
        "relay": "",
        "verified": (),
        "faults": (),
        "variables": (INBOXES,),
        "shape": "dict",
    }


def help_of(command):
    """Return a command's help, its lines joined."""
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    return " ".join(done.output.split())


@pytest.mark.parametrize("target", KINDS)
def test_help_lists_what_can_fail_and_how(target):
    """Every kind of every target."""
    assert f"{target}: {', '.join(KINDS[target])}" in help_of("emulate")


@pytest.mark.parametrize("command", ["emulate", "demo", "watch"])
def test_help_has_an_example(command):
    """On one line, to be pasted."""
    output = CliRunner().invoke(app, [command, "--help"], terminal_width=80).output
    assert re.search(rf"^ +Example: mail-failover {command} --\S+ \S+", output, re.MULTILINE)


def test_settings_are_checked_at_the_start_as_the_worker_checks_them(tmp_path):
    """In its own words; it starts all the same, since that is what the Worker does."""
    lines = told(tmp_path, "ALERT_DETAIL=subjekt", "FALLBACK_MODE=frist", "TELEGRAM_THREAD_ID=x")
    place = lines.index("What the Worker can't use of them:")
    problems = judge(
        MAIN, {"FALLBACK_INBOXES": "you@example.net", "ALERT_DETAIL": "subjekt", "FALLBACK_MODE": "frist"}
    ).problems
    assert len(problems) == 2
    assert {f"  {problem}" for problem in problems} < set(lines[place:])
    assert any(line.startswith("  TELEGRAM_THREAD_ID: ") for line in lines[place:])


def test_good_settings_are_not_remarked_on(tmp_path):
    """A secret that the stand-in makes up is not missed either."""
    assert not [line for line in told(tmp_path, "TELEGRAM_CHAT_ID=1") if "can't use" in line]


def test_a_secret_that_is_missing_beside_another_is_a_problem(tmp_path):
    """Then no chat is played, and this one would tell nobody."""
    lines = told(tmp_path, f"SLACK_WEBHOOK_URL={WEBHOOK}", "TELEGRAM_CHAT_ID=1")
    assert "Telegram: tells nobody: TELEGRAM_BOT_TOKEN can't be used, see below" in lines
    assert "Slack: the real service" in lines
    assert any(line.startswith("  TELEGRAM_BOT_TOKEN: is missing") for line in lines)


@pytest.mark.parametrize(
    ("variables", "telegram", "slack"),
    [
        ([], "played here", "played here"),
        ([" "], "played here", "played here"),
        (
            [f"TELEGRAM_BOT_TOKEN={TOKEN}", "TELEGRAM_CHAT_ID=1"],
            "the real service",
            "not used",
        ),
        ([f"TELEGRAM_BOT_TOKEN={TOKEN}"], "tells nobody: TELEGRAM_CHAT_ID can't be used", "not used"),
        (
            ["TELEGRAM_BOT_TOKEN=hush", "TELEGRAM_CHAT_ID=1"],
            "tells nobody: TELEGRAM_BOT_TOKEN can't",
            "not used",
        ),
        (
            [
                f"TELEGRAM_BOT_TOKEN={TOKEN}",
                "TELEGRAM_CHAT_ID=1",
                "TELEGRAM_API_URL=https://bots.example.org",
            ],
            "another server in its place",
            "not used",
        ),
        ([f"SLACK_WEBHOOK_URL={WEBHOOK}"], "not used", "the real service"),
        (["SLACK_WEBHOOK_URL=hush"], "not used", "tells nobody: SLACK_WEBHOOK_URL can't be used"),
        (["SLACK_WEBHOOK_URL=http://127.0.0.1:1/x"], "not used", "another server in its place"),
        (["SLACK_BOT_TOKEN=xoxb-12345-12345"], "not used", "tells nobody: SLACK_CHANNEL can't be used"),
        (["SLACK_BOT_TOKEN=xoxb-12345-12345", "SLACK_CHANNEL=C1"], "not used", "the real service"),
        (["SLACK_BOT_TOKEN=hush", f"SLACK_WEBHOOK_URL={WEBHOOK}"], "not used", "the real service"),
    ],
)
def test_who_answers_for_a_chat_is_said_as_the_worker_will_have_it(tmp_path, variables, telegram, slack):
    """The real service only for what can be its token; no value is shown."""
    variables = ["TELEGRAM_BOT_TOKEN= " if text == " " else text for text in variables]
    lines = told(tmp_path, *variables)
    [unused] = [line for line in lines if line.startswith("Not used, since no secret of theirs is set: ")]
    for title, said in (("Telegram", telegram), ("Slack", slack)):
        found = [line for line in lines if line.startswith(f"{title}: ")]
        assert (title in unused) == (said == "not used") == (not found)
        assert all(line.startswith(f"{title}: {said}") for line in found)
    assert not [line for line in lines if "hush" in line or TOKEN in line]


def test_another_worker_is_not_judged_by_this_ones_rules(tmp_path):
    """Its settings mean what it makes of them."""
    (tmp_path / "entry.py").write_text(
        "from workers import WorkerEntrypoint\nclass Default(WorkerEntrypoint):\n    pass\n"
    )
    lines = told(tmp_path, "ALERT_DETAIL=subjekt", "TELEGRAM_BOT_TOKEN=hush", main="entry.py")
    assert not [line for line in lines if "can't use" in line or "real service" in line]
    assert (
        "Telegram: asked if the Worker does; its settings are not this project's, so nobody checked them"
        in lines
    )
    assert "Not used, since no secret of theirs is set: Slack, ntfy," in "\n".join(lines)


PLAYS = "FALLBACK_INBOXES is not set: here {} plays it; name yours in .dev.vars."


def test_without_an_inbox_one_is_played_and_that_is_said(tmp_path):
    """It is no setting, and nothing is amiss; one that was called verified serves instead."""
    lines = told(tmp_path, inboxes=())
    assert PLAYS.format("you@example.net") in lines
    assert any(line.startswith("Inboxes: you@example.net (") for line in lines)
    assert not [line for line in lines if "FALLBACK_INBOXES = " in line or "can't use" in line]
    lines = told(tmp_path, inboxes=(), verified=["anna@example.net"])
    assert PLAYS.format("anna@example.net") in lines


@pytest.mark.parametrize("value", ["", "anna@example.net"])
def test_whoever_named_an_inbox_gets_that_and_no_other(tmp_path, value):
    """Also where the name is empty, which the Worker can't use."""
    lines = told(tmp_path, inboxes=(f"FALLBACK_INBOXES={value}",))
    [line] = [line for line in lines if line.startswith("Inboxes: ")]
    assert line.startswith(f"Inboxes: {value or 'none is verified, set FALLBACK_INBOXES'} (")
    assert not [line for line in lines if "plays it" in line]


def test_another_worker_is_given_no_inbox(tmp_path):
    """Nobody knows what it makes of one."""
    (tmp_path / "entry.py").write_text(
        "from workers import WorkerEntrypoint\nclass Default(WorkerEntrypoint):\n    pass\n"
    )
    lines = told(tmp_path, main="entry.py", inboxes=())
    assert any(line.startswith("Inboxes: none is verified, set FALLBACK_INBOXES") for line in lines)


def test_the_workers_web_address_is_said(tmp_path):
    """On a port of its own, which can be chosen."""
    [line] = [line for line in told(tmp_path) if line.startswith("Door: ")]
    assert re.fullmatch(r"Door: http://127\.0\.0\.1:\d+", line)
    with pytest.raises(UsageError, match="Port 99999: there is none; choose another with --http-port"):
        told(tmp_path, http_port=99999)


def test_loopback_is_not_warned_about(tmp_path):
    """Nobody else reaches it."""
    lines = told(tmp_path)
    assert lines[0].startswith("The edge listens on 127.0.0.1:")
    assert not [line for line in lines if line.startswith("Careful")]


def test_an_address_that_others_reach_is_warned_about(tmp_path, monkeypatch):
    """At once, and in one line."""
    monkeypatch.setattr(told_options, "is_exposed", lambda host: host == "127.0.0.1")
    assert told(tmp_path)[1].startswith("Careful: whoever reaches that address can hand in mail")


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        *(("127.0.0.1", False), ("127.0.0.53", False), ("::1", False)),
        *(("0.0.0.0", True), ("::", True), ("172.17.0.1", True), ("192.0.2.1", True), ("fe80::1%eth0", True)),  # noqa: S104 - looked at, not listened on
    ],
)
def test_only_loopback_is_out_of_reach(address, exposed):
    """Docker's bridge is not, nor is a private network."""
    assert is_exposed(address) is exposed


@pytest.mark.parametrize(
    ("host", "port", "shown", "near"),
    [
        ("127.0.0.1", 1, "127.0.0.1:1", "127.0.0.1:1"),
        ("0.0.0.0", 2525, "0.0.0.0:2525", "127.0.0.1:2525"),  # noqa: S104
        ("::", 2525, "[::]:2525", "[::1]:2525"),
        ("::1", 2525, "[::1]:2525", "[::1]:2525"),
        ("172.17.0.1", 2525, "172.17.0.1:2525", "172.17.0.1:2525"),
    ],
)
def test_addresses_are_shown_so_that_they_can_be_pasted(host, port, shown, near):
    """Where it listens, and where to try it."""
    assert told_options.where(host, port) == shown
    assert told_options.near(host, port) == near


def test_the_recipients_that_are_taken_are_named(tmp_path):
    """And the line to try out has one of them."""
    lines = told(tmp_path, domains=["Example.com", "müller.example"])
    assert "Recipients: of example.com, xn--mller-kva.example; others get 550" in lines
    assert [
        line for line in lines if line.startswith("Try it: ") and " --mail-rcpt anna@example.com " in line
    ]
    assert "Recipients: of any domain; --domain names those to take" in told(tmp_path)


def fail():
    """Stand in for a machine without openssl."""
    raise CertificateError("openssl is not installed")


def test_with_openssl_it_says_that_the_certificate_is_its_own(tmp_path, monkeypatch):
    """So that nobody looks for who signed it."""
    monkeypatch.setattr(play, "own_tls", lambda: None)
    assert "STARTTLS: with a certificate made for this run, which no client knows" in told(tmp_path)


def test_without_openssl_a_bad_option_is_complained_about_and_nothing_else(tmp_path, monkeypatch):
    """What stands on stdout is for who gets it to serve."""
    monkeypatch.setattr(play, "own_tls", fail)
    lines = []
    (tmp_path / "wrangler.toml").write_text(f'main = "{MAIN}"\n')
    options = Options(**options_of(tmp_path) | {"domains": ["nonsense"]})
    with pytest.raises(UsageError, match=r"^--domain nonsense"):
        asyncio.run(play.run(options, lines.append))
    assert lines == []


def test_without_openssl_it_starts_and_says_so(tmp_path, monkeypatch):
    """STARTTLS is the one thing that is missing then."""
    monkeypatch.setattr(play, "own_tls", fail)
    assert "STARTTLS: not offered, openssl is not installed" in told(tmp_path)
