"""`emulate --runtime wrangler`: the edge's front and back around Cloudflare's runtime.

The Worker is one in JavaScript, which the runtime starts offline.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mail_failover import cli
from mail_failover.emulator.routing.inbox import read_maildir
from mail_failover.mail.submission import RefusedError, submit
from standins.wrangler import CHILD, SERVE, Mourner, write_script

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import { DurableObject } from "cloudflare:workers";

export class Domain extends DurableObject {
  async remember(to) {
    const waiting = (await this.ctx.storage.get("waiting")) ?? [];
    await this.ctx.storage.put("waiting", [...waiting, to]);
    await this.ctx.storage.setAlarm(Date.now());
    return "written";
  }
  async alarm() {
    const waiting = await this.ctx.storage.get("waiting");
    await this.ctx.storage.put("waiting", []);
    for (const to of waiting) await tell(this.env, to);
  }
}

export default {
  async email(message, env, ctx) {
    const { to } = message;
    ctx.waitUntil(handOver(env, to));
    if (to.startsWith("nobody")) return message.setReject("no such person");
    if (to.startsWith("settings")) throw new Error("FALLBACK_MODE");
    console.log("caught", to);
    const headers = new Headers([["X-A", "1"]]);
    await message.forward(to.startsWith("stray") ? "stranger@x.example" : env.FALLBACK_INBOXES[0], headers);
  },
  async fetch(request) {
    return new Response(request.url);
  },
};

async function handOver(env, to) {
  const outbox = await env.DOMAINS.getByName("example.com").remember(to);
  console.log(JSON.stringify({ event: "message", outbox }));
}

async function tell(env, to) {
  const url = `${env.TELEGRAM_API_URL}/bot${env.TELEGRAM_BOT_TOKEN}/sendMessage`;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ chat_id: env.TELEGRAM_CHAT_ID, text: "Caught one" });
  const answer = await fetch(url, { method: "POST", headers, body });
  console.log(JSON.stringify({ event: "alert", status: answer.status }));
}
"""
MESSAGE = b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: hi\r\n\r\n.x\r\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Enter a folder that holds a small Worker and the project's own settings."""
    (tmp_path / "entry.js").write_text(WORKER)
    settings = (ROOT / "wrangler.toml").read_text()
    for python, javascript in (("src/entry.py", "entry.js"), ('"python_workers", ', "")):
        settings = settings.replace(python, javascript)
    (tmp_path / "wrangler.toml").write_text(f'{settings}FALLBACK_INBOXES = ["you@example.net"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WRANGLER_DEV_ARGS", raising=False)
    monkeypatch.delenv("WRANGLER", raising=False)
    return tmp_path


def begun(folder, wrangler, extra, *arguments):
    """Run `emulate --runtime wrangler` in a process of its own."""
    assert (ROOT / "node_modules" / "wrangler").exists(), "run this through: make test"
    paths = {"PYTHONPATH": str(ROOT / "scripts"), "WRANGLER": str(wrangler), "WRANGLER_DEV_ARGS": extra}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mail_failover",
            "emulate",
            "--runtime",
            "wrangler",
            "--port",
            "0",
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, **paths, "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def started(folder, *arguments, wrangler="", extra=""):
    """Run it until the block ends; yield the process, its port and its first lines."""
    process = begun(folder, wrangler, extra, *arguments)
    try:
        lines = []
        while not (lines and lines[-1].startswith("Try it")):
            line = process.stdout.readline()
            assert line, process.communicate()
            lines.append(line)
        port = next(line.split("127.0.0.1:")[1].split(";")[0] for line in lines if "127.0.0.1:" in line)
        yield process, int(port), "".join(lines)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def send(port, recipient, content=MESSAGE):
    """Send a message and return the reply, also a refusal."""
    try:
        return submit(("127.0.0.1", port), "a@example.org", [recipient], content, seconds=30)
    except RefusedError as error:
        return error.reply


def test_messages_go_through_cloudflares_runtime(folder):
    """Into the inbox, and through an object's alarm into the chat; the sender is told what came of it."""
    with started(folder, "--data", "mail", "--fault", "telegram=500x1") as (process, port, greeting):
        replies = [
            send(port, f"{name}@example.com") for name in ("anna", "bert", "nobody", "settings", "stray")
        ]
        replies.append(send(port, "anna@example.com", b"Subject: no id\r\n\r\nx\r\n"))
        door = re.search(r"^Door: (http://127\.0\.0\.1:\d+)$", greeting, re.MULTILINE)[1]
        assert httpx.get(f"{door}/a?b=c", trust_env=False, timeout=30).text == f"{door}/a?b=c"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
    assert (process.returncode, err) == (0, "")
    assert [reply[:3] for reply in replies] == ["250", "250", "555", "451", "451", "451"]
    assert "entry.js in wrangler dev" in greeting
    copies = read_maildir(folder / "mail" / "you@example.net")
    assert len(copies) == 2
    assert all(b"X-A: 1\r\n" in copy and copy.endswith(MESSAGE) for copy in copies)
    assert "worker | caught anna@example.com" in out
    assert out.count("  | Caught one") == 4
    assert '"status":500' in out
    assert "Error: FALLBACK_MODE" in out
    assert "stranger@x.example did not take it" in out
    assert "no message id provided" in out
    assert out.endswith("Stopped.\n")
    assert not list(folder.glob("mail-failover-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_runtime_too(folder, number):
    """At once, whatever is under way."""
    script = write_script(
        folder,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + CHILD + SERVE.replace("say(json", "str(json"),
    )
    with Mourner() as mourner, started(folder, wrangler=script, extra=mourner.port) as (process, port, _):
        assert send(port, "b@example.com").startswith("451")
        process.send_signal(number)
        while not (line := process.stdout.readline()).startswith("Stopping"):
            assert line
        process.send_signal(number)
        assert mourner.gone()
        process.communicate(timeout=10)
    assert process.returncode != 0
    assert not list(folder.glob("mail-failover-*"))


def test_a_signal_during_the_start_ends_it(folder):
    """Without waiting for the runtime."""
    script = write_script(folder, CHILD + "time.sleep(60)")
    with Mourner() as mourner:
        process = begun(folder, script, mourner.port)
        try:
            assert process.stdout.readline().startswith("Starting wrangler dev")
            mourner.meet()
            process.send_signal(signal.SIGTERM)
            assert mourner.gone()
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "Stopped.\n", "")
    assert not list(folder.glob("mail-failover-*"))


def test_a_runtime_that_can_not_start_is_one_line_and_exit_code_2(folder, monkeypatch, capsys):
    """Its own reason, without the noise."""
    script = folder / "wrangler"
    script.write_text(f"#!{sys.executable}\nprint('✘ [ERROR] no bundle')\n")
    script.chmod(0o755)
    monkeypatch.setenv("WRANGLER", str(script))
    assert failed(monkeypatch, "--port", "0") == 2
    err = capsys.readouterr().err
    assert err.startswith("mail-failover: wrangler dev did not start: no bundle")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--shape", "object"], "leave --shape out"),
        (["--http-port", "8080"], "leave --http-port out"),
    ],
)
def test_what_can_not_be_is_one_line_and_exit_code_2(folder, monkeypatch, capsys, arguments, complaint):
    """It says what to do instead."""
    assert failed(monkeypatch, *arguments) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert err.count("\n") == 1


def test_a_real_chat_can_not_be_made_to_fail(folder, monkeypatch, capsys):
    """The runtime's requests to it don't pass through here."""
    (folder / ".dev.vars").write_text("TELEGRAM_BOT_TOKEN=hush\n")
    monkeypatch.setenv("WRANGLER", sys.executable)
    assert failed(monkeypatch, "--fault", "telegram=500") == 2
    err = capsys.readouterr().err
    assert "--fault telegram: " in err
    assert "hush" not in err


@pytest.mark.parametrize("fault", ["object=throws", "raw=breaks"])
def test_what_is_the_runtimes_own_can_not_be_made_to_fail(folder, monkeypatch, capsys, fault):
    """It is out of reach."""
    monkeypatch.setenv("WRANGLER", sys.executable)
    assert failed(monkeypatch, "--fault", fault) == 2
    target = fault.partition("=")[0]
    assert f"--fault {target}: with --runtime wrangler" in capsys.readouterr().err


def failed(monkeypatch, *arguments):
    """Run the command in this process; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["mail-failover", "emulate", "--runtime", "wrangler", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code
