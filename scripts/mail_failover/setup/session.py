"""One run of a command of `mail-failover setup`: what it was given, what it looks at, how it ends."""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError
from mail_failover.cloudflare.zones import ascii_name
from mail_failover.console.ask import Asker
from mail_failover.console.exit_codes import DONE, PROBLEM, UNSAFE, USAGE
from mail_failover.console.next_step import Again
from mail_failover.console.program import program
from mail_failover.console.voice import Voice
from mail_failover.disk import alone
from mail_failover.errors import UsageError
from mail_failover.mail.resolver import ascii_domain
from mail_failover.settings.deployed import differences
from mail_failover.settings.local import Local, domain_of, read_local
from mail_failover.settings.place import STATE

from .execute import Ports
from .journal import Journal
from .outside import Outlook, ask
from .plan.danger import danger
from .plan.goal import Outside, Wish
from .plan.plan import Plan, make_plan
from .plan.undo import plan_undo
from .snapshot import Snapshot, read, reread
from .step import AwaitInboxes, Step

_SETTINGS = ("FALLBACK_INBOXES", "ROUTES", "addresses", "name")


@dataclass(frozen=True, slots=True)
class Options:
    """The commands' options, as they were given."""

    domain: str = ""
    worker: str = ""
    inboxes: tuple[str, ...] = ()
    config: Path | None = None
    json: bool = False
    yes: bool = False
    force: bool = False
    wait: bool = False
    alone: bool = False

    @property
    def again(self) -> Again:
        """How this is typed again."""
        return Again(self.domain, program(), str(self.config or ""), self.worker, self.inboxes)


@dataclass(frozen=True, slots=True)
class World:
    """What the commands meet outside; tests bring their own."""

    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    transport: httpx.BaseTransport | None = None
    outlook: Outlook = field(default_factory=Outlook)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    is_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()
    ask: Callable[[str], bool] = Asker().yes


def nothing_new(steps: Sequence[Step], shown: Sequence[Step]) -> bool:
    """Tell whether a person was shown every step, as it is now; an inbox may have been verified since."""
    return all(step in shown or isinstance(step.action, AwaitInboxes) for step in steps)


