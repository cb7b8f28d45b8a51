"""Pushover as its API is documented (https://pushover.net/api)."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from .links import plain_links
from .service import Post, Show, answer_json

MAX_MESSAGE = 1024
MAX_TITLE = 250

# Stricter than Pushover, which takes links, markup and pictures: here they are a slip of ours.
_NAMES = {"token", "user", "title", "message", "priority"}
_KEY = re.compile("[A-Za-z0-9]{30}")
_REQUEST = "647d2300-702c-4b38-8b2f-d56326ae460b"
_ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "429": (429, {"errors": ["application has reached its monthly message limit"]}),
    "500": (500, {"errors": ["internal server error"]}),
    "401": (400, {"token": "invalid", "errors": ["application token is invalid"]}),
    "403": (
        400,
        {"user": "invalid", "errors": ["user identifier is not a valid user, group, or subscribed user key"]},
    ),
    "404": (404, {}),
}


class Pushover:
    """The service, where everything that looks like a key is one."""

    name = "pushover"
    title = "Pushover"
    hosts: Collection[str] = ("api.pushover.net",)
    settings: Mapping[str, str] = {
        "PUSHOVER_TOKEN": "astandinapplicationtoken000000",
        "PUSHOVER_USER": "ustandinuserkey000000000000000",
    }

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether a request posts a message: all services may stand behind one host."""
        return request.method == "POST" and request.url.path.endswith("/1/messages.json")

    def edits(self, request: httpx.Request) -> bool:  # noqa: ARG002 - none does
        """Say that nothing is edited."""
        return False

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Take a message as Pushover does, or refuse it."""
        try:
            message = json.loads(request.content)
        except (ValueError, RecursionError):
            message = None
        message = message if isinstance(message, dict) else {}
        for name, kind in (("token", "401"), ("user", "403")):
            if not _KEY.fullmatch(str(message.get(name))):
                return self.fail(kind, 0)
        if wrong := _wrong(message):
            return _answer(400, status=0, errors=[wrong])
        text = f"{message['title']}\n{message['message']}"
        seen = text.replace("\u200a", "")
        show(Post("pushover", "user", seen, plain_links(text), seen, sound=message["priority"] >= 0))
        return _answer(200, status=1)

    def fail(self, kind: str, wait: int) -> httpx.Response:  # noqa: ARG002 - it names no time
        """Answer as Pushover does then; what it calls invalid it answers with 400."""
        status, says = _ERRORS[kind]
        return _answer(status, status=0, **says)


def _wrong(message: dict[str, Any]) -> str:
    """Say what is wrong with a message; nothing if it can be taken."""
    if unknown := set(message) - _NAMES:
        return f"{min(unknown)} is not known"
    text, title = message.get("message"), message.get("title")
    if not isinstance(text, str) or not text.strip():
        return "message cannot be blank"
    if not isinstance(title, str) or len(text) > MAX_MESSAGE or len(title) > MAX_TITLE:
        return "message or title is too long"
    return "" if message.get("priority") in (-2, -1, 0, 1) else "priority is invalid"


def _answer(code: int, **answer: Any) -> httpx.Response:
    return answer_json(answer | {"request": _REQUEST}, code)
