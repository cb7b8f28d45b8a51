"""Undo: show what an apply left, ask, take it back as far as Cloudflare lets us."""

from dataclasses import dataclass, field, replace

from mail_failover.cloudflare import errors
from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import ApiError, WorkerNotFound
from mail_failover.cloudflare.rules import is_catch_all, rule_line, uses, worker_of
from mail_failover.cloudflare.zones import has_rule
from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.next_step import spelled_out

from .execute import Course, Stopped, carry_out
from .journal import Journal
from .plan.danger import danger
from .plan.undo import UndoPlan, plan_undo
from .session import Session, nothing_new
from .show import heading, show_steps, steps_json
from .snapshot import CATCH_ALL, Snapshot
from .step import UNLOCK, RemoveInbox, Step

_FINAL = (
    Stopped,
    errors.AlreadyExists,
    errors.Invalid,
    errors.NotFound,
    errors.RecordsLocked,
    errors.ZonePending,
)
"""What trying again, or a person, is not likely to help."""

_MENDABLE = (errors.InboxUnverified, errors.PermissionMissing, errors.ServerFailure, WorkerNotFound)
"""What a person, or time, may help; if not, forcing leaves the step."""

_UNLOCKED = (
    "The records of Email Routing were unlocked, and stay so, since nobody knows what locking them does to"
    " other MX. Lock them in the dashboard, if you want that: Email Routing, Settings."
)


def undo(session: Session) -> int:
    """Take the last apply back, and return the exit code."""
    voice = session.voice
    way = _choose(session)
    if way is None:
        return _nothing(session)
    plan, path = way.plan(session.now), way.journal.path
    voice.values = _values(session, way.journal, steps_json(plan.steps), plan.conflicts)
    voice.say(f"Journal: {path}")
    voice.say("")
    show_steps(voice, plan.steps)
    _say_left(session, plan)
    if plan.steps and not session.may_go_on(f"Change {session.now.domain} as shown?"):
        return session.end(session.code)
    session.hold()
    session.look_again()
    again = _choose(session)
    now = again.plan(session.now) if again else UndoPlan()
    if again and nothing_new(now.steps, plan.steps) and now.conflicts == plan.conflicts:
        return _take_back(session, again)
    return undo(session) if session.changed() else session.end(PROBLEM)


def _nothing(session: Session) -> int:
    """Say that nothing can be undone from here, which is wrong where the domain looks set up."""
    voice, now, folder, again = session.voice, session.now, session.folder, session.next
    voice.values = _values(session, None, [], ())
    if any((folder / now.domain).glob("*.json")):
        voice.say(f"Nothing to undo: every apply under {folder} is taken back.")
        return session.end(DONE)
    missing = f"no journal of {now.domain} under {folder.absolute()}"
    # No domain has a Worker that catches mail by itself; where no rule can be read it may have one.
    rule = now.catch_all
    if not (now.enabled if rule is None else rule.get("enabled") and worker_of(rule)):
        voice.say(f"Nothing to undo: {missing}.")
        return session.end(DONE)
    here = "" if again.config else f"; or `{again.setup('undo')}` in the folder in which apply ran"
    voice.fail(
        "NoJournal",
        f"Nothing was changed: there is {missing}, but the domain looks set up ({heading(now)}).",
        f"Run `{replace(again, config='PATH').setup('undo')}` with the settings that apply was given, beside"
        f" which the journal is{here}; without it, change the domain in the dashboard.",
    )
    return session.end(PROBLEM)


def _values(session: Session, journal: Journal | None, steps: list[Json], conflicts: tuple[str, ...]) -> Json:
    told = {"conflicts": conflicts, "earlier": None, "danger": None}
    path, worker = (str(journal.path), journal.worker) if journal else (None, None)
    return {"domain": session.now.domain, "worker": worker, "journal": path, "steps": steps, **told}


def _choose(session: Session) -> "_Way | None":
    """Return what to take back: the newest apply of which anything can be; failing that, the newest."""
    newest = None
    for journal in Journal.left(session.folder, session.now.domain):
        journal.learn(session.now)
        way = _Way(journal, session.options.force, _used(session, journal))
        if journal.state != "partly undone" or way.plan(session.now).steps:
            return way
        newest = newest or way
    return newest


def _used(session: Session, journal: Journal) -> dict[str, str]:
    """Return where else the inboxes that an apply added are used, or may be.

    One list has the rules of all zones; that the catch-alls are in it is not documented, so ours has to be.
    """
    now, added = session.now, journal.added
    if not added:
        return {}
    unknown = "another zone, for all we know, since not every rule of the account can be read"
    try:
        with session.voice.busy("Looking who else uses the inboxes"):
            rules = session.api.account_rules(now.account_id)
    except ApiError:
        return dict.fromkeys(added, unknown)
    here = [rule for rule in rules if has_rule(now.zone, rule)]
    found = {} if any(map(is_catch_all, here)) else dict.fromkeys(added, unknown)
    for rule in rules:
        where = f"the rule {rule_line(rule)}" if rule in here else f"the zone {rule['zone']['name']}"
        if not (rule in here and is_catch_all(rule)):
            found |= {email: where for email in added if uses(rule, email, journal.worker)}
    return found


