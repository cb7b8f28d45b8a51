"""One run of `setup door`: look, show the change, ask, write it, say what to type next."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import typer
from rich.text import Text

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, NoToken
from mail_failover.console.ask import Asker
from mail_failover.console.exit_codes import DONE, PROBLEM, USAGE
from mail_failover.console.next_step import Again, Homeward
from mail_failover.console.program import program
from mail_failover.console.text import one_line
from mail_failover.console.voice import Voice, speaking
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import SPOOL_TOKEN, environment
from mail_failover.settings.local import WORKERS_DEV, addresses_of, domain_of, read_local

from .change import Change, plan
from .look import Seen, Wish, has_token, look

_HOST = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_STYLES = {"-": "red", "+": "green"}


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    workers_dev: bool = False
    route: str = ""
    off: bool = False
    domain: str = ""
    config: Path | None = None
    json: bool = False
    yes: bool = False

    @property
    def words(self) -> list[str]:
        """Return which address was asked for, as it is typed."""
        route = ["--route", self.route] if self.route else []
        return [*route, *(["--workers-dev"] if self.workers_dev else []), *(["--off"] if self.off else [])]


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own."""

    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    is_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()
    ask: Callable[[str], bool] = Asker().yes


def run_door(options: Options, world: World | None = None) -> int:
    """Say in .dev.vars where the spool's door is to be, and make a token for it; or take the address back."""

    def body(voice: Voice) -> int:
        voice.again = _again(options).setup("door", *options.words)
        try:
            return _Visit(options, world or World(), voice).run()
        except typer.Abort:
            raise KeyboardInterrupt from None

    interrupted = "Each file is as it was, or as it was shown: all of it."
    return speaking(body, as_json=options.json, interrupted=interrupted)


