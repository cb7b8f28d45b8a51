"""Telegram and Slack on this machine: they answer as the services do, and show what a person saw."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from . import slack as chat_slack
from . import telegram as chat_telegram

_BOT_CALL = re.compile(r".*/bot([^/]*)/([^/]+)")
_WEBHOOK = re.compile(r"(?:.*/)?services/T\w+/B\w+/\w+")
_SLACK_TOKEN = re.compile(r"Bearer xox[a-z](?:\.xox[a-z])?-[\w.-]+")


@dataclass(frozen=True, slots=True)
class Post:
    """One message as it stands in the chat.

    `seen` is the text a person reads there, without markup; `notice` what a notification shows of it;
    `live` whatever the reader could click or be called by.
    """

    service: str
    chat: str
    seen: str
    live: tuple[str, ...] = ()
    notice: str = ""


class ChatStandIn(httpx.AsyncBaseTransport):
    """Stand in for Telegram's Bot API, Slack's webhooks and its Web API, without a network.

    `posts` holds what was taken, in order; `on_post` is called with each.
    """

    def __init__(self, on_post: Callable[[Post], None] | None = None) -> None:
        self.posts: list[Post] = []
        self._on_post = on_post

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, whatever its host: the path tells the service."""
        body = await request.aread()
        path = request.url.path
        call = _BOT_CALL.fullmatch(path)
        if request.method != "POST":
            return httpx.Response(405, text="Method Not Allowed")
        if call:
            return self._telegram(call[1], call[2], body)
        if path.endswith("/api/chat.postMessage"):
            return self._slack_api(request.headers.get("authorization", ""), body)
        if "services/" in path:
            return self._slack_webhook(path, body)
        return httpx.Response(404, text="Not Found")

    def _telegram(self, token: str, method: str, body: bytes) -> httpx.Response:
        if method.lower() != "sendmessage":
            return _json({"ok": False, "error_code": 404, "description": "Not Found: method not found"}, 404)
        try:
            taken = chat_telegram.send_message(token, body, len(self.posts) + 1)
        except chat_telegram.Refusal as refusal:
            code = refusal.status
            return _json({"ok": False, "error_code": code, "description": refusal.description}, code)
        self._show(Post("telegram", taken.chat, taken.seen, taken.live, taken.seen))
        return _json({"ok": True, "result": taken.result})

    def _slack_webhook(self, path: str, body: bytes) -> httpx.Response:
        if not _WEBHOOK.fullmatch(path):
            return httpx.Response(404, text="no_service")
        message = _object(body)
        if message is None:
            return httpx.Response(400, text="invalid_payload")
        try:
            shown = chat_slack.take(message)
        except chat_slack.Refusal as refusal:
            # Why, a webhook does not tell.
            blocks = refusal.code in ("invalid_blocks_format", "msg_blocks_too_long")
            return httpx.Response(400, text="invalid_blocks" if blocks else refusal.code)
        self._show(Post("slack", "webhook", shown.seen, shown.live, shown.notice))
        return httpx.Response(200, text="ok")

    def _slack_api(self, authorization: str, body: bytes) -> httpx.Response:
        message = _object(body) or {}
        channel = str(message.get("channel", ""))
        if not _SLACK_TOKEN.fullmatch(authorization):
            return _json({"ok": False, "error": "invalid_auth" if authorization else "not_authed"})
        if not channel:
            return _json({"ok": False, "error": "channel_not_found" if message else "invalid_json"})
        try:
            shown = chat_slack.take(message)
        except chat_slack.Refusal as refusal:
            return _json({"ok": False, "error": refusal.code} | _details(refusal.details))
        self._show(Post("slack", channel, shown.seen, shown.live, shown.notice))
        ts = f"{1_800_000_000 + len(self.posts)}.000100"
        echo = {"type": "message", "ts": ts, "bot_id": "B00000000", "text": message.get("text", "")}
        return _json({"ok": True, "channel": channel, "ts": ts, "message": echo})

    def _show(self, post: Post) -> None:
        self.posts.append(post)
        if self._on_post:
            self._on_post(post)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _details(details: tuple[str, ...]) -> dict[str, Any]:
    messages = [f"[ERROR] {detail}" for detail in details]
    return {"errors": list(details), "response_metadata": {"messages": messages}} if details else {}


def _json(answer: dict[str, Any], status: int = 200) -> httpx.Response:
    text = json.dumps(answer, separators=(",", ":"))
    return httpx.Response(status, text=text, headers={"content-type": "application/json"})
