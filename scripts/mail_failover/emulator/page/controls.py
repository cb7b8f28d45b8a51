"""What one can do on the page: a control is a JSON object, and one call of the experiment."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mail_failover.emulator.actors import letters
from mail_failover.emulator.experiment import BusyError, Experiment
from mail_failover.emulator.routing.content import SIZE_LIMIT
from mail_failover.errors import UsageError

MOST_JSON = 65536
"""How many bytes of JSON are read."""

Given = Mapping[str, Any]


class Story(Protocol):
    """The demo's story, told on the page act by act."""

    @property
    def is_over(self) -> bool:
        """Tell whether all acts were played."""
        ...

    def play(self) -> None:
        """Begin to play the next act."""
        ...


def control_routes(experiment: Experiment, story: Story | None) -> list[Route]:
    """Return the routes to what one can do; while a `story` is told, that is to go on with it."""
    controls = _Controls(experiment, story)
    doing = {
        "send": controls.send,
        "burst": controls.burst,
        "retry": controls.retry,
        "primary": controls.primary,
        "fault": controls.fault,
        "replay": controls.replay,
        "time": controls.time,
        "settings": controls.settings,
        "spool": controls.spool,
        "act": controls.act,
    }
    return [
        Route("/api/message", controls.message, methods=["POST"]),
        *(Route(f"/api/{name}", _answering(do), methods=["POST"]) for name, do in doing.items()),
    ]


def _answering(do: Callable[[Given], Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        await do(await _given(request))
        return JSONResponse({})

    return answer


class _Controls:
    def __init__(self, experiment: Experiment, story: Story | None) -> None:
        self._of, self._story = experiment, story

    @property
    def _experiment(self) -> Experiment:
        """The experiment, unless a story has it."""
        if self._story and not self._story.is_over:
            fix = "Play its acts to the end; `mail-failover watch` has no story."
            raise BusyError("Not now: the story has the stage.", fix)
        return self._of

    async def message(self, request: Request) -> Response:
        """Send a message of one's own."""
        experiment = self._experiment
        content = await _body(request, SIZE_LIMIT)
        to = request.query_params.get("to") or letters.RECIPIENT
        letter = letters.own(content, request.query_params.get("from"), to)
        experiment.post(letter)
        return JSONResponse({})

    async def send(self, given: Given) -> None:
        """Send one of the demo's letters."""
        name = _text(given, "letter")
        if name not in letters.WRITTEN:
            raise UsageError(f"letter {name[:40]}: there is none; name one of {', '.join(letters.WRITTEN)}.")
        _, write = letters.WRITTEN[name]
        self._experiment.post(write())

    async def burst(self, given: Given) -> None:
        """Send many."""
        self._experiment.burst(int(_number(given, "count")))

    async def retry(self, given: Given) -> None:
        """Try again what waits at the sender."""
        del given
        self._experiment.do("a retry", self._experiment.retry())

    async def primary(self, given: Given) -> None:
        """Stop or start the primary."""
        up = given.get("up")
        if not isinstance(up, bool):
            raise UsageError('"up": send true or false.')
        await (self._experiment.start_primary() if up else self._experiment.stop_primary())

    async def fault(self, given: Given) -> None:
        """Let something fail, or work again."""
        self._experiment.fail(_text(given, "target"), _text(given, "fault"))

    async def replay(self, given: Given) -> None:
        """Bring home what the spool has."""
        del given
        self._experiment.replay_all()

    async def time(self, given: Given) -> None:
        """Let time pass."""
        self._experiment.pass_time(_number(given, "seconds"))

    async def settings(self, given: Given) -> None:
        """Change settings for this run."""
        if not all(value is None or isinstance(value, str) for value in given.values()):
            raise UsageError("A setting is a text, or null for what the files say.")
        self._experiment.configure(given)

    async def spool(self, given: Given) -> None:
        """Switch the spool on."""
        del given
        self._experiment.open_spool()

    async def act(self, given: Given) -> None:
        """Play the story's next act."""
        del given
        if self._story is None:
            raise UsageError("No story is told here.", "`mail-failover demo --page` tells one.")
        self._story.play()


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


async def _given(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await _body(request, MOST_JSON) or b"{}")
        # JSON can name half a character, which nothing else can hold.
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise UsageError("What was sent is no JSON object.")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise UsageError(f'"{name}": send a text.')
    return value


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise UsageError(f'"{name}": send a number.')
    return value
