"""Telegram's Bot API, asked: who a bot is, and in which chat somebody wrote a start code.

Source: https://core.telegram.org/bots/api and https://core.telegram.org/bots/features#deep-linking; the
server's own code where these are silent: https://github.com/tdlib/telegram-bot-api, Client.cpp
"""

import math
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from .client import Answer, Client, Ports
from .errors import (
    ChatError,
    Crowded,
    NoSuchChat,
    NotHeard,
    NotUnderstood,
    OtherReader,
    TokenRejected,
    WebhookSet,
)

Json = Mapping[str, Any]
Kind = Literal["private", "group", "supergroup", "channel"]

# No letter or digit that looks like another one: in groups people type it.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 10
_PAGE = 100
"""How many messages the server shows at once, and so at all to whoever confirms none."""
_POLL_SECONDS = 25
_GRACE_SECONDS = 15.0
# Asked again within half a second, the server shows a single message.
_PAUSE_SECONDS = 2.0
_LONGEST_NAME = 200
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,63}")

_ANOTHER_BOT = (
    "Make a bot for this alone (/newbot at @BotFather), and give its token; or give the chat's id yourself."
)


@dataclass(frozen=True, slots=True)
class Bot:
    """Who a token belongs to; the name is its owner's to choose, and untrusted."""

    id: int
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that the bot knows, or a topic of one; the names in it are others', and untrusted.

    `thread` and `topic` are a topic's number and name; empty for a chat without, and for "General".
    """

    id: str
    kind: Kind
    name: str
    thread: str = ""
    topic: str = ""


def new_code() -> str:
    """Make a start code that nobody can guess: about 50 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))


def start_link(bot: Bot, code: str, *, group: bool = False) -> str:
    """Return the link that opens the bot with the code: in private, or in a group that is chosen then."""
    return f"https://t.me/{bot.username}?{'startgroup' if group else 'start'}={code}"


def start_command(bot: Bot, code: str) -> str:
    """Return what is written in a group or a topic; some apps lose the code of the link for groups.

    Source: https://github.com/TelegramMessenger/Telegram-iOS/issues/843
    """
    return f"/start@{bot.username} {code}"


class Telegram:
    """Asks the Bot API with one bot's token; every method raises a ChatError by meaning."""

    def __init__(self, token: str, api_url: str, ports: Ports | None = None) -> None:
        ports = ports or Ports()
        self._client = Client(
            "Telegram", f"{api_url}/bot{token}/", ports, headers={}, address="TELEGRAM_API_URL"
        )
        self._secret = token.partition(":")[2]
        self._ports = ports

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, error, trace)

    def bot(self) -> Bot:
        """Say whose the token is.

        Raises:
            TokenRejected: nobody's.

        """
        found = self._result("getMe", {}).get("result")
        match found:
            case {"id": int(number), "first_name": str(name), "username": str(username)}:
                if _USERNAME.fullmatch(username):
                    return Bot(number, name[:_LONGEST_NAME], username)
        raise self._client.not_understood("getMe")

    def chat(self, chat_id: str) -> Chat:
        """Say which chat an id or an @name is.

        Raises:
            NoSuchChat: none that the bot knows.

        """
        answer = self._result("getChat", {"chat_id": chat_id})
        found = _chat(answer.get("result"))
        if found is None:
            raise self._client.not_understood("getChat")
        return found

    def wait_for_start(self, bot: Bot, code: str, seconds: float, *, group: bool = False) -> Chat:
        """Return the chat in which somebody wrote the code, once it has come; wait at most so long.

        Where a `group` is meant, many may read the code, and no private chat with one of them counts.

        No message is confirmed: to confirm one is to take it, and all before it, away from whatever program
        the bot may have, and the server drops them by itself after a day. Nor are types of updates named: the
        server would keep that for the other program, too. So what waits is shown again each time, the oldest
        hundred of it, and asking pauses in between.

        Raises:
            NotHeard: it has not come.
            WebhookSet, OtherReader, Crowded: it can't come here.

        """
        end = self._ports.clock() + seconds
        while (left := end - self._ports.clock()) > 0:
            updates = self._updates(math.ceil(min(_POLL_SECONDS, left)))
            if found := _started(updates, bot, code, group=group):
                return found
            if len(updates) >= _PAGE:
                raise Crowded(
                    f"{_PAGE} messages to @{bot.username} wait for another program, and more can't be seen"
                    " without taking these away from it.",
                    _ANOTHER_BOT,
                )
            if updates:
                self._ports.sleep(_PAUSE_SECONDS)
        raise NotHeard(
            f"Nobody wrote the start code to @{bot.username} within {seconds:.0f} seconds.",
            "Run this again, for another code; or give the chat's id yourself.",
        )

    def _updates(self, seconds: int) -> list[Json]:
        answer = self._result("getUpdates", {"timeout": str(seconds)}, seconds + _GRACE_SECONDS)
        found = answer.get("result")
        if not isinstance(found, list):
            raise self._client.not_understood("getUpdates")
        return [each for each in found if isinstance(each, dict)]

    def _result(self, method: str, values: Mapping[str, str], seconds: float = 20.0) -> Json:
        answer = self._client.ask(method, values, seconds)
        if answer.status == 200 and answer.body.get("ok") is True:
            return answer.body
        raise self._meaning(method, answer)

    def _meaning(self, method: str, answer: Answer) -> ChatError:
        """Return what a refusal means."""
        description = str(answer.body.get("description", ""))
        if answer.status in {401, 404}:
            return TokenRejected(
                "Telegram does not know this bot's token.",
                "Ask @BotFather for it again: /mybots, the bot, API Token.",
            )
        if answer.status == 409:
            return _conflict(description.lower())
        if method == "getChat" and answer.status in {400, 403}:
            return NoSuchChat(
                "Telegram does not find that chat, or the bot is not in it.",
                "Write to the bot, or add it to the group, and check the id.",
            )
        # What a server repeats may be the token.
        quoted = "" if self._secret in description else f": {description[:_LONGEST_NAME]}"
        return NotUnderstood(
            f"Telegram refused {method} ({answer.status}){quoted}.", "If TELEGRAM_API_URL is set, check it."
        )


