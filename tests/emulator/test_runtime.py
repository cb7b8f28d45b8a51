"""The stand-ins for the Workers runtime behave as the runtime was seen to."""

import asyncio

import httpx
import pytest

from mail_failover.emulator.runtime.javascript import (
    Headers,
    JsBuffer,
    JsBytes,
    JsClass,
    JsException,
    JsObject,
    JsProxy,
    jsnull,
)
from mail_failover.emulator.runtime.load import load_worker
from mail_failover.emulator.runtime.message import header_fields
from mail_failover.emulator.runtime.pipe import FixedLengthStream
from mail_failover.emulator.runtime.streams import ReadableStream
from mail_failover.emulator.runtime.workers import Env, Response, WorkerEntrypoint, fetch, http_client
from mail_failover.errors import UsageError

BYTES = JsObject({"mode": "byob"})
WORKER = """
from js import Headers
from pyodide.ffi import JsException
from workers import Response, WorkerEntrypoint, fetch

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        print("asked", 1)
        return Response("", status=404)
"""


def asked(handler, url="https://example.org/", **options):
    """Run `fetch` with a transport that `handler` answers for."""

    async def run():
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
            http_client.set(client)
            return await fetch(url, **options)

    return asyncio.run(run())


def test_a_missing_header_is_null_and_not_none():
    """`is None` is the wrong question, `or` the right one."""
    value = Headers().get("subject")
    assert value is jsnull
    assert value is not None
    assert (value or "") == ""


def test_headers_join_repeated_fields_and_ignore_case():
    """As the Fetch standard says."""
    headers = Headers.new([("X-A", "1"), ("x-a", " 2 ")])
    assert headers.get("X-a") == "1, 2"
    assert headers.entries() == [("x-a", "1, 2")]


@pytest.mark.parametrize(
    "init",
    [
        {"X-A": "1"},
        "ab",
        [("X-A",)],
        [("X-A", "1\r\nX-B: 2")],
        [("X A", "1")],
        [("", "1")],
        [("X-A", "\u20ac")],
    ],
)
def test_headers_take_nothing_but_clean_pairs(init):
    """A dict, which works in Python, fails in JavaScript."""
    with pytest.raises(JsException):
        Headers.new(init)


def test_a_header_is_asked_for_by_a_name():
    """What is no name is an error and not a missing header."""
    with pytest.raises(JsException, match="invalid header name"):
        Headers().get("a b")
    with pytest.raises(JsException, match="invalid header name"):
        Headers().has("")


def test_a_class_of_javascript_is_not_called():
    """Its instances come from `new`, as in Pyodide."""
    assert JsClass(Headers).new([("A", "1")]).get("a") == "1"
    with pytest.raises(JsException, match="without 'new'"):
        JsClass(Headers)([("A", "1")])


def test_header_fields_are_unfolded_and_not_decoded():
    """An encoded word stays as it is; what is no field is left out."""
    raw = b"Subject: =?utf-8?q?a?=\r\n b\r\nno field\r\nTo: x\r\nto: y\r\n\r\nFrom: body"
    headers = header_fields(raw)
    assert headers.get("subject") == "=?utf-8?q?a?= b"
    assert headers.get("to") == "x, y"
    assert headers.get("from") is jsnull


def test_an_error_from_javascript_reads_as_one():
    """Its text begins with its name."""
    assert str(JsException("no")) == "Error: no"


def test_a_stream_is_read_once_in_chunks():
    """A second reader is refused, and cancelling drops the rest."""

    async def run():
        stream = ReadableStream(b"abcdef", chunk=4)
        reader = stream.getReader()
        first = await reader.read()
        with pytest.raises(JsException, match="locked"):
            stream.getReader()
        await reader.cancel()
        return first, await reader.read()

    first, last = asyncio.run(run())
    assert (first.done, first.value.to_bytes()) == (False, b"abcd")
    assert (last.done, last.value) == (True, None)


def test_a_reader_that_was_released_reads_no_more():
    """The next one goes on where it stopped."""

    async def run():
        stream = ReadableStream(b"abcdef", chunk=4)
        first = stream.getReader()
        await first.read()
        first.releaseLock()
        with pytest.raises(JsException, match="released"):
            await first.read()
        return await stream.getReader().read()

    assert asyncio.run(run()).value.to_bytes() == b"ef"


def test_a_stream_that_was_handed_over_is_read_on_the_other_side_alone():
    """Whoever has it locked can't hand it over; one that is not of bytes is lost on the way."""

    async def run():
        stream = ReadableStream(b"abcdef", chunk=4)
        other = stream.handed_over()
        with pytest.raises(JsException, match="currently locked to a reader"):
            stream.getReader()
        with pytest.raises(JsException, match="has been locked to a reader"):
            stream.handed_over()
        reader = other.getReader(BYTES)
        first = await reader.readAtLeast(5, JsBytes.new(5))
        last = await reader.readAtLeast(5, JsBytes.new(5))
        lost = ReadableStream(b"abcdef", is_bytes=False).handed_over().getReader()
        with pytest.raises(JsException, match="connection lost"):
            await lost.read()
        return first.value.to_bytes(), last.value.to_bytes()

    assert asyncio.run(run()) == (b"abcde", b"f")


