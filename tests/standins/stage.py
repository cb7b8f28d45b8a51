"""A Worker, its objects and the chats over hours of virtual time: messages come, and things fail."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.routing.door import Door
from mail_failover.emulator.routing.edge import Edge
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.objects import Objects
from mail_failover.settings.files import addresses
from standins.world import MAIN, RECIPIENT, SENDER

START = 1_795_000_000.0
"""The wall clock's time when a stage begins, in seconds since 1970."""
INBOX = "one@inbox.example"
DOMAIN = "example.com"
WEB = "https://door.example"
TOKEN = "t" * 43
SPOOL = {"SPOOL_TOKEN": TOKEN}


class Stage:
    """What happens, by the second: `posts` that chats show, `lines` of the log, `replies` to senders.

    `fault(name, method)` says how an object fails; `shift` is by how much the wall clock is wrong. `door` is
    an httpx client that asks the Worker as the web does.
    """

    def __init__(self, env, folder=None):
        self.env = {"FALLBACK_INBOXES": [INBOX]} | env
        self.faults = Faults()
        # What the primary's ports say first, and its pages' statuses; of others nobody answers.
        self.greets, self.pages = {}, {}
        self.fault = lambda name, method: ""
        self.shift = 0.0
        self.posts, self.lines, self.replies, self.requests = [], [], [], []
        self.problems, self.dialled = [], []
        # Whether wrangler.toml has the objects' binding.
        self.bound = True
        self._folder = folder

    @property
    def now(self):
        """The virtual time in seconds since the stage began."""
        return asyncio.get_running_loop().time()

    def clock(self):
        """Return what the wall clock shows."""
        return START + self.shift + self.now

    @asynccontextmanager
    async def open(self):
        """Let things happen within this block."""
        self.chat = ChatStandIn(lambda post: self.posts.append((round(self.now), post)))
        worker = load_worker(MAIN, self._log, self.clock)
        self.objects = Objects(
            object_class(worker, "Domain"),
            self.env,
            self._folder,
            clock=self.clock,
            fault=self._fault,
            log=self.problems.append,
        )
        self.inboxes = MemoryInboxes()
        transport = _Recorder(FaultyChat(self.chat, self.faults), self)
        async with httpx.AsyncClient(transport=transport) as client:
            self.edge = Edge(
                worker,
                self.env,
                self.inboxes,
                client,
                verified=addresses(self.env["FALLBACK_INBOXES"], self.env.get("ROUTES")),
                faults=self.faults,
                objects={"DOMAINS": self.objects} if self.bound else {},
                dialling=self._dial,
                log=self.problems.append,
            )
            self.edge.wake()
            self.door = httpx.AsyncClient(transport=Door(self.edge), base_url=WEB)
            try:
                yield self
            finally:
                await self.door.aclose()
                await self.edge.drain(60)
                await self.objects.close()

    async def mail(self, number=1, *, recipient=RECIPIENT, sender=SENDER, content=None, **fields):
        """Let one message come, and return its outcome; what it causes goes on beside."""
        content = message(number, **fields) if content is None else content
        outcome = await self.edge.deliver(sender, recipient, content)
        self.replies.append((round(self.now), outcome.status.value))
        return outcome

    @asynccontextmanager
    async def visit(self, token=TOKEN):
        """Ask the Worker over HTTP, as whoever has this token."""
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=Door(self.edge),
            base_url=WEB,
            headers=headers,
            params={"domain": DOMAIN},
        ) as client:
            yield client

    async def settle(self):
        """Let everything end that needs no time."""
        while self.edge._tasks:
            await asyncio.wait(self.edge._tasks)
        await self.objects.idle()

    async def status(self):
        """Return what the object says of itself."""
        return json.loads(await self.ask("status"))

    async def remember(self, text):
        """Hand an event to the object."""
        return await self.ask("remember", text)

    async def ask(self, method, *arguments):
        """Call the object, as the Worker does."""
        call = self.objects.call(DOMAIN, method, [*arguments])
        return await asyncio.create_task(call, context=self.edge._context())

    def fail(self, *faults):
        """Let these faults come next, instead of those that were to come."""
        self.faults.clear()
        for text in faults:
            self.faults.add(parse_fault(text))

    def evict(self, name=DOMAIN):
        """Take what an object has in memory."""
        self.objects.evict(name)

    def deploy(self, **settings):
        """Deploy with other settings: the objects lose their memory, and find the new ones."""
        self.env |= settings
        self.edge.deploy(self.env)
        self.objects.deploy(self.env)

    def seen(self, service="telegram"):
        """Return what one service's chat shows, by the second, as it was first posted."""
        return [(at, post.seen) for at, post in self.posts if post.service == service and not post.edits]

    def _fault(self, name, method):
        # Asked anew each time: a scenario changes it.
        return self.fault(name, method)

    async def _dial(self, host, port, tls):
        self.dialled.append((self.now, host, port, tls))
        greeting = self.greets.get(f"{host}:{port}")
        if greeting is None:
            await asyncio.Event().wait()
        if isinstance(greeting, Exception):
            raise greeting
        if greeting == b"":
            raise ConnectionRefusedError
        return greeting

    def _log(self, text):
        self.lines.append((round(self.now), json.loads(text)))


class _Recorder(httpx.AsyncBaseTransport):
    def __init__(self, inner, stage):
        self._inner = inner
        self._stage = stage

    async def handle_async_request(self, request):
        if (status := self._stage.pages.get(str(request.url))) is not None:
            return httpx.Response(status)
        self._stage.requests.append((self._stage.now, request))
        return await self._inner.handle_async_request(request)


def message(number, *, subject=None, body="Wir freuen uns auf Sie.", sender="Hotel <booking@hotel.example>"):
    """Build a message with its own Message-ID."""
    lines = [
        f"From: {sender}",
        "To: Anna <anna@example.com>",
        f"Subject: {subject or f'Booking {number}'}",
        "Date: Tue, 24 Nov 2026 19:59:00 +0100",
        f"Message-ID: <{number}@hotel.example>",
        "",
        body,
        "",
    ]
    return "\r\n".join(lines).encode()
