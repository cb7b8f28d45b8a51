"""The commands start and stop cleanly; what the operator has to change is one line and exit code 2."""

import asyncio
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from mail_failover import cli
from mail_failover.emulator.routing.inbox import read_maildir
from mail_failover.mail.submission import submit

ROOT = Path(__file__).resolve().parents[1]
WORKER = """
from workers import WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def email(self, message):
        print("caught\\x1b[31m", message["to"])
        await message["forward"](self.env.FALLBACK_INBOXES.to_py()[0])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Enter a folder that holds a small Worker and its settings."""
    (tmp_path / "entry.py").write_text(WORKER)
    (tmp_path / "wrangler.toml").write_text(
        'main = "entry.py"\n[vars]\nFALLBACK_INBOXES = ["you@example.net"]\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch, *arguments):
    """Run the command line in this process; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["mail-failover", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def started(folder, *arguments):
    """Start `emulate` on a free port in a process of its own; return it, its port and its first lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mail_failover", "emulate", "--port", "0", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    while not (lines and lines[-1].startswith("Try it")):
        line = process.stdout.readline()
        assert line, process.communicate()
        lines.append(line)
    return process, int(lines[0].split("127.0.0.1:")[1].split(";")[0]), lines


# Under nohup it is ignored, here as there.
HANGUP = pytest.param(
    signal.SIGHUP,
    marks=pytest.mark.skipif(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="run under nohup"),
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, HANGUP])
def test_emulate_serves_until_it_is_told_to_stop(folder, number):
    """It says what happens, leaves the message in the Maildir and exits with 0."""
    process, port, lines = started(folder, "--data", "mail", "--var", "TOKEN=hush", "--fault", "slack=500")
    try:
        submit(("127.0.0.1", port), "a@example.org", ["anna@example.com"], b"Subject: hi\r\n\r\nx\r\n")
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert "caught\\u001b[31m anna@example.com" in out
    assert "accepted: you@example.net" in out
    assert out.endswith("Stopped.\n")
    assert 'FALLBACK_INBOXES = ["you@example.net"]' in "".join(lines)
    assert "Telegram: played here" in "".join(lines)
    assert "Faults: slack=500" in "".join(lines)
    assert "hush" not in "".join(lines) + out
    [copy] = read_maildir(folder / "mail" / "you@example.net")
    assert copy.endswith(b"Subject: hi\r\n\r\nx\r\n")


def test_emulate_shows_how_domains_stand_when_it_is_asked_to(folder):
    """By the key that sends SIGQUIT; it serves on."""
    process, _, lines = started(folder)
    try:
        assert "Ctrl-\\ shows its status" in lines[0]
        process.send_signal(signal.SIGQUIT)
        assert process.stdout.readline() == "Status: no object has written anything down yet.\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out.endswith("Stopped.\n")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_emulate_takes_mail_by_tls_for_the_domains_it_was_given(folder):
    """A real client finds both."""
    process, port, lines = started(folder, "--domain", "example.com", "--host", "127.0.0.1")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with smtplib.SMTP("127.0.0.1", port, "sender.example", timeout=10) as client:
            client.starttls(context=context)
            refused = client.sendmail(
                "a@example.org", ["anna@example.com", "ben@example.net"], b"Subject: hi\r\n\r\n.x\r\n"
            )
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    finally:
        process.kill()
    refusal = b"5.7.1 Mail for this domain is not taken here; emulate --domain names those it is for"
    assert refused == {"ben@example.net": (550, refusal)}
    assert not [line for line in lines if line.startswith("Careful")]
    [copy] = read_maildir(folder / ".mail-failover" / "you@example.net")
    assert copy.endswith(b"Subject: hi\r\n\r\n.x\r\n")


