"""Alerts as Discord messages, through a webhook (https://docs.discord.com/developers/resources/webhook)."""

import json
import re
from dataclasses import dataclass, field, replace
from typing import NoReturn

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
    Unavailable,
    fit,
    seconds,
)
from .markdown import Markdown
from .service import json_object, quote, raise_for_status

# In UTF-16 units. Embeds may hold more, but who has switched them off sees none, and a notification little.
MAX_TEXT = 2000

_SUPPRESS_EMBEDS = 1 << 2
_SUPPRESS_NOTIFICATIONS = 1 << 12
# Clients are asked to name themselves like this: https://docs.discord.com/developers/reference#user-agent
_HEADERS = {"Content-Type": "application/json", "User-Agent": "DiscordBot (mail-failover, 1)"}

# A place is the message's number.
_PLACE = re.compile("[1-9][0-9]{14,19}")
# Of its own addresses Discord makes cards to click, whatever stands around them
# (https://github.com/discord/discord-api-docs/issues/7239): invitations, gifts, apps.
_CARD = re.compile(r"(discord(?:app)?\.[a-z]+)/", re.IGNORECASE)
_LOOKS_LIKE_A_SLASH = "\u2215"
_LOOKS_LIKE_A_DOT = "\u2024"

_WEBHOOK = "Discord no longer takes this webhook: make a new one and set DISCORD_WEBHOOK_URL"
_POST = "Discord does not let this webhook post to its channel: set DISCORD_WEBHOOK_URL to another one"
_FORUM = "The webhook's channel is a forum: set DISCORD_THREAD_ID to the number of one of its posts"
_THREAD = (
    "Discord does not find this thread in the webhook's channel, or it is closed: check DISCORD_THREAD_ID"
)
# Error codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
_FIXES = {
    **dict.fromkeys((10003, 10015, 50027), _WEBHOOK),
    **dict.fromkeys((50001, 50013), _POST),
    **dict.fromkeys((220001, 220004), _FORUM),
    **dict.fromkeys((50083, 160005), _THREAD),
}
_STATUS_FIXES = {401: _WEBHOOK, 403: _POST, 404: _WEBHOOK}
# An archived thread opens again for a new message, but not for an edit; a locked one for neither.
_NO_THREAD = {10003, 50083, 160005}
_GONE = {10008, 50005}
_OLD = 30046
_FORM = 50035
_HARMFUL_LINKS = 240000
# No code at all, or the one that clients get that are turned away before their request is read.
_UNREAD = {0, 40333}


@dataclass(frozen=True, slots=True)
class Discord:
    """One webhook, which posts to its channel or to a thread there; it can edit, and not reply.

    `astray` means that its thread was given up, `dotless` that the alert holds nothing like an address.
    """

    url: str = field(repr=False)
    thread_id: str = ""
    astray: bool = False
    dotless: bool = False

    @property
    def name(self) -> str:
        """Name the service, and what its owner has to mend although the alert arrives."""
        return "discord without its thread: check DISCORD_THREAD_ID" if self.astray else "discord"

    @property
    def key(self) -> str:
        """Tell this webhook from the owner's other channels, by its number, which opens nothing."""
        return f"discord {self.url.split('/')[-2]}"

    @property
    def keeps_place(self) -> bool:
        """Say that every message has a number, by which it can be edited."""
        return True

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a message, or an edit of one, of at most 2000 UTF-16 units."""
        edits = manner.edits if _PLACE.fullmatch(manner.edits) else ""
        quiet = 0 if edits or manner.sound else _SUPPRESS_NOTIFICATIONS
        message = {
            "content": fit(alert, Markdown("**", self._defuse).text, MAX_TEXT)[1],
            "allowed_mentions": {"parse": []},
            "flags": _SUPPRESS_EMBEDS | quiet,
        }
        url = f"{self.url}/messages/{edits}" if edits else self.url
        query = [] if edits else ["wait=true"]
        query += [f"thread_id={self.thread_id}"] if self.thread_id else []
        url = f"{url}?{'&'.join(query)}" if query else url
        return Request(url, json.dumps(message), _HEADERS, "PATCH" if edits else "POST")

    def read(self, response: Response) -> str:
        """Return the message's number if Discord took it.

        Raises:
            ChannelError: by meaning (https://docs.discord.com/developers/topics/opcodes-and-status-codes).

        """
        answer = json_object(response.body)
        if response.status != 200:
            self._refuse(response, answer)
        if not response.body.lstrip().startswith("{"):
            raise NoAnswer("Discord's answer can't be read; if this stays so, check DISCORD_WEBHOOK_URL")
        place = str(answer.get("id", ""))
        return place if _PLACE.fullmatch(place) else ""

    def _refuse(self, response: Response, answer: dict[str, object]) -> NoReturn:
        status, code = response.status, answer.get("code")
        code = code if isinstance(code, int) else 0
        wait = seconds(answer.get("retry_after"))
        wait = seconds(response.retry_after) if wait is None else wait
        if code == _OLD:
            raise RateLimited("Discord lets a message of more than an hour be edited only so often", wait)
        raise_for_status("Discord", status, wait, "DISCORD_WEBHOOK_URL")
        if self.thread_id and (code in _NO_THREAD or (code == _FORM and _names_thread(answer))):
            raise TryInstead(_THREAD, replace(self, thread_id="", astray=True))
        if code == _HARMFUL_LINKS and not self.dotless:
            raise TryInstead("Discord blocks an address in the alert", replace(self, dotless=True))
        if code in _GONE:
            raise Gone("Discord no longer lets the webhook edit this message")
        if status == 403 and code in _UNREAD:
            # The edge bars IP addresses that others may share, as a Worker's are:
            # https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
            raise Unavailable("Discord's edge turned the request away (HTTP status 403)")
        fix = _FIXES.get(code) or _STATUS_FIXES.get(status)
        if fix and code != _HARMFUL_LINKS:
            raise Misconfigured(f"{fix} ({code})" if code else fix)
        raise Refused(
            f"Discord refused the alert ({status}): {quote(str(answer.get('message', '')), self.url)}"
        )

    def _defuse(self, text: str) -> str:
        """Take from text in code what becomes a card all the same."""
        text = text.replace(".", _LOOKS_LIKE_A_DOT) if self.dotless else text
        return _CARD.sub(rf"\1{_LOOKS_LIKE_A_SLASH}", text)


def _names_thread(answer: dict[str, object]) -> bool:
    errors = answer.get("errors")
    return isinstance(errors, dict) and "thread_id" in errors
