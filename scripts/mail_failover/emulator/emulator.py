"""The edge put together: SMTP in front, the Worker in the middle, inboxes and chats behind."""

import contextlib
import json
import re
import ssl
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mail_failover.emulator.chat.asked import Asked
from mail_failover.emulator.chat.failing import FaultyChat
from mail_failover.emulator.chat.further import FURTHER
from mail_failover.emulator.chat.standin import ChatStandIn
from mail_failover.emulator.loopback import serve
from mail_failover.emulator.routing.door import Door
from mail_failover.emulator.routing.edge import Edge, Outcome, Status
from mail_failover.emulator.routing.inbox import Inboxes
from mail_failover.emulator.routing.smtp import LOOPBACK, SmtpServer, listen
from mail_failover.emulator.runtime.clock import Clock
from mail_failover.emulator.runtime.javascript import JsException
from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.message import Shape
from mail_failover.emulator.runtime.objects import Objects
from mail_failover.emulator.runtime.sockets import Dial, connect
from mail_failover.emulator.runtime.workers import WorkerEntrypoint
from mail_failover.emulator.wrangler.process import Wrangler
from mail_failover.emulator.wrangler.worker import worker_behind
from mail_failover.errors import UsageError
from mail_failover.settings.chats import ADDRESS
from mail_failover.settings.files import SECRETS, Config, addresses

from .faults import Fault, Faults
from .outside import carrier
from .services import PLAYABLE, PLAYED, secrets_set, stand_in_settings
from .watch import Watch

# A Worker's alerts are bounded to 20 s; this ends the wait for one that breaks the rule.
DRAIN_SECONDS = 25.0