def test_a_pipe_takes_as_many_bytes_as_were_said():
    """Of JavaScript's own kinds; what is written is gone when it was read, and not before."""

    async def run():
        pipe = FixedLengthStream.new(5)
        writer, reader = pipe.getWriter(), pipe.readable.getReader(BYTES)
        for wrong in (b"ab", "ab", None):
            with pytest.raises(JsException, match="non-ArrayBuffer"):
                writer.write(wrong)
        first = writer.write(JsBytes(memoryview(b"abcd")).subarray(1, 4))
        second, last = writer.write(JsBuffer(b"ef")), writer.close()
        assert not (await asyncio.wait([first.future], timeout=0.01))[0]
        parts = [await reader.readAtLeast(4, JsBytes.new(4)) for _ in range(3)]
        await asyncio.gather(first, second, last)
        assert parts[2].done
        return [part.value.to_bytes() for part in parts[:2]]

    assert asyncio.run(run()) == [b"bcde", b"f"]


def test_a_pipe_that_gets_fewer_bytes_than_were_said_fails_its_reader():
    """And one that gets more fails who writes, too."""

    async def run():
        few, many = FixedLengthStream.new(2), FixedLengthStream.new(2)
        await few.getWriter().close()
        with pytest.raises(JsException, match="did not see all expected bytes"):
            await few.readable.getReader().read()
        with pytest.raises(JsException, match="too many bytes"):
            await many.getWriter().write(JsBytes.new(3))
        with pytest.raises(JsException, match="too many bytes"):
            await many.readable.getReader().read()

    asyncio.run(run())


def test_the_environment_hands_out_text_and_proxies():
    """Tables and arrays need `to_py`; a missing name is no attribute."""
    env = Env({"A": "a", "TABLE": {"x": ["y"]}})
    assert env.A == "a"
    assert not hasattr(env, "NOT_THERE")
    assert isinstance(env.TABLE, JsProxy)
    assert env.TABLE.to_py() == {"x": ["y"]}


def test_fetch_returns_status_headers_and_text():
    """The body can be read once."""
    answer = asked(
        lambda request: httpx.Response(429, headers={"Retry-After": "3"}, text=request.content.decode()),
        method="POST",
        body="hello",
    )
    assert (answer.status, answer.ok, answer.headers.get("retry-after")) == (429, False, "3")
    assert asyncio.run(answer.text()) == "hello"
    with pytest.raises(OSError, match="already used"):
        asyncio.run(answer.text())


def test_a_response_has_pythons_headers():
    """Of a missing field they say None, where JavaScript's say null."""
    headers = asked(lambda _: httpx.Response(200, headers=[("A", "1"), ("a", "2")])).headers
    assert headers.get("A") == "1, 2"
    assert headers.get("retry-after") is None


def test_an_answer_without_a_body_is_an_empty_text():
    """A 204, say."""
    assert asyncio.run(asked(lambda _: httpx.Response(204)).text()) == ""


@pytest.mark.parametrize(("body", "status"), [("", 199), ("", 600), ("", 204), ("x", 304)])
def test_a_response_that_javascript_refuses_is_refused(body, status):
    """A status out of range, or a body where there can be none."""
    with pytest.raises(JsException):
        Response(body, status=status)


@pytest.mark.parametrize(
    "options", [{"body": "x"}, {"headers": {"A": "1\r\n2"}}, {"headers": {"A": "\u20ac"}}]
)
def test_a_request_that_javascript_refuses_is_refused(options):
    """A GET with a body, a header with what no header can hold."""
    with pytest.raises(JsException):
        asked(lambda _: httpx.Response(200), **options)


@pytest.mark.parametrize(("redirect", "status"), [("manual", 302), ("follow", 200)])
def test_fetch_follows_a_redirect_unless_told_not_to(redirect, status):
    """Following is the platform's default."""

    def handler(request):
        moved = request.url.path == "/"
        return httpx.Response(302, headers={"Location": "/there"}) if moved else httpx.Response(200)

    assert asked(handler, redirect=redirect).status == status


def test_a_refused_connection_is_an_oserror_without_details():
    """Nothing of the URL is in it."""

    def handler(request):
        raise httpx.ConnectError(f"cannot reach {request.url}")

    with pytest.raises(OSError, match=r"^Network connection lost\.$"):
        asked(handler)


@pytest.mark.parametrize("url", ["secret", "ftp://secret/", "https://secret:x/", "https:///secret"])
def test_a_url_of_no_use_is_quoted_whole(url):
    """As workerd does it: the Worker has to keep such a text out of its log."""
    with pytest.raises(JsException, match="Invalid URL: ") as caught:
        asked(lambda _: httpx.Response(200), url)
    assert url in str(caught.value)


def test_a_worker_is_loaded_afresh_each_time(tmp_path):
    """Two loads share nothing, and what the Worker prints goes to the log."""
    main = tmp_path / "entry.py"
    main.write_text(WORKER)
    lines = []
    first, second = load_worker(main, lines.append), load_worker(main)
    assert first is not second
    assert issubclass(first, WorkerEntrypoint)
    answer = asyncio.run(first(None, None).fetch(None))
    assert isinstance(answer, Response)
    assert answer.status == 404
    assert lines == ["asked 1"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("def (", "SyntaxError"), ("import no_such_module", "no_such_module"), ("Default = 1", "class Default")],
)
def test_a_broken_worker_is_one_line(tmp_path, text, complaint):
    """It names the file and what is wrong with it."""
    main = tmp_path / "entry.py"
    main.write_text(text)
    with pytest.raises(UsageError, match=complaint) as caught:
        load_worker(main)
    assert str(main) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_worker_that_is_not_there_is_one_line(tmp_path):
    """It names the file."""
    with pytest.raises(UsageError, match="no such Worker"):
        load_worker(tmp_path / "entry.py")
