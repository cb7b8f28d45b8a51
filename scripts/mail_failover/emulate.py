"""The command `emulate`: the edge in the foreground until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .emulator.config import Config, addresses, read_config
from .emulator.emulator import Emulator, Watch
from .emulator.errors import SetupError
from .emulator.faults import parse_fault
from .emulator.inbox import Inboxes, MaildirInboxes, RelayInboxes
from .emulator.message import Shape
from .transcript import chat_lines, outcome_line, printable, settings_lines

Say = Callable[[str], None]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    port: int
    config: Path
    data: Path
    relay: str
    verified: Sequence[str]
    faults: Sequence[str]
    variables: Sequence[str]
    shape: Shape


async def run(options: Options, say: Say) -> None:
    """Serve until SIGINT or SIGTERM, and say what happens.

    Raises:
        SetupError: it can't start as asked.

    """
    faults = [parse_fault(text) for text in options.faults]
    config = read_config(options.config, options.variables)
    watch = Watch(
        outcome=lambda *what: say(outcome_line(*what)),
        log=lambda line: say(printable(f"worker | {line}")),
        post=lambda post: say("\n".join(chat_lines(post))),
    )
    emulator = Emulator(
        config,
        _inboxes(options),
        port=options.port,
        verified=addresses(list(options.verified)),
        faults=faults,
        shape=options.shape,
        watch=watch,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    async with emulator:
        for line in _greeting(emulator, config, options):
            say(line)
        await stop.wait()
        # A second signal finds no handler, and so ends the process at once.
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        say("Stopping: letting what is under way end; Ctrl-C again does not wait for it.")
    say("Stopped.")


def _inboxes(options: Options) -> Inboxes:
    if options.relay:
        host, colon, port = options.relay.rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise SetupError(f"--relay {options.relay}: write HOST:PORT, as in localhost:1025.")
        return RelayInboxes(host, int(port))
    try:
        options.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"--data {options.data}: can't be used: {error.strerror}.") from error
    return MaildirInboxes(options.data)


def _greeting(emulator: Emulator, config: Config, options: Options) -> Iterator[str]:
    yield f"The edge listens on 127.0.0.1:{emulator.port}; Ctrl-C stops it."
    yield f"Worker: {config.main}"
    where = f"relayed to {options.relay}" if options.relay else f"Maildirs under {options.data}"
    yield f"Inboxes: {', '.join(emulator.verified) or 'none is verified, set FALLBACK_INBOXES'} ({where})"
    yield from services(emulator)
    if options.faults:
        yield f"Faults: {', '.join(options.faults)}"
    yield "Settings:"
    yield from settings_lines(config.variables, config.secrets)
    yield (
        f"Try it: curl smtp://127.0.0.1:{emulator.port} --mail-from you@example.org"
        " --mail-rcpt anna@example.com --crlf -T message.eml"
    )


def services(emulator: Emulator) -> Iterator[str]:
    """Say of each service whether requests to it leave this machine."""
    variables = emulator.variables
    for name, secrets in (
        ("Telegram", ["TELEGRAM_BOT_TOKEN"]),
        ("Slack", ["SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN"]),
    ):
        if emulator.chat:
            yield f"{name}: played here, since no chat's secret is set; its messages are shown below"
        elif any(map(variables.get, secrets)):
            yield f"{name}: the real service"
        else:
            yield f"{name}: not used, {' and '.join(secrets)} not set"
