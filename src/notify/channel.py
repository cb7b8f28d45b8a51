"""What a channel is: one way to tell a person.

A channel turns an `Alert` into one HTTP request and judges the answer; it never sends. Whoever sends
(`dispatch`) knows no service, so a new service is one new file: see CONTRIBUTING, "Adding a channel".

    ChannelError
    ├── RateLimited     not now; perhaps after `retry_after` seconds
    ├── Unavailable     the service says that it is out of order; try again
    ├── NoAnswer        nothing readable came back; the alert may have arrived all the same
    ├── TryInstead      this way will not do, but another one may
    ├── Misconfigured   only its owner can mend it
    ├── Gone            the message to be edited is not there any more, or can't be edited
    └── Refused         the service will not take this alert, and asking again won't help
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from failover.text import shorten

from .alert import Alert

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Nothing of it is ever printed: each part may carry a secret."""

    url: str = field(repr=False)
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: the HTTP status, the Retry-After header (empty if absent), the start of the body."""

    status: int
    body: str = field(default="", repr=False)
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an alert is said: with sound or without, in the thread of a message, or in that message's place.

    `thread` and `edits` are places, as `Channel.read` returned them; empty for none. `later` tells that
    it is not the first of its outage, also to a channel that keeps no place. `id` stays the same when this is
    tried again, and is never another's: letters and digits, made by `dispatch` where it is empty.
    `at` is when the alert was written down, in seconds since 1970; 0 for one that is told at once.
    """

    sound: bool = True
    thread: str = ""
    edits: str = ""
    later: bool = False
    id: str = field(default="", compare=False)
    at: float = field(default=0.0, compare=False)


ALOUD = Manner()
"""How an alert is said that stands for itself."""


class Channel(Protocol):
    """One destination of alerts: a chat, a channel, a webhook."""

    @property
    def name(self) -> str:
        """Name the service, for logs: never a token, a chat or an address."""
        ...

    @property
    def key(self) -> str:
        """Tell this destination from the owner's others, in what is written down: never a secret."""
        ...

    @property
    def keeps_place(self) -> bool:
        """Tell whether `read` returns places; where it does not, a manner's are passed over."""
        ...

    def render(self, alert: Alert, manner: Manner = ALOUD) -> Request:
        """Turn the alert into a request within the service's limits. Total; a place that can't be is ignored.

        Raises:
            Gone: the message to be edited stands in a chat that this variant of the channel has left.

        """
        ...

    def read(self, response: Response) -> str:
        """Return the place of what the service posted; empty where it tells none. Of an edit it is not used.

        Raises:
            ChannelError: by meaning, one of the classes above, with a reason that carries no secret.

        """
        ...


class ChannelError(Exception):
    """A channel did not take an alert; `reason` is safe to log and to show."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RateLimited(ChannelError):
    """The service asks to wait `retry_after` seconds; None where it names no time."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unavailable(ChannelError):
    """The service answered with a fault of its own."""


class NoAnswer(ChannelError):
    """No answer in time, a broken connection, or an answer that can't be read: the alert may have arrived."""


class Misconfigured(ChannelError):
    """A token, chat or webhook is wrong or revoked: only the owner can mend it."""


class Gone(ChannelError):
    """The message to be edited is not there any more, or can't be edited: the alert has to be told anew."""


class Refused(ChannelError):
    """The service refused the alert itself."""


class TryInstead(ChannelError):
    """The same alert may arrive through `channel`, a variant of the one that failed."""

    def __init__(self, reason: str, channel: Channel) -> None:
        super().__init__(reason)
        self.channel = channel


def seconds(value: object) -> float | None:
    """Read a time to wait in seconds, as Retry-After has it (RFC 9110, section 10.2.3), or with a fraction.

    None for a date or nonsense.
    """
    text = str(value).strip()
    return float(text) if _SECONDS.fullmatch(text) else None


def units(text: str) -> int:
    """Count UTF-16 units, the most that any service takes a text to have of characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(
    alert: Alert, render: Callable[[Alert], str], limit: int, measure: Callable[[str], int] = units
) -> tuple[Alert, str]:
    """Shorten the alert's untrusted texts, the longest first, until what it renders to measures `limit`.

    Markup is never cut: the alert is shortened before it is rendered. Returns the alert and its rendering.
    """
    while measure(text := render(alert)) > limit:
        longest = max((len(f.text) for f in alert.fields), default=0)
        if max(longest, len(alert.preview)) <= 1:
            break
        if len(alert.preview) >= longest:
            alert = replace(alert, preview=shorten(alert.preview, len(alert.preview) // 2))
        else:
            fields = (f.shortened(longest // 2) if len(f.text) == longest else f for f in alert.fields)
            alert = replace(alert, fields=tuple(fields))
    return alert, text
