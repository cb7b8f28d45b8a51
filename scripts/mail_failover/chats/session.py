"""One run of `chats`: its options, what it meets outside, what it asks a person, and what it writes."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mail_failover.console.ask import Asker
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.messenger.client import Ports
from mail_failover.settings.edit import set_values
from mail_failover.settings.files import SECRETS, SETTINGS_FILE, Config, read_config, read_own
from mail_failover.settings.place import beside, configuration


@dataclass(frozen=True, slots=True)
class Options:
    """The options of all its commands, as they were given; `named` are those that name a plain setting."""

    config: Path | None = None
    domain: str = ""
    group: bool = False
    chat: str = ""
    topic: str = ""
    wait: int | None = None
    qr: bool = True
    channel: str = ""
    new: bool = False
    test: bool = True
    show: bool = False
    yes: bool = False
    json: bool = False
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """Return them as they are typed again, but for those that say what may be asked and written."""
        texts = {
            "--chat": self.chat,
            "--topic": self.topic,
            "--channel": self.channel,
            "--domain": self.domain,
        }
        texts |= {"--wait": str(self.wait or ""), **self.named}
        flags = {"--group": self.group, "--new": self.new, "--no-qr": not self.qr, "--no-test": not self.test}
        given = [word for name, value in texts.items() if value for word in (name, value)]
        return [*given, *(name for name, value in flags.items() if value)]


@dataclass(frozen=True, slots=True)
class World:
    """What the command meets outside; tests bring their own.

    `line` reads what is piped in, and nothing from a terminal, which would show what is typed.
    """

    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    ports: Ports = field(default_factory=Ports)
    alerts: httpx.AsyncBaseTransport | None = None
    ask: Asker = field(default_factory=Asker)
    line: Callable[[], str] = lambda: "" if not sys.stdin or sys.stdin.isatty() else sys.stdin.readline()


class Session:
    """A run, from its options to what it writes; `made` names those secrets that it made itself."""

    def __init__(self, command: str, options: Options, world: World, voice: Voice) -> None:
        self.options = options
        self.world = world
        self.voice = voice
        self.again = Again(options.domain, program(), str(options.config or ""))
        consent = {"--yes": options.yes, "--show": options.show}
        as_json = ["--json"] if options.json else []
        voice.again = self._typed(command, *(flag for flag, given in consent.items() if given), *as_json)
        self._with_consent = self._typed(command, "--yes", *as_json)
        path = configuration(options.config)
        self.config: Config = read_config(path)
        self._own = read_own(path)
        self.file = beside(path) / SETTINGS_FILE
        self.made: set[str] = set()
        self._pipes = False

    def _typed(self, command: str, *more: str) -> str:
        return self.again.chats(command, *self.options.words, *more)

    @property
    def may_ask(self) -> bool:
        """Tell whether somebody is there who answers."""
        return not self.options.json and self.world.ask.present()

    @property
    def may_confirm(self) -> bool:
        """Tell whether somebody is there who wants to be asked."""
        return self.may_ask and not self.options.yes

    def want_consent(self) -> None:
        """Refuse to begin what could not be finished: without a terminal nobody can agree to what is written.

        Raises:
            UsageError: neither --yes nor --show was given.

        """
        if not (self.may_ask or self.options.yes or self.options.show):
            raise UsageError(
                "There is no terminal to ask at whether what is found may be written.",
                f"If it may: `{self._with_consent}`. With --show in the place of --yes it is only shown.",
            )

    def secret(self, names: tuple[str, ...], question: str, *, new: bool, needed: bool = True) -> str:
        """Return the first of these secrets that is set; a `new` one, or else, is asked for, without echo.

        It is never taken from the command line, which other users of the machine can see.

        Raises:
            UsageError: none came, and one is needed.

        """
        for name in () if new else names:
            if value := self.known(name):
                return value
        asked = self.may_ask
        value = self.world.ask.secret(f"{question}:").strip() if asked else self._piped(needed=needed)
        if needed and not value:
            piped = f"Hand it in by standard input: `{self.voice.again} < FILE`, or in the environment."
            fix = f"Paste it there: `{self.voice.again}`. Nothing is shown of it." if asked else piped
            raise UsageError(f"Nothing came for {' or '.join(names)}.", fix)
        return value

    def _piped(self, *, needed: bool) -> str:
        """Return the next line of what is piped in; who pipes nothing is not waited for without need."""
        if not (needed or self._pipes):
            return ""
        value = self.world.line().strip()
        self._pipes = bool(value)
        return value

    def known(self, name: str) -> str:
        """Return what the environment says, or else the settings, and say so; empty if neither does."""
        for place, values in (("the environment", self.world.env), ("the settings", self.config.variables)):
            if value := str(values.get(name) or "").strip():
                self.voice.say(f"{name} comes from {place}; with --new you are asked for another one.")
                return value
        return ""

    def write(self, values: Mapping[str, str]) -> bool:
        """Show what is to stand in the settings, ask, and write it; return whether it stands there now.

        An empty value takes one away.
        """
        changes = self._changes(values)
        if not changes:
            self.voice.say(f"Nothing to write: {self.file} says so already.")
            return True
        self.voice.say(f"{self.file}:", "bold")
        for name, value in changes.items():
            self.voice.say(f"  {name}: {self._shown(name, value or '')}")
        if self.options.show or not self._agreed():
            self.voice.say("Nothing was written.")
            return False
        set_values(self.file, changes)
        self.voice.say(f"{self.file} is written.", "bold green")
        return True

    def _changes(self, values: Mapping[str, str]) -> dict[str, str | None]:
        """Return what differs from .dev.vars; None goes, an empty text hides one of wrangler.toml."""
        below = self.config.document.get("vars", {})
        wanted = {name: value or ("" if name in below else None) for name, value in values.items()}
        return {name: value for name, value in wanted.items() if value != self._own.get(name)}

    def _agreed(self) -> bool:
        return self.options.yes or self.world.ask.yes(f"Write this into {self.file}?", default=True)

    def _shown(self, name: str, value: str) -> str:
        before = self._own.get(name)
        if name not in SECRETS:
            return f"{value or 'none'}{f' (was {before})' if before else ''}"
        if not value:
            return "none (was another one)"
        given = "made just now" if name in self.made else "as you gave it"
        return f"{given}, in the place of another one" if before is not None else given
