"""The services that tell people, and which of their settings let one in. One line for each."""

from typing import NamedTuple


class Chat(NamedTuple):
    """A service: its name as people write it, and those of its settings that are secret.

    Secret is what lets its reader post there, or read what is told.
    """

    title: str
    secrets: tuple[str, ...]


CHATS = {
    "telegram": Chat("Telegram", ("TELEGRAM_BOT_TOKEN",)),
    "slack": Chat("Slack", ("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN")),
    "ntfy": Chat("ntfy", ("NTFY_URL", "NTFY_TOKEN")),
    "discord": Chat("Discord", ("DISCORD_WEBHOOK_URL",)),
    "matrix": Chat("Matrix", ("MATRIX_TOKEN",)),
    "mattermost": Chat("Mattermost", ("MATTERMOST_WEBHOOK_URL",)),
    "gotify": Chat("Gotify", ("GOTIFY_TOKEN",)),
    "pushover": Chat("Pushover", ("PUSHOVER_TOKEN", "PUSHOVER_USER")),
    "webhook": Chat("Webhook", ("WEBHOOK_URL", "WEBHOOK_SECRET")),
}
"""Each by the name with which its settings begin."""

CHAT_SECRETS = tuple(secret for chat in CHATS.values() for secret in chat.secrets)
"""The settings of all channels that are secrets."""

COMPANIONS = (
    ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"),
    ("SLACK_BOT_TOKEN", "SLACK_CHANNEL"),
    ("MATRIX_TOKEN", "MATRIX_HOMESERVER"),
    ("MATRIX_TOKEN", "MATRIX_ROOM"),
    ("GOTIFY_TOKEN", "GOTIFY_URL"),
    ("PUSHOVER_TOKEN", "PUSHOVER_USER"),
    ("WEBHOOK_SECRET", "WEBHOOK_URL"),
)
"""Secrets, each with a setting that goes with it: neither is of use without the other."""

ADDRESS = "_API_URL"
"""How those end that name another server in the place of a service's own."""


def is_of(service: str, variable: str) -> bool:
    """Tell whether a setting is that of a service."""
    return variable.startswith(f"{service.upper()}_")


def is_of_chat(variable: str) -> bool:
    """Tell whether a setting is that of any service."""
    return any(is_of(service, variable) for service in CHATS)
