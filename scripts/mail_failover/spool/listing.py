"""What the spool has, and how full it is."""

import time

from mail_failover.console.exit_codes import DONE
from mail_failover.console.text import byte_count
from mail_failover.door.answers import Copy, Status
from mail_failover.door.wording import about, all_facts, fate_of, messages, moment, spool_facts

from .run import Visit

_STYLES = {"refused": "bold red", "delivered": "green"}


async def show_list(visit: Visit) -> int:
    """List all copies, the oldest first."""
    copies = [copy async for copy in visit.door.copies()]
    status = await visit.door.status()
    for copy in copies:
        visit.voice.say(line_of(copy), _STYLES.get(copy.state, ""))
    visit.voice.say(_sum(status, visit.door.address.domain))
    if status.refused:
        visit.voice.say(f"`{visit.again.spool('retry', 'ID')}` lets the next replay hand one over again.")
    return visit.voice.end(DONE, copies=[all_facts(copy) for copy in copies], spool=spool_facts(status))


def line_of(copy: Copy) -> str:
    """Return a line about a copy."""
    words = f": {copy.words}" if copy.words else ""
    waits = f"; not before {moment(copy.due)}" if copy.state == "waiting" and copy.due > time.time() else ""
    return f"{copy.state:9}  {about(copy)}  caught {moment(copy.caught)}, {fate_of(copy)}{words}{waits}"


def _sum(status: Status, domain: str) -> str:
    count = status.waiting + status.leased + status.refused + status.delivered
    if not count:
        return f"The spool of {domain} is empty."
    leased = f" ({status.leased} in a replay's hands)" if status.leased else ""
    return (
        f"{messages(count)}, {byte_count(status.bytes)} of {byte_count(status.most)}:"
        f" {status.waiting + status.leased} to come home{leased}, {status.refused} refused,"
        f" {status.delivered} home."
    )
