"""The five acts of the demo, each checked from the mailboxes it leaves."""

from collections.abc import Awaitable, Callable, Sequence

from mail_failover.emulator.actors import letters
from mail_failover.emulator.actors.sender import Sent
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.faults import Fault

from .stage import Stage


async def _act_1(stage: Stage) -> bool:
    letter = letters.lunch()
    stage.at_primary.append(letter)
    sent, posts = await stage.send(letter)
    return stage.check(
        "the primary has it, the inbox has nothing, no chat was told", sent is Sent.TAKEN, not _new(posts)
    )


async def _act_2(stage: Stage) -> bool:
    await stage.experiment.stop_primary()
    booking, burst = letters.booking(), letters.burst()
    stage.at_inbox += [booking, *burst]
    sent, first = await stage.send(booking)
    all_sent, none = await stage.send_all(burst)
    later = await stage.let_pass(600, "ten minutes")
    return stage.check(
        "the inbox has all eight, each once and byte for byte; two alerts, and nothing in a chat is live",
        {sent, *all_sent} == {Sent.TAKEN},
        _everyone_told(first),
        not _new(none),
        _everyone_told(later),
        [post.service for post in later if post.edits] == ["telegram"],
    )


async def _act_3(stage: Stage) -> bool:
    stage.experiment.emulator.faults.add(Fault("forward", "transient"))
    letter = letters.plumber()
    sent, posts = await stage.send(letter)
    waiting = [each.letter for each in stage.experiment.sender.queue]
    kept = sent is Sent.KEPT and waiting == [letter] and _everyone_told(posts)
    held = stage.check("no mailbox has it; the sender keeps it", kept)
    stage.experiment.emulator.faults.clear()
    stage.say("  inbox    works again")
    stage.at_inbox.append(letter)
    again, posts = await stage.retry()
    taken = again == [Sent.TAKEN] and not stage.experiment.sender.queue
    posts += await stage.let_pass(60, "sixty seconds")
    edits = [post.edits != "" for post in posts]
    return (
        stage.check("the inbox has it, once and byte for byte; the first alert says so", taken, *edits)
        and held
    )


async def _act_4(stage: Stage) -> bool:
    stage.experiment.emulator.deploy(SPOOL_TOKEN=stage.token)
    stage.experiment.emulator.faults.add(Fault("forward", "permanent"))
    letter = letters.tickets()
    stage.held.append(letter)
    sent, posts = await stage.send(letter)
    told = _everyone_told(posts) and all("it is held" in post.seen for post in _new(posts))
    return stage.check(
        "no mailbox has it, its sender is done with it: the spool holds it", sent is Sent.TAKEN, told
    )


async def _act_5(stage: Stage) -> bool:
    await stage.experiment.start_primary()
    thanks = letters.thanks()
    stage.at_primary.append(thanks)
    sent, none = await stage.send(thanks)
    stage.at_primary += stage.held
    stage.experiment.primary.envelopes.clear()
    # The outage's end is told when the primary is asked next, which may be at once.
    home, posts = await stage.replay()
    envelopes = [(letter.sender, [letter.recipient]) for letter in stage.held]
    posts += await stage.let_pass(300, "five minutes")
    told = _everyone_told(posts) and all("1 of 1 kept messages is home" in p.seen for p in _new(posts))
    return stage.check(
        "the primary has both, once, byte for byte and with their envelopes; the chats were told",
        *(sent is Sent.TAKEN, not _new(none), home, stage.experiment.primary.envelopes == envelopes, told),
    )


def _everyone_told(posts: Sequence[Post]) -> bool:
    """Tell whether each chat got one new message, and nothing that one could click or be called by."""
    return sorted(p.service for p in _new(posts)) == ["slack", "telegram"] and not any(p.live for p in posts)


def _new(posts: Sequence[Post]) -> list[Post]:
    """Leave out edits: on a page, where time passes between the acts, some come due in the next one."""
    return [post for post in posts if not post.edits]


ACTS: tuple[tuple[str, Callable[[Stage], Awaitable[bool]]], ...] = (
    ("your server is up", _act_1),
    ("your server is down", _act_2),
    ("your server is down, and the inbox fails for a while", _act_3),
    ("no inbox works, and now the Worker has a spool (SPOOL_TOKEN)", _act_4),
    ("your server is back, and fetches what was held", _act_5),
)
"""Each act with its title; it tells whether all is as it should be."""
