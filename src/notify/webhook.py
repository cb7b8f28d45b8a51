"""Alerts as signed JSON, for whatever takes it: what happened, and not how it is said (docs/webhook.md).

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .alert import Alert
from .channel import (
    ALOUD,
    Manner,
    Misconfigured,
    RateLimited,
    Refused,
    Request,
    Response,
    seconds,
)
from .data import moment, type_of
from .service import raise_for_status

VERSION = 1
"""The version of the body: another one where what is known of it would no longer hold."""

_RECEIVER = "The webhook's receiver"
_FIXES = {
    **dict.fromkeys((401, 403), "does not accept the signature: give it the same WEBHOOK_SECRET"),
    **dict.fromkeys((404, 405), "is not at this address: check WEBHOOK_URL"),
    410: "wants no more of it: remove WEBHOOK_URL, or set another",
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address, and the secret that is shared with who listens there.

    `clock` gives the seconds since 1970: a receiver takes no request that is much older.
    """

    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name the service."""
        return "webhook"

    @property
    def key(self) -> str:
        """Tell it from the owner's other channels."""
        return self.name

    @property
    def keeps_place(self) -> bool:
        """Say that what was sent is sent."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a signed request, which has the same id whenever it is tried again."""
        now = self.clock()
        event = {
            "type": type_of(alert.kind),
            "version": VERSION,
            "timestamp": moment(manner.at or now),
            "sound": manner.sound,
            "repeat": bool(alert.repeat),
            "data": alert.data,
        }
        body = json.dumps(event, separators=(",", ":"))
        name = manner.id or hashlib.sha256(body.encode()).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": f"{now:.0f}",
            "webhook-signature": signature(self.secret, f"{name}.{now:.0f}.{body}"),
        }
        return Request(self.url, body, headers)

    def read(self, response: Response) -> str:
        """Return nothing if the receiver took it, which any status from 200 to 299 says.

        Raises:
            ChannelError: by meaning, as the specification suggests.

        """
        status, wait = response.status, seconds(response.retry_after)
        if 200 <= status < 300:
            return ""
        if status == 503 and wait is not None:
            raise RateLimited(f"{_RECEIVER} asks to wait", wait)
        raise_for_status(_RECEIVER, status, wait, "WEBHOOK_URL")
        if status in _FIXES:
            raise Misconfigured(f"{_RECEIVER} {_FIXES[status]} ({status})")
        # Its own words may repeat what it was sent, as many do to say what was wrong with it.
        raise Refused(f"{_RECEIVER} refused the alert ({status}): its log may say why")


def signature(secret: bytes, text: str) -> str:
    """Sign a request's id, timestamp and body, with full stops between them."""
    return f"v1,{base64.b64encode(hmac.digest(secret, text.encode(), 'sha256')).decode()}"
