"""A test alert through every channel that the settings name."""

import logging

import httpx

from mail_failover.settings.local import Local

from .report import Check, Topic

_ANSWER_CHARACTERS = 4096


def chat_topic(name: str) -> Topic:
    """Name the check of one channel."""
    return Topic("chat.alert", f"Test alert: {name}")


CHANNELS = chat_topic("channels")


async def chat_checks(
    local: Local | None, domain: str, transport: httpx.AsyncBaseTransport | None = None
) -> list[Check]:
    """Send the alert and report on each channel. Secrets come from .dev.vars: the account's can't be read."""
    if local is None:
        return [CHANNELS.skipped("no wrangler.toml here", "Name the file: --config PATH")]
    # These are the Worker's own modules, on the path since its settings were read.
    from notify.alert import Alert, Field  # noqa: PLC0415
    from notify.channel import Request, Response, Unavailable  # noqa: PLC0415
    from notify.channels import channels_of  # noqa: PLC0415
    from notify.dispatch import dispatch  # noqa: PLC0415

    channels = channels_of(local.settings)
    if not channels:
        return [
            CHANNELS.failed(
                f"{local.path} and .dev.vars beside it name no complete channel: nobody would be told",
                "Set TELEGRAM_CHAT_ID or SLACK_CHANNEL in wrangler.toml, and the secrets in .dev.vars; "
                ".dev.vars.example shows how.",
            )
        ]
    # httpx logs whole URLs at level INFO, and the chats' URLs carry their secrets.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113 - dispatch bounds it

        async def send(request: Request) -> Response:
            try:
                answer = await client.post(request.url, content=request.body, headers=dict(request.headers))
            except (httpx.HTTPError, httpx.InvalidURL):
                # The words may quote the URL, and with it a token.
                raise Unavailable("the connection failed") from None
            retry_after = answer.headers.get("retry-after", "")
            return Response(answer.status_code, answer.text[:_ANSWER_CHARACTERS], retry_after)

        alert = Alert(
            "Test alert: this chat works",
            (Field("Domain", domain),),
            advice="Nothing was caught. `mail-failover doctor --chat` sent this.",
        )
        reports = await dispatch(alert, channels, send)
    return [_judge(report.channel, report.outcome, report.reason) for report in reports]


def _judge(channel: str, outcome: str, reason: str) -> Check:
    topic = chat_topic(channel)
    if outcome == "sent":
        return topic.passed("sent; see that it arrived")
    if outcome == "no answer":
        return topic.warned(reason, "Look into the chat, and try again.")
    fix = {
        "misconfigured": "Correct the token, chat or webhook, in .dev.vars and with wrangler secret put.",
        "rate limited": "Wait a minute, and try again.",
        "unavailable": "Check this machine's network and the service's status page, and try again.",
    }.get(outcome, "Check the token, the chat and the bot's membership in it.")
    return topic.failed(f"{outcome}: {reason}", fix)
