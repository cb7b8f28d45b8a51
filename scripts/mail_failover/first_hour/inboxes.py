"""The inboxes that caught mail goes to: verified addresses of the account, or new ones."""

import asyncio
from collections.abc import Sequence

from mail_failover.cloudflare.records import host
from mail_failover.console.exit_codes import USAGE
from mail_failover.mail.exchangers import exchangers_of
from mail_failover.mail.resolver import DnsError, ascii_host
from mail_failover.settings.local import is_example

from .domain import records
from .hour import Hour
from .step import State, Stop

_MOST = 5
_ANOTHER = "another address"


def look(hour: Hour) -> State:
    """Tell which inboxes are set, whether they are those that were named, and whether each can help."""
    local, named = hour.local, hour.options.inboxes
    wrong = [p for p in local.problems if p.startswith(("FALLBACK_INBOXES", "ROUTES"))] if local else []
    if local is None or not (local.inboxes or local.variables.get("FALLBACK_INBOXES")):
        return State(False, "no inbox is named", "Name one, at another provider")
    if wrong:
        return State(False, "; ".join(wrong), f"Mend that in {local.editable}, or name others")
    if named and local.settings.inboxes != named:
        found = ", ".join(local.settings.inboxes)
        return State(False, f"{found} is set, and others were named", "Go on, and they are")
    for inbox in local.inboxes:
        if why := _unfit(hour, inbox):
            return State(False, f"{inbox} {why}", "Name one at another provider")
    return State(True, ", ".join(local.inboxes))


def do(hour: Hour) -> None:
    """Have inboxes chosen, the first choice first."""
    chosen: list[str] = []
    for inbox in hour.options.inboxes:
        if why := _unfit(hour, inbox, chosen):
            raise Stop(USAGE, f"--inbox {inbox} {why}.", "Name another.", "UsageError")
        chosen.append(inbox)
    if not chosen:
        hour.need("Name one: --inbox you@example.net.")
        chosen = _ask(hour, _verified(hour))
    hour.set(FALLBACK_INBOXES=", ".join(chosen))


def _ask(hour: Hour, verified: Sequence[str]) -> list[str]:
    voice, ask = hour.voice, hour.world.ask
    chosen: list[str] = []
    voice.say("Where is caught mail to go? To an inbox that you check anyway, not on your own server.")
    while len(chosen) < _MOST:
        inbox = _one(hour, [each for each in verified if each not in chosen])
        if why := _unfit(hour, inbox, chosen):
            voice.say(f"{inbox} {why}. Name another.", "yellow")
            continue
        chosen.append(inbox)
        hour.answered(inboxes=tuple(chosen))
        if len(chosen) == 1:
            voice.say(
                "A second one at another provider helps when the first refuses: Outlook, for one, refuses"
                " mail from some of Cloudflare's addresses."
            )
        if not ask.yes("Another inbox, in case this one refuses?" if len(chosen) == 1 else "One more?"):
            break
    return chosen


def _one(hour: Hour, verified: Sequence[str]) -> str:
    ask = hour.world.ask
    if verified:
        place = ask.choose("Which inbox?", [*(f"{each} (verified)" for each in verified), _ANOTHER])
        if place < len(verified):
            return verified[place]
    return ask.text("The inbox's address:")


def _verified(hour: Hour) -> list[str]:
    found = hour.api().addresses(hour.account)
    return [str(each["email"]) for each in found if each.get("verified")]


def _unfit(hour: Hour, inbox: str, others: Sequence[str] = ()) -> str:
    """Say why an inbox can't be one, beside the others; empty if nothing speaks against it."""
    from failover.address import canonical, is_address  # noqa: PLC0415 - found beside the Worker

    if not is_address(inbox):
        return "is not a mail address"
    if canonical(inbox) in map(canonical, others):
        return "is named already"
    name = ascii_host(inbox.rpartition("@")[2])
    if name == hour.domain or name.endswith(f".{hour.domain}"):
        return f"is in {hour.domain} itself, whose server is down when it matters"
    if is_example(inbox):
        return "is an example, and nobody's"
    own = {host(str(each["content"])) for each in records(hour)}
    if shared := own & _exchangers(hour, name):
        return f"is on this very server: its mail goes to {min(shared)}, too"
    return ""


def _exchangers(hour: Hour, name: str) -> set[str]:
    """Return where mail of a domain goes; nothing if nobody says."""
    try:
        return {each.host for each in asyncio.run(exchangers_of(hour.world.dns(), name)).own}
    except DnsError:
        return set()
