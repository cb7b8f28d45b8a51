"""The chat that is told: found and tried by `chats`."""

from mail_failover.console.exit_codes import DONE

from .hour import Hour
from .step import State, Stop

_OFFERS = {
    "telegram": "Telegram: you have, or make, a bot with @BotFather, and press Start",
    "slack": "Slack: an incoming webhook, or an app with a token",
    "none": "none: mail is forwarded, and nobody is told",
}


def look(hour: Hour) -> State:
    """Tell whether a chat is set up whole."""
    if hour.without_chat:
        return State(True, "none is wanted: nobody is told")
    local = hour.local
    settings = local.settings if local else None
    named = [name for name in ("telegram", "slack") if settings and getattr(settings, name)]
    wrong = [p for p in local.problems if p.startswith(("TELEGRAM", "SLACK"))] if local else []
    if wrong or not named:
        return State(False, "; ".join(wrong) or "no chat is set up", f"`{hour.again.chats()}`")
    return State(True, " and ".join(name.capitalize() for name in named))


def do(hour: Hour) -> None:
    """Have a chat chosen, found, and tried."""
    kind = hour.options.chat
    if not kind:
        hour.need("No chat is set up", f"--chat none; or `{hour.again.chats()}` before")
        hour.voice.say("Who is to tell you of caught mail?")
        kind = list(_OFFERS)[hour.world.ask.choose("Which one?", list(_OFFERS.values()))]
    if kind == "none":
        hour.without_chat = True
        return
    while True:
        ran = hour.run("chats", kind, asks=True)
        if ran.code != DONE:
            raise Stop(ran.code, f"No {kind.capitalize()} chat was set up.", "Run this again to go on.")
        tried = hour.run("chats", "test")
        if not hour.may_ask or (tried.code == DONE and _arrived(hour)):
            return
        if not hour.world.ask.yes("Set it up again?", default=True):
            return


def _arrived(hour: Hour) -> bool:
    return hour.world.ask.yes("Did the test alert arrive?", default=True)
