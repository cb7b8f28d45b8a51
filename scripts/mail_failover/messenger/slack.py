"""Slack's Web API, asked: whose a token is, and which channels there are.

Source: https://docs.slack.dev/reference/methods/auth.test and
https://docs.slack.dev/reference/methods/conversations.list
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from .client import Client, Ports
from .errors import ChatError, Failing, MissingScope, NotUnderstood, TokenRejected

Json = Mapping[str, Any]

# Slack recommends no more than 200, and allows some twenty such requests a minute.
_PAGE = "200"
_MOST_PAGES = 15
_LONGEST_NAME = 200
_CODE = re.compile(r"[a-z][a-z_]{1,60}")
_SCOPES = re.compile(r"[a-z:,._ ]{1,100}")
_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
_BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a token belongs, and as whom it writes; both names are others', and untrusted."""

    name: str
    user: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; its name is others', and untrusted. `member`: the app is in it, and may write there."""

    id: str
    name: str
    private: bool
    member: bool


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels, those first that the app is in.

    `private`: those among them that are private were looked for, too; `whole`: there are no more.
    """

    all: tuple[Channel, ...]
    private: bool
    whole: bool


class Slack:
    """Asks the Web API with one token; every method raises a ChatError by meaning."""

    def __init__(self, token: str, api_url: str, ports: Ports | None = None) -> None:
        self._client = Client(
            "Slack",
            f"{api_url}/api/",
            ports or Ports(),
            headers={"Authorization": f"Bearer {token}"},
            address="SLACK_API_URL",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, error, trace)

    def workspace(self) -> Workspace:
        """Say whose the token is.

        Raises:
            TokenRejected: nobody's.

        """
        match self._call("auth.test", {}):
            case {"team": str(team), "user": str(user)}:
                return Workspace(team[:_LONGEST_NAME], user[:_LONGEST_NAME])
        raise self._client.not_understood("auth.test")

    def channels(self) -> Channels:
        """List the channels that the token may see: private ones, too, where it may.

        Raises:
            MissingScope: it may see none.

        """
        try:
            found, whole = self._pages("public_channel,private_channel")
            private = True
        except MissingScope:
            found, whole = self._pages("public_channel")
            private = False
        found.sort(key=lambda channel: (not channel.member, channel.name))
        return Channels(tuple(found), private, whole)

    def _pages(self, types: str) -> tuple[list[Channel], bool]:
        """Read page after page; one may be empty though it is not the last."""
        found: list[Channel] = []
        values = {"types": types, "exclude_archived": "true", "limit": _PAGE}
        for _ in range(_MOST_PAGES):
            answer = self._call("conversations.list", values)
            listed = answer.get("channels")
            if not isinstance(listed, list):
                raise self._client.not_understood("conversations.list")
            found += filter(None, map(_channel, listed))
            rest = answer.get("response_metadata")
            cursor = rest.get("next_cursor") if isinstance(rest, dict) else None
            if not cursor:
                return found, True
            values["cursor"] = str(cursor)
        return found, False

    def _call(self, method: str, values: Mapping[str, str]) -> Json:
        answer = self._client.ask(method, values)
        if answer.status == 200 and answer.body.get("ok") is True:
            return answer.body
        error = str(answer.body.get("error", ""))
        if not _CODE.fullmatch(error):
            raise self._client.not_understood(method)
        raise _meaning(method, error, str(answer.body.get("needed", "")))


def _meaning(method: str, error: str, needed: str) -> ChatError:
    """Return what an error code means."""
    if error in _TOKEN_ERRORS:
        return TokenRejected(
            f"Slack does not accept the token ({error}).",
            "Copy it again from https://api.slack.com/apps: your app, OAuth & Permissions.",
        )
    if error == "missing_scope":
        scope = needed if _SCOPES.fullmatch(needed) else "channels:read"
        return MissingScope(
            f"The app may not list channels: it lacks the scope {scope}.",
            "Name the channel by its id: in Slack, the channel's name, About, at the bottom.",
        )
    if error in _BUSY:
        return Failing(f"Slack is out of order ({error}).", "Try again later.")
    return NotUnderstood(f"Slack refused {method} ({error}).", "If SLACK_API_URL is set, check it.")


def _channel(value: Any) -> Channel | None:
    match value:
        case {"id": str(number), "name": str(name)}:
            private, member = value.get("is_private") is True, value.get("is_member") is True
            return Channel(number[:_LONGEST_NAME], name[:_LONGEST_NAME], private, member)
    return None
