"""An SMTP server that says what a test wants it to say, with TLS where it is given a certificate."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess

import pytest


class Server:
    """An SMTP server that says what it is told to; `heard` holds what it was asked.

    `replies` maps the start of a command, or "banner", to a reply; None says nothing, b"" hangs up, as
    does whatever it does not know.
    """

    def __init__(self, context=None, extensions=("STARTTLS",), **replies):
        ehlo = "".join(f"250-{line}\r\n" for line in ("shop.test", *extensions)) + "250 HELP"
        self._replies = {
            "banner": "220 shop.test ESMTP",
            "EHLO": ehlo,
            "MAIL": "250 2.1.0 Ok",
            "RCPT": "250 2.1.5 Ok",
            "STARTTLS": "220 Go ahead",
            "QUIT": "221 Bye",
        } | replies
        self._context = context
        self.heard = []

    async def talk(self, reader, writer):
        """Hold one conversation."""
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await self._reply(reader, writer, "banner")
            while line := (await reader.readline()).decode(errors="replace").strip():
                self.heard.append(line)
                await self._reply(reader, writer, line.split()[0])
                if line == "STARTTLS" and self._context:
                    await writer.start_tls(self._context)
        writer.close()

    async def _reply(self, reader, writer, command):
        reply = self._replies.get(command, b"")
        if reply is None:
            await reader.read()
        if not reply:
            raise ConnectionResetError
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()


def make_certificate(folder):
    """Make a certificate for the primary's name, valid for ten years, its own authority."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650"
    command += (
        " -keyout key.pem -out cert.pem -subj /CN=mail.shop.test -addext subjectAltName=DNS:mail.shop.test"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=30)
    return folder


def serving(certificate, **replies):
    """Return a primary with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return Server(context, **replies)
