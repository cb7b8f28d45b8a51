"""A test alert through every channel that the settings name."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from mail_failover.console.next_step import Again
from mail_failover.settings.files import CHAT_SECRETS
from mail_failover.settings.local import Local

from .report import Check, Topic

if TYPE_CHECKING:
    from notify.channel import Request

_ANSWER_CHARACTERS = 4096


def chat_topic(name: str) -> Topic:
    """Name the check of one channel."""
    return Topic("chat.alert", f"Test alert: {name}")


CHANNELS = chat_topic("channels")


async def chat_checks(
    local: Local | None, domain: str, again: Again, transport: httpx.AsyncBaseTransport | None = None
) -> list[Check]:
    """Send the alert and report on each channel. Secrets come from .dev.vars: the account's can't be read."""
    if local is None:
        return [
            CHANNELS.skipped(
                "no wrangler.toml here", f"Name the file: `{again.doctor('--chat', '--config', 'PATH')}`"
            )
        ]
    # These are the Worker's own modules, on the path since its settings were read.
    from notify.alert import Alert, Field  # noqa: PLC0415
    from notify.channels import channels_of  # noqa: PLC0415
    from notify.dispatch import dispatch  # noqa: PLC0415

    from .waiting import AsyncioWaiting  # noqa: PLC0415

    channels = channels_of(local.settings)
    if not channels:
        return [
            CHANNELS.failed(
                f"{local.sources} name no complete channel: nobody would be told",
                f"Set one up: `{again.chats()}`.",
            )
        ]
    # httpx logs whole URLs at level INFO, and the chats' URLs carry their secrets.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113 - dispatch bounds it

        def send(request: "Request") -> "asyncio.Future[_Answer]":
            return asyncio.ensure_future(_sent(client, request))

        alert = Alert(
            "Test alert: this chat works",
            (Field("Domain", domain),),
            advice="Nothing was caught. `mail-failover doctor --chat` sent this.",
        )
        reports = await dispatch(alert, channels, send, AsyncioWaiting())
    secrets = [name for name in CHAT_SECRETS if local.variables.get(name)]
    return [_judge(report.channel, report.outcome, report.reason, secrets, again) for report in reports]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A service's answer, read already."""

    status: int
    retry_after: str
    body: str

    def text(self) -> "asyncio.Future[str]":
        """Return the body."""
        read: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        read.set_result(self.body)
        return read


async def _sent(client: httpx.AsyncClient, request: "Request") -> _Answer:
    answer = await client.post(request.url, content=request.body, headers=dict(request.headers))
    body = answer.text[:_ANSWER_CHARACTERS]
    return _Answer(answer.status_code, answer.headers.get("retry-after", ""), body)


def _judge(channel: str, outcome: str, reason: str, secrets: Sequence[str], again: Again) -> Check:
    topic = chat_topic(channel)
    if outcome == "sent":
        return topic.passed("sent; see that it arrived")
    if outcome == "no answer":
        return topic.warned(reason, "Look into the chat, and try again.")
    service = channel.split(maxsplit=1)[0].upper()
    named = [name for name in secrets if name.startswith(f"{service}_")]
    fix = {
        "misconfigured": f"Correct the token, chat or webhook: {again.put(' and '.join(named))}.",
        "rate limited": "Wait a minute, and try again.",
        "unavailable": "Check this machine's network and the service's status page, and try again.",
    }.get(outcome, "Check the token, the chat and the bot's membership in it.")
    return topic.failed(f"{outcome}: {reason}", fix)
