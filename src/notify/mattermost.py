"""Alerts as Mattermost posts, through an incoming webhook.

Source: https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import hashlib
import json
import re
from dataclasses import dataclass, field

from .alert import Alert
from .channel import ALOUD, Manner, Misconfigured, NoAnswer, Refused, Request, Response, fit, seconds
from .markdown import Markdown
from .service import json_object, quote, raise_for_status

# In UTF-16 units. Most servers take 16,383; one whose database is from before version 5 breaks what is longer
# into several posts.
MAX_TEXT = 4000

# A webhook's text may be Slack's: the server turns <!channel>, <@user> and <address|words> into markup of its
# own, in code as elsewhere. Look-alikes stand in for what makes them so.
_CALL = re.compile("<(?=[!@])")
_LOOKS_LIKE_LESS = "\u2039"
_LOOKS_LIKE_A_BAR = "\u2223"

_WEBHOOK = "Mattermost does not know this webhook: make a new one and set MATTERMOST_WEBHOOK_URL"
_DISABLED = "Mattermost takes no webhooks: its admin has to enable incoming webhooks in the System Console"
_CHANNEL = "The webhook's channel is gone or archived: choose another one for it in Mattermost"
_POST = "Who made the webhook may not post to its channel: make a new one and set MATTERMOST_WEBHOOK_URL"
# The ids of errors: https://github.com/mattermost/mattermost, server/channels/app/webhook.go and post.go.
_FIXES = {
    "web.incoming_webhook.invalid.app_error": _WEBHOOK,
    "web.incoming_webhook.disabled.app_error": _DISABLED,
    "web.incoming_webhook.channel.app_error": _CHANNEL,
    "app.channel.get.existing.app_error": _CHANNEL,
    "api.post.create_post.can_not_post_to_deleted.error": _CHANNEL,
    "web.incoming_webhook.user.app_error": _POST,
    "web.incoming_webhook.permissions.app_error": _POST,
    "web.incoming_webhook.channel_locked.app_error": _POST,
    "api.post.create_post.town_square_read_only": _POST,
}
_STATUS_FIXES = {401: _WEBHOOK, 403: _POST, 404: _WEBHOOK}


@dataclass(frozen=True, slots=True)
class Mattermost:
    """One incoming webhook, which posts to one channel."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """Name the service."""
        return "mattermost"

    @property
    def key(self) -> str:
        """Tell this webhook from the owner's other channels, by a hash: all of its address is secret."""
        return f"mattermost {hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    @property
    def keeps_place(self) -> bool:
        """Say that a webhook can neither edit nor reply."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:  # noqa: ARG002 a webhook has one
        """Turn the alert into a post of at most 4000 UTF-16 units."""
        text = fit(alert, _MARKDOWN.text, MAX_TEXT)[1]
        return Request(self.url, json.dumps({"text": text}), {"Content-Type": "application/json"})

    def read(self, response: Response) -> str:
        """Return nothing if Mattermost took the post: it says "ok", and no more.

        Raises:
            ChannelError: by meaning.

        """
        if response.status == 200:
            if response.body.strip() != "ok":
                raise NoAnswer(
                    "Mattermost's answer can't be read; if this stays so, check MATTERMOST_WEBHOOK_URL"
                )
            return ""
        answer = json_object(response.body)
        error = str(answer.get("id", ""))
        if error in _FIXES:
            raise Misconfigured(f"{_FIXES[error]} ({error})")
        wait = seconds(response.retry_after)
        raise_for_status("Mattermost", response.status, wait, "MATTERMOST_WEBHOOK_URL")
        if fix := _STATUS_FIXES.get(response.status):
            raise Misconfigured(fix)
        said = quote(f"{error} {answer.get('message', '')}", self.url)
        raise Refused(f"Mattermost refused the alert ({response.status}): {said}")


def _defuse(text: str) -> str:
    return _CALL.sub(_LOOKS_LIKE_LESS, text).replace("|", _LOOKS_LIKE_A_BAR)


_MARKDOWN = Markdown("**", _defuse)
