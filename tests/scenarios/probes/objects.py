"""The object that is asked."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy, to_js
from workers import DurableObject, Response

ROWS, ROW_BYTES = 13, 2_000_000 - 100


class Probed(DurableObject):
    """Holds a table, a trace of calls, and what its alarm did."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._query = ctx.storage.sql.exec
        self._query("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, n INTEGER)")
        self._trace: list[str] = []
        self._waited: list[str] = []

    async def echo(self, value: Any) -> Any:
        return value

    async def types(self, *values: Any) -> list[str]:
        return [type(value).__name__ for value in values]

    async def length(self, value: Any) -> int:
        return len(value)

    async def raises(self) -> None:
        raise ValueError("words of the object")

    async def slow(self, name: str) -> str:
        self._trace.append(f"{name} in")
        await asyncio.sleep(0.2 if name == "a" else 0.4)
        self._trace.append(f"{name} out")
        return name

    async def trace(self) -> list[str]:
        return self._trace

    async def read_all(self, stream: Any) -> list[int]:
        reader = stream.getReader(to_js({"mode": "byob"}, dict_converter=js.Object.fromEntries))
        sizes = []
        while True:
            part = await reader.readAtLeast(65536, js.Uint8Array.new(65536))
            sizes.append(part.value.byteLength if part.value else 0)
            if part.done:
                return sizes

    async def sql(self) -> dict[str, str]:
        query, found = self._query, {}

        def ask(name: str, question: Callable[[], Any]) -> None:
            try:
                value = question()
                found[f"sql: {name}"] = f"{type(value).__name__} {str(value)[:120]}"
            except Exception as error:  # noqa: BLE001 what is raised is the answer
                lines = str(error).strip().splitlines()
                found[f"sql: {name}"] = f"{type(error).__name__}: {lines[0].strip()[:160] if lines else ''}"

        def stored(value: Any) -> str:
            row = query("INSERT INTO t (b) VALUES (?) RETURNING id", value).one()
            back = query("SELECT b, typeof(b) AS type, length(b) AS length FROM t WHERE id = ?", row.id).one()
            content = back.b.to_bytes().hex() if hasattr(back.b, "to_bytes") else str(back.b)[:12]
            return f"{back.type} {type(back.b).__name__} {content}"

        query("DELETE FROM t")
        ask("None is NULL", lambda: query("INSERT INTO t (a) VALUES (?) RETURNING a", None).one().a)
        ask("True", lambda: query("INSERT INTO t (n) VALUES (?) RETURNING n", True).one().n)
        ask(
            "milliseconds",
            lambda: query("INSERT INTO t (n) VALUES (?) RETURNING n", 1_795_592_268_274).one().n,
        )
        ask("beyond 2^53", lambda: query("INSERT INTO t (n) VALUES (?) RETURNING n", 2**53 + 1).one().n)
        ask("float", lambda: query("INSERT INTO t (n) VALUES (?) RETURNING n", 1.5).one().n)
        ask("bytes", lambda: stored(b"abc\xff")[:8])
        ask("bytearray", lambda: stored(bytearray(b"abc\xff"))[:8])
        ask("memoryview", lambda: stored(memoryview(b"abc\xff"))[:8])
        ask("to_js(bytes)", lambda: stored(to_js(b"abc\xff")))
        ask("a Uint8Array's buffer", lambda: stored(to_js(b"abc\xff").buffer))
        ask("one() without a row", lambda: query("SELECT a FROM t WHERE id = -1").one())
        ask("one() of several", lambda: query("SELECT a FROM t").one())
        ask("iteration", lambda: len([row.id for row in query("SELECT id FROM t")]))
        ask("toArray", lambda: len(query("SELECT id FROM t").toArray()))
        ask("toArray().to_py()", lambda: query("SELECT 1 AS one, NULL AS absent").toArray().to_py())
        ask(
            "rowsWritten of a DELETE",
            lambda: query("DELETE FROM t WHERE n IS NULL AND b IS NULL AND a IS NULL").rowsWritten,
        )
        ask(
            "upsert",
            lambda: (
                query(
                    "INSERT INTO t (id, a) VALUES (900, 'x') ON CONFLICT (id) DO UPDATE SET a = 'y' RETURNING a"
                )
                .one()
                .a
            ),
        )
        ask(
            "several statements",
            lambda: (
                query("CREATE TABLE IF NOT EXISTS u (x); CREATE INDEX IF NOT EXISTS ui ON u (x)").rowsWritten
                >= 0
            ),
        )
        ask("json_extract", lambda: query("SELECT json_extract('{\"a\": 1}', '$.a') AS v").one().v)
        ask("wrong SQL", lambda: query("SELEKT"))
        ask("too few bindings", lambda: query("SELECT ?, ?", 1))
        ask("BEGIN", lambda: query("BEGIN"))
        ask("a row over 2 MB", lambda: stored(js.Uint8Array.new(2_200_000))[:12])
        return found

    async def storage(self) -> dict[str, str]:
        query, storage, found = self._query, self.ctx.storage, {}

        def fails() -> None:
            query("INSERT INTO t (a) VALUES ('undone')")
            raise ValueError("undo")

        def works() -> int:
            query("INSERT INTO t (a) VALUES ('done')")
            return 7

        for name, function in (("raises", fails), ("returns", works)):
            try:
                found[f"transactionSync: {name}"] = str(storage.transactionSync(create_proxy(function)))
            except Exception as error:  # noqa: BLE001 what is raised is the answer
                found[f"transactionSync: {name}"] = f"{type(error).__name__}: {error}"[:80]
        count = query("SELECT count(*) AS c FROM t WHERE a IN ('undone', 'done')").one().c
        found["transactionSync: rows afterwards"] = str(count)
        found["alarm: none"] = type(await storage.getAlarm()).__name__
        await storage.setAlarm(int(time.time() * 1000) + 60_000)
        found["alarm: set"] = type(await storage.getAlarm()).__name__
        await storage.deleteAlarm()
        found["alarm: deleted"] = type(await storage.getAlarm()).__name__
        await storage.setAlarm(int(time.time() * 1000) + 100)
        found["object: its name"] = str(self.ctx.id.name)
        return found

    async def alarm(self, info: Any = None) -> None:
        self._query("INSERT INTO t (a) VALUES (?)", f"alarm {info.retryCount} {info.isRetry}")
        if len([*self._query("SELECT id FROM t WHERE a LIKE 'alarm%'")]) < 3:
            raise ValueError("again")

    async def alarms(self) -> list[str]:
        return [row.a for row in self._query("SELECT a FROM t WHERE a LIKE 'alarm%' ORDER BY id")]

    async def wait_until_bare(self) -> str:
        self.ctx.waitUntil(self._wait("bare"))
        return "returned"

    async def wait_until_future(self) -> str:
        self.ctx.waitUntil(asyncio.ensure_future(self._wait("future")))
        return "returned"

    async def _wait(self, name: str) -> None:
        await asyncio.sleep(0.1)
        self._waited.append(name)

    async def waited(self) -> list[str]:
        return self._waited

    async def fetch(self, request: Any) -> Response:  # noqa: ARG002 there is one question
        pipe = js.FixedLengthStream.new(ROWS * ROW_BYTES)

        async def pump() -> None:
            writer = pipe.writable.getWriter()
            for _ in range(ROWS):
                await writer.write(js.Uint8Array.new(ROW_BYTES))
            await writer.close()

        self.ctx.waitUntil(asyncio.ensure_future(pump()))
        return Response(pipe.readable, headers={"content-type": "application/octet-stream"})
