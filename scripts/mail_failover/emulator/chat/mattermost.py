"""What Mattermost takes and refuses of an incoming webhook, and what it makes of its text.

Source: https://github.com/mattermost/mattermost, server/channels/app: webhook.go, slack.go.
"""

import json
import re
from collections.abc import Collection, Mapping

import httpx

from . import styled
from .service import Post, Show, answer_json

MAX_TEXT = 16_383

_PATH = re.compile(r"(?:.*/)?hooks/(\w+)", re.ASCII)
_ID = re.compile(r"[a-z0-9]{26}")
# What Slack's forms become, in code as elsewhere; a user's is replaced if the server knows them. Older
# servers went over the ends of lines, so that a link could begin in one fact and end in another.
_ANNOUNCED = re.compile(r"<!(channel|here|all)>")
_NAMED = re.compile(r"<@([a-zA-Z0-9]+)>")
_LABELLED = re.compile(r"<([^<|]+)\|([^>]+)>")
_ERRORS = {
    "invalid": (400, "web.incoming_webhook.invalid.app_error", "Invalid webhook."),
    "parse": (400, "web.incoming_webhook.parse.app_error", "Unable to parse incoming data."),
    "text": (400, "web.incoming_webhook.text.app_error", "No text specified."),
    "401": (401, "api.context.session_expired.app_error", "Invalid or expired session, please login again."),
    "403": (403, "web.incoming_webhook.permissions.app_error", "Inappropriate channel permissions."),
    "404": (404, "app.channel.get.existing.app_error", "Unable to find the existing channel."),
    "500": (500, "app.post.save.app_error", "Unable to save the Post."),
    "disabled": (501, "web.incoming_webhook.disabled.app_error", "Incoming webhooks have been disabled."),
}


class Mattermost:
    """Any server's incoming webhooks."""

    name = "mattermost"
    title = "Mattermost"
    hosts: Collection[str] = ("mattermost.example.com",)
    settings: Mapping[str, str] = {
        "MATTERMOST_WEBHOOK_URL": "https://mattermost.example.com/hooks/standinoftheemulator000000"
    }

    def takes(self, request: httpx.Request) -> bool:
        """Tell whether a request is for a webhook."""
        return bool(_PATH.fullmatch(request.url.path))

    def edits(self, request: httpx.Request) -> bool:  # noqa: ARG002 a webhook can't
        """Tell that none edits a message."""
        return False

    def answer(self, request: httpx.Request, show: Show) -> httpx.Response:
        """Answer one request as Mattermost would."""
        hook = request.url.path.rpartition("/")[2]
        if request.method != "POST":
            return httpx.Response(405)
        if not _ID.fullmatch(hook):
            return self.fail("invalid", 0)
        try:
            message = json.loads(request.content)
        except (ValueError, RecursionError):
            message = None
        # Stricter than Mattermost, which passes over what it does not know: here it is a slip of ours.
        if not isinstance(message, dict) or set(message) - {"text"}:
            return self.fail("parse", 0)
        if not isinstance(message.get("text"), str):
            return self.fail("text", 0)
        text = _translated(message["text"])
        if not text:
            return self.fail("text", 0)
        for start in range(0, len(text), MAX_TEXT):
            part = text[start : start + MAX_TEXT]
            seen = styled.seen(part)
            show(Post("mattermost", "webhook", seen, styled.live(part), seen))
        return httpx.Response(200, text="ok")

    def fail(self, kind: str, wait: int) -> httpx.Response:
        """Answer as Mattermost does when something is wrong."""
        if kind == "429":
            return httpx.Response(429, text="limit exceeded", headers={"Retry-After": str(wait)})
        status, error, said = _ERRORS[kind]
        answer = {"id": error, "message": said, "detailed_error": "", "status_code": status}
        return answer_json(answer, status)


def _translated(text: str) -> str:
    text = _NAMED.sub(r"@\1", _ANNOUNCED.sub(r"@\1", text))
    return _LABELLED.sub(r"[\2](\1)", text)
