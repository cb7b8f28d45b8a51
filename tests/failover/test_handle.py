"""The use case: the promises around delivery, alerts and loops."""

import asyncio
import json

import httpx
import pytest

from failover import handle as handle_module
from failover.delivery import mark_of
from mail_failover.emulator.routing.edge import Delivery
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime import javascript
from standins.world import MESSAGE, RECIPIENT, SECRET, SLACK_WEBHOOK, TELEGRAM, play

ONE = {"FALLBACK_INBOXES": ["one@inbox.example"]}
SHAPES = pytest.mark.parametrize("shape", ["dict", "object"])


def marked(*recipients):
    """Return the message as it looks when it comes back from these recipients' inboxes."""
    return f"X-Mail-Failover: {' '.join(map(mark_of, recipients))}\r\n".encode() + MESSAGE


@SHAPES
def test_one_structured_line_per_message(virtual, capsys, shape):
    """The log line recognises a message without naming anyone."""
    played = virtual(play(ONE | TELEGRAM, shape=shape, capsys=capsys))
    [line] = played.log
    assert line.keys() == {
        "event", "size", "message", "outcome", "inboxes", "accepted", "forwards",
        "forward_ms", "read_ms", "channels", "alert_ms",
    }  # fmt: skip
    assert len(line["message"]) == 16
    assert played.printed.count("\n") == 1


def test_a_forwarded_copy_carries_one_field_with_all_marks(virtual):
    """A second hop adds its mark to the first one's, so that a longer circle ends too."""
    copy = virtual(play(ONE, content=marked("bert@example.org"))).inboxes["one@inbox.example"][0]
    added = copy.split(b"\r\n")[1].decode()
    assert added == f"X-Mail-Failover: {mark_of('bert@example.org')} {mark_of(RECIPIENT)}"


def test_a_circle_of_two_domains_ends(virtual):
    """Anna's inbox is bert's address and the other way round: each gets one chance, then it stops."""
    hops, content, recipient = 0, MESSAGE, "anna@a.example"
    inbox = {"anna@a.example": "bert@b.example", "bert@b.example": "anna@a.example"}
    while True:
        target = inbox[recipient]
        played = virtual(
            play({"FALLBACK_INBOXES": target}, recipient=recipient, content=content, verified=[target])
        )
        if not played.inboxes:
            break
        [content], recipient, hops = played.inboxes[target], target, hops + 1
    assert hops == 2


@SHAPES
@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        ("", RECIPIENT),
        ("a@b.example", "Anna+Urlaub@EXAMPLE.com"),
        ("jürgen@müller.example", "änne@münchen.example"),
        ("a@b.example", "änne@xn--mnchen-3ya.example"),
        ('"very odd"@b.example', '"q@q"@example.com'),
    ],
)
def test_unusual_envelopes_are_forwarded_and_told(virtual, sender, recipient, shape):
    """Bounces, details, mixed case, IDN and SMTPUTF8."""
    played = virtual(play(ONE | TELEGRAM, sender=sender, recipient=recipient, shape=shape))
    assert played.status == "accepted"
    assert recipient in played.posts[0].seen
    assert ("bounce" in played.posts[0].seen) == (sender == "")


def test_a_recipient_without_an_inbox_is_deferred_and_told(virtual):
    """Only routes are set, and none fits."""
    played = virtual(play({"ROUTES": {"bert@example.com": "one@inbox.example"}} | TELEGRAM))
    assert played.status == "deferred"
    assert "No inbox is set for this recipient" in played.posts[0].seen


@pytest.mark.parametrize("broken", ["skim", "caught", "dispatch", "channels_of"])
def test_a_bug_after_the_forward_costs_no_message_and_is_visible(virtual, capsys, monkeypatch, broken):
    """Parsing, wording and sending may all break: the message was accepted, and the log says what broke."""

    def bug(*args, **kwargs):
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(handle_module, broken, bug)
    played = virtual(play(ONE | TELEGRAM, capsys=capsys))
    assert played.status == "accepted"
    assert len(played.inboxes) == 1
    assert "ZeroDivisionError at bug:" in json.dumps(played.log)
    assert SECRET not in played.printed


