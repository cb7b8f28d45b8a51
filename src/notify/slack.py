"""Alerts as Slack messages, through an incoming webhook or a bot (https://docs.slack.dev/messaging)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, NoReturn

from failover.text import isolate, shorten

from .alert import Alert
from .channel import (
    ALOUD,
    Channel,
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

# In UTF-16 units. A header may hold 150, a section 3000; all blocks of a message together about 11,000.
MAX_HEADER = 150
MAX_SECTIONS = 3000
MAX_FALLBACK = 1000
MAX_ADVICE = 2000
MAX_EDIT = 4000

_JSON = {"Content-Type": "application/json; charset=utf-8"}

_MARKUP = {"invalid_blocks", "invalid_blocks_format", "invalid_payload", "msg_blocks_too_long"}
_GONE = {"message_not_found", "edit_window_closed", "cant_update_message"}
_NO_REPLIES = {"thread_not_found", "cannot_reply_to_message", "restricted_action_non_threadable_channel"}
_BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_OUT_OF_ORDER = {
    *("internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error"),
    *("team_added_to_org", "org_login_required", "update_failed", "external_channel_migrating"),
}

# A place is a channel's identifier and the time by which Slack knows a message in it.
_PLACE = re.compile(r"([CDG][A-Z0-9]{1,30}) ([0-9]{1,12}\.[0-9]{1,9})")

_WEBHOOK = "Slack no longer takes this webhook: make a new one and set SLACK_WEBHOOK_URL"
_WEBHOOK_POST = "Slack does not let this webhook post to its channel: set SLACK_WEBHOOK_URL to another one"
_TOKEN = "Slack does not accept the bot's token: set SLACK_BOT_TOKEN again"  # noqa: S105 - advice
_SCOPE = "Slack's app may not post: give it the scope chat:write, install it again and set SLACK_BOT_TOKEN"
_CHANNEL = "Slack does not find the channel, or it is archived: check SLACK_CHANNEL"
_MEMBER = "Slack's app is not in the channel: invite it there, or set another SLACK_CHANNEL"
_POST = "Slack does not let the app post to this channel: ask an admin, or set another SLACK_CHANNEL"


class _Way(NamedTuple):
    """One way into Slack: where its address is set, and what mends an error code or an HTTP status."""

    address: str
    fixes: Mapping[str, str]


_BY_WEBHOOK = _Way(
    "SLACK_WEBHOOK_URL, and SLACK_API_URL if you set it",
    {
        **dict.fromkeys(("401", "403", "404", "410", "no_service", "no_active_hooks"), _WEBHOOK),
        **dict.fromkeys(("no_team", "team_disabled", "invalid_token", "user_not_found"), _WEBHOOK),
        **dict.fromkeys(("channel_not_found", "channel_is_archived"), _WEBHOOK),
        **dict.fromkeys(("action_prohibited", "posting_to_general_channel_denied"), _WEBHOOK_POST),
    },
)
_BY_BOT = _Way(
    "SLACK_API_URL",
    {
        "404": "Slack's Web API is not at this address: check SLACK_API_URL",
        **dict.fromkeys(("401", "403", "invalid_auth", "not_authed", "account_inactive"), _TOKEN),
        **dict.fromkeys(("token_revoked", "token_expired", "two_factor_setup_required"), _TOKEN),
        **dict.fromkeys(("missing_scope", "not_allowed_token_type", "as_user_not_supported"), _SCOPE),
        **dict.fromkeys(("channel_not_found", "is_archived", "is_inactive"), _CHANNEL),
        **dict.fromkeys(("team_not_found", "user_not_found"), _CHANNEL),
        **dict.fromkeys(("not_in_channel", "no_permission"), _MEMBER),
        **dict.fromkeys(("access_denied", "accesslimited", "ekm_access_denied"), _POST),
        **dict.fromkeys(("enterprise_is_restricted", "team_access_not_granted", "restricted_action"), _POST),
        **dict.fromkeys(("restricted_action_read_only_channel", "messages_tab_disabled"), _POST),
        **dict.fromkeys(("restricted_action_thread_only_channel",), _POST),
    },
)


@dataclass(frozen=True, slots=True)
class SlackWebhook:
    """One incoming webhook, which posts to one channel. `plain` sends text without blocks."""

    url: str = field(repr=False)
    plain: bool = False

    @property
    def name(self) -> str:
        """Name the service."""
        return "slack webhook"

    @property
    def key(self) -> str:
        """Tell it from the owner's other channels."""
        return self.name

    @property
    def keeps_place(self) -> bool:
        """Say that a webhook can neither edit nor reply."""
        return False

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:  # noqa: ARG002 a webhook has one
        """Turn the alert into a webhook's message within Block Kit's limits."""
        return Request(self.url, json.dumps(_message(alert, plain=self.plain)), _JSON)

    def read(self, response: Response) -> str:
        """Return nothing if Slack took the message: a webhook answers in plain words.

        Raises:
            ChannelError: by meaning (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

        """
        said = response.body.strip()
        if response.status != 200 or said != "ok":
            plain = None if self.plain else replace(self, plain=True)
            _refuse(response, str(json_object(said).get("error", said)), _BY_WEBHOOK, plain, self.url)
        return ""


