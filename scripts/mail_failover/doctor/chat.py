"""A test alert through every channel that the settings name."""

import httpx

from mail_failover.console.next_step import Again
from mail_failover.messenger.alert import Told, send_test
from mail_failover.messenger.matrix import UNENCRYPTED, is_encrypted
from mail_failover.settings.local import Local

from .report import Check, Topic


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
    if (matrix := local.settings.matrix) and await is_encrypted(
        matrix.homeserver, matrix.room, matrix.token, transport
    ):
        found = "encrypted, and the Worker encrypts nothing: it writes there in the clear"
        checks.append(ROOM.warned(found, f"{UNENCRYPTED}. Then `{again.chats('matrix', '--room', 'ID')}`."))
    return checks


def _check(told: Told) -> Check:
    topic = chat_topic(told.channel)
    if told.state == "sent":
        return topic.passed(told.found)
    judge = topic.warned if told.state == "unclear" else topic.failed
    return judge(told.found, told.fix)
