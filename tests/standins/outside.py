"""All that `init` meets outside, on this machine: Cloudflare, the chats, the DNS, the edge's port 25.

The command runs in a process of its own, at a terminal of its own, in an empty folder.
"""

import atexit
import contextlib
import functools
import json
import re
import shlex
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller

from standins import cloudflare_server
from standins.cloudflare import DOMAIN, Standin
from standins.domains import OTHERS, OWN, SPF
from standins.messengers import Messengers
from standins.nameserver import NameServer
from standins.operator import Operator
from standins.terminal import Terminal

HERE = Path(__file__).resolve().parent
UPLOADER = HERE / "uploader.py"
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


@functools.cache
def operator():
    """Have one in this process, until it ends."""
    found = Operator()
    atexit.register(found.close)
    return found


class Outside:
    """The stand-ins; `env` leads a process to them. `edge` is None where port 25 is closed.

    With `wrangler` it is the real one that uploads, which takes seconds; else a small program in its place.
    """

    def __init__(self, folder, *, edge=True, wrangler=False, **switches):
        self.folder = folder
        self.cloudflare = Standin([OWN, SPF, *OTHERS], **{"clicks_after": 2, "scripts": [], **switches})
        self.messengers = Messengers()
        self.edge = _Edge() if edge else None
        self.resolver, self.port = ("127.0.0.1", 1), 1
        self.env = {}
        self._real = wrangler
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        api = self._stack.enter_context(cloudflare_server.serving(self.cloudflare))
        chats = self._stack.enter_context(self.messengers.serving())
        self.resolver = self._stack.enter_context(NameServer(ZONE).serving())
        if self.edge:
            self.port = self._listen()
        self.env = {
            "CLOUDFLARE_API_BASE_URL": api["CLOUDFLARE_API_BASE_URL"],
            "OUTSIDE": json.dumps({"resolver": self.resolver, "edge": ["127.0.0.1", self.port]}),
        }
        if not self._real:
            self.env["WRANGLER"] = str(self._uploader())
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

    def _uploader(self):
        """Write a program that takes wrangler's place."""
        script = self._stack.enter_context(tempfile.TemporaryDirectory()) + "/wrangler"
        Path(script).write_text(f"#!{sys.executable} -IS\n{UPLOADER.read_text()}")
        Path(script).chmod(0o755)
        return script

    def terminal(self, *words, env=(), size=(120, 40)):
        """Type a command at a terminal of that many columns and lines."""
        given = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "BROWSER": "true",
            **self.env,
            **dict(env),
        }
        return Terminal(*words, cwd=self.folder, env=given, size=size, start=operator().start)


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it printed; at a terminal both are one."""

    code: int
    out: str
    err: str = ""

    @property
    def value(self):
        """What a program gets: it is all that is printed there."""
        return json.loads(self.out)

    @property
    def to_go_on(self):
        """The words of the command line that goes on, as the last line says."""
        [found] = re.findall(r"To go on:\s+`mail-failover (init[^`]*)`", self.out + self.err)
        return shlex.split(found)


class _Edge:
    """Answers every message as it is told to, after having told who watches, and keeps what it accepts."""

    def __init__(self):
        self.messages = []
        self.answer = "250 2.0.0 Accepted"
        self.watch = lambda: None

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        """Take a message, or refuse it."""
        self.watch()
        if self.answer.startswith("2"):
            self.messages.append(envelope)
        return self.answer
