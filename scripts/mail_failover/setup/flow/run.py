"""Each command of `mail-failover setup`: look at the domain, do the work, say how it ended."""

from collections.abc import Callable

import typer

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, ForeignMx, NoToken, ZoneNotFound
from mail_failover.console.exit_codes import API, DONE, INTERRUPTED, PROBLEM, UNSAFE, USAGE
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError
from mail_failover.setup.plan.plan import Plan

from .apply import apply
from .options import Options
from .session import Session, World
from .show import ALL_WELL, heading, plan_json
from .undo import undo


def run_plan(options: Options, world: World | None = None) -> int:
    """Show what `apply` would do."""
    return _run("plan", options, world or World(), _plan)


def run_status(options: Options, world: World | None = None) -> int:
    """Say whether the domain is set up."""
    return _run("status", options, world or World(), _status)


def run_apply(options: Options, world: World | None = None) -> int:
    """Carry the plan out."""
    return _run("apply", options, world or World(), apply)


def run_undo(options: Options, world: World | None = None) -> int:
    """Take the last apply back."""
    return _run("undo", options, world or World(), undo)


def _plan(session: Session) -> int:
    plan, voice = session.plan(), session.voice
    apply = session.looking.again.setup("apply")
    session.show(plan)
    if plan.problems:
        voice.say("Nothing can be changed before that is mended.", "bold red")
    elif not plan.steps:
        voice.say(ALL_WELL, "bold green")
    elif plan.unsafe:
        voice.say(f"{_counted(plan)}, of which {len(plan.unsafe)} unsafe; `{apply}` refuses unless forced.")
    else:
        voice.say(f"{_counted(plan)}; `{apply}` makes these changes.")
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


def _counted(plan: Plan) -> str:
    return f"{len(plan.steps)} step{'s' if len(plan.steps) > 1 else ''}"


def _run(command: str, options: Options, world: World, body: Callable[[Session], int]) -> int:
    """Look at the domain, let the body do its work, and turn errors into messages and exit codes."""
    voice = Voice(as_json=options.json)
    session = Session(command, options, world, voice)
    try:
        with (
            Cloudflare.from_env(
                world.env, transport=world.transport, sleep=world.sleep, waiting=session.slow
            ) as api,
            voice.ending,
            session.held,
        ):
            session.look(api, wish=command != "undo")
            return body(session)
    except ApiError as error:
        voice.fail(type(error).__name__, error.what, error.fix, error.code)
        session.account(stuck=isinstance(error, ForeignMx))
        usage = isinstance(error, (NoToken, ZoneNotFound))
        return session.end(USAGE if usage else API)
    except UsageError as error:
        voice.misused(error)
        session.account()
        return session.end(PROBLEM if session.journal else USAGE)
    except (KeyboardInterrupt, typer.Abort):
        voice.fail("Interrupted", "Interrupted.", "" if session.journal else "Nothing was changed.")
        session.account()
        return session.end(INTERRUPTED)
