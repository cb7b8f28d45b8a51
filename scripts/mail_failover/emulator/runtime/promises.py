"""JavaScript's promises as a Python Worker meets them, played by asyncio."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from typing import Any, NoReturn

from .javascript import JsArray, JsBytes, JsException, JsObject

# Nobody may be left to hold a promise that hangs, and Python would end what nobody holds.
_UNDER_WAY: set[asyncio.Future[Any]] = set()


class JsPromise:
    """Something under way since it was called; whoever awaits it is told how it ends, and can't end it.

    What a call returns is a future of Python's to Pyodide: fit to be awaited, not to go back to JavaScript,
    where it settles late and wraps its errors. Only what lay in an array `is_itself`.
    """

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self.is_itself = False
        self.future = asyncio.ensure_future(awaitable)
        _UNDER_WAY.add(self.future)
        self.future.add_done_callback(_ended)

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.shield(self.future).__await__()

    def then(self, *_: object) -> NoReturn:
        """Refuse: whoever calls back into Python from JavaScript does so outside of the event's task."""
        raise JsException("the emulator calls nothing back", "TypeError")


class JsSettled:
    """An entry of what `allSettled` is kept with: a `status`, and a `value` or a `reason`."""

    def __init__(self, status: str, **end: Any) -> None:
        self.status = status
        vars(self).update(end)


class Promise:
    """The class `Promise`: its functions, as far as a Worker here needs them."""

    @staticmethod
    def all(values: JsArray, /) -> JsPromise:
        """Return a promise that is kept when all are, with a list of what with; it fails with the first."""

        async def gathered() -> JsArray:
            return JsArray(await asyncio.gather(*_futures(values)))

        return JsPromise(gathered())

    @staticmethod
    def allSettled(values: JsArray, /) -> JsPromise:  # noqa: N802 - the name is JavaScript's
        """Return a promise that is kept when all have ended, with a list of how."""

        async def gathered() -> JsArray:
            ends = await asyncio.gather(*_futures(values), return_exceptions=True)
            return JsArray(map(_settled, ends))

        return JsPromise(gathered())

    @staticmethod
    def resolve(value: Any, /) -> JsPromise:
        """Return a promise that is kept with this value, or as this one is."""

        async def kept() -> Any:
            return await value if inspect.isawaitable(value) else value

        return JsPromise(kept())

    @staticmethod
    def reject(reason: JsException, /) -> JsPromise:
        """Return a promise that failed."""

        async def failed() -> None:
            raise reason

        return JsPromise(failed())

    @staticmethod
    def race(values: JsArray, /) -> JsPromise:
        """Return a promise that ends as the first of them does; of those that have ended, the first named."""
        futures = list(_futures(values))

        async def first() -> Any:
            if not futures:
                await asyncio.Event().wait()
            await asyncio.wait(futures, return_when="FIRST_COMPLETED")
            return next(future for future in futures if future.done()).result()

        return JsPromise(first())


class Array:
    """The class `Array`."""

    @staticmethod
    def from_(values: JsArray, function: Callable[[Any, int], Any], /) -> JsArray:
        """Return what the function makes of each value and its place; promises stay what they are."""
        made = JsArray(function(value, place) for place, value in enumerate(values))
        for each in made:
            if isinstance(each, JsPromise):
                each.is_itself = True
        return made


class _Applying:
    """The function `Reflect.apply`."""

    def bind(self, this: None, function: Callable[..., Any], that: Any, arguments: JsArray, /) -> Any:
        """Return a function that calls another one for `that`, whatever it is called with itself."""
        del this, that
        return lambda *_: function(*arguments)


class Reflect:
    """The object `Reflect`."""

    apply = _Applying()


class Scheduler:
    """The object `scheduler`."""

    @staticmethod
    def wait(milliseconds: float, /) -> JsPromise:
        """Return a promise that is kept with nothing after so long."""
        return JsPromise(asyncio.sleep(milliseconds / 1000))


def to_js(value: Any, *, dict_converter: Callable[[Iterable[Any]], Any] | None = None) -> Any:
    """Make JavaScript's of Python's lists and, with `Object.fromEntries`, dicts.

    Raises:
        JsException: for a dict without it, which would become a Map; no Worker here wants one.

    """
    if isinstance(value, (list, tuple)):
        return JsArray(to_js(each, dict_converter=dict_converter) for each in value)
    if isinstance(value, bytes):
        # As it is now: a view into memory that may move is of no use to anybody.
        return JsBytes(memoryview(value))
    if isinstance(value, Mapping):
        if dict_converter is None:
            raise JsException("a dict becomes a Map, unless dict_converter is given", "TypeError")
        return dict_converter((k, to_js(v, dict_converter=dict_converter)) for k, v in value.items())
    return value


class Object:
    """The class `Object`."""

    @staticmethod
    def fromEntries(entries: Iterable[tuple[str, Any]], /) -> JsObject:  # noqa: N802 - the name is JavaScript's
        """Build a plain object."""
        return JsObject(dict(entries))


def _ended(future: asyncio.Future[Any]) -> None:
    _UNDER_WAY.discard(future)
    # One that fails unheard is no matter of Python's.
    if not future.cancelled():
        future.exception()


def _futures(values: JsArray) -> list[asyncio.Future[Any]]:
    if not isinstance(values, JsArray):
        raise JsException("undefined is not iterable: give an array made by to_js", "TypeError")
    return [_future(value) for value in values]


def _future(value: Any) -> asyncio.Future[Any]:
    if isinstance(value, JsPromise):
        return value.future if value.is_itself else asyncio.ensure_future(_given_back(value))
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


async def _given_back(promise: JsPromise) -> Any:
    """Do as a future of Python's does that goes back to JavaScript: it settles late, and wraps its errors."""
    try:
        value = await promise
    except JsException as error:
        raise JsException(f"pyodide.ffi.JsException: {error}\n", "PythonError") from None
    await asyncio.sleep(0)
    return value


def _settled(end: Any) -> JsSettled:
    if isinstance(end, BaseException):
        return JsSettled("rejected", reason=end)
    return JsSettled("fulfilled", value=end)
