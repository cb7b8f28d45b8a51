"""The edge in the foreground until it is told to stop."""

import asyncio
import contextlib
import ipaddress
import os
import signal
import ssl
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mail_failover.console.text import printable
from mail_failover.emulator.routing.certificate import CertificateError, own_tls
from mail_failover.emulator.routing.inbox import Inboxes, MaildirInboxes, RelayInboxes
from mail_failover.emulator.routing.smtp import LOOPBACK, is_exposed
from mail_failover.emulator.runtime.message import Shape
from mail_failover.emulator.wrangler.invocation import command
from mail_failover.emulator.wrangler.process import Wrangler
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import Config, addresses, read_config, sources, variables_of
from mail_failover.settings.local import judge

from .emulator import PLAYABLE, PLAYED, Emulator, Watch, secrets_set
from .faults import Fault, parse_fault
from .transcript import chat_lines, outcome_line, problem_lines, service_lines, settings_lines, status_lines

if TYPE_CHECKING:
    from failover.settings import Settings

Say = Callable[[str], None]
_PLAYED = "you@example.net"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    host: str
    port: int
    domains: Sequence[str]
    config: Path
    data: Path
    relay: str
    verified: Sequence[str]
    faults: Sequence[str]
    variables: Sequence[str]
    shape: Shape
    runtime: Literal["stand-in", "wrangler"] = "stand-in"
    http_port: int = 0
    playing: Sequence[str] = ()


async def run(options: Options, say: Say) -> None:
    """Serve until SIGINT or SIGTERM, and say what happens.

    Raises:
        UsageError: it can't start as asked.

    """
    watch = Watch(
        outcome=lambda *what: say(outcome_line(*what)),
        log=lambda line: say(printable(f"worker | {line}")),
        post=lambda post: _each(say, chat_lines(post)),
    )
    config = read_config(options.config, options.variables)
    # In a thread, since it may bring wrangler first, and a Ctrl-C is asyncio's.
    played = options.runtime == "wrangler"
    wrangler = await asyncio.to_thread(_wrangler, options, watch, say) if played else None
    tls, secured = _tls()
    emulator = _emulator(options, config, watch, wrangler, tls)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A closed terminal ends it, too, lest wrangler's processes stay behind; but not under nohup.
    numbers = [n for n in _SIGNALS if n != signal.SIGHUP or signal.getsignal(n) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        if wrangler:
            say("Starting wrangler dev; its first start downloads Python.")
        if not await _entered(stack.enter_async_context(emulator), stop):
            say("Stopped.")
            return
        if not wrangler:
            _show_status_on_quit(loop, emulator, say)
        _each(say, _greeting(emulator, config, options, secured))
        await stop.wait()
        for number in numbers:
            _end_at_once(loop, number, wrangler)
        say("Stopping: letting what is under way end; Ctrl-C again does not wait for it.")
    say("Stopped.")


def _show_status_on_quit(loop: asyncio.AbstractEventLoop, emulator: Emulator, say: Say) -> None:
    """Let the key that sends SIGQUIT show how each domain stands."""
    tasks: set[asyncio.Task[None]] = set()

    async def show() -> None:
        _each(say, status_lines(await emulator.status()))

    def begin() -> None:
        task = asyncio.ensure_future(show())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGQUIT, begin)


