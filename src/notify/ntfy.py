"""Alerts as ntfy's notifications (https://docs.ntfy.sh/publish/#publish-as-json)."""

import json
from dataclasses import dataclass, field
from typing import NoReturn

from failover.text import shorten

from .alert import Alert
from .channel import (
    ALOUD,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Request,
    Response,
    fit,
    seconds,
)
from .plain import QUOTA_SECONDS, body, is_posted, title, told_apart, urgency
from .service import json_object, quote, raise_for_status

# In bytes of JSON. A message of 4,096 bytes would become an attachment, and all of the JSON may be no more
# than twice that: https://docs.ntfy.sh/publish/#limitations
MAX_MESSAGE = 4000
MAX_TITLE = 200

_PRIORITIES = (2, 3, 4)
# https://docs.ntfy.sh/emojis/
_TAGS = {
    **dict.fromkeys(("quiet", "back", "heard", "home"), "white_check_mark"),
    **dict.fromkeys(("deferred", "unreported", "misconfigured", "silent", "deferrals"), "warning"),
    **dict.fromkeys(("nearly_full", "full", "expired"), "warning"),
}

_TOKEN = "ntfy does not accept the access token: set NTFY_TOKEN again"  # noqa: S105 - advice
_TOPIC = (
    "ntfy does not let anyone without the right token write to this topic: set NTFY_TOKEN, "
    "or another topic in NTFY_URL"
)
_ADDRESS = "There is no ntfy at this address: check NTFY_URL, which is the server's address and a topic"
_NAME = "ntfy has no topic of this name: set another one in NTFY_URL"
_UNIFIED_PUSH = "ntfy keeps topics that begin with up for other apps: set another one in NTFY_URL"
_QUOTA = (
    "ntfy takes no more messages from here today (ntfy.sh takes 250, and counts those of others at "
    "Cloudflare among them): an account's NTFY_TOKEN has its own count"
)
_LIMIT = "ntfy takes shorter messages only: let the server have its usual message-size-limit of 4096 bytes"


@dataclass(frozen=True, slots=True)
class Ntfy:
    """One topic of a server. Who knows both can read it where it is not reserved, so they are secrets.

    No place is kept. Since 2.16 a message can take another one's place by its `sequence_id`, but a server's
    answer does not tell whether it knows that, and one that does not would post each edit as a new message.
    """

    url: str = field(repr=False)
    topic: str = field(repr=False)
    token: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Name the service."""
        return "ntfy"

    @property
    def key(self) -> str:
        """Tell this topic from the owner's others, without its name."""
        return f"ntfy {told_apart(f'{self.url}/{self.topic}')}"

    @property
    def keeps_place(self) -> bool:
        """Say that nothing is edited, and there are no replies."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a message of at most 4,000 bytes, without a link, an action or markup."""
        message = {
            "topic": self.topic,
            "title": shorten(title(alert), MAX_TITLE),
            "message": fit(alert, body, MAX_MESSAGE, lambda text: len(_json(text).encode()))[1],
            "priority": _PRIORITIES[urgency(alert, manner)],
            "tags": [_TAGS.get(alert.kind, "incoming_envelope")],
        }
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return Request(f"{self.url}/", _json(message), headers)

    def read(self, response: Response) -> str:
        """Return nothing if ntfy took the message.

        Raises:
            ChannelError: by meaning; the codes are the server's
                (https://github.com/binwiederhier/ntfy, server/errors.go).

        """
        if response.status != 200:
            self._refuse(response)
        if not is_posted(response.body):
            raise NoAnswer("ntfy's answer can't be read; if this stays so, check NTFY_URL")
        return ""

    def _refuse(self, response: Response) -> NoReturn:
        answer, status = json_object(response.body), response.status
        code, wait = answer.get("code"), seconds(response.retry_after)
        if code == 42908:
            raise RateLimited(_QUOTA, wait or QUOTA_SECONDS)
        if status != 507:
            raise_for_status("ntfy", status, wait, "NTFY_URL")
        fixes = {40009: _NAME, 40010: _NAME, 401: _TOKEN, 403: _TOPIC, 404: _ADDRESS, 405: _ADDRESS}
        if fix := fixes.get(status) or fixes.get(code if isinstance(code, int) else 0):
            raise Misconfigured(fix)
        if status == 507:
            raise Misconfigured(_UNIFIED_PUSH)
        if status == 413 or code == 40014:
            raise Refused(_LIMIT)
        said = quote(str(answer.get("error", "")), self.token, self.topic)
        raise Refused(f"ntfy refused the alert ({status}): {said}")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
