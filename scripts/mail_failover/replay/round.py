"""One round: what a run before left is told, then everything that is due comes home, the oldest first."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import count

from mail_failover.door.answers import Copy, Lease
from mail_failover.door.errors import Conflict, Gone, NotUnderstood

from .handover import Handover, Ports
from .report import Passed

# A message that was put off for a minute may come up again in a long round, but not all the time.
_MOST_TIMES = 20
_ELSEWHERE = "in another run's hands, or in those of one that was cut off"


def is_wanted(copy: Copy, only: Sequence[str]) -> bool:
    """Tell whether a copy is meant: by its id, its sender or its recipient; by nothing, all are."""
    names = {copy.id, copy.sender.lower(), copy.recipient.lower()}
    return not only or any(name.lower() in names for name in only)


async def play_round(ports: Ports, only: Sequence[str] = (), limit: int = 0) -> bool:
    """Bring home what is due, `limit` messages at most; return whether the Worker sees an outage.

    What `only` names comes also if it is not due yet; what can't come is noted.

    Raises:
        DoorError, NoServerError, DiskError, StoppedError: as `Handover.run`; the round ends there.

    """
    ports.clear()  # what a run left that was killed
    await _catch_up(ports)
    outage, times = False, Counter[str]()
    async for since, lease in _leases(ports, only, limit):
        outage = lease.outage
        for copy in lease.copies:
            times[copy.id] += 1
            if times[copy.id] > _MOST_TIMES:
                what = f"{ports.door.address.place} hands out {copy.id} again and again."
                raise NotUnderstood(what, "Does the Worker come from the same version as this command?")
            await Handover(ports, copy, lease.id, since).run()
    return outage


async def _leases(ports: Ports, only: Sequence[str], limit: int) -> AsyncIterator[tuple[float, Lease]]:
    """Lease one copy after the other, so that none waits in our hands while another is on its way."""
    if only:
        found = [copy async for copy in ports.door.copies() if is_wanted(copy, only)]
        for copy in found:
            if copy.state == "refused":
                ports.note(Passed(copy, "refused", f"before: {copy.words}"))
            elif copy.state == "leased":
                ports.note(Passed(copy, "elsewhere", _ELSEWHERE))
        for copy in [copy for copy in found if copy.state == "waiting"][: limit or None]:
            ports.stop.check()
            since = ports.clock()
            lease = await ports.door.lease(ids=(copy.id,))
            if not lease.copies:
                ports.note(Passed(copy, "elsewhere", _ELSEWHERE))
            yield since, lease
        return
    for turn in count(1):
        ports.stop.check()
        since = ports.clock()
        lease = await ports.door.lease(1)
        yield since, lease
        if not lease.copies or turn == limit:
            return


async def _catch_up(ports: Ports) -> None:
    """Tell what a run before could not, and give back what it had leased."""
    journal, door = ports.journal, ports.door
    for entry in journal.untold():
        with suppress(Conflict, Gone):
            await door.verdict(entry.id, entry.sha256, "delivered", words=entry.words)
        journal.tell(entry.id, entry.sha256)
    for entry in journal.held():
        with suppress(Conflict, Gone):
            await door.verdict(entry.id, entry.sha256, "later", lease=entry.lease, words=entry.words)
        journal.lease(entry.id, entry.sha256, "")