@dataclass(frozen=True, slots=True)
class SlackBot:
    """One channel that an app posts to.

    `plain` sends text without blocks; `unthreaded` means that a message which takes no replies was given up.
    """

    token: str = field(repr=False)
    channel: str
    api_url: str = "https://slack.com"
    plain: bool = False
    unthreaded: bool = False

    @property
    def name(self) -> str:
        """Name the service."""
        return "slack bot"

    @property
    def key(self) -> str:
        """Tell it from the owner's other channels."""
        return f"{self.name} {self.channel}"

    @property
    def keeps_place(self) -> bool:
        """Say that every message has a channel and a time."""
        return True

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a chat.postMessage or chat.update call within Block Kit's limits."""
        edits, thread = _PLACE.fullmatch(manner.edits), _PLACE.fullmatch(manner.thread)
        message = (_edit if edits else _message)(alert, plain=self.plain)
        message |= {"channel": self.channel, "parse": "none", "link_names": False}
        if edits:
            message |= {"channel": edits[1], "ts": edits[2]}
        elif thread and not self.unthreaded:
            # Of a reply only those are told who follow its thread.
            message |= {"channel": thread[1], "thread_ts": thread[2], "reply_broadcast": manner.sound}
        url = f"{self.api_url}/api/chat.{'update' if edits else 'postMessage'}"
        return Request(url, json.dumps(message), {**_JSON, "Authorization": f"Bearer {self.token}"})

    def read(self, response: Response) -> str:
        """Return the place if Slack took the message: the Web API answers in JSON, and refuses with 200 too.

        Raises:
            ChannelError: by meaning (https://docs.slack.dev/reference/methods/chat.postMessage, chat.update).

        """
        answer = json_object(response.body)
        if response.status != 200 or answer.get("ok") is not True:
            self._refuse(response, str(answer.get("error", "")))
        return _place(answer.get("channel"), answer.get("ts"))

    def _refuse(self, response: Response, error: str) -> NoReturn:
        if error in _GONE:
            raise Gone(f"Slack no longer lets the app edit this message ({error})")
        if error in _NO_REPLIES and not self.unthreaded:
            raise TryInstead(f"Slack takes no replies there ({error})", replace(self, unthreaded=True))
        plain = None if self.plain else replace(self, plain=True)
        _refuse(response, error, _BY_BOT, plain, self.token)


def _refuse(response: Response, error: str, way: _Way, plain: Channel | None, secret: str) -> NoReturn:
    """Raise what an error code means; where it has no known meaning, what the HTTP status does."""
    wait = seconds(response.retry_after)
    if error in way.fixes:
        raise Misconfigured(f"{way.fixes[error]} ({error})")
    if error in _BUSY:
        raise RateLimited("Slack asks to slow down", wait)
    if error in _OUT_OF_ORDER:
        raise Unavailable(f"Slack is out of order ({error})")
    if error in _MARKUP and plain is not None:
        raise TryInstead(f"Slack could not read the alert's blocks ({error})", plain)
    raise_for_status("Slack", response.status, wait, way.address)
    if str(response.status) in way.fixes:
        raise Misconfigured(way.fixes[str(response.status)])
    if response.status == 200 and not re.fullmatch("[a-z_]+", error):
        raise NoAnswer(f"Slack's answer can't be read; if this stays so, check {way.address}")
    raise Refused(f"Slack refused the alert ({response.status}): {quote(error, secret)}")


def _message(alert: Alert, *, plain: bool) -> dict[str, object]:
    # Slack fetches a message's links unless both are off.
    message: dict[str, object] = {"unfurl_links": False, "unfurl_media": False}
    if plain:
        # Without markup Slack would make links of addresses, and a webhook can't forbid it: only code does.
        return message | {"text": _text(alert), "mrkdwn": True}
    return message | {"text": _fallback(alert), "mrkdwn": False, "blocks": _blocks(alert)}


def _edit(alert: Alert, *, plain: bool) -> dict[str, object]:
    """Build what stands in a message's place: text alone takes its blocks away."""
    if plain:
        return {"text": fit(alert, _text, MAX_EDIT)[1]}
    return {"text": _fallback(alert), "blocks": _blocks(alert)}


def _place(channel: object, ts: object) -> str:
    place = f"{channel} {ts}" if isinstance(channel, str) and isinstance(ts, str) else ""
    return place if _PLACE.fullmatch(place) else ""


def _blocks(alert: Alert) -> list[dict[str, object]]:
    repeat = [_context(alert.repeat)] if alert.repeat else []
    header: dict[str, object] = {"type": "header", "text": _plain_text(alert.headline, MAX_HEADER)}
    fitted = _fitted(alert)
    sections = [_section(text) for text in (_MRKDWN.facts(fitted), _MRKDWN.preview(fitted)) if text]
    advice = [_context(alert.advice)] if alert.advice else []
    return [*repeat, header, *sections, *advice]


def _fitted(alert: Alert) -> Alert:
    """Shorten the fields and the preview to what sections together may hold."""
    return fit(alert, lambda a: _MRKDWN.facts(a) + _MRKDWN.preview(a), MAX_SECTIONS)[0]


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> dict[str, object]:
    return {"type": "context", "elements": [_plain_text(text, MAX_ADVICE)]}


def _plain_text(text: str, limit: int) -> dict[str, object]:
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": False}


def _text(alert: Alert) -> str:
    """Say everything in one text, untrusted text in code."""
    return _MRKDWN.text(_fitted(alert))


def _fallback(alert: Alert) -> str:
    """Say what a locked phone shows: the headline and the start of every field, without markup."""
    brief = [f.shortened(80) for f in alert.fields if f.text]
    return fit(replace(alert, fields=tuple(brief), preview=""), _lines, MAX_FALLBACK)[1]


def _lines(alert: Alert) -> str:
    facts = (f"{f.label}: {isolate(f.text)}" for f in alert.fields)
    return _escape("\n".join(([alert.repeat] if alert.repeat else []) + [alert.headline, *facts]))


def _escape(text: str) -> str:
    """Escape what Slack reads as a link or a mention (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_MRKDWN = Markdown(bold="*", defuse=_escape, escape=_escape, gap="")
