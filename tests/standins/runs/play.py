"""Play a run: each command with its trouble and with the other person, then a good end."""

import httpx

from standins.domains import Operator

from .meddler import meddle
from .promises import Promises
from .story import Command
from .theirs import Shot

MOST_COMMANDS = 8


class Killed(BaseException):
    """The process is no more: nothing that it would do after this happens."""


class Ear:
    """Hears what commands print, for pytest's capsys."""

    def __init__(self, capsys):
        self.capsys, self.heard = capsys, ""

    def readouterr(self):
        """Return what was printed since."""
        out, err = self.capsys.readouterr()
        self.heard += out + err
        return out, err


class Run:
    """One run in a folder of its own; `promises.broken` says what went wrong."""

    def __init__(self, story, folder, capsys):
        self.story = story
        self.standin = story.zone.build()
        self.promises = Promises(self.standin)
        self.ear = Ear(capsys)
        self.operator = Operator(folder, self.ear)
        self.files = {}
        self.standin.fault = lambda *_: self.kind

    @property
    def transport(self):
        """What the commands send through."""
        return httpx.MockTransport(self._handle)

    def play(self):
        """Play everything; return what was broken, as (promise, what)."""
        could = self.do(Command("plan")) in {0, 3}
        for command in self.story.commands:
            self.do(command)
        if self.story.applies_at_last:
            self._apply(could=could)
        self._undo()
        return self.promises.broken

    def do(self, command):
        """Run one command; return its exit code, or None if it was killed."""
        self._start(command)
        asked = command.consent in {"says yes", "says no"}
        self.operator.answers = [command.consent == "says yes"] * 20 if asked else []
        options = {"json": not asked, "yes": command.consent == "--yes", "force": command.force}
        options |= {"worker": command.worker} if command.worker and command.name != "undo" else {}
        code, self.said, killed = None, None, False
        try:
            code, self.said = getattr(self.operator, command.name)(self, **options)
        except Killed:
            killed = True
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a traceback to the operator
            where = "8 end" if "round in a circle" in str(error) else "7 said"
            self.promises.breaks(where, f"{type(error).__name__}: {error}")
        self.ear.readouterr()
        if killed:
            self._bring_back_files()
        elif code is not None:
            kind = command.trouble[0] if self.met else ""
            self.promises.ended(code, self.said, self.ear.heard + self._written(), kind)
        return code

    # --- the good end ---

    def _apply(self, *, could):
        """Apply until it ends; alone, and where nothing is in the way, it has to reach its goal."""
        command = Command(force=not self.promises.theirs.did_anything)
        for _ in range(3):
            code = self.do(command)
            if self._problem == "Unfinished":
                self.do(Command("undo"))
            elif self._problem != "Stopped":
                break
            # What could not be read beside two SPF records is for the next one to show.
        if self.promises.is_finished(code, self.said):
            again = self.do(command)
            if code == 0 and not self.promises.theirs.did_anything and (again != 0 or self.promises.changed):
                self.promises.breaks("6 twice", f"a second apply ended with {again} and changed something")
        elif could and not self.promises.theirs.did_anything and self.story.zone.can_succeed:
            self.promises.breaks("6 goal", f"{code}: {self.said}")

    def _undo(self):
        """Undo until nothing is left to take back."""
        for _ in range(MOST_COMMANDS):
            code = self.do(Command("undo"))
            # No apply has changed anything, and a Worker catches mail all the same.
            if self._problem not in {"", "NoJournal"} and not self.promises.theirs.did_anything:
                self.promises.breaks("6 undo", f"{code}: {self.said}")
            is_stuck = code != 0 and not self.promises.changed
            if self._problem or is_stuck or not self.said["journal"]:
                break
        else:
            self.promises.breaks("8 end", "undo finds something every time")
        self.promises.begin(None)
        self.promises.restored()

    @property
    def _problem(self):
        """The kind of the error that the last command ended with, or empty."""
        if self.said is None:
            return "Traceback"
        return self.said.get("error", {}).get("kind", "")

    # --- requests ---

    def _start(self, command):
        self.promises.begin(command)
        self.command, self.kind = command, None
        self.count = self.changes = 0
        self.met = self.gone = self.dead = False
        self.standin.requests.clear()
        self._meddle(("request", 0))

    def _handle(self, request):
        if self.dead:
            raise Killed
        self.count += 1
        self._meddle(("request", self.count))
        writes = request.method != "GET"
        self.changes += writes
        self.kind = self._trouble(writes=writes)
        if self.kind == "killed before":
            self._die()
        if self.kind == "killed after":
            self.kind = "lost after"
            self._answer(request, swallow=True)
            self._die()
        return self._answer(request)

    def _answer(self, request, *, swallow=False):
        writes = request.method != "GET"
        before = Shot(self.standin) if writes else None
        path = request.url.path.removeprefix("/client/v4")
        is_read = False
        try:
            response = self.standin._handle(request)
            is_read = response.is_success
        except httpx.ReadError:
            if not swallow:
                raise
            return None
        finally:
            if writes:
                self.promises.requested(request.method, path, before)
                self._meddle(("change", self.changes))
            elif is_read:
                self.promises.looked(path)
        return response

    def _trouble(self, *, writes):
        if self.gone:
            return "lost before"
        moments = {("request", self.count), *([("change", self.changes)] if writes else [])}
        if self.met or not self.command.trouble or self.command.trouble[1] not in moments:
            return None
        self.met, kind = True, self.command.trouble[0]
        self.gone = kind.startswith("gone")
        return kind.replace("gone", "lost")

    def _meddle(self, moment):
        for when, action, number in self.command.meddling:
            if when == moment:
                before = Shot(self.standin)
                meddle(self.standin, action, number)
                self.promises.meddled(before, action)

    # --- files ---

    def _die(self):
        self.dead = True
        self.files = {path: path.read_bytes() for path in self._journals()}
        raise Killed

    def _bring_back_files(self):
        for path in self._journals():
            path.unlink()
        for path, content in self.files.items():
            path.write_bytes(content)

    def _journals(self):
        folder = self.operator.folder / ".mail-failover"
        return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]

    def _written(self):
        return "".join(path.read_text() for path in self._journals())
