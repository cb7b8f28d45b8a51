"""The services beside Telegram and Slack that have a stand-in here."""

from collections.abc import Callable

from .discord import Discord
from .gotify import Gotify
from .matrix import Matrix
from .mattermost import Mattermost
from .ntfy import Ntfy
from .pushover import Pushover
from .service import Service
from .webhook import Webhook

KINDS: tuple[Callable[[], Service], ...] = (
    *(Webhook, Discord, Mattermost, Matrix),
    *(Ntfy, Gotify, Pushover),
)
"""Makes each of them anew; whose requests are known by more than a path comes first."""

FURTHER = tuple(make() for make in KINDS)
"""Each of them once, to be asked for what does not depend on what was posted."""
