"""The channels that the settings name."""

from failover.settings import Settings

from .channel import Channel
from .discord import Discord
from .gotify import Gotify
from .mattermost import Mattermost
from .ntfy import Ntfy
from .pushover import Pushover
from .slack import SlackBot, SlackWebhook
from .telegram import Telegram


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """Return a channel for every destination that the settings name: one for each chat and each way in."""
    channels: list[Channel] = []
    if telegram := settings.telegram:
        channels += [Telegram(telegram.token, c, telegram.thread, telegram.api_url) for c in telegram.chats]
    if slack := settings.slack:
        if slack.webhook_url:
            channels.append(SlackWebhook(slack.webhook_url))
        if slack.bot_token:
            channels.append(SlackBot(slack.bot_token, slack.channel, slack.api_url))
    if ntfy := settings.ntfy:
        channels.append(Ntfy(ntfy.url, ntfy.topic, ntfy.token))
    if gotify := settings.gotify:
        channels.append(Gotify(gotify.url, gotify.token))
    if pushover := settings.pushover:
        channels.append(Pushover(pushover.token, pushover.user, pushover.api_url))
    if discord := settings.discord:
        channels.append(Discord(discord.webhook_url, discord.thread))
    if mattermost := settings.mattermost:
        channels.append(Mattermost(mattermost.webhook_url))
    return tuple(channels)
