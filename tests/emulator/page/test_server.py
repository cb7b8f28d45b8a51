"""The page's server: it answers the page alone, says what happens, and does what it is told."""

import asyncio
import contextlib
import json
import tracemalloc

import httpx
import pytest

from mail_failover.emulator.page import controls
from mail_failover.emulator.page import server as page_server
from mail_failover.emulator.page.server import serving
from mail_failover.emulator.routing.content import SIZE_LIMIT
from standins.experiment import experiment, told, until


class Asking:
    """The page's server, an experiment behind it, and a client that knows the address."""

    def __init__(self, playing, url, client):
        self.playing = playing
        self.url = url
        self.host, _, self.token = url.removeprefix("http://").removesuffix("/").partition("/")
        self.client = client

    async def get(self, path="", **headers):
        return await self.client.get(self.url + path, headers=named(headers))

    async def post(self, path, body=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return await self.client.post(self.url + path, content=content, headers=named(headers))


def named(headers):
    """Return header fields by the names that they have."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def asking(tmp_path):
    """Run a coroutine with a server and a client."""

    def run(body, story=None, after=None):
        async def ask():
            async with (
                experiment(tmp_path) as playing,
                httpx.AsyncClient(trust_env=False, timeout=20) as client,
            ):
                async with asyncio.timeout(30), serving(playing, 0, story) as url:
                    found = await body(Asking(playing, url, client))
                if after:
                    await after()
                return found

        return asyncio.run(ask())

    return run


PATHS = ["", "api/state", "events", "api/mail", "static/main.js", "static/base.css"]


def test_whoever_does_not_know_the_address_gets_nothing(asking):
    """Not the page, not a file of it, not what it shows; and is told what to do."""

    async def ask(server):
        for start in ("", "x", server.token[:-1], f"{server.token}x", server.token.swapcase()):
            for path in PATHS:
                answer = await server.client.get(f"http://{server.host}/{start}/{path}")
                assert answer.status_code == 404, (start, path)
                assert "Open the whole address" in answer.text
        answer = await server.client.post(f"http://{server.host}/api/primary", json={"up": False})
        assert answer.status_code == 404
        assert (await server.client.get(f"http://{server.host}/{server.token}")).status_code == 404
        return server.playing.primary.is_up

    assert asking(ask)


REBOUND = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "0.0.0.0",  # noqa: S104
    "[::]",
    "10.0.0.1:1",
]


def test_a_name_that_a_website_has_pointed_here_gets_nothing(asking):
    """DNS rebinding: the request comes from this machine's browser, but for another name."""

    async def ask(server):
        for host in REBOUND:
            for path in PATHS:
                assert (await server.get(path, host=host)).status_code == 421, (host, path)
            assert (await server.post("api/primary", {"up": False}, host=host)).status_code == 421
        return server.playing.primary.is_up

    assert asking(ask)


def test_a_tunnel_may_have_another_port(asking):
    """As `ssh -L 9000:127.0.0.1:PORT` gives it; the page's own origin is that port's then."""

    async def ask(server):
        for host in ("127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8080", "127.0.0.1:65535"):
            assert (await server.get("", host=host)).status_code == 200
            own = {"origin": f"http://{host}", "sec_fetch_site": "same-origin"}
            assert (await server.post("api/retry", host=host, **own)).status_code == 200
            # What was begun is over before the next one.
            await asyncio.sleep(0.05)

    asking(ask)


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"sec_fetch_site": "cross-site"},
    # Another port of this machine is the same site.
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
]


def test_another_site_neither_reads_nor_drives_it(asking):
    """Even if it came to know the address."""

    async def ask(server):
        for headers in FOREIGN:
            for path in PATHS:
                assert (await server.get(path, **headers)).status_code == 403, (headers, path)
            for path in ("primary", "message", "act"):
                assert (await server.post(f"api/{path}", {"up": False}, **headers)).status_code == 403
        return server.playing.primary.is_up

    assert asking(ask)


def test_a_link_elsewhere_may_lead_to_the_page_and_to_nothing_else(asking):
    """A terminal in a browser shows the address as one."""
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}

    async def ask(server):
        return [(await server.get(path, **link)).status_code for path in ("", "api/state", "api/mail")]

    assert asking(ask) == [200, 403, 403]


def test_every_answer_forbids_what_is_not_the_pages_own(asking):
    """No script but its files, no frame around it, nothing from elsewhere, nothing kept, no referrer."""

    async def ask(server):
        answers = [await server.get(path) for path in ("", "api/state", "static/main.js", "static/nothing")]
        answers += [await server.get("", host="evil.example"), await server.post("api/primary")]
        return [answer.headers for answer in answers]

    for headers in asking(ask):
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_it_listens_on_loopback_alone(asking):
    """Wherever the edge may listen."""

    async def ask(server):
        return server.url

    assert asking(ask).startswith("http://127.0.0.1:")


