"""All that `init` meets outside, on this machine: Cloudflare, the chats, the DNS, the edge's port 25.

The command runs in a process of its own, at a terminal of its own, in an empty folder.
"""

import contextlib
import json
import socket
import sys
from pathlib import Path

import pexpect
from aiosmtpd.controller import Controller

from standins import cloudflare_server
from standins.cloudflare import DOMAIN, Standin
from standins.domains import OTHERS, OWN, SPF
from standins.messengers import Messengers
from standins.nameserver import NameServer

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
ZONE = f"""
    {DOMAIN}.                SOA  ns.{DOMAIN}. owner.{DOMAIN}. 1 3600 600 86400 300
    {DOMAIN}.                NS   anna.ns.cloudflare.com.
    {DOMAIN}.                NS   bob.ns.cloudflare.com.
    {DOMAIN}.                MX   10 mail.{DOMAIN}.
    {DOMAIN}.                MX   20 route1.mx.cloudflare.net.
    {DOMAIN}.                MX   30 route2.mx.cloudflare.net.
    {DOMAIN}.                MX   40 route3.mx.cloudflare.net.
    {DOMAIN}.                TXT  "v=spf1 mx include:_spf.mx.cloudflare.net -all"
    mail.{DOMAIN}.           A    9.9.9.9
    route1.mx.cloudflare.net. A   162.159.205.11
    route2.mx.cloudflare.net. A   162.159.205.12
    route3.mx.cloudflare.net. A   162.159.205.13
    _spf.mx.cloudflare.net.  TXT  "v=spf1 ip4:104.30.0.0/20 ~all"
    cf2024-1._domainkey.{DOMAIN}. TXT "v=DKIM1; h=sha256; k=rsa; p=MIIB"
    _dmarc.{DOMAIN}.         TXT  "v=DMARC1; p=none"
    inbox.test.              MX   10 mx.inbox.test.
    mx.inbox.test.           A    198.51.100.7
    hosted.test.             MX   10 mail.{DOMAIN}.
"""


class Outside:
    """The stand-ins; `env` leads a process to them. `edge` is None where port 25 is closed."""

    def __init__(self, folder, *, edge=True, **switches):
        self.folder = folder
        self.cloudflare = Standin([OWN, SPF, *OTHERS], clicks_after=2, scripts=[], **switches)
        self.messengers = Messengers()
        self.edge = _Edge() if edge else None
        self.env = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        api = self._stack.enter_context(cloudflare_server.serving(self.cloudflare))
        chats = self._stack.enter_context(self.messengers.serving())
        resolver = self._stack.enter_context(NameServer(ZONE).serving())
        port = self._listen() if self.edge else 1
        self.env = {
            "CLOUDFLARE_API_BASE_URL": api["CLOUDFLARE_API_BASE_URL"],
            "OUTSIDE": json.dumps({"resolver": resolver, "edge": ["127.0.0.1", port]}),
        }
        (self.folder / ".dev.vars").write_text(f"TELEGRAM_API_URL={chats}\nSLACK_API_URL={chats}\n")
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _listen(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        controller = Controller(self.edge, hostname="127.0.0.1", port=port)
        controller.start()
        self._stack.callback(controller.stop)
        return port

    def command(self, *words):
        """Return the program and arguments of a command."""
        return [sys.executable, str(ROOT / "tests" / "standins" / "operator.py"), *words]

    @contextlib.contextmanager
    def terminal(self, *words, env=None, size=(40, 120)):
        """Type a command at a terminal; yield it."""
        given = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "TERM": "xterm", "BROWSER": "true"}
        program, *rest = self.command(*words)
        child = Terminal(
            program,
            rest,
            cwd=str(self.folder),
            env={**given, **self.env, **(env or {})},
            timeout=SECONDS,
            encoding="utf-8",
            dimensions=size,
        )
        child.delaybeforesend = None
        try:
            yield child
        finally:
            child.close(force=True)


class Terminal(pexpect.spawn):
    """What a person sees in `screen`, and what is typed."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.screen = ""

    def see(self, text):
        """Wait for a text."""
        self.expect_exact(text)
        self.screen += self.before + self.after

    def answer(self, question, typed):
        """Wait for a question, and type an answer."""
        self.see(question)
        self.sendline(typed)

    def give(self, question, secret):
        """Wait for a question whose answer is not shown, and type it."""
        self.see(question)
        assert self.waitnoecho(SECONDS), self.screen
        self.sendline(secret)

    def end(self):
        """Wait until it ends; return its exit code."""
        self.expect(pexpect.EOF)
        self.screen += self.before
        self.close()
        return self.exitstatus if self.exitstatus is not None else -self.signalstatus


class _Edge:
    """Accepts every message, and keeps it."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        """Take a message."""
        self.messages.append(envelope)
        return "250 2.0.0 Accepted"
