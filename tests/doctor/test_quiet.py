"""`doctor --quiet`, as cron and systemd run it: silent while all is well."""

import json
import os
import re
import shlex
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.settings.files import environment
from standins.nameserver import SOUND, NameServer

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
TIE = SOUND.replace("MX   20", "MX   10")


def run(*arguments, zone=SOUND):
    """Run the command against a local name server."""
    with NameServer(zone).serving() as (host, port):
        words = ["doctor", "--domain", "shop.test", "--resolver", f"{host}:{port}", "--quiet", *arguments]
        return CliRunner().invoke(app, words)


def said(done):
    """Return the exit code and what was printed, on stdout and on stderr."""
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_while_all_is_well_not_a_byte_is_printed(folder, monkeypatch, options):
    """Not even on a terminal, where a sign of life would turn."""
    assert said(run(*options)) == (0, "", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert said(run(*options)) == (0, "", "")


def test_a_warning_alone_is_no_mail(folder):
    """It is exit code 0."""
    warned = "\n".join(line for line in SOUND.splitlines() if "_dmarc" not in line)
    assert said(run(zone=warned)) == (0, "", "")


def test_what_failed_is_printed_and_nothing_else(folder):
    """With what to do, and the count of the others; no warning beside it."""
    code, out, err = said(run(zone=TIE.replace("mail.shop.test.          A ", "mail.shop.test.  86400 A ")))
    assert (code, err) == (1, "")
    first, last = out.splitlines()
    assert first.startswith(
        "fail     dns.mx-order       MX order: 10 mail.shop.test is as preferred as 10 route1"
    )
    assert " Fix: Lower numbers win" in first
    assert last == "shop.test: 15 passed, 1 to look at, 1 failed, 12 skipped."


def test_in_json_what_failed_stands_in_the_whole_report(folder):
    """As without --quiet."""
    code, out, err = said(run("--json", zone=TIE))
    report = json.loads(out)
    assert (code, err, report["exit_code"], len(report["checks"])) == (1, "", 1, 29)


class _Silent(BaseHTTPRequestHandler):
    """Cloudflare's API when it knows the zone, and lets nobody read more."""

    def do_GET(self):
        """Answer."""
        zone = {"id": "z1", "name": "shop.test", "status": "active", "account": {"id": "a1"}}
        knows = self.path.partition("?")[0] in {"/zones", "/user/tokens/verify"}
        errors = [] if knows else [{"code": 10000, "message": "Authentication error"}]
        body = json.dumps({"success": knows, "errors": errors, "result": [zone] if knows else None}).encode()
        self.send_response(200 if knows else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""


def test_what_the_api_did_not_answer_is_printed_for_exit_code_4(folder, monkeypatch):
    """Nobody would know otherwise what is not looked at any more."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Silent) as api:
        threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "sEcReT-token")
        monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", f"http://127.0.0.1:{api.server_port}")
        code, out, err = said(run())
        api.shutdown()
    assert (code, err) == (4, "")
    *lines, last = out.splitlines()
    assert last.endswith("Cloudflare's API did not answer everything.")
    assert {line.split()[0] for line in lines} == {"skipped"}
    assert any("Email Routing Rules > Read" in line for line in lines)
    assert all(line.split()[1].startswith("account.") for line in lines)


def test_wrong_usage_is_told_all_the_same(folder):
    """A timer that checks nothing must not look well."""
    code, out, err = said(run("--config", "none.toml"))
    assert (code, out) == (2, "")
    assert err.startswith("mail-failover: none.toml: can't be read")


def documented(start):
    """Return the block of docs/doctor.md that begins so."""
    [block] = re.findall(rf"```\w+\n({re.escape(start)}.*?)```", PAGE, re.DOTALL)
    return block


@pytest.fixture
def home(tmp_path):
    """Make a user's home with the folder and the token, and a program that notes how it was called."""
    program = tmp_path / "mail-failover" / ".venv" / "bin" / "mail-failover"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$PWD $*"\n')
    program.chmod(0o755)
    line = re.search(r"```\n(\(umask 077; .*?)```", PAGE, re.DOTALL)[1]
    subprocess.run(
        ["/bin/sh", "-c", line],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        input=b"CLOUDFLARE_API_TOKEN=to-read\n",
        check=True,
        timeout=30,
    )
    return tmp_path


def test_the_documented_line_gives_the_token_to_its_owner_alone(home, monkeypatch):
    """And to the command, in the folder from which it runs."""
    monkeypatch.chdir(home / "mail-failover")
    assert environment(None, {}) == {"CLOUDFLARE_API_TOKEN": "to-read"}
    assert Path(".env").stat().st_mode & 0o777 == 0o600


def test_the_documented_line_of_a_crontab_runs_as_cron_runs_it(home):
    """By /bin/sh, with next to nothing in the environment."""
    mail, line = documented("MAILTO=").splitlines()
    *when, command = line.split(maxsplit=5)
    assert (len(when), "%" in command, mail) == (5, False, "MAILTO=anna@example.net")
    meagre = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "anna"}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=meagre,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{home}/mail-failover doctor --quiet --domain example.com\n"


def test_the_documented_unit_calls_what_the_command_takes(folder):
    """The same as the crontab's line, from the folder that has the token."""
    unit = documented("# /etc/systemd/system/mail-failover-doctor.service")
    found = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    assert found["ExecStart"].startswith(f"{found['WorkingDirectory']}/.venv/bin/mail-failover doctor ")
    options = shlex.split(found["ExecStart"])[2:]
    assert shlex.join(options) in documented("MAILTO=")
    with NameServer(SOUND.replace("shop.test", "example.com")).serving() as (host, port):
        done = CliRunner().invoke(app, ["doctor", *options, "--resolver", f"{host}:{port}"])
    assert said(done) == (0, "", "")
