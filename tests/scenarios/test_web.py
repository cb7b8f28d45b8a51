"""A message's way into an object and out by the web, in both Pyodides: what streams, and what breaks off.

The Worker is tests/standins/keeper. CPython is tried with the same in tests/emulator/test_web.py.
"""

import json

import pytest

from mail_failover.emulator.faults import parse_fault
from standins.node import ROOT, VERSIONS

from .backstage import Backstage, Play
from .interpreter import Interpreter
from .table import Expect, Scenario

KEY = {"authorization": "Bearer token"}
MIB = 1 << 20
LOST = "Error: Network connection lost."


class World:
    """One Pyodide with the small Worker, and objects that are empty."""

    def __init__(self, interpreter, shape):
        self._interpreter = interpreter
        self._play = Play(Scenario("web", Expect()))
        self.ask = interpreter.ask
        self.step = interpreter.step
        interpreter.begin(self._play, {}, shape, objects=True)

    def mail(self, content, *faults, recipient="anna@example.com", **how):
        """Let a message come; return what was said of it, and what was seen."""
        for text in faults:
            self._play.faults.add(parse_fault(text))
        self._play.deliver("a@example.org", recipient, content)
        printed, seen = self._interpreter.mail(self._play.delivery, drain=True, **how)
        return [json.loads(line) for line in printed], seen


@pytest.fixture(scope="module", params=VERSIONS)
def keeper(request):
    """Boot one Python for all tests of a version."""
    with Backstage(virtual=True) as stage:
        interpreter = Interpreter(request.param, stage, ROOT / "tests" / "standins" / "keeper")
        yield interpreter
        interpreter.close()


@pytest.fixture
def world(keeper):
    """Begin anew."""
    return World(keeper, "dict")


@pytest.mark.parametrize("shape", ["dict", "object"])
@pytest.mark.parametrize("size", [0, MIB - 400, 3 * MIB])
def test_a_message_comes_back_as_it_was(keeper, size, shape):
    """In rows of 1 MiB, whatever its bytes; and the Worker's side of its stream is locked."""
    world, content = World(keeper, shape), bytes(range(256)) * (size // 256)
    [given, kept], _ = world.mail(content)
    assert "locked" in given["given"]
    answer, _ = world.ask("GET", f"/{kept['id']}", headers=KEY)
    assert answer.content.endswith(content)
    assert len(answer.content) == kept["size"]
    assert kept["rows"] == -(-kept["size"] // MIB)
    assert answer.headers["content-type"] == "message/rfc822"


def test_25_mib_pass_without_a_copy_in_python(world):
    """Neither on the way in nor on the way out."""
    content = bytes(25 * MIB)
    [_, kept], seen = world.mail(content, chunk=65536)
    assert kept["rows"] == 26
    assert seen.pulled == kept["size"]
    assert seen.peak < MIB // 4
    answer, _ = world.ask("GET", "/1", headers=KEY)
    assert answer.content.endswith(content)


def test_a_stream_that_breaks_off_raises_in_the_object(world):
    """In the middle; what it has by then is not the message."""
    lines, _ = world.mail(bytes(3 * MIB), "raw=breaksx1")
    words = "Error: ReadableStream received over RPC disconnected prematurely."
    assert lines[1] == {"kept": 1, "broken": words}


def test_what_nobody_waits_for_breaks_off_when_the_handler_has_ended(world):
    """Unless `waitUntil` was given it."""
    lines, _ = world.mail(bytes(3 * MIB), recipient="nobody@example.com")
    assert len(lines) == 1
    [_, kept], _ = world.mail(bytes(3 * MIB), recipient="later@example.com")
    assert (kept["rows"], kept["broken"]) == (4, [LOST])


@pytest.mark.parametrize("rows", range(5))
@pytest.mark.parametrize("kind", ["quota", "throws"])
def test_an_object_fails_in_the_middle_of_a_store(world, kind, rows):
    """After so many rows; what dies has lost what it remembered, and kept what it wrote."""
    world.mail(b"")
    world.step(do="object", method="store", kind=f"{kind}:{rows}", times=1)
    [_, told], _ = world.mail(bytes(3 * MIB))
    if rows == 4:
        assert told["rows"] == 4
    elif kind == "quota":
        words = "Exceeded allowed rows written in Durable Objects free tier."
        assert told == {"kept": rows, "broken": f"Error: {words}"}
    else:
        assert told == {"failed": "Error: internal error; reference = 0123456789"}
    [_, after], _ = world.mail(b"")
    assert after["stored"] == (3 if kind == "quota" or rows == 4 else 1)
    assert after["id"] == (2 if rows == 0 else 3)


def test_a_request_reaches_the_object_as_it_was_sent(world):
    """And its answer comes back as it was given, through the Worker, which reads neither."""
    answer, _ = world.ask("POST", "/a?b=c%20d", headers=KEY | {"x-a": "1"}, body="ä".encode())
    assert (answer.status_code, answer.headers["x-b"]) == (409, "b")
    assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
    assert answer.json() == ["https://door.example/a?b=c%20d", "1", "ä"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PROPFIND"])
def test_what_the_worker_does_not_know_is_answered_with_nothing(world, method):
    """Also a method that Python has no name for."""
    for headers in ({}, KEY):
        answer, _ = world.ask(method, "/x", headers=headers)
        assert (answer.status_code, answer.content) == (404, b"")
        assert "content-type" not in answer.headers


@pytest.mark.parametrize(("path", "words"), [("/raise", "ValueError"), ("/nothing", "'Response'")])
def test_a_worker_that_raises_is_answered_for_by_the_edge(world, path, words):
    """What it raised is in the log alone."""
    answer, [line] = world.ask("GET", path, headers=KEY)
    assert (answer.status_code, answer.text) == (500, "error code: 1101")
    assert words in line


def test_an_object_that_hangs_leaves_the_request_unanswered(world):
    """Its client has to have a limit of its own."""
    world.step(do="object", method="fetch", kind="hangs", times=1)
    assert world.ask("GET", "/1", headers=KEY) == (None, [])