class Emulator:
    """Plays Cloudflare's edge for as long as it is entered (`async with`), on 127.0.0.1 or another `host`.

    `domains` are those whose recipients it takes, by default all; with `tls` it offers STARTTLS.
    `verified` are the addresses that forward may use: by default the inboxes that the settings name.
    Without any chat's secret in the settings, a stand-in answers for those of `playing`, and `chat` holds
    what it saw.
    The Worker runs in this process, or in `wrangler` if that is given. Its objects write into files of the
    folder `data` if that is given, and go on from there, and else into memory; `dialling` is what their
    sockets connect with: one that is given plays the primary, and says, too, whether its pages answer. The
    Worker's `fetch` is asked at `url`, on 127.0.0.1 at `http_port`, and in this process through the httpx
    transport `door`, but not in `wrangler`.
    """

    def __init__(  # noqa: PLR0913 - one argument per option of the command
        self,
        config: Config,
        inboxes: Inboxes,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        http_port: int = 0,
        domains: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        verified: Sequence[str] = (),
        faults: Iterable[Fault] = (),
        shape: Shape = "dict",
        watch: Watch | None = None,
        wrangler: Wrangler | None = None,
        data: Path | None = None,
        dialling: Dial = connect,
        playing: Collection[str] = PLAYED,
        clock: Clock | None = None,
    ) -> None:
        watch = watch or Watch()
        variables = dict(config.variables)
        self.chat = None if secrets_set(variables) else ChatStandIn(watch.post)
        self.playing = tuple(playing) if self.chat else ()
        self._given = stand_in_settings(variables, self.playing)
        self.variables = dict(self._given)
        self._verified = tuple(verified)
        self.faults = Faults(faults)
        self.secrets = {*config.secrets, *SECRETS}
        self.watch = watch
        self._wanted = port, host
        self._http_port = http_port
        self.url = ""
        self._wrangler = wrangler
        self._open, self._web = contextlib.AsyncExitStack(), contextlib.AsyncExitStack()
        self._client = carrier(
            self.chat,
            self.faults,
            watch.request,
            dialling,
            lambda: str(self.variables.get("PRIMARY_CHECK")),
        )
        self._server = SmtpServer(self.take, tls=tls, domains=domains, heard=watch.heard)
        self.clock = clock or Clock()
        worker = (
            worker_behind(wrangler, watch.log)
            if wrangler
            else load_worker(config.main, watch.log, self.clock)
        )
        self.objects = {} if wrangler else self._objects(worker, config.objects, data)
        self.edge = Edge(
            worker,
            self.variables,
            inboxes,
            self._client,
            verified=self.verified,
            faults=self.faults,
            shape=shape,
            objects=self.objects,
            dialling=dialling,
            log=watch.log,
            stored=watch.stored,
        )

        self.door = Door(self.edge)

    def _objects(
        self, worker: type[WorkerEntrypoint], classes: Mapping[str, str], data: Path | None
    ) -> dict[str, Objects]:
        def fault(_name: str, method: str) -> str:
            # What the emulator asks itself is nobody's request.
            found = None if method == "status" else self.faults.take("object")
            return found.kind if found else ""

        return {
            binding: Objects(
                object_class(worker, name),
                self.variables,
                data,
                clock=self.clock,
                fault=fault,
                log=self.watch.log,
            )
            for binding, name in classes.items()
        }

    @property
    def verified(self) -> tuple[str, ...]:
        """The addresses that forward may use."""
        return self._verified or tuple(inboxes_of(self.variables))

    @property
    def changed(self) -> dict[str, Any]:
        """The settings that are others than in the beginning."""
        return {name: value for name, value in self.variables.items() if value != self._given.get(name)}

    @property
    def port(self) -> int:
        """The port that the edge listens on."""
        return self._server.port

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            UsageError: the address or the port can't be had, the runtime does not start, or what the objects
                remember can't be read.

        """
        async with contextlib.AsyncExitStack() as opened:
            opened.push_async_callback(self._client.aclose)
            if self._wrangler:
                settings = await self._reachable(opened)
                await opened.enter_async_context(self._wrangler.running(settings, self.secrets))
            for each in self.objects.values():
                opened.push_async_callback(each.close)
            self.edge.wake()
            await opened.enter_async_context(self._web)
            self.url = self._wrangler.url if self._wrangler else await self._serve_web()
            await self._server.start(*self._wanted)
            self._open = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, let messages and alerts that are under way end, within bounds."""
        await self._web.aclose()
        await self._server.stop(DRAIN_SECONDS)
        if not await self.edge.drain(DRAIN_SECONDS):
            self.watch.log("waitUntil: not finished in time, and ended")
        await self._open.aclose()

    def deploy(self, **variables: Any) -> None:
        """Go on with these settings besides, as after a deploy; None stands for what one was at first."""
        first = {name: self._given.get(name) for name, value in variables.items() if value is None}
        merged = {**self.variables, **variables, **first}
        self.variables = {name: value for name, value in merged.items() if value is not None}
        self.edge.deploy(self.variables)
        self.edge.verified = {address.lower() for address in self.verified}
        for each in self.objects.values():
            each.deploy(self.variables)

    def check(self, fault: Fault) -> None:
        """Refuse a fault of a service that is not played, as nothing would come of it.

        Raises:
            UsageError: it is none.

        """
        target = fault.target
        if self.chat and target in PLAYABLE and target not in self.playing:
            raise UsageError(f"--fault {target}: it is not played.", f"Have it played: --play {target}.")

    def pass_time(self, seconds: float) -> None:
        """Put the clock of the Worker and its objects forward; what was due meanwhile is due now."""
        self.clock.put_forward(seconds)
        self.edge.wake()

    async def status(self) -> dict[str, dict[str, Any]]:
        """Return what each domain's object says of itself, by its name; of one that fails, nothing."""
        found: dict[str, dict[str, Any]] = {}
        for objects in self.objects.values():
            # What begins with a colon is no domain's: the object that counts wrong tokens at the door.
            for name in (each for each in objects.names if not each.startswith(":")):
                try:
                    found[name] = json.loads(await objects.call(name, "status", []))
                except JsException:
                    found[name] = {}
        return found

    async def _serve_web(self) -> str:
        listening = listen(LOOPBACK, self._http_port, "--http-port")
        return await self._web.enter_async_context(serve(self.door, listening))

    async def _reachable(self, opened: contextlib.AsyncExitStack) -> dict[str, Any]:
        """Put the chats' stand-in, if there is one, where another process reaches it; return the settings."""
        if self.chat is None:
            return self.variables
        asked = Asked(FaultyChat(self.chat, self.faults), self.watch.request)
        url = await opened.enter_async_context(serve(asked))
        moved = {
            name: re.sub("https://[^/]+", url, value)
            for each in FURTHER
            if each.name in self.playing
            for name, value in each.settings.items()
        }
        addresses = {f"{service.upper()}{ADDRESS}": url for service in self.playing}
        return {**addresses, **self.variables, **moved}

    async def take(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Run the Worker once per recipient, and return the reply for the whole transaction.

        The first deferral ends it: the sender comes back with all its recipients.
        """
        outcomes: list[Outcome] = []
        for recipient in recipients:
            start = time.perf_counter()
            outcome = await self.edge.deliver(sender, recipient, content)
            outcomes.append(outcome)
            self.watch.outcome(sender, recipient, content, outcome, time.perf_counter() - start)
            if outcome.status is Status.DEFERRED:
                again = [name for name, before in zip(recipients, outcomes, strict=False) if before.inboxes]
                if again:
                    self.watch.log(f"a retry will bring this message again for {', '.join(again)}")
                return "451 4.3.0 Temporary failure; try again later"
        if all(outcome.status is Status.REJECTED for outcome in outcomes):
            return f"555 5.7.1 {' '.join(outcomes[0].reason.split())[:200]}"
        return "250 2.0.0 Accepted"


def inboxes_of(variables: Mapping[str, Any]) -> list[str]:
    """Return the inboxes that the settings name, each once."""
    return addresses(variables.get("FALLBACK_INBOXES"), variables.get("ROUTES"))
