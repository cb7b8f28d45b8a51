"""What is typed behind `mail-failover chats` reaches the work as it was meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mail_failover.chats import run as module
from mail_failover.chats.services import WAYS
from mail_failover.chats.session import Options
from mail_failover.cli import app
from mail_failover.settings.files import parse_dotenv
from standins.messengers import TOKEN, Messengers

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("telegram", Options()),
        ("telegram --group --wait 60 --no-qr", Options(group=True, wait=60, qr=False)),
        (
            "telegram --chat -500 --topic 7 --new --no-test",
            Options(chat="-500", topic="7", new=True, test=False),
        ),
        ("telegram --show --json", Options(show=True, json=True)),
        (
            "slack --channel #alerts --yes --config a.toml",
            Options(Path("a.toml"), channel="#alerts", yes=True),
        ),
        ("slack --new --no-test --show --json", Options(new=True, test=False, show=True, json=True)),
        ("test --domain shop.test --json", Options(domain="shop.test", json=True)),
    ],
)
def test_every_option_arrives(monkeypatch, words, options):
    """And the exit code comes back."""
    given = []
    command = words.split()[0]
    monkeypatch.setattr(module, f"run_{command}", lambda options: given.append(options) or 7)
    done = CliRunner().invoke(app, ["chats", *words.split()])
    assert (done.exit_code, given) == (7, [options])


@pytest.mark.parametrize("service", WAYS)
def test_every_service_has_its_command_with_its_own_options(monkeypatch, service):
    """What is secret has none: everybody could read it in a process list."""
    given = []
    monkeypatch.setattr(module, "run_service", lambda *what: given.append(what) or 7)
    named = {part.option: f"value-{part.name}" for part in WAYS[service] if part.option}
    words = [word for pair in named.items() for word in pair]
    flags = ["--new", "--no-test", "--show", "--yes", "--json", "--config", "a.toml"]
    done = CliRunner().invoke(app, ["chats", service, *words, *flags])
    options = Options(Path("a.toml"), new=True, test=False, show=True, yes=True, json=True, named=named)
    assert (done.exit_code, given) == (7, [(service, options)])
    assert options.words == [*words, "--new", "--no-test"]
    assert (
        f"Example: mail-failover chats {service}"
        in CliRunner().invoke(app, ["chats", service, "--help"]).output
    )


def test_what_is_to_be_typed_again_has_every_option():
    """But for those that say what may be asked and written."""
    options = Options(Path("a.toml"), "", True, "1", "2", 9, False, "", True, False, True, True, True)
    words = "--chat 1 --topic 2 --wait 9 --group --new --no-qr --no-test"
    assert options.words == words.split()
    assert Options(domain="shop.test", channel="C1").words == ["--channel", "C1", "--domain", "shop.test"]


def test_without_a_command_help_is_shown():
    """On stderr, since nothing was done."""
    done = CliRunner().invoke(app, ["chats"])
    assert (done.exit_code, done.stdout, "telegram" in done.stderr) == (2, "", True)


def test_a_script_hands_in_the_token_by_standard_input(folder):
    """A process of its own, as cron would start it."""
    with Messengers().serving() as address:
        (folder / ".dev.vars").write_text(f"TELEGRAM_API_URL={address}\n")
        words = ["chats", "telegram", "--chat", "4711", "--yes", "--json"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("TELEGRAM_")}
        done = subprocess.run(
            [sys.executable, "-m", "mail_failover", *words],
            cwd=folder,
            env={**env, "PYTHONPATH": str(SCRIPTS)},
            input=f"{TOKEN}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["chat"]["name"] == "Anna Muster (@anna)"
    assert "sEcReT" not in done.stdout
    assert parse_dotenv((folder / ".dev.vars").read_text())["TELEGRAM_BOT_TOKEN"] == TOKEN
