"""Which services are played on this machine, at which hosts, and what the Worker is told of them."""

from collections.abc import Collection, Mapping
from typing import Any

from mail_failover.emulator.chat.further import FURTHER
from mail_failover.settings.chats import CHAT_SECRETS

PLAYED = ("telegram", "slack")
"""Which services are played unless others are named."""

PLAYABLE = (*PLAYED, *(each.name for each in FURTHER))
"""Which can be."""

HOSTS = {
    "api.telegram.org",
    "hooks.slack.com",
    "slack.com",
    *(host for each in FURTHER for host in each.hosts),
}
"""The hosts whose requests the chats' stand-in answers."""


def secrets_set(variables: Mapping[str, Any]) -> list[str]:
    """Name the chats' secrets that are set."""
    return [name for name in CHAT_SECRETS if str(variables.get(name) or "").strip()]


def stand_in_settings(variables: Mapping[str, Any], playing: Collection[str] = PLAYED) -> dict[str, Any]:
    """Add what the services need to be used at all: made-up secrets in their own form."""
    added: dict[str, Any] = {}
    if "telegram" in playing:
        added["TELEGRAM_BOT_TOKEN"] = "1234567890:stand-in_token_of_the_emulator"  # noqa: S105 - opens nothing
        added |= {} if variables.get("TELEGRAM_CHAT_ID") else {"TELEGRAM_CHAT_ID": "1000000001"}
    if "slack" in playing and variables.get("SLACK_CHANNEL"):
        added["SLACK_BOT_TOKEN"] = "xoxb-100000000-200000000-standin"  # noqa: S105 - opens nothing
    elif "slack" in playing:
        added["SLACK_WEBHOOK_URL"] = "https://hooks.slack.com/services/T00000000/B00000000/standin"
    for each in FURTHER:
        added |= each.settings if each.name in playing else {}
    return {**variables, **added}
