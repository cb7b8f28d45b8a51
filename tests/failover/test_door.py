"""The door: who has the token gets what is asked for, and everybody else learns nothing."""

import asyncio
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.door import CLOSED_SECONDS, MOST_WRONG, Knocks, domain_of, is_right
from mail_failover.emulator.runtime.message import Caught, traced
from standins.stage import DOMAIN, SPOOL, TOKEN, Stage, message
from standins.world import RECIPIENT, SECRET, SENDER, TELEGRAM

WRONG = "w" * 43
MIB = 1 << 20
TRACE = len(traced(Caught(SENDER, RECIPIENT, b"")))
"""How much the edge puts on top of a message."""


@pytest.fixture
def play(virtual):
    """Open a stage with a spool, let a scenario happen on it, and return what that returns."""

    def run(scenario, **env):
        async def go():
            stage = Stage(TELEGRAM | SPOOL | env)
            async with stage.open():
                found = await scenario(stage)
            assert stage.problems == []
            return found

        return virtual(go())

    return run


async def hold(stage, *numbers, **fields):
    """Let messages come that no inbox takes."""
    stage.fail("forward=transient")
    for number in numbers:
        assert (await stage.mail(number, **fields)).status.value == "accepted"
    await stage.settle()


def test_a_held_message_is_listed_leased_fetched_and_settled(play):
    """With its envelope, byte for byte, and nothing is lost on the way."""

    async def scenario(stage):
        await hold(stage, 1, body="x" * 3_000_000)
        async with stage.visit() as door:
            [listed] = (await door.get("/v1/spool")).json()["copies"]
            lease = (await door.post("/v1/lease", json={"limit": 5})).json()
            assert [{**copy, "state": "waiting", "due": 0.0} for copy in lease["copies"]] == [listed]
            assert lease["outage"]
            assert lease["until"] == stage.clock() + 600
            raw = await door.get(f"/v1/spool/{listed['id']}")
            assert raw.headers["x-mail-failover-sender"] == "booking@hotel.example"
            assert raw.headers["x-mail-failover-recipient"] == "anna@example.com"
            assert int(raw.headers["x-mail-failover-size"]) == len(raw.content) == listed["size"]
            assert raw.headers["x-mail-failover-sha256"] == hashlib.sha256(raw.content).hexdigest()
            assert raw.content.endswith(message(1, body="x" * 3_000_000))
            verdict = {
                "id": listed["id"],
                "verdict": "delivered",
                "lease": lease["lease"],
                "sha256": listed["sha256"],
                "words": "250 2.0.0 Ok",
            }
            for _ in range(2):
                answer = await door.post("/v1/verdict", json=verdict)
                assert (answer.status_code, answer.json()) == (200, {"state": "delivered"})
            assert (await door.post("/v1/lease", json={"limit": 5})).json()["copies"] == []
            return (await door.get("/v1/status")).json()

    status = play(scenario)
    assert status["spool"]["delivered"] == status["outage"]["home"] == 1


def test_a_list_comes_in_pages(play):
    """Each says where the next begins."""

    async def scenario(stage):
        await hold(stage, 1, 2, 3, 4, 5)
        async with stage.visit() as door:
            found, after = [], ""
            while after is not None:
                page = (await door.get("/v1/spool", params={"after": after or "0", "limit": 2})).json()
                found.append([copy["id"].partition("-")[0] for copy in page["copies"]])
                after = page["next"]
            return found

    assert play(scenario) == [["1", "2"], ["3", "4"], ["5"]]


def test_an_envelope_that_no_header_can_hold_is_percent_encoded(play):
    """SMTPUTF8, and a bounce."""

    async def scenario(stage):
        await hold(stage, 1, sender="jürgen@müller.example")
        await hold(stage, 2, sender="")
        async with stage.visit() as door:
            copies = (await door.get("/v1/spool")).json()["copies"]
            raws = [await door.get(f"/v1/spool/{copy['id']}") for copy in copies]
            return [copy["sender"] for copy in copies], [
                raw.headers["x-mail-failover-sender"] for raw in raws
            ]

    assert play(scenario) == (["jürgen@müller.example", ""], ["j%C3%BCrgen@m%C3%BCller.example", ""])


@pytest.fixture
def nothing(play):
    """Return what is answered at an address that is not there."""

    async def scenario(stage):
        async with stage.visit() as door:
            return picture(await door.get("/"))

    return play(scenario)


def picture(answer):
    """Return all that can be seen of an answer."""
    return answer.status_code, answer.content, dict(answer.headers)


