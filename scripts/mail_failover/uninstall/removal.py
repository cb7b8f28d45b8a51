"""One removal: what it was given, what it meets outside, which Worker and domains it is about."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.zones import account_of, ascii_name
from mail_failover.console.ask import Asker
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.underneath import Ran, Run
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain, ascii_host
from mail_failover.settings.files import DOMAIN, environment
from mail_failover.settings.local import read_local
from mail_failover.settings.place import STATE, beside, configuration


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    domains: tuple[str, ...] = ()
    worker: str = ""
    config: Path | None = None
    force: bool = False
    yes: bool = False
    json: bool = False

    def words(self, *more: str) -> list[str]:
        """Return them as they are typed again, beside --worker and --config, and `more` of them."""
        given = {"--force": self.force, "--yes": self.yes, "--json": self.json} | dict.fromkeys(more, True)
        named = [word for domain in self.domains for word in ("--domain", domain)]
        return [*named, *(name for name, wanted in given.items() if wanted)]


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own. `run` comes from whoever knows the commands."""

    run: Run
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    door: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ask: Asker = field(default_factory=Asker)


class Stop(Exception):
    """It does not go on from here: the exit code, what happened, what to do about it."""

    def __init__(self, code: int, kind: str, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.kind = kind
        self.what = what
        self.fix = fix


class Removal:
    """The run. `folder` is that of the settings, `state` where commands keep what they know.

    `domains` are those with a journal here, the last set up first: an inbox that an apply added goes once the
    domains that were set up after it use it no more. `named` are those, and what options and settings name.
    `so_far` says after an interruption what was done.
    """

    so_far = "Nothing was changed."

    def __init__(self, options: Options, world: World, voice: Voice) -> None:
        self.options, self.world, self.voice = options, world, voice
        self.again = Again("", program(), str(options.config or ""), options.worker)
        voice.again = self.again.uninstall(*options.words())
        path = configuration(options.config)
        self.folder = beside(path)
        self.state = self.folder / STATE
        self.env = environment(options.config, world.env)
        # A folder without settings still has the name of the Worker that came with this program.
        self.local = read_local(options.config) or read_local(path)
        self.worker = options.worker or (self.local.name if self.local else "")
        if not self.worker:
            raise UsageError("No Worker is named.", f"Write its `name` into {path}, or add --worker NAME.")
        journals = sorted(self.state.glob("*/*.json"), key=lambda path: path.name, reverse=True)
        self.domains = list(dict.fromkeys(path.parent.name for path in journals))
        self.named = sorted({*self.domains, *map(ascii_domain, options.domains), *self._in_settings()})
        self.done: list[str] = []
        self._forced: set[str] = set()

    @property
    def may_ask(self) -> bool:
        """Tell whether there is somebody to ask."""
        return not (self.options.json or self.options.yes) and self.world.ask.present()

    def account(self, api: Cloudflare) -> str:
        """Return the account of the Worker: the one that is set, that of its domains, the only one seen."""
        if named := self.local.account(self.env) if self.local else "":
            return named
        zones = api.zones()
        return account_of([zone for zone in zones if ascii_name(zone) in self.named] or zones)

    def command(self, *words: str, quietly: bool = False) -> Ran:
        """Run another command, and say which, unless its JSON is all that is wanted."""
        config = ["--config", str(self.options.config)] if self.options.config else []
        line = [*words, *config]
        if not quietly:
            self.voice.say("")
            self.voice.say(f"$ {self.again.line(*line)}", "bold")
        return self.world.run(line, quietly or self.options.json)

    def slow(self, reason: str, seconds: float) -> None:
        """Show that a request is tried again."""
        self.voice.doing(f"{reason.rstrip('.')}; trying again in {seconds:.0f} s")

    def begin(self) -> None:
        """Change something from here on."""
        self.so_far = "Run this again: it goes on from there."

    def did(self, what: str) -> None:
        """Take note of something that is done, and say so."""
        self.done.append(what)
        self.voice.say(f"done: {what}", "green")

    def force(self, doubts: Iterable[str]) -> None:
        """Say once each what it goes on in spite of."""
        for what in doubts:
            if what not in self._forced:
                self.voice.say(f"Forced, though {what}.", "yellow")
            self._forced.add(what)

    def end(self, code: int) -> int:
        """End the run."""
        return self.voice.end(code, done=self.done)

    def _in_settings(self) -> list[str]:
        routes = self.local.settings.routes if self.local else ()
        told = [self.env.get(DOMAIN, "").strip(), *(key.rpartition("@")[2] for key in routes)]
        return [ascii_host(name) for name in told if "." in name]
