"""The experiment with three actors, told act by act: in a terminal to the end, or on a page as one likes."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mail_failover.console.text import printable
from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.events import Feed
from mail_failover.emulator.experiment import Experiment, primary_of
from mail_failover.emulator.page.server import serving
from mail_failover.emulator.routing.inbox import MaildirInboxes
from mail_failover.emulator.runtime.clock import Clock
from mail_failover.emulator.telling import telling
from mail_failover.errors import UsageError
from mail_failover.settings.files import Config, read_config
from mail_failover.settings.place import configuration, own

from .acts import ACTS
from .stage import INBOX, Say, Stage

SETTINGS = {"FALLBACK_INBOXES": INBOX, "PRIMARY_CHECK": "mail.example.com:465"}
MARK = "made-by-mail-failover-demo"


async def run(keep: Path | None, say: Say, page: int | None = None) -> bool:
    """Play the acts, say what happens, and tell whether every message is where it should be.

    With a port for a `page` (0 for a free one) they are played there, until this is cancelled.

    Raises:
        UsageError: the Worker can't be found or loaded, or `keep` can't be used.

    """
    config, clock = _config(), Clock()
    feed = Feed(clock)
    with _mailboxes(keep) as folder:
        primary, inboxes = primary_of(folder / "primary", feed), MaildirInboxes(folder / "fallback")
        emulator = Emulator(config, inboxes, watch=telling(feed), dialling=primary.greet, clock=clock)
        given = [word for setting in SETTINGS.items() for word in ("--var", "=".join(setting))]
        async with Experiment(emulator, primary, feed, config, given) as experiment:
            story = Story(experiment, inboxes, say, kept=folder if keep else None)
            story.stage.introduce(config.main)
            if page is None:
                while not story.is_over:
                    await story.act()
            else:
                async with serving(experiment, page, story) as url:
                    say(f"Page: {url}", "bold")
                    say("Play the acts there; Ctrl-C ends it.")
                    # A Ctrl-C is how it ends, and no failure.
                    with suppress(asyncio.CancelledError):
                        await asyncio.Event().wait()
            return all(story.verdicts)


class Story:
    """The acts, of which some were played; what is said goes to `say` and, as events, to the feed."""

    def __init__(self, experiment: Experiment, inboxes: MaildirInboxes, say: Say, kept: Path | None) -> None:
        self.stage = Stage(experiment, inboxes, self._say)
        self.verdicts: list[bool] = []
        self._experiment = experiment
        self._out = say
        self._kept = kept
        self._act = 0
        self._tell()

    @property
    def is_over(self) -> bool:
        """Tell whether all acts were played."""
        return len(self.verdicts) == len(ACTS)

    def play(self) -> None:
        """Begin to play the next act.

        Raises:
            UsageError: there is none.
            BusyError: something is under way.

        """
        if self.is_over:
            raise UsageError("The story is over: all its acts have been played.")
        self._experiment.do(f"act {len(self.verdicts) + 1}", self.act())

    async def act(self) -> None:
        """Play the next act, and after the last say how all of them went."""
        title, play = ACTS[len(self.verdicts)]
        self._act = len(self.verdicts) + 1
        self._tell()
        self._say("")
        self._say(f"Act {self._act}: {title}", "bold")
        try:
            verdict = await play(self.stage)
        except Exception as error:  # noqa: BLE001 - an act that breaks off has failed, and the story goes on
            self._say(printable(f"  FAILED   {type(error).__name__}: {error}"), "red")
            verdict = False
        self.verdicts.append(verdict)
        self._act = 0
        self._tell()
        if self.is_over:
            self._conclude()

    def _conclude(self) -> None:
        self._say("")
        for number, verdict in enumerate(self.verdicts, 1):
            style = "green" if verdict else "red"
            self._say(f"Act {number}: {'as it should be' if verdict else 'FAILED'}", style)
        good = all(self.verdicts)
        result = f"{'Every' if good else 'Not every'} message is where it should be."
        kept = f" Mailboxes: {self._kept}" if self._kept else ""
        self._say(f"{result}{kept}", "bold green" if good else "bold red")

    def _say(self, line: str, style: str = "") -> None:
        self._out(line, style)
        self._experiment.feed.tell("story", act=self._act, line=line, style=style)

    def _tell(self) -> None:
        self._experiment.feed.tell_state(
            "acts",
            {
                "titles": [title for title, _ in ACTS],
                "played": len(self.verdicts),
                "verdicts": [*self.verdicts],
                "playing": bool(self._act),
            },
        )


def _config() -> Config:
    """Find the Worker: in the current folder, or the one that came with this program."""
    for path in (configuration(), own()):
        config = read_config(path)
        if config.main.suffix == ".py":
            break
    return Config(config.main, SETTINGS, objects=config.objects)


@contextmanager
def _mailboxes(keep: Path | None) -> Iterator[Path]:
    """Give an empty folder; one that is kept may hold what an earlier demo left, and nothing else."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="mail-failover-") as folder:
            yield Path(folder)
        return
    mailboxes = [keep / "primary", keep / "fallback"]
    if any(path.exists() for path in mailboxes) and not (keep / MARK).exists():
        raise UsageError(f"--keep {keep}: has a primary or fallback that no demo made; name another folder.")
    try:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / MARK).touch()
        for path in mailboxes:
            if path.exists():
                shutil.rmtree(path)
    except OSError as error:
        raise UsageError(f"--keep {keep}: can't be used: {error.strerror}.") from error
    yield keep
