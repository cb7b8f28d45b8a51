"""Who is refused for good: nobody by mistake, nobody through a fault of ours, and all are counted."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover import handle as handle_module
from failover.patterns import TEXT
from failover.senders import blocked_by
from mail_failover.emulator.routing.edge import Delivery
from mail_failover.emulator.runtime.javascript import Headers, JsException
from mail_failover.emulator.runtime.message import header_fields
from mail_failover.emulator.runtime.promises import JsPromise
from mail_failover.emulator.runtime.workers import Context
from standins.stage import START, Stage
from standins.world import SECRET, SENDER, TELEGRAM, play

CASES = Path(__file__).parents[1] / "mails" / "cases"
REAL = (CASES / "22b-real-shape-of-edge-headers.eml").read_bytes()
FORGED = (CASES / "22-forged-verdicts-when-edge-adds-none.eml").read_bytes()
ANNA, LIST = "anna@example.org", "b@list.example"
# By a list that leaves Anna's signature whole.
LISTED = REAL.replace(b"mailfrom=anna@example.org", b"mailfrom=b@list.example")
TRACE = ("received", "arc-authentication-results", "authentication-results")
ENV = TELEGRAM | {"FALLBACK_INBOXES": "one@inbox.example", "BLOCK": [SENDER]}
SHAPES = pytest.mark.parametrize("shape", ["dict", "object"])


def by(content, sender, *patterns):
    """Return by which sender a message is blocked, from its header fields as the runtime hands them over."""
    headers = header_fields(content)
    return blocked_by(sender, lambda name: headers.get(name) or "", patterns)


def test_the_envelope_alone_decides_without_a_look_at_the_message():
    """Who is not blocked by it costs a look at From, and only who is blocked by that another look."""
    asked = []

    def field(name):
        asked.append(name)
        return "Bert <bert@example.com>"

    assert blocked_by("Anna@Example.org.", field, (ANNA,)) == "envelope"
    assert asked == []
    assert blocked_by("a@b.example", field, (ANNA,)) == ""
    assert asked == ["from"]


@pytest.mark.parametrize("pattern", [ANNA, "@example.org", "*@*.org", "a*a@*"])
def test_from_decides_where_the_edge_vouches_for_it(pattern):
    """On this very envelope, of which it may name the domain alone."""
    assert by(LISTED, LIST, pattern) == "from"
    assert by(LISTED.replace(b"mailfrom=b@", b"mailfrom="), LIST, pattern) == "from"


def test_an_international_domain_is_one_however_it_is_spelled():
    """The edge may report another spelling than From has."""
    content = LISTED.replace(b"header.from=example.org", b"header.from=xn--mnchen-3ya.example")
    content = content.replace(b"<anna@example.org>", "<Anna@MÜNCHEN.example>".encode())
    assert by(content, LIST, "@münchen.example") == "from"


def test_a_bounce_is_never_refused():
    """It answers a message of the owner's, whoever wrote it."""
    bounce = REAL.replace(b"mailfrom=anna@example.org", b"mailfrom=")
    assert by(REAL, "", ANNA, "*@*.org") == by(bounce, "", ANNA, "*@*.org") == ""


NOT_VOUCHED_FOR = {
    "another envelope": ("mailfrom=b@", "mailfrom=bert@"),
    "DMARC fails": ("dmarc=pass", "dmarc=fail"),
    "no DMARC": ("dmarc=pass", "x=pass"),
    "DMARC of another domain": ("header.from=example.org", "header.from=evil.example"),
    "DMARC of a domain above": ("<anna@example.org>", "<anna@mail.example.org>"),
    "another server's Received": ("by cloudflare-email.net (cloudflare)", "by mx.evil.example (cloudflare)"),
    "no Received": ("Received: from mail-1", "X-Received: from mail-1"),
    "another server's Received on top": (
        "Received: from mail-1.example.org",
        "Received: from x\r\nReceived: from m",
    ),
    "another server's sealed verdicts": ("i=2; mx.cloudflare.net", "i=2; mx.evil.example"),
    "no sealed verdicts": ("ARC-Authentication-Results", "X-Results"),
    "no verdicts": ("\r\nAuthentication-Results", "\r\nX-Results"),
    "another server's verdicts on top": (
        "\r\nAuthentication-Results: mx.cloudflare.net",
        "\r\nAuthentication-Results: mx.evil.example\r\nAuthentication-Results: mx.cloudflare.net",
    ),
    "verdicts in a comment": (
        "dmarc=pass header.from=example.org",
        "x=(a; dmarc=pass header.from=example.org",
    ),
    "verdicts in another field of the name": (
        "dmarc=pass header.from=example.org",
        "x=y\r\nAuthentication-Results: a; dmarc=pass header.from=example.org",
    ),
}


