"""The chat that is told: found, tried and written down by `chats`."""

from mail_failover.console.exit_codes import DONE, PROBLEM, USAGE

from .hour import Hour
from .step import State, Stop

_OFFERS = {
    "telegram": "Telegram: you make a bot with @BotFather, and press Start",
    "telegram-group": "Telegram: the same in a group, or a topic of one",
    "slack": "Slack: an incoming webhook, or an app's token and a channel",
    "none": "none: mail is forwarded, and nobody is told",
}
_WORDS = {
    "telegram": ("telegram",),
    "telegram-group": ("telegram", "--group"),
    "slack": ("slack",),
}
_ID = {"telegram": "--chat", "telegram-group": "--chat", "slack": "--channel"}


def look(hour: Hour) -> State:
    """Tell whether a chat is set up whole, and whether it is the one that was named."""
    wanted, local = hour.options.chat.partition("-")[0], hour.local
    if hour.untold:
        return State(True, "none is wanted, so nobody is told")
    named = [name for name in ("telegram", "slack") if local and getattr(local.settings, name)]
    wrong = [p for p in local.problems if p.startswith(("TELEGRAM", "SLACK"))] if local else []
    if wrong or not named or (wanted and wanted not in named):
        missing = f"{wanted.capitalize()} is not set up" if wanted else "no chat is set up"
        return State(False, "; ".join(wrong) or missing, f"`{hour.again.chats(wanted or 'telegram')}`")
    return State(True, " and ".join(name.capitalize() for name in named))


def do(hour: Hour) -> None:
    """Have a chat chosen, and connected."""
    kind = hour.options.chat
    while True:
        if not kind:
            hour.need("Name one: --chat telegram, slack or none.")
            hour.voice.say("Who is to tell you of caught mail?")
            kind = list(_OFFERS)[hour.world.ask.choose("Which one?", list(_OFFERS.values()))]
            hour.answered(chat=kind)
        if hour.untold:
            return
        ran = hour.run("chats", *_WORDS[kind], *_named(hour, kind), asks=True)
        if ran.code == DONE:
            return
        if not (
            ran.code in {PROBLEM, USAGE}
            and hour.may_ask
            and hour.world.ask.yes("Try another way?", default=True)
        ):
            raise hour.failed(ran, "No chat was connected.")
        kind = ""


def _named(hour: Hour, kind: str) -> tuple[str, ...]:
    """Return the option that names the chat, if it is known.

    Raises:
        Stop: it is not, and what the command says, such as a link to open, nobody would see.

    """
    if hour.options.chat_id:
        return (_ID[kind], hour.options.chat_id)
    if hour.options.json and kind != "slack":
        raise Stop(USAGE, "Which chat of Telegram's is meant is not known.", "Name it: --chat-id ID.")
    return ()
