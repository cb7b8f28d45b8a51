"""Durable Objects in CPython: one instance a name, its storage, its alarm, and the calls to it.

Behaviour was seen in workerd (tests/scenarios/probes); where the runtime corrupts in silence, this raises.
"""

import asyncio
import inspect
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from mail_failover.errors import UsageError

from .crossing import crossed, response_of
from .fate import Fate, check_limit, count_rows
from .javascript import JsException
from .promises import JsPromise, Promise
from .sql import Sql
from .state import AlarmInfo, State, Storage
from .web import JsRequest, JsResponse
from .workers import Env, Request, Response

ALARM_TRIES = 6
"""How often an alarm that raised is tried again, after 2, 4, 8, ... seconds."""
ALARM_SECONDS = 900.0
"""How long an alarm may take; then it has failed."""
_NO_METHODS = {"alarm", "fetch", "ctx", "env"}


class Objects:
    """A binding: the objects of one class, and what becomes of the calls to them.

    They are made when they are called, and what they stored outlives them: in files of `folder` if one is
    given, with their alarms, else in memory. `clock` gives the seconds since 1970, and alarms ring by the
    event loop. `fault` is asked at each request, by the object's name and the method's (or "alarm"), how it
    fails: "throws" before anything is done; "hangs"; "unanswered" when it was done; "quota", so that nothing
    can be written; or not at all, for an empty text. "quota:3" lets three rows be written first. With
    "throws:3" and "hangs:3" the object dies over the fourth: what it remembered is gone, as is its answer.
    """

    def __init__(  # noqa: PLR0913 - a binding has many sides
        self,
        kind: type[Any],
        env: Mapping[str, Any],
        folder: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
        fault: Callable[[str, str], str] = lambda _name, _method: "",
        log: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.requests = 0
        self._kind = kind
        self._env = Env(env)
        self._folder = folder
        self._clock = clock
        self._fault = fault
        self._log = log
        self._storages: dict[str, Storage] = {}
        self._alive: dict[str, Any] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ringing: set[str] = set()
        self._running: set[asyncio.Future[Any]] = set()

    @property
    def rows_written(self) -> int:
        """Count what the plan counts by the day, but for what it counts of indexes."""
        return sum(storage.sql.written for storage in self._storages.values())

    def getByName(self, name: str, /) -> "Stub":  # noqa: N802 - the name is workerd's
        """Return what calls the object of this name."""
        return Stub(self, name)

    @property
    def names(self) -> list[str]:
        """Name the objects that have stored something."""
        stored = self._folder.glob("*.sqlite") if self._folder else ()
        return sorted({*self._storages, *(unquote(path.stem) for path in stored)})

    def deploy(self, env: Mapping[str, Any]) -> None:
        """Go on with other settings, as after a deploy: what objects had in memory is gone."""
        self._env = Env(env)
        self._alive.clear()

    def evict(self, name: str) -> None:
        """Forget what an object has in memory, as the runtime does when it is idle, or on a deploy."""
        self._alive.pop(name, None)

    def wake(self) -> None:
        """Look when alarms are to ring: of objects that were there before this process, or by a new time.

        Raises:
            UsageError: an object's file can't be read.

        """
        for name in self.names:
            try:
                self._schedule(name)
            except JsException as error:
                raise UsageError(
                    f"{self._path(name)}: can't be used: {error.message}.",
                    "End the emulator that uses it, or move it away, or name another folder: `--data DIR`",
                ) from None

    async def idle(self, seconds: float = 0.0) -> None:
        """Wait until no alarm rings, and none will within `seconds`."""
        loop = asyncio.get_running_loop()
        while True:
            soon = [timer.when() for timer in self._timers.values() if timer.when() <= loop.time() + seconds]
            if not (self._running or soon):
                return
            if self._running:
                await asyncio.wait(self._running)
            else:
                await asyncio.sleep(max(min(soon) - loop.time(), 0.0))

    async def close(self) -> None:
        """Let no alarm ring any more, end what is under way, and close the files."""
        for timer in self._timers.values():
            timer.cancel()
        for future in self._running:
            future.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for storage in self._storages.values():
            storage.sql.close()

    async def call(self, name: str, method: str, arguments: list[Any]) -> Any:
        """Call a method of an object, as from another side.

        Raises:
            JsException: whatever the method raised, as a text with its traceback; or it does not exist.

        """
        return await self.called(name, method, [crossed(value) for value in arguments])

    async def called(self, name: str, method: str, given: list[Any]) -> Any:
        """Call a method with what has crossed already.

        Raises:
            JsException: as above.

        """
        function = None if method in _NO_METHODS else getattr(self._kind, method, None)
        if not callable(function):
            raise JsException(f"Method {method} does not exist", "TypeError")
        return crossed(await self._request(name, method, lambda made: function(made, *given)))

    async def fetch(self, name: str, request: JsRequest) -> JsResponse:
        """Hand a request to an object.

        Raises:
            JsException: whatever the object raised, as a text with its traceback; or it gave no response.

        """
        given = Request(request)
        answer = await self._request(name, "fetch", lambda made: made.fetch(given))
        return response_of(answer).handed_over()

    async def _request(self, name: str, method: str, body: Callable[[Any], Any]) -> Any:
        self.requests += 1
        fate = Fate.of(self._fault(name, method))
        await fate.before()
        result, failure = None, None
        with fate.writing():
            try:
                result = body(self._object(name))
                result = await result if inspect.isawaitable(result) else result
            except Exception:  # noqa: BLE001 - whatever an object raises arrives as JavaScript's
                failure = JsException(traceback.format_exc(), "PythonError")
        if fate.died:
            self.evict(name)
        await fate.after(failure)
        return result

    def _object(self, name: str) -> Any:
        if name not in self._alive:
            state = State(name, self._storage(name), self._keep)
            self._alive[name] = self._kind(state, self._env)
        return self._alive[name]

    def _storage(self, name: str) -> Storage:
        if name not in self._storages:
            sql = Sql(self._path(name), check_limit, count_rows)
            self._storages[name] = Storage(sql, lambda: self._schedule(name))
        return self._storages[name]

    def _path(self, name: str) -> Path | None:
        # A name is anybody's text.
        return self._folder / f"{quote(name, safe='')}.sqlite" if self._folder else None

    def _keep(self, future: asyncio.Future[Any]) -> None:
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def _schedule(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
        # While one rings, the next waits for its end.
        alarm = None if name in self._ringing else self._storage(name).alarm()
        if alarm:
            left = alarm[0] / 1000 - self._clock()
            seconds = max(left, 0.001) if left > 0 else 0.0
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(seconds, self._ring, name)

    def _ring(self, name: str) -> None:
        self._timers.pop(name, None)
        self._ringing.add(name)
        self._keep(asyncio.ensure_future(self._alarm(name)))

    async def _alarm(self, name: str) -> None:
        storage = self._storage(name)
        alarm = storage.alarm()
        if alarm is None or alarm[0] / 1000 > self._clock():
            # It was set anew in the last moment, or a sum of floats fell short of it.
            self._ringing.discard(name)
            self._schedule(name)
            return
        tries, again = alarm[1], None
        storage.ringing = True
        try:
            async with asyncio.timeout(ALARM_SECONDS):
                await self._request(name, "alarm", lambda made: made.alarm(AlarmInfo(tries)))
        except (JsException, TimeoutError) as error:
            words = error.message if isinstance(error, JsException) else "it took too long"
            self._log(f"alarm of {name}: {words.strip().splitlines()[-1]}")
            if tries < ALARM_TRIES:
                again = int(1000 * (self._clock() + 2 ** (tries + 1)))
        finally:
            self._ringing.discard(name)
        # Unless it was set meanwhile.
        if storage.ringing:
            storage.keep_alarm(again, tries + 1)
        else:
            self._schedule(name)


class Binding:
    """JavaScript's own stub of one object: every method of its class, and `fetch`."""

    def __init__(self, objects: Objects, name: str) -> None:
        self._objects = objects
        self._name = name

    def fetch(self, request: JsRequest) -> JsPromise:
        """Begin to hand a request to the object; it is kept with JavaScript's own response."""
        try:
            return JsPromise(self._objects.fetch(self._name, request.handed_over()))
        except JsException as error:
            return Promise.reject(error)

    def __getattr__(self, method: str) -> Callable[..., JsPromise]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*arguments: Any, **named: Any) -> JsPromise:
            try:
                # At once: a stream is locked when the call returns.
                given = [crossed(value) for value in ([*arguments, named] if named else arguments)]
            except JsException as error:
                return Promise.reject(error)
            return JsPromise(self._objects.called(self._name, method, given))

        return call


class Stub(Binding):
    """What the SDK wraps that in; its `fetch` takes a URL or the SDK's request, and gives its response."""

    @property
    def _binding(self) -> Binding:
        """Return what is wrapped."""
        return Binding(self._objects, self._name)

    def fetch(self, resource: "str | Request") -> JsPromise:  # type: ignore[override]
        """Begin to hand a request to the object."""
        request = JsRequest(resource) if isinstance(resource, str) else resource.js_object
        sent = super().fetch(request)

        async def fetched() -> Response:
            return Response(await sent)

        return JsPromise(fetched())
