"""A Gotify server as its API is documented (https://gotify.net/api-docs, createMessage)."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from .links import plain_links
from .service import Post, Show, answer_json

# Stricter than the server, whose extras can hold a click and markdown: here they are a slip of ours.
_NAMES = {"title", "message", "priority", "extras"}
_EXTRAS = {"client::display": {"contentType": "text/plain"}}
_TOKEN = re.compile(r"A[\w.-]{10,100}", re.ASCII)
_SILENT = 3
_ERRORS = {
    "429": (429, "Too Many Requests", "try again later"),
    "500": (500, "Internal Server Error", "database is locked"),
    "401": (
        401,
        "Unauthorized",
        "you need to provide a valid access token or user credentials to access this api",
    ),
    "403": (403, "Forbidden", "you are not allowed to access this api"),
    "404": (404, "Not Found", "page not found"),
}


class Gotify:
    """A server on which every token that looks like an application's is one."""

    name = "gotify"
    title = "Gotify"
    hosts: Collection[str] = ("gotify.example",)
    settings: Mapping[str, str] = {
        "GOTIFY_URL": "https://gotify.example",
        "GOTIFY_TOKEN": "AstandinTokenXY",
    }

    def __init__(self) -> None:
        self._posted = 0

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether a request posts a message: all services may stand behind one host."""
        return request.method == "POST" and request.url.path.endswith("/message")

    def edits(self, request: httpx.Request) -> bool:  # noqa: ARG002 - none does
        """Say that nothing is edited."""
        return False

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Take a message as the server does, or refuse it."""
        if not _TOKEN.fullmatch(request.headers.get("x-gotify-key", "")):
            return self.fail("401", 0)
        try:
            message = json.loads(request.content)
        except (ValueError, RecursionError):
            message = None
        if wrong := _wrong(message):
            return _error(400, "Bad Request", wrong)
        self._posted += 1
        text = f"{message['title']}\n{message['message']}"
        seen = text.replace("\u200a", "")
        show(
            Post("gotify", "application", seen, plain_links(text), seen, sound=message["priority"] > _SILENT)
        )
        return answer_json({"id": self._posted, "appid": 1} | message | {"date": "2027-01-15T08:00:00Z"})

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer as the server does then, or what stands before it."""
        status, error, description = _ERRORS[kind]
        return _error(status, error, description, **({"retry_after": str(wait)} if status == 429 else {}))


def _wrong(message: Any) -> str:
    """Say what is wrong with a message; nothing if it can be taken."""
    if not isinstance(message, dict):
        return "invalid character looking for beginning of value"
    if unknown := set(message) - _NAMES:
        return f"unknown {min(unknown)}"
    if not isinstance(message.get("message"), str) or not message["message"].strip():
        return "Field 'message' is required"
    if not isinstance(message.get("title"), str) or message.get("priority") not in range(11):
        return "cannot unmarshal"
    return "" if message.get("extras") == _EXTRAS else "markup is not asked for"


def _error(status: int, error: str, description: str, **headers: str) -> httpx.Response:
    answer = {"error": error, "errorCode": status, "errorDescription": description}
    return answer_json(answer, status, **headers)