def _take_back(session: Session, way: "_Way") -> int:
    voice, journal = session.voice, way.journal
    session.journal = journal
    journal.observe(session.now)
    journal.finish("undoing")
    course = Course(way.left, refused=way.refused)
    try:
        with voice.busy("Working"):
            end = carry_out(session.ports(), journal, session.now, course)
    except _MENDABLE as error:
        forced = session.again(force=True)
        error.fix = f"{error.fix.rstrip('.')}; if nothing helps, `{forced}` leaves that alone."
        raise
    plan = way.plan(end)
    journal.finish("partly undone" if plan.partly else "undone", end)
    _say_left(session, plan)
    but, style = (", but for that", "bold yellow") if plan.conflicts else ("", "bold green")
    voice.say(f"{end.domain} is as it was before the apply{but}.", style)
    # Running it again as it was leaves again what others changed.
    again = session.next.setup("undo", *["--force-unsafe"] * plan.forcible)
    if wrong := danger(end, journal, f"`{again}`"):
        voice.values["danger"] = wrong
        voice.say(f"{wrong}.", "bold yellow")
    unlocked = any(step["done"] and step["key"] == UNLOCK.key for step in journal.steps)
    if unlocked and end.enabled and not end.locked:
        voice.say(_UNLOCKED)
    if earlier := _earlier(session, journal, end):
        again, when = session.next.setup("undo"), earlier.path.stem[:10]
        voice.say(f"An earlier apply, of {when}, is still in place: `{again}` takes it back.", "yellow")
    path = str(earlier.path) if earlier else None
    return session.end(PROBLEM if plan.conflicts else DONE, conflicts=plan.conflicts, earlier=path)


def _earlier(session: Session, undone: Journal, now: Snapshot) -> Journal | None:
    """Return the apply that the next undo takes back, if it is an earlier one.

    An inbox alone does not count: who else uses it is not asked once more.
    """
    for journal in Journal.left(session.folder, now.domain):
        journal.learn(now)
        if any(not isinstance(step.action, RemoveInbox) for step in plan_undo(journal, now).steps):
            return journal if journal.path != undone.path else None
    return None


def _say_left(session: Session, plan: UndoPlan) -> None:
    for text in plan.conflicts:
        session.voice.say(spelled_out(text, session.again()), "yellow")
    if plan.forcible:
        forced = session.next.setup("undo", "--force-unsafe")
        session.voice.say(
            f"`{forced}` makes that what it was before the apply, too; it asks first.", "yellow"
        )


@dataclass(slots=True)
class _Way:
    """How an apply is taken back; `used` are inboxes in use elsewhere, `refused_steps` what is set aside."""

    journal: Journal
    forced: bool
    used: dict[str, str]
    refused_steps: dict[str, str] = field(default_factory=dict)
    was_on: bool = False

    def plan(self, now: Snapshot) -> UndoPlan:
        """Return what is left to take back."""
        plan = plan_undo(self.journal, now, forced=self.forced, used=self.used, refused=self.refused_steps)
        return replace(plan, conflicts=(*self.refused_steps.values(), *plan.conflicts))

    def left(self, now: Snapshot) -> list[Step]:
        """Return the steps that are left; once Email Routing is off it guards nothing, so all are tried."""
        if self.was_on and not now.enabled:
            self.refused_steps.clear()
        self.was_on = now.enabled
        return [*self.plan(now).steps]

    def refused(self, step: Step, error: ApiError | Stopped, _now: Snapshot) -> bool:
        """Leave a step that nothing helps, or that a person said to leave; the rest goes on."""
        if not isinstance(error, _FINAL) and not (self.forced and isinstance(error, _MENDABLE)):
            if isinstance(error, WorkerNotFound):
                # It may be anybody's, so no `make` brings it back.
                name = worker_of(self.journal.was(CATCH_ALL) or {})
                error.fix = f"The Worker {name} of before is gone: upload it again, then run this again."
            return False
        said = error.what if isinstance(error, ApiError) else str(error)
        lines = [*(f"- {text}" for text in step.removed), *(f"+ {text}" for text in step.added)]
        self.refused_steps[step.key] = (
            f"Left, since Cloudflare refuses it: {step.title}. {said}"
            f" Do it in the dashboard: {'; '.join(lines)}"
        )
        return True
