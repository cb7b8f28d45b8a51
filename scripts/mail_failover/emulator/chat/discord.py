"""What Discord takes and refuses of a webhook (https://docs.discord.com/developers/resources/webhook)."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from . import styled
from .service import Post, Show, answer_json

MAX_TEXT = 2000
SUPPRESS_EMBEDS = 1 << 2
SUPPRESS_NOTIFICATIONS = 1 << 12

_PATH = re.compile(r"(?:.*/)?api/v10/webhooks/([0-9]+)/([\w-]+)(?:/messages/([^/]+))?", re.ASCII)
_TOKEN = re.compile(r"[\w-]{60,80}", re.ASCII)
_SNOWFLAKE = re.compile(r"[0-9]{15,20}")
# Stricter than Discord, which passes over what it does not know: here it is a slip of ours.
_QUERY = {"POST": {"wait", "thread_id"}, "PATCH": {"thread_id"}}
_FIELDS = {"content", "allowed_mentions", "flags"}
_FLAGS = {"POST": SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS, "PATCH": SUPPRESS_EMBEDS}
_MENTIONED = {"users", "roles", "everyone"}
_MENTION = re.compile(r"<@([!&]?)[0-9]+>|@(everyone|here)")
# Cards of Discord's own: https://github.com/discord/discord-api-docs/issues/7239.
_CARD = re.compile(r"(?:https?://)?(?:[\w-]+\.)*discord(?:app)?\.[a-z]{2,}/[^\s`]+", re.IGNORECASE)

_CODES = {
    10003: (404, "Unknown Channel"),
    10008: (404, "Unknown Message"),
    10015: (404, "Unknown Webhook"),
    40333: (403, "internal network error"),
    50006: (400, "Cannot send an empty message"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    240000: (400, "Message blocked by harmful links filter"),
}


class Refusal(Exception):
    """Discord's error code for a request, and which part of a form is wrong."""

    def __init__(self, code: int, part: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.part = part


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that stands in a webhook's channel, or in a thread there."""

    post: Post
    thread: str


class Discord:
    """Webhooks, each in a channel with every thread that is named."""

    name = "discord"
    title = "Discord"
    hosts: Collection[str] = ("discord.com",)
    settings: Mapping[str, str] = {
        "DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1100000000000000001/"
        "stand-in_webhook_of_the_emulator_which_is_as_long_as_a_real_one_0000"
    }

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], _Taken] = {}

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether a request is for a webhook."""
        return bool(_PATH.fullmatch(request.url.path))

    def edits(self, request: httpx.Request) -> bool:
        """Tell whether it edits a message."""
        return request.method == "PATCH"

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Answer one request as Discord would."""
        webhook, token, number = _path(request)
        if request.method not in _QUERY or (request.method == "PATCH") != bool(number):
            return answer_json({"message": "405: Method Not Allowed", "code": 0}, 405)
        if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
            return _refused(Refusal(40333))
        if not _TOKEN.fullmatch(token):
            return _refused(Refusal(50027))
        try:
            taken = self._edit(webhook, number, request) if number else self._post(webhook, request)
        except Refusal as refusal:
            return _refused(refusal)
        self._taken[webhook, taken.post.place] = taken
        show(taken.post)
        if not number and request.url.params.get("wait") != "true":
            return httpx.Response(204)
        return answer_json(_message(webhook, taken, json.loads(request.content)))

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer as Discord does when something is wrong."""
        if kind == "429":
            said = {"message": "You are being rate limited.", "retry_after": wait + 0.125, "global": False}
            return answer_json(said, 429, retry_after=str(wait + 1), x_ratelimit_scope="user")
        if kind == "500":
            return answer_json({"message": "500: Internal Server Error", "code": 0}, 500)
        codes = {"401": 50027, "403": 50013, "404": 10015, "thread": 10003, "gone": 10008, "links": 240000}
        return _refused(Refusal(codes[kind]))

    def _post(self, webhook: str, request: httpx.Request) -> _Taken:
        message, thread = _read(request)
        text = message["content"].strip()
        sound = not message.get("flags", 0) & SUPPRESS_NOTIFICATIONS
        place = str(1_400_000_000_000_000_001 + len(self._taken))
        seen = styled.seen(text)
        return _Taken(Post("discord", thread or webhook, seen, _live(message), seen, sound, place), thread)

    def _edit(self, webhook: str, number: str, request: httpx.Request) -> _Taken:
        message, thread = _read(request)
        old = self._taken.get((webhook, number))
        if old is None or old.thread != thread:
            raise Refusal(10008)
        text, live = message["content"].strip(), _live(message)
        post = replace(old.post, seen=styled.seen(text), live=live, notice="", sound=False, edits=number)
        return _Taken(post, thread)


def _path(request: httpx.Request) -> tuple[str, str, str]:
    match = _PATH.fullmatch(request.url.path)
    return (match[1], match[2], match[3] or "") if match else ("", "", "")


def _read(request: httpx.Request) -> tuple[dict[str, Any], str]:
    """Check a form and its query; return it and the thread it names."""
    query = dict(request.url.params)
    thread = query.get("thread_id", "")
    if set(query) - _QUERY[request.method] or query.get("wait", "true") not in ("true", "false"):
        raise Refusal(50035, "wait")
    if "thread_id" in query and not _SNOWFLAKE.fullmatch(thread):
        raise Refusal(50035, "thread_id")
    try:
        message = json.loads(request.content)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Refusal(50035, "_errors")
    if unknown := set(message) - _FIELDS:
        raise Refusal(50035, min(unknown))
    text, flags = message.get("content", ""), message.get("flags", 0)
    mentions = message.get("allowed_mentions", {})
    if not isinstance(text, str) or len(text) > MAX_TEXT or any("\ud800" <= c <= "\udfff" for c in text):
        raise Refusal(50035, "content")
    if not text.strip():
        raise Refusal(50006)
    if type(flags) is not int or flags & ~_FLAGS[request.method]:
        raise Refusal(50035, "flags")
    if not isinstance(mentions, dict) or not {*mentions.get("parse", [])} <= _MENTIONED:
        raise Refusal(50035, "allowed_mentions")
    return message, thread


def _live(message: dict[str, Any]) -> tuple[str, ...]:
    """List what can be clicked, and whom the message may call: that is decided before its markup is read."""
    text, allowed = message["content"], message.get("allowed_mentions", {}).get("parse", _MENTIONED)
    kinds = {"&": "roles", "!": "users", "": "users"}
    called = [m[0] for m in _MENTION.finditer(text) if ("everyone" if m[2] else kinds[m[1]]) in allowed]
    fetched = [] if message.get("flags", 0) & SUPPRESS_EMBEDS else re.findall(r"https?://[^\s`]+", text)
    return (*called, *fetched, *_CARD.findall(text), *styled.live(text))


def _refused(refusal: Refusal) -> httpx.Response:
    status, said = _CODES.get(refusal.code, (400, "Invalid Form Body"))
    answer: dict[str, Any] = {"message": said, "code": refusal.code}
    if refusal.part:
        answer["errors"] = {refusal.part: {"_errors": [{"code": "BASE_TYPE_BAD", "message": "Not right."}]}}
    return answer_json(answer, status)


def _message(webhook: str, taken: _Taken, sent: dict[str, Any]) -> dict[str, Any]:
    """Build the echo of a message, its number behind its text, as Discord does."""
    message = {"type": 0, "content": sent["content"].strip(), "mentions": [], "attachments": [], "embeds": []}
    message |= {"timestamp": "2026-11-24T19:00:00.000000+00:00", "flags": sent.get("flags", 0)}
    message |= {"id": taken.post.place, "channel_id": taken.thread or "1100000000000000002"}
    return message | {"author": {"id": webhook, "username": "Mail", "bot": True}, "webhook_id": webhook}
