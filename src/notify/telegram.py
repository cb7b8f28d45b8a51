"""Alerts as Telegram messages, through a bot (https://core.telegram.org/bots/api)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

from failover.text import isolate

from .alert import Alert
from .channel import (
    ALOUD,
    Gone,
    Manner,
    Misconfigured,
    NoAnswer,
    Refused,
    Request,
    Response,
    TryInstead,
    fit,
    seconds,
    units,
)
from .service import json_object, quote, raise_for_status

# In UTF-16 units, markup included. The server counts fewer, so this holds however it counts,
# and keeps far below its 35,000 bytes.
MAX_TEXT = 4096

_ENTITIES = {"b": "bold", "code": "code", "pre": "pre"}

_TOKEN = "Telegram does not accept the bot's token: set TELEGRAM_BOT_TOKEN again"  # noqa: S105 - advice
_NOT_FOUND = (
    "Telegram does not know this bot: set TELEGRAM_BOT_TOKEN again, and check TELEGRAM_API_URL if you set it"
)
_FORBIDDEN = (
    "Telegram does not let the bot write to this chat: unblock the bot or add it to the chat again, "
    "or set another TELEGRAM_CHAT_ID"
)
_CHAT = (
    "Telegram does not find the chat: check TELEGRAM_CHAT_ID, and that the bot is a member "
    "or that you have sent it a message"
)
_THREAD = "Telegram does not find this topic, or it is closed: check TELEGRAM_THREAD_ID"
_MOVED = "The chat has moved to a new number: set TELEGRAM_CHAT_ID again"
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
# A place is the message's number in its chat, which the server keeps in 32 bits.
_PLACE = re.compile("[1-9][0-9]{0,9}")
_LAST_PLACE = 2**31 - 1
# What a 400's description says, in lower case, and what its reader can do.
_TOPIC = ("thread not found", "topic_closed", "topic_deleted", "topic_id_invalid", "message_thread_id")
_BAD_REQUESTS = (
    *((words, _THREAD) for words in _TOPIC),
    ("upgraded to a supergroup", _MOVED),
    ("chat not found", _CHAT),
    ("user not found", _CHAT),
    ("chat_id", _CHAT),
    ("peer_id_invalid", _CHAT),
    ("group chat was deactivated", _CHAT),
    ("rights", _FORBIDDEN),
    ("chat_write_forbidden", _FORBIDDEN),
    ("chat_restricted", _FORBIDDEN),
)


@dataclass(frozen=True, slots=True)
class Telegram:
    """One Telegram chat, or a topic of one.

    `plain` sends no markup to parse; `moved` means that the chat was followed once, `astray` that its topic
    was given up.
    """

    token: str = field(repr=False)
    chat_id: str
    thread_id: str = ""
    api_url: str = "https://api.telegram.org"
    plain: bool = False
    moved: bool = False
    astray: bool = False

    @property
    def name(self) -> str:
        """Name the service, and what its owner has to mend although the alert arrives."""
        return "telegram without its topic: check TELEGRAM_THREAD_ID" if self.astray else "telegram"

    @property
    def key(self) -> str:
        """Tell this chat from the owner's other channels."""
        return f"telegram {self.chat_id}"

    @property
    def keeps_place(self) -> bool:
        """Say that every message has a number."""
        return True

    @property
    def _topic(self) -> int:
        """Return the topic's number; 0 for a chat without, and for "General", which the server knows so."""
        number = int(self.thread_id or 0)
        return number if number > 1 else 0

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a sendMessage or editMessageText call of at most 4096 UTF-16 units.

        Raises:
            Gone: for an edit after the chat has moved, where its old numbers may be other messages'.

        """
        if self.moved and manner.edits:
            raise Gone("The chat has moved to a new number, and its earlier messages can't be edited there")
        message: dict[str, object] = {"chat_id": self.chat_id, "link_preview_options": {"is_disabled": True}}
        if self.plain:
            alert, text = fit(alert, _text, MAX_TEXT)
            message |= {"text": text, "entities": list(_entities(alert))}
        else:
            message |= {"text": fit(alert, _html, MAX_TEXT)[1], "parse_mode": "HTML"}
        edits = _number(manner.edits)
        message |= {"message_id": edits} if edits else self._as_new(manner)
        url = f"{self.api_url}/bot{self.token}/{'editMessageText' if edits else 'sendMessage'}"
        return Request(url, json.dumps(message), {"Content-Type": "application/json"})

    def _as_new(self, manner: Manner) -> dict[str, object]:
        """Say where a new message stands, and whether it makes a sound."""
        parts: dict[str, object] = {"message_thread_id": self._topic} if self._topic else {}
        if not manner.sound:
            parts["disable_notification"] = True
        if not self.moved and (thread := _number(manner.thread)):
            parts["reply_parameters"] = {"message_id": thread, "allow_sending_without_reply": True}
        return parts

    def read(self, response: Response) -> str:
        """Return the message's number if Telegram took it; none if an edit would have changed nothing.

        Raises:
            ChannelError: by meaning; the description's words are the server's
                (https://github.com/tdlib/telegram-bot-api, Client.cpp).

        """
        answer = json_object(response.body)
        if response.status != 200 or answer.get("ok") is not True:
            self._judge(response, answer)
        return _place(answer.get("result"))

    def _judge(self, response: Response, answer: dict[str, object]) -> None:
        """Raise what a refusal means; return if an edit would have changed nothing."""
        code = answer.get("error_code")
        status = code if response.status == 200 and isinstance(code, int) else response.status
        details = answer.get("parameters")
        details = details if isinstance(details, dict) else {}
        wait = seconds(details.get("retry_after"))
        wait = seconds(response.retry_after) if wait is None else wait
        raise_for_status("Telegram", status, wait, "TELEGRAM_API_URL")
        if status == 200:
            raise NoAnswer("Telegram's answer can't be read; if this stays so, check TELEGRAM_API_URL")
        description = str(answer.get("description", ""))
        if status != 400 or "message is not modified" not in description.lower():
            self._refuse(status, description, details.get("migrate_to_chat_id"))

    def _refuse(self, status: int, description: str, new_chat: object) -> NoReturn:
        if isinstance(new_chat, int):
            if self.moved:
                raise Misconfigured(_MOVED)
            raise TryInstead(_MOVED, replace(self, chat_id=str(new_chat), moved=True))
        said = description.lower()
        if status == 400 and "can't parse" in said and "entit" in said and not self.plain:
            raise TryInstead("Telegram could not read the alert's markup", replace(self, plain=True))
        if status == 400 and any(words in said for words in _TOPIC) and self._topic:
            raise TryInstead(_THREAD, replace(self, thread_id="", astray=True))
        if status == 400 and any(words in said for words in _GONE):
            raise Gone("Telegram no longer lets the bot edit this message")
        fixes = {401: _TOKEN, 403: _FORBIDDEN, 404: _NOT_FOUND}
        fix = fixes.get(status) or next((fix for words, fix in _BAD_REQUESTS if words in said), "")
        if fix:
            raise Misconfigured(fix)
        raise Refused(f"Telegram refused the alert ({status}): {quote(description, self.token)}")


def _place(result: object) -> str:
    number = result.get("message_id") if isinstance(result, dict) else None
    return str(number) if isinstance(number, int) and _number(str(number)) else ""


def _number(place: str) -> int:
    """Read a place; 0 stands for what can't be one."""
    number = int(place) if _PLACE.fullmatch(place) else 0
    return number if number <= _LAST_PLACE else 0


def _spans(alert: Alert) -> Iterator[tuple[str, str]]:
    """Lay the alert out as styled spans.

    Untrusted text stands in code and pre alone: there the server makes no links, mentions or commands of it.
    """
    if alert.repeat:
        yield "", f"{alert.repeat}\n"
    yield "b", alert.headline
    for fact in alert.fields:
        if fact.text:
            yield "", "\n"
            yield "b", f"{fact.label}:"
            yield "", " "
            yield "code", isolate(fact.text)
    if alert.preview:
        yield "", "\n\n"
        yield "pre", isolate(alert.preview)
    if alert.advice:
        yield "", f"\n\n{alert.advice}"


def _html(alert: Alert) -> str:
    return "".join(f"<{tag}>{_escape(t)}</{tag}>" if tag else _escape(t) for tag, t in _spans(alert))


def _text(alert: Alert) -> str:
    return "".join(text for _, text in _spans(alert))


def _entities(alert: Alert) -> Iterator[dict[str, object]]:
    """Say in numbers what the tags would: offsets and lengths in UTF-16 units, with nothing to parse."""
    offset = 0
    for tag, text in _spans(alert):
        length = units(text)
        if tag:
            yield {"type": _ENTITIES[tag], "offset": offset, "length": length}
        offset += length


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
