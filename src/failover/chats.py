"""The settings of each channel: where alerts go, and what lets them in."""

import base64
import re
from dataclasses import dataclass, field

from .reading import HOST, LOOPBACK, Reader

VARIABLES = (
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_THREAD_ID", "TELEGRAM_API_URL"),
    *("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "SLACK_CHANNEL", "SLACK_API_URL"),
    *("NTFY_URL", "NTFY_TOKEN"),
    *("GOTIFY_URL", "GOTIFY_TOKEN"),
    *("PUSHOVER_TOKEN", "PUSHOVER_USER", "PUSHOVER_API_URL"),
    *("DISCORD_WEBHOOK_URL", "DISCORD_THREAD_ID"),
    *("MATTERMOST_WEBHOOK_URL",),
    *("MATRIX_HOMESERVER", "MATRIX_ROOM", "MATRIX_TOKEN"),
    *("WEBHOOK_URL", "WEBHOOK_SECRET"),
)
"""The names that are read here."""

MAX_CHATS = 10
"""How many Telegram chats one alert may go to, so that it stays within a message's subrequests."""

_SLACK = "https://slack.com"
_PUSHOVER = "https://api.pushover.net"
_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{8,60}")
TELEGRAM_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}")
# Since version 12 of rooms, without a server's name.
MATRIX_ROOM = re.compile(r"![!-9;-~]{1,200}(?::[A-Za-z0-9.:\[\]-]{1,230})?")
DISCORD_THREAD = re.compile(r"[1-9][0-9]{14,19}", re.ASCII)
TELEGRAM_TOPIC = re.compile(r"[0-9]{1,15}", re.ASCII)
SLACK_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")
NTFY_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What these must look like, here and in ALERTS."""

_WEBHOOK = re.compile(r"https://hooks\.slack(?:-gov)?\.com(/services/[\w/-]{1,200})")
_ANY_WEBHOOK = re.compile(rf"{HOST}(?:/[!-~]{{0,500}})?")
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{32,88}={0,2})")
_LOOPBACK_WEBHOOK = re.compile(LOOPBACK + r"/[\w/.-]{1,200}")
_NTFY = re.compile(rf"({HOST}(?:/[\w.~-]{{1,64}}){{0,4}})/({NTFY_TOPIC.pattern})", re.ASCII)
_DISCORD = re.compile(
    rf"(?:https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com|({LOOPBACK}))/api(?:/v[0-9]{{1,2}})?"
    rf"(/webhooks/{DISCORD_THREAD.pattern}/[\w-]{{20,200}})",
    re.ASCII,
)
_MATTERMOST = re.compile(rf"{HOST}(?:/[\w.~-]{{1,64}}){{0,4}}/hooks/[A-Za-z0-9]{{10,64}}", re.ASCII)


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


@dataclass(frozen=True, slots=True)
class NtfySettings:
    """A server of ntfy, and a topic; who knows both can read it where it is not reserved."""

    url: str = field(repr=False)
    topic: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class GotifySettings:
    """A server, and the token of an application on it."""

    url: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushoverSettings:
    """An application's token, and the key of a user or group."""

    token: str = field(repr=False)
    user: str = field(repr=False)
    api_url: str = field(default=_PUSHOVER, repr=False)


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """A webhook's URL, under the version of the API that is spoken here, and a thread of its channel."""

    webhook_url: str = field(repr=False)
    thread: str = ""


@dataclass(frozen=True, slots=True)
class MattermostSettings:
    """An incoming webhook's URL."""

    webhook_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    """A homeserver, a room by its id, and the access token of a member."""

    homeserver: str
    room: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Any receiver's address, and the secret that requests to it are signed with."""

    url: str = field(repr=False)
    secret: bytes = field(repr=False)


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
    chats = tuple(filter(TELEGRAM_CHAT.fullmatch, named))
    if not named:
        reader.problem("TELEGRAM_CHAT_ID", "is missing: TELEGRAM_CHAT_ID=123456789")
    elif chats != named:
        reader.problem("TELEGRAM_CHAT_ID", "must be numbers or @names of chats, separated by commas")
    elif len(chats) > MAX_CHATS:
        reader.problem(
            "TELEGRAM_CHAT_ID",
            f"names more than {MAX_CHATS} chats, and only so many are told; use a group",
        )
    if thread and not TELEGRAM_TOPIC.fullmatch(thread):
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
    elif token and not SLACK_CHANNEL.fullmatch(channel):
        reader.problem(
            "SLACK_CHANNEL",
            "must be the id of the channel the bot posts to: SLACK_CHANNEL=C0123456789",
        )
        token = ""
    return SlackSettings(webhook, token, channel, api_url) if webhook or token else None


def read_ntfy(reader: Reader) -> NtfySettings | None:
    """Read ntfy's settings; without a topic there are none. A token that can't be used is left out."""
    url, token = reader.text("NTFY_URL").rstrip("/"), reader.text("NTFY_TOKEN")
    match = _NTFY.fullmatch(url)
    if url and not match:
        fix = (
            "must be a server and a topic: NTFY_URL=https://ntfy.sh/your-topic; http:// only on this machine"
        )
        reader.problem("NTFY_URL", fix)
    elif token and not reader.has("NTFY_URL"):
        reader.problem("NTFY_URL", "is missing: mail-failover chats ntfy, or remove NTFY_TOKEN")
    if token and not re.fullmatch(r"tk_[A-Za-z0-9]{8,100}", token):
        reader.problem("NTFY_TOKEN", "is no access token; set it again, it starts with tk_")
        token = ""
    return NtfySettings(match[1], match[2], token) if match else None


