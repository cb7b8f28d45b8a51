"""The services beside Telegram and Slack that have a stand-in here."""

from collections.abc import Callable

from .gotify import Gotify
from .ntfy import Ntfy
from .pushover import Pushover
from .service import Service

KINDS: tuple[Callable[[], Service], ...] = (Ntfy, Gotify, Pushover)
"""Makes each of them anew."""
