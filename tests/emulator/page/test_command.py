"""The page and the stream of events, by the commands that give them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mail_failover.emulator import play
from mail_failover.emulator.options import Options
from mail_failover.errors import UsageError
from mail_failover.mail.submission import submit
from standins.events_page import HAPPENINGS, STATES

ROOT = Path(__file__).parents[3]


def options_of(folder, **options):
    """Return the options of a Worker of this project, on free ports, with these besides."""
    (folder / "wrangler.toml").write_text(
        f'main = "{ROOT / "src" / "entry.py"}"\n'
        '[vars]\nPRIMARY_CHECK = "mail.example.com:25"\n'
        '[[durable_objects.bindings]]\nname = "DOMAINS"\nclass_name = "Domain"\n'
    )
    given = {"host": "127.0.0.1", "port": 0, "domains": (), "relay": "", "verified": (), "faults": ()}
    given |= {"config": folder / "wrangler.toml", "data": folder / "mail", "variables": (), "shape": "dict"}
    return Options(**given | options)


def played(options, meanwhile=None):
    """Run `emulate` until it serves; return what it said, what it told, and what was found meanwhile."""
    lines, events, found = [], [], []

    async def run():
        running = asyncio.create_task(
            play.run(options, lines.append, lambda line: events.append(json.loads(line)))
        )
        async with asyncio.timeout(20):
            while not any(each["event"] == "start" for each in events):
                await asyncio.sleep(0.02)
                if running.done():
                    await running
            if meanwhile:
                found.append(await meanwhile(next(each for each in events if each["event"] == "start")))
        signal.raise_signal(signal.SIGINT)
        await running

    asyncio.run(run())
    return lines, events, found


def test_emulate_tells_a_program_what_happens(tmp_path):
    """From the first state to a message that came from outside; each event as docs/events.md has it."""

    async def send(start):
        host, _, port = start["smtp"].rpartition(":")
        content = b"Subject: hi\r\n\r\nhello\r\n"
        return await asyncio.to_thread(
            submit, (host, int(port)), "a@example.org", ["anna@example.com"], content
        )

    _, events, (reply,) = played(options_of(tmp_path), send)
    assert reply.startswith("250 ")
    assert [each["id"] for each in events] == list(range(1, len(events) + 1))
    names = {each["event"] for each in events}
    assert {"start", "caught", "stored", "log", "edge", "inboxes", "settings"} <= names
    # Nobody plays a sender or a primary there.
    assert not names & {"sender", "primary", "sent", "tried"}
    for each in events:
        kept = each.keys() - {"id", "at", "event"}
        assert kept == HAPPENINGS.get(each["event"], {"state"}), each
        assert each["event"] in HAPPENINGS.keys() | STATES.keys()


def test_the_page_is_where_it_says_and_names_who_answers_for_the_primary(tmp_path):
    """In the lines for a person, and in the event for a program."""

    async def ask(start):
        async with httpx.AsyncClient(trust_env=False) as client:
            return start["page"], (await client.get(start["page"])).text

    lines, _, ((url, text),) = played(options_of(tmp_path, page=True), ask)
    assert f"Page: {url}" in lines
    assert "<!doctype html>" in text.lower()
    assert any(line.startswith("PRIMARY_CHECK: the primary of the page answers") for line in lines)


def test_the_command_to_repeat_it_names_what_it_began_with(tmp_path):
    """But no secret; what is set twice counts as it does when it is typed."""
    (tmp_path / ".dev.vars").write_text("DOOR_CODE=hush\n")
    variables = ("ALERT_MINUTES=1", "SPOOL_TOKEN=hush", "DOOR_CODE=hush")
    options = options_of(tmp_path, domains=["example.com"], playing=["ntfy"], variables=variables)
    _, events, _ = played(options)
    command = [each["state"] for each in events if each["event"] == "command"][-1]
    assert command == (
        "mail-failover emulate --page --domain example.com --play ntfy --var ALERT_MINUTES=1"
        f" --config {options.config}"
    )


def test_without_the_page_nothing_is_said_of_it(tmp_path):
    """Nor of who answers for the primary: that is the real one then."""
    lines, _, _ = played(options_of(tmp_path))
    assert not any(line.startswith(("Page:", "PRIMARY_CHECK:")) for line in lines)


def test_a_port_that_is_taken_is_told_with_the_option_for_another(tmp_path):
    """Before anything is said to listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="with --page-port"):
        played(options_of(tmp_path, page=True, page_port=taken.getsockname()[1]))


def test_there_is_no_page_of_wranglers_runtime(tmp_path):
    """It is refused, not shown half."""
    with pytest.raises(UsageError, match="leave --runtime wrangler out"):
        asyncio.run(play.run(options_of(tmp_path, page=True, runtime="wrangler"), print))


@pytest.mark.parametrize("words", [("watch",), ("demo", "--page")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_how_the_page_ends(tmp_path, words, number):
    """With exit code 0, nothing on stderr, and nothing left in the folder or among the temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "mail_failover", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(temporary),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = next(line for line in process.stdout if line.startswith("Page: ")).split()[1]
        assert httpx.get(f"{url}api/state", trust_env=False, timeout=20).status_code == 200
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert list(temporary.iterdir()) == []
