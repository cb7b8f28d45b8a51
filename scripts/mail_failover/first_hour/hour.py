"""One run of `init`: what it was given, what it writes, and what it asks Cloudflare and other commands."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from rich.text import Text

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.exit_codes import DONE, SIGNALLED, USAGE
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.text import one_line
from mail_failover.console.underneath import Ran
from mail_failover.console.voice import Voice
from mail_failover.settings.edit import set_values
from mail_failover.settings.files import ACCOUNT, ACCOUNT_FILE, SETTINGS_FILE, environment
from mail_failover.settings.git import exposed, warning
from mail_failover.settings.local import Local, read_local
from mail_failover.settings.place import beside, configuration, is_there

from .given import Options, World
from .step import Stop

if TYPE_CHECKING:
    from mail_failover.cloudflare.answers import Json

_THAT_AGAIN = re.compile("([Rr])un `[^`]+ --json` again")


class Hour:
    """The run. `zone` is the domain's, once it is known; `domain` is written as in DNS.

    `done` are the steps of this run, `stands` is what was found of the one that begins. `proof` is what has
    to be typed elsewhere to prove the domain; `seen` tells that somebody saw the drill's message arrive.
    """

    def __init__(self, options: Options, world: World, voice: Voice) -> None:
        self.options = options
        self.world = world
        self.voice = voice
        self.zone: Json = {}
        self.domain = ""
        self.folder = beside(configuration(options.config))
        self.done: list[str] = []
        self.stands = ""
        self.proof = ""
        self.seen = False
        self._problems: dict[str, list[str]] = {}
        self._open = ExitStack()
        self._api: Cloudflare | None = None
        self._go_on_by()

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
        ran = self.world.run([*words, *self._config], True)
        if error := ran.value.get("error"):
            # It is this that has to be run again, not what was asked.
            fix = _THAT_AGAIN.sub(r"\1un this again", str(error["fix"]))
            raise Stop(ran.code, str(error["what"]), fix, str(error["kind"]))
        return ran.value

    # --- what is done ---

    def remember(self, file: str, values: Mapping[str, str | None]) -> None:
        """Write values into .env or .dev.vars, and say where; never what.

        Raises:
            Stop: what else says wins over that.

        """
        place = self.folder / file
        is_new = not is_there(place)
        set_values(place, values)
        self.voice.say(f"Written to {place}: {', '.join(values)}.")
        if is_new:
            self.voice.lines((line, "yellow") for line in warning(self.folder, exposed(self.folder)))
        if file == ACCOUNT_FILE:
            self._api = None
            env = self.env
            if others := [name for name, value in values.items() if env.get(name) != value]:
                what = f"{', '.join(others)}: what the environment or {place}.local says wins over {place}."
                raise Stop(USAGE, what, "Take it out there, or set it to what is meant.", "UsageError")

    def set(self, **values: str | None) -> None:
        """Write settings."""
        self.remember(SETTINGS_FILE, values)

    def run(self, *words: str, asks: bool = False) -> Ran:
        """Run another command, and say which; a program gets all that it said.

        One that `asks` by itself is told --yes, if that was given.

        Raises:
            Stop: it was interrupted, and said so.

        """
        # `drill` knows nothing of a Worker.
        config = self._config if words[0] != "drill" else []
        line = [*words, *config, *(["--yes"] if asks and self.options.yes else [])]
        typed = self.again.line(*line)
        self.show_command(f"$ {typed}", "bold")
        ran = self.world.run(line, self.options.json)
        if self.options.json:
            self.voice.values["commands"].append({"command": typed, "value": ran.value})
        if ran.code >= SIGNALLED:
            raise Stop(ran.code, "Interrupted." * self.options.json, kind="Interrupted")
        return ran

    def show_command(self, line: str, style: str = "") -> None:
        """Show what is typed; not broken, so that it can be pasted."""
        self.voice.show(Text(one_line(line), style))

    def must(self, what: str, *words: str, asks: bool = False) -> None:
        """Run another command that has to succeed; `what` says what it means if it does not.

        Raises:
            Stop: that is so; why, it has said.

        """
        ran = self.run(*words, asks=asks)
        if ran.code != DONE:
            raise self.failed(ran, what)

    def failed(self, ran: Ran, what: str) -> Stop:
        """Return why it can't go on after another command; a program is told what that one said."""
        error = ran.value.get("error") or {"kind": "Stopped", "what": "", "fix": "See what it found."}
        if not self.options.json:
            error = {**error, "fix": "Mend what it says above."}
        return Stop(ran.code, f"{what} {error['what']}".rstrip(), str(error["fix"]), str(error["kind"]))

    def begin(self, step: str) -> None:
        """Begin a step."""
        self.voice.values["stopped_at"] = step
        self._go_on_by()

    def answered(self, **options: Any) -> None:
        """Keep answers that no file does, as options: whoever goes on is not asked again."""
        self.options = replace(self.options, **options)
        self._go_on_by()

    def end(self, code: int) -> int:
        """End the run."""
        if code == DONE:
            self.voice.values["stopped_at"] = None
        return self.voice.end(code)

    def _go_on_by(self) -> None:
        found = [each["name"] for each in self.voice.values["steps"] if each["done"]]
        self.voice.again = replace(self.again, domain="").init(*self.options.words(found))

    @property
    def _config(self) -> list[str]:
        return ["--config", str(self.options.config)] if self.options.config else []

    # --- asking ---

    @property
    def untold(self) -> bool:
        """Tell whether no chat is wanted."""
        return self.options.chat == "none"

    @property
    def may_ask(self) -> bool:
        """Tell whether there is somebody to ask."""
        return not (self.options.json or self.options.check) and self.world.ask.present()

    def need(self, fix: str) -> None:
        """Stop where nobody can be asked for what the step lacks; `fix` says what tells it instead.

        Raises:
            Stop: that is so.

        """
        if not self.may_ask:
            raise Stop(USAGE, f"{self.stands}, and nobody can be asked here.", fix, "NoTerminal")

    @property
    def may_confirm(self) -> bool:
        """Tell whether there is somebody who wants to be asked whether all is well."""
        return self.may_ask and not self.options.yes
