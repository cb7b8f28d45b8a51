"""The domain set up, checked and proven: `setup apply`, `doctor`, `drill`."""

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.mail.edge import EDGE_SUFFIX

from .hour import Hour
from .step import State, Stop

_EDGE, _SMTP = f"route1{EDGE_SUFFIX}", 25


def look_at_domain(hour: Hour) -> State:
    """Tell whether the domain is set up."""
    found = hour.ask("setup", "status", "--domain", hour.domain)
    if found.get("complete"):
        return State(True, f"{hour.domain} is set up")
    left = [*(step["title"] for step in found["steps"]), *found["problems"], *found["todo"]]
    words = "; ".join(str(each).rstrip(".") for each in left)
    return State(False, words, f"`{hour.again.setup('apply', '--wait')}`")


def set_up(hour: Hour) -> None:
    """Show the plan, ask, carry it out, and wait for the clicks."""
    ran = hour.run("setup", "apply", "--domain", hour.domain, "--wait", asks=True)
    if ran.code != DONE:
        what = f"{hour.domain} is not set up."
        raise Stop(ran.code, what, "What is left it says above; then run this again.")


def look_at_checks(hour: Hour) -> State:
    """Say how it is checked, which is never done for good."""
    done = "doctor" in hour.done
    return State(done, "looked at" if done else "not looked at in this run", f"`{hour.again.doctor()}`")


def check(hour: Hour) -> None:
    """Check everything."""
    ran = hour.run("doctor", "--domain", hour.domain)
    if ran.code != DONE and not (
        ran.code == PROBLEM and hour.may_ask and hour.world.ask.yes("Go on to the drill all the same?")
    ):
        raise Stop(ran.code, "Not all is as it should be.", "Mend what failed; then run this again.")


def look_at_drill(hour: Hour) -> State:
    """Say how it is proven."""
    if "drill" not in hour.done:
        return State(False, "no message sent in this run", f"`{_drill(hour)}`")
    return State(True, "left to your mail server" if hour.proof else "a message came through the edge")


def drill(hour: Hour) -> None:
    """Hand a message to the edge, from here or by a line for the mail server."""
    options, ask = hour.options, hour.world.ask
    to, sender = options.recipient, options.sender
    if not (to and sender):
        hour.need("The drill needs an address of the domain and a sender", "--to and --from")
        hour.voice.say("A real message proves it. It goes straight to the edge; your server stays up.")
        to = to or ask.text(f"Your address in {hour.domain}:", default=f"postmaster@{hour.domain}")
        sender = sender or ask.text("A sender that this machine, or your server, may send for:", default=to)
    if not hour.world.reaches(_EDGE, _SMTP):
        hour.proof = _drill(hour, to, sender)
        hour.voice.say(f"Port {_SMTP} is closed from here. On your mail server, type:", "yellow")
        hour.voice.say(f"  {hour.proof}")
        return
    ran = hour.run("drill", "--to", to, "--from", sender)
    if ran.code != DONE:
        raise Stop(ran.code, "The message did not come through.", "Mend what it says; then run this again.")


def _drill(hour: Hour, to: str = "", sender: str = "") -> str:
    return hour.again.drill("--to", to or f"postmaster@{hour.domain}", "--from", sender or "SENDER")
