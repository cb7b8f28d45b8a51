"""Which channels the settings name."""

import pytest

from failover.chats import (
    DiscordSettings,
    GotifySettings,
    MatrixSettings,
    MattermostSettings,
    NtfySettings,
    PushoverSettings,
    SlackSettings,
    TelegramSettings,
    WebhookSettings,
)
from failover.settings import Settings
from notify.channels import channels_of
from notify.discord import Discord
from notify.gotify import Gotify
from notify.matrix import Matrix
from notify.mattermost import Mattermost
from notify.ntfy import Ntfy
from notify.pushover import Pushover
from notify.slack import SlackBot, SlackWebhook
from notify.telegram import Telegram
from notify.webhook import Webhook


@pytest.mark.parametrize(
    ("settings", "channels"),
    [
        (Settings(), ()),
        (
            Settings(telegram=TelegramSettings("1:a", ("5", "@b"), "7", "https://t.example")),
            (Telegram("1:a", "5", "7", "https://t.example"), Telegram("1:a", "@b", "7", "https://t.example")),
        ),
        (Settings(slack=SlackSettings("https://h.example")), (SlackWebhook("https://h.example"),)),
        (
            Settings(slack=SlackSettings("", "xoxb-a", "C1", "https://s.example")),
            (SlackBot("xoxb-a", "C1", "https://s.example"),),
        ),
        (
            Settings(slack=SlackSettings("https://h.example", "xoxb-a", "C1")),
            (SlackWebhook("https://h.example"), SlackBot("xoxb-a", "C1")),
        ),
        (
            Settings(ntfy=NtfySettings("https://n.example", "topic", "tk_a")),
            (Ntfy("https://n.example", "topic", "tk_a"),),
        ),
        (
            Settings(gotify=GotifySettings("https://g.example", "A")),
            (Gotify("https://g.example", "A"),),
        ),
        (
            Settings(pushover=PushoverSettings("a", "u", "https://p.example")),
            (Pushover("a", "u", "https://p.example"),),
        ),
        (Settings(discord=DiscordSettings("https://d.example", "7")), (Discord("https://d.example", "7"),)),
        (
            Settings(mattermost=MattermostSettings("https://m.example")),
            (Mattermost("https://m.example"),),
        ),
        (
            Settings(matrix=MatrixSettings("https://m.example", "!a", "syt_a")),
            (Matrix("https://m.example", "!a", "syt_a"),),
        ),
        (
            Settings(webhook=WebhookSettings("https://w.example", b"secret")),
            (Webhook("https://w.example", b"secret"),),
        ),
    ],
)
def test_there_is_a_channel_for_every_destination_and_no_other(settings, channels):
    """Each with all that belongs to it."""
    assert channels_of(settings) == channels
