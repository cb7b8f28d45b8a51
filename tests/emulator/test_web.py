"""A message's way into an object and out by the web, in CPython: what streams, and what breaks off.

The Worker is tests/standins/keeper. Pyodide is tried with the same in tests/scenarios/test_web.py.
"""

import asyncio
import json
import tracemalloc
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.loopback import serve
from mail_failover.emulator.routing.door import Door
from mail_failover.emulator.routing.edge import Edge
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.objects import Objects
from mail_failover.emulator.watch import Watch
from mail_failover.errors import UsageError
from mail_failover.settings.files import Config

MAIN = Path(__file__).parents[1] / "standins" / "keeper" / "entry.py"
KEY = {"authorization": "Bearer token"}
RCPT = "anna@example.com"
MIB = 1 << 20
LOCKED = {"given": "TypeError: This ReadableStream is currently locked to a reader."}
LOST = "Error: Network connection lost."
FULL = "Error: Exceeded allowed rows written in Durable Objects free tier."


class World:
    """An edge with the small Worker: what it printed, and how its object fails."""

    def __init__(self, *faults, shape="dict"):
        self.lines, self.problems, self.fault = [], [], lambda name, method: ""
        worker = load_worker(MAIN, lambda line: self.lines.append(json.loads(line)))
        self.objects = Objects(object_class(worker, "Domain"), {}, fault=self._fault)
        self.edge = Edge(
            worker,
            {},
            MemoryInboxes(),
            None,
            shape=shape,
            faults=Faults(map(parse_fault, faults)),
            objects={"DOMAINS": self.objects},
            log=self.problems.append,
        )

    def _fault(self, name, method):
        # Asked anew each time: a test changes it.
        return self.fault(name, method)

    async def mail(self, content, recipient=RCPT):
        """Let a message come, and return what was said of it."""
        told = len(self.lines)
        await self.edge.deliver("a@example.org", recipient, content)
        await self.edge.drain(60)
        return self.lines[told:]

    @property
    def rows(self):
        """Count what the object has."""
        [storage] = self.objects._storages.values()
        return storage.sql.exec("SELECT count(*) AS n FROM part").one().n


@asynccontextmanager
async def opened(*faults, **options):
    """Open a world and a client that asks its door."""
    world = World(*faults, **options)
    async with httpx.AsyncClient(transport=Door(world.edge), base_url="https://door.example") as client:
        yield world, client
        await world.edge.drain(60)
    await world.objects.close()


