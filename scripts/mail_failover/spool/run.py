"""One run of a command of `spool`: what it needs is put together, errors become messages and exit codes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import typer

from mail_failover.console.ask import Asker
from mail_failover.console.exit_codes import API, PROBLEM
from mail_failover.console.next_step import Homeward
from mail_failover.console.program import program
from mail_failover.console.voice import Voice, speaking
from mail_failover.door.address import Address, read_address
from mail_failover.door.answers import Copy
from mail_failover.door.client import Door
from mail_failover.door.errors import DiskError, DoorError, Unopened
from mail_failover.door.journal import journal_folder
from mail_failover.door.keys import Keys
from mail_failover.door.options import Way
from mail_failover.door.private import make_folder, scratch
from mail_failover.errors import UsageError


@dataclass(frozen=True, slots=True)
class World:
    """What the commands meet outside; tests bring their own."""

    transport: httpx.AsyncBaseTransport | None = None
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    is_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()
    ask: Callable[[str], bool] = Asker().yes


@dataclass(frozen=True, slots=True)
class Visit:
    """What a command has: the door, a voice, how it is typed again, where the journal is."""

    door: Door
    voice: Voice
    again: Homeward
    folder: Path
    world: World = field(default_factory=World)

    async def find(self, copy_id: str) -> Copy:
        """Return a copy by its id.

        Raises:
            UsageError: the spool has none of that id.
            DoorError: by meaning.

        """
        async for copy in self.door.copies():
            if copy.id == copy_id:
                return copy
        raise UsageError(f"{copy_id}: the spool has no such message.", f"See `{self.again.spool('list')}`.")

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a folder beside the journal, for its owner alone; it is gone afterwards.

        Raises:
            UsageError, DiskError: it can't be made.

        """
        make_folder(self.folder)
        with scratch(self.folder) as folder:
            yield folder

    def may(self, question: str, again: str, *, yes: bool) -> bool:
        """Ask the person; without one, only --yes is consent, and `again` is how to say so.

        Raises:
            UsageError: there is nobody to ask.

        """
        if yes:
            return True
        if self.voice.as_json or not self.world.is_terminal():
            raise UsageError(
                "Nothing was deleted: there is no terminal to ask at.", f"If you want it: `{again}`."
            )
        if self.world.ask(question):
            return True
        self.voice.say("Nothing was deleted.")
        return False


def run(
    way: Way,
    typed: Sequence[str],
    work: Callable[[Visit], Awaitable[int]],
    *,
    as_json: bool = False,
    world: World | None = None,
) -> int:
    """Let a command do its work at the door, and return the exit code; `typed` is the command alone."""
    again = Homeward(program(), way.words)

    def body(voice: Voice) -> int:
        voice.again = again.spool(*typed, *(["--json"] if as_json else []))
        address = read_address(way.url, way.domain, way.token_file, way.state)
        return telling(voice, lambda: at_door(voice, way, address, work, world or World()))

    return speaking(body, as_json=as_json)


def at_door(
    voice: Voice, way: Way, address: Address, work: Callable[[Visit], Awaitable[int]], world: World
) -> int:
    """Do work at the door, and return the exit code."""
    voice.values |= {"url": address.origin, "domain": address.domain}

    async def visit() -> int:
        async with Door(address, Keys(way.keys), transport=world.transport, pause=world.pause) as door:
            again, folder = Homeward(program(), way.words), journal_folder(way.state, address)
            return await work(Visit(door, voice, again, folder, world))

    return asyncio.run(visit())


def telling(voice: Voice, work: Callable[[], int]) -> int:
    """Do work, and say what goes wrong; return the exit code."""
    try:
        return work()
    except (DoorError, DiskError, Unopened) as error:
        voice.fail(type(error).__name__.removesuffix("Error"), error.what, error.fix)
        return voice.end(API if isinstance(error, DoorError) else PROBLEM)
    except typer.Abort:
        raise KeyboardInterrupt from None