@pytest.mark.parametrize("case", NOT_VOUCHED_FOR)
def test_from_decides_nothing_where_the_edge_does_not_vouch_for_it(case):
    """Anybody can write a From field, and verdicts."""
    old, new = map(str.encode, NOT_VOUCHED_FOR[case])
    assert old in LISTED
    assert by(LISTED.replace(old, new), LIST, ANNA) == ""


def test_verdicts_that_stand_behind_the_edges_refuse_nobody():
    """The runtime joins fields of one name: where the edge says nothing of DMARC, no other field does."""
    silent = LISTED.replace(b"\tdmarc=pass header.from=example.org policy.dmarc=none;\r\n", b"")
    said = b"mx.cloudflare.net; dmarc=pass header.from=example.org"
    forged = b"ARC-Authentication-Results: i=1; " + said + b"\r\nAuthentication-Results: " + said
    assert silent.count(b"dmarc") == 0
    assert by(silent.replace(b"\r\nFrom:", b"\r\n" + forged + b"\r\nFrom:"), LIST, ANNA) == ""


def test_verdicts_that_stand_in_the_place_of_the_edges_refuse_nobody():
    """As a report has it that some mail comes without the edge's own."""
    assert by(FORGED, "a@evil.example", "service@bank.example") == ""
    assert by(FORGED, "a@bank.example", "service@bank.example") == ""


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Anna",
        "anna@example.org, bert@example.org",
        "anna@example.org\r\nFrom: bert@example.org",
        "<anna@example.org> <bert@example.org>",
        "anna@example.org, Bert",
        "undisclosed: anna@example.org, b@example.org;",
        "an\u200bna@example.org",
        "<anna@example.org",
        "x" * 3000 + " <anna@example.org>",
        "(" * 90 + " anna@example.org",
        "=?utf-8?q?anna=40example.org?=",
        '"anna"@example.org',
    ],
    ids=lambda value: value[:40],
)
def test_a_from_field_that_is_not_one_plain_address_blocks_nobody(value):
    """Several, none, or one that only looks like the blocked one."""
    content = LISTED.replace(b"Anna <anna@example.org>", value.encode())
    expected = "from" if value == "<anna@example.org" else ""
    assert by(content, LIST, ANNA) == expected


JUNK = st.text(max_size=60) | st.sampled_from(
    [
        "\x00" * 9,
        "(" * 3000,
        '"' * 3000,
        "<" * 3000,
        ", " * 2000,
        "=?a?b?" * 500,
        "\ud800",
        "a@" * 1500,
        "i=1;" * 900,
    ]
)


@given(st.lists(JUNK, min_size=4, max_size=4), JUNK)
def test_no_header_blocks_who_is_not_named(values, sender):
    """Whatever it holds; nor does it raise."""
    fields = dict(zip(("from", *TRACE), values, strict=True))
    assert blocked_by(sender, fields.__getitem__, ("nobody@nowhere.example", "*@*.nowhere.example")) == ""


@given(st.dictionaries(st.sampled_from(TRACE), JUNK, min_size=1))
def test_nobody_is_refused_for_what_the_edge_did_not_say(changed):
    """Two fields of the edge's do not make up for a third."""
    headers = header_fields(LISTED)
    assert blocked_by(LIST, lambda name: changed.get(name) or headers.get(name) or "", (ANNA,)) == (
        "" if any(changed.values()) else "from"
    )


@SHAPES
def test_a_blocked_message_is_refused_and_is_nowhere(virtual, capsys, shape):
    """In the owner's words; the stream is not read, and the log line names nobody."""
    played = virtual(play(ENV | {"SPOOL": "all", "SPOOL_TOKEN": "t" * 43}, shape=shape, capsys=capsys))
    assert (played.status, played.reason) == ("rejected", TEXT)
    assert (played.inboxes, played.posts, played.seen.order) == ({}, [], [])
    [line] = played.log
    assert line.keys() == {"event", "size", "message", "outcome", "by", "counted"}
    assert (line["outcome"], line["by"], line["counted"]) == ("blocked", "envelope", False)


@SHAPES
def test_a_refusal_that_the_runtime_does_not_take_is_no_acceptance(virtual, monkeypatch, shape):
    """The sender keeps the message, whether it throws at once or later, in another process."""

    def throw(self, reason):
        raise JsException("no")

    async def fail():
        raise JsException("no")

    for way in (throw, lambda self, reason: JsPromise(fail())):
        monkeypatch.setattr(Delivery, "set_reject", way)
        played = virtual(play(ENV, shape=shape))
        assert (played.status, played.inboxes) == ("deferred", {})


