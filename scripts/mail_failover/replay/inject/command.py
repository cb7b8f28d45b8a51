"""Handing a letter to a program, on its standard input, as sendmail takes it."""

import asyncio
import contextlib
import errno
import fcntl
import os
import re
import signal
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from .content import Clock, Content
from .letter import Letter, NoServerError, UncertainError, Verdict, bounded, unfit_address

# EX_DATAERR, EX_NOUSER, EX_NOHOST (sysexits.h); all others are worth another try. So is EX_UNAVAILABLE, with
# which Postfix's sendmail says that it could not start its postdrop.
_FOR_GOOD = {65, 67, 68}
# What shells and containers' tools say of a program that they can't start.
_NOT_STARTED = {125, 126, 127}
_CONTAINERS = {"docker", "podman", "nerdctl"}
# Not mailer-daemon, of which a mail program speaks.
_NOT_RUNNING = re.compile(r"(?<!-)\bdaemon\b|is not running")
_KEPT = 4096
_LOOK_SECONDS = 0.01


class _TooLongError(Exception):
    """The system takes no such arguments."""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """A program and its arguments, with {sender} and {recipient} in their places; printed as it was typed.

    It may take `seconds`, then it is killed with all that it started.
    """

    text: str
    arguments: Sequence[str]
    now: Clock
    seconds: float = 600

    def __str__(self) -> str:
        return self.text

    async def inject(self, letter: Letter) -> Verdict:
        """Hand one letter to a process of its own.

        Raises:
            NoServerError: the program can't be started, or its container does not run.
            UncertainError: it took all of the letter and was killed.

        """
        if unfit := unfit_address(letter):
            return Verdict("refused", f"not sent: {unfit}")
        content = Content(letter, self.now())
        with _Output() as output, _Input() as given:
            try:
                run = await self._start(filled(self.arguments, letter), given, output)
            except _TooLongError:
                return Verdict("refused", "not sent: an address is longer than an argument can be")
            whole, code = False, None
            try:
                async with asyncio.timeout(self.seconds):
                    whole = await given.feed(run, content)
                    code = await run.wait()
            except TimeoutError:
                pass
            finally:
                if run.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(run.pid, signal.SIGKILL)
                    await run.wait()
            return self._judge(code, whole=whole, said=bounded(output.text()))

    async def _start(
        self, arguments: Sequence[str], given: "_Input", output: "_Output"
    ) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *arguments,
                stdin=given.reading,
                stdout=output.writing,
                stderr=output.writing,
                start_new_session=True,
            )
        except OSError as error:
            if error.errno == errno.E2BIG:
                raise _TooLongError from error
            raise NoServerError(f"{arguments[0]} can't be started: {error.strerror}.") from error

    def _judge(self, code: int | None, *, whole: bool, said: str) -> Verdict:
        ending = f"killed after {self.seconds:g} s" if code is None else f"exit code {code}"
        words = bounded(f"{ending}: {said}" if said else ending)
        name = PurePath(self.arguments[0]).name
        if code in _NOT_STARTED or (code == 1 and name in _CONTAINERS and _NOT_RUNNING.search(said)):
            raise NoServerError(f"{name} could not run the command: {words}")
        if whole and (code is None or code < 0 or code > 128):
            raise UncertainError(f"{name} was given all of the message, and did not end by itself: {words}")
        if code == 0 and not whole:
            hint = " (without -i it reads nothing)" if name in _CONTAINERS else ""
            return Verdict("later", bounded(f"{name} did not read all of the message{hint}: {words}"))
        if code == 0:
            return Verdict("delivered", words)
        return Verdict("refused" if code in _FOR_GOOD else "later", words)


def filled(arguments: Sequence[str], letter: Letter) -> list[str]:
    """Put the addresses in their places, so that none can become an option, or let another word become one.

    Unless "--" stands right before, an address that begins with "-" gets angle brackets, which sendmail takes
    off again: a "--" further ahead may be that of `docker exec`. So does an empty one that is part of a word:
    "-f" alone would take the next word for the sender.
    """
    made, ended = list[str](), False
    for argument in arguments:
        begins = argument.startswith(("{sender}", "{recipient}"))
        text = _filled(argument, letter)
        made.append(f"<{text}>" if begins and text.startswith("-") and not ended else text)
        ended = argument == "--" or (ended and begins)
    return made


def _filled(argument: str, letter: Letter) -> str:
    empty = "" if argument == "{sender}" else "<>"
    filling = {"{sender}": letter.sender or empty, "{recipient}": letter.recipient}
    return re.sub(r"\{sender\}|\{recipient\}", lambda found: filling[found[0]], argument)


class _Input:
    """What a program gets.

    A pipe of our own: of asyncio's nobody can tell whether what is in it was read, and a program that reads
    nothing, as `docker exec` without -i, would seem to have it all.
    """

    def __enter__(self) -> Self:
        self.reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._open = {self.reading, self._writing}
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in [*self._open]:
            self._close(descriptor)

    async def feed(self, run: asyncio.subprocess.Process, content: Content) -> bool:
        """Write the content; tell whether all of it was read."""
        self._close(self.reading)  # the program has its own
        try:
            for piece in content.pieces():
                left = memoryview(piece)
                while left:
                    left = left[await self._write(left) :]
        except BrokenPipeError:
            return False
        while (unread := self._unread()) and run.returncode is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_LOOK_SECONDS)
        self._close(self._writing)
        return not unread

    async def _write(self, data: memoryview) -> int:
        while True:
            try:
                return os.write(self._writing, data)
            except BlockingIOError:
                await self._has_room()

    async def _has_room(self) -> None:
        loop, room = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(self._writing, room.set)
        try:
            await room.wait()
        finally:
            loop.remove_writer(self._writing)

    def _unread(self) -> int:
        return int.from_bytes(fcntl.ioctl(self._writing, termios.FIONREAD, bytes(4)), sys.byteorder)

    def _close(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        os.close(descriptor)


class _Output:
    """What a program says, its beginning.

    A pipe of our own: asyncio's waits for all that a program left behind in the background.
    """

    def __enter__(self) -> Self:
        self._kept = bytearray()
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        asyncio.get_running_loop().add_reader(self._reading, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        os.close(self.writing)

    def text(self) -> str:
        """Return what has been said so far."""
        while self._read():
            pass
        return self._kept.decode(errors="replace")

    def _read(self) -> int:
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self._reading, _KEPT)
            self._kept += piece[: _KEPT - len(self._kept)]
            return len(piece)
        return 0