def _each(say: Say, lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _emulator(
    options: Options, config: Config, watch: Watch, wrangler: Wrangler | None, tls: ssl.SSLContext | None
) -> Emulator:
    faults = [parse_fault(text) for text in options.faults]
    played = _played(config, options)
    _check_playing(config, options.playing)
    emulator = Emulator(
        replace(config, variables={**config.variables, "FALLBACK_INBOXES": played}) if played else config,
        _inboxes(options),
        host=options.host,
        port=options.port,
        http_port=options.http_port,
        domains=[ascii_domain(name) for name in options.domains],
        tls=tls,
        verified=addresses(list(options.verified)),
        faults=faults,
        shape=options.shape,
        watch=watch,
        wrangler=wrangler,
        data=_folder(options.data / "objects"),
        playing=options.playing or PLAYED,
    )
    if wrangler:
        _check_faults(faults, emulator)
    _check_played(faults, emulator)
    return emulator


def _check_playing(config: Config, playing: Sequence[str]) -> None:
    for name in playing:
        if name not in PLAYABLE:
            raise UsageError(f"--play {name}: name one of {', '.join(PLAYABLE)}.")
    if playing and (real := secrets_set(config.variables)):
        raise UsageError(
            f"--play {playing[0]}: {', '.join(real)} names a real chat, and then none is played.",
            "Leave one of them out; --config names another folder's settings.",
        )


def _played(config: Config, options: Options) -> list[str]:
    """Return what stands for the inboxes of this project's Worker where nobody named any yet."""
    if "FALLBACK_INBOXES" in config.variables or not variables_of(config.main):
        return []
    return addresses(list(options.verified)) or [_PLAYED]


async def _entered(entering: Coroutine[object, object, object], stop: asyncio.Event) -> bool:
    """Wait until the emulator serves, or give that up when told to stop; tell whether it serves."""
    start, told = asyncio.create_task(entering), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({start, told}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            await start
        return start.done()
    finally:
        for task in (start, told):
            task.cancel()
        await asyncio.gather(start, told, return_exceptions=True)


def _end_at_once(loop: asyncio.AbstractEventLoop, number: int, wrangler: Wrangler | None) -> None:
    """Let the next such signal end this process, and the runtime with it."""

    def end() -> None:
        if wrangler:
            wrangler.abandon()
        loop.remove_signal_handler(number)
        os.kill(os.getpid(), number)

    loop.add_signal_handler(number, end)


def _wrangler(options: Options, watch: Watch, say: Say) -> Wrangler:
    if options.shape != "dict":
        raise UsageError("--shape object: wrangler dev gives the Worker a dict; leave --shape out.")
    if options.http_port:
        raise UsageError("--http-port: wrangler dev takes a free port and says which; leave --http-port out.")
    return Wrangler(options.config, command(say, os.environ), on_line=watch.log)


def _check_played(faults: Sequence[Fault], emulator: Emulator) -> None:
    """Refuse a fault of a service that is not played, as nothing would come of it."""
    for target in (fault.target for fault in faults):
        if emulator.chat and target in PLAYABLE and target not in emulator.playing:
            raise UsageError(f"--fault {target}: it is not played.", f"Have it played: --play {target}.")


def _check_faults(faults: Sequence[Fault], emulator: Emulator) -> None:
    for target, owned in (("object", "objects are"), ("raw", "the message's stream is")):
        if any(fault.target == target for fault in faults):
            raise UsageError(
                f"--fault {target}: with --runtime wrangler {owned} the runtime's; leave it out."
            )
    chats = [fault.target for fault in faults if fault.target != "forward"]
    if chats and emulator.chat is None:
        raise UsageError(
            f"--fault {chats[0]}: with --runtime wrangler only chats that are played here can fail;"
            " leave the chats' secrets out of .dev.vars."
        )


def _inboxes(options: Options) -> Inboxes:
    if options.relay:
        host, colon, port = options.relay.rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise UsageError(f"--relay {options.relay}: write HOST:PORT, as in localhost:1025.")
        return RelayInboxes(host, int(port))
    return MaildirInboxes(_folder(options.data))


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--data {path}: can't be used: {error.strerror}.") from error
    return path


def _tls() -> tuple[ssl.SSLContext | None, str]:
    """Return what STARTTLS needs, if it can be had, and what to say of it."""
    try:
        return own_tls(), "with a certificate made for this run, which no client knows"
    except CertificateError as error:
        return None, printable(f"not offered, {error}")


def _judged(config: Config, emulator: Emulator) -> "Settings | None":
    """Let the Worker's own code judge its settings; None for another Worker than this project's."""
    if not variables_of(config.main):
        return None
    return judge(config.main, emulator.variables)


def _greeting(emulator: Emulator, config: Config, options: Options, secured: str) -> Iterator[str]:
    shows = "" if options.runtime == "wrangler" else ", Ctrl-\\ shows its status"
    yield f"The edge listens on {where(options.host, emulator.port)}; Ctrl-C stops it{shows}."
    if is_exposed(options.host):
        yield (
            "Careful: whoever reaches that address can hand in mail, without a password, and it ends up in "
            "these inboxes and chats. An address that only your containers reach is better, or a firewall."
        )
    yield f"Worker: {config.main}{' in wrangler dev' if options.runtime == 'wrangler' else ''}"
    domains = [ascii_domain(name) for name in options.domains]
    taken = (
        f"of {', '.join(domains)}; others get 550"
        if domains
        else "of any domain; --domain names those to take"
    )
    yield f"Recipients: {taken}"
    yield f"STARTTLS: {secured}"
    yield f"Door: {emulator.url}"
    stored = f"relayed to {options.relay}" if options.relay else f"Maildirs under {options.data}"
    yield f"Inboxes: {', '.join(emulator.verified) or 'none is verified, set FALLBACK_INBOXES'} ({stored})"
    if played := _played(config, options):
        yield f"FALLBACK_INBOXES is not set: here {' and '.join(played)} plays it; name yours in .dev.vars."
    settings = _judged(config, emulator)
    yield from service_lines(emulator.variables, settings, emulator.playing)
    if options.faults:
        yield f"Faults: {', '.join(options.faults)}"
    if options.runtime == "wrangler":
        yield "For the Worker a forward always succeeds there; if no inbox takes it, the sender is told 451."
    yield f"Settings, from {sources(options.config)}:"
    yield from settings_lines(config.variables, config.secrets)
    yield from problem_lines(settings)
    yield (
        f"Try it: `curl smtp://{near(options.host, emulator.port)} --mail-from you@example.org"
        f" --mail-rcpt anna@{domains[0] if domains else 'example.com'} --crlf -T message.eml`"
    )


def where(host: str, port: int) -> str:
    """Write an address with its port."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def near(host: str, port: int) -> str:
    """Write an address at which this machine reaches what listens on a host, be it all that it has."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = LOOPBACK if address.version == 4 else "::1"
    return where(host, port)
