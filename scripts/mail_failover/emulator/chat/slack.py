"""What Slack takes and refuses of a message, and what a person sees of it (https://docs.slack.dev/block-kit)."""

import re
import zlib
from dataclasses import dataclass
from typing import Any

from .links import LINKED

MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_FIELDS = 10
MAX_FIELD = 2000
MAX_ELEMENTS = 10
MAX_TEXT = 40_000
MAX_EDIT = 4000
# Not documented: about where Slack starts to answer msg_blocks_too_long.
MAX_TOTAL = 13_200

_IDENTIFIER = re.compile("[CDG][A-Z0-9]+")
_TS = re.compile(r"[0-9]+\.[0-9]+")
# Stricter than Slack, which passes over an argument that it does not know: here it is a slip of ours.
_FOR_BOTH = {"channel", "text", "blocks", "parse", "link_names"}
_FOR_NEW = {"mrkdwn", "unfurl_links", "unfurl_media", "thread_ts", "reply_broadcast"}
_ARGUMENTS = {"chat.postMessage": _FOR_BOTH | _FOR_NEW, "chat.update": _FOR_BOTH | {"ts"}}
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_STYLE = re.compile(r"(?<!\w)([*_~])(\S(?:[^\n]*?\S)?)\1(?!\w)")
_LIVE = re.compile(r"<([^<>\n]+)>")
_TEXT_KEYS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}


class Refusal(Exception):
    """Slack's error code for a message that it refuses, and the details that only the Web API tells."""

    def __init__(self, code: str, *details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person gets: the message, its notification, and what can be clicked or calls someone."""

    seen: str
    notice: str
    live: tuple[str, ...]


def check(method: str, message: dict[str, Any]) -> None:
    """Check the arguments of a call of the Web API that say where a message stands.

    Raises:
        Refusal: with Slack's error code.

    """
    for name in message:
        if name not in _ARGUMENTS[method]:
            raise Refusal("invalid_arguments", f"unknown argument: {name}")
    for name in {"ts"} if method == "chat.update" else {"thread_ts"} & message.keys():
        if not isinstance(message.get(name), str) or not _TS.fullmatch(message[name]):
            raise Refusal("invalid_arguments", f"must be a message's ts: {name}")
    if not isinstance(message.get("reply_broadcast", False), bool):
        raise Refusal("invalid_arguments", "must be a boolean: reply_broadcast")
    if method == "chat.update":
        if not _IDENTIFIER.fullmatch(str(message["channel"])):
            raise Refusal("channel_not_found")
        if len(str(message.get("text", ""))) > MAX_EDIT:
            raise Refusal("msg_too_long")


def identifier(channel: str) -> str:
    """Return what Slack's answers call a channel, which may be told by its name, and chat.update wants."""
    known = _IDENTIFIER.fullmatch(channel)
    return channel if known else f"C{zlib.crc32(channel.encode(errors='replace')):010d}"


def take(message: dict[str, Any]) -> Shown:
    """Take a message as Slack does.

    Raises:
        Refusal: with Slack's error code.

    """
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not isinstance(text, str) or not (text.strip() or blocks):
        raise Refusal("no_text")
    if len(text) > MAX_TEXT:
        raise Refusal("msg_too_long")
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    texts = _texts(blocks)
    if sum(len(t["text"]) for t in texts) > MAX_TOTAL:
        raise Refusal("msg_blocks_too_long")
    markup = message.get("mrkdwn", True) is not False
    notice = _read(text) if markup else _unescape(_LIVE.sub(_label, text))
    # The notification's links can't be clicked, but its mentions call people.
    live = _live(text, linked=not blocks and message.get("parse") != "none")
    for part in texts:
        if part["type"] == "mrkdwn":
            live += _live(part["text"], linked=not part.get("verbatim"))
    seen = "\n".join(_read(t["text"]) if t["type"] == "mrkdwn" else t["text"] for t in texts)
    return Shown(seen if blocks else notice, notice, live)


def _texts(blocks: list[Any]) -> list[dict[str, Any]]:
    """Check the blocks and collect their texts, in the order in which they are shown."""
    if len(blocks) > MAX_BLOCKS:
        raise Refusal("invalid_blocks", "no more than 50 items allowed [json-pointer:/blocks]")
    texts = []
    for i, block in enumerate(blocks):
        where = f"/blocks/{i}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "header":
            texts.append(_text(block.get("text"), f"{where}/text", MAX_HEADER, ("plain_text",)))
        elif kind == "section":
            texts += _section(block, where)
        elif kind == "context":
            elements = _list(block.get("elements"), f"{where}/elements", MAX_ELEMENTS)
            texts += [_text(e, f"{where}/elements/{n}", MAX_FIELD) for n, e in enumerate(elements)]
        elif kind != "divider":
            raise Refusal("invalid_blocks", f"unsupported type: {kind} [json-pointer:{where}/type]")
    return texts


def _section(block: dict[str, Any], where: str) -> list[dict[str, Any]]:
    if "text" not in block and "fields" not in block:
        raise Refusal("invalid_blocks", f"missing required field: text [json-pointer:{where}]")
    texts = [_text(block["text"], f"{where}/text", MAX_SECTION)] if "text" in block else []
    if "fields" in block:
        fields = _list(block["fields"], f"{where}/fields", MAX_FIELDS)
        texts += [_text(f, f"{where}/fields/{n}", MAX_FIELD) for n, f in enumerate(fields)]
    return texts


def _list(value: Any, where: str, limit: int) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= limit:
        raise Refusal("invalid_blocks", f"must hold 1 to {limit} items [json-pointer:{where}]")
    return value


def _text(
    value: Any, where: str, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        raise Refusal("invalid_blocks", f"must be a text object: {', '.join(kinds)} [json-pointer:{where}]")
    unknown = set(value) - _TEXT_KEYS[value["type"]]
    if unknown:
        raise Refusal("invalid_blocks", f"invalid additional property: {min(unknown)} [json-pointer:{where}]")
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Refusal("invalid_blocks", f"must be more than 0 characters [json-pointer:{where}/text]")
    if len(text) > limit:
        raise Refusal(
            "invalid_blocks", f"must be less than {limit + 1} characters [json-pointer:{where}/text]"
        )
    return value


def _read(text: str) -> str:
    """Turn mrkdwn into the text that a person sees."""
    shown, last = [], 0
    for code in _CODE.finditer(text):
        shown += [_STYLE.sub(r"\2", text[last : code.start()]), code[1] or code[2]]
        last = code.end()
    shown.append(_STYLE.sub(r"\2", text[last:]))
    return _unescape(_LIVE.sub(_label, "".join(shown)))


def _live(text: str, *, linked: bool) -> tuple[str, ...]:
    """List links and mentions: `<…>` even in code, and bare addresses outside code where Slack links them."""
    found = [m[0] for m in _LIVE.finditer(text)]
    bare = _STYLE.sub(r"\2", _LIVE.sub(" ", _CODE.sub(" ", text)))
    return (*found, *(LINKED.findall(bare) if linked else []))


def _label(live: re.Match[str]) -> str:
    target, _, label = live[1].partition("|")
    if label:
        return label
    return f"@{target[1:]}" if target[:1] in ("@", "!") else target


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