@pytest.mark.parametrize("token", ["", WRONG, TOKEN[:-1], TOKEN + "t", TOKEN.upper()])
@pytest.mark.parametrize("path", ["/v1/spool", "/v1/status", "/v1/spool/1-00000000", "/"])
def test_without_the_token_every_address_looks_like_none(play, nothing, token, path):
    """The very answer of a Worker at an address that is not there."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit(token) as door:
            return picture(await door.get(path)), [*stage.objects.names]

    answer, names = play(scenario)
    assert answer == nothing
    # A stranger makes no objects; the counter stores nothing.
    assert names == sorted([":door", DOMAIN])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/lease"), ("POST", "/v1/spool"), ("PUT", "/v1/spool"), ("FOO", "/v1/status"),
     ("GET", "/v2/spool"), ("DELETE", "/v1/spool/1-00000000"), ("GET", "/v1/spool/"), ("HEAD", "/v1/spool"),
     ("GET", "/v1/spool/1-x/y")],
)  # fmt: skip
def test_with_the_token_what_is_not_there_looks_the_same(play, nothing, method, path):
    """Also methods that Python does not know."""

    async def scenario(stage):
        async with stage.visit() as door:
            return picture(await door.request(method, path))

    assert play(scenario) == nothing


@pytest.mark.parametrize("name", ["", ":door", "nodot", "a b.example", "x@y.example", "../x.example"])
def test_what_is_no_domain_has_no_object(play, nothing, name):
    """Nobody makes an object of any name that comes to his mind."""

    async def scenario(stage):
        async with stage.visit() as door:
            return picture(await door.get("/v1/status", params={"domain": name})), [*stage.objects.names]

    assert play(scenario) == (nothing, [":door"])


@pytest.mark.parametrize(
    "name", ["xn--mnchen-3ya.de", "münchen.de", "MÜNCHEN.de.", "xn--11b4c3d.xn--h2brj9c"]
)
def test_a_domain_of_another_alphabet_has_a_door_in_both_spellings(play, name):
    """The edge may report either, and home asks for the one that DNS has."""

    async def scenario(stage):
        await hold(stage, 1, recipient=f"anna@{name}")
        async with stage.visit() as door:
            page = await door.get("/v1/spool", params={"domain": name})
            return [copy["recipient"] for copy in page.json()["copies"]]

    assert play(scenario) == [f"anna@{name}"]


def test_ten_wrong_tokens_close_the_door_for_a_minute_for_everybody(play):
    """Also from a Worker that has not seen them; then it opens again."""

    async def scenario(stage):
        codes = []
        async with stage.visit() as door, stage.visit(WRONG) as stranger:
            for _ in range(MOST_WRONG - 1):
                await stranger.get("/v1/status")
            codes.append((await door.get("/v1/status")).status_code)
            await stranger.get("/v1/status")
            asked = stage.objects.requests
            codes += [(await door.get("/v1/status")).status_code for _ in range(100)]
            # Who knows that it is closed asks no object.
            assert stage.objects.requests == asked
            await asyncio.sleep(CLOSED_SECONDS - 1)
            codes.append((await door.get("/v1/status")).status_code)
            await asyncio.sleep(2)
            codes.append((await door.get("/v1/status")).status_code)
        return codes

    assert play(scenario) == [200, *[404] * 101, 200]


def test_a_clock_that_was_set_back_keeps_no_door_closed(play):
    """Nor does the Worker that knows that it was closed, and asks nobody."""

    async def scenario(stage):
        async with stage.visit() as door, stage.visit(WRONG) as stranger:
            for _ in range(MOST_WRONG):
                await stranger.get("/v1/status")
            codes = [(await door.get("/v1/status")).status_code]
            stage.shift -= 86_400
            return [*codes, (await door.get("/v1/status")).status_code]

    assert play(scenario) == [404, 200]


def test_wrong_tokens_far_apart_close_nothing():
    """Nine a minute."""
    knocks = Knocks()
    for at in range(0, 600, 7):
        assert knocks.knock(at, right=False) == 0.0
    for at in range(700, 700 + MOST_WRONG):
        closed = knocks.knock(at, right=False)
    assert closed == CLOSED_SECONDS
    assert knocks.knock(710, right=True) == CLOSED_SECONDS - 1
    # By a clock that was set back it is not closed for ever.
    assert knocks.knock(0, right=True) == 0.0


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"null", b'{"limit": "all"}', b'{"limit": -1}', b'{"ids": "1-x"}', b'{"ids": [1]}',
     b'{"limit": 1.5}', b"\xff", b'{"limit": 1' + b"0" * 400 + b"}", b"[" * 100_000],
)  # fmt: skip
def test_what_can_not_be_read_is_said_and_does_nothing(play, body):
    """Of whoever has the token."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit() as door:
            answer = await door.post("/v1/lease", content=body)
            verdict = await door.post("/v1/verdict", content=body)
            [copy] = (await door.get("/v1/spool")).json()["copies"]
            return answer.status_code, verdict.status_code, copy["state"]

    codes = {b"": (200, 404, "leased"), b"{}": (200, 404, "leased")}
    assert play(scenario) == codes.get(body, (400, 400 if body[:1] != b"{" else 404, "waiting"))


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"verdict": "lost"}, 400, "verdict must be one of"),
        ({"verdict": "later", "pause": "long"}, 400, "pause must be a number"),
        ({"verdict": "later", "pause": True}, 409, "the lease is over"),
        ({"verdict": "refused"}, 409, "the lease is over"),
        ({"verdict": "delivered", "sha256": "0" * 64}, 409, "not this copy's sha256"),
        ({"verdict": "delivered", "sha256": "ü"}, 409, "not this copy's sha256"),
    ],
)
def test_a_verdict_that_does_not_fit_is_said_and_does_nothing(play, given, code, words):
    """The message stays."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit() as door:
            [copy] = (await door.get("/v1/spool")).json()["copies"]
            answer = await door.post("/v1/verdict", json={"id": copy["id"], **given})
            assert (await door.get("/v1/spool")).json()["copies"] == [copy]
            return answer.status_code, answer.json()["error"]

    found, error = play(scenario)
    assert found == code
    assert words in error


@pytest.mark.parametrize("pause", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_a_pause_that_is_no_number_of_seconds_leaves_the_copy_as_it_is(play, pause):
    """Whatever Python's JSON takes for one."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit() as door:
            lease = (await door.post("/v1/lease", json={})).json()
            said = f'"id": "{lease["copies"][0]["id"]}", "verdict": "later", "lease": "{lease["lease"]}"'
            answer = await door.post("/v1/verdict", content=f'{{{said}, "pause": {pause}}}')
            assert (await door.get("/v1/spool")).json()["copies"] == lease["copies"]
            return answer.status_code, answer.json()["error"]

    assert play(scenario) == (400, "pause must be a number of seconds")