def test_who_is_not_blocked_is_forwarded_as_ever(virtual, capsys):
    """And where nobody is blocked, no further header field is asked for."""
    asked = []
    get = Headers.get

    def noted(self, name):
        asked.append(name)
        return get(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Headers, "get", noted)
        assert virtual(play(ENV | {"BLOCK": ""})).status == "accepted"
        assert "from" not in asked
        assert virtual(play(ENV | {"BLOCK": "a@b.example"})).status == "accepted"
    assert asked.count("from") == 1
    assert "authentication-results" not in asked


def test_a_fault_of_ours_refuses_nobody(virtual, capsys, monkeypatch):
    """The message goes on, is told, and the log line says where it was."""

    def bug(*args):
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(handle_module, "blocked_by", bug)
    played = virtual(play(ENV, capsys=capsys))
    assert (played.status, len(played.inboxes), len(played.posts)) == ("accepted", 1, 1)
    [line] = played.log
    assert line["block"].startswith("ZeroDivisionError at bug:")
    assert line["outcome"] == "forwarded"
    assert SECRET not in played.printed


def test_headers_that_can_not_be_asked_refuse_nobody(virtual, capsys, monkeypatch):
    """Whatever the runtime throws."""
    get = Headers.get

    def throw(self, name):
        if name == "from":
            raise JsException("no such thing")
        return get(self, name)

    monkeypatch.setattr(Headers, "get", throw)
    played = virtual(play(ENV | {"BLOCK": "a@b.example"}, capsys=capsys))
    assert (played.status, len(played.posts)) == ("accepted", 1)
    assert played.log[0]["block"].startswith("JsException")


def test_a_refusal_that_can_not_be_counted_is_one_all_the_same(virtual, capsys, monkeypatch):
    """The owner asked for it; the log line says that it was not counted."""

    def refuse(self, awaitable):
        raise JsException("too late")

    monkeypatch.setattr(Context, "waitUntil", refuse)
    played = virtual(play(ENV, capsys=capsys))
    assert played.status == "rejected"
    assert played.log[0]["untold"].startswith("JsException")


@pytest.mark.parametrize("fault", ["throws", "hangs", "quota"])
def test_an_object_that_fails_counts_nothing_and_refuses_all_the_same(virtual, fault):
    """The sender has its answer before the object is even asked."""

    async def scenario():
        stage = Stage(ENV)
        async with stage.open():
            stage.fault = lambda name, method: fault
            outcome = await stage.mail(1)
            assert stage.now < 0.1
            await asyncio.sleep(5)
            [(at, line)] = stage.lines
        return outcome.status.value, at, line["counted"]

    assert virtual(scenario()) == ("rejected", 2 if fault == "hangs" else 0, False)


def test_what_is_refused_is_counted_and_begins_no_outage(virtual):
    """How often, and since when; nobody is told, and no alarm rings."""

    async def scenario():
        stage = Stage(ENV)
        async with stage.open():
            assert (await stage.status())["blocked"] == {"count": 0, "since": 0.0}
            await asyncio.sleep(60)
            for number in range(3):
                await stage.mail(number)
                await asyncio.sleep(60)
            await asyncio.sleep(24 * 3600)
            status = await stage.status()
        assert {line["counted"] for _, line in stage.lines} == {True}
        assert (stage.posts, stage.requests, stage.problems) == ([], [], [])
        return status

    status = virtual(scenario())
    assert status["blocked"] == {"count": 3, "since": START + 60}
    assert (status["outage"], status["next"]) == (None, None)


def test_an_outage_that_goes_on_says_how_many_were_refused(virtual):
    """Beside what was caught; they neither keep it open nor make anybody look."""

    async def scenario():
        stage = Stage(ENV)
        async with stage.open():
            await stage.mail(1, sender="a@b.example")
            await asyncio.sleep(1800)
            asked = len(stage.requests)
            for number in range(2, 4):
                await stage.mail(number)
                await asyncio.sleep(1800)
            assert len(stage.requests) == asked
            outage = (await stage.status())["outage"]
            await asyncio.sleep(6 * 3600)
            await stage.mail(4)
            await asyncio.sleep(60)
            after = await stage.status()
        return outage, after, stage.seen()

    outage, after, seen = virtual(scenario())
    assert (outage["caught"], outage["blocked"], outage["ended"]) == (1, 2, 0)
    assert (after["outage"]["blocked"], after["blocked"]["count"]) == (2, 3)
    assert [at for at, _ in seen] == [0, 6 * 3600]
    assert "Refused by BLOCK: 2" in seen[-1][1]
