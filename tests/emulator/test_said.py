"""What was said in a session of SMTP is told when it ends: each line, no content, nothing secret."""

import asyncio

import pytest

from mail_failover.emulator.routing.certificate import own_tls
from mail_failover.emulator.routing.said import LENGTH, LINES
from standins.session import Recorder, needs_openssl, serving, session, trusting_nobody

BEGIN = ("MAIL FROM:<a@example.org>", "RCPT TO:<anna@example.com>")
GREETED = "C: EHLO sender.example"


def heard(scenario, recorder=None, **options):
    """Play a scenario in one session; return what was told of it, but for the greeting and its reply."""
    told = []

    async def run():
        ended = asyncio.Event()

        def hear(*what):
            told.append(what)
            ended.set()

        async with serving(recorder or Recorder(), heard=hear, **options) as server:
            async with session(server.port) as talk:
                await scenario(talk)
            await ended.wait()

    asyncio.run(run())
    [(number, (banner, greeted, *lines))] = told
    assert (number, greeted) == (1, GREETED)
    assert banner.startswith("S: 220 ")
    while lines and lines[0].startswith("S: 250-"):
        del lines[0]
    return lines[1:]


def saying(*lines):
    """Return a scenario in which these are said, each after the reply to the one before."""

    async def scenario(talk):
        for line in lines:
            await talk.say(line)

    return scenario


def test_a_message_is_told_without_its_content():
    """By DATA and in chunks: how many bytes came."""
    content = b"Subject: a secret\r\n\r\n..\r\n.\r\n"
    chunks = (b"BDAT 3\r\nabc", b"BDAT 2 LAST\r\n\r\n")
    assert heard(saying(*BEGIN, "DATA", content, "mail from:<>", BEGIN[1], *chunks, "QUIT")) == [
        *("C: MAIL FROM:<a@example.org>", "S: 250 2.1.0 OK"),
        *("C: RCPT TO:<anna@example.com>", "S: 250 2.1.5 OK"),
        *("C: DATA", "S: 354 End data with <CR><LF>.<CR><LF>"),
        *("C: (24 bytes of content)", "S: 250 2.0.0 OK"),
        *("C: mail from:<>", "S: 250 2.1.0 OK"),
        *("C: RCPT TO:<anna@example.com>", "S: 250 2.1.5 OK"),
        *("C: BDAT 3", "C: (3 bytes of content)", "S: 250 2.0.0 3 bytes taken"),
        *("C: BDAT 2 LAST", "C: (2 bytes of content)", "S: 250 2.0.0 OK"),
        *("C: QUIT", "S: 221 Bye"),
    ]


def test_what_is_no_command_is_told_as_it_came():
    """Unknown, empty, no text at all, a chunk for nobody; and what a failure of ours is to a sender."""
    lines = heard(
        saying("get / HTTP/1.1", "", b"\xff\x00\xc3\xa4 x\r\n", b"BDAT 1\r\nx", *BEGIN, "DATA", b".\r\n"),
        Recorder(ValueError("not told")),
    )
    assert lines[:10] == [
        *("C: get / HTTP/1.1", 'S: 500 Error: command "GET" not recognized'),
        *("C: ", "S: 500 Error: bad syntax"),
        *("C: \ufffd\0ä x", "S: 500 Error: bad syntax"),
        *("C: BDAT 1", "C: (1 bytes of content)", "S: 503 5.5.1 Error: need RCPT command"),
        *("C: MAIL FROM:<a@example.org>",),
    ]
    assert lines[-2:] == ["C: (0 bytes of content)", "S: 451 4.3.0 Something failed here; try again later"]


def test_a_password_is_not_told():
    """Nobody logs in here; a mail program that is set up to do so tries all the same."""
    lines = heard(saying("AUTH PLAIN AGFubmEAc2VjcmV0", "auth login YW5uYQ=="))
    assert [line for line in lines if line[0] == "C"] == ["C: AUTH PLAIN ********", "C: auth login ********"]


def test_a_password_that_is_said_without_being_asked_for_is_not_told(caplog):
    """Some send all lines at once, or do not look at the answers, which repeat it."""
    lines = heard(saying("AUTH LOGIN", "c2VjcmV0", "noop", "nothing"))
    assert lines == [
        *("C: AUTH LOGIN", "S: 502 5.5.1 There is nobody to log in as"),
        *("C: ********", "S: 500 ********"),
        *("C: noop", "S: 250 OK"),
        *("C: nothing", 'S: 500 Error: command "NOTHING" not recognized'),
    ]
    assert caplog.text == ""


def test_of_a_long_session_the_beginning_is_told_and_how_much_is_left_out():
    """Nobody fills the memory with it: neither by lines nor by one line."""
    lines = heard(saying("MAIL FROM:<" + "ä" * 1500 + "@example.org>", *["NOOP"] * LINES))
    assert lines[0] == "C: MAIL FROM:<" + "ä" * (LENGTH - 14)
    assert lines[1].startswith("S: 553 ")
    banner_and_greeting = 2 + 7
    assert len(lines) == LINES - banner_and_greeting + 1
    assert lines[-2] in ("C: NOOP", "S: 250 OK")
    assert lines[-1] == f"({2 * LINES + 2 + banner_and_greeting - LINES} more lines were said)"


@pytest.mark.parametrize("end", ["MAIL FROM:<a@example.org>\r\n", "half a comm"])
def test_a_session_that_breaks_off_is_told_as_far_as_it_came(end):
    """A line that never ended was not said."""

    async def scenario(talk):
        talk.writer.write(end.encode())
        await asyncio.sleep(0)
        talk.writer.transport.abort()

    lines = heard(scenario)
    assert [line for line in lines if line[0] == "C"] in ([], ["C: MAIL FROM:<a@example.org>"])


def test_sessions_are_numbered_as_they_begin_and_told_as_they_end():
    """Those that the server itself ends as well."""
    told = []

    async def run():
        async with (
            serving(Recorder(), heard=lambda number, _: told.append(number)) as server,
            session(server.port) as first,
        ):
            async with session(server.port):
                pass
            await first.say("NOOP")
            assert 1 not in told
            await server.stop()
            await first.reader.read()

    asyncio.run(run())
    assert told == [2, 1]


@needs_openssl
def test_what_is_said_within_tls_is_told_as_well():
    """Once, however the session ends."""

    async def scenario(talk):
        assert (await talk.say("STARTTLS")).startswith("220 ")
        await talk.writer.start_tls(trusting_nobody())
        await talk.say("NOOP")

    assert heard(scenario, tls=own_tls()) == [
        *("C: STARTTLS", "S: 220 Ready to start TLS"),
        *("C: NOOP", "S: 250 OK"),
    ]


@needs_openssl
def test_a_handshake_that_fails_is_told_once():
    """The session ends with it."""

    async def scenario(talk):
        await talk.say("STARTTLS")
        talk.writer.write(b"NOOP\r\n" * 10)
        await talk.reader.read()
        # It is over for the server by now.
        raise ConnectionAbortedError

    told = []

    async def run():
        async with serving(Recorder(), tls=own_tls(), heard=lambda *what: told.append(what)) as server:
            with pytest.raises(ConnectionAbortedError):
                async with session(server.port) as talk:
                    await scenario(talk)

    asyncio.run(run())
    [(_, lines)] = told
    assert lines[-2:] == ("C: STARTTLS", "S: 220 Ready to start TLS")
