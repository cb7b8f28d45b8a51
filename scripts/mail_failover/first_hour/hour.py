"""One run of `init`: what it was given, what it writes, and what it asks Cloudflare and other commands."""

import os
import socket
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import httpx

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.ask import Asker
from mail_failover.console.exit_codes import DONE, USAGE
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.underneath import Ran, Run
from mail_failover.console.voice import Voice
from mail_failover.mail.resolver import Dns
from mail_failover.settings.edit import set_values
from mail_failover.settings.files import ACCOUNT_FILE, SETTINGS_FILE, environment
from mail_failover.settings.local import Local, read_local
from mail_failover.settings.place import beside, configuration

from .step import Stop

TOKEN, ACCOUNT = "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"


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

    @property
    def words(self) -> list[str]:
        """Return them as they are typed again, without what the files remember."""
        given = {
            "--chat": self.chat,
            "--chat-id": self.chat_id,
            "--to": self.recipient,
            "--from": self.sender,
            "--server": self.server,
        }
        config = ["--config", str(self.config)] if self.config else []
        flags = ["--yes"] if self.yes else []
        return [*config, *(word for name, value in given.items() if value for word in (name, value)), *flags]


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


class Hour:
    """The run. `zone` is the domain's, once it is known; `domain` is written as in DNS.

    `done` are the steps of this run; `proof` is what has to be typed elsewhere to prove it.
    """

    def __init__(self, options: Options, world: World, voice: Voice) -> None:
        self.options = options
        self.world = world
        self.voice = voice
        self.zone: Json = {}
        self.domain = ""
        self.folder = beside(configuration(options.config))
        self.without_chat = options.chat == "none"
        self.done: list[str] = []
        self.proof = ""
        self._problems: dict[str, list[str]] = {}
        self._open = ExitStack()
        self._api: Cloudflare | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # --- what there is ---

    @property
    def env(self) -> dict[str, str]:
        """The environment, with what .env adds, as it is now."""
        return environment(self.options.config, self.world.env)

    @property
    def local(self) -> Local | None:
        """The settings as they are now; None where nothing is set yet."""
        return read_local(self.options.config)

    @property
    def worker(self) -> str:
        """The Worker's name."""
        local = self.local or read_local(configuration(self.options.config))
        return local.name if local else ""

    @property
    def again(self) -> Again:
        """How other commands are typed for this domain."""
        return Again(self.domain, program(), str(self.options.config or ""))

    @property
    def account(self) -> str:
        """The account of the domain's zone."""
        return str((self.zone.get("account") or {}).get("id") or self.env.get(ACCOUNT, ""))

    def api(self) -> Cloudflare:
        """Return Cloudflare's API for the token that is set now.

        Raises:
            ApiError: there is none, or it can't be one.

        """
        if self._api is None:
            self._api = self._open.enter_context(
                Cloudflare.from_env(self.env, transport=self.world.transport)
            )
        return self._api

    def problems(self) -> list[str]:
        """Return what `setup plan` finds in the way, beside the Worker and the inboxes, which come later.

        Raises:
            Stop: it could not look.

        """
        if self.domain not in self._problems:
            words = ("setup", "plan", "--domain", self.domain, "--domain-alone")
            self._problems[self.domain] = list(map(str, self.ask(*words).get("problems", ())))
        return self._problems[self.domain]

    def ask(self, *words: str) -> Mapping[str, Any]:
        """Return another command's JSON value.

        Raises:
            Stop: it failed.

        """
        ran = self.run(*words, quietly=True)
        if error := ran.value.get("error"):
            raise Stop(ran.code, str(error["what"]), str(error["fix"]))
        return ran.value

    # --- what is done ---

    def remember(self, file: str, values: Mapping[str, str | None]) -> None:
        """Write values into .env or .dev.vars, and say where; never what."""
        set_values(self.folder / file, values)
        if file == ACCOUNT_FILE:
            self._api = None
        self.voice.say(f"Written to {self.folder / file}: {', '.join(values)}.")

    def set(self, **values: str | None) -> None:
        """Write settings."""
        self.remember(SETTINGS_FILE, values)

    def run(self, *words: str, quietly: bool = False, asks: bool = False) -> Ran:
        """Run another command, and say which, unless its JSON is all that is wanted.

        One that `asks` by itself is told --yes, if that was given.
        """
        config = ["--config", str(self.options.config)] if self.options.config else []
        line = [*words, *config, *(["--yes"] if asks and self.options.yes else [])]
        if not quietly:
            self.voice.say(f"$ {self.again.line(*line)}", "bold")
        return self.world.run(line, quietly or self.options.json)

    def begin(self, step: str) -> None:
        """Begin a step."""
        self.voice.values["stopped_at"] = step

    def end(self, code: int) -> int:
        """End the run."""
        if code == DONE:
            self.voice.values["stopped_at"] = None
        return self.voice.end(code)

    # --- asking ---

    @property
    def may_ask(self) -> bool:
        """Tell whether there is somebody to ask."""
        return not (self.options.json or self.options.check) and self.world.ask.present()

    def need(self, what: str, option: str) -> None:
        """Stop where nobody can be asked for something.

        Raises:
            Stop: that is so; names the option that tells it.

        """
        if not self.may_ask:
            raise Stop(USAGE, f"{what}, and there is no terminal to ask at.", f"Name it: {option}.")

    def with_domain(self, zone: Json, domain: str) -> None:
        """Go on with this domain."""
        self.zone, self.domain = zone, domain
        self.voice.again = replace(self.again, domain="").init(*self.options.words)
