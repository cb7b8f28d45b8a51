"""A receiver of webhooks that checks all it can: who signed it, when, and whether it has had it before.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from .service import Post, Show

_SECRET = base64.b64encode(b"the emulator's webhook, not secret").decode()
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_TYPE = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_FAILURES = {
    "429": (429, "slow down"),
    "500": (500, "Internal Server Error"),
    "401": (401, "bad signature"),
    "404": (404, "no such page"),
    "410": (410, "gone"),
}


class Webhook:
    """A receiver that knows the secret of these `settings`.

    By so many seconds, `tolerance`, a request may be older than this machine's clock, or ahead of it.
    """

    name = "webhook"
    title = "the webhook"
    hosts: Collection[str] = ("webhook.example.org",)
    settings: Mapping[str, str] = {
        "WEBHOOK_URL": "https://webhook.example.org/alerts",
        "WEBHOOK_SECRET": f"whsec_{_SECRET}",
    }

    def __init__(self) -> None:
        self.tolerance = 300.0
        self._had: set[str] = set()

    def takes(self, request: httpx.Request) -> bool:
        """Tell by the field that nothing else has: its address may be any."""
        return request.method == "POST" and "webhook-signature" in request.headers

    def edits(self, request: httpx.Request) -> bool:  # noqa: ARG002 what was sent is sent
        """Tell that nothing is edited."""
        return False

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Take what is signed, recent and well-formed, and show what came for the first time."""
        name = request.headers.get("webhook-id", "")
        if not (_is_signed(request, name) and self._is_recent(request)):
            return httpx.Response(401, text="bad signature")
        try:
            event = json.loads(request.content)
        except ValueError:
            event = None
        if request.headers.get("content-type") != "application/json" or not _is_event(event):
            return httpx.Response(400, text="bad body")
        if name not in self._had:
            self._had.add(name)
            seen = "\n".join([str(event["type"]), *_lines(event["data"])])
            show(Post(self.name, "receiver", seen, notice=seen, sound=event["sound"]))
        return httpx.Response(204)

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer with a status, which says all."""
        status, text = _FAILURES[kind]
        headers = {"Retry-After": str(wait)} if status == 429 else {}
        return httpx.Response(status, text=text, headers=headers)

    def _is_recent(self, request: httpx.Request) -> bool:
        return abs(time.time() - int(request.headers["webhook-timestamp"])) <= self.tolerance


def _is_signed(request: httpx.Request, name: str) -> bool:
    sent = request.headers.get("webhook-timestamp", "")
    if not (_ID.fullmatch(name) and re.fullmatch(r"[0-9]{1,12}", sent)):
        return False
    signed = b".".join([name.encode(), sent.encode(), request.content])
    right = hmac.new(base64.b64decode(_SECRET), signed, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(right).decode()}"
    given = request.headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(each.encode(), wanted.encode()) for each in given)


def _is_event(event: Any) -> bool:
    names = {"type", "version", "timestamp", "sound", "repeat", "data"}
    return (
        isinstance(event, dict)
        and event.keys() == names
        and event["version"] == 1
        and bool(_TYPE.fullmatch(str(event["type"])))
        and bool(_MOMENT.fullmatch(str(event["timestamp"])))
        and all(isinstance(event[name], bool) for name in ("sound", "repeat"))
        and isinstance(event["data"], dict)
    )


def _lines(value: Any, where: str = "") -> list[str]:
    """Show JSON as a line for each of its values."""
    if isinstance(value, dict):
        return [
            line for name, inner in value.items() for line in _lines(inner, f"{where}.{name}".lstrip("."))
        ]
    if isinstance(value, list):
        return [line for inner in value for line in _lines(inner, where)]
    return [f"{where}: {value if isinstance(value, str) else json.dumps(value)}"]
