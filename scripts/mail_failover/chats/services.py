"""What each service is asked for, in its order: a table of those that need no more than their settings."""

import base64
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from mail_failover.messenger.discord import webhook_at
from mail_failover.messenger.given import settings_of

from . import matrix
from .session import Session

Look = Callable[[Session, Mapping[str, str]], str]
"""Judges the value that was given last, be it by asking the service, and returns what is to be written."""


@dataclass(frozen=True, slots=True)
class Part:
    """A setting: its name, the question for it, without which it is not asked for, and where the answer is.

    One with an `option` is no secret: that names it, and it is shown. What is not `needed` may be left out.
    `make` makes one where none was given. What is made and `copied` is not shown, but copied from the file.
    """

    name: str
    question: str = ""
    where: str = ""
    option: str = ""
    needed: bool = True
    look: Look | None = None
    make: Callable[[Session], str] | None = None
    copied: bool = False


def new_topic(session: Session) -> str:
    """Make a topic of ntfy.sh that nobody guesses, about 94 bits, and have a person subscribe to it.

    It is shown, as it is typed into an app, and only where somebody reads it.
    """
    topic = "mail-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(20))
    session.voice.say("Subscribe to this topic in the ntfy app. Its name is its password:")
    session.voice.say(f"  {topic}", "bold")
    session.world.ask.yes("Is that done?", default=True)
    return f"https://ntfy.sh/{topic}"


def new_secret(_session: Session) -> str:
    """Make a key of 32 random bytes, as Standard Webhooks writes one.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _discord(session: Session, values: Mapping[str, str]) -> str:
    """Take a webhook that Discord knows, and say which it is."""
    if (settings := settings_of(session.config, values).discord) is None:
        raise AssertionError
    with session.voice.busy("Asking Discord"):
        found = webhook_at(settings.webhook_url, session.world.ports)
    session.voice.values["webhook"] = asdict(found)
    session.voice.say(f"Found: the webhook {found.name}, of the channel with the id {found.channel}.", "bold")
    return values["DISCORD_WEBHOOK_URL"]


WAYS: Mapping[str, tuple[Part, ...]] = {
    "ntfy": (
        Part(
            "NTFY_URL",
            "The topic's address (not shown); Enter makes one on ntfy.sh",
            "As in https://ntfy.sh/your-topic, or on a server of yours. Whoever knows it can read it.",
            make=new_topic,
        ),
        Part(
            "NTFY_TOKEN", "An access token, if the topic needs one (not shown); Enter for none", needed=False
        ),
    ),
    "discord": (
        Part(
            "DISCORD_WEBHOOK_URL",
            "The webhook's address (not shown)",
            "In Discord: Edit Channel, Integrations, Webhooks, New Webhook, Copy Webhook URL.",
            look=_discord,
        ),
        Part("DISCORD_THREAD_ID", option="--thread", needed=False),
    ),
    "matrix": (
        Part(
            "MATRIX_HOMESERVER",
            "The homeserver's address, as in https://matrix.example.com",
            "In Element: All settings, Help & About.",
            "--homeserver",
            look=matrix.server,
        ),
        Part(
            "MATRIX_TOKEN",
            "The access token of the account that writes (not shown)",
            "Of one for this alone: nobody is notified of what they write themselves. In Element, logged in"
            " as it: All settings, Help & About, Access Token.",
            look=matrix.token,
        ),
        Part(
            "MATRIX_ROOM",
            "The room, as in #alerts:example.com or !…",
            "One that is not encrypted, and that this account is in. In Element: Room settings, Advanced.",
            "--room",
            look=matrix.room,
        ),
    ),
    "mattermost": (
        Part(
            "MATTERMOST_WEBHOOK_URL",
            "The webhook's address (not shown)",
            "In Mattermost: Integrations, Incoming Webhooks, Add Incoming Webhook.",
        ),
    ),
    "gotify": (
        Part("GOTIFY_URL", "The server's address, as in https://gotify.example.com", "", "--server"),
        Part("GOTIFY_TOKEN", "The application's token (not shown)", "In Gotify: Apps, Create Application."),
    ),
    "pushover": (
        Part("PUSHOVER_TOKEN", "The application's token (not shown)", "At https://pushover.net/apps/build"),
        Part(
            "PUSHOVER_USER", "Your user key, or a group's (not shown)", "At https://pushover.net, logged in."
        ),
    ),
    "webhook": (
        Part("WEBHOOK_URL", "The address that alerts are posted to (not shown)"),
        Part(
            "WEBHOOK_SECRET",
            "The secret that the receiver has (whsec_…, not shown); Enter makes one",
            make=new_secret,
            copied=True,
        ),
    ),
}
"""The parts of each service, by its name in the settings."""
