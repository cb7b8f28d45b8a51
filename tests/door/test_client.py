"""The door's client: what its answers mean, and that a raw copy comes whole or not at all."""

import asyncio
import json
import resource
import socket
import ssl
import stat
import tracemalloc
from pathlib import Path

import httpx
import pytest

from mail_failover.door import client as client_module
from mail_failover.door.address import Address
from mail_failover.door.client import ATTEMPTS, Door
from mail_failover.door.errors import (
    Barred,
    Closed,
    Conflict,
    Damaged,
    DiskError,
    DoorError,
    Failing,
    Gone,
    Lost,
    NotUnderstood,
    Refused,
    Unreachable,
)
from mail_failover.door.keys import Keys
from standins.door import DOMAIN, OUTAGE, TOKEN, Link
from standins.door import Door as StandIn
from standins.smtp_server import make_certificate

KEYS = Keys(Path("/nowhere"))
RAW = b"Subject: \xff caf\xc3\xa9\r\n\r\n.\r\n\x00bare\nlf\r\n" + bytes(range(256)) * 40


@pytest.fixture
def standin():
    """Return a door in memory."""
    return StandIn()


def ask(standin, question, *, token=TOKEN):
    """Put a question to the stand-in, with no network and no waiting."""

    async def run():
        async with Door(
            address(token=token), KEYS, transport=Link(standin), pause=lambda _: asyncio.sleep(0)
        ) as door:
            return await question(door)

    return asyncio.run(run())


def address(url="http://127.0.0.1:1", token=TOKEN):
    """Return the address of a door."""
    return Address(url, DOMAIN, token)


async def listed(door):
    """Return all copies of the list."""
    return [copy async for copy in door.copies()]


def test_a_list_of_many_pages_is_read_to_its_end(standin):
    """Oldest first, with everything that is known of each."""
    ids = [standin.put(caught=n) for n in range(250)]
    copies = ask(standin, listed)
    assert [copy.id for copy in copies] == ids
    assert (copies[7].caught, copies[7].state, copies[7].recipient) == (7, "waiting", f"anna@{DOMAIN}")


def test_a_copy_comes_byte_for_byte_into_a_file_for_its_owner(standin, tmp_path):
    """Over a real connection, whatever its bytes are."""
    copy_id = standin.put(RAW)

    async def run(url):
        async with Door(address(url), KEYS) as door:
            lease = await door.lease(1)
            await door.fetch(lease.copies[0], tmp_path / "copy")
            return await door.verdict(copy_id, lease.copies[0].sha256, "delivered", words="250 Ok")

    with standin.serving() as url:
        settled = asyncio.run(run(url))
    assert (tmp_path / "copy").read_bytes() == RAW
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert (settled, standin.kept[copy_id].words) == ("delivered", "250 Ok")


