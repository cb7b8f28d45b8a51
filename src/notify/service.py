"""What the services share: words, lengths, and the reading of answers that can't be trusted."""

import json
import re

from failover.text import clean, shorten

from .channel import Misconfigured, RateLimited, Unavailable

# A success and, where they follow at once, Telegram's number or Slack's names of what was posted.
_TAKEN = re.compile(
    r' \{ "ok" : true\b(?: , (?:"result" : \{ "message_id" : [1-9][0-9]{0,9}(?= [,}])'
    r'|"channel" : "[A-Z0-9]*" , "ts" : "[0-9.]*"))?'.replace(" ", r"[ \t\r\n]*")
)
_QUOTED = 200


def json_object(body: str) -> dict[str, object]:
    """Read a JSON object; an empty one stands for anything else.

    Both services echo the message, so a success may reach us cut short: its verdict and the message's place
    come first, and count.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        taken = _TAKEN.match(body)
        answer = json.loads(taken[0] + "}" * taken[0].count("{")) if taken else {}
    return answer if isinstance(answer, dict) else {}


def quote(text: str, *secrets: str) -> str:
    """Make a server's words fit to log: one short line without the secrets or a telling part of one."""
    # Shortened last: half a secret would not be found.
    words = clean(text, len(text))
    for part in (part for secret in secrets for part in (secret, *re.split("[/:]", secret))):
        if part in secrets or len(part) >= 16:  # shorter ones are words and hosts
            words = words.replace(part, "[secret]") if part else words
    return shorten(words, _QUOTED) or "no reason given"


def raise_for_status(service: str, status: int, retry_after: float | None, address: str) -> None:
    """Raise what an HTTP status says by itself; return where only the body can tell.

    `retry_after` is in seconds; `address` names the variable that holds the service's address.

    Raises:
        RateLimited, Unavailable, Misconfigured: for 429, 408 and 5xx, 3xx.

    """
    if status == 429:
        raise RateLimited(f"{service} asks to slow down", retry_after)
    if status == 408 or status >= 500:
        raise Unavailable(f"{service} is out of order (HTTP status {status})")
    if 300 <= status < 400:
        raise Misconfigured(f"{service} redirects, which is not followed: check {address}")
