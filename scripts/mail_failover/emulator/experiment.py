"""The three actors put together, and all that one can do with them; what happens is told to a feed."""

import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mail_failover.errors import UsageError
from mail_failover.settings.chats import ADDRESS, CHAT_SECRETS
from mail_failover.settings.files import SPOOL_TOKEN, Config, variables_of

from .actors import letters
from .actors.primary import Primary
from .actors.sender import SESSIONS, Exchanger, Letter, Sender, Sent, Try, Waiting
from .emulator import Emulator
from .events import Feed, timestamp
from .faults import KINDS, parse_fault
from .runtime.message import untraced
from .states import PREFERENCES, Beat, beating, states_of
from .telling import Tally, heard, stored

MOST_IN_A_BURST = 2000
MOST_AT_ONCE = 50
LONGEST_JUMP = 30 * 86400
# What is told of the sender's queue.
_MOST_WAITING = 50


class BusyError(UsageError):
    """What was asked for can't be done while something else goes on."""


def primary_of(folder: Path, feed: Feed) -> Primary:
    """Make a primary that tells a feed what it stores, and what was said to it."""

    def take(name: str, content: bytes, sent: bytes) -> None:
        # What comes home has the edge's trace on top.
        stored(feed, "primary", name, content, untraced(sent))

    return Primary(folder, take, heard(feed, "primary"))


