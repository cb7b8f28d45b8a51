"""The Worker between an edge, inboxes and chats that are all in memory: one message, and what came of it."""

import asyncio
import json
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.routing.edge import Edge
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.objects import Objects
from standins.watch import Seen, measured, watched

MAIN = Path(__file__).parents[2] / "src" / "entry.py"

TELEGRAM = {"TELEGRAM_BOT_TOKEN": "123456789:sEcReT-telegram-token-0000000000000", "TELEGRAM_CHAT_ID": "4711"}
SLACK_WEBHOOK = {
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0000/B0000/sEcReTwebhook000000000000"
}
SLACK_BOT = {"SLACK_BOT_TOKEN": "xoxb-0000000000-sEcReTbot", "SLACK_CHANNEL": "C0123456789"}
SECRET = "sEcReT"

SENDER = "booking@hotel.example"
RECIPIENT = "anna@example.com"
MESSAGE = (
    b"From: =?utf-8?q?Hotel_L=C3=B6we?= <booking@hotel.example>\r\n"
    b"To: Anna <anna@example.com>\r\n"
    b"Subject: =?utf-8?q?Ihre_Buchung_in_K=C3=B6ln?=\r\n"
    b"Date: Tue, 24 Nov 2026 19:59:00 +0100\r\n"
    b"Message-ID: <unique-4711@hotel.example>\r\n"
    b"\r\n"
    b"Wir freuen uns auf Sie.\r\n"
)


@dataclass(frozen=True)
class Played:
    """What came of one message."""

    status: str
    reason: str
    inboxes: dict[str, list[bytes]]
    requests: list[httpx.Request]
    posts: list
    log: list[dict]
    printed: str
    handler_seconds: float
    total_seconds: float
    seen: Seen
    chats: dict[str, dict] = field(default_factory=dict)

    @property
    def requests_by_destination(self) -> Counter:
        """Count the requests by what they were sent to: a chat, a webhook, a channel."""
        bodies = [(str(r.url), json.loads(r.content)) for r in self.requests]
        return Counter((url, body.get("chat_id") or body.get("channel")) for url, body in bodies)


class Recorder(httpx.AsyncBaseTransport):
    """Notes every request that the Worker makes, and passes it on."""

    def __init__(self, inner, order):
        self.requests = []
        self._order = order
        self._inner = inner

    async def handle_async_request(self, request):
        self.requests.append(request)
        self._order.append("request")
        return await self._inner.handle_async_request(request)


async def play(
    env,
    *,
    faults=(),
    sender=SENDER,
    recipient=RECIPIENT,
    content=MESSAGE,
    trace=b"",
    shape="dict",
    chunk=4096,
    verified=None,
    transport=None,
    capsys=None,
    isolate=None,
    objects=False,
):
    """Let the unmodified Worker handle one message, and wait until everything is done.

    With `objects` it has the object of the recipient's domain.
    """
    seen = Seen()
    loop = asyncio.get_running_loop()
    faults = Faults(parse_fault(f) for f in faults)
    chat = ChatStandIn()
    recorder = Recorder(transport or FaultyChat(chat, faults), seen.order)
    inboxes = MemoryInboxes()
    if verified is None:
        verified = ["one@inbox.example", "two@inbox.example", "route@inbox.example"]
    begin = loop.time()
    async with httpx.AsyncClient(transport=recorder) as client:
        errors = []
        worker = load_worker(MAIN)
        if isolate:
            sys.modules[worker.__module__]._ISOLATE = isolate
        domains = Objects(object_class(worker, "Domain"), env, log=errors.append) if objects else None
        edge = Edge(
            watched(worker, seen),
            env,
            inboxes,
            client,
            verified=verified,
            faults=faults,
            shape=shape,
            chunk=chunk,
            objects={"DOMAINS": domains} if domains else {},
            log=errors.append,
        )
        # Measuring costs time; what a large chunk costs is what it is for.
        with measured(seen) if chunk > 4096 else nullcontext():
            outcome = await edge.deliver(sender, recipient, content, trace)
            handled = loop.time()
            assert await edge.drain(60)
            if domains:
                await domains.close()
        assert errors == []
    printed = capsys.readouterr().out if capsys else ""
    return Played(
        outcome.status.value,
        outcome.reason,
        inboxes.messages,
        recorder.requests,
        chat.posts,
        [json.loads(line) for line in printed.splitlines() if line.startswith("{")],
        printed,
        handled - begin,
        loop.time() - begin,
        seen,
    )
