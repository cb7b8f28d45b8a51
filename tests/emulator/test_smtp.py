"""The SMTP servers change no byte, hold their limits, and make no failure of ours a permanent error."""

import asyncio
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.routing.content import SIZE_LIMIT, Content
from mail_failover.emulator.routing.session import MESSAGES_AT_ONCE, Session
from mail_failover.emulator.routing.smtp import SmtpServer, listen
from mail_failover.errors import UsageError
from mail_failover.mail.submission import RefusedError, quoted, submit
from standins.session import Recorder, serving, session

SENDER, RECIPIENT = "a@example.org", "anna@example.com"


async def send(port, content, sender=SENDER, recipients=(RECIPIENT,)):
    """Send one message from a thread."""
    return await asyncio.to_thread(submit, ("127.0.0.1", port), sender, recipients, content)


def through_the_server(content):
    """Send and return what the server took."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server:
            await send(server.port, content)
        [(_, _, taken)] = recorder.taken
        return taken

    return asyncio.run(run())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".\r\n",
        b".\r\n.\r\n..\r\n.a\r\n",
        b"bare\n.lf\n..\nand \r cr\r\n",
        b"\n.\n\r\n",
        b"\r\n.\n.\r\r\n",
        bytes(range(1, 256)) + b"\r\n",
        b"x" * 200_000 + b"\r\n",
        b"\n" * 200_000 + b"\r\n",
        b"x" * 65535 + b"\r\n.y\r\n",
        b"x" * 65536 + b"\r\n.y\r\n",
        b"x" * 65537 + b"\r\n.y\r\n",
    ],
    ids=range(12),
)
def test_every_byte_arrives_as_it_was_sent(content):
    """Dots, bare CR and LF, 8-bit bytes, lines of any length."""
    assert through_the_server(content) == content


def test_a_dot_where_a_long_line_was_read_in_pieces_is_kept():
    """Only one at the beginning of a line was doubled (RFC 5321, section 4.5.2)."""

    async def run():
        reader = asyncio.StreamReader(limit=4)
        content = Content()
        reader.feed_data(b"aaaaaaaa.")
        reading = asyncio.ensure_future(content.read_lines(reader))
        await asyncio.sleep(0)
        reader.feed_data(b"b\r\n.\r\n")
        await reading
        return bytes(content)

    assert asyncio.run(run()) == b"aaaaaaaa.b\r\n"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"a", b"\xff", b"\0"]), max_size=30).map(b"".join)
)
def test_any_bytes_arrive_as_they_were_sent(content):
    """Both halves, the doubling of dots and its undoing, agree on where lines end."""
    content += b"\r\n"
    assert through_the_server(content) == content


def test_the_final_line_break_is_added_where_it_is_missing():
    """SMTP can't carry a message without it."""
    assert quoted(b"a") == b"a\r\n.\r\n"