def test_a_large_copy_takes_little_memory(standin, tmp_path):
    """25 MiB pass through, piece by piece."""
    standin.put(b"x" * (25 << 20))

    async def run(url):
        async with Door(address(url), KEYS) as door:
            [copy] = await listed(door)
            tracemalloc.start()
            await door.fetch(copy, tmp_path / "copy")
            return tracemalloc.get_traced_memory()[1]

    try:
        with standin.serving() as url:
            assert asyncio.run(run(url)) < 4 << 20
    finally:
        tracemalloc.stop()
    assert (tmp_path / "copy").stat().st_size == 25 << 20


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ("flip", Damaged),
        ("endless", Damaged),
        ("cut", Lost),
        ("lost before", Lost),
        ("slow", Lost),
        ("500 before", Failing),
        ("429 before", Failing),
        ("302 before", Barred),
        ("403 before", Barred),
        ("418 before", NotUnderstood),
        ("400 before", Refused),
    ],
)
def test_a_copy_that_does_not_come_whole_leaves_nothing(standin, tmp_path, fault, meaning):
    """And says why, in a line with what to do next."""
    standin.put(RAW)
    standin.fault = lambda name, _: fault if name == "fetch" else ""

    async def fetch(door):
        [copy] = await listed(door)
        await door.fetch(copy, tmp_path / "copy")

    with pytest.raises(meaning) as caught:
        ask(standin, fetch)
    assert type(caught.value) is meaning
    assert caught.value.fix
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fault", ["cut", "lost before", "endless", "slow"])
def test_a_broken_connection_is_told_by_the_real_library_too(standin, tmp_path, monkeypatch, fault):
    """What the stand-in without a network raises is what httpx does."""
    monkeypatch.setattr(client_module, "_CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(client_module, "_SECONDS", 0.3)
    standin.put(RAW)
    standin.fault = lambda name, _: fault if name == "fetch" else ""

    async def run(url):
        async with Door(address(url), KEYS) as door:
            [copy] = await listed(door)
            await door.fetch(copy, tmp_path / "copy")

    with standin.serving() as url, pytest.raises(Damaged if fault == "endless" else Lost):
        asyncio.run(run(url))
    assert not list(tmp_path.iterdir())


def test_a_copy_that_is_shorter_than_it_was_is_noticed(standin, tmp_path):
    """The list named another size than what came."""
    copy_id = standin.put(RAW)

    async def fetch(door):
        [copy] = await listed(door)
        standin.kept[copy_id].content = RAW[:-1]
        await door.fetch(copy, tmp_path / "copy")

    with pytest.raises(Damaged, match="another SHA-256"):
        ask(standin, fetch)


def test_a_full_disk_is_named_and_leaves_nothing(standin, tmp_path):
    """With the file, and what the system says."""
    standin.put(b"x" * 100_000)

    async def fetch(door):
        [copy] = await listed(door)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            await door.fetch(copy, tmp_path / "copy")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    with pytest.raises(DiskError, match=r"copy can't be written: File too large\. Make room"):
        ask(standin, fetch)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_never_overwritten(standin, tmp_path):
    """It stays as it was."""
    standin.put(RAW)
    (tmp_path / "copy").write_text("mine")

    async def fetch(door):
        [copy] = await listed(door)
        await door.fetch(copy, tmp_path / "copy")

    with pytest.raises(DiskError, match="File exists"):
        ask(standin, fetch)
    assert (tmp_path / "copy").read_text() == "mine"


@pytest.mark.parametrize("what", ["fetch", "drop", "verdict"])
def test_a_copy_that_is_gone_is_another_thing_than_a_closed_door(standin, tmp_path, what):
    """Both are answered with 404."""
    copy_id = standin.put(RAW)

    async def run(door, *, gone):
        [copy] = await listed(door)
        if gone:
            del standin.kept[copy_id]
        else:
            standin.token = "another"
        if what == "verdict":
            await door.verdict(copy.id, copy.sha256, "delivered")
        await (door.drop(copy) if what == "drop" else door.fetch(copy, tmp_path / "copy"))

    with pytest.raises(Gone, match=copy_id):
        ask(standin, lambda door: run(door, gone=True))
    standin.put(RAW)
    with pytest.raises(Closed):
        ask(standin, lambda door: run(door, gone=False))


def test_a_wrong_token_says_all_that_it_can_be_and_not_the_token(standin):
    """The door answers everybody alike."""
    wrong = "w" * 43
    with pytest.raises(Closed) as caught:
        ask(standin, lambda door: door.status(), token=wrong)
    said = str(caught.value)
    assert all(word in said for word in ("404", "token", "--url", "SPOOL_TOKEN", "minute"))
    assert wrong not in said
    assert TOKEN not in repr(address())


def test_the_doors_own_words_are_told_without_the_token(standin):
    """Should it repeat it."""
    standin._lease = lambda *_: (409, {}, json.dumps({"error": f"not with {TOKEN}"}).encode())
    with pytest.raises(Conflict, match=r"409: not with \[token\]\."):
        ask(standin, lambda door: door.lease(1))


def test_a_day_whose_requests_are_used_up_is_called_so(standin):
    """It passes."""
    standin.fault = lambda *_: "429 before"
    with pytest.raises(
        Failing, match=r"429 \(too many requests, or the day's are used up\)\. Nothing is lost"
    ):
        ask(standin, lambda door: door.status())


@pytest.mark.parametrize("text", ["", "[]", '{"error": 3}', "<html>"])
def test_a_refusal_without_words_is_told_all_the_same(standin, text):
    """It is a refusal."""
    standin._lease = lambda *_: (400, {}, text.encode())
    with pytest.raises(Refused, match="does not say why"):
        ask(standin, lambda door: door.lease(1))


def test_a_verdict_on_a_lease_that_is_over_is_a_conflict(standin):
    """But that it was delivered is taken, as it is a fact."""

    async def run(door):
        lease = await door.lease(1)
        [copy] = lease.copies
        standin.kept[copy.id].until = 0
        with pytest.raises(Conflict, match="the lease is over"):
            await door.verdict(copy.id, copy.sha256, "refused", lease=lease.id)
        assert (await door.verdict(copy.id, copy.sha256, "delivered", lease=lease.id)) == "delivered"
        with pytest.raises(Conflict, match="hash"):
            await door.verdict(copy.id, "0" * 64, "delivered", lease=lease.id)

    standin.put()
    ask(standin, run)


@pytest.mark.parametrize("fault", ["lost before", "lost after", "500 before", "503 after", "429 before"])
@pytest.mark.parametrize("name", ["status", "list", "verdict"])
def test_what_may_be_asked_twice_is_asked_again(standin, name, fault):
    """Before and after its effect; a verdict is had once."""
    copy_id = standin.put()
    standin.fault = lambda asked, count: fault if (asked, count < ATTEMPTS - 1) == (name, True) else ""

    async def run(door):
        [copy] = await listed(door)
        lease = await door.lease(1)
        await door.verdict(copy.id, copy.sha256, "refused", lease=lease.id, words="550 no")
        return await door.status()

    assert ask(standin, run).refused == 1
    assert standin.kept[copy_id].words == "550 no"
    standin.fault = lambda *_: fault
    with pytest.raises((Lost, Failing)):
        ask(standin, lambda door: door.status())


def test_a_lease_is_asked_for_once(standin):
    """Twice would lease twice."""
    standin.fault = lambda *_: "lost after"
    with pytest.raises(Lost):
        ask(standin, lambda door: door.lease(1))
    assert len(standin.requests) == 1


@pytest.mark.parametrize(
    "question",
    [
        listed,
        lambda door: door.lease(1),
        lambda door: door.status(),
        lambda door: door.verdict("1-a", "0" * 64, "later"),
    ],
    ids=["list", "lease", "status", "verdict"],
)
@pytest.mark.parametrize("fault", ["nonsense", "text", "endless"])
def test_nonsense_is_told_as_such_and_ends(standin, question, fault):
    """Another shape, no JSON, no end."""
    standin.put()
    standin.fault = lambda *_: fault
    standin._verdict = lambda *_: (200, {}, b"{}")
    with pytest.raises(NotUnderstood, match="no spool"):
        ask(standin, question)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "../../etc/passwd"),
        ("id", "1-a/b"),
        ("id", 1),
        ("sha256", "A" * 64),
        ("size", True),
        ("size", -1),
        ("size", 1.5),
        ("size", 1 << 40),
        ("caught", float("nan")),
        ("caught", float("inf")),
        pytest.param("caught", 10**400, id="caught-of hundreds of digits"),
        ("caught", "now"),
        ("state", "lost"),
        ("sender", None),
        ("words", ...),
        ("words", "\ud800"),
        ("sender", "\udfff@example.org"),
    ],
)
def test_a_copy_of_another_shape_is_not_believed(standin, name, value):
    """Nothing of it is used: an id is part of paths, sizes are counted on."""
    standin.put()
    sound = standin._list

    def spoiled(query, body):
        status, fields, content = sound(query, body)
        answer = json.loads(content)
        answer["copies"][0][name] = value
        if value is ...:
            del answer["copies"][0][name]
        return status, fields, json.dumps(answer).encode()

    standin._list = spoiled
    with pytest.raises(NotUnderstood, match=f'without a usable "{name}"'):
        ask(standin, listed)