@pytest.mark.parametrize("shape", ["dict", "object"])
@pytest.mark.parametrize("size", [0, MIB - 400, 3 * MIB])
def test_a_message_comes_back_as_it_was(virtual, size, shape):
    """In rows of 1 MiB, whatever its bytes; and the Worker's side of its stream is locked."""
    content = bytes(range(256)) * (size // 256)

    async def run():
        async with opened(shape=shape) as (world, client):
            given, kept = await world.mail(content)
            assert given == LOCKED
            answer = await client.get(f"/{kept['id']}", headers=KEY)
            assert answer.content.endswith(content)
            assert kept["rows"] == world.rows == -(-kept["size"] // MIB)
            assert len(answer.content) == kept["size"] == int(answer.headers["content-length"])
            assert answer.headers["content-type"] == "message/rfc822"

    virtual(run())


def test_25_mib_pass_in_bounded_memory(virtual):
    """What is stored and handed out is never whole in memory, but for the message and the database."""
    content = bytes(25 * MIB)

    async def run():
        async with opened() as (world, client):
            # Beyond the edge's own copies, which are made before it begins.
            tracemalloc.start()
            base = 0

            async def store(made, *given):
                nonlocal base
                tracemalloc.reset_peak()
                base = tracemalloc.get_traced_memory()[0]
                return await kept(made, *given)

            kept, world.objects._kind.store = world.objects._kind.store, store
            await world.mail(content)
            assert tracemalloc.get_traced_memory()[1] - base < 8 * MIB
            tracemalloc.reset_peak()
            base = tracemalloc.get_traced_memory()[0]
            async with client.stream("GET", "/1", headers=KEY) as answer:
                sizes = [len(piece) async for piece in answer.aiter_raw()]
            assert sum(sizes) > len(content)
            assert max(sizes) == MIB
            assert tracemalloc.get_traced_memory()[1] - base < 8 * MIB
            tracemalloc.stop()

    virtual(run())


def test_a_stream_that_breaks_off_raises_in_the_object(virtual):
    """In the middle; what it has by then is not the message."""

    async def run():
        async with opened("raw=breaks") as (world, _):
            words = "Error: ReadableStream received over RPC disconnected prematurely."
            assert await world.mail(bytes(3 * MIB)) == [LOCKED, {"kept": 1, "broken": words}]

    virtual(run())


def test_a_stream_that_hangs_breaks_off_with_the_worker(virtual):
    """Which the edge ends after its time; the object waits that long."""

    async def run():
        async with opened("raw=hangs") as (world, _):
            assert await world.mail(bytes(3 * MIB)) == [LOCKED]
            assert asyncio.get_running_loop().time() == 30
            assert world.rows == 1

    virtual(run())


def test_what_nobody_waits_for_breaks_off_when_the_handler_has_ended(virtual):
    """Unless `waitUntil` was given it."""

    async def run():
        async with opened() as (world, _):
            assert await world.mail(bytes(3 * MIB), "nobody@example.com") == [LOCKED]
            _, kept = await world.mail(bytes(3 * MIB), "later@example.com")
            assert kept["rows"] == world.rows == 4
            assert kept["broken"] == [LOST]

    virtual(run())


@pytest.mark.parametrize("rows", range(5))
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("quota", lambda rows: {"kept": rows, "broken": FULL}),
        ("throws", lambda rows: {"failed": "Error: internal error; reference = 0123456789"}),
        ("hangs", None),
    ],
)
def test_an_object_fails_in_the_middle_of_a_store(virtual, kind, told, rows):
    """After so many rows; what dies has lost what it remembered, and kept what it wrote."""

    async def run():
        async with opened() as (world, _):
            await world.mail(b"")
            faults = [f"{kind}:{rows}"]
            world.fault = lambda name, method: faults.pop() if faults else ""
            lines = await world.mail(bytes(3 * MIB))
            assert world.rows == 1 + min(rows, 4)
            if rows == 4:
                assert lines[1]["rows"] == 4
            else:
                assert lines[1:] == ([told(rows)] if told else [])
            died = kind != "quota" and rows < 4
            assert (await world.mail(b""))[1]["stored"] == (1 if died else 3)

    virtual(run())


def test_a_request_reaches_the_object_as_it_was_sent(virtual):
    """And its answer comes back as it was given, through the Worker, which reads neither."""

    async def run():
        async with opened() as (_, client):
            answer = await client.post("/a?b=c%20d", headers=KEY | {"x-a": "1"}, content="ä".encode())
            assert (answer.status_code, answer.headers["x-b"]) == (409, "b")
            assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
            assert answer.json() == ["https://door.example/a?b=c%20d", "1", "ä"]

    virtual(run())


@pytest.mark.parametrize("method", ["GET", "HEAD", "PROPFIND"])
def test_what_the_worker_does_not_know_is_answered_with_nothing(virtual, method):
    """Also a method that Python has no name for, and to HEAD no body."""

    async def run():
        async with opened() as (_, client):
            for headers in ({}, KEY):
                answer = await client.request(method, "/x", headers=headers)
                assert (answer.status_code, answer.content) == (404, b"")
                assert answer.headers.raw == [(b"content-length", b"0")]

    virtual(run())


