"""A webhook of Discord's, asked who it is.

Source: https://docs.discord.com/developers/resources/webhook#get-webhook-with-token
"""

from dataclasses import dataclass

from .client import Client, Ports
from .errors import NotUnderstood, TokenRejected

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook; its name is its owner's to choose, and untrusted. `channel` is the id of its channel."""

    name: str
    channel: str


def webhook_at(url: str, ports: Ports) -> Webhook:
    """Say which webhook that is.

    Raises:
        TokenRejected: there is none.
        ChatError: Discord could not be asked.

    """
    base, _, token = url.rpartition("/")
    with Client("Discord", f"{base}/", ports, headers={}, address="DISCORD_WEBHOOK_URL") as client:
        answer = client.get("who the webhook is", token)
        if answer.status in {401, 403, 404}:
            raise TokenRejected(
                "Discord does not know this webhook.",
                "Copy it again: the channel's settings, Integrations, Webhooks, Copy Webhook URL.",
            )
        match answer.body:
            case {"id": str(), "channel_id": str(channel)} if answer.status == 200:
                return Webhook(str(answer.body.get("name") or "")[:_LONGEST_NAME], channel[:_LONGEST_NAME])
    raise NotUnderstood("Discord's answer to who the webhook is can't be read.", "Check DISCORD_WEBHOOK_URL.")