def test_a_bug_in_skim_still_leaves_an_alert_with_the_envelope(virtual, monkeypatch):
    """Less is said, but it is said."""
    monkeypatch.setattr(handle_module, "skim", lambda *a, **k: 1 / 0)
    [post] = virtual(play(ONE | TELEGRAM)).posts
    assert RECIPIENT in post.seen
    assert "booking@hotel.example" in post.seen


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.InvalidURL])
def test_no_token_leaks_through_a_broken_connection(virtual, capsys, error):
    """What the runtime says of a failed request quotes the whole URL; nobody repeats it."""

    class Quoting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            raise error(f"cannot reach {request.url}")

    played = virtual(play(ONE | TELEGRAM | SLACK_WEBHOOK, transport=Quoting(), capsys=capsys))
    assert played.status == "accepted"
    assert [c["outcome"] for c in played.log[0]["channels"]] == ["no answer", "no answer"]
    assert SECRET not in played.printed


def test_redirects_are_not_followed(virtual, capsys):
    """A redirect could carry a token to another host: it is reported, not followed."""

    class Redirecting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            return httpx.Response(302, headers={"Location": "https://evil.example/"})

    played = virtual(play(ONE | TELEGRAM, transport=Redirecting(), capsys=capsys))
    assert len(played.requests) == 1
    assert played.log[0]["channels"][0]["outcome"] == "misconfigured"


def test_only_the_first_bytes_of_a_message_are_read(virtual):
    """A large message is read no further than 64 KiB and a chunk."""
    taken = []
    take = javascript.ReadableStream._take

    def counted(self):
        chunk = take(self)
        taken.append(len(chunk))
        return chunk

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(javascript.ReadableStream, "_take", counted)
        played = virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * 5_000_000))
    assert played.status == "accepted"
    assert sum(taken) <= 64 * 1024 + 4096


def test_the_message_is_forwarded_before_it_is_read(virtual, monkeypatch):
    """Nothing that reading may do can come between a message and its inbox."""
    events = []
    take, store = javascript.ReadableStream._take, MemoryInboxes.store

    def taken(self):
        events.append("read")
        return take(self)

    async def stored(self, *args):
        events.append("stored")
        await store(self, *args)

    monkeypatch.setattr(javascript.ReadableStream, "_take", taken)
    monkeypatch.setattr(MemoryInboxes, "store", stored)
    assert virtual(play(ONE | TELEGRAM)).status == "accepted"
    assert events[0] == "stored"
    assert "read" in events


@SHAPES
def test_alerts_do_not_hold_up_the_handler(virtual, shape):
    """The sender gets its answer at once; a chat that does not answer is waited for afterwards."""
    for faults in (["telegram=timeout"], ["telegram=timeout", "forward=transient"]):
        played = virtual(play(ONE | TELEGRAM, faults=faults, shape=shape))
        assert played.handler_seconds < 1
        assert played.total_seconds > 10


def test_a_stream_that_hangs_costs_two_seconds_and_no_message(virtual, capsys, monkeypatch):
    """The alert says what the envelope says."""

    async def hang(self):
        await asyncio.Event().wait()

    monkeypatch.setattr(javascript.Reader, "read", hang)
    played = virtual(play(ONE | TELEGRAM, capsys=capsys))
    assert played.status == "accepted"
    assert played.handler_seconds == 2
    assert played.log[0]["unread"] == "TimeoutError"
    assert RECIPIENT in played.posts[0].seen


def test_a_rest_that_cannot_be_called_off_costs_no_preview(virtual, monkeypatch):
    """What was read stays read."""

    async def broken(self, reason=None):
        raise javascript.JsException("cannot cancel")

    monkeypatch.setattr(javascript.Reader, "cancel", broken)
    played = virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * 100_000))
    assert "Ihre Buchung" in played.posts[0].seen


@SHAPES
def test_a_deferred_message_is_raised_and_told_with_its_subject(virtual, shape):
    """The exception is ours, by name, and the alert knows what waits."""
    played = virtual(play(ONE | TELEGRAM, faults=["forward=transient"], shape=shape))
    assert "DeliveryError" in played.reason
    assert "Ihre Buchung in Köln" in played.posts[0].seen


@SHAPES
def test_a_forward_that_promises_nothing_is_not_taken_for_a_delivery(virtual, capsys, monkeypatch, shape):
    """What nobody has seen is temporary: the sender keeps the message."""
    monkeypatch.setattr(Delivery, "forward", lambda self, *args: javascript.jsnull)
    played = virtual(play(ONE | TELEGRAM, shape=shape, capsys=capsys))
    assert played.status == "deferred"
    assert played.log[0]["forwards"] == ["temporary"]
