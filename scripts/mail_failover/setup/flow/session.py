"""One run of a command of `mail-failover setup`: what it was given, what it looked at, how it ends."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import httpx
import typer

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.exit_codes import DONE, PROBLEM, UNSAFE, USAGE
from mail_failover.console.voice import Voice
from mail_failover.setup.execute.cleanup import danger, still_changed
from mail_failover.setup.execute.executor import Ports
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.journal.lease import alone
from mail_failover.setup.plan.plan import Plan, make_plan
from mail_failover.setup.plan.step import AwaitInboxes, Step
from mail_failover.setup.snapshot import reread

from .look import Looking, look
from .options import Options
from .outside import Outlook
from .show import heading, plan_json, plan_lines


@dataclass(frozen=True, slots=True)
class World:
    """What the commands meet outside; tests bring their own."""

    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    outlook: Outlook = field(default_factory=Outlook)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    is_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()
    ask: Callable[[str], bool] = typer.confirm


def nothing_new(steps: Sequence[Step], shown: Sequence[Step]) -> bool:
    """Tell whether a person was shown every step, as it is now; an inbox may have been verified since."""
    return all(step in shown or isinstance(step.action, AwaitInboxes) for step in steps)


class Session:
    """One command's run: what was looked at, and how it ends."""

    def __init__(self, command: str, options: Options, world: World, voice: Voice) -> None:
        self.command = command
        self.options = options
        self.world = world
        self.voice = voice
        self._next = options.again
        voice.again = self.again()
        self.code = DONE
        self.looking: Looking
        self.journal: Journal | None = None
        self.held = ExitStack()
        self._done: list[Step] = []
        self._alone = False

    def look(self, api: Cloudflare, *, wish: bool) -> None:
        """Look at everything."""
        with self.voice.busy("Reading the domain"):
            self.looking = look(api, self.options, self.world.env, self.world.outlook, wish=wish)
        self._next = self.looking.again
        self.voice.again = self.again()

    def look_again(self) -> None:
        """Read again what may have changed while a person was asked."""
        before = self.looking
        with self.voice.busy("Reading the domain again"):
            now = reread(before.api, before.now, before.account_id)
        journal = Journal.latest(before.folder, now.domain)
        self.looking = replace(before, now=now, journal=journal)

    def hold(self) -> None:
        """Keep other runs of these commands from the domain until this one ends.

        Raises:
            UsageError: another run got there first.

        """
        if not self._alone:
            self.held.enter_context(alone(self.looking.folder, self.looking.now.domain))
            self._alone = True

    def changed(self) -> bool:
        """Say that the domain changed meanwhile, and return whether there is somebody to ask again."""
        if self.options.yes:
            what = "Nothing was changed: the domain changed meanwhile."
            self.voice.fail("Changed", what, "Run this again.")
        else:
            self.voice.say("The domain changed meanwhile, so nothing was changed yet. It is now:", "yellow")
        return not self.options.yes

    def plan(self) -> Plan:
        """Compute the plan from what was looked at."""
        looking = self.looking
        return make_plan(looking.now, looking.wish, looking.unfinished, looking.outside)

    def show(self, plan: Plan) -> None:
        """Show the plan."""
        self.voice.values = plan_json(plan)
        self.voice.say(heading(self.looking.now))
        self.voice.say("")
        self.voice.lines(plan_lines(plan))

    def slow(self, reason: str, seconds: float) -> None:
        """Show that a request is tried again."""
        self.voice.doing(f"{reason.rstrip('.')}; trying again in {seconds:.0f} s")

    def ports(self) -> Ports:
        """Return what the steps need."""
        api, account = self.looking.api, self.looking.account_id
        world, wait = self.world, self.options.wait
        voice = self.voice
        return Ports(api, account, voice.doing, self._did, voice.complain, world.sleep, world.clock, wait)

    def may_go_on(self, title: str, unsafe: tuple[Step, ...]) -> bool:
        """Ask the person; without one, only --yes is consent. Sets the exit code for a no."""
        options, world = self.options, self.world
        terminal = world.is_terminal() and not options.json
        refused = [s for s in unsafe if not (options.force or (s.asks and terminal and not options.yes))]
        if refused:
            titles = "; ".join(step.title for step in refused)
            # Whoever has nobody to ask at needs both.
            forced = self.again(force=True, yes=not terminal)
            self.voice.fail(
                "Unsafe",
                f"Nothing was changed, since this is unsafe: {titles}.",
                f"Read why in the plan, and mend it; if you want it all the same: `{forced}`.",
            )
            self.code = UNSAFE
            return False
        if options.yes:
            return True
        if not terminal:
            what = "Nothing was changed: there is no terminal to ask at."
            again = self.again(yes=True)
            self.voice.fail("NoTerminal", what, f"If you want what is shown: `{again}`.")
            self.code = USAGE
            return False
        questions = [f"{step.unsafe} Do it?" for step in unsafe if step.asks and not options.force]
        if all(world.ask(question) for question in [*questions, title]):
            return True
        self.voice.say("Nothing was changed.")
        self.code = PROBLEM
        return False

    def again(self, *, force: bool = False, yes: bool = False) -> str:
        """Return this command with the options that were given, and with what it lacked."""
        options = self.options
        given = {
            "--force-unsafe": force or options.force,
            "--yes": yes or options.yes,
            "--wait": options.wait,
            "--json": options.json,
        }
        return self._next.setup(self.command, *(name for name, wanted in given.items() if wanted))

    def end(self, code: int, **values: object) -> int:
        """End the command."""
        return self.voice.end(code, **values, done=[step.key for step in self._done])

    def account(self, *, stuck: bool = False) -> None:
        """Say what was done before it stopped, if anything can have been; `stuck`: going on does not help.

        The JSON value has it behind the fix of its error.
        """
        if self.journal is None:
            return
        undo, again = (f"`{self.looking.again.setup(command)}`" for command in ("undo", "apply"))
        said = "Done before that: " + ("; ".join(step.title for step in self._done) or "nothing")
        way = f"{again} goes on, {undo} takes it back"
        if stuck:
            said = "Still changed: " + ("; ".join(still_changed(self.journal)) or "nothing")
            again, way = undo, f"{undo} takes it back; once Email Routing is on, {again} goes on"
        if self.journal.state == "undoing":
            again, way = undo, f"{undo} goes on"
        sentences = [f"{said}. The journal is {self.journal.path}: {way}"]
        if now := danger(self.journal, again):
            sentences.append(now)
        self.voice.complain(*sentences)
        error = self.voice.values["error"]
        error["fix"] = " ".join(filter(None, [error["fix"], *(f"{sentence}." for sentence in sentences)]))

    def _did(self, step: Step) -> None:
        self._done.append(step)
        self.voice.say(f"done: {step.title}", "green")
