"""The command `doctor` as a user meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mail_failover.console.voice import Voice
from mail_failover.doctor.account.questions import Outcome
from mail_failover.doctor.command import doctor
from mail_failover.doctor.report import Report, Topic
from mail_failover.doctor.table import lines, show
from standins.nameserver import SOUND, NameServer

SOURCES = Path(__file__).parents[2] / "src"


def run(*arguments, zone=SOUND):
    """Run the command against a local name server."""
    app = typer.Typer()
    app.command()(doctor)
    with NameServer(zone).serving() as (host, port):
        return CliRunner().invoke(app, ["--resolver", f"{host}:{port}", *arguments])


def test_the_ids_of_the_checks_are_those_that_are_documented():
    """They are stable, so none is renamed, nor added in silence."""
    root = Path(__file__).parents[2]
    sources = [path.read_text() for path in (root / "scripts" / "mail_failover" / "doctor").rglob("*.py")]
    made = {found for text in sources for found in re.findall(r'Topic\(\s*"([a-z0-9.-]+)"', text)}
    page = (root / "docs" / "doctor.md").read_text()
    rows = set(re.findall(r"^\| `([a-z]+\.[a-z0-9-]+)` \|", page, re.MULTILINE))
    assert made == rows | {"live.door", "chat.alert", "chat.room"}
    assert all(f"`{each}`" in page for each in made)


def test_a_sound_domain_is_exit_code_0_and_a_line_per_check(folder):
    """In a pipe: status, id, words; no colours."""
    done = run("--domain", "Shop.test.")
    assert done.exit_code == 0, done.output
    first, *_, last = done.stdout.splitlines()
    assert first == "pass     settings.file      Settings: wrangler.toml: Worker mail-failover, inboxes: 1."
    assert last == "shop.test: 17 passed, 0 to look at, 0 failed, 12 skipped."
    assert "\x1b" not in done.output


def test_a_failed_check_is_exit_code_1_and_says_what_to_do(folder):
    """On the line of the check."""
    done = run("--domain", "shop.test", zone=SOUND.replace("MX   20", "MX   5"))
    assert done.exit_code == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("fail")]
    assert line == (
        "fail     dns.mx-order       MX order: 10 mail.shop.test is less preferred than 5 "
        "route1.mx.cloudflare.net: mail goes to the edge while your server is up. Fix: Lower numbers win: "
        "give route1.mx.cloudflare.net and the edge's other hosts a number above 10."
    )


def test_every_next_step_can_be_pasted(folder, monkeypatch):
    """It carries the path of the program as it was called, the domain and the settings."""
    monkeypatch.setattr(sys, "argv", [".venv/bin/mail-failover", "doctor"])
    (folder / "my.toml").write_text((folder / "wrangler.toml").read_text().replace("name =", "nam ="))
    zone = "\n".join(line for line in SOUND.splitlines() if not re.search("cloudflare|cf2024|v=spf1", line))
    done = run("--domain", "shop.test", "--config", "my.toml", "--json", zone=zone)
    fixes = {check["id"]: check["fix"] for check in json.loads(done.stdout)["checks"]}
    plan = "`.venv/bin/mail-failover setup plan --domain shop.test --config my.toml`"
    assert {name for name, fix in fixes.items() if plan in fix} == {"dns.mx", "dns.dkim", "dns.spf"}
    assert fixes["settings.file"] == (
        "Correct it in my.toml, then: `.venv/bin/mail-failover deploy --config my.toml`"
    )


def test_json_is_the_whole_report(folder):
    """And nothing else on stdout."""
    done = run("--domain", "shop.test", "--json")
    report = json.loads(done.stdout)
    assert {name: report[name] for name in ("version", "domain", "exit_code")} == {
        "version": 1,
        "domain": "shop.test",
        "exit_code": 0,
    }
    assert report["counts"] == {"pass": 17, "warn": 0, "fail": 0, "skipped": 12}
    assert len(report["checks"]) == 29
    assert report["checks"][2] == {
        "id": "dns.mx",
        "area": "dns",
        "title": "MX records",
        "status": "pass",
        "found": "10 mail.shop.test, 20 route1.mx.cloudflare.net, 21 route2.mx.cloudflare.net",
        "fix": "",
    }


def test_a_token_that_can_t_be_one_is_exit_code_4(folder, monkeypatch):
    """The public checks are there all the same, and the token is not shown."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "sEcReT token")
    done = run("--domain", "shop.test")
    assert done.exit_code == 4
    assert "pass     dns.mx " in done.stdout
    assert "CLOUDFLARE_API_TOKEN holds a character that no token has" in done.stdout
    assert done.stdout.endswith("Cloudflare's API did not answer everything.\n")
    assert "sEcReT" not in done.output


def test_the_account_in_the_environment_is_compared_with_the_zones(folder, monkeypatch):
    """As wrangler would use it."""
    asked = []

    def account_checks(_open_api, _domain, _local, account, _again):
        asked.append(account)
        return Outcome([])

    monkeypatch.setattr("mail_failover.doctor.examine.account_checks", account_checks)
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", " a2 ")
    assert run("--domain", "shop.test").exit_code == 0
    assert asked == ["a2"]