@pytest.mark.parametrize("after", ["1-a", "x", 3])
def test_a_list_that_turns_in_a_circle_ends(standin, after):
    """Or that goes on at nothing."""
    standin.put()
    copies = json.loads(standin._list({}, b"")[2])["copies"]
    standin._list = lambda *_: (200, {}, json.dumps({"copies": copies, "next": after}).encode())
    with pytest.raises(NotUnderstood):
        ask(standin, listed)
    assert len(standin.requests) <= 2
    standin.requests.clear()
    standin._list = lambda *_: (200, {}, json.dumps({"copies": [], "next": "1-a"}).encode())
    with pytest.raises(NotUnderstood):
        ask(standin, listed)
    assert len(standin.requests) == 1


@pytest.mark.parametrize("question", [lambda door: door.lease(1), lambda door: door.lease(ids=("9-a",))])
def test_a_lease_of_another_shape_is_not_believed(standin, question):
    """One copy twice, an end that is none."""
    standin.put()
    [copy] = json.loads(standin._list({}, b"")[2])["copies"]
    for wrong in ({"copies": [copy, copy]}, {"until": "soon"}, {"outage": 1}, {"lease": "x"}):
        answer = {"lease": "ab", "until": 1, "copies": [], "outage": False} | wrong
        standin._lease = lambda *_, answer=answer: (200, {}, json.dumps(answer).encode())
        with pytest.raises(NotUnderstood, match=f'without a usable "{next(iter(wrong))}"'):
            ask(standin, question)


