"""The edge runs a Worker on a message as Cloudflare does, and judges what it did."""

import asyncio

import httpx
import pytest

from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.routing import edge as edge_module
from mail_failover.emulator.routing.edge import Edge, Status
from mail_failover.emulator.routing.inbox import InboxError, MemoryInboxes
from mail_failover.emulator.runtime.javascript import Headers, JsException, jsnull
from mail_failover.emulator.runtime.workers import WorkerEntrypoint, fetch

INBOX = "you@example.net"
RAW = b"Subject: hi\r\n\r\nbare\nlf \r cr \x80\xff\r\n"


def deliver(email, *, raw=RAW, sender="a@example.org", inboxes=None, faults=(), **options):
    """Deliver one message to a Worker whose handler is `email(self, message)`; return outcome and inboxes."""

    class Worker(WorkerEntrypoint):
        async def email(self, message, *_):
            await email(self, message)

    async def run():
        store = inboxes or MemoryInboxes()
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
            edge = Edge(
                Worker,
                {},
                store,
                client,
                verified=[INBOX, "second@example.net"],
                faults=Faults(map(parse_fault, faults)),
                **options,
            )
            outcome = await edge.deliver(sender, "anna@example.com", raw)
            await edge.drain()
            return outcome, store

    return asyncio.run(run())


async def forwards(_worker, message):
    """Forward as a Worker does under `wrangler dev`."""
    await message["forward"](INBOX, Headers.new([("X-Mine", "1"), ("Subject", "no")]))


def test_a_forwarded_message_ends_with_the_sent_bytes():
    """Before them stand only trace fields and the Worker's X- fields."""
    outcome, store = deliver(forwards)
    assert (outcome.status, outcome.inboxes) == (Status.ACCEPTED, (INBOX,))
    [copy] = store.messages[INBOX]
    assert copy.endswith(RAW)
    trace = copy.removesuffix(RAW).decode()
    assert trace.startswith("Return-Path: <a@example.org>\r\nX-Mine: 1\r\nReceived: ")
    assert trace.endswith("\r\nAuthentication-Results: mx.cloudflare.net; none\r\n")
    assert "no" not in trace.split("X-Mine")[0]


def test_the_worker_sees_the_edges_verdict_on_top():
    """In the stream, in the header fields and in the size."""
    seen = {}

    async def email(_worker, message):
        reader = message["raw"].getReader()
        chunks = []
        while not (chunk := await reader.read()).done:
            chunks.append(chunk.value.to_bytes())
        seen.update(raw=b"".join(chunks), size=message["rawSize"], longest=max(map(len, chunks)))
        seen["verdict"] = message["headers"].get("authentication-results")

    deliver(email, raw=RAW * 50, chunk=100)
    assert seen["raw"].startswith(b"Received: ")
    assert seen["raw"].endswith(RAW * 50)
    assert seen["size"] == len(seen["raw"])
    assert seen["longest"] == 100
    assert seen["verdict"] == "mx.cloudflare.net; none"


def test_a_message_is_a_dict_or_an_object():
    """Each shape offers only its own kind of access."""
    seen = []

    async def as_dict(_worker, message):
        seen.append(message["from"])
        with pytest.raises(AttributeError):
            _ = message.to

    async def as_object(_worker, message):
        seen.append(getattr(message, "from"))
        with pytest.raises(TypeError):
            message["to"]

    deliver(as_dict)
    deliver(as_object, shape="object")
    assert seen == ["a@example.org"] * 2