class _Visit:
    """One run.

    Raises:
        UsageError: the options, or the files, can't be used.

    """

    def __init__(self, options: Options, world: World, voice: Voice) -> None:
        self.options, self.world, self.voice = options, world, voice
        self.wish, local = _wish(options), read_local(options.config)
        if local is None:
            fix = f"`{_again(options).init()}` asks for them and writes them down."
            raise UsageError("No settings here.", fix)
        self.local, self.tracked = local, addresses_of(local.document)
        self.env = environment(options.config, world.env)
        self.domain = self._domain()
        self.again = _again(options, self.domain)
        # Whether the Worker has a token; None where nobody looked.
        self.deployed: bool | None = None

    def run(self) -> int:
        """Look, show, ask, write, and say what to type next."""
        voice = self.voice
        voice.values = {"file": str(self.local.editable), "changed": False, "difference": [], "notes": []}
        voice.values["address"] = None
        seen = self._look()
        if seen.in_the_way:
            voice.fail("InTheWay", seen.in_the_way, f"Nothing was changed. {seen.fix}")
            return voice.end(PROBLEM)
        change = plan(self.local, self.wish, deployed=self.deployed is True)
        voice.values["notes"] += [*seen.notes, *self._notes(change)]
        self._show(change)
        if change and (code := self._may()) is not None:
            return voice.end(code)
        change.write()
        done = f"{change.file} is changed." if change else f"Nothing to do: {change.file} says so already."
        voice.say(done, "bold green")
        address = self._address(seen)
        for line in self._next_steps(change, address, known=bool(self.wish.host or seen.subdomain)):
            voice.say(line)
        return voice.end(DONE, changed=bool(change), address=address or None)

    def _look(self) -> Seen:
        """Ask Cloudflare, if there is a token; what it does not tell is said."""
        if self.options.off:
            return Seen()
        wish = self.wish
        about = (
            f"in whose zone {wish.host} lies, and what is there already"
            if wish.host
            else "whether the account has a workers.dev subdomain, without which the deploy fails"
        )
        account = self.local.account(self.env)
        name, world = self.local.name, self.world
        try:
            with (
                self.voice.busy("Asking Cloudflare"),
                Cloudflare.from_env(self.env, transport=world.transport, sleep=world.sleep) as api,
            ):
                seen = look(api, wish, name, self.domain, account)
                if seen.account and name:
                    self.deployed = has_token(api, seen.account, name)
                return seen
        except NoToken:
            return Seen(notes=(f"CLOUDFLARE_API_TOKEN is not set, so nobody looked {about}.",))
        except ApiError as error:
            return Seen(notes=(f"It is not known {about}: {error.what} {error.fix}",))

    def _notes(self, change: Change) -> Iterator[str]:
        """Say what counts besides what is written here."""
        if self.tracked:
            path = self.local.path
            take = f" Take it out of {path} yourself, and say `workers_dev = false` there."
            stays = f"{path} itself names {', '.join(self.tracked.named)}, and that stays in force."
            yield stays + take * self.options.off
        if change.makes and self.deployed:
            yield (
                f"The Worker has a {SPOOL_TOKEN} that is not here, and keeps it. `spool` and `replay` need"
                f" it: write it into {change.token_file}."
            )
        elif change.makes and self.deployed is None:
            yield f"Nobody looked whether the Worker has a {SPOOL_TOKEN} already: this one takes its place."

    def _show(self, change: Change) -> None:
        file = None
        for path, line in change.lines():
            if path != file:
                self.voice.say(f"{path}:", "bold")
            file = path
            self.voice.values["difference"].append(line)
            # Not broken: it is the file's.
            self.voice.show(Text(f"  {one_line(line)}", _STYLES[line[0]]))
        for note in self.voice.values["notes"]:
            self.voice.say(f"Note: {note}", "yellow")

    def _may(self) -> int | None:
        """Ask the person; without one, only --yes is consent. Return the exit code of a no."""
        options, voice = self.options, self.voice
        if options.yes:
            return None
        if options.json or not self.world.is_terminal():
            again = self.again.setup("door", *options.words, "--yes", *(["--json"] if options.json else []))
            what = "Nothing was changed: there is no terminal to ask at."
            voice.fail("NoTerminal", what, f"If you want what is shown: `{again}`.")
            return USAGE
        if self.world.ask(f"Change {self.local.editable} as shown?"):
            return None
        voice.say("Nothing was changed.")
        return PROBLEM

    def _address(self, seen: Seen) -> str:
        """Return the Worker's address, as far as it is known."""
        if self.wish.host:
            return f"https://{self.wish.host}"
        name, under = self.local.name or "NAME", seen.subdomain or "SUBDOMAIN"
        return f"https://{name}.{under}.workers.dev" if self.wish.workers_dev else ""

    def _next_steps(self, change: Change, address: str, *, known: bool) -> Iterator[str]:
        yield f"Next: `{self.again.deploy()}` makes it so."
        if self.wish.workers_dev and not self.tracked.workers_dev:
            yield (
                "A plain `wrangler deploy` takes that address away again, since"
                f" {self.local.path} says `workers_dev = false`."
            )
        if address:
            options = ("--url", address, "--domain", self.domain or "example.com")
            yield f"Then: `{Homeward(self.again.program, options).spool('list')}` asks at the door."
            if not known:
                yield "SUBDOMAIN stands for your account's name there: the deploy prints the address."
        elif not self.tracked:
            yield "What the spool holds can't be fetched then. With SPOOL=off nothing more is kept."
        if change.old not in {"", WORKERS_DEV} and not self.wish.host:
            yield (
                f"The deploy leaves {change.old} as it is. Remove it in the dashboard: Workers & Pages,"
                f" {self.local.name or 'the Worker'}, Settings, Domains & Routes."
            )

    def _domain(self) -> str:
        if self.options.domain:
            return ascii_domain(self.options.domain)
        try:
            return domain_of(self.local, self.env)
        except UsageError:
            return ""


def _wish(options: Options) -> Wish:
    if sum([options.workers_dev, bool(options.route), options.off]) != 1:
        raise UsageError(
            "setup door takes one of --workers-dev, --route and --off.",
            "Write it like `setup door --workers-dev` or `setup door --route spool.example.com`.",
        )
    if not options.route:
        return Wish(options.workers_dev)
    wrong = UsageError(
        f"--route {options.route}: not the name of a host.", "Write it like spool.example.com."
    )
    try:
        host = ascii_domain(options.route)
    except UsageError:
        raise wrong from None
    if not _HOST.fullmatch(host):
        raise wrong
    return Wish(host=host)


def _again(options: Options, domain: str = "") -> Again:
    return Again(domain or options.domain, program(), str(options.config or ""))
