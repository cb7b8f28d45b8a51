"""One drill from end to end: into the inbox first, to the edge, and back to the inbox."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from mail_failover.console.background import in_background
from mail_failover.console.next_step import Again
from mail_failover.mail.resolver import DnsError

from .inbox import AGAIN, WORKER_FIELD, Arrival, Inbox, InboxError
from .report import Drill, Step, Verdict
from .send import Clock, Host, hand_in, new_token, write_drill

T = TypeVar("T")

OPEN_SECONDS = 30.0
POLL_SECONDS = 5.0
CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ports:
    """What a drill needs from outside.

    `find_hosts` names the edge's hosts; `open_inbox` connects to the fallback inbox and blocks, None leaves
    it alone; `clock` and `pause` are in seconds; `via` is the HOST:PORT that stands in for the edge;
    `again` words the next steps, and `options` are what a drill that is done again is to be given, too.
    """

    find_hosts: Callable[[], Awaitable[Sequence[Host]]]
    open_inbox: Callable[[], Inbox] | None = None
    clock: Clock = time.monotonic
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    via: str = ""
    options: Sequence[str] = ()
    again: Again = field(default_factory=Again)


async def follow(sender: str, recipient: str, wait: float, ports: Ports) -> Drill:
    """Send one drill and follow it as far as can be seen; `wait` seconds for its arrival.

    One that is cancelled, as by Ctrl-C, says all the same what became of its message.
    """
    token = new_token()
    drill, content = write_drill(sender, recipient, token)
    drill.via = ports.via
    try:
        return await _drill(drill, content, token, wait, ports)
    except asyncio.CancelledError:
        # What was known by then stays known: a refusal, or an arrival.
        return drill.end(Verdict.CUT_OFF) if drill.open and drill.offered else drill


async def _drill(drill: Drill, content: bytes, token: str, wait: float, ports: Ports) -> Drill:
    try:
        inbox = await _open(drill, ports)
    except InboxError as error:
        drill.steps.append(Step("fallback inbox", ok=False, words=error.words, seconds=0, fix=error.fix))
        return drill.end(Verdict.NO_INBOX)
    try:
        return await _send_and_find(drill, content, token, wait, inbox, ports)
    finally:
        if inbox:
            await _close(inbox)


async def _open(drill: Drill, ports: Ports) -> Inbox | None:
    """Look into the inbox before anything is sent, so that a wrong password costs no drill."""
    if ports.open_inbox is None:
        return None
    start = ports.clock()
    inbox = await _within(OPEN_SECONDS, ports.open_inbox)
    try:
        words = await _within(OPEN_SECONDS, inbox.open, inbox)
    except InboxError:
        await _close(inbox)
        raise
    drill.steps.append(Step("fallback inbox", ok=True, words=words, seconds=ports.clock() - start))
    return inbox


async def _close(inbox: Inbox) -> None:
    with contextlib.suppress(InboxError):
        await _within(CLOSE_SECONDS, inbox.close, inbox)


async def _within(seconds: float, work: Callable[[], T], inbox: Inbox | None = None) -> T:
    """Wait for blocking work on the inbox, at most that long; then cut its connection, if there is one.

    The connection's own timeout starts anew with every byte.
    """
    try:
        async with asyncio.timeout(seconds):
            return await in_background(work)
    except TimeoutError:
        if inbox:
            inbox.cut()
        raise InboxError(f"no end of the answer within {seconds:.0f} s", AGAIN) from None


async def _send_and_find(  # noqa: PLR0913, PLR0917 - the parts of one drill
    drill: Drill, content: bytes, token: str, wait: float, inbox: Inbox | None, ports: Ports
) -> Drill:
    start = ports.clock()
    try:
        hosts = await ports.find_hosts()
    except DnsError as error:
        about = ("--to", drill.recipient, "--from", drill.sender)
        via = ports.again.drill(*about, "--via", "HOST:PORT", *ports.options)
        fix = f"Set the domain up first: `{ports.again.setup('plan')}`. Or name a server: `{via}`"
        drill.steps.append(Step("MX hosts of the edge", False, str(error), ports.clock() - start, fix))
        return drill.end(Verdict.UNREACHABLE)
    if not await hand_in(drill, content, hosts, ports.clock, ports.again.setup("plan")):
        return drill
    if inbox is None:
        return drill.end(Verdict.ACCEPTED)
    return await _find(drill, token, wait, inbox, ports)


async def _find(drill: Drill, token: str, wait: float, inbox: Inbox, ports: Ports) -> Drill:
    start = ports.clock()
    look = partial(inbox.find, drill.message_id, token)
    while True:
        # The last look begins when the time is up, and takes a moment, too.
        left = max(wait - (ports.clock() - start), POLL_SECONDS)
        try:
            arrival = await _within(left, look, inbox)
        except InboxError as error:
            drill.steps.append(Step("arrival", False, error.words, ports.clock() - start, error.fix))
            return drill.end(Verdict.UNSEEN)
        waited = ports.clock() - start
        if arrival:
            drill.steps.append(Step("arrival", ok=True, words=f"found in {arrival.folder}", seconds=waited))
            return _judge(drill, arrival, ports.again)
        if waited >= wait:
            drill.steps.append(Step("arrival", ok=False, words="not there", seconds=waited))
            return drill.end(Verdict.MISSING)
        await ports.pause(min(POLL_SECONDS, wait - waited))


def _judge(drill: Drill, arrival: Arrival, again: Again) -> Drill:
    """Look at the copy: only the Worker's own header field shows that it did not come past the Worker."""
    drill.authentication = arrival.authentication
    drill.worker_seen = arrival.marked
    words = f"the copy {'carries' if arrival.marked else 'lacks'} the Worker's field {WORKER_FIELD}"
    past = (
        "A rule for this address may take it past the Worker, and then nobody is told: "
        f"`{again.doctor()}` shows such rules, with a token."
    )
    fix = "" if arrival.marked else past
    drill.steps.append(Step("Worker", arrival.marked, words, 0, fix))
    if arrival.junk:
        return drill.end(Verdict.JUNK)
    return drill.end(Verdict.DELIVERED if arrival.marked else Verdict.UNMARKED)
