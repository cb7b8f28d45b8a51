"""How the emulator stands, told to a feed when it has changed; docs/events.md lists the states."""

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mail_failover.console.next_step import PROGRAM
from mail_failover.door.answers import MalformedError, Standing, standing_from
from mail_failover.settings.chats import CHATS
from mail_failover.settings.files import SPOOL_TOKEN, variables_of
from mail_failover.settings.local import judge

from .emulator import Emulator, inboxes_of
from .events import Feed
from .routing.edge import Status
from .telling import Tally
from .transcript import is_hidden, shown, standing_told

PREFERENCES = {"primary": 10, "edge": 20}
"""The numbers of the MX records that are played: the lower one is tried first."""

BEAT_SECONDS = 0.25
"""How often a state is told, at most."""

_BEATS_AT_REST = 20
States = Mapping[str, Callable[[], Any]]
"""What each state is, by its name; some have to be asked for, and are awaited."""


def states_of(
    emulator: Emulator, main: Path, feed: Feed, tally: Tally, given: Sequence[str] = ()
) -> dict[str, Callable[[], Any]]:
    """Return the emulator's states; `main` is the Worker's file, `given` the words that it began with."""

    def edge() -> dict[str, Any]:
        counts = {status.value: tally("caught", status.value) for status in Status}
        return {"port": emulator.port, "preference": PREFERENCES["edge"], "worker": str(main), **counts}

    def inboxes() -> list[dict[str, Any]]:
        verified = [address.lower() for address in emulator.verified]
        named = [address.lower() for address in inboxes_of(emulator.variables)]
        return [
            {"address": each, "verified": each in verified, "stored": tally("stored", each)}
            for each in dict.fromkeys([*named, *verified])
        ]

    def chats() -> list[dict[str, Any]]:
        told = {n for n in CHATS if any(emulator.variables.get(secret) for secret in CHATS[n].secrets)}
        return [
            {
                "service": name,
                "title": chat.title,
                "played": name in emulator.playing,
                "shown": tally("post", name),
            }
            for name, chat in CHATS.items()
            if name in told or name in emulator.playing
        ]

    def spool() -> dict[str, Any]:
        waiting = sum(each["waiting"] for each in feed.states["domains"])
        return {"on": bool(emulator.variables.get(SPOOL_TOKEN)), "waiting": waiting}

    return {
        "edge": edge,
        "inboxes": inboxes,
        "chats": chats,
        "domains": lambda: _domains(emulator),
        "spool": spool,
        "faults": lambda: [{"target": fault.target, "flag": fault.flag} for fault in emulator.faults.left()],
        "settings": _Settings(emulator, main),
        "clock": lambda: {"ahead": round(emulator.clock.ahead)},
        "command": lambda: _command(emulator, given),
    }


async def _domains(emulator: Emulator) -> list[dict[str, Any]]:
    return [{"domain": name, **_standing(facts)} for name, facts in (await emulator.status()).items()]


def _standing(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Say how a domain stands, by what its object says of itself."""
    standing: Standing | None
    try:
        standing = standing_from(facts) if facts else None
    except MalformedError:
        standing = None
    outages = [standing.outage, *standing.others] if standing else []
    return {
        "outage": any(each is not None and not each.ended for each in outages),
        "waiting": standing.spool.waiting + standing.spool.leased if standing else 0,
        "lines": list(standing_told(facts)),
    }


class _Settings:
    """The Worker's settings as it reads them, judged anew when they have changed."""

    def __init__(self, emulator: Emulator, main: Path) -> None:
        self._emulator, self._main = emulator, main
        self._known = sorted(variables_of(main))
        self._read: tuple[dict[str, Any] | None, dict[str, Any]] = (None, {})

    def __call__(self) -> dict[str, Any]:
        variables = self._emulator.variables
        if self._read[0] is not variables:
            self._read = variables, self._judged(variables)
        return self._read[1]

    def _judged(self, variables: dict[str, Any]) -> dict[str, Any]:
        problems = judge(self._main, variables).problems if self._known else ()
        changed = self._emulator.changed
        rows = []
        for name, value in sorted(variables.items()):
            secret = is_hidden(name, self._emulator.secrets)
            text = None if secret else _written(value)
            rows.append({"name": name, "value": text, "secret": secret, "changed": name in changed})
        return {"variables": rows, "problems": [str(each) for each in problems], "known": self._known}


def _command(emulator: Emulator, given: Sequence[str]) -> str:
    """Write the command that begins with these faults and settings; a secret is not written."""
    words = [PROGRAM, "emulate", "--page", *given]
    words += [word for fault in emulator.faults.left() for word in fault.flag.split(" ", 1)]
    for name, value in emulator.changed.items():
        if not is_hidden(name, emulator.secrets):
            words += ["--var", f"{name}={_written(value)}"]
    return shlex.join(words)


def _written(value: Any) -> str:
    """Write a setting's value as --var takes it."""
    return value if isinstance(value, str) else shown(value)


class Beat:
    """Tells a feed the states that have changed, as long as it runs; `also` is done at each beat."""

    def __init__(self, feed: Feed, states: States, also: Callable[[], object] = lambda: None) -> None:
        self._feed = feed
        self._states = states
        self._also = also
        self._seen = -1
        self._rested = 0
        self._failed: set[str] = set()

    async def run(self) -> None:
        """Go on until it is cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._also()
            self._rested += 1
            # A state that changes without an event, such as an outage's end, is told after a rest.
            if self._feed.last != self._seen or self._rested >= _BEATS_AT_REST:
                await self.tell()

    def hurry(self) -> None:
        """Let the next beat tell, whether or not something was told meanwhile."""
        self._rested = _BEATS_AT_REST

    async def tell(self) -> None:
        """Tell what has changed now."""
        # What happens while some are asked for is the next beat's.
        self._seen, self._rested = self._feed.last, 0
        for name, ask in self._states.items():
            try:
                value = ask()
                self._feed.tell_state(name, await value if isinstance(value, Awaitable) else value)
            except Exception as error:  # noqa: BLE001 - it is told, and the other states go on
                self._fail(name, error)

    def _fail(self, name: str, error: Exception) -> None:
        """Say, once, that a state can't be told; of the error only its kind, since settings may be in it."""
        if name not in self._failed:
            self._failed.add(name)
            self._feed.tell("log", line=f"The state {name} can't be told: {type(error).__name__}")


@contextlib.asynccontextmanager
async def beating(
    feed: Feed, states: States, also: Callable[[], object] = lambda: None
) -> AsyncIterator[Beat]:
    """Tell a feed the states now, and whenever they have changed until the block ends."""
    beat = Beat(feed, states, also)
    await beat.tell()
    task = asyncio.get_running_loop().create_task(beat.run())
    try:
        yield beat
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
