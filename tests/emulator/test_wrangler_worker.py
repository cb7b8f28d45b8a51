"""A Worker in another process keeps the edge's rules: what its runtime tells is done and judged here."""

import asyncio

import pytest

from mail_failover.emulator.faults import Faults, parse_fault
from mail_failover.emulator.routing.edge import Edge, Status
from mail_failover.emulator.routing.inbox import MemoryInboxes
from mail_failover.emulator.wrangler.process import Ran
from mail_failover.emulator.wrangler.worker import worker_behind

ONE, TWO, STRANGER = "one@inbox.example", "two@inbox.example", "stranger@inbox.example"
FIELDS = (("x-mail-failover", "abc"), ("subject", "other"))


class Runtime:
    """Stands in for `wrangler dev`: always tells the same, and logs when it is told to."""

    def __init__(self, ran):
        self.ran = ran
        self.asked = []
        self.events = asyncio.Queue()

    async def email(self, sender, recipient, raw):
        self.asked.append((sender, recipient, raw))
        return self.ran


def forwards(*inboxes):
    """Return what a runtime tells of forwards to these."""
    return tuple((inbox, FIELDS) for inbox in inboxes)


async def delivered(runtime, *faults):
    """Deliver one message; return the outcome, the inboxes and the log."""
    log, inboxes = [], MemoryInboxes()
    worker = worker_behind(runtime, log.append)
    edge = Edge(
        worker,
        {},
        inboxes,
        None,
        verified=[ONE, TWO],
        faults=Faults(map(parse_fault, faults)),
        log=log.append,
    )
    outcome = await edge.deliver("a@x.example", "b@y.example", b"Subject: hi\r\n\r\nx\r\n" * 1000)
    runtime.events.put_nowait("{}")
    assert await edge.drain(60)
    return outcome, inboxes.messages, log


def test_what_the_runtime_forwarded_is_delivered(virtual):
    """With `X-*` fields alone; the runtime was given the whole message."""
    runtime = Runtime(Ran(forwards(ONE, TWO)))
    outcome, messages, log = virtual(delivered(runtime))
    assert (outcome.status, outcome.inboxes, log) == (Status.ACCEPTED, (ONE, TWO), [])
    [copy] = messages[ONE]
    assert b"X-Mail-Failover: abc\r\n" in copy
    assert b"other" not in copy
    [(sender, recipient, raw)] = runtime.asked
    assert (sender, recipient) == ("a@x.example", "b@y.example")
    assert copy.endswith(raw)


@pytest.mark.parametrize(
    ("ran", "faults", "status", "reason", "inboxes"),
    [
        (Ran(forwards(STRANGER, ONE)), [], Status.ACCEPTED, "", (ONE,)),
        (Ran(forwards(STRANGER)), [], Status.DEFERRED, "no inbox took what the Worker forwarded", ()),
        (Ran(forwards(ONE)), ["forward=transient"], Status.DEFERRED, "no inbox took", ()),
        (Ran(raised="Error: x"), [], Status.DEFERRED, "Error: x", ()),
        (Ran(raised="no Message-ID", reached=False), [], Status.DEFERRED, "no Message-ID", ()),
        (Ran(forwards(ONE), raised="Error: x"), [], Status.ACCEPTED, "Error: x", (ONE,)),
        (Ran(rejected="no such person"), [], Status.REJECTED, "no such person", ()),
        (Ran(), [], Status.ACCEPTED, "no inbox has it", ()),
    ],
)
def test_the_verdict_is_the_edges(virtual, ran, faults, status, reason, inboxes):
    """Accepted only if an inbox has it or the Worker returned without forwarding."""
    outcome, messages, log = virtual(delivered(Runtime(ran), *faults))
    assert outcome.status is status
    assert reason in outcome.reason
    assert (outcome.inboxes, tuple(messages)) == (inboxes, inboxes)
    failed = len(ran.forwards) - len(inboxes)
    assert len([line for line in log if "did not take it, though the Worker was told so" in line]) == failed


def test_a_worker_that_logs_nothing_is_not_waited_for_for_ever(virtual):
    """What is under way ends by itself."""

    async def run():
        edge = Edge(worker_behind(Runtime(Ran()), print), {}, MemoryInboxes(), None)
        await edge.deliver("a@x.example", "b@y.example", b"x\r\n")
        return await edge.drain(26)

    assert virtual(run())
