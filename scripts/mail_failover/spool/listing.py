"""What the spool has, what of it can be opened here, and how full it is."""

import time
from typing import Any

from mail_failover.console.exit_codes import DONE
from mail_failover.console.text import byte_count
from mail_failover.door.answers import Copy, Status
from mail_failover.door.errors import Unopened
from mail_failover.door.keys import Keys
from mail_failover.door.sealed import key_for
from mail_failover.door.wording import about, all_facts, fate_of, messages, moment, spool_facts

from .run import Visit

_STYLES = {"refused": "bold red", "delivered": "green"}


async def show_list(visit: Visit) -> int:
    """List all copies, the oldest first."""
    copies = [copy async for copy in visit.door.copies()]
    status = await visit.door.status()
    closed = {copy.id: error for copy in copies if (error := _closed(copy, visit.door.keys))}
    for copy in copies:
        visit.voice.say(line_of(copy, closed.get(copy.id)), _STYLES.get(copy.state, ""))
    visit.voice.say(_sum(status, visit.door.address.domain))
    if closed:
        visit.voice.say(f"{messages(len(closed))} can't be opened here:")
        for fix in dict.fromkeys(error.fix for error in closed.values()):
            visit.voice.say(f"  {fix}")
    if status.refused:
        visit.voice.say(f"`{visit.again.spool('retry', 'ID')}` lets the next replay hand one over again.")
    listed = [_facts(copy, closed.get(copy.id)) for copy in copies]
    return visit.voice.end(DONE, copies=listed, spool=spool_facts(status))


def line_of(copy: Copy, closed: Unopened | None = None) -> str:
    """Return a line about a copy; `closed` is why it can't be opened here."""
    words = f": {copy.words}" if copy.words else ""
    waits = f"; not before {moment(copy.due)}" if copy.state == "waiting" and copy.due > time.time() else ""
    sealed = f", encrypted{f' ({closed.why})' if closed else ''}" if copy.sealed else ""
    caught = f"caught {moment(copy.caught)}, {fate_of(copy)}"
    return f"{copy.state:9}  {about(copy)}  {caught}{sealed}{words}{waits}"


def _closed(copy: Copy, keys: Keys) -> Unopened | None:
    try:
        key_for(copy, keys)
    except Unopened as error:
        return error
    return None


def _facts(copy: Copy, closed: Unopened | None) -> dict[str, Any]:
    return {**all_facts(copy), "key": copy.key, "closed": closed.why if closed else ""}


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
