"""A test alert through every channel that the settings name."""

from typing import TYPE_CHECKING

import httpx

from mail_failover.console.next_step import Again
from mail_failover.messenger.alert import Told, send_test
from mail_failover.messenger.matrix import UNENCRYPTED, is_encrypted
from mail_failover.settings.local import Local

from .report import Check, Topic

if TYPE_CHECKING:
    from failover.chats import MatrixSettings


def chat_topic(name: str) -> Topic:
    """Name the check of one channel."""
    return Topic("chat.alert", f"Test alert: {name}")


CHANNELS = chat_topic("channels")
ROOM = Topic("chat.room", "Matrix's room")


async def chat_checks(
    local: Local | None, domain: str, again: Again, transport: httpx.AsyncBaseTransport | None = None
) -> list[Check]:
    """Send the alert and report on each channel. Secrets come from .dev.vars: the account's can't be read."""
    if local is None:
        return [
            CHANNELS.skipped(
                "no settings here", f"Name the file: `{again.doctor('--chat', '--config', 'PATH')}`"
            )
        ]
    command = "mail-failover doctor --chat"
    told = await send_test(local.settings, domain, again, sender=command, transport=transport)
    if not told:
        return [
            CHANNELS.failed(
                f"no complete channel in {local.sources}: nobody would be told",
                f"Set one up: `{again.chats()}`.",
            )
        ]
    checks = [_check(each) for each in told]
    for whose, matrix in _rooms(local).items():
        if await is_encrypted(matrix.homeserver, matrix.room, matrix.token, transport):
            found = (
                f"{f'for {whose}: ' * bool(whose)}encrypted, and the Worker encrypts nothing: it writes there"
            )
            then = "write its id into ALERTS" if whose else f"`{again.chats('matrix', '--room', 'ID')}`"
            checks.append(ROOM.warned(f"{found} in the clear", f"{UNENCRYPTED}. Then {then}."))
    return checks


def _rooms(local: Local) -> "dict[str, MatrixSettings]":
    """Return each room that is told, by whose mail it is told of; the usual one by nobody."""
    from failover.audience import audiences  # noqa: PLC0415 - found beside the Worker

    found = {
        way.settings: audience.name
        for audience in reversed([*audiences(local.settings)])
        for way in audience.ways
        if way.name == "matrix"
    }
    return {whose: matrix for matrix, whose in found.items()}


def _check(told: Told) -> Check:
    topic = chat_topic(told.channel)
    if told.state == "sent":
        return topic.passed(told.found)
    judge = topic.warned if told.state == "unclear" else topic.failed
    return judge(told.found, told.fix)
