"""What a run of `deploy` says, in lines for a person and values for a program."""

from collections.abc import Sequence
from pathlib import Path

from mail_failover.console.next_step import Again
from mail_failover.console.voice import Voice
from mail_failover.settings.git import warning
from mail_failover.settings.local import Local

from .check import Problem
from .there import Change, There


def show_exposed(voice: Voice, folder: Path, names: Sequence[str]) -> None:
    """Say that a commit would publish secrets, and what keeps git from it."""
    voice.values["exposed"] = [*names]
    voice.lines((line, "yellow") for line in warning(folder, names))


def show_problems(voice: Voice, wrong: Sequence[Problem]) -> None:
    """Say why nothing goes up, all of it at once."""
    voice.values["problems"] = [{"what": f"{p.what}.", "fix": f"{p.fix}."} for p in wrong]
    for problem in wrong:
        voice.say(f"- {problem.what}.", "red")
        voice.say(f"  Fix: {problem.fix}.")
    what = "Nothing was uploaded: see above what is wrong with the settings."
    voice.fail("Unusable", what, "Mend that, then run this again.")


def show_changes(voice: Voice, local: Local, there: There, found: Sequence[Change]) -> None:
    """Say what the upload changes of what is deployed."""
    here, deployed = local.upload.secrets.keys(), {*there.secrets}
    new, anew, kept = here - deployed, here & deployed, deployed - here - local.upload.variables.keys()
    voice.values["changes"] = [change._asdict() for change in found]
    voice.values["secrets"] = {"set": sorted(here), "replaced": sorted(anew), "kept": sorted(kept)}
    if there.script is None:
        voice.say("+ It is not deployed yet: this is its first upload.", "green")
    elif not found:
        voice.say("  What is deployed has these settings; the code goes up again.")
    for change in found:
        sign, style = ("-", "yellow") if change.takes else ("+", "green")
        voice.say(f"{sign} {change.what}.", style)
    for names, what in (
        (new, "go up"),
        (anew, "go up in the place of those that are deployed"),
        (kept, "stay as they are deployed"),
    ):
        if names:
            voice.say(f"  Secrets that {what}: {', '.join(sorted(names))}.")


def show_end(voice: Voice, name: str, address: str, again: Again) -> None:
    """Say that all is well, where the door is, and what to type next."""
    voice.say(f"{name} is deployed and was read back: it takes mail, and has these settings.", "bold green")
    if address:
        voice.say(f"The spool's door is at {address}")
    voice.say(f"Next: `{again.setup('plan')}` shows what the domain needs, `{again.doctor()}` checks it.")
