"""What the door answers, checked before anybody uses it. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

State = Literal["waiting", "leased", "delivered", "refused"]
Outcome = Literal["delivered", "refused", "later", "again"]
"""A verdict: what became of a copy, or what is to become of it."""

ID = re.compile(r"[0-9]{1,18}-[0-9a-f]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LEASE = re.compile(r"[0-9a-f]{1,128}")
# Nothing, or a format's number and what it says of the copy's key; of that only format 1 is known.
_SEALED = re.compile(r"|1\.[0-9a-f]{16}\.[A-Za-z0-9+/]{64,2000}={0,2}|(?!1\.)[1-9][0-9]{0,3}\.[!-~]{1,4000}")
# JSON can name halves of a character, which nobody can send or write down.
_HALVES = re.compile("[\ud800-\udfff]")
# The Worker keeps no larger message; a spool may hold many.
_MOST_BYTES, _MOST_IN_ALL = 64 << 20, 1 << 50


class MalformedError(Exception):
    """An answer lacks something, or has it in another form; the text names it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that the spool has for one recipient; all texts but `id` and `sha256` are untrusted.

    `sender` is empty for a bounce; `size` in bytes, the message's; `sha256` that of the bytes that the door
    gives, which are encrypted if `sealed` is not empty; `caught` and `due` in seconds since 1970; `fate` is
    what became of it when it was caught, empty if nobody reported; `words` are the server's.
    """

    id: str
    sender: str
    recipient: str
    size: int
    sha256: str
    sealed: str
    caught: float
    fate: str
    state: State
    words: str
    due: float

    @property
    def key(self) -> str:
        """Return which key opens it; empty if it is in the clear, or encrypted in an unknown way."""
        return self.sealed.split(".")[1] if self.sealed.startswith("1.") else ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some copies, the oldest first; `next` is where the list goes on, empty at its end."""

    copies: tuple[Copy, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Copies that are ours for LEASE_SECONDS; `outage`: the Worker takes the primary for down."""

    id: str
    copies: tuple[Copy, ...]
    outage: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How many copies are in which state, how many bytes they take, and how many they may take."""

    waiting: int
    leased: int
    refused: int
    delivered: int
    bytes: int
    most: int


@dataclass(frozen=True, slots=True)
class Outage:
    """What was caught from one message to a long enough silence; times in seconds since 1970.

    `ended` is 0 while it goes on. Of those `caught` some are `forwarded`, some `held` by the spool alone,
    some `waiting` with their senders, some `returned`. Of the copies `kept` some are `home`, some `refused`.
    `audience` is whose mail it is, as ALERTS names it; empty for all that this does not name.
    """

    number: int
    began: float
    last: float
    ended: float
    caught: int
    forwarded: int
    held: int
    waiting: int
    returned: int
    kept: int
    home: int
    refused: int
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a chat was not told yet; `due` is when it is asked again, 0 if it did not fail."""

    channel: str
    waiting: int
    given_up: int
    due: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """How many messages BLOCK refused, the first of them at `since`, in seconds since 1970."""

    count: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a domain stands: its last outage if there was one, its chats, its spool, whom it refused.

    `others` are outages that go on besides. `untold` counts messages that are yet to be told together; `next`
    is when something is due, if it is.
    """

    outage: Outage | None
    untold: int
    outbox: tuple[Channel, ...]
    next: float | None
    spool: Status
    blocked: Blocked
    others: tuple[Outage, ...] = ()


def copy_from(answer: Any) -> Copy:
    """Read a copy.

    Raises:
        MalformedError: it is none.

    """
    return Copy(
        _text(answer, "id", ID),
        _text(answer, "sender"),
        _text(answer, "recipient"),
        _count(answer, "size", _MOST_BYTES),
        _text(answer, "sha256", _HASH),
        _text(answer, "sealed", _SEALED),
        _seconds(answer, "caught"),
        _text(answer, "fate"),
        _state(answer),
        _text(answer, "words"),
        _seconds(answer, "due"),
    )


def page_from(answer: Any) -> Page:
    """Read a page of the list.

    Raises:
        MalformedError: it is none.

    """
    after = _part(answer, "next", (str, type(None)))
    if after is not None and not ID.fullmatch(after):
        raise MalformedError("next")
    return Page(_copies(answer), after or "")


def lease_from(answer: Any) -> Lease:
    """Read a lease; its end is the door's time of day and is not needed here.

    Raises:
        MalformedError: it is none.

    """
    _seconds(answer, "until")
    return Lease(_text(answer, "lease", _LEASE), _copies(answer), _part(answer, "outage", (bool,)))


def settled_from(answer: Any) -> State:
    """Read the state that a copy is in after a verdict.

    Raises:
        MalformedError: it is none.

    """
    return _state(answer)


def status_from(answer: Any) -> Status:
    """Read the spool's part of the status.

    Raises:
        MalformedError: it is none.

    """
    spool = _part(answer, "spool", (dict,))
    names = ("waiting", "leased", "refused", "delivered", "bytes", "most")
    return Status(*(_count(spool, name) for name in names))


def standing_from(answer: Any) -> Standing:
    """Read the whole status.

    Raises:
        MalformedError: it is none.

    """
    outage = _part(answer, "outage", (dict, type(None)))
    due = _part(answer, "next", (int, float, type(None)))
    last = None if outage is None else _outage(outage)
    # A Worker of the versions before tells everybody of everything, and blocks nobody.
    going_on = map(_outage, _part(answer, "outages", (list,))) if "outages" in answer else ()
    return Standing(
        last,
        _count(answer, "untold"),
        tuple(map(_channel, _part(answer, "outbox", (list,)))),
        None if due is None else _seconds(answer, "next"),
        status_from(answer),
        _blocked(answer) if "blocked" in answer else Blocked(),
        tuple(each for each in going_on if each != last),
    )


def _outage(found: Any) -> Outage:
    began, last, ended = (_seconds(found, name) for name in ("began", "last", "ended"))
    counts = ("caught", "forwarded", "held", "waiting", "returned", "kept", "home", "refused")
    audience = _text(found, "audience") if "audience" in found else ""
    numbers = {name: _count(found, name) for name in counts}
    return Outage(_count(found, "number"), began, last, ended, audience=audience, **numbers)


def _channel(found: Any) -> Channel:
    waiting, given_up = (_count(found, name) for name in ("waiting", "given_up"))
    return Channel(_text(found, "channel"), waiting, given_up, _seconds(found, "due"))


def _blocked(answer: Any) -> Blocked:
    found = _part(answer, "blocked", (dict,))
    return Blocked(_count(found, "count"), _seconds(found, "since"))


def _copies(answer: Any) -> tuple[Copy, ...]:
    copies = tuple(map(copy_from, _part(answer, "copies", (list,))))
    if len({copy.id for copy in copies}) < len(copies):
        raise MalformedError("copies")
    return copies


def _part(answer: Any, name: str, kinds: Sequence[type]) -> Any:
    found = answer.get(name, ...) if isinstance(answer, Mapping) else ...
    # bool is an int to Python, and not to JSON.
    if type(found) not in kinds:
        raise MalformedError(name)
    return found


def _text(answer: Any, name: str, form: re.Pattern[str] | None = None) -> str:
    text: str = _checked(answer, name, (str,), lambda text: form is None or bool(form.fullmatch(text)))
    if _HALVES.search(text):
        raise MalformedError(name)
    return text


def _count(answer: Any, name: str, most: int = _MOST_IN_ALL) -> int:
    count: int = _checked(answer, name, (int,), lambda count: 0 <= count <= most)
    return count


def _seconds(answer: Any, name: str) -> float:
    return float(_checked(answer, name, (int, float), lambda time: 0 <= time < 1e11))


def _state(answer: Any) -> State:
    state: State = _checked(answer, "state", (str,), lambda state: state in get_args(State))
    return state


def _checked(answer: Any, name: str, kinds: Sequence[type], fits: Callable[[Any], bool]) -> Any:
    found = _part(answer, name, kinds)
    if not fits(found):
        raise MalformedError(name)
    return found
