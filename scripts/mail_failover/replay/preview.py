"""What a replay would deliver; nothing is leased, fetched or written down."""

import time
from collections.abc import Sequence
from pathlib import Path

from mail_failover.console.exit_codes import DONE
from mail_failover.console.voice import Voice
from mail_failover.door.answers import Copy
from mail_failover.door.client import Door
from mail_failover.door.errors import Unopened
from mail_failover.door.journal import Journal, journal_folder
from mail_failover.door.sealed import key_for
from mail_failover.door.wording import about, facts, messages

from .round import is_wanted


async def preview(door: Door, state: Path, only: Sequence[str], limit: int, voice: Voice) -> int:
    """Show what a round would hand over by now.

    Raises:
        DoorError: by meaning.
        UsageError, DiskError: the journal can't be read.

    """
    found = [copy async for copy in door.copies() if is_wanted(copy, only)]
    home = _home(found, state, door)
    waiting = [copy for copy in found if copy.state == "waiting" and copy.id not in home]
    leased = sum(copy.state == "leased" for copy in found)
    due = [copy for copy in waiting if only or copy.due <= time.time()]
    shown = list[Copy]()
    for copy in due[: limit or None]:
        put_off = f": {copy.words}" if copy.words else ""
        try:
            key_for(copy, door.keys)
        except Unopened as error:
            voice.say(f"could not be opened  {about(copy)}: {error.why}")
            voice.say(f"  {error.fix}")
        else:
            shown.append(copy)
            voice.say(f"would be delivered  {about(copy)}{put_off}")
    voice.say(f"{messages(len(shown))} of {len(waiting)} would be handed over; nothing was changed.")
    if early := len(waiting) - len(due):
        voice.say(f"{messages(early)} put off, and not due yet; --only brings them all the same.")
    if home:
        voice.say(f"{messages(len(home))} came home before; the spool would only be told.")
    if leased:
        voice.say(f"{messages(leased)} in another run's hands, or in those of one that was cut off.")
    return voice.end(DONE, messages=[facts(copy) for copy in shown], waiting=len(waiting), leased=leased)


def _home(copies: Sequence[Copy], state: Path, door: Door) -> set[str]:
    journal = Journal.find(journal_folder(state, door.address))
    if journal is None:
        return set()
    with journal:
        return {
            copy.id
            for copy in copies
            if copy.state in {"waiting", "leased"} and journal.get(copy.id, copy.sha256).state == "delivered"
        }