def test_a_message_of_exactly_the_limit_is_taken_and_one_byte_more_is_not():
    """25 MiB; the session goes on after the refusal."""

    async def run():
        recorder = Recorder()
        replies = []
        line = b"x" * 1022 + b"\r\n"
        async with serving(recorder) as server, session(server.port) as talk:
            for extra in (b"", b"y"):
                await talk.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA")
                talk.writer.writelines([extra, line * (SIZE_LIMIT // 1024), b".\r\n"])
                replies.append(await talk.reply())
            assert (await talk.say("NOOP")).startswith("250")
        return recorder.taken, replies

    taken, (first, second) = asyncio.run(run())
    assert [len(content) for _, _, content in taken] == [SIZE_LIMIT]
    assert first == "250 2.0.0 OK"
    assert second.startswith("552 5.3.4 ")


def test_a_message_of_26_mib_is_refused_by_its_announced_size():
    """Before any of it is sent (RFC 1870)."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server:
            with pytest.raises(RefusedError, match=r"^552 ") as caught:
                await send(server.port, b"x" * (26 * 1024 * 1024))
        return caught.value.permanent, recorder.taken

    assert asyncio.run(run()) == (True, [])


@pytest.mark.parametrize(
    "sender", ["", "jörg@müller.example", '"odd address"@example.org', "a+b@EXAMPLE.org"]
)
def test_envelopes_are_kept_as_they_are(sender):
    """Null senders, SMTPUTF8, IDN, quoted local parts, detail and case."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server:
            await send(server.port, b"x\r\n", sender, ["Ännä+Detail@exämple.com", RECIPIENT])
        return recorder.taken

    assert asyncio.run(run()) == [(sender, ["Ännä+Detail@exämple.com", RECIPIENT], b"x\r\n")]


def test_two_messages_in_one_session_are_separate():
    """Also when the second transaction follows without waiting (RFC 2920)."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server, session(server.port) as talk:
            await talk.say("MAIL FROM:<>", "RCPT TO:<one@example.com>", "DATA")
            await talk.say(
                b"first\r\n.\r\n", "MAIL FROM:<b@example.org>", "RCPT TO:<two@example.com>", "DATA"
            )
            await talk.say(b"second\r\n.\r\n")
        return recorder.taken

    assert asyncio.run(run()) == [
        ("", ["one@example.com"], b"first\r\n"),
        ("b@example.org", ["two@example.com"], b"second\r\n"),
    ]


@pytest.mark.parametrize("command", ["DATA", "RCPT TO:<x@example.com>"])
def test_commands_out_of_order_are_refused(command):
    """A transaction begins with MAIL."""

    async def run():
        async with serving(Recorder()) as server, session(server.port) as talk:
            return await talk.say(command)

    assert asyncio.run(run()).startswith("503")


def test_our_own_failure_is_temporary():
    """Whatever it is, the sender keeps the message, and reads nothing of it."""

    async def run():
        async with serving(Recorder(ValueError("secret"))) as server:
            with pytest.raises(RefusedError) as caught:
                await send(server.port, b"x\r\n")
        return caught.value

    error = asyncio.run(run())
    assert error.reply.startswith("451 4.3.0 ")
    assert not error.permanent
    assert "secret" not in error.reply


def test_a_failure_in_any_command_is_temporary(monkeypatch):
    """Aiosmtpd alone would answer 500."""

    async def run():
        async with serving(Recorder()) as server, session(server.port) as talk:
            return await talk.say(f"RCPT TO:<{RECIPIENT}>")

    async def broken(*_):
        raise ValueError("oops")

    monkeypatch.setattr(Session, "check_helo_needed", broken)
    # EHLO itself does not ask whether a greeting is needed.
    assert asyncio.run(run()).startswith("451 4.3.0 ")


def test_a_port_in_use_is_one_line():
    """It says what to change."""

    async def run():
        async with serving(Recorder()) as server:
            await SmtpServer(Recorder().take).start(server.port)

    with pytest.raises(
        UsageError, match=r"^Port \d+ on 127\.0\.0\.1 is in use; choose another with --port\.$"
    ):
        asyncio.run(run())


def test_data_takes_no_argument():
    """And the envelope stays for the next one."""

    async def run():
        async with serving(Recorder()) as server, session(server.port) as talk:
            begin = (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>")
            return await talk.codes(*begin, "DATA now", "DATA", b"x\r\n.\r\n")

    assert asyncio.run(run()) == [250, 250, 501, 354, 250]


@pytest.mark.parametrize("port", [-1, 65536, 1_000_000])
def test_a_port_that_is_none_is_one_line(port):
    """It does not end in a traceback."""
    with pytest.raises(UsageError, match=f"^Port {port}: "):
        asyncio.run(SmtpServer(Recorder().take).start(port))


def test_messages_in_memory_are_bounded():
    """Senders beyond the bound wait for their 354, and all get through."""
    most = now = 0

    async def take(*_):
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return "250 2.0.0 OK"

    async def one(port):
        async with session(port) as talk:
            await talk.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA")
            return await talk.say(b"x\r\n.\r\n")

    async def run():
        server = SmtpServer(take)
        await server.start()
        replies = await asyncio.gather(*(one(server.port) for _ in range(50)))
        await server.stop()
        return replies

    assert asyncio.run(run()) == ["250 2.0.0 OK"] * 50
    assert 1 <= most <= MESSAGES_AT_ONCE


def test_a_message_is_taken_to_its_end_though_its_sender_left():
    """It is complete; only the reply is lost."""
    done = asyncio.Event()
    began = asyncio.Event()

    async def run():
        go = asyncio.Event()

        async def take(*_):
            began.set()
            await go.wait()
            done.set()
            return "250 2.0.0 OK"

        server = SmtpServer(take)
        await server.start()
        async with session(server.port) as talk:
            await talk.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA")
            talk.writer.write(b"x\r\n.\r\n")
            await asyncio.wait_for(began.wait(), 5)
        go.set()
        await asyncio.wait_for(done.wait(), 5)
        await server.stop(5)

    asyncio.run(run())
    assert done.is_set()


def test_stopping_lets_a_message_that_is_being_taken_end():
    """Its sender gets the reply."""

    async def run():
        began, go = asyncio.Event(), asyncio.Event()

        async def take(*_):
            began.set()
            await go.wait()
            return "250 2.0.0 OK"

        server = SmtpServer(take)
        await server.start()
        async with session(server.port) as talk:
            await talk.say(f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA")
            talk.writer.write(b"x\r\n.\r\n")
            await asyncio.wait_for(began.wait(), 5)
            stopping = asyncio.ensure_future(server.stop(5))
            go.set()
            reply = await talk.reply()
            await stopping
            return reply, await talk.reader.read()

    assert asyncio.run(run()) == ("250 2.0.0 OK", b"")


def test_no_answer_waits_for_an_acknowledgement():
    """Else each that is written in two pieces takes 40 ms: a page of fifty files is slow by that."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_session_that_is_accepted_as_the_server_stops_is_broken_off():
    """Nobody would drop it later, and a primary that is down takes no message."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server:
            server._intake.open = False
            with pytest.raises(ConnectionError):
                await send(server.port, b"x\r\n")
            return recorder.taken, server._intake.sessions

    assert asyncio.run(run()) == ([], set())