def read_gotify(reader: Reader) -> GotifySettings | None:
    """Read Gotify's settings; without a server and a token there are none."""
    url, token = reader.address("GOTIFY_URL"), reader.text("GOTIFY_TOKEN")
    if token and not reader.has("GOTIFY_URL"):
        reader.problem("GOTIFY_URL", "is missing: GOTIFY_URL=https://gotify.example.com")
    if reader.has("GOTIFY_URL") and not reader.has("GOTIFY_TOKEN"):
        reader.problem("GOTIFY_TOKEN", "is missing: mail-failover chats gotify, or remove GOTIFY_URL")
    if token and not re.fullmatch(r"[\w.-]{10,100}", token, re.ASCII):
        reader.problem("GOTIFY_TOKEN", "is no application's token; set it again, it starts with A")
        token = ""
    return GotifySettings(url, token) if url and token else None


def read_pushover(reader: Reader) -> PushoverSettings | None:
    """Read Pushover's settings; without a token and a user there are none."""
    token, user = reader.text("PUSHOVER_TOKEN"), reader.text("PUSHOVER_USER")
    api_url = reader.address("PUSHOVER_API_URL", _PUSHOVER)
    usable = 0
    for name, value in (("PUSHOVER_TOKEN", token), ("PUSHOVER_USER", user)):
        if re.fullmatch(r"[A-Za-z0-9]{30}", value):
            usable += 1
        elif value:
            reader.problem(name, "must be 30 letters and digits; copy it again from pushover.net")
        elif (token or user) and not reader.has(name):
            reader.problem(name, "is missing: mail-failover chats pushover")
    return PushoverSettings(token, user, api_url) if usable == 2 else None


def read_discord(reader: Reader) -> DiscordSettings | None:
    """Read Discord's settings; without a webhook there are none."""
    url, thread = reader.text("DISCORD_WEBHOOK_URL"), reader.text("DISCORD_THREAD_ID")
    # What is this long loses its last digits as a number of JavaScript's.
    named = isinstance(reader.value("DISCORD_THREAD_ID"), str) and DISCORD_THREAD.fullmatch(thread)
    if thread and not named:
        fix = 'must be a thread\'s number, in quotes: "1234567890123456789"; leave it out for the channel'
        reader.problem("DISCORD_THREAD_ID", fix)
    if thread and not url:
        fix = "is missing: mail-failover chats discord, or remove DISCORD_THREAD_ID"
        reader.problem("DISCORD_WEBHOOK_URL", fix)
    match = _DISCORD.fullmatch(url)
    if url and not match:
        fix = "must start with https://discord.com/api/webhooks/; copy it again from Discord"
        reader.problem("DISCORD_WEBHOOK_URL", fix)
    # https://docs.discord.com/developers/reference#api-versioning: without one, it is an old one.
    url = f"{match[1] or 'https://discord.com'}/api/v10{match[2]}" if match else ""
    return DiscordSettings(url, thread if named else "") if url else None


def read_mattermost(reader: Reader) -> MattermostSettings | None:
    """Read Mattermost's settings; without a webhook there are none."""
    url = reader.text("MATTERMOST_WEBHOOK_URL")
    if not url or _MATTERMOST.fullmatch(url):
        return MattermostSettings(url) if url else None
    fix = (
        "must be like https://chat.example.com/hooks/…, http:// only on this machine; "
        "copy it again from Mattermost"
    )
    reader.problem("MATTERMOST_WEBHOOK_URL", fix)
    return None


def read_matrix(reader: Reader) -> MatrixSettings | None:
    """Read Matrix's settings; without a homeserver, a room and a token there are none."""
    names = ("MATRIX_HOMESERVER", "MATRIX_ROOM", "MATRIX_TOKEN")
    if not any(map(reader.has, names)):
        return None
    server, room, token = reader.address(names[0]), reader.text(names[1]), reader.text(names[2])
    for name in names:
        if not reader.has(name):
            reader.problem(name, "is missing: mail-failover chats matrix")
    if room and not MATRIX_ROOM.fullmatch(room):
        fix = "must be the room's internal id, which begins with !: in Element, Room settings, Advanced"
        reader.problem("MATRIX_ROOM", fix)
        room = ""
    if token and not re.fullmatch(r"[!-~]{8,1000}", token):
        reader.problem("MATRIX_TOKEN", "is no access token; set it again, without blanks")
        token = ""
    return MatrixSettings(server, room, token) if server and room and token else None


def read_webhook(reader: Reader) -> WebhookSettings | None:
    """Read the webhook's settings; without an address and a secret there are none."""
    url, text = reader.text("WEBHOOK_URL"), reader.text("WEBHOOK_SECRET")
    secret = _secret(text)
    if url and not _ANY_WEBHOOK.fullmatch(url):
        fix = "must be an https:// address; plain http:// only on this machine"
        reader.problem("WEBHOOK_URL", fix)
        url = ""
    elif text and not reader.has("WEBHOOK_URL"):
        reader.problem("WEBHOOK_URL", "is missing: mail-failover chats webhook, or remove WEBHOOK_SECRET")
    if text and not secret:
        fix = 'must be "whsec_" and 24 to 64 random bytes in base64: mail-failover chats webhook makes one'
        reader.problem("WEBHOOK_SECRET", fix)
    elif url and not reader.has("WEBHOOK_SECRET"):
        reader.problem("WEBHOOK_SECRET", "is missing: mail-failover chats webhook makes one")
    return WebhookSettings(url, secret) if url and secret else None


def _secret(text: str) -> bytes:
    """Read a secret as Standard Webhooks writes it; empty for what is none."""
    match = _SECRET.fullmatch(text)
    try:
        secret = base64.b64decode(match[1], validate=True) if match else b""
    except ValueError:
        return b""
    return secret if 24 <= len(secret) <= 64 else b""