@pytest.mark.parametrize("question", [lambda door: door.lease(1), lambda door: door.lease(ids=("9-a",))])
def test_other_copies_than_were_asked_for_are_not_taken(standin, question):
    """More of them, or others."""
    standin.put()
    standin.put()
    copies = json.loads(standin._list({}, b"")[2])["copies"]
    answer = {"lease": "ab", "until": 1, "copies": copies, "outage": False}
    standin._lease = lambda *_: (200, {}, json.dumps(answer).encode())
    with pytest.raises(NotUnderstood, match="other copies"):
        ask(standin, question)


def outcome(url):
    """Ask the status over the network and return how that failed."""

    async def run():
        async with Door(address(url), KEYS, pause=lambda _: asyncio.sleep(0)) as door:
            await door.status()

    with pytest.raises(DoorError) as caught:
        asyncio.run(run())
    return caught.value


def test_nobody_there_is_told_with_the_systems_words():
    """And that nothing is lost."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = outcome(f"http://127.0.0.1:{port}")
    assert type(error) is Unreachable
    assert error.what == f"127.0.0.1:{port} can't be reached: Connection refused."
    assert error.fix.startswith("Check the network and --url. Nothing is lost")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate that nobody here trusts."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("speaks_tls", [True, False])
def test_tls_that_can_not_be_trusted_is_named(certificate, speaks_tls):
    """A certificate of another, or no TLS at all."""

    async def run():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

        async def talk(_reader, writer):
            writer.write(b"220 mail.example ESMTP\r\n")
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context if speaks_tls else None)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with Door(
                address(f"https://127.0.0.1:{port}"), KEYS, pause=lambda _: asyncio.sleep(0)
            ) as door:
                await door.status()

    with pytest.raises(Unreachable) as caught:
        asyncio.run(run())
    words = "certificate of 127.0.0.1" if speaks_tls else "speaks no TLS"
    assert words in caught.value.what


def test_a_redirect_is_not_followed(standin):
    """The token stays here."""
    standin.fault = lambda *_: "302 before"
    with pytest.raises(Barred, match="something stands before it"):
        ask(standin, lambda door: door.status())
    assert len(standin.requests) == 1


def test_the_token_goes_to_the_door_alone_and_never_into_an_address(standin):
    """It is in one header field."""
    seen = []

    class Watching(Link):
        async def handle_async_request(self, request):
            seen.append(request)
            return await super().handle_async_request(request)

    async def run():
        async with Door(address(), KEYS, transport=Watching(standin)) as door:
            await door.status()

    asyncio.run(run())
    [request] = seen
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url)
    assert request.headers["accept-encoding"] == "identity"
    assert isinstance(request.url, httpx.URL)


def test_how_the_domain_stands_is_read_whole(standin):
    """The outage with its counts, each chat, the spool; what the Worker says besides is passed over."""
    standin.put()
    standin.outage = True
    chat = {"channel": "telegram 4711", "waiting": 2, "given_up": 1, "due": 9.5}
    blocked = {"count": 2, "since": 1_795_000_000.5}
    standin.said = {"outbox": [chat], "untold": 3, "next": 1_795_000_900, "blocked": blocked}
    standing = ask(standin, lambda door: door.standing())
    outage = standing.outage
    assert (outage.number, outage.began, outage.ended, outage.caught) == (3, 1_795_000_000.0, 0.0, 4)
    assert (outage.forwarded, outage.held, outage.kept, outage.home) == (1, 3, 1, 0)
    [channel] = standing.outbox
    assert (channel.channel, channel.waiting, channel.given_up, channel.due) == ("telegram 4711", 2, 1, 9.5)
    assert (standing.untold, standing.next, standing.spool.waiting) == (3, 1_795_000_900.0, 1)
    assert (standing.blocked.count, standing.blocked.since) == (2, 1_795_000_000.5)
    standin.outage, standin.said = False, {}
    standing = ask(standin, lambda door: door.standing())
    assert (standing.outage, standing.outbox, standing.next) == (None, (), None)
    assert not standing.blocked.count


@pytest.mark.parametrize(
    "said",
    [
        {"outage": {}},
        {"outage": {**OUTAGE, "began": "now"}},
        {"outage": {**OUTAGE, "caught": -1}},
        {"outage": {**OUTAGE, "number": True}},
        {"outage": []},
        {"outage": {**OUTAGE, "audience": 7}},
        {"outages": {}},
        {"outages": [None]},
        {"untold": None},
        {"outbox": {}},
        {"outbox": [None]},
        {"outbox": [{"channel": 7, "waiting": 0, "given_up": 0, "due": 0}]},
        {"outbox": [{"channel": "x", "waiting": 0.5, "given_up": 0, "due": 0}]},
        {"next": "soon"},
        {"next": 1e300},
        {"blocked": None},
        {"blocked": {"count": -1, "since": 0}},
        {"spool": None},
    ],
)
def test_a_status_of_another_form_is_no_status(standin, said):
    """Nothing of it is used."""
    standin.said = said
    with pytest.raises(NotUnderstood):
        ask(standin, lambda door: door.standing())


@pytest.mark.parametrize(("token", "sent"), [("", ""), ("w" * 43, f"Bearer {'w' * 43}")])
def test_a_stranger_does_not_have_the_token(standin, token, sent):
    """None is sent, or the wrong one; once, also if that fails."""
    given = []
    answered = standin.answer

    def noting(method, target, authorization, body):
        given.append((method, target, authorization))
        return answered(method, target, authorization, body)

    standin.answer = noting
    stranger = ask(standin, lambda door: door.stranger(token))
    assert (stranger.status, stranger.has_body, stranger.is_sent_away) == (404, False, True)
    assert given == [("GET", f"/v1/status?domain={DOMAIN}", sent)]
    standin.stranger = 404, b"x"
    assert not ask(standin, lambda door: door.stranger(token)).is_sent_away
    standin.stranger = 200, b""
    assert not ask(standin, lambda door: door.stranger(token)).is_sent_away
    standin.answer = lambda *_: (0, {}, b"", "lost before")
    with pytest.raises(Lost):
        ask(standin, lambda door: door.stranger(token))
