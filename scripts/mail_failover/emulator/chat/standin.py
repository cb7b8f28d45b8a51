"""The chats on this machine: they answer as the services do, and show what a person saw."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from . import slack as chat_slack
from . import telegram as chat_telegram
from .further import KINDS
from .service import Post

_BOT_CALL = re.compile(r".*/bot([^/]*)/([^/]+)")
_WEBHOOK = re.compile(r"(?:.*/)?services/T\w+/B\w+/\w+")
_SLACK_CALL = re.compile(r".*/api/(chat\.postMessage|chat\.update)")
_SLACK_TOKEN = re.compile(r"Bearer xox[a-z](?:\.xox[a-z])?-[\w.-]+")


class ChatStandIn(httpx.AsyncBaseTransport):
    """Stand in for Telegram's Bot API, Slack's webhooks and Web API, and all others, without a network.

    `posts` holds what was taken, in order, edits among them; `on_post` is called with each.
    """

    def __init__(self, on_post: Callable[[Post], None] | None = None) -> None:
        self.posts: list[Post] = []
        self._on_post = on_post
        self._new = 0
        self._telegrams: dict[tuple[str, int], chat_telegram.Taken] = {}
        self._slacks: dict[str, Post] = {}
        self._others = [make() for make in KINDS]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, whatever its host: the path tells the service."""
        body = await request.aread()
        path = request.url.path
        for service in self._others:
            if service.takes(request):
                return service.answer(request, self._show)
        call = _BOT_CALL.fullmatch(path)
        if request.method != "POST":
            return httpx.Response(405, text="Method Not Allowed")
        if call:
            return self._telegram(call[1], call[2], body)
        if slack_call := _SLACK_CALL.fullmatch(path):
            return self._slack_api(slack_call[1], request.headers.get("authorization", ""), body)
        if "services/" in path:
            return self._slack_webhook(path, body)
        return httpx.Response(404, text="Not Found")

    def _telegram(self, token: str, method: str, body: bytes) -> httpx.Response:
        edits = method.lower() == "editmessagetext"
        if not edits and method.lower() != "sendmessage":
            return _json({"ok": False, "error_code": 404, "description": "Not Found: method not found"}, 404)
        try:
            if edits:
                taken = chat_telegram.edit_message_text(token, body, self._telegrams)
            else:
                taken = chat_telegram.send_message(token, body, self._new + 1, self._telegrams)
        except chat_telegram.Refusal as refusal:
            code = refusal.status
            return _json({"ok": False, "error_code": code, "description": refusal.description}, code)
        self._telegrams[taken.chat, taken.number] = taken
        place, thread = str(taken.number), str(taken.thread or "")
        post = Post("telegram", taken.chat, taken.seen, taken.live, taken.seen, taken.sound, place, thread)
        self._show(replace(post, notice="", edits=place) if edits else post)
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

    def _slack_api(self, method: str, authorization: str, body: bytes) -> httpx.Response:
        message = _object(body) or {}
        channel = str(message.get("channel", ""))
        if not _SLACK_TOKEN.fullmatch(authorization):
            return _json({"ok": False, "error": "invalid_auth" if authorization else "not_authed"})
        if not channel:
            return _json({"ok": False, "error": "channel_not_found" if message else "invalid_json"})
        try:
            chat_slack.check(method, message)
            post = self._slack_update(message) if method == "chat.update" else self._slack_post(message)
        except chat_slack.Refusal as refusal:
            return _json({"ok": False, "error": refusal.code} | _details(refusal.details))
        self._slacks[post.place] = post
        self._show(post)
        channel, _, ts = post.place.partition(" ")
        echo = {"type": "message", "ts": ts, "bot_id": "B00000000", "text": message.get("text", "")}
        echo |= {"thread_ts": post.thread.partition(" ")[2]} if post.thread else {}
        return _json({"ok": True, "channel": channel, "ts": ts, "message": echo})

    def _slack_post(self, message: dict[str, Any]) -> Post:
        shown = chat_slack.take(message)
        name = str(message["channel"])
        channel = chat_slack.identifier(name)
        place = f"{channel} {1_800_000_001 + self._new}.000100"
        post = Post("slack", name, shown.seen, shown.live, shown.notice, place=place)
        root = self._slacks.get(f"{channel} {message.get('thread_ts', '')}")
        if root is None:
            # Slack does not say so (https://github.com/slack-go/slack/issues/1571): it posts to the channel.
            return post
        return replace(post, chat=root.chat, sound=message.get("reply_broadcast", False), thread=root.place)

    def _slack_update(self, message: dict[str, Any]) -> Post:
        place = f"{message['channel']} {message['ts']}"
        old = self._slacks.get(place)
        if old is None:
            raise chat_slack.Refusal("message_not_found")
        shown = chat_slack.take(message)
        return replace(old, seen=shown.seen, live=shown.live, notice="", sound=False, edits=place)

    def _show(self, post: Post) -> None:
        self._new += not post.edits
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
