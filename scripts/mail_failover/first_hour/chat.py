"""The chat that is told: found, tried and written down by `chats`."""

from mail_failover.console.exit_codes import DONE, PROBLEM

from .hour import Hour
from .step import State, Stop

NONE = "none"
_OFFERS = {
    "telegram": "Telegram: you make a bot with @BotFather, and press Start",
    "telegram-group": "Telegram: the same in a group, or a topic of one",
    "slack": "Slack: an incoming webhook, or an app's token and a channel",
    NONE: "none: mail is forwarded, and nobody is told",
}
_WORDS = {
    "telegram": ("telegram",),
    "telegram-group": ("telegram", "--group"),
    "slack": ("slack",),
}
_ID = {"telegram": "--chat", "telegram-group": "--chat", "slack": "--channel"}


def look(hour: Hour) -> State:
    """Tell whether a chat is set up whole."""
    if hour.without_chat:
        return State(True, "none is wanted, so nobody is told")
    local = hour.local
    settings = local.settings if local else None
    named = [name for name in ("telegram", "slack") if settings and getattr(settings, name)]
    wrong = [p for p in local.problems if p.startswith(("TELEGRAM", "SLACK"))] if local else []
    if wrong or not named:
        return State(False, "; ".join(wrong) or "no chat is set up", f"`{hour.again.chats()}`")
    return State(True, " and ".join(name.capitalize() for name in named))


def do(hour: Hour) -> None:
    """Have a chat chosen, and connected."""
    kind = hour.options.chat
    while True:
        if not kind:
            hour.need("No chat is set up", "--chat telegram, slack or none")
            hour.voice.say("Who is to tell you of caught mail?")
            kind = list(_OFFERS)[hour.world.ask.choose("Which one?", list(_OFFERS.values()))]
        if kind == NONE:
            hour.without_chat = True
            return
        named = (_ID[kind], hour.options.chat_id) if hour.options.chat_id else ()
        ran = hour.run("chats", *_WORDS[kind], *named, asks=True)
        if ran.code == DONE:
            return
        if not (
            ran.code == PROBLEM and hour.may_ask and hour.world.ask.yes("Try another way?", default=True)
        ):
            raise Stop(ran.code, "No chat was connected.", "Run this again to go on.")
        kind = ""
