"""What a person wants to become of copies: handed over again, or deleted."""

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.text import byte_count
from mail_failover.door.answers import Copy
from mail_failover.door.errors import Conflict, DoorError, Gone, Refused
from mail_failover.door.journal import Journal
from mail_failover.door.wording import about, fate_of, messages

from .run import Visit

_RESTORE = "For 30 days whoever may deploy the Worker can restore what was deleted (point-in-time recovery)."


async def retry_copy(visit: Visit, copy_id: str) -> int:
    """Let the next replay hand a copy over again; the journal here forgets first that it is home."""
    copy = await visit.find(copy_id)
    if copy.state == "leased":
        visit.voice.fail(
            "Conflict", f"{copy.id} is in a replay's hands just now.", "Try again in ten minutes."
        )
        return visit.voice.end(PROBLEM)
    journal = Journal.find(visit.folder)
    try:
        await _again(visit, copy, journal)
    finally:
        if journal:
            journal.close()
    visit.voice.say(f"to be handed over again  {about(copy)}")
    was = f"It was {copy.state} before" if copy.state != "waiting" else "It waits"
    visit.voice.say(f"{was}; `{visit.again.replay()}` with your --to brings it.")
    return visit.voice.end(DONE, id=copy.id, state="waiting", before=copy.state)


async def _again(visit: Visit, copy: Copy, journal: Journal | None) -> None:
    """Say so to the door; if it says no, all is as it was in the journal."""
    known = journal.get(copy.id, copy.sha256) if journal else None
    if journal and known:
        journal.again(known)
    try:
        await visit.door.verdict(copy.id, copy.sha256, "again")
    except Refused:
        if journal and known:
            journal.restore(known)
        raise


async def drop_copy(visit: Visit, copy_id: str, *, yes: bool) -> int:
    """Delete a copy, once a person has said so."""
    copy = await visit.find(copy_id)
    visit.voice.say(f"{copy.state}  {about(copy)}; {fate_of(copy)}")
    again = visit.again.spool("drop", copy.id, "--yes")
    if not visit.may(f"Delete it? {_weight([copy])}", again, yes=yes):
        return visit.voice.end(PROBLEM)
    await visit.door.drop(copy)
    visit.voice.say(f"Deleted. {_RESTORE}")
    return visit.voice.end(DONE, deleted=[copy.id])


async def drop_all(visit: Visit, *, yes: bool) -> int:
    """Delete what the spool has by now, once a person has said so; what comes meanwhile stays."""
    copies = [copy async for copy in visit.door.copies()]
    if not copies:
        visit.voice.say(f"The spool of {visit.door.address.domain} is empty.")
        return visit.voice.end(DONE, deleted=[])
    size = byte_count(sum(copy.size for copy in copies))
    visit.voice.say(f"{messages(len(copies))}, {size}. {_weight(copies)}")
    if not visit.may("Delete all of them?", visit.again.spool("empty", "--yes"), yes=yes):
        return visit.voice.end(PROBLEM)
    deleted = list[str]()
    visit.voice.values["deleted"] = deleted
    for copy in copies:
        try:
            await visit.door.drop(copy)
        except (Gone, Conflict) as error:
            visit.voice.complain(error.what)
        except DoorError:
            visit.voice.say(f"{len(deleted)} of {messages(len(copies))} deleted before it failed.")
            raise
        else:
            deleted.append(copy.id)
    visit.voice.say(f"{len(deleted)} of {messages(len(copies))} deleted. {_RESTORE}")
    return visit.voice.end(DONE if len(deleted) == len(copies) else PROBLEM)


def _weight(copies: list[Copy]) -> str:
    """Say how many of these may be nowhere else."""
    alone = sum(copy.state != "delivered" and copy.fate != "forwarded" for copy in copies)
    if not alone:
        return (
            "Your server or an inbox has it." if len(copies) == 1 else "Your server or an inbox has them all."
        )
    return (
        "Nobody else may have it." if len(copies) == 1 else f"Of {messages(alone)} this may be the only copy."
    )
