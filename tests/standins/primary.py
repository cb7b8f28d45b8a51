"""A primary that says what a test wants it to say, by SMTP or LMTP, at any step."""

import asyncio
import contextlib

HANG_UP = "hang up"
SILENCE = "silence"
REPLIES = {
    "banner": "220 primary.home.test ESMTP",
    "XCLIENT": "220 primary.home.test ESMTP",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go ahead",
    "content": "250 2.0.0 Ok: queued",
    "QUIT": "221 2.0.0 Bye",
}


class Primary:
    """Answers each step with its reply; `early` is said before any of the content is read.

    `heard` holds the commands, `content` what came after DATA or BDAT, as it came.
    """

    def __init__(self, *offers, early="", **replies):
        lines = ["primary.home.test", *offers]
        greeting = "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)
        self._replies = {**REPLIES, "EHLO": greeting, "LHLO": greeting, **replies}
        self._early = early
        self.heard = []
        self.content = b""

    @contextlib.asynccontextmanager
    async def serving(self, path=None):
        """Listen on a free port, which is returned, or on a socket; hold each conversation to its end."""
        talks = set()

        async def talk(reader, writer):
            talks.add(asyncio.current_task())
            with contextlib.closing(writer):
                await self._talk(reader, writer)

        if path:
            server = await asyncio.start_unix_server(talk, path)
        else:
            server = await asyncio.start_server(talk, "127.0.0.1", 0)
        try:
            yield None if path else server.sockets[0].getsockname()[1]
        finally:
            server.close()
            if talks:
                await asyncio.wait(talks, timeout=10)
            await server.wait_closed()

    async def _talk(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._say(reader, writer, "banner")
            while line := (await reader.readline()).decode().strip():
                self.heard.append(line)
                verb = line.split()[0]
                if verb != "BDAT":
                    await self._say(reader, writer, verb)
                if verb == "BDAT" or (verb == "DATA" and self._replies["DATA"].startswith("354")):
                    await self._take(reader, writer, line)

    async def _take(self, reader, writer, line):
        if self._early:
            writer.write(self._early.encode() + b"\r\n")
            await writer.drain()
            raise ConnectionResetError
        if line == "DATA":
            self.content = await reader.readuntil(b"\r\n.\r\n")
        else:
            self.content = await reader.readexactly(int(line.split()[1]))
        await self._say(reader, writer, "content")

    async def _say(self, reader, writer, step):
        reply = self._replies[step]
        if reply == SILENCE:
            await reader.read()
        if reply in {HANG_UP, SILENCE}:
            raise ConnectionResetError
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
