"""Alerts as Pushover's notifications (https://pushover.net/api)."""

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
from .plain import QUOTA_SECONDS, body, title, told_apart, urgency
from .service import json_object, quote, raise_for_status

# In code points.
MAX_MESSAGE = 1024
MAX_TITLE = 250

# https://pushover.net/api#friendly: no sooner may a request be repeated that found the service out of order.
_PAUSE_SECONDS = 5.0

# High passes over the user's quiet hours. An emergency, 2, would be repeated until somebody confirms it.
_PRIORITIES = (-1, 0, 1)

_TOKEN = "Pushover does not know the application: set PUSHOVER_TOKEN to its API token again"  # noqa: S105 - advice
_USER = "Pushover does not know the user or group, or no device is active: set PUSHOVER_USER again"
_QUOTA = (
    "Pushover takes no more messages of this application this month: see pushover.net, or use another one"
)
_ADDRESS = "There is no Pushover at this address: check PUSHOVER_API_URL"


@dataclass(frozen=True, slots=True)
class Pushover:
    """One user, or a group of them, whom an application tells."""

    token: str = field(repr=False)
    user: str = field(repr=False)
    api_url: str = "https://api.pushover.net"

    @property
    def name(self) -> str:
        """Name the service."""
        return "pushover"

    @property
    def key(self) -> str:
        """Tell this user from the owner's others, without the key that is theirs."""
        return f"pushover {told_apart(self.user)}"

    @property
    def keeps_place(self) -> bool:
        """Say that nothing is edited, and there are no replies."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a message of at most 1,024 characters, without markup or a link."""
        message = {
            "token": self.token,
            "user": self.user,
            "title": shorten(title(alert), MAX_TITLE),
            # Our own words alone may be too many here.
            "message": shorten(fit(alert, body, MAX_MESSAGE, len)[1], MAX_MESSAGE),
            "priority": _PRIORITIES[urgency(alert, manner)],
        }
        url = f"{self.api_url}/1/messages.json"
        return Request(url, json.dumps(message), {"Content-Type": "application/json"})

    def read(self, response: Response) -> str:
        """Return nothing if Pushover took the message.

        Raises:
            ChannelError: by meaning (https://pushover.net/api#friendly).

        """
        answer = json_object(response.body)
        if response.status != 200 or answer.get("status") != 1:
            self._refuse(response, answer)
        return ""

    def _refuse(self, response: Response, answer: dict[str, object]) -> NoReturn:
        status, wait = response.status, seconds(response.retry_after)
        if status == 429 and "errors" in answer:
            raise RateLimited(_QUOTA, wait or QUOTA_SECONDS)
        if status >= 500:
            raise RateLimited(f"Pushover is out of order (HTTP status {status})", wait or _PAUSE_SECONDS)
        raise_for_status("Pushover", status, wait, "PUSHOVER_API_URL")
        for part, fix in (("token", _TOKEN), ("user", _USER)):
            if answer.get(part) == "invalid":
                raise Misconfigured(fix)
        if status in (404, 405):
            raise Misconfigured(_ADDRESS)
        if status == 200 and "errors" not in answer:
            raise NoAnswer("Pushover's answer can't be read; if this stays so, check PUSHOVER_API_URL")
        errors = answer.get("errors")
        said = quote(", ".join(map(str, errors)) if isinstance(errors, list) else "", self.token, self.user)
        raise Refused(f"Pushover refused the alert ({status}): {said}")
