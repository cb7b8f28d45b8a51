"""The whole way with a real Postfix: caught while it is away, kept, and brought home by the command."""

import asyncio
import os
import smtplib
import sys
from pathlib import Path

import pytest

from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.faults import Fault
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.settings.files import Config
from servers.daemon import until
from servers.letters import below
from standins.stage import TOKEN

pytestmark = pytest.mark.servers
MAIN = Path(__file__).parents[2] / "src" / "entry.py"
SETTINGS = {"FALLBACK_INBOXES": ["one@inbox.example"], "SPOOL_TOKEN": TOKEN, "SPOOL": "all"}
DATE = b"Date: Tue, 24 Nov 2026 19:59:00 +0100\r\n"
HEAD = b"From: Ben <ben@away.test>\r\nSubject: %d\r\n" + DATE + b"Message-ID: <%d@away.test>\r\n\r\n"
LETTER = HEAD + b".dots\r\n\xff\xfe\r\n%s\r\n"


def send(port, number, recipient, size=0):
    """Hand a letter to the edge, as a sender does that does not reach the primary."""
    letter = LETTER % (number, number, b"\r\n".join([b"x" * 70] * (size // 72)))
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as edge:
        edge.sendmail("ben@away.test", [recipient], letter)
    return letter


async def replay(primary, url, state):
    """Run the command, and return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mail_failover", "replay", "--url", url, "--domain", "home.test"),
        *("--to", f"smtp://127.0.0.1:{primary.ports['plain']}", "--state", state),
        env={**os.environ, "MAIL_FAILOVER_SPOOL_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


def test_what_was_caught_is_in_the_mailbox_once_and_byte_for_byte(primary, tmp_path):
    """Of three messages one was held, one has no mailbox; a second run has nothing left to do."""
    held, large = asyncio.run(experiment(primary, tmp_path))
    until(lambda: len(primary.box("anna")) == 2)
    until(primary.idle)
    stored = sorted((below(message) for message in primary.box("anna")), key=len)
    for message, sent in zip(stored, (held, large), strict=True):
        assert message.endswith(sent.replace(b"\r\n", b"\n"))


async def experiment(primary, state):
    """Let three letters be caught and brought home; return those that are."""
    emulator = Emulator(Config(MAIN, SETTINGS, objects={"DOMAINS": "Domain"}), MemoryInboxes())
    async with emulator:
        emulator.faults.add(Fault("forward", "transient", times=1))
        held = await asyncio.to_thread(send, emulator.port, 1, "anna@home.test")
        large = await asyncio.to_thread(send, emulator.port, 2, "anna@home.test", 3_000_000)
        await asyncio.to_thread(send, emulator.port, 3, "nobody@home.test")
        code, said = await replay(primary, emulator.url, state)
        assert code == 1, said
        assert "2 of 3 messages home." in said
        assert "550 5.1.1 <nobody@home.test>: Recipient address rejected" in said
        code, said = await replay(primary, emulator.url, state)
        assert (code, "delivered" in said) == (1, False), said
        spool = (await emulator.status())["home.test"]["spool"]
        assert (spool["delivered"], spool["refused"], spool["waiting"]) == (2, 1, 0)
    return held, large