def test_emulate_shows_no_control_character_of_what_it_was_given(folder):
    """A folder's name, an option."""
    process, _, lines = started(folder, "--data", "m\x1b[31m")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Maildirs under m\\u001b[31m" in "".join(lines)


def test_the_help_of_emulate_says_how_it_ends(monkeypatch, capsys):
    """A Ctrl-C is no interruption there."""
    assert run(monkeypatch, "emulate", "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Ctrl-C or SIGTERM is how it ends, so the exit code is 0 then" in said


def test_a_second_signal_ends_it_at_once(folder):
    """Whatever is still under way."""
    (folder / "entry.py").write_text(
        "import asyncio\nfrom workers import WorkerEntrypoint\n"
        "class Default(WorkerEntrypoint):\n"
        "    async def email(self, message):\n"
        "        self.ctx.waitUntil(asyncio.Event().wait())\n"
    )
    process, port, _ = started(folder)
    try:
        submit(("127.0.0.1", port), "a@example.org", ["anna@example.com"], b"x\r\n")
        process.send_signal(signal.SIGTERM)
        while not (line := process.stdout.readline()).startswith("Stopping"):
            assert line
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fault", "forward=maybe"], "can fail as transient"),
        (["--var", "nothing"], "write NAME=VALUE"),
        (["--config", "none.toml"], "can't be read"),
        (["--relay", "nowhere"], "write HOST:PORT"),
        (["--data", "entry.py"], "can't be used"),
        (["--port", "70000"], "70000"),
        (["--host", "192.0.2.1"], "--host 192.0.2.1: not an address of this machine"),
        (["--host", "localhost"], "--host localhost: not an IP address"),
        (["--domain", "nonsense"], "--domain nonsense: not a domain"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(folder, monkeypatch, capsys, arguments, complaint):
    """On stderr, with no traceback, and nothing on stdout."""
    assert run(monkeypatch, "emulate", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mail-failover: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_port_in_use_is_one_line_and_exit_code_2(folder, monkeypatch, capsys):
    """It names the port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert run(monkeypatch, "emulate", "--port", port) == 2
    assert capsys.readouterr().err == (
        f"mail-failover: Port {port} on 127.0.0.1 is in use; choose another with --port.\n"
    )


@pytest.mark.parametrize(
    ("name", "text"), [("wrangler.toml", "x = "), (".dev.vars", "hush"), ("entry.py", "(")]
)
def test_a_broken_file_is_one_line_and_exit_code_2(folder, monkeypatch, capsys, name, text):
    """It names the file and does not quote it."""
    (folder / name).write_text(text)
    assert run(monkeypatch, "emulate", "--port", "0") == 2
    err = capsys.readouterr().err
    assert name in err
    assert "hush" not in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        (
            "setup --json plan",
            "The options of setup stand behind the command.",
            "Type it so: `{} plan --json`.",
        ),
        ("setup plan --json --zzz", "No such option: --zzz.", "See `{} plan --help`."),
        (
            "setup apply --json --domain",
            "Option '--domain' requires an argument.",
            "See `mail-failover setup apply --help`.",
        ),
        ("setup --json nope", "No such command 'nope'.", "See `{} --help`."),
    ],
)
def test_what_keeps_a_command_from_beginning_is_told_as_json_too(monkeypatch, capsys, line, what, fix):
    """With the head of all commands; without --json it is one line."""
    assert run(monkeypatch, *line.split()) == 2
    said = json.loads(capsys.readouterr().out)
    error = {"kind": "UsageError", "what": what, "fix": fix.format("mail-failover setup"), "code": 0}
    assert said == {"version": 1, "exit_code": 2, "error": error}


def test_an_unknown_option_is_one_line(monkeypatch, capsys):
    """Which says where the known ones are listed."""
    assert run(monkeypatch, "setup", "plan", "--zzz") == 2
    line = "mail-failover: No such option: --zzz. See `mail-failover setup plan --help`.\n"
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("line", ["setup plan --\x1b[31m", "\x1b[31m", "setup plan --domain \x1b[31m"])
def test_no_control_character_of_an_argument_reaches_the_terminal(monkeypatch, capsys, tmp_path, line):
    """Whoever made up the line that was pasted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "t")
    assert run(monkeypatch, *line.split(" ")) == 2
    out, err = capsys.readouterr()
    assert "[31m" in err
    assert "\x1b" not in out + err


def test_without_a_command_the_help_is_shown(monkeypatch, capsys):
    """On stderr, since nothing was done."""
    assert run(monkeypatch) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("Usage: ")) == ("", True)


def test_the_version_is_the_packages(monkeypatch, capsys):
    """And nothing else is shown."""
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.count(".") == 2


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_where_a_stream_was_closed_before_it_began_it_ends_as_ever(tmp_path, monkeypatch, stream):
    """Python has none in its place then; nobody can be asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, stream, None)
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    assert run(monkeypatch, "init") == 2


def test_help_imports_nothing_heavy():
    """So that it is quick."""
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from mail_failover.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'httpx', 'aiosmtpd', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "emulate" in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_commands_in_the_order_of_use(monkeypatch, capsys, option):
    """See it work, play with it, set it up, check it, prove it, use it."""
    assert run(monkeypatch, option) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^  ([a-z]+)  +[A-Z]", out.partition("Commands:")[2], re.MULTILINE) == [
        *("demo", "watch", "emulate", "init", "deploy", "setup", "chats", "doctor", "drill", "status"),
        *("replay", "spool", "wrangler", "uninstall"),
    ]
    assert "130" in out


def test_every_command_that_is_registered_is_listed():
    """The order names each of them."""
    group = typer.main.get_command(cli.app)
    assert sorted(group.list_commands(None)) == sorted(group.commands)


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "emulate",
        "deploy",
        "setup",
        "chats",
        "doctor",
        "drill",
        "status",
        "replay",
        "spool",
        "setup apply",
        "spool list",
        "chats slack",
        "uninstall",
    ],
)
def test_the_short_help_is_there_for_every_command(monkeypatch, capsys, command):
    """As people type it."""
    assert run(monkeypatch, *command.split(), "-h") == 0
    assert capsys.readouterr().out.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("mail-failover d", ["demo", "deploy", "doctor", "drill"]),
        ("mail-failover setup ", ["plan", "apply", "status", "undo", "door"]),
        ("mail-failover drill --in", ["--inbox-imap"]),
    ],
)
def test_a_shell_completes_commands_and_options(words, completed):
    """As the script that --install-completion sets up asks for it."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'mail-failover'\nfrom mail_failover.cli import main; main()",
        ],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "_MAIL_FAILOVER_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == completed


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_completion_can_be_installed(monkeypatch, capsys, option):
    """The help says how."""
    run(monkeypatch, "--help")
    assert option in capsys.readouterr().out


def test_a_ctrl_c_in_the_demo_is_exit_code_130(monkeypatch, capsys):
    """And no traceback."""

    async def run_demo(_keep, say, _page):
        say("Act 1")
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)

    monkeypatch.setattr("mail_failover.demo.story.run", run_demo)
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert run(monkeypatch, "demo") == 130
    finally:
        signal.signal(signal.SIGINT, old)
    assert capsys.readouterr() == ("Act 1\n", "mail-failover: Interrupted.\n")


def test_the_demo_leaves_its_mailboxes_only_where_it_is_told_to(monkeypatch, capsys):
    """By default nowhere."""
    kept = []

    async def run_demo(keep, _say, _page):
        kept.append(keep)
        return True

    monkeypatch.setattr("mail_failover.demo.story.run", run_demo)
    assert run(monkeypatch, "demo") == 0
    assert run(monkeypatch, "demo", "--keep", "boxes") == 0
    assert kept == [None, Path("boxes")]