def _conflict(said: str) -> ChatError:
    if "webhook" in said:
        return WebhookSet(
            "A webhook is set for this bot: what is written to it goes to another program, and can't be seen"
            " here. It was left as it is.",
            _ANOTHER_BOT,
        )
    return OtherReader(
        "Another program asks for what is written to this bot, and would get the start code.",
        f"Stop it while this runs. Or: {_ANOTHER_BOT}",
    )


def _started(updates: list[Json], bot: Bot, code: str, *, group: bool) -> Chat | None:
    """Find the message that is the start command with this code, and say where it was written."""
    command = re.compile(rf"/start(?:@{re.escape(bot.username)})?\s+{re.escape(code)}", re.IGNORECASE)
    for message in _messages(updates):
        text = message.get("text")
        if not isinstance(text, str) or not command.fullmatch(text.strip()):
            continue
        if (found := _chat(message.get("chat"))) and not (group and found.kind == "private"):
            return _in_topic(_moved(found, updates), message)
    return None


def _messages(updates: list[Json]) -> Iterator[Json]:
    for update in updates:
        for name in ("message", "channel_post"):
            if isinstance(message := update.get(name), dict):
                yield message


def _moved(chat: Chat, updates: list[Json]) -> Chat:
    """Follow a group that has become a supergroup since, under another id."""
    for message in _messages(updates):
        old, new = message.get("chat"), message.get("migrate_to_chat_id")
        if isinstance(old, dict) and str(old.get("id")) == chat.id and type(new) is int:
            return Chat(str(new), "supergroup", chat.name)
    return chat


def _in_topic(chat: Chat, message: Json) -> Chat:
    """Add the topic that a message stands in; threads of replies are none, and "General" has no number."""
    thread = message.get("message_thread_id")
    if message.get("is_topic_message") is not True or type(thread) is not int or thread < 2:
        return chat
    match message.get("reply_to_message"):
        case {"forum_topic_created": {"name": str(name)}}:
            topic = name[:_LONGEST_NAME]
        case _:
            topic = ""
    return Chat(chat.id, chat.kind, chat.name, str(thread), topic)


def _chat(value: Any) -> Chat | None:
    match value:
        case {"id": int(number), "type": ("private" | "group" | "supergroup" | "channel") as kind}:
            pass
        case _:
            return None
    if kind == "private":
        name = " ".join(str(value[part]) for part in ("first_name", "last_name") if value.get(part))
    else:
        name = str(value.get("title", ""))
    if username := value.get("username"):
        name = f"{name} (@{username})"
    return Chat(str(number), kind, name[:_LONGEST_NAME])
