"""Apply: show the plan, ask, carry out what a person has seen, and leave nothing unsound behind."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mail_failover.cloudflare.errors import ApiError, Invalid, RecordsLocked, WorkerNotFound, ZonePending
from mail_failover.console.exit_codes import DONE, PROBLEM

from .execute import Course, Ports, Stopped, Waiting, carry_out
from .journal import Journal
from .plan.danger import loses_mail
from .plan.difference import SENT_BEFORE, steps
from .plan.goal import Goal, NoGoal, Outside, Wish, make_goal
from .plan.plan import Plan
from .plan.undo import edge_out
from .session import Session, nothing_new
from .show import ALL_WELL, show_plan
from .snapshot import CATCH_ALL, Snapshot, reread
from .step import UNLOCK, AddInbox, ChangeRecords, SetCatchAll, Step

_GUARDED = frozenset({"edge-order", "edge-mx", "spf", "enable"})
_MENDING = frozenset({"spf", "own-mx", "edge-order", "edge-mx", "unlock", "dkim"})
"""What may be needed again after Email Routing was switched on; the plan says so."""


def apply(session: Session) -> int:  # noqa: PLR0911 - one return for each way it can end
    """Carry the plan out, and return the exit code."""
    voice, latest = session.voice, session.latest
    if latest and latest.state == "undoing":
        voice.fail("Unfinished", "An undo did not finish.", f"Run `{session.next.setup('undo')}` first.")
        return session.end(PROBLEM)
    plan = session.plan()
    show_plan(voice, session.now, plan, session.sources)
    if plan.problems:
        voice.fail("InTheWay", "Nothing was changed: see above what is in the way.")
        return session.end(PROBLEM)
    if not plan.steps:
        if latest:
            latest.finish("applied")
        voice.say(ALL_WELL, "bold green")
        return session.end(PROBLEM if plan.todo else DONE)
    if not session.may_go_on(f"Change {plan.domain} as shown?", plan.unsafe):
        return session.end(session.code)
    session.hold()
    session.look_again()
    again = session.plan()
    if again.problems == plan.problems and nothing_new(again.steps, plan.steps):
        return _carry_out(session, plan)
    if session.changed():
        session.look(session.api)
        return apply(session)
    return session.end(PROBLEM)


def _carry_out(session: Session, plan: Plan) -> int:
    voice, now = session.voice, session.now
    journal = session.unfinished or Journal.create(session.folder, now, session.wish.worker)
    session.journal, voice.values["journal"] = journal, str(journal.path)
    voice.say(f"Journal: {journal.path}")
    try:
        with voice.busy("Working"):
            _execute(session.ports(), journal, now, _Way(journal, session.wish, session.outside, plan.steps))
    except Waiting as waiting:
        voice.say(_waiting(session, waiting.emails), "bold yellow")
        return session.end(PROBLEM, waiting=list(waiting.emails))
    except WorkerNotFound as error:
        error.fix = f"Deploy the Worker: `{session.next.deploy()}`; or name another with --worker."
        raise
    except (Stopped, NoGoal) as stopped:
        voice.fail("Stopped", str(stopped))
        session.account()
        return session.end(PROBLEM)
    voice.say(f"{plan.domain} is set up. `{session.next.doctor()}` checks it.", "bold green")
    for sentence in plan.todo:
        voice.say(f"Left for you: {sentence}", "yellow")
    return session.end(PROBLEM if plan.todo else DONE)


def _waiting(session: Session, emails: Sequence[str]) -> str:
    """Say who has to click what; Cloudflare sends its mail once, when an inbox is added."""
    added = {step.action.email for step in session.done if isinstance(step.action, AddInbox)}
    sent, old = ([email for email in emails if (email in added) is new] for new in (True, False))
    said = f"A verification mail is on its way to {' and '.join(sent)}: click the link in it. " * bool(sent)
    if old:
        said += SENT_BEFORE.format(" and ".join(old)) + " "
    again = session.next.setup("apply", "--wait")
    waits = "is forwarded there" if session.now.enabled and session.now.edge else "catches mail"
    return f"{said}Nothing {waits} until then. Then run `{again}`, which waits if it has to."


def _execute(ports: Ports, journal: Journal, now: Snapshot, way: "_Way") -> None:
    """Bring the domain to the goal by the steps that a person has seen.

    Raises:
        Waiting: an inbox is not verified.
        Stopped, NoGoal: something else would have to be done than what was seen, or a step has no effect.
        ApiError: by meaning; what is done is in the journal.

    """
    journal.observe(now)
    # An edge of ours that refuses or drops, as a kill leaves it, is mended at once, not after half an hour.
    ports = replace(ports, wait=ports.wait and not (loses_mail(now) and edge_out(journal, now)))
    try:
        carry_out(ports, journal, now, Course(way.left, way.check, way.refused))
    except BaseException as error:
        # Who waits for a click is told of nothing else, so an edge that stays named and off is an error.
        quiet = () if isinstance(error, Waiting) and loses_mail(now) else (ApiError, Stopped, NoGoal)
        try:
            _leave_sound(ports, journal, now, way, quiet)
        except KeyboardInterrupt:
            # The first Ctrl-C may be meant for what went wrong before; the second is meant for this.
            _leave_sound(ports, journal, now, way, quiet)
        raise
    journal.finish("applied")


def _leave_sound(
    ports: Ports, journal: Journal, now: Snapshot, way: "_Way", quiet: Sequence[type[Exception]]
) -> None:
    """Put right what we switched on, or take the edge out where it would refuse mail or drop it.

    Writing it down is worth less than doing it: a full disk does not keep it from that.
    """
    journal.must_write, journal.unlocked, given_up = False, False, set[str]()

    def mending(now: Snapshot) -> list[Step]:
        keys = (_MENDING | {CATCH_ALL}) - given_up
        return [step for step in way.steps(now) if step.key in keys] if now.enabled else []

    def give_up(step: Step, _error: ApiError | Stopped, _now: Snapshot) -> bool:
        given_up.add(step.key)
        return True

    # What is left all the same the last words say, by a reading of their own.
    with suppress(*quiet):
        now = reread(ports.api, now, rules=False, inboxes=False)
        journal.observe(now)
        if now.enabled and journal.switched:
            now = carry_out(ports, journal, now, Course(mending, way.check, give_up))
        if loses_mail(now):
            carry_out(ports, journal, now, Course(lambda now: edge_out(journal, now)))


@dataclass(slots=True)
class _Way:
    """How the goal is reached, by the steps that a person has `seen`; `late` ones wait for Email Routing."""

    journal: Journal
    wish: Wish
    outside: Outside
    seen: Sequence[Step]
    late: set[str] = field(default_factory=set)
    goal: Goal | None = None

    def left(self, now: Snapshot) -> list[Step]:
        """Return what is left; the goal follows the world."""
        found = self.steps(now)
        if self.goal and self.goal.in_the_way:
            raise NoGoal(self.goal.in_the_way)
        return found

    def steps(self, now: Snapshot) -> list[Step]:
        """Return what is left, without the SPF record where none can be named."""
        last = self.goal if self.goal and not self.goal.in_the_way else None
        self.goal = make_goal(now, self.wish, self.outside, self.journal, last)
        # Once it can be set it comes first: mail may already go to an edge that has nobody behind it.
        first = now.enabled and now.catch_all is not None
        found = steps(now, self.goal, self.journal)
        return sorted(found, key=lambda step: (step.key in self.late) != first)

    def check(self, step: Step, now: Snapshot) -> Stopped | None:
        """Stop what a person was not shown, but for mending what a switch did to what is ours."""
        seen = {each.key: each for each in self.seen}
        planned = seen.get(step.key)
        mends = step.key in _MENDING and self.journal.switched and _is_ours(step, now, self.journal)
        unlocks = step is UNLOCK and seen.keys() & _GUARDED
        if (planned and _replaces_the_same(step, planned)) or unlocks or mends:
            return None
        return Stopped(_unseen(step, planned))

    def refused(self, step: Step, error: ApiError | Stopped, now: Snapshot) -> bool:
        """Set the catch-all late: nobody has shown that rules can be set while Email Routing is off."""
        if isinstance(error, RecordsLocked):
            error.fix = (
                "Unlocking does not help. If the edge's MX come before yours, give yours the number 0 in the"
                " dashboard (DNS, Records); then run this again."
            )
        can_wait = isinstance(error, Invalid | ZonePending) and not now.enabled and step.key not in self.late
        self.late |= {step.key} & {CATCH_ALL}
        return can_wait and step.key == CATCH_ALL


def _replaces_the_same(step: Step, planned: Step) -> bool:
    """Tell whether a step does away with what a person saw it do away with."""
    # With several SPF records the catch-all can't be read; one that is worth keeping makes the step unsafe.
    unread = step.key == CATCH_ALL and not planned.removed and not step.unsafe
    replaces = isinstance(step.action, ChangeRecords | SetCatchAll)
    return not replaces or unread or step.removed == planned.removed


def _is_ours(step: Step, now: Snapshot, journal: Journal) -> bool:
    """Tell whether a step changes only what is ours, or what a switch made of that: it may be as before."""
    there = now.footprint
    change = step.action if isinstance(step.action, ChangeRecords) else ChangeRecords()
    touched = (*change.deletes, *(str(patch["id"]) for patch in change.patches))
    owners = [(key, journal.whose(key, there.get(key))) for key in touched]
    return all(owner == "ours" or (owner == "base" and key in journal.ours) for key, owner in owners)


def _unseen(step: Step, planned: Step | None) -> str:
    shown = f" It would replace: {'; '.join(step.removed)}." if planned and step.removed else ""
    return (
        f"The domain is not as it was: now this would be needed too: {step.title}.{shown} {step.unsafe}"
        " Nothing of that was done. Look at it in the plan."
    )