def test_the_state_and_the_stream_fit_together(asking):
    """Who asks for the state, and then for what came after it, misses nothing and gets nothing twice."""

    async def ask(server):
        state = (await server.get("api/state")).json()
        await server.post("api/primary", {"up": False})
        await server.post("api/send", {"letter": "lunch"})
        got = []
        async with server.client.stream("GET", f"{server.url}events?after={state['id']}") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    got.append(json.loads(line[6:]))
                if got and got[-1]["event"] == "caught":
                    break
        return state, got, told(server.playing)

    state, got, everything = asking(ask)
    assert [each["id"] for each in got] == list(range(state["id"] + 1, got[-1]["id"] + 1))
    assert got == everything[state["id"] : got[-1]["id"]]
    assert state["acts"] is None
    assert set(state["kinds"]) == {"forward", "telegram", "slack", "raw", "object"}


def test_a_page_that_comes_back_goes_on_where_it_was(asking):
    """By the number that browsers send; one that is no number begins now."""

    async def first(server, **headers):
        async with server.client.stream(
            "GET", f"{server.url}events?after=0", headers=named(headers)
        ) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    return int(line[4:])
        raise AssertionError("no event came")

    async def ask(server):
        asyncio.get_running_loop().call_later(0.3, lambda: server.playing.feed.tell("log", line="later"))
        last = server.playing.feed.last
        return last, await first(server, last_event_id="3"), await first(server, last_event_id="x" * 99)

    last, again, now = asking(ask)
    assert again == 4
    assert now > last


def test_who_falls_behind_is_told_to_ask_anew(asking):
    """The state says all that is needed."""

    async def ask(server):
        for n in range(5000):
            server.playing.feed.tell("log", line=str(n))
        async with server.client.stream("GET", f"{server.url}events?after=1") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    return json.loads(line[6:])
        raise AssertionError("no event came")

    assert asking(ask) == {"event": "skipped"}


def test_a_reader_that_stops_reading_costs_nothing(asking):
    """Nobody waits for it, no memory grows for it, and the server ends without it."""
    readers = []

    async def ask(server):
        host, port = server.host.split(":")
        for _ in range(5):
            _, writer = await asyncio.open_connection(host, int(port), limit=1024)
            path = f"/{server.token}/events?after=0"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
            readers.append(writer)
        for _ in range(3):
            for n in range(4000):
                server.playing.feed.tell("log", line=f"{n} {'x' * 1000}")
            await asyncio.sleep(0.1)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            for n in range(4000):
                server.playing.feed.tell("log", line=f"{n} {'x' * 1000}")
            await asyncio.sleep(0.1)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        answer = await server.get("api/state")
        return grown, answer.status_code

    async def after():
        for writer in readers:
            writer.transport.abort()
        await asyncio.sleep(0)

    grown, status = asking(ask, after=after)
    assert status == 200
    # As much as the feed keeps: these lines replaced others of the same length.
    assert grown < 8_000_000


CONTROLS = [
    ("send", {"letter": "hostile"}),
    ("burst", {"count": 2}),
    ("retry", {}),
    ("primary", {"up": False}),
    ("primary", {"up": True}),
    ("fault", {"target": "telegram", "fault": "429:30x2"}),
    ("fault", {"target": "telegram", "fault": ""}),
    ("spool", {}),
    ("time", {"seconds": 600}),
    ("settings", {"ALERT_DETAIL": "full", "ALERT_MINUTES": None}),
    ("message?to=anna@example.com&from=", b"Subject: mine\n\nhello\n"),
]


def test_each_control_does_what_it_says(asking):
    """And one that can't be had now says so by its status."""

    async def ask(server):
        for name, body in CONTROLS:
            answer = await server.post(f"api/{name}", body)
            assert (answer.status_code, answer.json()) == (200, {}), (name, answer.text)
            await asyncio.sleep(0.1)
        await until(server.playing, lambda: len(told(server.playing, "stored")) == 4)
        return told(server.playing, "sent", "stored")

    events = asking(ask)
    own = [each for each in events if each["event"] == "sent" and each["subject"] == "mine"]
    # A bounce, as it was given; its lines end as SMTP wants them.
    assert [(each["from"], each["to"], each["size"]) for each in own] == [("", "anna@example.com", 24)]


WRONG = [
    ("send", {"letter": "none"}, "letter none: there is none; name one of lunch"),
    ("send", {"letter": 7}, '"letter": send a text.'),
    ("send", {}, '"letter": send a text.'),
    ("burst", {"count": 2001}, "too few, or too many"),
    ("burst", {"count": "many"}, '"count": send a number.'),
    ("burst", {"count": True}, '"count": send a number.'),
    ("burst", {"count": 1e400}, '"count": send a number.'),
    ("primary", {"up": "no"}, '"up": send true or false.'),
    ("fault", {"target": "forward", "fault": "sideways"}, "forward can fail as"),
    ("fault", {"target": "forward=permanent --fault x", "fault": "500"}, "nothing of that name"),
    ("replay", {}, "There is no spool"),
    ("time", {"seconds": -5}, "The clock goes forward"),
    ("settings", {"ALERT_DETAIL": 5}, "A setting is a text"),
    ("settings", {"NOTHING": "x"}, "NOTHING: the Worker has no such setting."),
    ("act", {}, "No story is told here."),
    ("retry", b"[]", "no JSON object"),
    ("retry", b'{"a": ', "no JSON object"),
    ("retry", b"[" * 60_000, "no JSON object"),
    ("retry", b"\xff\xfe", "no JSON object"),
    ("fault", b'{"target": "\\ud800", "fault": "500"}', "no JSON object"),
]


