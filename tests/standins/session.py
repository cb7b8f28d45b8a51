"""The emulator's SMTP server in front of a recorder, and a session with it that is typed by hand."""

import asyncio
import contextlib

from mail_failover.emulator.routing.smtp import SmtpServer


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
        self.writer.write(
            b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line in lines)
        )
        await self.writer.drain()
        for _ in lines:
            reply = await self.reply()
        return reply

    async def reply(self):
        """Read one reply, and return its last line."""
        while (line := await self.reader.readline())[3:4] == b"-":
            pass
        return line.decode().rstrip()


@contextlib.asynccontextmanager
async def serving(recorder):
    """Serve on a free port."""
    server = SmtpServer(recorder.take)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def session(port):
    """Connect and greet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        talk = Talk(reader, writer)
        assert (await talk.reply()).startswith("220")
        assert (await talk.say("EHLO sender.example")).startswith("250")
        yield talk
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
