"""What stands behind a Worker in another process: the edge's forward rules and the chats, over HTTP."""

import asyncio
import json
import math
import re
import threading
from typing import Self

import httpx

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.chat.webhook import Webhook as Receiver
from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.loopback import serve
from mail_failover.emulator.routing.edge import Delivery, Edge
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime.javascript import Headers, JsException
from mail_failover.emulator.runtime.message import Caught
from standins.virtual import timed
from standins.watch import Seen

from .table import VERIFIED, Played, Scenario

# The settings that name a chat's host together with what is to be asked there.
_OWN = (
    "NTFY_URL",
    "GOTIFY_URL",
    "DISCORD_WEBHOOK_URL",
    "MATTERMOST_WEBHOOK_URL",
    "MATRIX_HOMESERVER",
    "WEBHOOK_URL",
)


class Play:
    """One scenario, or story, under way."""

    def __init__(self, scenario: Scenario) -> None:
        self.faults = faults = Faults(map(parse_fault, scenario.faults))
        self.chat = ChatStandIn()
        for service in self.chat._others:
            if isinstance(service, Receiver):
                # The clock under Node is not this machine's.
                service.tolerance = math.inf
        self.faulty = FaultyChat(self.chat, faults)
        self.inboxes = MemoryInboxes()
        self.requests = []
        self._edge = Edge(None, {}, self.inboxes, None, verified=VERIFIED, faults=faults)
        self.deliver(scenario.sender, scenario.recipient, scenario.content, scenario.trace)

    def deliver(self, sender: str, recipient: str, content: bytes, trace: bytes = b"") -> None:
        """Let this be the message that is forwarded next."""
        self.delivery = Delivery(self._edge, Caught(sender, recipient, content, trace))

    def played(
        self, failure: str, printed: list[str], seen: Seen | None = None, *, by_object: bool = False
    ) -> Played:
        """Sum up."""
        outcome = self.delivery.outcome(failure)
        return Played(
            outcome.status.value,
            failure,
            self.inboxes.messages,
            [(path, json.loads(body)) for path, body in self.requests],
            self.chat.posts,
            printed,
            self.delivery.rejection,
            seen,
            by_object,
        )


class Backstage(httpx.AsyncBaseTransport):
    """Serves one play at a time from its own thread: `/forward` asks the edge, all else is for the chats.

    With `virtual` nothing is late: an answer's `x-seconds` says how long it takes, or "never".
    """

    def __init__(self, *, virtual: bool = False) -> None:
        self.url = ""
        self._virtual = virtual
        self.play: Play | None = None
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(),), daemon=True
        )
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        async with serve(self) as self.url:
            self._ready.set()
            await self._over.wait()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._virtual:
            return await self._answer(request)
        answer, seconds = await asyncio.to_thread(timed, self._answer(request))
        answer = answer or httpx.Response(200)
        answer.headers["x-seconds"] = "never" if seconds == math.inf else str(seconds)
        return answer

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/forward":
            return await self._forward(json.loads(request.content))
        self.play.requests.append((request.url.raw_path.decode(), request.content))
        return await self.play.faulty.handle_async_request(request)

    async def _forward(self, call: dict) -> httpx.Response:
        answer = {}
        try:
            await self.play.delivery.forward(
                call["address"], Headers.new([tuple(p) for p in call["headers"]])
            )
        except JsException as error:
            answer["error"] = error.message
        return httpx.Response(200, json=answer)

    def env(self, settings: dict) -> dict:
        """Return settings with the chats' hosts replaced by this server."""
        apis = dict.fromkeys(("TELEGRAM_API_URL", "SLACK_API_URL", "PUSHOVER_API_URL"), self.url)
        own = {name: re.sub("^https://[^/]+", self.url, settings[name]) for name in _OWN if name in settings}
        return settings | apis | own
