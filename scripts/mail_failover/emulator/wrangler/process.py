"""`wrangler dev` in a process group of its own: Cloudflare's runtime on this machine, around any Worker."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mail_failover.console.next_step import Again
from mail_failover.errors import UsageError

from .invocation import environment, write_settings
from .output import Output, Serving, blames_worker, is_event, reason

START_SECONDS = 90.0
"""How long a start may take: the first one downloads Python."""
STOP_SECONDS = 5.0
EMAIL_SECONDS = 60.0
# After its first error message, wrangler either ends soon or waits for somebody to edit the Worker.
_ERROR_SECONDS = 10.0
# How long an exception's words are waited for once the runtime has told of it.
_WORDS_SECONDS = 5.0
# After so long without another line an exception has said all.
_QUIET_SECONDS = 0.2
_WHOLE = Again().wrangler("dev")
_READY = re.compile(r"Ready on (https?://\S+)")


class RuntimeUnavailable(UsageError):
    """The runtime did not start; `reason` is its own, `worker` tells whether the Worker's code stopped it."""

    def __init__(self, lines: Sequence[str], problem: str) -> None:
        self.reason = reason(lines) or "it printed nothing"
        self.worker = blames_worker(lines)
        super().__init__(f"wrangler dev {problem}: {self.reason} (`{_WHOLE}` shows its whole output.)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one message in the runtime.

    `forwards` are inboxes and the header fields added for them. `raised` says why the sender keeps the
    message. `reached` is false if the Worker never saw it.
    """

    forwards: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    rejected: str | None = None
    raised: str = ""
    reached: bool = True


class Wrangler:
    """Runs the Worker of the wrangler.toml at `config` within `async with running(...)`.

    `events` gets the Worker's log line of each message; `on_line` is called with all that the Worker prints.
    """

    def __init__(
        self,
        config: Path,
        command: Sequence[str],
        *,
        on_line: Callable[[str], None] = lambda _: None,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.url = ""
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self._config = config
        self._command = list(command)
        self._on_line = on_line
        self._start_seconds = start_seconds
        self._failures: asyncio.Queue[str] = asyncio.Queue()
        self._serving = Serving()
        self._quiet: asyncio.TimerHandle | None = None
        self._asked = 0
        self._lines: deque[str] = deque(maxlen=400)
        self._decided = asyncio.Event()
        self._group = 0
        self._folder: Path | None = None

    @contextlib.asynccontextmanager
    async def running(
        self, variables: Mapping[str, Any], secrets: Collection[str] = ()
    ) -> AsyncIterator[None]:
        """Start with these vars and secrets (those of the names in `secrets`), and stop at the end.

        Raises:
            RuntimeUnavailable: it did not start in time, or ended.
            UsageError: the settings can't be written down for wrangler, or there is no such executable.

        """
        with tempfile.TemporaryDirectory(prefix="mail-failover-", ignore_cleanup_errors=True) as name:
            folder = self._folder = Path(name)
            write_settings(folder, self._config, variables, secrets)
            process = await self._spawn(folder)
            reader = asyncio.get_running_loop().create_task(self._read(process))
            try:
                await self._started()
                yield
            finally:
                await self._stop(process, reader)

    async def email(self, sender: str, recipient: str, raw: bytes) -> Ran:
        """Let the Worker handle one message, of at most 25 MiB, with a sender and a Message-ID.

        Source: https://developers.cloudflare.com/email-routing/email-workers/local-development/
        """
        question = {"from": sender, "to": recipient, "format": "json"}
        if not self._asked:
            # What was raised before, and came late, is not this message's.
            self._failures = asyncio.Queue()
        self._asked += 1
        try:
            return await self._email(question, raw)
        finally:
            self._asked -= 1

    async def _email(self, question: Mapping[str, str], raw: bytes) -> Ran:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=EMAIL_SECONDS) as client:
                answer = await client.post(f"{self.url}/cdn-cgi/local/email", params=question, content=raw)
        except httpx.TimeoutException:
            return Ran(raised=f"the runtime gave no answer within {EMAIL_SECONDS:g} s")
        except httpx.TransportError:
            return Ran(raised="wrangler dev has ended, or does not answer", reached=False)
        try:
            told = answer.json()
            return await self._ran(told)
        except (ValueError, KeyError, TypeError):
            text = " ".join(answer.text.split())[:300]
            return Ran(raised=f"wrangler dev does not take this message: {text}", reached=False)

    def abandon(self) -> None:
        """End every process of the group at once and remove its folder, which holds secrets."""
        self._kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _kill(self) -> None:
        if self._group:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    async def _ran(self, told: dict[str, Any]) -> Ran:
        forwards = tuple(
            (str(one["recipient"]), tuple((str(name), str(value)) for name, value in one["headers"]))
            for one in told["forwards"]
        )
        raised = await self._failure() if told["outcome"] != "ok" else ""
        return Ran(forwards, told.get("rejectReason"), raised)

    async def _failure(self) -> str:
        # The answer names no cause. The runtime prints it first, but by another way.
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._failures.get(), _WORDS_SECONDS)
        return "an exception that it printed nothing of"

    async def _spawn(self, folder: Path) -> asyncio.subprocess.Process:
        self.url, self.events, self._failures = "", asyncio.Queue(), asyncio.Queue()
        self._serving = Serving()
        self._lines.clear()
        self._decided = asyncio.Event()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=folder,
                env=environment(folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"{self._command[0]}: can't be run: {error.strerror}.") from error
        self._group = process.pid
        return process

    async def _started(self) -> None:
        try:
            await asyncio.wait_for(self._decided.wait(), self._start_seconds)
        except TimeoutError:
            problem = f"was not ready within {self._start_seconds:g} s"
            raise RuntimeUnavailable(list(self._lines), problem) from None
        if not self.url:
            raise RuntimeUnavailable(list(self._lines), "did not start")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Take in what is printed until every process of the group has closed its output."""
        if process.stdout is None:
            return
        output, loop = Output(), asyncio.get_running_loop()
        while True:
            data = await process.stdout.read(1 << 20)
            lines = output.feed(data)
            if self.url:
                self._serve(lines)
            else:
                self._lines.extend(lines)
                if ready := _READY.search("\n".join(lines)):
                    self.url = ready[1].rstrip("/")
                    self._decided.set()
                elif any("[ERROR]" in line for line in lines):
                    loop.call_later(_ERROR_SECONDS, self._decided.set)
            if not data:
                self._decided.set()
                return

    def _serve(self, lines: Sequence[str]) -> None:
        for line in filter(is_event, lines):
            self.events.put_nowait(line)
        if self._quiet:
            self._quiet.cancel()
        self._failed(self._serving.failures(lines))
        if self._serving.unfinished:
            loop = asyncio.get_running_loop()
            self._quiet = loop.call_later(_QUIET_SECONDS, lambda: self._failed(self._serving.finish()))
        for line in self._serving.from_worker(lines):
            self._on_line(line)

    def _failed(self, failures: Sequence[str]) -> None:
        for failure in failures:
            self._failures.put_nowait(failure)

    async def _stop(self, process: asyncio.subprocess.Process, reader: asyncio.Task[None]) -> None:
        """Ask the group to end, and end what has not in time."""
        self.url = ""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGTERM)
        await asyncio.wait({reader}, timeout=STOP_SECONDS)
        self._kill()
        self._group = 0
        await asyncio.wait({reader}, timeout=STOP_SECONDS)
        reader.cancel()
        await process.wait()