class Session:
    """One command's run.

    `env` has the token. `now` is the domain, `latest` its journal, if there is one; `journal` the one that is
    being written.
    """

    env: Mapping[str, str]
    api: Cloudflare
    now: Snapshot
    wish: Wish
    outside: Outside
    folder: Path
    latest: Journal | None
    sources: str

    def __init__(self, command: str, options: Options, world: World, voice: Voice) -> None:
        self.command = command
        self.options = options
        self.world = world
        self.voice = voice
        self.next = options.again
        self.voice.again = self.again()
        self.code = DONE
        self.journal: Journal | None = None
        self.done: list[Step] = []
        self.held = ExitStack()
        self._alone = False

    # --- looking ---

    def look(self, api: Cloudflare) -> None:
        """Look at the settings, the zone and the journal, and at the outside, if there is something to plan.

        Raises:
            UsageError: an option or a file can't be used.
            ApiError: by meaning.

        """
        self.api, local = api, read_local(self.options.config)
        planning = self.command != "undo"
        meant = partial(domain_of, local, self.env, lambda: list(map(ascii_name, api.zones())))
        domain = ascii_domain(self.options.domain or meant(undo=not planning))
        self.next = replace(self.next, domain=domain)
        self.voice.again = self.again()
        self.sources = local.sources if local else ""
        wishes = planning and not self.options.alone
        self.wish = _wish(self.options, local, self.next) if wishes else Wish("", (), self.next)
        self.folder = (local.folder if local else Path()) / STATE
        with self.voice.busy("Reading the domain"):
            zone = _zone(api, domain, self.env.get("CLOUDFLARE_ACCOUNT_ID", "").strip())
            self._see(read(api, domain, zone))
            if planning and local and self.now.script(self.wish.worker):
                deployed = api.script_settings(self.now.account_id, self.wish.worker)
                outdated = [f"{what}. {fix}." for what, fix in differences(local, deployed, self.next)]
                self.wish = replace(self.wish, outdated=tuple(outdated))
            self.outside = ask(self.now, self.unfinished, self.world.outlook) if planning else Outside()

    def look_again(self) -> None:
        """Read again what may have changed while a person was asked."""
        with self.voice.busy("Reading the domain again"):
            self._see(reread(self.api, self.now))

    def _see(self, now: Snapshot) -> None:
        self.now = now
        self.latest = Journal.latest(self.folder, now.domain)
        if self.latest:
            self.latest.learn(now)

    @property
    def unfinished(self) -> Journal | None:
        """The journal of an apply that did not finish."""
        return self.latest if self.latest and self.latest.state == "open" else None

    def plan(self) -> Plan:
        """Compute the plan from what was looked at."""
        plan = make_plan(self.now, self.wish, self.outside, self.unfinished)
        return plan.domain_alone() if self.options.alone else plan

    # --- asking ---

    def hold(self) -> None:
        """Keep other runs of these commands from the domain until this one ends.

        Raises:
            UsageError: another run got there first.

        """
        if not self._alone:
            domain = self.now.domain
            running = f"Another `mail-failover setup` is changing {domain}"
            self.held.enter_context(alone(self.folder / domain / "lock", running))
            self._alone = True

    def may_go_on(self, title: str, unsafe: Sequence[Step] = ()) -> bool:
        """Ask the person; without one, only --yes is consent. Sets the exit code for a no."""
        options, world = self.options, self.world
        terminal = world.is_terminal() and not options.json
        refused = [s for s in unsafe if not (options.force or (s.asks and terminal and not options.yes))]
        if refused:
            titles = "; ".join(step.title for step in refused)
            # Whoever has nobody to ask at needs both.
            forced = self.again(force=True, yes=not terminal)
            what = f"Nothing was changed, since this is unsafe: {titles}."
            fix = f"Read why in the plan, and mend it; if you want it all the same: `{forced}`."
            self.voice.fail("Unsafe", what, fix)
            self.code = UNSAFE
        elif options.yes:
            return True
        elif not terminal:
            what = "Nothing was changed: there is no terminal to ask at."
            self.voice.fail("NoTerminal", what, f"If you want what is shown: `{self.again(yes=True)}`.")
            self.code = USAGE
        else:
            questions = [f"{step.unsafe} Do it?" for step in unsafe if step.asks and not options.force]
            if all(world.ask(question) for question in [*questions, title]):
                return True
            self.voice.say("Nothing was changed.")
            self.code = PROBLEM
        return False

    def changed(self) -> bool:
        """Say that the domain changed meanwhile, and return whether there is somebody to ask again."""
        if self.options.yes:
            what = "Nothing was changed: the domain changed meanwhile."
            self.voice.fail("Changed", what, "Run this again.")
        else:
            self.voice.say("The domain changed meanwhile, so nothing was changed yet. It is now:", "yellow")
        return not self.options.yes

    # --- doing and ending ---

    def ports(self) -> Ports:
        """Return what the steps need."""
        world, voice = self.world, self.voice
        return Ports(self.api, voice.doing, self._did, world.sleep, world.clock, self.options.wait)

    def again(self, *, force: bool = False, yes: bool = False) -> str:
        """Return this command with the options that were given, and with what it lacked."""
        options = self.options
        given = {
            "--force-unsafe": force or options.force,
            "--yes": yes or options.yes,
            "--wait": options.wait,
            "--json": options.json,
        }
        return self.next.setup(self.command, *(name for name, wanted in given.items() if wanted))

    def slow(self, reason: str, seconds: float) -> None:
        """Show that a request is tried again."""
        self.voice.doing(f"{reason.rstrip('.')}; trying again in {seconds:.0f} s")

    def end(self, code: int, **values: object) -> int:
        """End the command."""
        return self.voice.end(code, **values, done=[step.key for step in self.done])

    def account(self, *, stuck: bool = False) -> None:
        """Say what was done before it stopped, and what is dangerous now; `stuck`: going on does not help.

        The JSON value has it behind the fix of its error.
        """
        if self.journal is None:
            return
        undo, again = (f"`{self.next.setup(command)}`" for command in ("undo", "apply"))
        said = "Done before that: " + ("; ".join(step.title for step in self.done) or "nothing")
        way = f"{again} goes on, {undo} takes it back"
        if stuck:
            again, way = undo, f"{undo} takes it back; once Email Routing is on, {again} goes on"
        if self.journal.state == "undoing":
            again, way = undo, f"{undo} goes on"
        try:
            now = reread(self.api, self.now)
            self.journal.learn(now)
            left = [line for step in plan_undo(self.journal, now).steps for line in step.removed]
            said = "Still changed: " + ("; ".join(left) or "nothing") if stuck else said
            wrong = danger(now, self.journal, again)
        except (ApiError, KeyboardInterrupt):
            wrong = f"How the domain is now can't be read: run {again} at once"
        sentences = [f"{said}. The journal is {self.journal.path}: {way}", *filter(None, [wrong])]
        self.voice.complain(*sentences)
        error = self.voice.values["error"]
        error["fix"] = " ".join(filter(None, [error["fix"], *(f"{sentence}." for sentence in sentences)]))

    def _did(self, step: Step) -> None:
        self.done.append(step)
        self.voice.say(f"done: {step.title}", "green")


def _zone(api: Cloudflare, domain: str, account: str) -> dict[str, object]:
    """Return the domain's zone, which has to be a whole one of the account that is asked for."""
    zone = api.zone_by_name(domain, account)
    if ascii_name(zone) != domain:
        raise UsageError(
            f"--domain {domain}: Email Routing is set up for whole zones.",
            f"Name {zone['name']}, or make a zone of this subdomain.",
        )
    holder = (zone.get("account") or {}).get("id") or account
    if not holder:
        raise UsageError(f"Cloudflare does not say whose zone {domain} is.", "Set CLOUDFLARE_ACCOUNT_ID.")
    if account not in {"", holder}:
        what = f"CLOUDFLARE_ACCOUNT_ID is another account than that of the zone {zone['name']}."
        raise UsageError(what, "Unset it.")
    return {**zone, "account": {"id": holder}}


def _wish(options: Options, local: Local | None, again: Again) -> Wish:
    worker = options.worker or (local.name if local else "")
    inboxes = options.inboxes or (local.inboxes if local else ())
    if not worker:
        raise UsageError(
            "No Worker is named.", "Run this in the folder of your settings, or add --worker NAME."
        )
    if not options.inboxes and local:
        wrong = [problem for problem in local.problems if problem.startswith(_SETTINGS)]
        if wrong:
            raise UsageError(f"{local.path}: {'; '.join(wrong)}.")
    bad = [email for email in inboxes if not re.fullmatch(r"[^@]+@[^@]+", email)]
    if bad:
        raise UsageError(f"--inbox {bad[0]}: not a mail address.", "Write it like you@example.net.")
    unique = {email.lower(): email for email in inboxes}
    return Wish(worker, tuple(unique.values()), again)
