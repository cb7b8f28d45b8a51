"""A server of ntfy as its API is documented (https://docs.ntfy.sh/publish/#publish-as-json)."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from .links import plain_links
from .service import Post, Show, answer_json

MAX_MESSAGE = 4096
MAX_DOCUMENT = 2 * MAX_MESSAGE

# Stricter than the server, which passes over what it does not know, and takes actions and attachments:
# here each is a slip of ours.
_NAMES = {"topic", "title", "message", "priority", "tags"}
_TOKEN = re.compile("Bearer tk_[A-Za-z0-9]+")
_SILENT = 2
_ERRORS = {
    "429": (429, 42901, "limit reached: too many requests"),
    "quota": (429, 42908, "limit reached: daily message quota reached"),
    "500": (500, 50001, "internal server error"),
    "401": (401, 40101, "unauthorized"),
    "403": (403, 40301, "forbidden"),
    "404": (404, 40401, "page not found"),
}


class Ntfy:
    """A server with topics that anyone may write to."""

    name = "ntfy"
    title = "ntfy"
    hosts: Collection[str] = ("ntfy.sh",)
    settings: Mapping[str, str] = {"NTFY_URL": "https://ntfy.sh/stand-in-topic"}

    def __init__(self) -> None:
        self._posted = 0

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether a request publishes: all services may stand behind one host."""
        return request.method == "POST" and request.url.path == "/"

    def edits(self, request: httpx.Request) -> bool:  # noqa: ARG002 - none does
        """Say that nothing is edited."""
        return False

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Take a message as the server does, or refuse it."""
        if len(request.content) > MAX_DOCUMENT:
            return _error(413, 41303, "JSON body too large")
        authorization = request.headers.get("authorization")
        if authorization is not None and not _TOKEN.fullmatch(authorization):
            return self.fail("401", 0)
        try:
            message = json.loads(request.content)
        except (ValueError, RecursionError):
            message = None
        wrong = _wrong(message)
        if wrong:
            return _error(400, *wrong)
        self._posted += 1
        text = f"{message['title']}\n{message['message']}"
        sound = message["priority"] > _SILENT
        seen = text.replace("\u200a", "")
        show(Post("ntfy", message["topic"], seen, plain_links(text), seen, sound=sound))
        place = {"id": f"standin{self._posted:05d}", "time": 1_800_000_000, "event": "message"}
        return answer_json(place | message)

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer as the server does then; a limit names a time only where a proxy stands before it."""
        status, code, words = _ERRORS[kind]
        return _error(status, code, words, **({"retry_after": str(wait)} if kind == "429" else {}))


def _wrong(message: Any) -> tuple[int, str] | None:
    """Name what is wrong with a message, with the server's code; None for nothing."""
    if not isinstance(message, dict) or not all(
        isinstance(message.get(n), str) for n in ("title", "message")
    ):
        return 40017, "invalid request: request body must be message JSON"
    if unknown := set(message) - _NAMES:
        return 40000, f"invalid request: unknown {min(unknown)}"
    if not re.fullmatch("[A-Za-z0-9_-]{1,64}", str(message.get("topic"))):
        return 40009, "invalid request: topic invalid"
    if message.get("priority") not in (1, 2, 3, 4, 5):
        return 40007, "invalid priority parameter"
    # One byte less is the most: at its limit the server takes a message for a file.
    if len(message["message"].encode()) >= MAX_MESSAGE:
        return 40014, "invalid request: attachments not allowed"
    return None


def _error(status: int, code: int, words: str, **headers: str) -> httpx.Response:
    return answer_json({"code": code, "http": status, "error": words}, status, **headers)
