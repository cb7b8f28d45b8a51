"""The services beside Telegram and Slack that have a stand-in here."""

from collections.abc import Callable

from .service import Service

KINDS: tuple[Callable[[], Service], ...] = ()
"""Makes each of them anew."""
