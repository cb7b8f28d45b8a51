"""The chat that is told: found, tried and written down by `chats`."""

from collections.abc import Mapping

from mail_failover.console.exit_codes import DONE, PROBLEM, USAGE
from mail_failover.settings.chats import CHATS, is_of_chat

from .hour import Hour
from .step import State, Stop

_ANOTHER = "another"
_OFFERS = {
    "telegram": "Telegram: you make a bot with @BotFather, and press Start",
    "telegram-group": "Telegram: the same in a group, or a topic of one",
    "ntfy": "ntfy: an app on your phone and a topic, without an account",
    "matrix": "Matrix: an account's token, and a room that is not encrypted",
    "discord": "Discord: a webhook of a channel",
    "slack": "Slack: an incoming webhook, or an app's token and a channel",
    _ANOTHER: "another: Gotify, Pushover, Mattermost, or any webhook",
    "none": "none: mail is forwarded, and nobody is told",
}
_OTHERS = {
    "gotify": "Gotify: a server of yours, and an application's token",
    "pushover": "Pushover: an application's token, and your user key",
    "mattermost": "Mattermost: an incoming webhook",
    "webhook": "a webhook: any server of yours, which gets signed JSON",
    "": "none of these: the list before",
}
KINDS = tuple(kind for kind in (*_OFFERS, *_OTHERS) if kind and kind != _ANOTHER)
"""What `--chat` takes."""

_WORDS = {"telegram-group": ("telegram", "--group")}
_ID = {
    "telegram": "--chat",
    "telegram-group": "--chat",
    "slack": "--channel",
    "matrix": "--room",
    "discord": "--thread",
}
"""The option of the command that `--chat-id` stands for, where it has one."""


def look(hour: Hour) -> State:
    """Tell whether a chat is set up whole, and whether it is the one that was named."""
    wanted, local = hour.options.chat.partition("-")[0], hour.local
    if hour.untold:
        return State(True, "none is wanted, so nobody is told")
    named = [name for name in CHATS if local and getattr(local.settings, name)]
    wrong = [problem for problem in local.problems if is_of_chat(problem)] if local else []
    if wrong or not named or (wanted and wanted not in named):
        missing = f"{CHATS[wanted].title} is not set up" if wanted else "no chat is set up"
        return State(False, "; ".join(wrong) or missing, f"`{hour.again.chats(wanted or 'telegram')}`")
    return State(True, " and ".join(CHATS[name].title for name in named))


def do(hour: Hour) -> None:
    """Have a chat chosen, and connected."""
    kind = hour.options.chat
    while True:
        if not kind:
            hour.need(f"Name one: --chat {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
            hour.voice.say("Who is to tell you of caught mail?")
            kind = _chosen(hour)
            hour.answered(chat=kind)
        if hour.untold:
            return
        ran = hour.run("chats", *_WORDS.get(kind, (kind,)), *_named(hour, kind), asks=True)
        if ran.code == DONE:
            return
        if not (
            ran.code in {PROBLEM, USAGE}
            and hour.may_ask
            and hour.world.ask.yes("Try another way?", default=True)
        ):
            raise hour.failed(ran, "No chat was connected.")
        kind = ""


def _chosen(hour: Hour) -> str:
    """Have one of the first list chosen, or of the second, which is behind "another"."""
    kind = ""
    while not kind:
        kind = _choice(hour, _OFFERS)
        if kind == _ANOTHER:
            kind = _choice(hour, _OTHERS)
    return kind


def _choice(hour: Hour, offers: Mapping[str, str]) -> str:
    return list(offers)[hour.world.ask.choose("Which one?", list(offers.values()))]


def _named(hour: Hour, kind: str) -> tuple[str, ...]:
    """Return the option that names the chat, if it is known.

    Raises:
        Stop: the service has none; or it is not known, and what the command says, such as a link to open,
            nobody would see.

    """
    if hour.options.chat_id and kind not in _ID:
        raise Stop(USAGE, f"{CHATS[kind].title} has no chats to choose from.", "Leave --chat-id out.")
    if hour.options.chat_id:
        return (_ID[kind], hour.options.chat_id)
    if hour.options.json and kind.startswith("telegram"):
        raise Stop(USAGE, "Which chat of Telegram's is meant is not known.", "Name it: --chat-id ID.")
    return ()
