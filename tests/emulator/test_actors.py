"""The sender follows MX preference and keeps what is deferred; the primary dies as machines do."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from mail_failover.emulator.actors.primary import Primary
from mail_failover.emulator.actors.sender import Exchanger, Letter, Sender, Sent
from mail_failover.emulator.routing.inbox import read_maildir
from standins.session import Recorder, serving, session

SENDER, RECIPIENT = "a@example.org", "anna@example.com"


def test_a_primary_killed_within_a_message_loses_nothing(tmp_path):
    """Half a message leaves no trace, and the sender's next try goes to the edge."""
    letter = Letter(SENDER, RECIPIENT, "hi", b"Subject: hi\r\n\r\n" + b"x" * 100_000 + b"\r\n")

    async def run():
        primary, edge = Primary(tmp_path / "primary"), Recorder()
        await primary.start()
        async with serving(edge) as server:
            async with session(primary.port) as talk:
                await talk.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA")
                talk.writer.write(letter.content[:50_000])
                await talk.writer.drain()
                await primary.stop()
                with contextlib.suppress(ConnectionError):
                    assert await talk.reader.read() == b""
            notes = []
            mx = [Exchanger(20, "edge", server.port), Exchanger(10, "primary", primary.port)]
            sent = await Sender(mx, lambda one: notes.append((one.exchanger.name, one.reply))).send(letter)
            return sent, notes, edge.taken

    sent, notes, taken = asyncio.run(run())
    assert sent is Sent.TAKEN
    assert notes == [("primary", "connection refused"), ("edge", "250 2.0.0 OK")]
    assert taken == [(SENDER, [RECIPIENT], letter.content)]
    assert read_maildir(tmp_path / "primary") == []


def test_a_sender_that_is_cut_off_within_its_session_tries_the_next_exchanger():
    """A connection that breaks after the greeting counts as none."""

    async def run():
        async def slam(_reader, writer):
            writer.write(b"220 primary.example\r\n")
            writer.close()

        dead = await asyncio.start_server(slam, "127.0.0.1", 0)
        edge = Recorder()
        async with dead, serving(edge) as server:
            mx = [
                Exchanger(10, "primary", dead.sockets[0].getsockname()[1]),
                Exchanger(20, "edge", server.port),
            ]
            sender = Sender(mx, lambda *_: None)
            return await sender.send(Letter(SENDER, RECIPIENT, "", b"x\r\n")), edge.taken, sender.queue

    assert asyncio.run(run()) == (Sent.TAKEN, [(SENDER, [RECIPIENT], b"x\r\n")], [])


@pytest.mark.parametrize(
    ("reply", "sent", "queued"),
    [("451 4.3.0 later", Sent.KEPT, 1), ("555 5.7.1 no", Sent.BOUNCED, 0), ("250 2.0.0 OK", Sent.TAKEN, 0)],
)
def test_a_sender_keeps_what_is_deferred_and_only_that(reply, sent, queued):
    """And it sends it again when told to."""

    async def run():
        recorder = Recorder(reply)
        async with serving(recorder) as server:
            sender = Sender([Exchanger(10, "edge", server.port)], lambda *_: None)
            result = await sender.send(Letter(SENDER, RECIPIENT, "", b"x\r\n"))
            waiting = len(sender.queue)
            recorder.reply = "250 2.0.0 OK"
            again = await sender.retry()
            return result, waiting, again, len(recorder.taken)

    assert asyncio.run(run()) == (sent, queued, [Sent.TAKEN] * queued, 1 + queued)


def test_a_sender_leaves_the_edge_the_threads_that_it_needs():
    """An edge that relays takes one, too, and a small machine has few."""

    class Relay(Recorder):
        async def take(self, sender, recipients, content):
            return await asyncio.to_thread(lambda: "250 2.0.0 Relayed")

    async def run():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with serving(Relay()) as server, asyncio.timeout(10):
            sender = Sender([Exchanger(10, "edge", server.port)], lambda *_: None)
            return await sender.send(Letter(SENDER, RECIPIENT, "", b"x\r\n"))

    assert asyncio.run(run()) is Sent.TAKEN
