"""The channels that the settings name, and who is told by which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from failover.alerts import Audience, Detail
from failover.settings import Settings

from .channel import Channel
from .discord import Discord
from .gotify import Gotify
from .matrix import Matrix
from .mattermost import Mattermost
from .ntfy import Ntfy
from .pushover import Pushover
from .slack import SlackBot, SlackWebhook
from .telegram import Telegram
from .webhook import Webhook

_ONE_EACH: Mapping[str, Callable[[Any], Channel]] = {
    "ntfy": lambda ntfy: Ntfy(ntfy.url, ntfy.topic, ntfy.token),
    "gotify": lambda gotify: Gotify(gotify.url, gotify.token),
    "pushover": lambda pushover: Pushover(pushover.token, pushover.user, pushover.api_url),
    "discord": lambda discord: Discord(discord.webhook_url, discord.thread),
    "mattermost": lambda mattermost: Mattermost(mattermost.webhook_url),
    "matrix": lambda matrix: Matrix(matrix.homeserver, matrix.room, matrix.token),
    "webhook": lambda webhook: Webhook(webhook.url, webhook.secret),
}


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """Return a channel for every destination that the settings name: one for each chat and each way in."""
    return tuple(c for name, found in settings.services.items() if found for c in _by(name, found))


def _by(name: str, found: Any) -> list[Channel]:
    """Return the channels of one service, by its settings."""
    match name:
        case "telegram":
            return [Telegram(found.token, chat, found.thread, found.api_url) for chat in found.chats]
        case "slack":
            webhook = [SlackWebhook(found.webhook_url)] if found.webhook_url else []
            bot = [SlackBot(found.bot_token, found.channel, found.api_url)] if found.bot_token else []
            return [*webhook, *bot]
        case _:
            return [_ONE_EACH[name](found)]


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel that tells one audience, and the most that it shows."""

    channel: Channel
    detail: Detail


def destinations_of(audience: Audience) -> dict[str, Destination]:
    """Return by what an audience is told, each under the key by which what is written down names it.

    Two audiences in one chat are two keys: what waits for one is never told as the other's.
    """
    return {
        f"{audience.name} {channel.key}".strip(): Destination(channel, way.detail)
        for way in audience.ways
        for channel in _by(way.name, way.settings)
    }
