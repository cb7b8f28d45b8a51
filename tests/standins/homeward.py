"""A primary that answers as a test wants, and an operator who brings mail home to it."""

import json
import shutil
from pathlib import Path

from mail_failover.door.address import TOKEN_FILE
from mail_failover.door.options import Way
from mail_failover.replay.inject.letter import NoServerError, UncertainError, Verdict
from mail_failover.replay.run import Options, World, run
from mail_failover.spool import run as spool_run
from standins.door import DOMAIN, TOKEN, Link

TO = "smtp://127.0.0.1:25"


class Primary:
    """Takes letters: `got` holds each with its bytes, in order.

    `answer(letter, count)` returns a code with words, as "550 no such user"; "down": nobody there; "lost":
    the connection ends before the answer, and it has the letter; "unsure": it has not.
    """

    def __init__(self, answer=lambda letter, count: "250 2.0.0 Ok"):
        self.answer = answer
        self.got = []
        self.asked = 0

    async def inject(self, letter):
        """Take one, or not."""
        answer, self.asked = self.answer(letter, self.asked), self.asked + 1
        if answer == "down":
            raise NoServerError("Connection refused")
        if answer[0] in "2l":
            self.got.append((letter, letter.path.read_bytes()))
        if answer in {"lost", "unsure"}:
            raise UncertainError("the connection ended before the answer")
        return Verdict({"2": "delivered", "4": "later", "5": "refused"}[answer[0]], answer)

    @property
    def ids(self):
        """The ids of what it has, in order."""
        return [letter.id for letter, _ in self.got]


class Operator:
    """Types `replay` on the primary's machine."""

    def __init__(self, folder: Path, standin, capsys=None):
        self.state = folder / "state"
        self.standin = standin
        self.primary = Primary()
        self._capsys = capsys
        self.url = "http://127.0.0.1:8787"
        self.transport = Link
        self.state.mkdir(exist_ok=True)
        self.token(TOKEN)

    async def pause(self, seconds):
        """Pass the time between two tries of a request at once."""

    def token(self, text):
        """Write the token's file."""
        path = self.state / TOKEN_FILE
        path.write_text(text)
        path.chmod(0o600)

    @property
    def way(self):
        """The options that lead to the door."""
        return Way(self.url, DOMAIN, None, self.state)

    @property
    def folder(self):
        """Where the journal is."""
        return self.state / "replay" / DOMAIN

    def forget(self):
        """Lose the journal."""
        shutil.rmtree(self.folder)

    def replay(self, *only, **options):
        """Run it; return the exit code and what it said: lines, or JSON's value."""
        world = World(self.transport(self.standin), lambda *_, **__: self.primary, self.pause)
        code = run(Options(TO, self.way, only, **options), world)
        if self._capsys is None:
            return code
        out, err = self._capsys.readouterr()
        return code, (json.loads(out) if options.get("json") else out), err


class Owner(Operator):
    """Types `spool` commands; `answer` is what is answered when asked, None where there is no terminal."""

    answer = None

    def spool(self, work, *, as_json=False):
        """Run one; return the exit code and what it said: lines, or JSON's value."""
        self.asked = []

        def ask(question):
            self.asked.append(question)
            return self.answer

        world = spool_run.World(Link(self.standin), self.pause, lambda: self.answer is not None, ask)
        code = spool_run.run(self.way, ("show", "1-a"), work, as_json=as_json, world=world)
        out, err = self._capsys.readouterr()
        return code, (json.loads(out) if as_json else out), err
