"""One run of `replay`: what it needs is put together, errors become messages and exit codes."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from mail_failover.console.exit_codes import API, DONE, PROBLEM, UNREACHABLE
from mail_failover.console.next_step import Homeward
from mail_failover.console.program import program
from mail_failover.console.voice import Voice, speaking
from mail_failover.disk import alone
from mail_failover.door.address import TOKEN, Address, read_address
from mail_failover.door.client import Door
from mail_failover.door.errors import DiskError, DoorError
from mail_failover.door.journal import Journal, journal_folder
from mail_failover.door.keys import Keys
from mail_failover.door.options import Way
from mail_failover.door.private import make_folder
from mail_failover.errors import UsageError

from .handover import Ports
from .inject.letter import NoServerError
from .inject.target import Target, target_from
from .preview import preview
from .report import Passed, Report
from .round import play_round
from .stop import Stop, StoppedError
from .watch import watch

_WAIT = "Wait until it has ended, or end it, then run this again."
SAFE = "Nothing is lost: what is not home stays in the spool."


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    to: str
    way: Way
    only: tuple[str, ...] = ()
    limit: int = 0
    dry_run: bool = False
    watch: bool = False
    xclient: bool = False
    json: bool = False

    @property
    def again(self) -> Homeward:
        """Return how this is typed again."""
        return Homeward(program(), self.way.words, self.to)

    @property
    def whole_line(self) -> str:
        """Return all of it as it is typed again."""
        given = {"--dry-run": self.dry_run, "--watch": self.watch, "--xclient": self.xclient}
        words = [word for name in self.only for word in ("--only", name)]
        words += ["--limit", str(self.limit)] if self.limit else []
        words += [name for name, wanted in {**given, "--json": self.json}.items() if wanted]
        return self.again.replay(*words)


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own."""

    transport: httpx.AsyncBaseTransport | None = None
    make_target: Callable[..., Target] = target_from
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep


def run(options: Options, world: World | None = None) -> int:
    """Bring home what is wanted, or show it, and return the exit code."""

    def body(voice: Voice) -> int:
        voice.again = options.whole_line
        _check(options)
        way = options.way
        address = read_address(way.url, way.domain, way.token_file, way.state)
        # A program in --to has no use for it, and may print what it was given.
        os.environ.pop(TOKEN, None)
        target = (world or World()).make_target(options.to, xclient=options.xclient)
        return asyncio.run(_run(options, address, target, voice, world or World()))

    return speaking(body, as_json=options.json, interrupted=SAFE)


def _check(options: Options) -> None:
    given = {"--dry-run": options.dry_run, "--only": options.only, "--limit": options.limit}
    for name, value in {**given, "--json": options.json}.items():
        if options.watch and value:
            raise UsageError(f"--watch brings everything home, and never ends: {name} does not go with it.")


async def _run(options: Options, address: Address, target: Target, voice: Voice, world: World) -> int:
    stop, keys = Stop(), Keys(options.way.keys)

    async def pause(seconds: float) -> None:
        await stop.during(world.pause(seconds))

    async with Door(address, keys, transport=world.transport, pause=pause) as door:
        voice.values = {"url": address.origin, "domain": address.domain, "to": options.to}
        folder = journal_folder(options.way.state, address)
        if options.dry_run:
            return await _preview(options, door, voice)
        make_folder(folder)
        # Two would hand over the same message when a lease runs out.
        running = f"Another `mail-failover replay` brings the mail of {address.domain} home"
        with alone(folder / "lock", running, _WAIT), Journal.open(folder) as journal:
            report = Report()

            def note(passed: Passed) -> None:
                report.passed.append(passed)
                voice.say(*passed.line)

            ports = Ports(door, journal, target, folder, stop, note, voice.say, voice.doing)
            with stop.listening():
                if options.watch:
                    return await watch(ports, report, options.again, voice)
                with voice.busy(f"Asking {address.place}"):
                    return await _once(options, ports, report, voice)


async def _once(options: Options, ports: Ports, report: Report, voice: Voice) -> int:
    """Play one round and say how it ended."""
    code = DONE
    try:
        await play_round(ports, options.only, options.limit)
        if not (options.only or options.limit):
            report.status = await ports.door.status()
    except StoppedError:
        voice.fail("Interrupted", "Interrupted.", SAFE)
        code, report.is_whole = ports.stop.exit_code, False
    except (DoorError, NoServerError, DiskError) as error:
        code, report.is_whole = tell(error, voice), False
        if isinstance(error, NoServerError) and report.passed:
            with suppress(DoorError, StoppedError):
                report.status = await ports.door.status()
    if not code or report.passed:
        voice.lines(report.lines(ports.door.address.domain, options.again))
    return voice.end(code or report.exit_code, **report.as_json())


async def _preview(options: Options, door: Door, voice: Voice) -> int:
    try:
        return await preview(door, options.way.state, options.only, options.limit, voice)
    except (DoorError, DiskError) as error:
        return voice.end(tell(error, voice))


def tell(error: DoorError | NoServerError | DiskError, voice: Voice) -> int:
    """Say what ended a round, and return the exit code."""
    if isinstance(error, NoServerError):
        what = f"Your server takes no mail now: {str(error).rstrip('.')}."
        voice.fail("NoServer", what, f"Start your server or mend that, then run this again. {SAFE}")
        return UNREACHABLE
    voice.fail(type(error).__name__.removesuffix("Error"), error.what, error.fix)
    return PROBLEM if isinstance(error, DiskError) else API