@pytest.mark.parametrize(
    ("address", "fault", "text"),
    [
        ("other@example.net", [], "Error: destination address not verified"),
        ("nonsense", [], "Error: destination address is invalid"),
        (INBOX, ["forward=unverified"], "Error: destination address not verified"),
        (INBOX, ["forward=invalid"], "Error: destination address is invalid"),
        (INBOX, ["forward=permanent"], "Error: could not send email: .*permanent error \\(550\\): 5.7.1 .*"),
        (INBOX, ["forward=transient"], "Error: could not send email: .*transient error \\(421\\): 4.7.28 .*"),
    ],
)
def test_a_forward_fails_with_productions_words(address, fault, text):
    """A Worker that lets the error through makes the sender keep the message."""
    failures = []

    async def email(_worker, message):
        try:
            await message["forward"](address)
        except JsException as error:
            failures.append(error)
            raise

    outcome, store = deliver(email, faults=fault)
    assert outcome.status is Status.DEFERRED
    assert store.messages == {}
    with pytest.raises(JsException, match=f"^{text}$"):
        raise failures[0]


def test_an_address_is_forwarded_to_once():
    """Case makes no difference, and the first copy counts."""

    async def email(_worker, message):
        await message["forward"](INBOX)
        await message["forward"](INBOX.upper())

    outcome, store = deliver(email)
    assert outcome.status is Status.ACCEPTED
    assert "message already forwarded to this destination" in outcome.reason
    assert len(store.messages[INBOX]) == 1


def test_an_address_that_failed_can_be_tried_again():
    """Only a copy that arrived makes a second one a duplicate."""

    async def email(_worker, message):
        with pytest.raises(JsException, match="transient"):
            await message["forward"](INBOX)
        assert await message["forward"](INBOX) is jsnull

    outcome, store = deliver(email, faults=["forward=transientx1"])
    assert (outcome.status, outcome.reason) == (Status.ACCEPTED, "")
    assert len(store.messages[INBOX]) == 1


def test_several_inboxes_are_independent():
    """One refusal does not disturb the other forward."""

    async def email(_worker, message):
        results = await asyncio.gather(
            message["forward"](INBOX), message["forward"]("second@example.net"), return_exceptions=True
        )
        assert [isinstance(result, JsException) for result in results] == [True, False]

    outcome, _ = deliver(email, faults=["forward=permanentx1"])
    assert outcome.inboxes == ("second@example.net",)


def test_a_dict_of_headers_fails():
    """The forward is refused and nothing delivered."""

    async def email(_worker, message):
        await message["forward"](INBOX, {"X-A": "1"})

    outcome, store = deliver(email)
    assert outcome.status is Status.DEFERRED
    assert store.messages == {}


@pytest.mark.parametrize("shape", ["dict", "object"])
def test_a_rejection_is_permanent(shape):
    """Its text is what the sender reads."""

    async def email(_worker, message):
        (message["setReject"] if shape == "dict" else message.setReject)("no thanks")

    outcome, _ = deliver(email, shape=shape)
    assert (outcome.status, outcome.reason) == (Status.REJECTED, "no thanks")


def test_a_worker_that_does_nothing_drops_the_message():
    """The sender is told it was accepted, as in production; the outcome tells us."""

    async def email(_worker, _message):
        pass

    outcome, _ = deliver(email)
    assert (outcome.status, outcome.reason, outcome.inboxes) == (Status.ACCEPTED, "no inbox has it", ())


def test_an_exception_before_a_forward_defers():
    """Also together with a rejection: our fault is never permanent."""

    async def email(_worker, message):
        message["setReject"]("no")
        raise ValueError("oops")

    outcome, _ = deliver(email)
    assert (outcome.status, outcome.reason) == (Status.DEFERRED, "the Worker raised ValueError: oops")


def test_an_exception_after_a_forward_leaves_it_delivered():
    """The sender does not hear of it."""

    async def email(worker, message):
        await forwards(worker, message)
        raise ValueError("oops")

    outcome, _ = deliver(email)
    assert (outcome.status, outcome.inboxes) == (Status.ACCEPTED, (INBOX,))


def test_a_forward_that_hangs_is_the_workers_to_bound():
    """Once the Worker gave up, nothing has been delivered."""

    async def email(_worker, message):
        await asyncio.wait_for(message["forward"](INBOX), 0.01)

    outcome, store = deliver(email, faults=["forward=hang"])
    assert (outcome.status, outcome.reason) == (Status.DEFERRED, "the Worker raised TimeoutError: ")
    assert store.messages == {}