@pytest.mark.parametrize(("path", "words"), [("/raise", "ValueError"), ("/nothing", "'Response'")])
def test_a_worker_that_raises_is_answered_for_by_the_edge(virtual, path, words):
    """What it raised is in the log alone."""

    async def run():
        async with opened() as (world, client):
            answer = await client.get(path, headers=KEY)
            assert (answer.status_code, answer.text) == (500, "error code: 1101")
            assert words in world.problems[0]

    virtual(run())


def test_an_object_that_hangs_leaves_the_request_unanswered(virtual):
    """Its client has to have a limit of its own."""

    async def run():
        async with opened() as (world, client):
            world.fault = lambda name, method: "hangs"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get("/1", headers=KEY), 10)

    virtual(run())


def test_who_hands_a_message_out_is_told_when_nobody_reads_any_more(virtual):
    """And does not wait for ever."""

    async def run():
        async with opened() as (world, client):
            await world.mail(bytes(3 * MIB))
            async with client.stream("GET", "/1", headers=KEY) as answer:
                await anext(answer.aiter_raw())
            await world.edge.drain(60)
            assert world.lines[-1] == {"pump": LOST}

    virtual(run())


def test_the_same_goes_over_the_network():
    """On 127.0.0.1; a client that hangs up in the middle ends the answer."""

    async def run():
        async with opened() as (world, inner), serve(inner._transport) as url:
            await world.mail(b"x" * 25 * MIB)
            async with httpx.AsyncClient(base_url=url, trust_env=False, headers=KEY) as client:
                answer = await client.get("/1")
                assert answer.content.endswith(b"x" * 25 * MIB)
                assert (await client.head("/x")).headers["content-length"] == "0"
                assert (await client.post("/", content=b"{}")).json() == [f"{url}/", None, "{}"]
                async with client.stream("GET", "/1") as answer:
                    await anext(answer.aiter_raw())
            await world.edge.drain(10)
            assert world.lines[-1] == {"pump": LOST}

    asyncio.run(run())


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nHost: [\xff", b"?"])
def test_what_is_no_request_ends_its_connection(caplog, head):
    """And reaches no Worker."""

    async def run():
        async with opened() as (world, inner), serve(inner._transport) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(head + b"\r\n\r\n")
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            assert world.objects.requests == 0

    asyncio.run(run())
    assert caplog.records == []


def test_an_answer_that_breaks_off_is_a_broken_connection():
    """And not a shorter message."""

    async def run():
        async with opened() as (world, inner), serve(inner._transport) as url:
            await world.mail(bytes(3 * MIB))
            rows = world.objects._storages["example.com"].sql
            client = httpx.AsyncClient(base_url=url, trust_env=False, headers=KEY)
            async with client, client.stream("GET", "/1") as answer:
                rows.exec("UPDATE part SET part = zeroblob(1) WHERE number = 3")
                with pytest.raises(httpx.RemoteProtocolError):
                    await answer.aread()

    asyncio.run(run())


def test_the_emulator_serves_the_web_on_a_port_of_its_own(tmp_path):
    """At `url`, while it runs; `door` is the same without a network."""
    config = Config(MAIN, {}, objects={"DOMAINS": "Domain"})

    async def run():
        async with Emulator(config, MemoryInboxes(), watch=Watch()) as emulator:
            await emulator.take("a@example.org", [RCPT], b"Subject: hi\r\n\r\nhello\r\n")
            answers = []
            for transport in (httpx.AsyncHTTPTransport(), emulator.door):
                async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                    answers.append((await client.get(f"{emulator.url}/1", headers=KEY)).content)
            port = int(emulator.url.rpartition(":")[2])
            taken = Emulator(config, MemoryInboxes(), http_port=port)
            with pytest.raises(UsageError, match=f"Port {port} on 127.0.0.1 is in use; .* with --http-port"):
                await taken.__aenter__()
        assert answers[0] == answers[1]
        assert answers[0].endswith(b"Subject: hi\r\n\r\nhello\r\n")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(run())
