"""The use case: the promises around delivery, alerts and loops."""

import asyncio
import json

import httpx
import pytest

from failover import handle as handle_module
from failover.delivery import mark_of, mark_of_copy
from failover.isolate import Isolate
from mail_failover.emulator.routing.edge import Delivery
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.runtime import javascript, objects, streams
from mail_failover.emulator.runtime.promises import JsPromise
from mail_failover.emulator.runtime.workers import Context
from standins.stage import Stage
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
        "forward_ms", "read_ms", "direct", "channels", "alert_ms",
    }  # fmt: skip
    assert len(line["message"]) == 16
    assert played.printed.count("\n") == 1


def test_a_forwarded_copy_carries_one_field_with_all_marks(virtual):
    """A second hop adds its mark to the first one's, so that a longer circle ends too."""
    copy = virtual(play(ONE, content=marked("bert@example.org"))).inboxes["one@inbox.example"][0]
    added = copy.split(b"\r\n")[1].decode()
    ours = f"{mark_of(RECIPIENT)} {mark_of_copy(RECIPIENT, 'one@inbox.example')}"
    assert added == f"X-Mail-Failover: {mark_of('bert@example.org')} {ours}"


def test_a_circle_of_two_domains_ends(virtual):
    """Anna's inbox is bert's address and the other way round: each gets one chance, then it stops."""
    hops, content, recipient = 0, MESSAGE, "anna@a.example"
    inbox = {"anna@a.example": "bert@b.example", "bert@b.example": "anna@a.example"}
    for _ in range(5):
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


@pytest.mark.parametrize("broken", ["skim", "describe", "dispatch", "destinations_of"])
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
    take = streams.ReadableStream.take

    async def counted(self, least, most):
        chunk = await take(self, least, most)
        taken.append(len(chunk))
        return chunk

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams.ReadableStream, "take", counted)
        played = virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * 5_000_000))
    assert played.status == "accepted"
    assert 64 * 1024 <= sum(taken) <= 64 * 1024 + 4096


def test_the_message_is_forwarded_before_it_is_read(virtual, monkeypatch):
    """Nothing that reading may do can come between a message and its inbox."""
    events = []
    take, store = streams.ReadableStream.take, MemoryInboxes.store

    async def taken(self, least, most):
        events.append("read")
        return await take(self, least, most)

    async def stored(self, *args):
        events.append("stored")
        return await store(self, *args)

    monkeypatch.setattr(streams.ReadableStream, "take", taken)
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

    async def hang(self, least, most):
        await asyncio.Event().wait()

    monkeypatch.setattr(streams.Reader, "_read", hang)
    played = virtual(play(ONE | TELEGRAM, capsys=capsys))
    assert played.status == "accepted"
    assert played.handler_seconds == 2
    assert played.log[0]["unread"] == "TimeoutError"
    assert RECIPIENT in played.posts[0].seen


@pytest.mark.parametrize("way", ["fails", "throws", "hangs"])
def test_a_rest_that_cannot_be_called_off_costs_no_preview(virtual, monkeypatch, way):
    """What was read stays read, and nobody waits."""

    async def ended():
        if way == "hangs":
            await asyncio.Event().wait()
        raise javascript.JsException("cannot cancel")

    def cancel(self, reason=None):
        if way == "throws":
            raise javascript.JsException("cannot cancel")
        return JsPromise(ended())

    monkeypatch.setattr(streams.Reader, "cancel", cancel)
    played = virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * 100_000))
    assert "Ihre Buchung" in played.posts[0].seen
    assert played.handler_seconds == 0


@pytest.mark.parametrize("size", [0, 10, 65536 - 1000, 200_000])
def test_a_stream_that_is_none_of_bytes_is_read_in_its_pieces(virtual, monkeypatch, size):
    """Whether production's is one is not known."""
    whole = streams.ReadableStream.getReader

    def pieces(self, options=None):
        if options is not None:
            raise javascript.JsException("This ReadableStream does not support BYOB reads.", "TypeError")
        return whole(self)

    read = []

    def skim(prefix, *args, **options):
        read.append(prefix)
        return handle_module.Mail()

    monkeypatch.setattr(handle_module, "skim", skim)
    virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * size))
    monkeypatch.setattr(streams.ReadableStream, "getReader", pieces)
    played = virtual(play(ONE | TELEGRAM, content=MESSAGE + b"x" * size))
    # What the edge puts before it has the second of the day in it.
    one, two = ((len(prefix), *prefix.partition(MESSAGE)[1:]) for prefix in read)
    assert one == two
    assert MESSAGE in read[0]
    assert played.seen.pulled <= 64 * 1024 + 4096
    assert played.seen.called_off == (size == 200_000)