def test_what_is_wrong_is_told_as_the_command_line_tells_it(asking):
    """In a sentence for what, and one for what to do."""

    async def ask(server):
        for name, body, what in WRONG:
            answer = await server.post(f"api/{name}", body)
            assert answer.status_code == 400, (name, body, answer.text)
            assert what in answer.json()["what"], answer.text
            assert set(answer.json()) == {"what", "fix"}
        return [(await server.get(f"api/{name}")).status_code for name in ("send", "primary", "act")]

    assert asking(ask) == [405, 405, 405]


def test_no_more_is_read_than_may_come(asking):
    """Whatever length is announced, or none."""

    async def endless(most):
        for _ in range(most // 65536 + 2):
            yield b"x" * 65536

    async def ask(server):
        answers = [
            await server.client.post(f"{server.url}api/{name}", content=endless(most))
            for name, most in (("send", controls.MOST_JSON), ("message", SIZE_LIMIT))
        ]
        return [(answer.status_code, answer.json()["what"]) for answer in answers]

    what = "That is too large: a message has 26214400 bytes at most, all else 65536."
    assert asking(ask) == [(413, what)] * 2


async def upload(server):
    """Begin to send a message, and send no more than its beginning."""
    _, writer = await asyncio.open_connection(*server.host.split(":"))
    path = f"/{server.token}/api/message"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 99\r\n\r\nab".encode())
    await writer.drain()
    # Until it is under way there.
    await server.get("api/state")
    return writer


def test_whoever_leaves_within_an_upload_is_no_failure_of_ours(asking, caplog):
    """Nothing is sent then, and nothing is said in the terminal."""

    async def ask(server):
        writer = await upload(server)
        writer.transport.abort()
        # The server learns of it meanwhile.
        await server.get("api/state")
        return writer, told(server.playing, "sent")

    _, sent = asking(ask)
    assert (sent, caplog.text) == ([], "")


def test_an_upload_that_never_ends_does_not_keep_the_server_from_ending(asking, caplog, monkeypatch):
    """It is broken off after a while, without a word of it."""
    monkeypatch.setattr(page_server, "_GOODBYE_SECONDS", 0.1)
    opened = []

    async def ask(server):
        opened.append(await upload(server))

    async def after():
        opened[0].close()

    asking(ask, after=after)
    assert caplog.text == ""


class Told:
    """A story that is not over."""

    is_over = False
    played = 0

    def play(self):
        self.played += 1


def test_while_a_story_is_told_nothing_else_is_done(asking):
    """Its checks would fail by it; reading is free, and so is the next act."""
    story = Told()

    async def ask(server):
        for name, body in CONTROLS:
            answer = await server.post(f"api/{name}", body)
            assert answer.status_code == 409, name
            assert answer.json()["what"].startswith("Not now: the story has the stage")
        assert (await server.post("api/act")).status_code == 200
        story.is_over = True
        return (await server.post("api/primary", {"up": False})).status_code

    assert asking(ask, story) == 200
    assert story.played == 1


def test_a_mailbox_is_listed_and_a_message_read_and_given_byte_for_byte(asking):
    """As text that nothing of it makes anything else of; of no other file."""

    async def ask(server):
        await server.post(
            "api/message", b"From: a@example.org\nSubject: <script>\n\n<script>alert(1)</script>\n"
        )
        await until(server.playing, lambda: len(told(server.playing, "stored")) == 1)
        boxes = {box["place"]: box["messages"] for box in (await server.get("api/mail")).json()}
        (row,) = boxes["primary"]
        path = f"api/mail/primary/{row['name']}"
        raw = await server.get(f"{path}/raw")
        read = (await server.get(path)).json()
        lost = [
            (await server.get(f"api/mail/{other}")).status_code
            for other in (
                "primary/nothing",
                "nobody@example.com/x",
                "primary/..%2f..%2fx/raw",
                "x/../primary/x",
            )
        ]
        return row, boxes, raw, read, lost

    row, boxes, raw, read, lost = asking(ask)
    assert row["subject"] == "<script>"
    assert boxes["you@example.net"] == []
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"
    assert raw.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert raw.content.endswith(b"\r\n\r\n<script>alert(1)</script>\r\n")
    assert read["text"].strip() == "<script>alert(1)</script>"
    assert lost == [404] * 4


def test_a_stream_that_is_open_does_not_keep_the_server_from_ending(asking):
    """It ends with it: the fixture waits for no more than so long."""
    opened = contextlib.AsyncExitStack()

    async def ask(server):
        return await opened.enter_async_context(server.client.stream("GET", f"{server.url}events"))

    assert asking(ask, after=opened.aclose).status_code == 200
