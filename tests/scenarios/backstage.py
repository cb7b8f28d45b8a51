"""What stands behind a Worker in another process: the edge's forward rules and the chats, over HTTP."""

import asyncio
import json
import threading
from dataclasses import replace
from typing import Self

import httpx

from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.loopback import serve
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.faults import Fault, Faults, parse_fault
from mail_failover.emulator.routing.edge import Delivery, Edge
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime.javascript import Headers, JsException
from mail_failover.emulator.runtime.message import Caught
from standins.watch import Seen

from .table import VERIFIED, Played, Scenario


class Play:
    """One scenario under way."""

    def __init__(self, scenario: Scenario, speed: float = 1) -> None:
        faults = Faults(_paced(parse_fault(f), speed) for f in scenario.faults)
        self.chat = ChatStandIn()
        self.faulty = FaultyChat(self.chat, faults)
        self.inboxes = MemoryInboxes()
        self.requests = []
        edge = Edge(None, {}, self.inboxes, None, verified=VERIFIED, faults=faults)
        self.delivery = Delivery(edge, Caught(scenario.sender, scenario.recipient, scenario.content))

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


def _paced(fault: Fault, speed: float) -> Fault:
    """Let what is late keep step with a Worker whose clock is fast."""
    return replace(fault, seconds=(fault.seconds or 9) / speed) if fault.kind == "late" else fault


class Backstage(httpx.AsyncBaseTransport):
    """Serves one play at a time from its own thread: `/forward` asks the edge, all else is for the chats."""

    def __init__(self) -> None:
        self.url = ""
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
        if request.url.path == "/forward":
            return await self._forward(json.loads(request.content))
        self.play.requests.append((request.url.path, request.content))
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

    def env(self, scenario: Scenario) -> dict:
        """Return the scenario's settings, with the chats' hosts replaced by this server."""
        return scenario.env | {"TELEGRAM_API_URL": self.url, "SLACK_API_URL": self.url}
