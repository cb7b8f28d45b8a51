"""What wrangler is given, and that nothing of a secret is left behind, whatever ends the upload."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from standins.cloudflare import TOKEN
from standins.cloudflare_server import serving
from standins.uploading import BOT, DOOR
from standins.wrangler import CHILD, Mourner

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Have temporary files in a folder of their own."""
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_secrets_reach_wrangler_through_a_pipe_alone(stage, temporary):
    """Not on its command line, not in a file; the token in its environment, since it takes it from there."""
    ended = stage.run()
    given = ended.given
    assert json.loads(given["stdin"]) == {"TELEGRAM_BOT_TOKEN": BOT, "SPOOL_TOKEN": DOOR}
    words = given["argv"][1:]
    assert words == ["deploy", "--config", f"{given['place']}/wrangler.json", "--secrets-file", "/dev/stdin"]
    elsewhere = json.dumps([given["argv"], given["config"], given["modes"], given["env"]])
    assert BOT not in elsewhere
    assert DOOR not in elsewhere
    assert given["env"]["CLOUDFLARE_API_TOKEN"] == TOKEN
    assert TOKEN not in json.dumps([given["argv"], given["config"]])
    assert given["modes"] == {given["place"]: "0o700", "wrangler.json": "0o600"}
    assert list(temporary.iterdir()) == []


def test_without_secrets_there_is_no_pipe(stage):
    """Wrangler reads nothing."""
    stage.settings("FALLBACK_INBOXES=anna@inbox.test\n")
    given = stage.run().given
    assert given["stdin"] == ""
    assert "--secrets-file" not in given["argv"]


def test_wrangler_asks_nothing_and_reports_nothing(stage):
    """And takes no other way into another account than the token's, and the one that was looked at."""
    stage.env |= {
        "CLOUDFLARE_API_KEY": "k",
        "CLOUDFLARE_EMAIL": "e",
        "CLOUDFLARE_ENV": "x",
        "CI": "",
        "FORCE_COLOR": "1",
    }
    given = stage.run().given
    env = given["env"]
    assert not {"CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_ENV"} & env.keys()
    assert (env["CI"], env["WRANGLER_SEND_METRICS"], env["FORCE_COLOR"]) == ("true", "false", "0")
    assert env["WRANGLER_LOG_PATH"].startswith(given["place"])
    assert given["config"]["account_id"] == "account-1"


def test_the_token_of_env_serves_as_well(stage):
    """The environment wins over the file."""
    del stage.env["CLOUDFLARE_API_TOKEN"]
    (stage.config.parent / ".env").write_text(f"CLOUDFLARE_API_TOKEN={TOKEN}\n")
    assert stage.run().given["env"]["CLOUDFLARE_API_TOKEN"] == TOKEN
    stage.env["CLOUDFLARE_API_TOKEN"] = "another"
    assert stage.run().code == 4


def test_the_configuration_is_the_workers_with_the_settings_in_it(stage):
    """Variables typed, nothing kept, the owner's routes left alone, other environments left out."""
    text = stage.config.read_text()
    more = 'route = "shop.test/x/*"\n'
    stage.config.write_text(f'{more}{text}\nALERT_DETAIL = "sender"\n[env.other]\nname = "other"\n')
    stage.settings(
        'ROUTES=\'{"@a.test": ["b@inbox.test"]}\'\nSPOOL_DOOR=Spool.example.com\nALERT_MINUTES=5\n'
    )
    config = stage.run(yes=True).given["config"]
    assert config["vars"] == {
        "ALERT_DETAIL": "sender",
        "ROUTES": {"@a.test": ["b@inbox.test"]},
        "ALERT_MINUTES": "5",
    }
    assert (config["keep_vars"], config["workers_dev"]) == (False, False)
    assert config["routes"] == ["shop.test/x/*", {"pattern": "spool.example.com", "custom_domain": True}]
    assert Path(config["main"]) == (stage.config.parent / "src" / "entry.py").resolve()
    assert config["migrations"] == [{"tag": "v1", "new_sqlite_classes": ["Domain"]}]
    assert not {"env", "route"} & config.keys()


