"""Each command of `mail-failover setup`: look at the domain, do the work, say how it ended."""

from collections.abc import Callable

import typer

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, ForeignMx, NoToken, ZoneNotFound, ZoneUnfit
from mail_failover.console.exit_codes import API, DONE, INTERRUPTED, PROBLEM, UNSAFE, USAGE
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.settings.files import environment

from .apply import apply
from .plan.danger import loses_mail
from .session import Options, Session, World
from .show import ALL_WELL, heading, plan_json, show_plan
from .undo import undo


def run(command: str, options: Options, world: World | None = None) -> int:
    """Run `plan`, `status`, `apply` or `undo`; turn errors into messages and exit codes."""
    world = world or World()
    voice = Voice(as_json=options.json)
    session = Session(command, options, world, voice)
    with session.held as held:
        try:
            held.enter_context(voice.ending)
            session.env = environment(options.config, world.env)
            api = Cloudflare.from_env(
                session.env, transport=world.transport, sleep=world.sleep, waiting=session.slow
            )
            session.look(held.enter_context(api))
            return _COMMANDS[command](session)
        except (ApiError, UsageError, KeyboardInterrupt, typer.Abort) as error:
            return _fail(session, error)


def _fail(session: Session, error: BaseException) -> int:
    """Say why it ended, and return the exit code."""
    voice, begun = session.voice, session.journal is not None
    match error:
        case ApiError():
            if isinstance(error, NoToken):
                error.fix = f"`{session.next.init()}` makes one with you; docs/setup.md lists what it needs."
            voice.fail(type(error).__name__, error.what, error.fix, error.code)
            code = USAGE if isinstance(error, NoToken | ZoneNotFound) else API
            code = PROBLEM if isinstance(error, ZoneUnfit) else code
        case UsageError():
            voice.misused(error)
            code = PROBLEM if begun else USAGE
        case _:
            voice.fail("Interrupted", "Interrupted.", "" if begun else "Nothing was changed.")
            code = INTERRUPTED
    session.account(stuck=isinstance(error, ForeignMx))
    return session.end(code)


def _plan(session: Session) -> int:
    plan, voice = session.plan(), session.voice
    apply = session.next.setup("apply")
    show_plan(voice, session.now, plan, session.sources)
    counted = f"{len(plan.steps)} step{'s' if len(plan.steps) > 1 else ''}"
    if plan.problems:
        voice.say("Nothing can be changed before that is mended.", "bold red")
    elif session.latest and session.latest.state == "undoing":
        voice.say(f"An undo did not finish; `{session.next.setup('undo')}` has to, before anything else.")
    elif session.options.alone:
        voice.say(f"Nothing of {plan.domain} itself is in the way.", "bold green")
    elif not plan.steps:
        voice.say(ALL_WELL, "bold green")
    elif plan.unsafe:
        voice.say(f"{counted}, of which {len(plan.unsafe)} unsafe; `{apply}` refuses unless forced.")
    else:
        voice.say(f"{counted}; `{apply}` makes these changes.")
    code = PROBLEM if plan.problems else UNSAFE if plan.unsafe else PROBLEM if plan.todo else DONE
    return session.end(code)


def _status(session: Session) -> int:
    plan, voice = session.plan(), session.voice
    complete = not (plan.steps or plan.problems or plan.todo)
    voice.say(heading(session.now))
    if refuses := loses_mail(session.now):
        voice.say(f"Right now {refuses}.", "bold red")
    voice.say("Set up: yes" if complete else "Set up: no", "bold green" if complete else "bold red")
    missing, wrong = [step.title for step in plan.steps], [*plan.problems, *plan.todo]
    for label, texts in (("missing", missing), ("wrong", wrong), ("note", plan.notes)):
        voice.lines((f"  {label}: {text}", "") for text in texts)
    path = str(session.latest.path) if session.latest else None
    if session.latest:
        voice.say(f"Journal: {path} ({session.latest.state})")
    voice.values = {**plan_json(plan), "complete": complete, "journal": path}
    return session.end(DONE if complete else PROBLEM)


_COMMANDS: dict[str, Callable[[Session], int]] = {
    "plan": _plan,
    "status": _status,
    "apply": apply,
    "undo": undo,
}
