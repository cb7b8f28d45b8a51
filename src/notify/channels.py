"""The channels that the settings name."""

from failover.settings import Settings

from .channel import Channel
from .slack import SlackBot, SlackWebhook
from .telegram import Telegram


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """Return a channel for every destination: each Telegram chat, Slack's webhook, the bot's channel."""
    channels: list[Channel] = []
    if telegram := settings.telegram:
        channels += [Telegram(telegram.token, c, telegram.thread, telegram.api_url) for c in telegram.chats]
    if slack := settings.slack:
        if slack.webhook_url:
            channels.append(SlackWebhook(slack.webhook_url))
        if slack.bot_token:
            channels.append(SlackBot(slack.bot_token, slack.channel, slack.api_url))
    return tuple(channels)