def test_what_is_wrong_with_the_settings_is_told_once_in_six_hours(virtual):
    """With the alert of a message, not with every one; anew when the settings change."""
    isolate = Isolate()
    wrong = {"FALLBACK_INBOXES": ["one@inbox.example"], "ALERT_CODES": "hide"}

    def seen(env, now):
        isolate.settings(env)
        due = isolate.may_remind(now)
        if due:
            isolate.reminded(now)
        return due

    hour = 3600.0
    assert [seen(dict(wrong), hours * hour) for hours in (0, 1, 5.9, 6, 11, 12)] == [
        *(True, False, False, True, False, True),
    ]
    assert seen(wrong | {"ALERT_CODES": "show me"}, 12.1 * hour)
    assert not seen(ONE, 30 * hour)


def test_a_reminder_that_reached_nobody_is_given_again(virtual, capsys):
    """A chat that was down when it was told has not been told."""
    isolate = Isolate()
    env = ONE | TELEGRAM | {"ALERT_CODES": "hide"}
    lost = virtual(play(env, isolate=isolate, faults=["telegram=500"], capsys=capsys))
    first, second = (virtual(play(env, isolate=isolate)).posts for _ in range(2))
    assert lost.posts == []
    assert "ALERT_CODES" in first[0].seen
    assert "ALERT_CODES" not in second[0].seen


def test_settings_are_read_once_while_the_environment_stays_the_same(monkeypatch):
    """Equal values are the same environment, whichever objects hold them."""
    isolate = Isolate()
    first = isolate.settings({"FALLBACK_INBOXES": ["one@inbox.example"]})
    assert isolate.settings({"FALLBACK_INBOXES": ["one@inbox.example"]}) is first
    assert isolate.settings({"FALLBACK_INBOXES": ["two@inbox.example"]}).inboxes == ("two@inbox.example",)


def test_a_wait_until_that_raises_costs_no_message(virtual, capsys, monkeypatch):
    """The message is in its inbox: it must not be asked for again, and the log says that nobody was told."""

    def refuse(self, awaitable):
        raise javascript.JsException("too late")

    monkeypatch.setattr(Context, "waitUntil", refuse)
    played = virtual(play(ONE | TELEGRAM, capsys=capsys))
    assert played.status == "accepted"
    assert played.log[0]["untold"].startswith("JsException")


def test_durations_stand_in_the_log_line(virtual, capsys):
    """In whole milliseconds, each for what it says."""
    env = ONE | TELEGRAM
    [line] = virtual(
        play(
            env, faults=["forward=late:3", "telegram=429:2:x1"], capsys=capsys, verified=["one@inbox.example"]
        )
    ).log
    assert f"{line['forward_ms']} {line['read_ms']} {line['alert_ms']}" == "3000 0 2000"


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


def test_the_log_says_why_a_channel_was_not_told(virtual, capsys):
    """In the words of its error; of one that was told there is no reason."""
    [line] = virtual(play(ONE | TELEGRAM | SLACK_WEBHOOK, faults=["telegram=403"], capsys=capsys)).log
    telegram, slack = line["channels"]
    assert telegram.keys() == {"channel", "outcome", "attempts", "reason"}
    assert "TELEGRAM_CHAT_ID" in telegram["reason"]
    assert slack == {"channel": "slack webhook", "outcome": "sent", "attempts": 1}


def test_a_message_that_came_back_is_told_of_with_what_it_says(virtual):
    """Nobody else will show it."""
    mine = f"{mark_of(RECIPIENT)} {mark_of_copy(RECIPIENT, 'one@inbox.example')}"
    played = virtual(play(ONE | TELEGRAM, content=f"X-Mail-Failover: {mine}\r\n".encode() + MESSAGE))
    assert not played.inboxes
    assert "Ihre Buchung in Köln" in played.posts[0].seen


def test_settings_that_lose_mail_are_told_of_with_every_message(virtual):
    """Though six hours are not over: each of them is deferred."""
    isolate = Isolate()
    env = {"FALLBACK_INBOXES": ["one at inbox.example"]} | TELEGRAM
    for _ in range(2):
        played = virtual(play(env, isolate=isolate))
        assert played.status == "deferred"
        assert "FALLBACK_INBOXES: entry 1 is not a mail address" in played.posts[0].seen


def test_a_message_that_could_not_even_be_handed_to_the_spool_is_read_as_ever(virtual, monkeypatch):
    """Whether production's stream can cross is not known: the alert says what it would without a spool."""
    crossed = objects.crossed

    def refuse(value):
        if isinstance(value, streams.ReadableStream):
            raise javascript.JsException(
                'Could not serialize object of type "ReadableStream".', "DataCloneError"
            )
        return crossed(value)

    monkeypatch.setattr(objects, "crossed", refuse)
    stage = Stage(ONE | TELEGRAM | {"SPOOL_TOKEN": "t" * 43})

    async def scenario():
        async with stage.open():
            stage.fail("forward=transient")
            status = (await stage.mail(1)).status.value
            await stage.settle()
        return status

    assert virtual(scenario()) == "deferred"
    [(_, seen)] = stage.seen()
    assert "Subject: Booking 1" in seen
    assert "Not kept: the spool did not answer" in seen
