"""One run of `deploy`: check, look at what is deployed, show, ask, upload, read back."""

import os
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import typer
from rich.text import Text

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, NoToken, ZoneNotFound
from mail_failover.cloudflare.zones import account_of
from mail_failover.console.ask import Asker
from mail_failover.console.exit_codes import API, DONE, INTERRUPTED, PROBLEM, USAGE
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.text import one_line
from mail_failover.console.voice import Voice, speaking
from mail_failover.errors import UsageError
from mail_failover.settings.files import environment
from mail_failover.settings.git import exposed
from mail_failover.settings.local import Local, read_local
from mail_failover.tools.wrangler import wrangler

from .check import Problem, problems
from .meaning import meaning
from .show import show_changes, show_end, show_exposed, show_problems
from .there import Change, There, changes, displaced, has_handler, left, look, new_addresses
from .upload import Order, upload

_LATE = (1.0, 2.0, 4.0)
"""Seconds between the looks for an upload that does not show yet."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    config: Path | None = None
    worker: str = ""
    domain: str = ""
    dry_run: bool = False
    outdir: Path | None = None
    yes: bool = False
    json: bool = False

    @property
    def again(self) -> Again:
        """How this is typed again."""
        return Again(self.domain, program(), str(self.config or ""), self.worker)

    @property
    def words(self) -> list[str]:
        """Return the options that are this command's alone, as they are typed."""
        domain = ["--domain", self.domain] if self.domain else []
        outdir = ["--outdir", str(self.outdir)] if self.outdir else []
        return [
            *domain,
            *(["--dry-run"] if self.dry_run else []),
            *outdir,
            *(["--json"] if self.json else []),
        ]


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own."""

    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    is_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()
    ask: Callable[[str], bool] = Asker().yes


def run_deploy(options: Options, world: World | None = None) -> int:
    """Upload the Worker with the settings that are here, after having shown what that changes."""

    def body(voice: Voice) -> int:
        run = Run(options, world or World(), voice)
        try:
            return run.run()
        except (KeyboardInterrupt, typer.Abort):
            voice.fail("Interrupted", "Interrupted.", run.so_far)
            return voice.end(INTERRUPTED)
        except ApiError as error:
            voice.fail(type(error).__name__, f"{run.so_far} {error.what}", error.fix, error.code)
            return voice.end(USAGE if isinstance(error, NoToken | ZoneNotFound) else API)

    return speaking(body, as_json=options.json, interrupted="Nothing was uploaded.")


class Run:
    """One run: the settings that are here, the Worker that is there; `so_far` says what became of it."""

    def __init__(self, options: Options, world: World, voice: Voice) -> None:
        self.options, self.world, self.voice = options, world, voice
        self.again = options.again
        voice.again = self.again.deploy(*options.words)
        self.env = environment(options.config, world.env)
        self.local = _read(options, self.again)
        self.name = options.worker or self.local.name
        self.so_far = "Nothing was uploaded."
        self.lines: list[str] = []
        voice.values = {"worker": self.name, "settings": self.local.sources, "changes": []}
        voice.values |= {"problems": [], "wrangler": self.lines, "uploaded": False, "address": None}

    def run(self) -> int:
        """Do it; return the exit code.

        Raises:
            UsageError: Node or wrangler is not there.
            ApiError: by meaning; `so_far` says what became of the upload.

        """
        show_exposed(self.voice, self.local.folder, exposed(self.local.folder))
        try:
            api = Cloudflare.from_env(self.env, transport=self.world.transport, sleep=self.world.sleep)
        except NoToken as error:
            if wrong := self._problems(None):
                return self._refuse(wrong)
            if self.options.dry_run:
                self.voice.say(
                    "Nobody looked at what is deployed: CLOUDFLARE_API_TOKEN is not set.", "yellow"
                )
                return self._try(self._order(""))
            error.fix = f"`{self.again.init()}` makes one with you; `--dry-run` shows the upload without one."
            raise
        with api:
            return self._with(api)

    def _with(self, api: Cloudflare) -> int:
        try:
            with self.voice.busy("Looking at what is deployed"):
                there = look(api, self._account(api), self.name)
                in_the_way, late = new_addresses(api, self.local, self.name, there)
        except ApiError:
            # What is wrong here comes before what can't be seen there.
            if wrong := self._problems(None):
                return self._refuse(wrong)
            raise
        if wrong := [*self._problems(there.secrets), *in_the_way]:
            return self._refuse(wrong)
        found = [*changes(self.local, there, self.again), *late]
        self.voice.say(f"{self.name}, as {self.local.sources} have it:", "bold")
        show_changes(self.voice, self.local, there, found)
        order = self._order(there.account)
        if self.options.dry_run:
            return self._try(order)
        if (code := self._may([change for change in found if change.takes])) is not None:
            return self.voice.end(code)
        dry = self.again.deploy("--dry-run")
        self.so_far = f"Nobody knows whether it was uploaded: `{dry}` shows what differs."
        self.voice.values["uploaded"] = None
        code = self._upload(order)
        return self._read_back(api, there) if code == DONE else self._failed(api, there, code)

    def _problems(self, deployed: Collection[str] | None) -> list[Problem]:
        # Plain http:// is on this machine alone, as the API's client sees to.
        played = self.env.get("CLOUDFLARE_API_BASE_URL", "").startswith("http://")
        return problems(self.local, deployed, self.again, played=played)

    def _account(self, api: Cloudflare) -> str:
        """Return the account that this goes to: the one that wrangler would take, or that of the domain."""
        if named := self.local.account(self.env):
            return named
        domain = self.options.domain
        return account_of([api.zone_by_name(domain)] if domain else api.zones())

    def _refuse(self, wrong: Sequence[Problem]) -> int:
        show_problems(self.voice, wrong)
        return self.voice.end(PROBLEM)

    def _may(self, taken: Sequence[Change]) -> int | None:
        """Ask the person if something that is deployed changes; return the exit code of a no."""
        options, voice = self.options, self.voice
        if not taken or options.yes:
            return None
        if options.json or not self.world.is_terminal():
            what = "Nothing was uploaded: it changes what is deployed, and there is no terminal to ask at."
            again = self.again.deploy(*options.words, "--yes")
            voice.fail("NoTerminal", what, f"If you want what is shown: `{again}`.")
            return USAGE
        if self.world.ask(f"Change {self.name} as shown?"):
            return None
        voice.say(self.so_far)
        return PROBLEM

    def _order(self, account: str) -> Order:
        """Put together what wrangler is to do; where there is no wrangler, that ends it here.

        Raises:
            UsageError: Node or wrangler is not there.

        """
        options, command = self.options, wrangler(self.voice.say, self.env)
        return Order(self.local, self.name, command, self.env, account, options.dry_run, options.outdir)

    def _upload(self, order: Order) -> int:
        """Let wrangler do it, and pass on what it says."""
        with self.voice.busy("wrangler works"):
            return upload(order, self._tell)

    def _tell(self, line: str) -> None:
        self.lines.append(line)
        # Not broken: it is wrangler's, and may be a table.
        self.voice.show(Text(f"  {one_line(line)}", "dim"))

    def _try(self, order: Order) -> int:
        """Show what would go up; nothing does."""
        code = self._upload(order)
        if code != DONE:
            self.voice.fail("WranglerFailed", *meaning(code, self.lines))
            return self.voice.end(PROBLEM)
        self.voice.say(f"{self.so_far} `{self.again.deploy()}` does it.")
        return self.voice.end(DONE)

    def _read_back(self, api: Cloudflare, before: There) -> int:
        """Look whether what is deployed is what is here."""
        self.so_far = f"It was uploaded; `{self.again.deploy('--dry-run')}` shows whether something differs."
        self.voice.values["uploaded"] = True
        with self.voice.busy("Reading it back"):
            for seconds in (*_LATE, 0.0):
                now = look(api, before.account, self.name)
                wrong = [each.what for each in left(self.local, now, self.again)]
                wrong += [] if has_handler(now) else ["it takes no mail"]
                if not wrong:
                    break
                self.world.sleep(seconds)
        if wrong:
            what = (
                f"wrangler reports no error, but what is deployed is not as it should be: {'; '.join(wrong)}."
            )
            self.voice.fail("NotAsUploaded", what, "Run this again; if it stays so, look into the dashboard.")
            return self.voice.end(PROBLEM)
        address = self._address(api, now)
        for host in displaced(self.local, now):
            self.voice.say(
                f"Note: {host} still leads to it; the dashboard takes it away, if it shall.", "yellow"
            )
        show_end(self.voice, self.name, address, self.again)
        return self.voice.end(DONE, address=address or None)

    def _failed(self, api: Cloudflare, before: There, code: int) -> int:
        """Say why wrangler failed, and what of it happened all the same."""
        what, fix = meaning(code, self.lines)
        try:
            same = look(api, before.account, self.name) == before
            became = "What is deployed is as it was." if same else "Some of it happened all the same."
        except ApiError:
            same, became = None, self.so_far
        self.voice.fail("WranglerFailed", f"{what} {became}", fix)
        return self.voice.end(API, uploaded=None if same is None else not same)

    def _address(self, api: Cloudflare, now: There) -> str:
        if hosts := self.local.addresses.hosts or now.addresses.hosts:
            return f"https://{hosts[0]}"
        under = api.subdomain(now.account) if now.addresses.workers_dev else ""
        return f"https://{self.name}.{under}.workers.dev" if under else ""


def _read(options: Options, again: Again) -> Local:
    """Read the settings.

    Raises:
        UsageError: there are none, or they name no Worker.

    """
    local = read_local(options.config)
    if local is None:
        raise UsageError("No settings here.", f"`{again.init()}` asks for them and writes them down.")
    return local
