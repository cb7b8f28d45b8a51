"""A Worker that asks its runtime what Durable Objects, SQL, streams and promises do in Python.

`fetch` answers with one JSON object: the name of each probe, and what came of it as text. What workerd answered
stands in workerd-3.14.json and workerd-3.13.json beside this file; a stand-in that answers otherwise is wrong.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import js
from objects import Probed  # noqa: F401 the runtime looks for the class here
from pyodide.ffi import to_js
from workers import Response, WorkerEntrypoint


def told(value: Any) -> str:
    """Say a value's type and, shortly, the value."""
    text = bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value)
    return f"{type(value).__name__} {text[:120]}"


def failed(error: BaseException) -> str:
    """Say an error's type and the last line of its text, which may be a whole traceback of the other side."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1].strip()[:160] if lines else ''}"


async def asked(question: Callable[[], Awaitable[Any]]) -> str:
    try:
        return told(await question())
    except Exception as error:  # noqa: BLE001 what is raised is the answer
        return failed(error)


def options(**values: Any) -> Any:
    return to_js(values, dict_converter=js.Object.fromEntries)


async def calls(stub: Any) -> dict[str, str]:
    """Ask what crosses a call of an object."""
    return {
        "call: dict": await asked(lambda: stub.echo({"a": 1, "b": [1, 2, {"c": None}], "s": "x"})),
        "call: types of arguments": await asked(
            lambda: stub.types(1, "a", None, [1], {"a": 1}, b"xx", 1.5, True)
        ),
        "call: bytes come back": await asked(lambda: stub.echo(b"abc\xff")),
        "call: keyword": await asked(lambda: stub.types(a=1)),
        "call: raises": await asked(stub.raises),
        "call: no such method": await asked(stub.missing),
        "call: 33 MiB": await asked(lambda: stub.length(b"x" * (33 << 20))),
        "call: stream": await asked(lambda: stub.read_all(js.Response.new("x" * 100_000).body)),
        "call: two at once": await asked(lambda: interleaved(stub)),
    }


async def interleaved(stub: Any) -> Any:
    await js.Promise.all(to_js([js.Promise.resolve(asyncio.ensure_future(stub.slow(n))) for n in ("a", "b")]))
    return await stub.trace()


async def streams() -> dict[str, str]:
    """Ask how a body can be read."""
    found: dict[str, str] = {}
    reader = js.Response.new("x" * 100_000).body.getReader()
    first = await reader.read()
    found["stream: first chunk of a Response"] = told(first.value.byteLength)
    found["stream: cancel"] = await asked(lambda: reader.cancel())
    byob = js.Response.new("x" * 100_000).body.getReader(options(mode="byob"))
    part = await byob.readAtLeast(65536, js.Uint8Array.new(65536))
    found["stream: readAtLeast"] = f"{part.value.byteLength} {part.done}"
    rest = await byob.readAtLeast(65536, js.Uint8Array.new(65536))
    found["stream: readAtLeast, the end"] = f"{rest.value.byteLength} {rest.done}"
    after = await byob.readAtLeast(65536, js.Uint8Array.new(65536))
    found["stream: readAtLeast, behind the end"] = (
        f"{after.value.byteLength if after.value else None} {after.done}"
    )
    return found


async def promises() -> dict[str, str]:
    """Ask what JavaScript's promises give to Python."""

    async def settled() -> Any:
        both = await js.Promise.allSettled(
            to_js([js.Promise.resolve(1), js.Promise.reject(js.Error.new("no"))])
        )
        return [
            (each.status, str(getattr(each, "value", "")), str(getattr(each, "reason", ""))) for each in both
        ]

    return {
        "promise: race won": await asked(
            lambda: js.Promise.race(to_js([js.Promise.resolve(7), js.scheduler.wait(50)]))
        ),
        "promise: race lost": await asked(
            lambda: js.Promise.race(to_js([js.scheduler.wait(5000), js.scheduler.wait(5)]))
        ),
        "promise: rejected": await asked(lambda: js.Promise.reject(js.Error.new("no"))),
        "promise: allSettled": await asked(settled),
    }


class Default(WorkerEntrypoint):
    """Answers with what was found."""

    async def fetch(self, request: Any) -> Response:  # noqa: ARG002 there is one question
        """Run every probe."""
        stub = self.env.PROBED.getByName("example.com")
        found = {"env: no such binding": told(getattr(self.env, "NOPE", None))}
        found |= await calls(stub)
        found |= dict(await stub.sql())
        found |= dict(await stub.storage())
        found |= await streams()
        found |= await promises()
        body = await (await stub.fetch("https://object/large")).bytes()
        found["object: large body through FixedLengthStream"] = str(len(body))
        found["object: bare coroutine in waitUntil"] = await asked(stub.wait_until_bare)
        found["object: future in waitUntil"] = await asked(stub.wait_until_future)
        await asyncio.sleep(8)
        found["object: what waitUntil did"] = told(await stub.waited())
        found["object: alarms that raised twice"] = told(await stub.alarms())
        return Response(
            json.dumps(found, ensure_ascii=False, indent=1), headers={"content-type": "application/json"}
        )
