"""Undo: show what an apply left, ask, take it back as far as Cloudflare lets us."""

from contextlib import suppress
from dataclasses import replace

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import ApiError, WorkerNotFound
from mail_failover.cloudflare.rules import worker_of
from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.next_step import Again
from mail_failover.setup.execute.executor import Course, Ports, Stopped, carry_out
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.plan.step import RemoveInbox
from mail_failover.setup.snapshot import Snapshot, reread
from mail_failover.setup.undo.plan import MENDABLE, UndoPlan

from .inboxes import in_use
from .look import Looking
from .session import Session, nothing_new
from .show import heading, step_lines, steps_json


def undo(session: Session) -> int:
    """Take the last apply back, and return the exit code."""
    looking, voice = session.looking, session.voice
    undoing = _choose(session)
    if undoing is None:
        return _nothing(session)
    steps, path = undoing.steps(looking.now), undoing.journal.path
    voice.values = _values(looking, str(path), steps_json(steps), undoing.conflicts)
    voice.say(f"Journal: {path}")
    voice.say("")
    for number, step in enumerate(steps, 1):
        voice.lines(step_lines(number, step))
    _leave(session, undoing)
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
        return undo(session) if session.changed() else session.end(PROBLEM)
    return _take_back(session, again)


def _nothing(session: Session) -> int:
    """Say that nothing can be undone from here, which is wrong where the domain looks set up."""
    looking, voice = session.looking, session.voice
    voice.values = _values(looking, None, [], [])
    if any((looking.folder / looking.now.domain).glob("*.json")):
        voice.say(f"Nothing to undo: every apply under {looking.folder} is taken back.")
        return session.end(DONE)
    missing = f"no journal of {looking.now.domain} under {looking.folder.absolute()}"
    if not _looks_set_up(looking.now):
        voice.say(f"Nothing to undo: {missing}.")
        return session.end(DONE)
    voice.fail(
        "NoJournal",
        f"Nothing was changed: there is {missing}, but the domain looks set up ({heading(looking.now)}).",
        f"{_where(looking.again)}; without it, change the domain in the dashboard.",
    )
    return session.end(PROBLEM)


def _where(again: Again) -> str:
    """Say how undo finds the journal: beside the settings that are named, else in the current folder."""
    named = replace(again, config="PATH").setup("undo")
    beside = f"Run `{named}` with the settings that apply was given, beside which the journal is"
    if again.config:
        return beside
    return f"{beside}; or `{again.setup('undo')}` in the folder in which apply ran"


def _looks_set_up(now: Snapshot) -> bool:
    """Tell whether a Worker catches mail, which no domain has by itself; or may, if no rule can be read."""
    if now.catch_all is None:
        return now.enabled
    rule = now.catch_all
    return bool(rule.get("enabled") and worker_of(rule))


def _values(looking: Looking, journal: str | None, steps: list[Json], conflicts: list[str]) -> Json:
    return {"domain": looking.now.domain, "journal": journal, "steps": steps, "conflicts": conflicts}


def _choose(session: Session) -> UndoPlan | None:
    """Return what to take back: the newest apply of which anything can be; failing that, the newest."""
    looking, newest = session.looking, None
    with session.voice.busy("Looking who else uses the inboxes"):
        for journal in Journal.left(looking.folder, looking.now.domain):
            undoing = UndoPlan(journal, session.options.force, in_use(looking, journal))
            if journal.state != "partly undone" or undoing.steps(looking.now):
                return undoing
            newest = newest or undoing
    return newest


def _take_back(session: Session, undoing: UndoPlan) -> int:
    looking, voice = session.looking, session.voice
    session.journal = undoing.journal
    with voice.busy("Working"):
        end = _execute(session.ports(), undoing, looking.now, session.again(force=True))
    if undoing.conflicts:
        _leave(session, undoing)
        voice.say(f"{looking.now.domain} is as it was before the apply, but for that.", "bold yellow")
    else:
        voice.say(f"{looking.now.domain} is as it was before the apply.", "bold green")
    if earlier := _earlier(looking, undoing.journal, end):
        voice.say(
            f"An earlier apply, of {earlier.path.stem[:10]}, is still in place:"
            f" `{looking.again.setup('undo')}` takes it back.",
            "yellow",
        )
    return session.end(PROBLEM if undoing.conflicts else DONE, conflicts=undoing.conflicts)


def _earlier(looking: Looking, undone: Journal, now: Snapshot) -> Journal | None:
    """Return the apply that the next undo takes back, if it is an earlier one.

    An inbox alone does not count: who else uses it is not asked once more.
    """
    for journal in Journal.left(looking.folder, now.domain):
        if any(not isinstance(step.action, RemoveInbox) for step in UndoPlan(journal).steps(now)):
            return journal if journal.path != undone.path else None
    return None


def _leave(session: Session, undoing: UndoPlan) -> None:
    for text in undoing.conflicts:
        session.voice.say(text, "yellow")
    if undoing.forcible:
        session.voice.say(f"`{session.again(force=True)}` puts that back as well.", "yellow")


def _execute(ports: Ports, undoing: UndoPlan, now: Snapshot, forced: str) -> Snapshot:
    """Take back what the journal says, and return what the domain is then.

    `forced` is the command that leaves what is refused.

    Raises:
        ApiError: by meaning; a refusal that nothing helps is a conflict instead.

    """
    journal = undoing.journal
    journal.find(now)
    undoing.steps(now)
    journal.begin_undo(undoing.foreign)
    try:
        end = _do_what_can_be_done(ports, undoing, now, forced)
    except BaseException:
        if undoing.was_locking:
            # Whatever ends it here must not leave what the lock did to MX and SPF.
            journal.must_write = False
            undoing.unlocked = "this was interrupted"
            with suppress(ApiError):
                _do_what_can_be_done(ports, undoing, _read_back(ports, journal, now), forced)
        raise
    journal.finish("partly undone" if undoing.forcible or undoing.refused else "undone")
    return end


def _do_what_can_be_done(ports: Ports, undoing: UndoPlan, now: Snapshot, forced: str) -> Snapshot:
    """Do what can be done; what is refused is set aside, and the rest goes on."""
    while True:
        try:
            return carry_out(ports, undoing.journal, now, Course(undoing.steps, undoing.begin))
        except (ApiError, Stopped) as error:
            if not undoing.set_aside(error):
                if isinstance(error, WorkerNotFound):
                    error.fix = _upload_again(undoing)
                if isinstance(error, MENDABLE):
                    error.fix = f"{error.fix.rstrip('.')}; if nothing helps, `{forced}` leaves that alone."
                raise
        now = _read_back(ports, undoing.journal, now)


def _upload_again(undoing: UndoPlan) -> str:
    """Say what brings back a catch-all whose Worker is gone; it may be anybody's, so no `make` does."""
    name = worker_of(undoing.journal.before.catch_all or {})
    return f"The Worker {name} of before is gone: upload it again under that name, then run this again."


def _read_back(ports: Ports, journal: Journal, now: Snapshot) -> Snapshot:
    """Read what the step that failed really did."""
    now = reread(ports.api, now, ports.account_id)
    if journal.steps[-1]["after"] is None:
        journal.observe(now)
    return now
