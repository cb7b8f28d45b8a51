"""What to type next, worded once for all commands, so that it can be pasted wherever it is printed. Pure."""

import shlex
from dataclasses import dataclass

PROGRAM = "mail-failover"
DEPLOY = "make deploy"


def wrangler(arguments: str) -> str:
    """Return how wrangler is called: it lies in node_modules, not on the path."""
    return _make("wrangler", arguments)


def _make(target: str, arguments: str) -> str:
    """Return how make is called; what it hands on are words for the shell that it starts."""
    arguments = arguments.replace("$", "$$")
    if " " in arguments and not set(arguments) & set('"$`\\!'):
        return f'make {target} ARGS="{arguments}"'
    return f"make {target} ARGS={shlex.quote(arguments)}"


LOG = wrangler("tail")


@dataclass(frozen=True, slots=True)
class Again:
    """How this program is called again for the same domain.

    `program` as the user called it, ready for a shell. `config`, `worker` and `inboxes` as they were given;
    empty where the defaults served.
    """

    domain: str = ""
    program: str = PROGRAM
    config: str = ""
    worker: str = ""
    inboxes: tuple[str, ...] = ()

    def setup(self, command: str, *options: str) -> str:
        """Return a command of `setup`; `undo` takes what it needs from the journal."""
        given = [*self._about()]
        if command != "undo":
            given += ["--worker", self.worker] if self.worker else []
            given += [word for inbox in self.inboxes for word in ("--inbox", inbox)]
        return self._line("setup", command, *given, *options)

    def doctor(self, *options: str) -> str:
        """Return `doctor` with these options."""
        return self._line("doctor", *self._about(), *options)

    def help(self, *command: str) -> str:
        """Return how to see what a command takes."""
        return self._line(*command, "--help")

    def deploy(self) -> str:
        """Return how the Worker is uploaded, under the name and with the settings that were given."""
        given = [*self._settings(), *(["--name", self.worker] if self.worker else [])]
        return _make("deploy", shlex.join(given)) if given else DEPLOY

    def ask_another(self) -> str:
        """Return `doctor` asking a resolver that everybody can reach, and that validates DNSSEC."""
        return self.doctor("--resolver", "1.1.1.1")

    def _about(self) -> list[str]:
        domain = ["--domain", self.domain] if self.domain else []
        return [*domain, *self._settings()]

    def _settings(self) -> list[str]:
        return ["--config", self.config] if self.config else []

    def _line(self, *words: str) -> str:
        return f"{self.program} {shlex.join(words)}"
