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
from mail_failover.console.exit_codes import DONE, PROBLEM, USAGE
from mail_failover.console.next_step import Again, Homeward
from mail_failover.console.program import program
from mail_failover.console.text import one_line
from mail_failover.console.voice import Voice, speaking
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import environment, read_text
from mail_failover.settings.local import Local, domain_of, read_local
from mail_failover.settings.place import DEFAULT

from .edit import UnexpectedError, Wish, difference, edited, host_of
from .file import ChangedError, replace_text
from .look import Seen, look

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
    ask: Callable[[str], bool] = typer.confirm


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to become of the file at `path`, and what is known of the Worker."""

    path: Path
    wish: Wish
    before: str
    after: str
    worker: str
    domain: str
    again: Again


def run_door(options: Options, world: World | None = None) -> int:
    """Give the Worker an address in wrangler.toml, or take it back."""

    def body(voice: Voice) -> int:
        voice.again = _again(options, "").setup("door", *options.words)
        try:
            return _run(options, world or World(), voice)
        except typer.Abort:
            raise KeyboardInterrupt from None

    interrupted = "The file is as it was, or as it was shown: all of it."
    return speaking(body, as_json=options.json, interrupted=interrupted)


def _run(options: Options, world: World, voice: Voice) -> int:
    path = options.config or DEFAULT
    wish, before = _wish(options), read_text(path)
    voice.values = {"file": str(path), "changed": False, "difference": [], "notes": [], "address": None}
    try:
        after = edited(before, wish)
    except UnexpectedError as error:
        voice.fail("InTheWay", f"{path}: {error}. Nothing was changed.", error.fix)
        return voice.end(PROBLEM)
    local = read_local(path)
    domain = _domain(options, local, world)
    change = _Change(path, wish, before, after, local.name if local else "", domain, _again(options, domain))
    seen = _look(change, options, world, voice)
    voice.values["notes"] = [*seen.notes]
    if seen.in_the_way:
        voice.fail("InTheWay", seen.in_the_way, f"Nothing was changed. {seen.fix}")
        return voice.end(PROBLEM)
    return _carry_out(change, seen, options, world, voice)


def _carry_out(change: _Change, seen: Seen, options: Options, world: World, voice: Voice) -> int:
    lines = voice.values["difference"] = [*difference(change.before, change.after)]
    if lines:
        voice.say(f"{change.path}:", "bold")
        for line in lines:
            # Not broken: it is the file's.
            voice.show(Text(f"  {one_line(line)}", _STYLES.get(line[:1], "")))
    for note in seen.notes:
        voice.say(f"Note: {note}", "yellow")
    if lines:
        if (code := _may(change, options, world, voice)) is not None:
            return voice.end(code)
        try:
            replace_text(change.path, change.before, change.after)
        except ChangedError:
            voice.fail("Changed", f"Nothing was changed: {change.path} changed meanwhile.", "Run this again.")
            return voice.end(PROBLEM)
        except OSError as error:
            what = f"Nothing was changed: {change.path} can't be written: {error.strerror}."
            voice.fail("Unwritable", what, "Mend that, then run this again.")
            return voice.end(PROBLEM)
        voice.say(f"{change.path} is changed.", "bold green")
    else:
        voice.say(f"Nothing to do: {change.path} says so already.", "bold green")
    address = _address(change, seen)
    for line in _next_steps(change, address, known=bool(change.wish.host or seen.subdomain)):
        voice.say(line)
    return voice.end(DONE, changed=bool(lines), address=address or None)


def _may(change: _Change, options: Options, world: World, voice: Voice) -> int | None:
    """Ask the person; without one, only --yes is consent. Return the exit code of a no."""
    if options.yes:
        return None
    if options.json or not world.is_terminal():
        again = change.again.setup("door", *options.words, "--yes", *(["--json"] if options.json else []))
        what = "Nothing was changed: there is no terminal to ask at."
        voice.fail("NoTerminal", what, f"If you want what is shown: `{again}`.")
        return USAGE
    if world.ask(f"Change {change.path} as shown?"):
        return None
    voice.say("Nothing was changed.")
    return PROBLEM


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


def _look(change: _Change, options: Options, world: World, voice: Voice) -> Seen:
    """Ask Cloudflare, if there is a token; what it does not tell is said."""
    if options.off:
        return Seen()
    about = (
        f"in whose zone {change.wish.host} lies, and what is there already"
        if change.wish.host
        else "whether the account has a workers.dev subdomain, without which the deploy fails"
    )
    account = world.env.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
    try:
        with (
            voice.busy("Asking Cloudflare"),
            Cloudflare.from_env(world.env, transport=world.transport, sleep=world.sleep) as api,
        ):
            return look(api, change.wish, change.worker, change.domain, account)
    except NoToken:
        return Seen(notes=(f"CLOUDFLARE_API_TOKEN is not set, so nobody looked {about}.",))
    except ApiError as error:
        return Seen(notes=(f"It is not known {about}: {error.what} {error.fix}",))


def _address(change: _Change, seen: Seen) -> str:
    """Return the Worker's address, as far as it is known."""
    if change.wish.host:
        return f"https://{change.wish.host}"
    worker = change.worker or "NAME"
    return f"https://{worker}.{seen.subdomain or 'SUBDOMAIN'}.workers.dev" if change.wish.workers_dev else ""


def _next_steps(change: _Change, address: str, *, known: bool) -> Iterator[str]:
    yield f"Next: `{change.again.deploy()}` makes it so."
    if address:
        options = ("--url", address, "--domain", change.domain or "example.com")
        yield f"Then: `{Homeward(change.again.program, options).spool('list')}` asks at the door."
        if not known:
            yield "SUBDOMAIN stands for your account's name under workers.dev: the deploy prints the address."
    else:
        yield 'What the spool holds can\'t be fetched then. With `SPOOL = "off"` nothing more is kept.'
    old = host_of(change.before)
    if old and not change.wish.host:
        yield (
            f"The deploy leaves {old} as it is. Remove it in the dashboard: Workers & Pages,"
            f" {change.worker or 'the Worker'}, Settings, Domains & Routes."
        )


def _domain(options: Options, local: Local | None, world: World) -> str:
    if options.domain:
        return ascii_domain(options.domain)
    try:
        return domain_of(local, environment(options.config, world.env))
    except UsageError:
        return ""


def _again(options: Options, domain: str) -> Again:
    return Again(domain or options.domain, program(), str(options.config or ""))
