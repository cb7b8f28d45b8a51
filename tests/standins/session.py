"""The emulator's SMTP server in front of a recorder, and a session with it that is typed by hand."""

import asyncio
import contextlib
import shutil
import ssl

import pytest

from mail_failover.emulator.routing.smtp import SmtpServer

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")


class Recorder:
    """Takes messages and remembers them."""

    def __init__(self, reply="250 2.0.0 OK"):
        self.reply = reply
        self.taken = []

    async def take(self, sender, recipients, content):
        """Remember, and reply or raise."""
        self.taken.append((sender, recipients, content))
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class Talk:
    """A session typed by hand."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def say(self, *lines):
        """Send lines, at once, and return the last line of the reply to the last."""
        return (await self.replies(*lines))[-1]

    async def codes(self, *lines):
        """Send lines, at once, and return the code of the reply to each."""
        return [int(reply[:3]) for reply in await self.replies(*lines)]

    async def replies(self, *lines):
        """Send lines, at once, and return the last line of the reply to each."""
        self.writer.write(
            b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line in lines)
        )
        await self.writer.drain()
        return [await self.reply() for _ in lines]

    async def reply(self):
        """Read one reply, and return its last line."""
        return (await self.lines())[-1]

    async def lines(self):
        """Read one reply, and return all its lines."""
        lines = [await self.reader.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(await self.reader.readline())
        return [line.decode().rstrip() for line in lines]


@contextlib.asynccontextmanager
async def serving(recorder, **options):
    """Serve on a free port."""
    server = SmtpServer(recorder.take, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def session(port, seconds=30):
    """Connect and greet; a server that falls silent fails the test."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(seconds):
            talk = Talk(reader, writer)
            assert (await talk.reply()).startswith("220")
            assert (await talk.say("EHLO sender.example")).startswith("250")
            yield talk
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def trusting_nobody():
    """Return what senders use: TLS without a look at the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
