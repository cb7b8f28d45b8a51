"""The services beside Telegram and Slack that have a stand-in here."""

from collections.abc import Callable

from .discord import Discord
from .gotify import Gotify
from .matrix import Matrix
from .mattermost import Mattermost
from .ntfy import Ntfy
from .pushover import Pushover
from .service import Service

KINDS: tuple[Callable[[], Service], ...] = (Ntfy, Gotify, Pushover, Discord, Mattermost, Matrix)
"""Makes each of them anew."""
