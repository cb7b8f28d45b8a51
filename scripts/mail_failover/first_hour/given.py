"""What `init` is given: its options, other commands, and the world outside."""

import os
import socket
import webbrowser
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mail_failover.console.ask import Asker
from mail_failover.console.underneath import Run
from mail_failover.mail.resolver import Dns


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options, as they were given."""

    domain: str = ""
    inboxes: tuple[str, ...] = ()
    chat: str = ""
    chat_id: str = ""
    recipient: str = ""
    sender: str = ""
    server: str = ""
    config: Path | None = None
    check: bool = False
    yes: bool = False
    json: bool = False

    def words(self, done: Collection[str] = ()) -> list[str]:
        """Return them as they are typed again, without what the files remember of the steps that are done."""
        config = ("--config", str(self.config or ""))
        named = [("--domain", self.domain)] * ("domain" not in done)
        named += [("--inbox", inbox) for inbox in self.inboxes] * ("inboxes" not in done)
        asked_again = "chat" not in done or self.chat == "none"
        named += [("--chat", self.chat), ("--chat-id", self.chat_id)] * asked_again
        named += [("--to", self.recipient), ("--from", self.sender), ("--server", self.server)]
        given = [word for name, value in (config, *named) if value for word in (name, value)]
        return [*given, *(["--yes"] if self.yes else [])]


def reaches(host: str, port: int) -> bool:
    """Tell whether a server answers there from this machine."""
    try:
        with socket.create_connection((host, port), timeout=5.0):
            return True
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class World:
    """What `init` meets outside; tests bring their own. `run` comes from whoever knows the commands."""

    run: Run
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    ask: Asker = field(default_factory=Asker)
    browse: Callable[[str], bool] = webbrowser.open
    dns: Callable[[], Dns] = Dns
    reaches: Callable[[str, int], bool] = reaches