def test_a_copy_is_deleted_only_by_its_hash(play):
    """So that nobody deletes another than he has seen."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit() as door:
            [copy] = (await door.get("/v1/spool")).json()["copies"]
            path = f"/v1/spool/{copy['id']}"
            hashes = ("", "0" * 64, copy["sha256"], copy["sha256"])
            codes = [(await door.delete(path, params={"sha256": each})).status_code for each in hashes]
            return codes, (await door.get("/v1/status")).json()["spool"]

    codes, spool = play(scenario)
    assert codes == [409, 409, 200, 404]
    assert (spool["waiting"], spool["bytes"]) == (0, 0)


@pytest.mark.parametrize("kind", ["throws", "hangs", "unanswered"])
def test_an_object_that_fails_is_no_404(play, kind):
    """Whoever has the token is told to come back; nothing of the fault is shown."""

    async def scenario(stage):
        async with stage.visit() as door:
            stage.fault = lambda name, method: kind if method == "fetch" else ""
            answer = await door.get("/v1/status")
            return answer.status_code, answer.content

    assert play(scenario) == (503, b"")


def test_a_door_that_nobody_counts_at_is_open_for_the_token_alone(play):
    """The counter failed: who has the token is not locked out for that."""

    async def scenario(stage):
        stage.fault = lambda name, method: "throws" if method == "knock" else ""
        async with stage.visit() as door, stage.visit(WRONG) as stranger:
            return (await door.get("/v1/status")).status_code, (await stranger.get("/v1/status")).status_code

    assert play(scenario) == (200, 404)


def test_the_token_is_in_no_log(play):
    """Nor is what strangers tried."""

    async def scenario(stage):
        await hold(stage, 1)
        async with stage.visit() as door, stage.visit(WRONG) as stranger:
            await stranger.get("/v1/status")
            stage.fault = lambda name, method: "throws" if method == "fetch" else ""
            await door.get("/v1/status")
        return str(stage.lines)

    lines = play(scenario)
    assert '"door"' in lines.replace("'", '"')
    assert not any(secret in lines for secret in (TOKEN, WRONG, SECRET))


@given(st.text(), st.text(min_size=1))
def test_only_the_token_itself_is_right(given, token):
    """Whatever somebody sends."""
    assert is_right(given, token) == (given == f"Bearer {token}")
    assert not is_right("Bearer ", "")


@given(st.text())
def test_any_address_can_be_read(url):
    """A stranger's URL is anything."""
    assert domain_of(url) in ("", domain_of(url).lower())


@pytest.mark.parametrize("size", [0, MIB - 1, MIB, MIB + 1, 2 * MIB, 25 * MIB])
def test_a_message_of_any_size_comes_back_as_it_was(play, size):
    """Around the limits of a row, and the largest that the edge takes."""
    content = (bytes(range(256)) * (25 * MIB // 256))[: max(size - TRACE, 0)]

    async def scenario(stage):
        stage.fail("forward=transient")
        assert (await stage.mail(content=content)).status.value == "accepted"
        async with stage.visit() as door:
            [copy] = (await door.post("/v1/lease", json={"limit": 1})).json()["copies"]
            return copy, (await door.get(f"/v1/spool/{copy['id']}")).content

    copy, raw = play(scenario)
    assert raw.endswith(content)
    assert copy["size"] == len(raw) == max(size, TRACE)
    assert copy["sha256"] == hashlib.sha256(raw).hexdigest()
