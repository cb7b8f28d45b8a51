"""A small Worker that keeps each message in its object and hands it out again, to try the stand-ins with.

`POST` is answered with what was asked, `GET /ID` with a message, `GET /raise` and `GET /nothing` as they say.
"""

import asyncio
import json

import js
from pyodide.ffi import JsException, JsProxy, to_js
from workers import DurableObject, Response, WorkerEntrypoint

ROW_BYTES = 1 << 20
# What pyodide.mjs makes anew for each scenario.
_ISOLATE = None


def promise_of(function, this, *arguments):
    """Call a JavaScript function, and return its promise itself."""
    call = js.Reflect.apply.bind(None, function, this, to_js(arguments))
    return js.Array.from_(to_js([0]), call)[0]


def say(**record):
    """Write a line of the log."""
    print(json.dumps(record))  # noqa: T201 what a Worker prints is its log


def last_line(error):
    """Return the last line of an error's text."""
    return str(error).strip().splitlines()[-1]


class Default(WorkerEntrypoint):
    """Hands all on to the object."""

    async def email(self, message):
        get = message.get if isinstance(message, dict) else lambda name: getattr(message, name)
        stub, raw = self._stub(), get("raw")
        stored = promise_of(stub.store, stub, get("from"), raw)
        try:
            raw.getReader()
        except JsException as error:
            say(given=last_line(error))
        if get("to").startswith("later"):
            self.ctx.waitUntil(self._told(stored))
        elif not get("to").startswith("nobody"):
            await self._told(stored)

    async def fetch(self, request):
        if request.js_object.headers.get("authorization") != "Bearer token":
            return Response(None, status=404)
        stub = self._stub()
        return await promise_of(stub.fetch, stub, request.js_object)

    async def _told(self, stored):
        try:
            say(**json.loads(await stored))
        except JsException as error:
            say(failed=last_line(error))

    def _stub(self):
        stub = self.env.DOMAINS.getByName("example.com")
        return stub if isinstance(stub, JsProxy) else getattr(stub, "_binding", stub)


class Domain(DurableObject):
    """Keeps messages in rows of 1 MiB."""

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.query = ctx.storage.sql.exec
        self.query("CREATE TABLE IF NOT EXISTS part (id INTEGER, number INTEGER, part BLOB)")
        self.stored, self.broken = 0, []

    async def store(self, sender, stream):
        self.stored += 1
        number, size = 0, 0
        found = self.query("SELECT coalesce(max(id), 0) + 1 AS id FROM part").one().id
        try:
            reader = stream.getReader(to_js({"mode": "byob"}, dict_converter=js.Object.fromEntries))
            while True:
                view = js.Uint8Array.new(ROW_BYTES)
                part = await promise_of(reader.readAtLeast, reader, ROW_BYTES, view)
                if part.value and part.value.byteLength:
                    self.query("INSERT INTO part VALUES (?, ?, ?)", found, number, part.value)
                    number, size = number + 1, size + part.value.byteLength
                if part.done or not part.value:
                    break
        except JsException as error:
            self.broken.append(last_line(error))
            return json.dumps({"kept": number, "broken": last_line(error)})
        told = {"id": found, "from": sender, "rows": number, "size": size}
        return json.dumps(told | {"stored": self.stored, "broken": self.broken})

    async def fetch(self, request):
        asked = request.js_object
        if asked.method == "POST":
            text = json.dumps([asked.url, request.headers.get("x-a"), await request.text()])
            return Response(text, status=409, headers={"x-b": "b"})
        match asked.url.rpartition("/")[2]:
            case "raise":
                raise ValueError("words of the object")
            case "nothing":
                return None
            case found if found.isdigit():
                return self._handed_out(int(found))
        return Response(None, status=404)

    def _handed_out(self, found):
        size = self.query("SELECT coalesce(sum(length(part)), 0) AS n FROM part WHERE id = ?", found).one().n
        pipe = js.FixedLengthStream.new(size)

        async def pump():
            writer = pipe.writable.getWriter()
            rows = self.query("SELECT number FROM part WHERE id = ? ORDER BY number", found)
            try:
                for number in [row.number for row in rows]:
                    row = self.query("SELECT part FROM part WHERE id = ? AND number = ?", found, number).one()
                    await promise_of(writer.write, writer, row.part)
                await promise_of(writer.close, writer)
            except JsException as error:
                say(pump=last_line(error))

        self.ctx.waitUntil(asyncio.ensure_future(pump()))
        return Response(pipe.readable, headers={"content-type": "message/rfc822"})