def test_what_wrangler_tells_of_all_modules_and_variables_is_left_out(stage):
    """The rest is passed on, whatever it holds, and cleaned for a terminal."""
    lines = [
        "Attaching additional modules:",
        "┌──┐",
        "│ a │",
        "└──┘",
        "Total Upload: 1 KiB",
        "Your Worker has access to the following bindings:",
        "env.TELEGRAM_CHAT_ID",
        "",
        "│ kept\x1b[2J",
    ]
    stage.wrangler(f"for line in {lines!r}: say(line)")
    ended = stage.run(json=True)
    assert json.loads(ended.out)["wrangler"] == ["Total Upload: 1 KiB", "│ kept\x1b[2J"]
    assert "  │ kept\\u001b[2J\n" in stage.run().out


@pytest.mark.parametrize(
    ("wrangler", "said"),
    [
        ("/no/such", "/no/such is not there: $WRANGLER has to name"),
        ("not-a-program", "can't be run: Exec format"),
    ],
)
def test_a_wrangler_that_is_none_is_one_line(stage, tmp_path, wrangler, said):
    """Before anything is asked, or at the start."""
    (program := tmp_path / "not-a-program").write_bytes(b"\x00\x01")
    program.chmod(0o755)
    stage.env["WRANGLER"] = str(tmp_path / wrangler)
    ended = stage.run()
    assert ended.code == 2
    assert said in ended.err


def test_a_wrangler_that_ends_before_it_reads_is_told(stage):
    """The pipe breaks."""
    (script := Path(stage.env["WRANGLER"])).write_text("#!/bin/sh\nexit 7\n")
    script.chmod(0o755)
    ended = stage.run()
    assert ended.code == 4
    assert "wrangler ended with exit code 7. What is deployed is as it was." in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_ends_it_ends_wrangler_and_leaves_no_file(stage, temporary, number):
    """And all that wrangler started; it says that nobody knows, and how to look."""
    with Mourner() as mourner, serving(stage.standin) as env:
        stage.wrangler(f'sys.argv.append("{mourner.port}"){CHILD}say("on its way")\ntime.sleep(60)')
        env |= {"PYTHONPATH": str(SCRIPTS), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "mail_failover", "deploy", "--config", stage.config],
            env={**os.environ, **stage.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while "on its way" not in process.stdout.readline():
                assert process.poll() is None, process.communicate()
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
        assert mourner.gone()
    assert process.returncode == 128 + number
    assert "Interrupted.\nmail-failover: Nobody knows whether it was uploaded:" in err
    assert "deploy --config" in err
    assert "--dry-run` shows what differs" in err
    assert list(temporary.iterdir()) == []


def test_a_kill_leaves_no_secret_behind(stage, temporary):
    """Not even one that nobody can catch: the folder that it leaves holds none, and is the owner's alone."""
    with serving(stage.standin) as env:
        stage.wrangler('say("on its way")\ntime.sleep(0.5)')
        env |= {"PYTHONPATH": str(SCRIPTS), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "mail_failover", "deploy", "--config", stage.config],
            env={**os.environ, **stage.env, **env},
            stdout=subprocess.PIPE,
            text=True,
        )
        while "on its way" not in process.stdout.readline():
            assert process.poll() is None
        process.kill()
        process.communicate(timeout=30)
    [folder] = temporary.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"sEcReT" not in written
    assert TOKEN.encode() not in written
    assert json.loads(written)["vars"]["FALLBACK_INBOXES"] == ["anna@inbox.test"]
    # The script that plays wrangler ends by itself.
    for _ in range(100):
        if stage.done.exists():
            break
        time.sleep(0.02)
    assert stage.done.exists()
