"""The page's server, on 127.0.0.1 for as long as a block goes on."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator

import uvicorn

from mail_failover.emulator.experiment import Experiment
from mail_failover.emulator.routing.smtp import LOOPBACK, listen

from .app import application
from .controls import Story
from .guard import Guard

# For answers that are under way: a download, at most.
_GOODBYE_SECONDS = 2


@contextlib.asynccontextmanager
async def serving(experiment: Experiment, port: int = 0, story: Story | None = None) -> AsyncIterator[str]:
    """Serve the page of an experiment, and of a story if one is told; yields its secret address.

    Raises:
        UsageError: the port can't be had.

    """
    token, ending = secrets.token_urlsafe(24), asyncio.Event()
    listening = listen(LOOPBACK, port, "--page-port")
    config = uvicorn.Config(
        Guard(application(experiment, ending, story), token),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
    )
    server = _Server(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://{LOOPBACK}:{listening.getsockname()[1]}/{token}/"
    finally:
        ending.set()
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield
