"""What Telegram takes and refuses of new messages and edits (https://core.telegram.org/bots/api#sendmessage)."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .links import LINKED
from .markup import MarkupError, Span, parse_html

MAX_TEXT = 4096
MAX_BYTES = 35_000
GENERAL = 1
"""The topic that every forum has, and that a message reaches only without naming it."""

_TOKEN = re.compile(r"([1-9][0-9]*):[A-Za-z0-9_-]+")
# Stricter than the server, which passes over a parameter that it does not know: here it is a slip of ours.
_FOR_BOTH = {"chat_id", "text", "parse_mode", "entities", "link_preview_options", "reply_markup"}
_FOR_NEW = {"message_thread_id", "disable_notification", "protect_content", "reply_parameters"}
_FOR_EDITS = {"message_id"}
_FOR_REPLIES = {"message_id", "allow_sending_without_reply"}
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
# The tag that says the same as an entity's type; where several do, the first is as good as any.
_TYPES = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline"}
_TYPES |= dict.fromkeys(("s", "strike", "del"), "strikethrough")
_TYPES |= dict.fromkeys(("tg-spoiler", "span"), "spoiler")
_TYPES |= {"a": "text_link", "tg-emoji": "custom_emoji", "tg-time": "date_time"}
_TYPES |= {same: same for same in ("code", "pre", "blockquote")}
_TAGS = {name: tag for tag, name in reversed(_TYPES.items())}
# What the server's cleaning drops, and what it turns into spaces.
_DROPPED = re.compile(r"[\r\u2028-\u202e]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class Refusal(Exception):
    """The Bot API's answer to a call that it refuses."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: its chat, the text a person sees, what can be clicked, the call's result.

    `number` is what the chat knows it by, `thread` that of the message which it replies to, 0 for none.
    """

    chat: str
    number: int
    seen: str
    live: tuple[str, ...]
    result: dict[str, Any]
    sound: bool = True
    thread: int = 0


Known = Mapping[tuple[str, int], Taken]
"""The messages that stand in chats, by chat and number."""


def send_message(token: str, body: bytes, number: int, known: Known) -> Taken:
    """Take a new message as the server does; `number` becomes its message_id.

    Raises:
        Refusal: with the server's status and description.

    """
    bot = _bot(token)
    message = _parameters(body, _FOR_BOTH | _FOR_NEW)
    if message.get("message_thread_id") == GENERAL:
        raise Refusal(400, "Bad Request: message thread not found")
    text, spans = _text(message)
    chat = str(message["chat_id"])
    replied = _replied(chat, message["reply_parameters"], known) if "reply_parameters" in message else None
    result = {
        "message_id": number,
        "from": {"id": bot, "is_bot": True, "first_name": "Mail", "username": "mail_failover_bot"},
        "chat": _chat(chat),
        "date": int(time.time()),
        **({"reply_to_message": _alone(replied.result)} if replied else {}),
        "text": text,
        "entities": [_entity(text, span) for span in spans],
    }
    sound = not message.get("disable_notification", False)
    return Taken(chat, number, text, _live(text, spans), result, sound, replied.number if replied else 0)


def edit_message_text(token: str, body: bytes, known: Known) -> Taken:
    """Take an edit as the server does, and return the message as it stands from now on.

    Raises:
        Refusal: with the server's status and description.

    """
    _bot(token)
    message = _parameters(body, _FOR_BOTH | _FOR_EDITS)
    text, spans = _text(message)
    number = message.get("message_id", 0)
    if type(number) is not int or number <= 0:
        raise Refusal(400, "Bad Request: message identifier is not specified")
    old = known.get((str(message["chat_id"]), number))
    if old is None:
        raise Refusal(400, "Bad Request: message to edit not found")
    said = {"text": text, "entities": [_entity(text, span) for span in spans]}
    if said == {name: old.result[name] for name in said}:
        raise Refusal(400, _NOT_MODIFIED)
    result = old.result | {"edit_date": int(time.time())} | said
    return replace(old, seen=text, live=_live(text, spans), result=result, sound=False)


def _bot(token: str) -> int:
    bot = _TOKEN.fullmatch(token)
    if not bot or len(token) > 80:
        raise Refusal(401, "Unauthorized: invalid token specified")
    return int(bot[1])


def _replied(chat: str, reply: Any, known: Known) -> Taken | None:
    """Return the message that a reply names; None if it may go without, and has to."""
    if not isinstance(reply, dict):
        raise Refusal(400, "Bad Request: can't parse reply parameters: expected an Object")
    for name in reply:
        if name not in _FOR_REPLIES:
            raise Refusal(400, f'Bad Request: unknown parameter "{name}"')
    number, alone = reply.get("message_id"), reply.get("allow_sending_without_reply", False)
    if type(number) is not int or type(alone) is not bool:
        raise Refusal(400, "Bad Request: can't parse reply parameters: invalid fields specified")
    replied = known.get((chat, number))
    if replied is None and not alone:
        raise Refusal(400, "Bad Request: message to be replied not found")
    return replied


def _alone(result: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a message replies to, as the server does of one that is replied to itself."""
    return {name: value for name, value in result.items() if name != "reply_to_message"}


