"""A test alert through every channel that the settings name, and what came of each."""

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import httpx

from mail_failover.console.next_step import Again
from mail_failover.settings.chats import ADDRESS, CHATS, is_of

if TYPE_CHECKING:
    from failover.settings import Settings
    from notify.channel import Channel, Request
    from notify.dispatch import Report

_ANSWER_CHARACTERS = 16_384


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an alert: `found` by the channel's service, and the `fix`; neither holds a secret."""

    channel: str
    state: Literal["sent", "unclear", "failed"]
    found: str
    fix: str = ""


async def send_test(
    settings: "Settings",
    domain: str,
    again: Again,
    *,
    sender: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[Told]:
    """Send the alert, which names the domain, if any, and the command that is the `sender`.

    It goes where anybody is told, once to each place; those of ALERTS are named by the recipient.
    """
    # These are the Worker's own modules, on the path since its settings were read.
    from notify.alert import Alert  # noqa: PLC0415
    from notify.dispatch import MAX_TOLD, Telling, dispatch  # noqa: PLC0415
    from notify.words.language import Words  # noqa: PLC0415

    from .waiting import AsyncioWaiting  # noqa: PLC0415

    # httpx logs whole URLs at level INFO, and the chats' URLs carry their secrets.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113 - dispatch bounds it

        def send(request: "Request") -> "asyncio.Future[_Answer]":
            return asyncio.ensure_future(_sent(client, request))

        words = Words(settings.language)
        alert = Alert(
            words.say("headline_test"),
            (words.field("domain", domain),) if domain else (),
            advice=words.say("advice_test", sender=sender),
            kind="test",
        )
        places = _places(settings)
        tellings = [Telling(channel, alert, repeated=words.say("repeated")) for channel in places]
        reports: list[Report] = []
        for start in range(0, len(tellings), MAX_TOLD):
            reports += await dispatch(tellings[start : start + MAX_TOLD], send, AsyncioWaiting())
    return [
        _told(channel.name, whose, report, again)
        for (channel, whose), report in zip(places.items(), reports, strict=True)
    ]


def _places(settings: "Settings") -> "dict[Channel, str]":
    """Return where anybody is told, and whose mail is told there; nobody's for the usual places."""
    from failover.audience import audiences  # noqa: PLC0415 - found beside the Worker
    from notify.channels import destinations_of  # noqa: PLC0415

    places: dict[Channel, str] = {}
    for audience in audiences(settings):
        for destination in destinations_of(audience).values():
            places.setdefault(destination.channel, audience.name)
    return places


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
    answer = await client.request(
        request.method, request.url, content=request.body, headers=dict(request.headers)
    )
    body = answer.text[:_ANSWER_CHARACTERS]
    return _Answer(answer.status_code, answer.headers.get("retry-after", ""), body)


def _told(service: str, whose: str, report: "Report", again: Again) -> Told:
    name = f"{service} for {whose}" if whose else service
    if report.outcome == "sent":
        if report.channel == service:
            return Told(name, "sent", "sent; see that it arrived")
        # It went another way, and its name says what to mend.
        return Told(name, "unclear", f"sent, but by {report.channel}", "Mend that, and try again.")
    if report.outcome == "no answer":
        return Told(name, "unclear", report.reason, "Look into the chat, and try again.")
    settings = " and ".join(_to_correct(name, report.reason))
    fix = {
        "misconfigured": f"Set it right: {again.put(settings)}.",
        "rate limited": "Wait a minute, and try again.",
        "unavailable": "Check this machine's network and the service's status page, and try again.",
    }.get(report.outcome, f"Check {settings}, and whether it may write there.")
    return Told(name, "failed", f"{report.outcome}: {report.reason}", fix)


def _to_correct(name: str, reason: str) -> list[str]:
    """Name what to set again of a channel's settings: what the reason names, or else all that let it in."""
    from failover.settings import VARIABLES  # noqa: PLC0415 - found beside the Worker

    service = name.split(maxsplit=1)[0]
    own = [each for each in VARIABLES if is_of(service, each) and not each.endswith(ADDRESS)]
    return [each for each in own if each in reason] or [*CHATS[service].secrets]
