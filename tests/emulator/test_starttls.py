"""STARTTLS (RFC 3207): a certificate of the run's own, a session that begins anew, the same bytes."""

import asyncio
import ssl
import subprocess

import pytest

from mail_failover.emulator.routing import certificate
from mail_failover.emulator.routing.certificate import CertificateError, own_tls
from mail_failover.emulator.routing.session import HOSTNAME
from mail_failover.mail.conversation import conversation
from mail_failover.mail.submission import quoted
from standins.session import Recorder, needs_openssl, serving, session, trusting_nobody

BEGIN = ("MAIL FROM:<a@example.org>", "RCPT TO:<anna@example.com>")


@pytest.fixture(scope="module")
def tls():
    """Make a certificate as `emulate` does."""
    return own_tls()


async def secured(talk, context=None, host="localhost"):
    """Turn TLS on, and return the certificate."""
    assert (await talk.say("STARTTLS")).startswith("220 ")
    await talk.writer.start_tls(context or trusting_nobody(), server_hostname=host)
    return talk.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)


def with_tls(tls, scenario):
    """Play a scenario with a session at a server that has a certificate; return what it took, too."""

    async def run():
        recorder = Recorder()
        async with serving(recorder, tls=tls) as server, session(server.port) as talk:
            result = await scenario(talk)
        return result, recorder.taken

    return asyncio.run(run())


@needs_openssl
@pytest.mark.parametrize("host", [HOSTNAME, "localhost", "127.0.0.1", "::1"])
def test_the_certificate_is_for_this_machine(tls, host):
    """A client that is told to trust it finds the name it asked for, and TLS 1.2 or newer."""

    async def scenario(talk):
        return await secured(talk)

    certificate_, _ = with_tls(tls, scenario)
    trusting_it = ssl.create_default_context(cadata=certificate_)

    async def again(talk):
        await secured(talk, trusting_it, host)
        return talk.writer.get_extra_info("ssl_object").version()

    assert with_tls(tls, again)[0] in {"TLSv1.2", "TLSv1.3"}


@needs_openssl
def test_each_run_has_a_certificate_of_its_own(tls):
    """Nobody knows its key, so nothing is gained by trusting it."""

    async def scenario(talk):
        return await secured(talk)

    assert with_tls(tls, scenario)[0] != with_tls(own_tls(), scenario)[0]