class Experiment:
    """A sender somewhere, one's own server and the edge, for as long as it is entered (`async with`).

    The emulator and the primary tell the same `feed`; `given` are the words that the command began with.
    Each method does one thing that the command line does, too; those that can't be done as asked raise a
    UsageError.
    """

    def __init__(
        self, emulator: Emulator, primary: Primary, feed: Feed, config: Config, given: Sequence[str] = ()
    ) -> None:
        self.emulator = emulator
        self.primary = primary
        self.feed = feed
        self.sender: Sender
        self._config = config
        self._given = given
        self._tally = Tally(feed)
        self._beat: Beat
        self._tasks: set[asyncio.Task[Any]] = set()
        self._doing = ""
        self._switching = asyncio.Lock()
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start the primary and the edge.

        Raises:
            UsageError: as the emulator's.

        """
        async with contextlib.AsyncExitStack() as opened:
            await self.primary.start()
            opened.push_async_callback(self.primary.stop)
            await opened.enter_async_context(self.emulator)
            # The journal of what is home lasts as long as the mailboxes that it speaks of may.
            self._journal = opened.enter_context(tempfile.TemporaryDirectory(prefix="mail-failover-"))
            self.sender = Sender(
                self._exchangers(),
                self._tried,
                kept=self._kept,
                bounced=self._bounced,
                clock=self.emulator.clock,
            )
            opened.push_async_callback(self._end)
            self._beat = await opened.enter_async_context(beating(self.feed, self._states(), self._retry_due))
            self._open = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is under way, and stop all of it."""
        await self._open.aclose()
        # Nobody listens any more, so that none of its sessions lasts.
        await self.sender.close()

    async def send(self, letter: Letter) -> Sent:
        """Let the sender send a letter."""
        name = letter.fingerprint
        envelope = {"from": letter.sender, "to": letter.recipient}
        self.feed.tell("sent", message=name, **envelope, subject=letter.subject, size=len(letter.content))
        return await self.sender.send(letter)

    async def send_all(self, several: Iterable[Letter]) -> None:
        """Let the sender send letters, a few at once."""
        left = iter(several)

        async def some() -> None:
            for letter in left:
                await self.send(letter)

        await asyncio.gather(*(some() for _ in range(SESSIONS)))

    async def retry(self) -> list[Sent]:
        """Let the sender try again what it keeps."""
        return await self.sender.retry()

    def burst(self, count: int) -> None:
        """Let the sender begin to send so many letters."""
        if not 0 < count <= MOST_IN_A_BURST:
            raise UsageError(f"A burst of {count}: too few, or too many.", f"Ask for 1 to {MOST_IN_A_BURST}.")
        self.do(f"a burst of {count}", self.send_all(letters.many(count)))

    async def start_primary(self) -> None:
        """Let the primary listen again."""
        async with self._switching:
            if not self.primary.is_up:
                await self.primary.start()
        self._beat.hurry()

    async def stop_primary(self) -> None:
        """Let the primary go down."""
        async with self._switching:
            await self.primary.stop()
        self._beat.hurry()

    def fail(self, target: str, text: str) -> None:
        """Let a target fail, as `--fault TARGET=TEXT` does, or not any more if that is empty."""
        if target not in KINDS:
            raise UsageError(f"{target}: nothing of that name fails; name one of {', '.join(KINDS)}.")
        fault = parse_fault(f"{target}={text}") if text else None
        if fault:
            self.emulator.check(fault)
        self.emulator.faults.clear(target)
        if fault:
            self.emulator.faults.add(fault)
        self._beat.hurry()

    def configure(self, changes: Mapping[str, str | None]) -> None:
        """Go on with these settings besides, as `--var NAME=VALUE`; None is what the files say."""
        known = variables_of(self._config.main)
        for name in changes:
            if name in CHAT_SECRETS or name.endswith(ADDRESS):
                raise UsageError(
                    f"{name}: it says which chats there are.", "Stop, and begin anew with --play or --var."
                )
            if known and name not in known:
                raise UsageError(f"{name}: the Worker has no such setting.", "docs/settings.md lists them.")
        self.emulator.deploy(**changes)
        self._beat.hurry()

    def open_spool(self) -> None:
        """Give the Worker a spool by a token made for this run."""
        if not self.emulator.objects:
            raise UsageError("The Worker has no object, and so no spool.", "wrangler.toml has to bind one.")
        if not self.emulator.variables.get(SPOOL_TOKEN):
            self.emulator.deploy(**{SPOOL_TOKEN: secrets.token_urlsafe()})
        self._beat.hurry()

    def pass_time(self, seconds: float) -> None:
        """Put the clock of the sender, the Worker and its objects forward."""
        if not 0 < seconds <= LONGEST_JUMP:
            raise UsageError(f"The clock goes forward, by {LONGEST_JUMP // 86400} days at most.")
        self.emulator.pass_time(seconds)
        self._beat.hurry()

    async def replay(self, domain: str, say: Callable[[str], None] = lambda _: None) -> int:
        """Let the primary's machine fetch what the spool has for a domain, and return the exit code."""
        words, token = self.replay_words(domain), str(self.emulator.variables.get(SPOOL_TOKEN, ""))
        process = await asyncio.create_subprocess_exec(
            # -P: what lies in the current folder is no module of ours.
            *(sys.executable, "-P", "-m", "mail_failover", *words, "--state", self._journal),
            env={**os.environ, "MAIL_FAILOVER_SPOOL_TOKEN": token},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async for line in _lines(process):
                say(line)
                self.feed.tell("replay", domain=domain, line=line, ended=None)
            code = await process.wait()
        finally:
            # Whatever ends this ends the process, too.
            if process.returncode is None:
                process.terminate()
                await process.wait()
        self.feed.tell("replay", domain=domain, line="", ended=code)
        return code

    def replay_words(self, domain: str) -> list[str]:
        """Return how that is typed."""
        to = f"smtp://127.0.0.1:{self.primary.port}"
        return ["replay", "--to", to, "--url", self.emulator.url, "--domain", domain]

    def replay_all(self) -> None:
        """Begin to fetch what the spool has for every domain."""
        if not self.emulator.variables.get(SPOOL_TOKEN):
            raise UsageError("There is no spool: SPOOL_TOKEN is not set.", "Switch it on for this run first.")
        domains = [each["domain"] for each in self.feed.states["domains"] if each["waiting"]]
        if not domains:
            raise UsageError("The spool has nothing to bring home.")

        async def replay() -> None:
            for domain in domains:
                await self.replay(domain)

        self.do("a replay", replay())

    def do(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        """Begin something that takes a while, one such thing at a time.

        Raises:
            BusyError: something is under way.

        """
        if self._doing:
            work.close()
            raise BusyError(f"Not now: {self._doing} is under way.", "Wait until it is done.")
        self._doing = what
        self._begin(what, work).add_done_callback(lambda _: self._done())

    def post(self, letter: Letter) -> None:
        """Let the sender begin to send a letter, whatever else is under way.

        Raises:
            BusyError: too much is.

        """
        if len(self._tasks) >= MOST_AT_ONCE:
            raise BusyError(f"Not now: {MOST_AT_ONCE} messages are under way.", "Wait until they are sent.")
        self._begin("a message", self.send(letter))

    def _done(self) -> None:
        self._doing = ""
        self._beat.hurry()

    def _begin(self, what: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.emulator.watch.log(f"{task.get_name()}: {type(error).__name__}: {error}")

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _exchangers(self) -> list[Exchanger]:
        ports = {"primary": self.primary.port, "edge": self.emulator.port}
        return [Exchanger(PREFERENCES[name], name, port) for name, port in ports.items()]

    def _tried(self, one: Try) -> None:
        where = {"to": one.exchanger.name, "preference": one.exchanger.preference}
        name = one.letter.fingerprint
        self.feed.tell("tried", message=name, **where, reply=one.reply, result=one.answer.value)

    def _kept(self, one: Waiting) -> None:
        self.feed.tell("waits", message=one.letter.fingerprint, next=timestamp(one.due), tries=one.tries)

    def _bounced(self, one: Try) -> None:
        self.feed.tell("bounced", message=one.letter.fingerprint, reply=one.reply)

    def _retry_due(self) -> None:
        if self.sender.is_due():
            self._begin("a retry", self.sender.retry(self.emulator.clock()))

    def _states(self) -> dict[str, Callable[[], Any]]:
        return {
            "sender": self._sender,
            "primary": lambda: {
                "up": self.primary.is_up,
                "port": self.primary.port,
                "preference": PREFERENCES["primary"],
                "stored": self._tally("stored", "primary"),
            },
            **states_of(self.emulator, self._config.main, self.feed, self._tally, self._given),
        }

    def _sender(self) -> dict[str, Any]:
        queue = [
            {
                "message": each.letter.fingerprint,
                "from": each.letter.sender,
                "to": each.letter.recipient,
                "subject": each.letter.subject,
                "tries": each.tries,
                "next": timestamp(each.due),
                "reply": each.reply,
            }
            for each in self.sender.queue[:_MOST_WAITING]
        ]
        return {
            "queue": queue,
            "waiting": len(self.sender.queue),
            "busy": bool(self._doing),
            **{event: self._tally(event) for event in ("sent", "bounced")},
        }


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Yield what a process prints, line by line."""
    if process.stdout is None:
        return
    async for line in process.stdout:
        yield line.decode(errors="replace").rstrip("\n")
