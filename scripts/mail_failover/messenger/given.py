"""What a person gives (a token, a chat, a webhook), read by the Worker's own code."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx

from mail_failover.errors import UsageError
from mail_failover.settings.chats import ADDRESS, is_of_chat
from mail_failover.settings.files import Config
from mail_failover.settings.local import judge

if TYPE_CHECKING:
    from failover.settings import Settings


def settings_of(config: Config, values: Mapping[str, str]) -> "Settings":
    """Return settings with these values, and of those that are set only where the services are.

    Raises:
        UsageError: one of them can't be used; names it, and never the value.

    """
    ours = filter(is_of_chat, config.variables)
    addresses = {name: config.variables[name] for name in ours if name.endswith(ADDRESS)}
    settings = judge(config.main, {**addresses, **values})
    for problem in settings.problems:
        if problem.variable in {*addresses, *values}:
            raise UsageError(f"{problem.variable} can't be used.", f"It {problem.fix}.")
    for name, value in addresses.items():
        if not _is_readable(str(value)):
            raise UsageError(f"{name} can't be used.", "Correct its host or port, or remove it.")
    return settings


def _is_readable(url: str) -> bool:
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return True
