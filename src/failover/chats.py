"""The settings of each channel: where alerts go, and what lets them in."""

import re
from dataclasses import dataclass, field

from .reading import LOOPBACK, Reader

VARIABLES = (
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_THREAD_ID", "TELEGRAM_API_URL"),
    *("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "SLACK_CHANNEL", "SLACK_API_URL"),
)
"""The names that are read here."""

MAX_CHATS = 10
"""How many Telegram chats one alert may go to, so that it stays within a message's subrequests."""

_SLACK = "https://slack.com"
_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{8,60}")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}")
_SLACK_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")
_WEBHOOK = re.compile(r"https://hooks\.slack(?:-gov)?\.com(/services/[\w/-]{1,200})")
_LOOPBACK_WEBHOOK = re.compile(LOOPBACK + r"/[\w/.-]{1,200}")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """A bot and the chats it writes to."""

    token: str = field(repr=False)
    chats: tuple[str, ...]
    thread: str = ""
    api_url: str = field(default="https://api.telegram.org", repr=False)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """A webhook's URL, or a bot's token and the channel it posts to; or both."""

    webhook_url: str = field(default="", repr=False)
    bot_token: str = field(default="", repr=False)
    channel: str = ""
    api_url: str = field(default=_SLACK, repr=False)


def read_telegram(reader: Reader) -> TelegramSettings | None:
    """Read Telegram's settings; without a token and a chat that can be used there are none."""
    token, thread = reader.text("TELEGRAM_BOT_TOKEN"), reader.text("TELEGRAM_THREAD_ID")
    named = tuple(dict.fromkeys(reader.entries("TELEGRAM_CHAT_ID", reader.value("TELEGRAM_CHAT_ID"))))
    api_url = reader.address("TELEGRAM_API_URL", "https://api.telegram.org")
    if not token and not named and not thread:
        return None
    if not token:
        reader.problem("TELEGRAM_BOT_TOKEN", "is missing: mail-failover chats telegram")
    elif not _TOKEN.fullmatch(token):
        reader.problem(
            "TELEGRAM_BOT_TOKEN", "is not a bot's token; set it again as BotFather gave it: 123456789:AA…"
        )
        token = ""
    chats = tuple(filter(_CHAT.fullmatch, named))
    if not named:
        reader.problem("TELEGRAM_CHAT_ID", "is missing: TELEGRAM_CHAT_ID=123456789")
    elif chats != named:
        reader.problem("TELEGRAM_CHAT_ID", "must be numbers or @names of chats, separated by commas")
    elif len(chats) > MAX_CHATS:
        reader.problem(
            "TELEGRAM_CHAT_ID",
            f"names more than {MAX_CHATS} chats, and only so many are told; use a group",
        )
    if thread and not re.fullmatch(r"[0-9]{1,15}", thread):
        reader.problem(
            "TELEGRAM_THREAD_ID", "must be a topic's number; leave it out for a chat without topics"
        )
        thread = ""
    return TelegramSettings(token, chats[:MAX_CHATS], thread, api_url) if token and chats else None


def read_slack(reader: Reader) -> SlackSettings | None:
    """Read Slack's settings; without a webhook, or a token and a channel, there are none."""
    webhook, token = reader.text("SLACK_WEBHOOK_URL"), reader.text("SLACK_BOT_TOKEN")
    channel = reader.text("SLACK_CHANNEL")
    api_url = reader.address("SLACK_API_URL", _SLACK).removesuffix("/api")
    match = _WEBHOOK.fullmatch(webhook)
    if match and api_url != _SLACK:
        webhook = api_url + match[1]
    elif webhook and not match and not _LOOPBACK_WEBHOOK.fullmatch(webhook):
        reader.problem(
            "SLACK_WEBHOOK_URL",
            "must start with https://hooks.slack.com/services/; copy it again from Slack",
        )
        webhook = ""
    if channel and not token:
        reader.problem("SLACK_BOT_TOKEN", "is missing: mail-failover chats slack, or remove SLACK_CHANNEL")
    elif token and not re.fullmatch(r"xox[a-z][\w.-]{5,250}", token):
        reader.problem("SLACK_BOT_TOKEN", "is not a bot's token; set it again, it starts with xoxb-")
        token = ""
    elif token and not _SLACK_CHANNEL.fullmatch(channel):
        reader.problem(
            "SLACK_CHANNEL",
            "must be the id of the channel the bot posts to: SLACK_CHANNEL=C0123456789",
        )
        token = ""
    return SlackSettings(webhook, token, channel, api_url) if webhook or token else None
