"""Alerts as messages of a Gotify server (https://gotify.net/docs/pushmsg)."""

import json
from dataclasses import dataclass, field

from .alert import Alert
from .channel import ALOUD, Manner, Misconfigured, NoAnswer, Refused, Request, Response, fit, seconds
from .plain import body, is_posted, title, told_apart, urgency
from .service import json_object, quote, raise_for_status

# In UTF-16 units: Gotify names no limit, and a column of text in MySQL holds 65,535 bytes.
MAX_TEXT = 8000

# The Android app is silent up to 3, rings up to 7, and shows the others on top:
# https://github.com/gotify/android#message-priorities
_PRIORITIES = (2, 5, 8)
_PLAIN = {"client::display": {"contentType": "text/plain"}}

_TOKEN = "Gotify does not accept the token: set GOTIFY_TOKEN to an application's, not a client's"  # noqa: S105 - advice
_ADDRESS = "There is no Gotify at this address: check GOTIFY_URL"
_FIXES = {
    401: _TOKEN,
    403: f"{_TOKEN}; or let what stands before the server pass its /message",
    404: _ADDRESS,
    405: _ADDRESS,
}


@dataclass(frozen=True, slots=True)
class Gotify:
    """One application of a server."""

    url: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def name(self) -> str:
        """Name the service."""
        return "gotify"

    @property
    def key(self) -> str:
        """Tell this application from the owner's others, without its token."""
        return f"gotify {told_apart(f'{self.url} {self.token}')}"

    @property
    def keeps_place(self) -> bool:
        """Say that nothing is edited, and there are no replies."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a message of plain text."""
        message = {
            "title": title(alert),
            "message": fit(alert, body, MAX_TEXT)[1],
            "priority": _PRIORITIES[urgency(alert, manner)],
            "extras": _PLAIN,
        }
        headers = {"Content-Type": "application/json", "X-Gotify-Key": self.token}
        return Request(f"{self.url}/message", json.dumps(message), headers)

    def read(self, response: Response) -> str:
        """Return nothing if Gotify took the message.

        Raises:
            ChannelError: by meaning (https://gotify.net/api-docs, createMessage).

        """
        status = response.status
        raise_for_status("Gotify", status, seconds(response.retry_after), "GOTIFY_URL")
        if status in _FIXES:
            raise Misconfigured(_FIXES[status])
        if status != 200:
            answer = json_object(response.body)
            said = quote(str(answer.get("errorDescription", "")), self.token)
            raise Refused(f"Gotify refused the alert ({status}): {said}")
        if not is_posted(response.body):
            raise NoAnswer("Gotify's answer can't be read; if this stays so, check GOTIFY_URL")
        return ""
