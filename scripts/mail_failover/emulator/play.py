"""The edge in the foreground until it is told to stop."""

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mail_failover.console.text import printable
from mail_failover.emulator.routing.certificate import CertificateError, own_tls
from mail_failover.emulator.routing.inbox import Inboxes, MaildirInboxes, RelayInboxes
from mail_failover.emulator.runtime.clock import Clock
from mail_failover.emulator.runtime.sockets import connect
from mail_failover.emulator.wrangler.invocation import command
from mail_failover.emulator.wrangler.process import Wrangler
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.files import Config, addresses, read_config

from .emulator import Emulator
from .events import Feed
from .experiment import Experiment, primary_of
from .faults import Fault, parse_fault
from .options import Options, greeting, played_inboxes, where
from .page.server import serving
from .services import PLAYABLE, PLAYED, secrets_set
from .states import beating, states_of
from .telling import Tally, telling
from .transcript import chat_lines, outcome_line, status_lines
from .watch import Watch, together

Say = Callable[[str], None]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run(options: Options, say: Say, tell: Say | None = None) -> None:
    """Serve until SIGINT or SIGTERM, and say what happens; `tell` takes the events as lines of JSON.

    Raises:
        UsageError: it can't start as asked.

    """
    config, clock = read_config(options.config, options.variables), Clock()
    feed = Feed(clock)
    watch = together(_saying(say), telling(feed)) if options.page or tell else _saying(say)
    if tell:
        feed.listeners.append(lambda _event, _facts, line: tell(line))
    # In a thread, since it may bring wrangler first, and a Ctrl-C is asyncio's.
    played = options.runtime == "wrangler"
    wrangler = await asyncio.to_thread(_wrangler, options, watch, say) if played else None
    tls, secured = _tls()
    primary, given = primary_of(options.data / "primary", feed), options.words(config.secrets)
    # Whoever stops the primary of the page wants to see what the Worker makes of it.
    dialling = primary.greet if options.page else connect
    emulator = _emulator(
        options, config, watch=watch, wrangler=wrangler, tls=tls, clock=clock, dialling=dialling
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A closed terminal ends it, too, lest wrangler's processes stay behind; but not under nohup.
    numbers = [n for n in _SIGNALS if n != signal.SIGHUP or signal.getsignal(n) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        if wrangler:
            say("Starting wrangler dev; its first start downloads Python.")
        experiment = Experiment(emulator, primary, feed, config, given) if options.page else None
        if not await _entered(stack.enter_async_context(experiment or emulator), stop):
            say("Stopped.")
            return
        page = await stack.enter_async_context(serving(experiment, options.page_port)) if experiment else ""
        if not wrangler:
            _show_status_on_quit(loop, emulator, say)
        _each(say, greeting(emulator, config, options, secured, page))
        if tell:
            feed.tell("start", smtp=where(options.host, emulator.port), door=emulator.url, page=page)
        if tell and not experiment:
            states = states_of(emulator, config.main, feed, Tally(feed), given)
            await stack.enter_async_context(beating(feed, states))
        await stop.wait()
        for number in numbers:
            _end_at_once(loop, number, wrangler)
        say("Stopping: letting what is under way end; Ctrl-C again does not wait for it.")
    say("Stopped.")


def _saying(say: Say) -> Watch:
    """Return the watch that says what happens in lines of text."""
    return Watch(
        outcome=lambda sender, recipient, content, outcome, seconds: say(
            outcome_line(sender, recipient, len(content), outcome, seconds)
        ),
        log=lambda line: say(printable(f"worker | {line}")),
        post=lambda post: _each(say, chat_lines(post)),
    )


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


def _emulator(options: Options, config: Config, *, wrangler: Wrangler | None, **given: Any) -> Emulator:
    faults = [parse_fault(text) for text in options.faults]
    played = played_inboxes(config, options)
    _check_playing(config, options.playing)
    emulator = Emulator(
        replace(config, variables={**config.variables, "FALLBACK_INBOXES": played}) if played else config,
        _inboxes(options),
        host=options.host,
        port=options.port,
        http_port=options.http_port,
        domains=[ascii_domain(name) for name in options.domains],
        verified=addresses(list(options.verified)),
        faults=faults,
        shape=options.shape,
        wrangler=wrangler,
        data=_folder(options.data / "objects"),
        playing=options.playing or PLAYED,
        **given,
    )
    if wrangler:
        _check_faults(faults, emulator)
    for fault in faults:
        emulator.check(fault)
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
    if options.page:
        raise UsageError(
            "--page: it shows what only the stand-in runtime tells; leave --runtime wrangler out."
        )
    return Wrangler(options.config, command(say, os.environ), on_line=watch.log)


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
