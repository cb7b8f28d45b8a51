"""Any other command of wrangler's, in the foreground, with the Node and the token that it needs."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.settings.files import environment
from mail_failover.settings.place import configuration, own
from mail_failover.tools.wrangler import wrangler

_CONFIG = ("--config", "-c")
_OF_A_FOLDER = ("deploy", "dev", "versions")
"""What reads settings beside wrangler.toml, and writes there: not in the folder of an installed program."""


def in_foreground(words: Sequence[str], voice: Voice, env: Mapping[str, str] = os.environ) -> int:
    """Run wrangler at this terminal until it ends; return its exit code, or 128 and the signal's number.

    Raises:
        UsageError: Node or wrangler is not there, .env can't be read, or the command needs another folder.

    """
    given = _given(words)
    if words[0] in _OF_A_FOLDER and not given and configuration() is own():
        again = Again(program=program())
        raise UsageError(
            f"wrangler {words[0]} works in the folder of wrangler.toml, and this one has none.",
            f"`{again.deploy()}` uploads it, `{again.line('emulate', '--runtime', 'wrangler')}` runs it.",
        )
    env = {**environment(given, env), "WRANGLER_SEND_METRICS": "false"}
    # Not first: there wrangler's help takes it for a command.
    end = words.index("--") if "--" in words else len(words)
    config = [] if given else ["--config", str(configuration().absolute())]
    # What wrangler prints may be meant for a program.
    command = [*wrangler(voice.complain, env), *words[:end], *config, *words[end:]]
    code = _wait(command, env)
    return code if code >= 0 else 128 - code


def _given(words: Sequence[str]) -> Path | None:
    """Return the configuration that the words name; what stands behind `--` is not wrangler's."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            break
        if name in _CONFIG:
            value = value if equals else "".join(words[place + 1 : place + 2])
            return Path(value) if value else None
    return None


def _wait(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Let it have the terminal: a Ctrl-C there reaches it by itself, other signals are passed on."""
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: object) -> None:
        if process and number != signal.SIGINT:
            process.send_signal(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    taken = {
        each: signal.signal(each, pass_on) for each in numbers if signal.getsignal(each) != signal.SIG_IGN
    }
    try:
        process = subprocess.Popen(command, env=env)  # noqa: S603 - the owner's words, for his own account
        return process.wait()
    except OSError as error:
        raise UsageError(f"{command[0]}: can't be run: {error.strerror}.") from error
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
