"""Alerts as messages in a Matrix room (https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes).

Not in an encrypted one: a homeserver takes what is sent there in the clear, for everybody on the way to read,
and the members' clients warn of it. Whoever names a room has to look whether it is encrypted.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import NoReturn

from failover.text import isolate

from .alert import Alert
from .channel import (
    ALOUD,
    Gone,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Request,
    Response,
    TryInstead,
    fit,
    seconds,
)
from .plain import apart
from .service import json_object, quote, raise_for_status

# In UTF-16 units, each of which has three bytes at most, in UTF-8 and in JSON: together 16 KiB. An event may
# have 65,536 bytes, with what the homeserver adds.
MAX_HTML = 4096
MAX_BODY = 1000

_SEND = "{}/_matrix/client/v3/rooms/{}/send/m.room.message/{}"
# An event's id has 255 bytes at most, in old rooms with the name of its server.
_PLACE = re.compile(r"\$[!-~]{1,254}")
_RESERVED = re.compile("[^A-Za-z0-9._~-]")

_TOKEN = "The homeserver does not accept the access token: set MATRIX_TOKEN again"  # noqa: S105 - advice
_EXPIRED = "The access token has expired: set MATRIX_TOKEN to one that does not"
_ROOM = (
    "The homeserver does not let the account write to this room: invite it there and let it join, or let it "
    "send messages, or set another MATRIX_ROOM"
)
_UNKNOWN = (
    "The homeserver knows no such room, or is none: check MATRIX_ROOM, and that MATRIX_HOMESERVER is what "
    "/.well-known/matrix/client names"
)
_CONSENT = "The homeserver wants its terms accepted: log in there as this account"
_ACCOUNT = "The account may not send any more: ask the homeserver's admin, or set MATRIX_TOKEN to another's"
_LIMIT = "The homeserver has reached a limit of its own: ask its admin"
_FIXES = {
    **dict.fromkeys(("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "401"), _TOKEN),
    **dict.fromkeys(("M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"), _ACCOUNT),
    **dict.fromkeys(("M_FORBIDDEN", "M_GUEST_ACCESS_FORBIDDEN", "403"), _ROOM),
    **dict.fromkeys(("M_NOT_FOUND", "M_UNRECOGNIZED", "404", "405"), _UNKNOWN),
    "M_CONSENT_NOT_GIVEN": _CONSENT,
    "M_RESOURCE_LIMIT_EXCEEDED": _LIMIT,
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """One room, and the access token of a member.

    `alone` means that the homeserver no longer knew an earlier message of ours, so that none is named.
    """

    homeserver: str
    room: str
    token: str = field(repr=False)
    alone: bool = False

    @property
    def name(self) -> str:
        """Name the service."""
        return "matrix"

    @property
    def key(self) -> str:
        """Tell this room from the owner's other channels."""
        return f"matrix {self.room}"

    @property
    def keeps_place(self) -> bool:
        """Say that every message is an event with an id."""
        return True

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into an event of at most 16 KiB, which one transaction id sends once.

        Raises:
            Gone: for an edit where the homeserver did not know the message.

        """
        edits, thread = _place(manner.edits), _place(manner.thread)
        if edits and self.alone:
            raise Gone("The homeserver no longer knows the message")
        content = _edit(alert, edits) if edits else _message(alert, sound=manner.sound)
        if thread and not edits and not self.alone:
            content["m.relates_to"] = _reply(thread)
        body = json.dumps(content)
        transaction = manner.id or hashlib.sha256(body.encode()).hexdigest()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        url = _SEND.format(self.homeserver, _encoded(self.room), _encoded(transaction))
        return Request(url, body, headers, "PUT")

    def read(self, response: Response) -> str:
        """Return the event's id if the homeserver took it; also if it had taken it before.

        Raises:
            ChannelError: by meaning (https://spec.matrix.org/latest/client-server-api/#standard-error-response).

        """
        answer = json_object(response.body)
        if response.status != 200:
            self._refuse(response, answer)
        if not isinstance(event := answer.get("event_id"), str):
            raise NoAnswer("The homeserver's answer can't be read; if this stays so, check MATRIX_HOMESERVER")
        return _place(event)

    def _refuse(self, response: Response, answer: dict[str, object]) -> NoReturn:
        code, said = str(answer.get("errcode", "")), str(answer.get("error", ""))
        if code == "M_LIMIT_EXCEEDED":
            raise RateLimited("The homeserver asks to slow down", _wait(response, answer))
        raise_for_status("The homeserver", response.status, _wait(response, answer), "MATRIX_HOMESERVER")
        if code == "M_UNKNOWN_TOKEN" and answer.get("soft_logout") is True:
            raise Misconfigured(f"{_EXPIRED} ({code})")
        if code in _FIXES:
            raise Misconfigured(f"{_FIXES[code]} ({code})")
        if not code and str(response.status) in _FIXES:
            raise Misconfigured(_FIXES[str(response.status)])
        # There is no code for it: these are the words of Synapse and of the specification's thread module.
        if response.status == 400 and re.search("relation|thread", said.lower()) and not self.alone:
            raise TryInstead("The homeserver no longer knows the message", replace(self, alone=True))
        raise Refused(f"The homeserver refused the alert ({response.status}): {quote(said, self.token)}")


def _place(text: str) -> str:
    """Return an event's id; empty for what can't be one."""
    return text if _PLACE.fullmatch(text) else ""


def _encoded(text: str) -> str:
    """Encode a part of a path (RFC 3986, section 2.1); of `urllib` the Worker has no need else."""
    return _RESERVED.sub(lambda char: "".join(f"%{byte:02X}" for byte in char[0].encode()), text)


def _wait(response: Response, answer: dict[str, object]) -> float | None:
    """Read how many seconds to wait: from the header, or as homeservers said it before 1.10."""
    wait = seconds(response.retry_after)
    milliseconds = seconds(answer.get("retry_after_ms"))
    return milliseconds / 1000 if wait is None and milliseconds is not None else wait


def _message(alert: Alert, *, sound: bool) -> dict[str, object]:
    """Build a message that calls nobody by name; of a notice nobody is told, by the default push rules."""
    return {
        "msgtype": "m.text" if sound else "m.notice",
        "body": fit(replace(alert, preview=""), _text, MAX_BODY)[1],
        "format": "org.matrix.custom.html",
        "formatted_body": fit(alert, _html, MAX_HTML)[1],
        "m.mentions": {},
    }


def _edit(alert: Alert, place: str) -> dict[str, object]:
    """Build what stands in a message's place; who can't show that sees the headline, and is not told."""
    return {
        "msgtype": "m.notice",
        "body": f"* {alert.headline}",
        "m.mentions": {},
        "m.new_content": _message(alert, sound=True),
        "m.relates_to": {"rel_type": "m.replace", "event_id": place},
    }


def _reply(place: str) -> dict[str, object]:
    """Say whose thread a message is in, and for clients without threads, what it replies to."""
    reply = {"m.in_reply_to": {"event_id": place}, "is_falling_back": True}
    return {"rel_type": "m.thread", "event_id": place, **reply}


def _html(alert: Alert) -> str:
    """Say everything, untrusted text in code, where Element on the web and on iOS makes no links.

    On Android it makes them there, too (https://github.com/element-hq/element-android/issues/8177).
    """
    lines = [_said(alert.repeat)] if alert.repeat else []
    lines.append(f"<b>{_said(alert.headline)}</b>")
    lines += (f"<b>{_said(f.label)}:</b> <code>{_code(f.text)}</code>" for f in alert.fields if f.text)
    text, advice = "<br>".join(lines), _said(alert.advice)
    if alert.preview:
        return f"{text}<pre><code>{_code(alert.preview)}</code></pre>{advice}"
    return f"{text}<br><br>{advice}" if advice else text


def _text(alert: Alert) -> str:
    """Say what a locked phone shows, and a client without HTML, which may make links of it."""
    lines = [alert.repeat] if alert.repeat else []
    lines.append(alert.headline)
    lines += (f"{f.label}: {isolate(f.text)}" for f in alert.fields if f.text)
    return apart("\n".join([*lines, alert.advice] if alert.advice else lines))


def _code(text: str) -> str:
    return _said(isolate(text))


def _said(text: str) -> str:
    return apart(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
