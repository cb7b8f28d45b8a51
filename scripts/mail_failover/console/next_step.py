"""What to type next, worded once for all commands, so that it can be pasted wherever it is printed. Pure."""

import re
import shlex
from dataclasses import dataclass

PROGRAM = "mail-failover"
AT_HOME = "smtp://127.0.0.1:25"
"""Where `replay` finds a server that runs on its own machine."""

_THIS_AGAIN = re.compile(r"\b([Rr])un this again")


def spelled_out(text: str, command: str) -> str:
    """Return a text in which "run this again" says what to run, for those who know the command."""
    return _THIS_AGAIN.sub(lambda match: f"{match[1]}un `{command}` again", text) if command else text


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
        return self.line("setup", command, *given, *options)

    def doctor(self, *options: str) -> str:
        """Return `doctor` with these options."""
        return self.line("doctor", *self._about(), *options)

    def init(self, *options: str) -> str:
        """Return how the first hour goes on."""
        return self.line("init", *options)

    def line(self, *words: str) -> str:
        """Return any command of this program."""
        return f"{self.program} {shlex.join(words)}"

    def help(self, *command: str) -> str:
        """Return how to see what a command takes."""
        return self.line(*command, "--help")

    def drill(self, *options: str) -> str:
        """Return `drill` with these options; it takes the domain from its recipient."""
        return self.line("drill", *options)

    def deploy(self, *options: str) -> str:
        """Return how the Worker is uploaded, under the name and with the settings that were given."""
        return self.line("deploy", *self._upload(), *options)

    def uninstall(self, *options: str) -> str:
        """Return how all of it is removed."""
        return self.line("uninstall", *self._upload(), *options)

    def chats(self, *words: str) -> str:
        """Return how a chat is found, or tried."""
        return self.line("chats", *words, *self._settings())

    def put(self, name: str) -> str:
        """Say how a setting or a secret is set: beside wrangler.toml, then for the Worker."""
        return f"write {name} into .dev.vars, then `{self.deploy()}`"

    def wrangler(self, *words: str) -> str:
        """Return how wrangler is called for that Worker, with the Node and the token that it needs."""
        name = ["--name", self.worker] if self.worker else []
        return self.line("wrangler", *words, *self._settings(), *name)

    def ask_another(self) -> str:
        """Return `doctor` asking a resolver that everybody can reach, and that validates DNSSEC."""
        return self.doctor("--resolver", "1.1.1.1")

    def _about(self) -> list[str]:
        domain = ["--domain", self.domain] if self.domain else []
        return [*domain, *self._settings()]

    def _upload(self) -> list[str]:
        return [*self._settings(), *(["--worker", self.worker] if self.worker else [])]

    def _settings(self) -> list[str]:
        return ["--config", self.config] if self.config else []


@dataclass(frozen=True, slots=True)
class Homeward:
    """How `replay`, `spool` and `status` are called again for the same door.

    `program` as the user called it, ready for a shell; `options` name the door, `to` the server.
    """

    program: str = PROGRAM
    options: tuple[str, ...] = ()
    to: str = ""

    def replay(self, *options: str) -> str:
        """Return `replay` with these options."""
        to = ("--to", self.to) if self.to else ()
        return f"{self.program} {shlex.join(['replay', *to, *self.options, *options])}"

    def status(self, *options: str) -> str:
        """Return `status` with these options."""
        return f"{self.program} {shlex.join(['status', *self.options, *options])}"

    def spool(self, command: str, *words: str) -> str:
        """Return a command of `spool`."""
        return f"{self.program} {shlex.join(['spool', command, *words, *self.options])}"


LOG = Again().wrangler("tail")
