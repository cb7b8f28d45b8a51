"""The domain set up, checked and proven: `setup apply`, `doctor`, `drill`."""

from mail_failover.console.exit_codes import DONE, PROBLEM
from mail_failover.console.next_step import Again
from mail_failover.mail.edge import EDGE_SUFFIX

from .hour import Hour
from .step import State, Stop

_EDGE, _SMTP = f"route1{EDGE_SUFFIX}", 25


def look_at_domain(hour: Hour) -> State:
    """Tell whether the domain is set up."""
    if not (hour.local and hour.local.inboxes):
        return State(False, "no inbox is named that could be added", "Name one first")
    found = hour.ask("setup", "status", "--domain", hour.domain)
    if found.get("complete"):
        return State(True, f"{hour.domain} is set up")
    left = [*(step["title"] for step in found["steps"]), *found["problems"], *found["todo"]]
    words = "; ".join(str(each).rstrip(".") for each in left)
    return State(False, words, f"`{hour.again.setup('apply', '--wait')}`")


def set_up(hour: Hour) -> None:
    """Show the plan, ask, carry it out, and wait for the clicks."""
    words = ("setup", "apply", "--domain", hour.domain, "--wait")
    hour.must(f"{hour.domain} is not set up.", *words, asks=True)


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
        raise hour.failed(ran, "Not all is as it should be.")


def look_at_drill(hour: Hour) -> State:
    """Say how it is proven."""
    if "drill" not in hour.done:
        return State(False, "no message sent in this run", f"`{_drill(hour)}`")
    if hour.proof:
        return State(False, f"port {_SMTP} is closed from here, so it is left to your mail server")
    return State(True, "a message came through the edge" if hour.seen else "the edge took a message")


def drill(hour: Hour) -> None:
    """Hand a message to the edge, from here or by a line for the mail server, and ask whether it arrives."""
    if not (hour.options.recipient and hour.options.sender):
        _ask(hour)
    if not hour.world.reaches(_EDGE, _SMTP):
        hour.proof = Again().line(*_words(hour))
        return
    hour.must("The message did not come through.", *_words(hour))
    if hour.may_confirm:
        _confirm(hour)


def _ask(hour: Hour) -> None:
    """Ask from where to where the message goes."""
    hour.need("Name an address of the domain and a sender: --to and --from.")
    ask, voice = hour.world.ask, hour.voice
    voice.say("A real message proves it. It goes straight to the edge; your server stays up.")
    if not hour.options.recipient:
        own = f"postmaster@{hour.domain}"
        hour.answered(recipient=ask.text(f"Your address in {hour.domain}:", default=own))
    if not hour.options.sender:
        voice.say("Its sender has to be one that this machine, or your server, may send for.")
        hour.answered(sender=ask.text("The sender's address:", default=hour.options.recipient))


def _confirm(hour: Hour) -> None:
    """Let a person say whether the message came to where only they can look."""
    hour.voice.say("It may take a minute, and lie in the spam folder.")
    told = "" if hour.untold else ", and the alert in the chat"
    hour.seen = hour.world.ask.yes(f"Has it arrived in the inbox{told}?")
    if not hour.seen:
        fix = f"`{hour.again.wrangler('tail')}` shows what the Worker says of the next one."
        raise Stop(PROBLEM, "The edge took the message, and nobody saw it arrive.", fix)


def _drill(hour: Hour) -> str:
    return hour.again.line(*_words(hour))


def _words(hour: Hour) -> tuple[str, ...]:
    to = hour.options.recipient or f"postmaster@{hour.domain}"
    return ("drill", "--to", to, "--from", hour.options.sender or "SENDER")
