"""A folder with a Worker, both services without a network, and a person who answers what is asked."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from mail_failover.chats.run import run_service, run_slack, run_telegram, run_test
from mail_failover.chats.services import WAYS
from mail_failover.chats.session import Options, World
from mail_failover.console.ask import Asker
from mail_failover.messenger.client import Ports
from mail_failover.settings.files import parse_dotenv
from standins.messengers import Clock, Link, Messengers

MAIN = Path(__file__).parents[2] / "src" / "entry.py"
RUNS = {"telegram": run_telegram, "slack": run_slack, "test": run_test}
RUNS |= {service: partial(run_service, service) for service in WAYS}


class Person:
    """Types `chats` and gives the `answers`, in order: to questions, and to requests for a secret.

    An answer that is an exception is raised. `terminal` tells whether one is
    there; without, what is piped in is the first of the answers. `alerts` is where alerts go.
    """

    def __init__(self, folder, capsys):
        self.folder, self._capsys = folder, capsys
        self.clock = Clock()
        self.messengers = Messengers(self.clock)
        self.env = {}
        self.terminal = True
        self.answers = []
        self.asked = []
        self.alerts = Link(self.messengers)

    def types(self, command, **options):
        """Run a command; return the exit code, and what was said on stdout and stderr."""
        ports = Ports(Link(self.messengers), self.clock.sleep, self.clock)
        world = World(self.env, ports, self.alerts, _Asker(lambda: self.terminal, self), self._line)
        code = RUNS[command](Options(**options), world)
        out, err = self._capsys.readouterr()
        assert "sEcReT" not in out + err
        return code, (json.loads(out) if options.get("json") else out), err

    @property
    def posts(self):
        """Return what stands in the chats."""
        return [(post.service, post.chat, post.seen) for post in self.messengers.chat.posts]

    @property
    def settings(self):
        """Return what .dev.vars says."""
        path = self.folder / ".dev.vars"
        return parse_dotenv(path.read_text()) if path.exists() else {}

    def answer(self, question, kind):
        """Give the next answer, which has to be of the kind that is asked for."""
        assert self.terminal, question
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, kind), question
        return answer

    def _line(self):
        assert not self.terminal
        return self.answers.pop(0) if self.answers else ""


@dataclass(frozen=True, slots=True)
class _Asker(Asker):
    """Puts the questions to a person of these tests."""

    person: Person | None = None

    def text(self, question, default=None):
        return self.person.answer(question, str)

    def secret(self, question):
        return self.person.answer(question, str)

    def yes(self, question, *, default=False):
        return self.person.answer(question, bool)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Enter a folder with the Worker and settings that name no chat."""
    (tmp_path / "wrangler.toml").write_text(f'name = "mail-failover"\nmain = "{MAIN}"\n[vars]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def person(folder, capsys):
    """Sit somebody down before it."""
    return Person(folder, capsys)
