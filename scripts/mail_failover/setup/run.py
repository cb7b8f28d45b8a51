"""The bodies of the commands of `mail-failover setup`; each returns its exit code."""

from collections.abc import Callable

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, NoToken, ZoneNotFound
from mail_failover.console.exit_codes import API, DONE, PROBLEM, UNSAFE, USAGE
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.plan.plan import Plan, make_goal
from mail_failover.setup.plan.step import RemoveInbox
from mail_failover.setup.undo.plan import Undoing
from mail_failover.setup.undo.undo import undo

from .apply import apply
from .execute import Stopped, Waiting
from .look import Looking, in_use
from .options import Options
from .session import Session, World, nothing_new
from .show import failure, heading, plan_json, step_lines, steps_json
from .snapshot import Snapshot

__all__ = ["Options", "World", "run_apply", "run_plan", "run_status", "run_undo"]

ALL_WELL = "Nothing to do: everything is as it should be."


def run_plan(options: Options, world: World | None = None) -> int:
    """Show what `apply` would do."""
    return _run(options, world or World(), _plan)


def run_status(options: Options, world: World | None = None) -> int:
    """Say whether the domain is set up."""
    return _run(options, world or World(), _status)


def run_apply(options: Options, world: World | None = None) -> int:
    """Carry the plan out."""
    return _run(options, world or World(), _apply)


def run_undo(options: Options, world: World | None = None) -> int:
    """Take the last apply back."""
    return _run(options, world or World(), _undo, wish=False)


def _plan(session: Session) -> int:
    plan, voice = session.plan(), session.voice
    session.show(plan)
    if plan.problems:
        voice.say("Nothing can be changed before that is mended.", "bold red")
    elif not plan.steps:
        voice.say(ALL_WELL, "bold green")
    elif plan.unsafe:
        voice.say(f"{_counted(plan)}, of which {len(plan.unsafe)} unsafe; apply refuses unless forced.")
    else:
        voice.say(f"{_counted(plan)}; `mail-failover setup apply` makes these changes.")
    code = PROBLEM if plan.problems else UNSAFE if plan.unsafe else PROBLEM if plan.todo else DONE
    return session.end(code)


def _status(session: Session) -> int:
    plan, voice = session.plan(), session.voice
    journal = session.looking.journal
    complete = not (plan.steps or plan.problems or plan.todo)
    voice.say(heading(session.looking.now))
    voice.say("Set up: yes" if complete else "Set up: no", "bold green" if complete else "bold red")
    for label, texts in (
        ("missing", [step.title for step in plan.steps]),
        ("wrong", [*plan.problems, *plan.todo]),
        ("note", plan.notes),
    ):
        for text in texts:
            voice.say(f"  {label}: {text}")
    if journal:
        voice.say(f"Journal: {journal.path} ({journal.state})")
    path = str(journal.path) if journal else None
    voice.values = {**plan_json(plan), "complete": complete, "journal": path}
    return session.end(DONE if complete else PROBLEM)


def _apply(session: Session) -> int:  # noqa: PLR0911 - one return for each way it can end
    looking, voice = session.looking, session.voice
    if looking.journal and looking.journal.state == "undoing":
        voice.complain("An undo did not finish", "Run `mail-failover setup undo` first")
        return session.end(PROBLEM)
    plan = session.plan()
    session.show(plan)
    if plan.problems:
        voice.complain("Nothing was changed: see above what is in the way")
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
        return _apply(session)
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
        with session.busy("Working"):
            apply(session.ports(), journal, looking.now, goal, plan.steps)
    except Waiting as waiting:
        voice.say(str(waiting), "bold yellow")
        return session.end(PROBLEM, waiting=list(waiting.emails))
    except Stopped as stopped:
        voice.complain(str(stopped))
        session.account()
        return session.end(PROBLEM, stopped=str(stopped))
    voice.say(f"{plan.domain} is set up. `mail-failover doctor` checks it.", "bold green")
    for text in plan.todo:
        voice.say(f"Left for you: {text}", "yellow")
    return session.end(PROBLEM if plan.todo else DONE)