def test_a_worker_that_never_ends_is_ended(monkeypatch):
    """The edge has a bound of its own."""
    monkeypatch.setattr(edge_module, "WALL_SECONDS", 0.01)

    async def email(_worker, message):
        await message["forward"](INBOX)

    outcome, _ = deliver(email, faults=["forward=hang"])
    assert (outcome.status, outcome.reason) == (Status.DEFERRED, "the Worker took over 0.01 s")


@pytest.mark.parametrize(("permanent", "kind"), [(True, "permanent"), (False, "transient")])
def test_an_inboxs_refusal_becomes_productions_text(permanent, kind):
    """With the inbox's own code and text."""

    class Refusing:
        async def store(self, *_):
            raise InboxError("554 5.2.2 full", permanent=permanent)

    outcome, _ = deliver(forwards, inboxes=Refusing())
    assert f"{kind} error (554): 5.2.2 full" in outcome.reason


def test_what_waits_runs_on_after_an_exception():
    """`waitUntil` works for a failed delivery too, with `fetch` at hand."""
    told = []

    async def tell():
        await asyncio.sleep(0)
        told.append((await fetch("https://example.org/")).status)

    async def email(worker, _message):
        worker.ctx.waitUntil(tell())
        raise ValueError("oops")

    outcome, _ = deliver(email)
    assert outcome.status is Status.DEFERRED
    assert told == [200]


def test_what_fails_while_waiting_is_logged():
    """It changes nothing for the message."""
    lines = []

    async def fail():
        raise ValueError("oops")

    async def email(worker, message):
        await forwards(worker, message)
        worker.ctx.waitUntil(fail())

    outcome, _ = deliver(email, log=lines.append)
    assert outcome.status is Status.ACCEPTED
    assert lines == ["waitUntil: ValueError: oops"]


def test_draining_is_bounded():
    """What does not end in time is cancelled."""

    class Worker(WorkerEntrypoint):
        async def email(self, *_):
            self.ctx.waitUntil(asyncio.Event().wait())

    async def run():
        async with httpx.AsyncClient() as client:
            edge = Edge(Worker, {}, MemoryInboxes(), client)
            await edge.deliver("", "anna@example.com", RAW)
            return await edge.drain(0.01), await edge.drain()

    assert asyncio.run(run()) == (False, True)


def test_a_bounce_has_an_empty_sender():
    """Its copy has an empty Return-Path."""
    _, store = deliver(forwards, sender="")
    assert store.messages[INBOX][0].startswith(b"Return-Path: <>\r\n")


def test_a_header_section_full_of_one_field_is_read_in_time():
    """Its cost grows with its length and no faster."""
    outcome, _ = deliver(forwards, raw=b"a:b\r\n" * 300_000 + b"\r\n")
    assert outcome.status is Status.ACCEPTED


def test_an_address_cannot_break_the_trace():
    """A line end in it is left out."""
    _, store = deliver(forwards, sender="a\r\nX-Evil: 1@example.org")
    assert store.messages[INBOX][0].startswith(b"Return-Path: <aX-Evil: 1@example.org>\r\n")


def test_a_forward_that_the_worker_gave_up_can_be_tried_again():
    """Nothing says that it arrived."""
    go = asyncio.Event()

    class Slow(MemoryInboxes):
        async def store(self, address, sender, content):
            await go.wait()
            return await super().store(address, sender, content)

    async def email(_worker, message):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(message["forward"](INBOX).future, 0.01)
        go.set()
        await message["forward"](INBOX)

    outcome, store = deliver(email, inboxes=Slow())
    assert (outcome.status, outcome.reason) == (Status.ACCEPTED, "")
    assert len(store.messages[INBOX]) == 1
