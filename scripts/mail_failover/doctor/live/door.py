"""The spool's door: whether it answers to its token alone, and what it says of the spool."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from mail_failover.console.next_step import Again, Homeward, spelled_out
from mail_failover.doctor.report import Check, Topic
from mail_failover.door.address import Address
from mail_failover.door.answers import Copy, Standing
from mail_failover.door.client import Door
from mail_failover.door.errors import Closed, DoorError
from mail_failover.door.keys import Keys
from mail_failover.door.options import KEYS, STATE
from mail_failover.door.standing import is_nearly_full
from mail_failover.door.wording import messages, moment

DOOR = Topic("live.door", "Spool's door")
# Of the days for which a copy is kept: three weeks of thirty days.
_OLD = 0.7
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Knock:
    """How to try the door: at this address, or not at all, with the reason and what to do.

    `days`: for how many a copy is kept; `again` and `homeward` word the next steps, `this` is doctor as it
    was typed; `now` is the time in seconds since 1970.
    """

    address: Address | None = None
    reason: str = "no --url says where it is"
    fix: str = ""
    days: int = 30
    again: Again = field(default_factory=Again)
    homeward: Homeward = field(default_factory=Homeward)
    this: str = ""
    transport: httpx.AsyncBaseTransport | None = None
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    now: Callable[[], float] = time.time


async def check_door(knock: Knock) -> Check:
    """Ask with the token, without one, and with a wrong one: one try each, since ten close the door."""
    if knock.address is None:
        return DOOR.skipped(knock.reason, knock.fix)
    # No copy is fetched, so none is opened.
    async with Door(knock.address, Keys(STATE / KEYS), transport=knock.transport, pause=knock.pause) as door:
        try:
            return await _try(door, knock)
        except DoorError as error:
            return DOOR.failed(error.what.rstrip("."), spelled_out(error.fix, knock.this))


async def _try(door: Door, knock: Knock) -> Check:
    place = door.address.place
    try:
        standing = await door.standing()
    except Closed:
        return await _closed(door, knock)
    for who, token in (("without a token", ""), ("with a wrong token", secrets.token_urlsafe(32))):
        stranger = await door.stranger(token)
        if not stranger.is_sent_away:
            return DOOR.failed(
                f"{place} answers {stranger.status} {who}, and not the empty 404 of the Worker",
                f"Look what stands before the Worker; {knock.again.put('a new SPOOL_TOKEN')}",
            )
    # What is home may be many pages.
    waits = standing.spool.waiting + standing.spool.leased
    return _judged(standing, await _oldest(door) if waits else None, knock, place)


async def _closed(door: Door, knock: Knock) -> Check:
    """Find out what a 404 is that came in spite of the token."""
    place, again = door.address.place, knock.again
    if (await door.stranger()).has_body:
        return DOOR.failed(
            f"{place} answers 404 with a page, which the Worker does not have: it is not there",
            "Check --url. Is `workers_dev = false` in what is deployed?"
            f" `{again.setup('door', '--workers-dev')}`, then `{again.deploy()}`",
        )
    return DOOR.failed(
        f"{place} answers 404 to this token as to none: the Worker has no SPOOL_TOKEN, or another one; or ten"
        " wrong ones within a minute have closed the door for a minute",
        f"Wait a minute, then `{knock.this}`; if it stays, {again.put('SPOOL_TOKEN')}",
    )


async def _oldest(door: Door) -> Copy | None:
    """Return the oldest copy that is yet to come home."""
    async for copy in door.copies():
        if copy.state in {"waiting", "leased"}:
            return copy
    return None


def _judged(standing: Standing, oldest: Copy | None, knock: Knock, place: str) -> Check:
    spool, homeward = standing.spool, knock.homeward
    found, fixes = [], []
    if spool.refused:
        found.append(f"{messages(spool.refused)} refused by your server")
        fixes.append(
            f"`{homeward.spool('list')}` says why, `{homeward.spool('retry', 'ID')}` tries one again"
        )
    if oldest and oldest.caught < knock.now() - _OLD * knock.days * _DAY_SECONDS:
        found.append(
            f"nobody fetched what was caught on {moment(oldest.caught)}; it goes after {knock.days} days"
        )
        fixes.append(f"on your mail server: `{homeward.replay()}`")
    if is_nearly_full(spool):
        found.append(f"the spool is {100 * spool.bytes // max(spool.most, 1)} % full")
        fixes.append("fetch what it has, drop what you don't need, or raise SPOOL_MB")
    if found:
        return DOOR.warned(f"{place} answers: {'; '.join(found)}", _sentence(fixes))
    waiting = spool.waiting + spool.leased
    return DOOR.passed(f"{place} answers to the token alone; {messages(waiting)} to come home")


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}"
