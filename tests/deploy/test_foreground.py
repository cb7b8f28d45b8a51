"""Any other command of wrangler's: its words are passed on as they are, and so is how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mail_failover.console.voice import Voice
from mail_failover.deploy.foreground import in_foreground
from mail_failover.errors import UsageError
from standins.cloudflare import TOKEN

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def ran(stage, monkeypatch):
    """Run a command in the folder of the settings; return the exit code and what wrangler was given."""
    monkeypatch.chdir(stage.config.parent)

    def run(*words):
        code = in_foreground(words, Voice(as_json=False), stage.env)
        return code, json.loads(stage.record.read_text())

    return run


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["tail"], ["tail", "--config", "{}"]),
        (["secret", "put", "NAME"], ["secret", "put", "NAME", "--config", "{}"]),
        (["dev", "--", "x"], ["dev", "--config", "{}", "--", "x"]),
        (["tail", "--config", "wrangler.toml"], ["tail", "--config", "wrangler.toml"]),
        (["tail", "--config=x.toml"], ["tail", "--config=x.toml"]),
        (["tail", "-c", "x.toml"], ["tail", "-c", "x.toml"]),
    ],
)
def test_the_words_are_wranglers_with_this_workers_configuration(stage, ran, words, given):
    """Unless they name another."""
    code, seen = ran(*words)
    assert seen["argv"][1:] == [each.format(stage.config) for each in given]
    assert code == 0


def test_it_gets_the_token_and_reports_nothing(stage, ran):
    """The token of .env, beside the configuration that is named."""
    del stage.env["CLOUDFLARE_API_TOKEN"]
    (stage.config.parent / ".env").write_text(f"CLOUDFLARE_API_TOKEN={TOKEN}\n")
    _, seen = ran("whoami")
    assert seen["env"]["CLOUDFLARE_API_TOKEN"] == TOKEN
    assert seen["env"]["WRANGLER_SEND_METRICS"] == "false"
    assert "CI" not in seen["env"]
    _, seen = ran("whoami", "--config", "elsewhere/wrangler.toml")
    assert "CLOUDFLARE_API_TOKEN" not in seen["env"]


@pytest.mark.parametrize(
    ("body", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL)]
)
def test_its_exit_code_is_passed_on(stage, ran, body, code):
    """A signal's as a shell has it."""
    stage.wrangler(body)
    assert ran("tail")[0] == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_as_wrangler_wants(stage, number):
    """SIGTERM is passed on; a Ctrl-C reaches wrangler by itself, and it may take its time."""
    stage.wrangler(
        "def end(number, frame):\n    say(signal.Signals(number).name)\n    sys.exit(9)\n"
        "for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, end)\n"
        'say("waits")\ntime.sleep(60)'
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "mail_failover", "wrangler", "tail"],
        cwd=stage.config.parent,
        env={**os.environ, **stage.env, "PYTHONPATH": str(SCRIPTS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == "waits\n"
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert process.communicate(timeout=30) == (f"{number.name}\n", "")
    finally:
        process.kill()
    assert process.returncode == 9


@pytest.mark.parametrize("word", ["deploy", "dev", "versions"])
def test_where_no_folder_is_the_workers_our_own_commands_are_named(stage, tmp_path, monkeypatch, word):
    """Wrangler would read settings and write beside the program's own files."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(UsageError, match=r"`mail-failover deploy` uploads it"):
        in_foreground([word], Voice(as_json=False), stage.env)
    assert not stage.record.exists()
