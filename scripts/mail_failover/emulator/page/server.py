"""The page's server, on 127.0.0.1 for as long as a block goes on."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn

from mail_failover.emulator.experiment import Experiment
from mail_failover.emulator.routing.smtp import LOOPBACK, listen

from .app import application
from .controls import Story
from .guard import Guard

# For what is under way: a download or an upload, at most.
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
        # What is left after the goodbye is stuck.
        timeout_graceful_shutdown=2 * _GOODBYE_SECONDS,
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
    """A server that leaves signals to whoever started it, and complains of nobody when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and break off who goes on for too long: what uvicorn itself ends, it prints as a failure."""
        late = asyncio.get_running_loop().call_later(_GOODBYE_SECONDS, self._break_off)
        await super().shutdown(sockets)
        late.cancel()

    def _break_off(self) -> None:
        for connection in self.server_state.connections:
            connection.transport.abort()