@pytest.mark.parametrize("domain", ["bücher.example", "Bücher.Example.", "xn--bcher-kva.example"])
def test_a_domain_may_be_written_in_unicode(folder, monkeypatch, domain):
    """It is checked by its name in DNS."""
    asked = []

    def account_checks(_open_api, name, *_):
        asked.append(name)
        return Outcome([])

    monkeypatch.setattr("mail_failover.doctor.examine.account_checks", account_checks)
    assert run("--domain", domain).exit_code in {0, 1}
    assert asked == ["xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Which domain? Name it, as in --domain example.com."),
        (["--domain", "shop"], "--domain shop: not a domain. Write it like example.com."),
        (["--domain", "anna@shop.test"], "--domain anna@shop.test: not a domain. Write it like example.com."),
        (["--domain", "shop..test"], "--domain shop..test: not a domain. Write it like example.com."),
        (["--domain", "a.test", "--config", "none.toml"], "none.toml: can't be read"),
        (["--domain", "a.test", "--live", "--rcpt", "x>\r\nDATA@a.test"], "not an address in plain ASCII"),
        (
            ["--domain", "a.test", "--resolver", "1.1.1.1:dns"],
            "--resolver 1.1.1.1:dns: not a host. Write HOST or HOST:PORT",
        ),
    ],
)
def test_wrong_usage_is_a_line_that_says_what_to_write(folder, arguments, complaint):
    """And exit code 2."""
    done = run(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert complaint in done.stderr


class BusyApi(BaseHTTPRequestHandler):
    """Cloudflare's API when it knows the zone, if at all, and then asks everybody to wait for a minute."""

    def do_GET(self):
        """Answer, and note a request that has to wait."""
        knows = self.server.knows_zone and self.path.partition("?")[0] == "/zones"
        found = {"success": True, "result": [{"id": "z1", "name": "shop.test", "status": "active"}]}
        body = json.dumps(found if knows else {"success": False}).encode()
        self.send_response(200 if knows else 429)
        self.send_header("Retry-After", "60")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if not knows:
            self.server.asked_to_wait.set()

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.mark.parametrize(
    ("knows_zone", "number"),
    [(False, signal.SIGINT), (True, signal.SIGINT), (True, signal.SIGTERM), (True, signal.SIGHUP)],
)
def test_ctrl_c_ends_it_while_the_api_asks_for_patience(folder, knows_zone, number):
    """At the first question or at one of those that are asked at once; nothing waits out the minutes.

    A request to terminate and a closed terminal are told as well.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), BusyApi) as api, NameServer(SOUND).serving() as (host, port):
        api.knows_zone, api.asked_to_wait = knows_zone, threading.Event()
        threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
        # A shell that starts pytest in the background would have it ignore the signals.
        program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        program += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        program += "from mail_failover.cli import main; main()"
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                program,
                "doctor",
                "--domain",
                "shop.test",
                "--resolver",
                f"{host}:{port}",
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(SOURCES.parent / "scripts"),
                "CLOUDFLARE_API_TOKEN": "sEcReT-token",
                "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{api.server_port}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert api.asked_to_wait.wait(30)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
            api.shutdown()
    assert (process.returncode, out) == (128 + number, "")
    assert err == "mail-failover: Interrupted.\n"


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Show a report as on a terminal of 100 columns, or of others."""

    def shown(report, columns="100"):
        for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": columns}.items():
            monkeypatch.setenv(name, value)
        show(report, Voice(as_json=False))
        return capsys.readouterr().out

    return shown


def plain(shown):
    """Leave the colours out."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_on_a_terminal_it_is_a_table_and_hostile_words_stay_words(terminal):
    """Neither markup nor escape sequences of a server reach the terminal; skipped neighbours share a row."""
    topics = [Topic(f"live.{name}", name) for name in ("One", "Two", "Three")]
    checks = (
        topics[0].failed("220 [red]mine[/red] \x1b[2J\x07", "Do\nthis."),
        topics[1].skipped("no token"),
        topics[2].skipped("no token"),
    )
    shown = terminal(Report("shop.test", checks))
    assert "[red]mine[/red] \\u001b[2J\\u0007" in shown
    assert "\x1b[2J" not in shown
    assert "Two, Three" in shown
    assert "-> Do this." in shown
    assert "\x1b[1;31m" in shown
    assert "\\u001b[2J" in next(lines(Report("shop.test", checks)))


def test_a_line_has_one_full_stop():
    """The words of an error bring their own."""
    checks = tuple(Topic("a.b", "Zone").failed(found, "Add it.") for found in ("No zone", "No zone."))
    first, second, _ = lines(Report("shop.test", checks))
    assert first == second == "fail     a.b                Zone: No zone. Fix: Add it."


def test_words_that_do_not_fit_stay_in_their_column_and_commands_in_one_piece(terminal):
    """A command that is broken could not be pasted; where there is no room for columns, there are lines."""
    command = "`.venv/bin/mail-failover setup plan --domain example.com --config /etc/mail/wrangler.toml`"
    report = Report("shop.test", (Topic("a.b", "MX order").failed("word " * 30, f"Run {command} now."),))
    rows = plain(terminal(report)).splitlines()[2:-2]
    assert rows[0].startswith("fail     MX order                    word word")
    assert all(row.startswith(" " * 37) for row in rows[1:])
    assert all(len(row) <= 100 for row in rows if command not in row)
    assert [row.strip() for row in rows[-3:]] == ["-> Run", command, "now."]
    assert (
        plain(terminal(report, "72")).splitlines()[0].startswith("fail     a.b                MX order: word")
    )
    assert plain(terminal(report, "73")).startswith("mail-failover doctor: shop.test\n")


def test_no_color_is_respected(monkeypatch, terminal):
    """As https://no-color.org asks."""
    monkeypatch.setenv("NO_COLOR", "1")
    report = Report("shop.test", (Topic("a.b", "A").failed("x", "y"), Topic("c.d", "C").skipped("z")))
    assert "\x1b" not in terminal(report) + terminal(report, "80") + terminal(report, "60")