@needs_openssl
def test_what_was_said_before_is_forgotten(tls):
    """Greeting, sender and recipients; TLS is offered once, and a log-in never."""

    async def scenario(talk):
        await talk.say(*BEGIN)
        await secured(talk)
        ungreeted = await talk.say(BEGIN[0])
        talk.writer.write(b"EHLO again.example\r\n")
        offered = {line[4:].split()[0] for line in await talk.lines()}
        return (
            ungreeted,
            offered,
            await talk.codes("RCPT TO:<anna@example.com>", "STARTTLS", "AUTH PLAIN AA=="),
        )

    (ungreeted, offered, codes), taken = with_tls(tls, scenario)
    assert ungreeted.startswith("503 ")
    assert offered == {HOSTNAME, "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "HELP"}
    assert codes == [503, 503, 502]
    assert taken == []


@needs_openssl
def test_chunks_from_before_are_forgotten(tls):
    """What was said in the clear, somebody else may have said."""

    async def scenario(talk):
        await talk.say(*BEGIN, b"BDAT 3\r\nold")
        await secured(talk)
        return await talk.codes("EHLO x", *BEGIN, b"BDAT 3 LAST\r\nnew")

    codes, taken = with_tls(tls, scenario)
    assert codes == [250] * 4
    assert [content for *_, content in taken] == [b"new"]


@needs_openssl
def test_what_was_slipped_in_behind_starttls_is_not_said_within_tls(tls):
    """It came in the clear, from whoever it was (RFC 3207, section 4.2)."""

    async def scenario(talk):
        talk.writer.write(b"STARTTLS\r\nEHLO x\r\nMAIL FROM:<evil@example.org>\r\n")
        assert (await talk.reply()).startswith("220 ")
        await talk.writer.start_tls(trusting_nobody())
        return await talk.replies("EHLO x", "RCPT TO:<anna@example.com>")

    replies, _ = with_tls(tls, scenario)
    assert replies[0].startswith("250 ")
    assert replies[1].startswith("503 ")


@needs_openssl
@pytest.mark.parametrize(
    ("command", "code"), [("STARTTLS now", 501), ("STARTTLS", 220)], ids=["with an argument", "alone"]
)
def test_starttls_takes_no_argument(tls, command, code):
    """And is announced where it is kept."""

    async def scenario(talk):
        talk.writer.write(b"EHLO x\r\n")
        assert "250-STARTTLS" in await talk.lines()
        return await talk.codes(command)

    assert with_tls(tls, scenario)[0] == [code]


@needs_openssl
def test_a_handshake_that_fails_ends_its_session_alone(tls):
    """The next sender is served."""

    async def run():
        recorder = Recorder()
        async with serving(recorder, tls=tls) as server:
            async with session(server.port) as talk:
                assert (await talk.say("STARTTLS")).startswith("220 ")
                talk.writer.write(b"EHLO x\r\n" * 10)
                # An alert of TLS, perhaps; no reply in the clear.
                assert b"25" not in await talk.reader.read()
            async with session(server.port) as talk:
                return await talk.codes(*BEGIN, "DATA", b"x\r\n.\r\n")

    assert asyncio.run(run()) == [250, 250, 354, 250]


@needs_openssl
def test_stopping_ends_sessions_within_tls(tls):
    """And one in the middle of its handshake."""

    async def run():
        async with (
            serving(Recorder(), tls=tls) as server,
            session(server.port) as one,
            session(server.port) as two,
        ):
            await secured(one)
            await two.say("STARTTLS")
            await server.stop()
            return await one.reader.read(), await two.reader.read()

    assert asyncio.run(asyncio.wait_for(run(), 10)) == (b"", b"")


@needs_openssl
@pytest.mark.parametrize("way", ["DATA", "BDAT"])
def test_every_byte_arrives_within_tls(tls, way):
    """More of them than any buffer holds."""
    content = bytes(range(256)).replace(b"\r\n", b"\n") * 12_000 + b"\r\n.\r\n..\r\n"

    async def scenario(talk):
        await secured(talk)
        if way == "DATA":
            return await talk.codes("EHLO x", *BEGIN, "DATA", quoted(content))
        half = len(content) // 2
        chunks = (
            b"BDAT %d\r\n%s" % (half, content[:half]),
            b"BDAT %d LAST\r\n%s"
            % (
                len(content) - half,
                content[half:],
            ),
        )
        return await talk.codes("EHLO x", *BEGIN, *chunks)

    codes, taken = with_tls(tls, scenario)
    assert codes[-1] == 250
    assert taken[0][2] == content


@needs_openssl
def test_the_drills_own_conversation_uses_it(tls):
    """As `drill --via` does with the emulator."""

    async def run():
        recorder = Recorder()
        async with serving(recorder, tls=tls) as server, conversation(("127.0.0.1", server.port)) as talk:
            await talk.banner()
            await talk.ehlo()
            assert {"STARTTLS", "PIPELINING", "CHUNKING"} <= talk.extensions.keys()
            await talk.starttls(trusting_nobody(), "localhost")
            await talk.ehlo()
            for line in (*BEGIN, "DATA"):
                await talk.say(line, line)
            return (await talk.send(quoted(b".x\r\n"), "the message")).code, recorder.taken

    assert asyncio.run(run()) == (250, [("a@example.org", ["anna@example.com"], b".x\r\n")])


def test_without_a_certificate_there_is_no_tls():
    """It is not announced, and asking for it is a temporary error."""

    async def scenario(talk):
        return await talk.codes("STARTTLS", "NOOP")

    assert with_tls(None, scenario)[0] == [454, 250]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "openssl is not installed"),
        ("#!/bin/sh\necho first >&2; echo 'no such curve' >&2; exit 1\n", "openssl failed: no such curve"),
        ("#!/bin/sh\nexit 3\n", "openssl failed: exit code 3"),
        ("#!/bin/sh\necho x > cert.pem; echo x > key.pem\n", "openssl failed: "),
        ("#!/bin/sh\nexit 0\n", "openssl failed: "),
    ],
)
def test_why_there_is_no_certificate_is_one_line(tmp_path, monkeypatch, script, reason):
    """Openssl is missing, refuses, or makes nothing that can be used."""
    if script is not None:
        (tmp_path / "openssl").write_text(script)
        (tmp_path / "openssl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CertificateError, match=f"^{reason}") as caught:
        own_tls()
    assert "\n" not in str(caught.value)


def test_an_openssl_that_hangs_is_given_up(tmp_path, monkeypatch):
    """The start does not wait for it without end."""

    def hang(*_, timeout, **__):
        raise subprocess.TimeoutExpired("openssl", timeout)

    monkeypatch.setattr(certificate.subprocess, "run", hang)
    with pytest.raises(CertificateError, match=r"^openssl failed: no answer within 20 s$"):
        own_tls()
