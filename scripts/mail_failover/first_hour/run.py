"""The order of the steps: look, do what is missing, look again; or only look."""

import typer

from mail_failover.console.exit_codes import DONE, INTERRUPTED, PROBLEM, USAGE
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError

from . import chat, domain, home, inboxes, prove, token, upload
from .hour import Hour, Options, World
from .step import State, Step, Stop

STEPS = (
    Step("token", "A token for Cloudflare's API", token.look, token.do),
    Step("domain", "The domain", domain.look, domain.do),
    Step("inboxes", "The fallback inboxes", inboxes.look, inboxes.do),
    Step("chat", "The chat", chat.look, chat.do),
    Step("deploy", "The Worker", upload.look, upload.do),
    Step("setup", "The domain's records", prove.look_at_domain, prove.set_up),
    Step("doctor", "The check", prove.look_at_checks, prove.check, once=True),
    Step("drill", "The proof", prove.look_at_drill, prove.drill, once=True),
    Step("home", "The way home", home.look, home.do, optional=True),
)


def run(options: Options, world: World) -> int:
    """Go through the steps; say where it stopped, why, what is done, and how to go on."""
    voice = Voice(as_json=options.json)
    voice.values = {"steps": [], "stopped_at": None}
    with voice.ending, Hour(options, world, voice) as hour:
        voice.again = hour.again.init(*options.words)
        try:
            return _check(hour) if options.check else _go(hour)
        except Stop as stop:
            return _stopped(hour, stop.code, type(stop).__name__, stop.what, stop.fix)
        except UsageError as error:
            return _stopped(hour, USAGE, type(error).__name__, error.what, error.fix)
        except (KeyboardInterrupt, typer.Abort):
            return _stopped(hour, INTERRUPTED, "Interrupted", "Interrupted.", "")


def _go(hour: Hour) -> int:
    where = hour.folder.resolve()
    hour.voice.say(
        f"From nothing to a proven domain, in {len(STEPS)} steps; what you answer is kept in {where}."
    )
    hour.voice.say("Ctrl-C ends it at any time; the same command goes on where it stopped.")
    for number, step in enumerate(STEPS, 1):
        hour.begin(step.name)
        state = step.look(hour)
        if not state.done:
            hour.voice.say("")
            hour.voice.say(f"{number}/{len(STEPS)} {step.title}", "bold")
            step.do(hour)
            hour.done.append(step.name)
            state = step.look(hour)
            if not (state.done or step.optional):
                raise Stop(PROBLEM, f"{step.title}: {state.found}.", f"{state.fix}; then run this again.")
        _tell(hour, step, state)
    hour.voice.say("")
    if hour.proof:
        hour.voice.say(f"All is set up. On your mail server, this proves it: `{hour.proof}`.", "bold yellow")
        return hour.end(PROBLEM)
    hour.voice.say(f"{hour.domain} is proven: a message came through the edge.", "bold green")
    return hour.end(DONE)


def _check(hour: Hour) -> int:
    left = False
    for step in STEPS:
        hour.begin(step.name)
        state = step.look(hour)
        _tell(hour, step, state)
        left |= not (state.done or step.once or step.optional)
        if left and step.name in {"token", "domain"}:
            hour.voice.say("What comes after that can't be looked at yet.")
            break
    hour.voice.say(f"`{hour.voice.again}` goes on." if left else "All that can be looked at is done.")
    return hour.end(PROBLEM if left else DONE)


def _tell(hour: Hour, step: Step, state: State) -> None:
    """Say how a step stands, and keep it for JSON."""
    hour.voice.values["steps"].append(
        {"name": step.name, "done": state.done, "found": state.found, "fix": state.fix}
    )
    left = "later" if step.once or step.optional else "open"
    sign, style = ("done", "green") if state.done else (left, "yellow")
    hour.voice.say(f"{sign:<6} {step.title}: {state.found}.", style)
    if state.fix and not state.done:
        hour.voice.say(f"       {state.fix}.")


def _stopped(hour: Hour, code: int, kind: str, what: str, fix: str) -> int:
    """Say why it ended, what is done, and how to go on; all of that is on the disk or in the account."""
    voice = hour.voice
    voice.fail(kind, what, fix)
    done = [each["name"] for each in voice.values["steps"] if each["done"]]
    voice.complain(f"Done: {', '.join(done) or 'nothing yet'}. `{voice.again}` goes on where this stopped")
    return hour.end(code)