def _undo(session: Session) -> int:
    looking, voice = session.looking, session.voice
    undoing = _choose(session)
    if undoing is None:
        voice.say(f"Nothing to undo: no journal of {looking.now.domain} under {looking.folder}.")
        return session.end(DONE, steps=[], conflicts=[])
    steps, path = undoing.steps(looking.now), undoing.journal.path
    voice.values = {"domain": looking.now.domain, "journal": str(path), "steps": steps_json(steps)}
    voice.say(f"Journal: {path}")
    voice.say("")
    for number, step in enumerate(steps, 1):
        voice.lines(step_lines(number, step))
    _leave(voice, undoing)
    if steps and not session.may_go_on(f"Change {looking.now.domain} as shown?", ()):
        return session.end(session.code)
    session.hold()
    session.look_again()
    again = _choose(session)
    if (
        again is None
        or not nothing_new(again.steps(session.looking.now), steps)
        or again.conflicts != undoing.conflicts
    ):
        return _undo(session) if session.changed() else session.end(PROBLEM)
    return _take_back(session, again)


def _choose(session: Session) -> Undoing | None:
    """Return what to take back: the newest apply of which anything can be; failing that, the newest."""
    looking, newest = session.looking, None
    with session.busy("Looking who else uses the inboxes"):
        for journal in Journal.left(looking.folder, looking.now.domain):
            undoing = Undoing(journal, session.options.force, in_use(looking, journal))
            if journal.state != "partly undone" or undoing.steps(looking.now):
                return undoing
            newest = newest or undoing
    return newest


def _take_back(session: Session, undoing: Undoing) -> int:
    looking, voice = session.looking, session.voice
    session.journal = undoing.journal
    with session.busy("Working"):
        end = undo(session.ports(), undoing, looking.now)
    if undoing.conflicts:
        _leave(voice, undoing)
        voice.say(f"{looking.now.domain} is as it was before the apply, but for that.", "bold yellow")
    else:
        voice.say(f"{looking.now.domain} is as it was before the apply.", "bold green")
    if earlier := _earlier(looking, undoing.journal, end):
        voice.say(
            f"An earlier apply, of {earlier.path.stem[:10]}, is still in place: undo again takes it back.",
            "yellow",
        )
    return session.end(PROBLEM if undoing.conflicts else DONE, conflicts=undoing.conflicts)


def _earlier(looking: Looking, undone: Journal, now: Snapshot) -> Journal | None:
    """Return the apply that the next undo takes back, if it is an earlier one.

    An inbox alone does not count: who else uses it is not asked once more.
    """
    for journal in Journal.left(looking.folder, now.domain):
        if any(not isinstance(step.action, RemoveInbox) for step in Undoing(journal).steps(now)):
            return journal if journal.path != undone.path else None
    return None


def _leave(voice: Voice, undoing: Undoing) -> None:
    for text in undoing.conflicts:
        voice.say(text, "yellow")
    if undoing.forcible:
        voice.say("With --force-unsafe that is put back as well.", "yellow")


def _counted(plan: Plan) -> str:
    return f"{len(plan.steps)} step{'s' if len(plan.steps) > 1 else ''}"


def _run(options: Options, world: World, body: Callable[[Session], int], *, wish: bool = True) -> int:
    """Look at the domain, let the body do its work, and turn errors into messages and exit codes."""
    voice = Voice(as_json=options.json)
    session = Session(options, world, voice)
    try:
        with (
            Cloudflare.from_env(
                world.env, transport=world.transport, sleep=world.sleep, waiting=session.slow
            ) as api,
            session.interruptible(),
            session.held,
        ):
            session.look(api, wish=wish)
            return body(session)
    except ApiError as error:
        voice.complain(error.what, error.fix)
        session.account()
        usage = isinstance(error, (NoToken, ZoneNotFound))
        return session.end(USAGE if usage else API, **failure(error))
    except UsageError as error:
        if session.journal is None and not options.json:
            raise
        voice.complain(str(error))
        if session.journal is None:
            return session.end(USAGE, error={"kind": "UsageError", "what": str(error)})
        session.account()
        return session.end(PROBLEM, stopped=str(error))
    except KeyboardInterrupt:
        voice.complain("Interrupted")
        session.account()
        return session.end(PROBLEM)
