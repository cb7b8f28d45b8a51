"""Apply: show the plan, ask, carry out what a person has seen, and leave nothing unsound behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mail_failover.cloudflare.errors import WorkerNotFound
from mail_failover.cloudflare.records import text
from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.setup.execute.cleanup import MENDING, clean_up
from mail_failover.setup.execute.executor import Course, Ports, Stopped, Waiting, carry_out
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.journal.ownership import is_ours
from mail_failover.setup.plan.difference import steps
from mail_failover.setup.plan.goal import Goal, make_goal
from mail_failover.setup.plan.plan import Plan
from mail_failover.setup.plan.preference import primary_wins
from mail_failover.setup.plan.step import ChangeRecords, SetCatchAll, Step
from mail_failover.setup.snapshot import Snapshot

from .session import Session, nothing_new
from .show import ALL_WELL

_GUARDED = frozenset({"edge-order", "edge-mx", "own-preference", "spf", "enable"})
_MOVES_EDGE = frozenset({"edge-order", "own-mx"})


def apply(session: Session) -> int:  # noqa: PLR0911 - one return for each way it can end
    """Carry the plan out, and return the exit code."""
    looking, voice = session.looking, session.voice
    if looking.journal and looking.journal.state == "undoing":
        voice.fail("Unfinished", "An undo did not finish.", f"Run `{looking.again.setup('undo')}` first.")
        return session.end(PROBLEM)
    plan = session.plan()
    session.show(plan)
    if plan.problems:
        voice.fail("InTheWay", "Nothing was changed: see above what is in the way.")
        return session.end(PROBLEM)
    if not plan.steps:
        if looking.journal:
            looking.journal.finish("applied")
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
        session.look(looking.api, wish=True)
        return apply(session)
    return session.end(PROBLEM)


def _carry_out(session: Session, plan: Plan) -> int:
    looking, voice = session.looking, session.voice
    journal = looking.journal if looking.unfinished else None
    if journal is None:
        journal = Journal.create(looking.folder, looking.now, looking.account_id, looking.wish.worker)
    session.journal, voice.values["journal"] = journal, str(journal.path)
    voice.say(f"Journal: {journal.path}")
    goal = make_goal(looking.now, looking.wish, looking.unfinished, looking.outside)
    try:
        with voice.busy("Working"):
            _execute(session.ports(), journal, looking.now, goal, plan.steps)
    except Waiting as waiting:
        again = looking.again.setup("apply", "--wait")
        voice.say(f"{waiting} Then run `{again}`, which waits if it has to.", "bold yellow")
        return session.end(PROBLEM, waiting=list(waiting.emails))
    except WorkerNotFound as error:
        error.fix = f"Deploy the Worker: `{looking.again.deploy()}`; or name another with --worker."
        raise
    except Stopped as stopped:
        voice.fail("Stopped", str(stopped))
        session.account()
        return session.end(PROBLEM)
    voice.say(f"{plan.domain} is set up. `{looking.again.doctor()}` checks it.", "bold green")
    for sentence in plan.todo:
        voice.say(f"Left for you: {sentence}", "yellow")
    return session.end(PROBLEM if plan.todo else DONE)


def _execute(ports: Ports, journal: Journal, now: Snapshot, goal: Goal, seen: Sequence[Step]) -> Snapshot:
    """Bring the domain to the goal by the steps that a person has seen, and return what it is then.

    Raises:
        Waiting: an inbox is not verified.
        Stopped: something else would have to be done than what was seen, or a step has no effect.
        ApiError: by meaning; what is done is in the journal.

    """
    way = _Way(journal, goal, {step.key: step for step in seen})
    course = Course(way.left, way.check, way.postpone)
    journal.find(now)
    try:
        end = carry_out(ports, journal, now, course)
    except Waiting:
        raise
    except BaseException:
        clean_up(ports, journal, now, course)
        raise
    if not primary_wins(end):
        raise Stopped(
            "The edge's MX come before the primary's, and Email Routing does not let them be moved."
            " Give the primary's MX the number 0, or take everything back."
        )
    journal.finish("applied")
    return end


@dataclass(slots=True)
class _Way:
    """How the goal is reached: `allowed` are the steps that a person has seen, by key.

    `late`: what has to wait until Email Routing is on. `pinned`: whether the edge's MX turned out not to be
    movable.
    """

    journal: Journal
    goal: Goal
    allowed: Mapping[str, Step]
    late: set[str] = field(default_factory=set)
    pinned: bool = False

    def left(self, now: Snapshot, locked: bool | None) -> list[Step]:
        """Return what is left to do."""
        found = steps(now, self.goal, locked=locked, pinned=self.pinned)
        return found if now.enabled else sorted(found, key=lambda step: step.key in self.late)

    def check(self, step: Step, now: Snapshot) -> None:
        """Stop what a person was not shown."""
        planned = self.allowed.get(step.key)
        if planned and _replaces_the_same(step, planned):
            return
        if step.key == "unlock" and self.allowed.keys() & _GUARDED:
            return
        switched = self.journal.did("SwitchRouting")
        if step.key in MENDING and switched and _may_mend(step, now, self.journal, self.goal):
            return
        raise Stopped(_unseen(step, planned))

    def postpone(self, step: Step, now: Snapshot) -> bool:
        """Tell whether something else can be done first, or instead of a step that was refused."""
        if step.key in _MOVES_EDGE and self.journal.did("SwitchRouting"):
            was, self.pinned = self.pinned, True
            return not was
        # Nobody has shown that rules can be set while Email Routing is off.
        can_wait = step.key == "catch-all" and not now.enabled and step.key not in self.late
        self.late.update({step.key} if can_wait else ())
        return can_wait


def _replaces_the_same(step: Step, planned: Step) -> bool:
    """Tell whether a step does away with what a person saw it do away with."""
    # With several SPF records the catch-all can't be read; one that is worth keeping makes the step unsafe.
    unread = step.key == "catch-all" and not planned.removed and not step.unsafe
    replaces = isinstance(step.action, ChangeRecords | SetCatchAll)
    return not replaces or unread or step.removed == planned.removed


def _may_mend(step: Step, now: Snapshot, journal: Journal, goal: Goal) -> bool:
    """Tell whether a step puts right what came with a switch, rather than what a person did meanwhile."""
    known = {text(goal.spf), *(text(record) for record in journal.before.spf)}
    foreign = [r for r in now.spf if text(r) not in known and not is_ours(journal, "SPF", [r])]
    return step.key != "spf" or not foreign


def _unseen(step: Step, planned: Step | None) -> str:
    shown = f" It would replace: {'; '.join(step.removed)}." if planned and step.removed else ""
    return (
        f"The domain is not as it was: now this would be needed too: {step.title}.{shown} {step.unsafe}"
        " Nothing of that was done. Look at it in the plan."
    )
