"""The order of the steps: look, do what is missing, look again; or only look."""

from collections.abc import Callable
from dataclasses import dataclass

import typer

from mail_failover.cloudflare.errors import ApiError
from mail_failover.console.exit_codes import API, DONE, INTERRUPTED, PROBLEM, USAGE
from mail_failover.console.voice import Voice
from mail_failover.errors import UsageError

from . import chat, domain, home, inboxes, prove, token, upload
from .given import Options, World
from .hour import Hour
from .step import State, Stop


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `look` changes nothing, `do` asks and acts until it may be done. Both raise Stop.

    `once`: no look tells whether it was done. `optional`: the domain is proven without it.
    """

    name: str
    title: str
    look: Callable[[Hour], State]
    do: Callable[[Hour], None]
    once: bool = False
    optional: bool = False


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
    voice.values = {"steps": [], "commands": [], "stopped_at": None, "to_go_on": None, "proof": None}
    with voice.ending, Hour(options, world, voice) as hour:
        try:
            # Before anything is written: the folder may be another Worker's, and is told so here.
            voice.values["worker"] = hour.worker
            return _check(hour) if options.check else _go(hour)
        except Stop as stop:
            return _stopped(hour, stop)
        except ApiError as error:
            return _stopped(hour, Stop(API, error.what, error.fix, type(error).__name__), error.code)
        except UsageError as error:
            return _stopped(hour, Stop(USAGE, error.what, error.fix, type(error).__name__))
        except (KeyboardInterrupt, typer.Abort):
            return _stopped(hour, Stop(INTERRUPTED, "Interrupted.", kind="Interrupted"))


def _go(hour: Hour) -> int:
    where = hour.folder.resolve()
    hour.voice.say(
        f"From nothing to a proven domain, in {len(STEPS)} steps; what you answer is kept in {where}."
    )
    hour.voice.say("Ctrl-C ends it at any time; the same command goes on where it stopped.")
    hour.voice.say(
        "Cloudflare's free plan is enough. Your mail server stays as it is; your domain, too, until you say"
        f" yes to what is shown, and `{hour.again.setup('undo')}` takes that back."
    )
    for number, step in enumerate(STEPS, 1):
        hour.begin(step.name)
        state = step.look(hour)
        if not state.done:
            hour.voice.say("")
            hour.voice.say(f"{number}/{len(STEPS)} {step.title}", "bold")
            hour.stands = f"{step.title}: {state.found}"
            step.do(hour)
            hour.done.append(step.name)
            state = step.look(hour)
            if not (state.done or step.once or step.optional):
                raise Stop(PROBLEM, f"{step.title}: {state.found}.", f"{state.fix}.")
        _tell(hour, step, state)
    hour.voice.say("")
    if hour.proof:
        hour.voice.say(
            "All is set up. With mail-failover on your mail server too, this proves it there:", "bold yellow"
        )
        hour.show_command(f"  {hour.proof}")
        hour.voice.values |= {"stopped_at": "drill", "proof": hour.proof}
        return hour.end(PROBLEM)
    if hour.seen:
        hour.voice.say(f"{hour.domain} is proven: a message came through the edge.", "bold green")
    else:
        told = "" if hour.untold else ", and for the alert in the chat"
        hour.voice.say(f"All is set up, and the edge took a message: look for it in the inbox{told}.", "bold")
    return hour.end(DONE)


def _check(hour: Hour) -> int:
    left = []
    for step in STEPS:
        hour.begin(step.name)
        state = step.look(hour)
        _tell(hour, step, state)
        left += [step.name] * (not (state.done or step.once or step.optional))
        if left and not hour.domain:
            hour.voice.say("What comes after that can't be looked at yet.")
            break
    if not left:
        hour.voice.say("All that can be looked at is done.", "bold green")
        return hour.end(DONE)
    hour.begin(left[0])
    hour.voice.say(f"To go on: `{hour.voice.again}`")
    hour.voice.values["to_go_on"] = hour.voice.again
    return hour.end(PROBLEM)


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


def _stopped(hour: Hour, stop: Stop, api_code: int = 0) -> int:
    """Say why it ended, what is done, and how to go on; all of that is on the disk or in the account."""
    voice = hour.voice
    voice.fail(stop.kind, stop.what, stop.fix, api_code)
    done = [each["name"] for each in voice.values["steps"] if each["done"]]
    voice.complain(f"Done: {', '.join(done) or 'nothing yet'}", f"To go on: `{voice.again}`")
    voice.values["to_go_on"] = voice.again
    return hour.end(stop.code)
