"""A Worker read from its file, with stand-ins where its imports look for the runtime's modules."""

import importlib.util
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

from mail_failover.errors import UsageError

from . import javascript
from .crypto import Crypto
from .intl import Intl
from .javascript import Error, Headers, JsBytes, JsClass, JsException, JsProxy, PyProxy
from .pipe import FixedLengthStream
from .promises import Array, Object, Promise, Reflect, Scheduler, to_js
from .sockets import import_from_javascript
from .state import DurableObject
from .streams import Pulled
from .web import JsResponse
from .workers import Response, WorkerEntrypoint, fetch, js_fetch

_numbers = itertools.count(1)


def load_worker(
    main: Path, log: Callable[[str], None] | None = None, clock: Callable[[], float] | None = None
) -> type[WorkerEntrypoint]:
    """Read the Worker at `main` afresh and return its `Default` class.

    Its folder goes on `sys.path`, as beside it in an upload. What its main file prints goes to `log`, and
    `clock` is that file's `time.time`, if given.

    Raises:
        UsageError: there is no such file, it fails while being imported, or it defines no `Default`.

    """
    _install()
    folder = str(main.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"_worker_{next(_numbers)}"
    spec = importlib.util.spec_from_file_location(name, main)
    if spec is None or spec.loader is None or not main.is_file():
        raise UsageError(f"{main}: no such Worker; check `main` in wrangler.toml.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    if log is not None:
        module.__dict__["print"] = lambda *parts, **_: log(" ".join(map(str, parts)))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{main}: the Worker can't be loaded: {type(error).__name__}: {error}") from error
    if clock is not None:
        module.__dict__["time"] = SimpleNamespace(time=clock)
    worker = getattr(module, "Default", None)
    if not (isinstance(worker, type) and issubclass(worker, WorkerEntrypoint)):
        raise UsageError(f"{main}: defines no `class Default(WorkerEntrypoint)`.")
    return worker


def object_class(worker: type[WorkerEntrypoint], name: str) -> type[DurableObject]:
    """Return the class of a Worker's objects, where the runtime looks for it: among its main module's names.

    Raises:
        UsageError: there is none.

    """
    found = vars(sys.modules[worker.__module__]).get(name)
    if not (isinstance(found, type) and issubclass(found, DurableObject)):
        raise UsageError(f"The Worker has no class {name} of objects.", "Import it in its main file.")
    return found


def _install() -> None:
    """Put the stand-ins where the Worker's imports look for them."""
    if getattr(sys.modules.get("workers"), "WorkerEntrypoint", None) is WorkerEntrypoint:
        return
    pyodide = _module("pyodide")
    ffi = _module(
        "pyodide.ffi",
        JsException=JsException,
        JsProxy=JsProxy,
        create_proxy=PyProxy,
        jsnull=javascript.jsnull,
        to_js=to_js,
    )
    pyodide.__dict__["ffi"] = ffi
    _module(
        "js",
        Array=Array,
        Error=Error,
        FixedLengthStream=JsClass(FixedLengthStream),
        Headers=JsClass(Headers),
        Intl=Intl,
        Object=Object,
        Promise=Promise,
        ReadableStream=JsClass(Pulled),
        Reflect=Reflect,
        Response=JsClass(JsResponse),
        Uint8Array=JsClass(JsBytes),
        crypto=Crypto,
        fetch=js_fetch,
        scheduler=Scheduler,
    )
    _module(
        "workers",
        DurableObject=DurableObject,
        Response=Response,
        WorkerEntrypoint=WorkerEntrypoint,
        fetch=fetch,
        import_from_javascript=import_from_javascript,
    )


def _module(name: str, **members: object) -> ModuleType:
    module = sys.modules[name] = ModuleType(name, "A stand-in for the Workers runtime's module.")
    module.__dict__.update(members)
    return module
