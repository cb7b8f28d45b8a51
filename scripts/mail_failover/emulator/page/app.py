"""What the page's server answers, put together: the page, how all stands, and what else has a file here."""

import asyncio
import json
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mail_failover.emulator.actors import letters
from mail_failover.emulator.events import MOST_EVENTS, Facts
from mail_failover.emulator.experiment import BusyError, Experiment
from mail_failover.emulator.faults import KINDS
from mail_failover.emulator.routing.content import SIZE_LIMIT
from mail_failover.errors import UsageError

from .boxes import box_routes
from .controls import MOST_JSON, Story, control_routes
from .files import Files
from .stream import stream

_MOST_POSTS, _MOST_LINES, _MOST_RECENT = 100, 2000, 300


def application(experiment: Experiment, ending: asyncio.Event, story: Story | None) -> Starlette:
    """Put the server together; streams end when `ending` is set."""
    page, files = _Page(experiment, ending), Files()
    routes = [
        Route("/", files.index),
        Route("/static/{name}", files.one),
        Route("/events", page.events),
        Route("/api/state", page.state),
        *box_routes(experiment),
        *control_routes(experiment, story),
    ]
    failures: dict[Any, Any] = {UsageError: _wrong, 413: _too_large, ClientDisconnect: _gone}
    return Starlette(routes=routes, exception_handlers=failures)


class _Page:
    def __init__(self, experiment: Experiment, ending: asyncio.Event) -> None:
        self._experiment = experiment
        self._feed = experiment.feed
        self._ending = ending
        self._posts: deque[str] = deque(maxlen=_MOST_POSTS)
        self._transcript: deque[str] = deque(maxlen=_MOST_LINES)
        for told in self._feed.latest(MOST_EVENTS):
            self._remember(json.loads(told.line)["event"], {}, told.line)
        self._feed.listeners.append(self._remember)

    def _remember(self, event: str, facts: Facts, line: str) -> None:
        del facts
        if event == "post":
            self._posts.append(line)
        elif event == "story":
            self._transcript.append(line)

    async def state(self, request: Request) -> Response:
        """Say how all stands, and after which event."""
        del request
        played = self._experiment.emulator.playing
        targets = [name for name in KINDS if name in {"forward", "raw", "object", *played}]
        facts = {
            "id": self._feed.last,
            "now": self._feed.now(),
            "acts": None,
            **self._feed.states,
            "kinds": {target: KINDS[target] for target in targets},
            "letters": [{"name": name, "title": title} for name, (title, _) in letters.WRITTEN.items()],
            "posts": [*map(json.loads, self._posts)],
            "transcript": [*map(json.loads, self._transcript)],
            "recent": [json.loads(each.line) for each in self._feed.latest(_MOST_RECENT)],
        }
        return Response(json.dumps(facts), media_type="application/json")

    async def events(self, request: Request) -> Response:
        """Stream what happens after an event."""
        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        number = int(after) if after.isdecimal() and len(after) < 16 else self._feed.last
        return StreamingResponse(stream(self._feed, number, self._ending), media_type="text/event-stream")


async def _wrong(request: Request, error: UsageError) -> Response:
    del request
    return JSONResponse({"what": error.what, "fix": error.fix}, 409 if isinstance(error, BusyError) else 400)


async def _too_large(request: Request, error: Exception) -> Response:
    del request, error
    what = f"That is too large: a message has {SIZE_LIMIT} bytes at most, all else {MOST_JSON}."
    return JSONResponse({"what": what, "fix": ""}, 413)


async def _gone(request: Request, error: ClientDisconnect) -> Response:
    """Answer nobody: who asked has left within the request, which is no fault of ours."""
    del request, error
    return Response(status_code=400)
