"""Ctrl-C ends a drill, and never in silence about a message that may be on its way."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mail_failover.drill import send
from mail_failover.drill.follow import Ports, follow
from mail_failover.drill.send import Host
from standins.smtp_server import Server

SCRIPTS = Path(__file__).parents[2] / "scripts"
NOTHING, MAYBE = "interrupted", "interrupted, may arrive"


class Edge(Server):
    """An edge host that never answers at one step; `reached` is set there."""

    def __init__(self, step, **replies):
        super().__init__(extensions=(), **{"DATA": "354 Go ahead", "end": "250 2.0.0 Ok queued", **replies})
        self.step = step
        self.reached = threading.Event()

    async def _reply(self, reader, writer, command):
        if command == self.step:
            await self._stay(reader)
        await super()._reply(reader, writer, command)
        if command == "DATA":
            await reader.readuntil(b"\r\n.\r\n")
            if self.step == "the message":
                await self._stay(reader)
            await super()._reply(reader, writer, "end")

    async def _stay(self, reader):
        self.reached.set()
        await reader.read()


class Empty:
    """A fallback inbox in which nothing ever arrives; the drill is interrupted while it looks."""

    def __init__(self, reached):
        self.reached = reached

    def open(self):
        return "opened"

    def find(self, _message_id, _token):
        self.reached.set()

    def close(self):
        pass


def interrupted(step, **replies):
    """Drill, and cancel it, as a Ctrl-C does, at this step; return the drill."""
    edge = Edge(step, **replies)

    async def scenario():
        server = await asyncio.start_server(edge.talk, "127.0.0.1", 0)
        async with server:
            host = Host("route1.test", server.sockets[0].getsockname()[:2])

            async def find_hosts():
                if step == "DNS":
                    edge.reached.set()
                    await asyncio.Event().wait()
                return [host]

            inbox = (lambda: Empty(edge.reached)) if step == "inbox" else None
            task = asyncio.ensure_future(
                follow("me@vps.test", "anna@shop.test", 60, Ports(find_hosts, inbox))
            )
            await asyncio.to_thread(edge.reached.wait, 20)
            task.cancel()
            return await asyncio.wait_for(task, 20)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        ("DNS", NOTHING),
        ("banner", NOTHING),
        ("RCPT", NOTHING),
        ("DATA", NOTHING),
        ("the message", MAYBE),
        ("QUIT", MAYBE),
        ("inbox", MAYBE),
    ],
)
def test_what_may_have_become_of_the_message_is_said(step, verdict):
    """From the first byte of it on, somebody may have it; before that, nobody."""
    done = interrupted(step)
    assert (done.verdict.value, done.exit_code) == (verdict, 130)
    last = list(done.lines())[-1]
    assert ("so it may arrive: look for its subject" in last) is (verdict == MAYBE)
    assert ("nothing was sent" in last) is (verdict == NOTHING)


def test_a_message_that_was_refused_is_not_on_its_way():
    """Though it was handed over."""

    async def scenario():
        drill, _ = send.write_drill("me@vps.test", "anna@shop.test", "bcd")
        edge = Server(extensions=(), DATA="354 Go ahead", **{"Subject:": "554 no"})
        server = await asyncio.start_server(edge.talk, "127.0.0.1", 0)
        async with server:
            host = Host("route1.test", server.sockets[0].getsockname()[:2])
            await send.hand_in(drill, b"Subject: x\r\n", [host], lambda: 0.0, "")
        return drill

    drill = asyncio.run(scenario())
    assert (drill.verdict.value, drill.offered) == ("refused", False)


@pytest.mark.parametrize("refused", [{"RCPT": "550 5.1.1 no"}, {"end": "554 5.7.1 no"}])
def test_a_refusal_that_was_heard_stays_the_verdict(refused):
    """Ctrl-C only cut the goodbye short; that nothing was sent would be untrue."""
    done = interrupted("QUIT", **refused)
    assert (done.verdict.value, done.exit_code) == ("refused", 1)


@pytest.mark.parametrize(
    ("number", "options", "ctrl_c"),
    [
        (signal.SIGINT, (), "default_int_handler"),
        (signal.SIGINT, ("--json",), "default_int_handler"),
        (signal.SIGTERM, (), "default_int_handler"),
        (signal.SIGTERM, ("--json",), "default_int_handler"),
        (signal.SIGTERM, ("--json",), "SIG_IGN"),
        (signal.SIGHUP, (), "SIG_IGN"),
    ],
)
def test_a_real_ctrl_c_is_exit_code_130_and_tells_it(number, options, ctrl_c):
    """On stdout, as every verdict, for a person and for a program; SIGTERM and SIGHUP have their own code.

    Also in the background, where a shell has Ctrl-C ignored.
    """
    edge = Edge("the message")
    listening = threading.Event()
    ports, stop = [], []

    async def serve():
        server = await asyncio.start_server(edge.talk, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        over = asyncio.Event()
        stop.append((asyncio.get_running_loop(), over))
        listening.set()
        await over.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert listening.wait(20)
    # A shell that starts pytest in the background would have it ignore the signals.
    program = f"import signal; signal.signal(signal.SIGINT, signal.{ctrl_c})\n"
    program += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    program += "from mail_failover.cli import main; main()"
    words = ["drill", "--to", "anna@shop.test", "--via", f"127.0.0.1:{ports[0]}", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert edge.reached.wait(30)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
        loop, over = stop[0]
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
    code = 128 + number
    assert (process.returncode, err) == (code, "")
    if options:
        said = json.loads(out)
        assert (said["version"], said["exit_code"], said["verdict"]) == (1, code, MAYBE)
        assert said["subject"].startswith("mail-failover drill ")
        assert (said["error"]["kind"], said["error"]["code"]) == ("Interrupted", 0)
        assert "so it may arrive: look for its subject" in said["error"]["fix"]
    else:
        assert 'Subject "mail-failover drill ' in out
        assert out.splitlines()[-1].startswith("Interrupted, may arrive. 127.0.0.1:")