def _text(message: dict[str, Any]) -> tuple[str, list[Span]]:
    text, spans = _formatted(message)
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > MAX_TEXT or len(text.encode()) > MAX_BYTES:
        raise Refusal(400, "Bad Request: message is too long")
    return text, spans


def _parameters(body: bytes, names: set[str]) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Refusal(400, "Bad Request: can't parse JSON object")
    for name in message:
        if name not in names:
            raise Refusal(400, f'Bad Request: unknown parameter "{name}"')
    if not isinstance(message.get("text", ""), str):
        raise Refusal(400, "Bad Request: text must be a string")
    if not isinstance(message.get("message_thread_id", 0), int):
        raise Refusal(400, "Bad Request: invalid message_thread_id specified")
    if not isinstance(message.get("link_preview_options", {}), dict):
        raise Refusal(400, "Bad Request: can't parse link preview options: expected an Object")
    if not isinstance(message.get("disable_notification", False), bool):
        raise Refusal(400, "Bad Request: disable_notification must be a Boolean")
    if not message.get("chat_id"):
        raise Refusal(400, "Bad Request: chat_id is empty")
    return message


def _formatted(message: dict[str, Any]) -> tuple[str, list[Span]]:
    source = message.get("text", "")
    if any("\ud800" <= char <= "\udfff" for char in source):
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8")
    mode = message.get("parse_mode")
    try:
        if mode is None:
            text, spans = source, [_span(source, entity) for entity in message.get("entities", [])]
        elif str(mode).lower() == "html":
            text, spans = parse_html(source)
        else:
            raise Refusal(400, "Bad Request: unsupported parse_mode")
    except MarkupError as error:
        raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
    except (KeyError, TypeError, ValueError, UnicodeError):
        raise Refusal(400, "Bad Request: can't parse entities: Invalid MessageEntity specified") from None
    if _DROPPED.search(text):
        # Positions would move; alerts never hold these, so that no more is made of them here.
        return _CONTROL.sub(" ", _DROPPED.sub("", text)).strip(), []
    return _CONTROL.sub(" ", text).rstrip(), spans


def _span(text: str, entity: dict[str, Any]) -> Span:
    offset, length = int(entity["offset"]), int(entity["length"])
    data = text.encode("utf-16-le")
    if offset < 0 or length <= 0 or 2 * (offset + length) > len(data):
        raise ValueError(entity)
    start = len(data[: 2 * offset].decode("utf-16-le"))
    return Span(
        _TAGS[entity["type"]],
        start,
        start + len(data[2 * offset : 2 * (offset + length)].decode("utf-16-le")),
        str(entity.get("url", "")),
    )


def _entity(text: str, span: Span) -> dict[str, Any]:
    before, inside = text[: span.start], text[span.start : span.end]
    return {
        "offset": len(before.encode("utf-16-le")) // 2,
        "length": len(inside.encode("utf-16-le")) // 2,
        "type": _TYPES[span.tag],
    }


def _live(text: str, spans: list[Span]) -> tuple[str, ...]:
    """List links, and whatever the server makes a link of: everywhere but in code."""
    links = [s.argument or text[s.start : s.end] for s in spans if s.tag == "a"]
    shielded = [s for s in spans if s.tag in ("code", "pre")]
    found = [
        m[0]
        for m in LINKED.finditer(text)
        if not any(m.start() < s.end and s.start < m.end() for s in shielded)
    ]
    return (*(link for link in links if not link.lower().startswith("javascript:")), *found)


def _chat(chat: str) -> dict[str, Any]:
    number = int(chat) if re.fullmatch("-?[0-9]{1,18}", chat) else -1001000000000
    if number > 0:
        return {"id": number, "first_name": "You", "type": "private"}
    return {"id": number, "title": "Mail alerts", "type": "supergroup"}
