"""The door: the Worker's HTTPS interface to the spool, for whoever has the token.

What it takes and answers is described in docs/replay.md. Times are in seconds since 1970.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, quote, urlsplit

from spool import Copy

from .address import canonical, domain
from .keep import MOST_LEASED, ConflictError, Keeper, Verdict
from .memory import Memory

COUNTER = ":door"
"""The name of the object that counts wrong tokens: no domain's."""

MOST_WRONG = 10
"""How many wrong tokens close the door within CLOSED_SECONDS, for CLOSED_SECONDS."""

CLOSED_SECONDS = 60.0

# What is not ASCII stands for an `xn--` label.
_LABEL = r"(?:[a-z0-9_-]|[^\x00-\x7f]){1,63}"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a text, or a copy's bytes."""

    status: int = 404
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    copy: Copy | None = None


class Knocks:
    """When the door was tried with a wrong token, and until when it is closed for that.

    In memory alone: who goes on trying keeps it there, and rows are not for strangers to use up.
    """

    def __init__(self) -> None:
        self._wrong: list[float] = []
        self._closed = 0.0

    def knock(self, now: float, *, right: bool) -> float:
        """Count a try, and return for how many seconds the door is closed; 0 if it is not."""
        if not right and not 0 < self._closed - now <= CLOSED_SECONDS:
            self._wrong = [*(then for then in self._wrong if 0 <= now - then < CLOSED_SECONDS), now]
            if len(self._wrong) >= MOST_WRONG:
                self._wrong, self._closed = [], now + CLOSED_SECONDS
        left = self._closed - now
        return left if 0 < left <= CLOSED_SECONDS else 0.0


def is_right(authorization: str, token: str) -> bool:
    """Tell whether a request has the token (RFC 6750, section 2.1), in the same time whatever it has."""
    given = hashlib.sha256(authorization.encode("utf-8", "replace")).digest()
    wanted = hashlib.sha256(f"Bearer {token}".encode()).digest()
    return hmac.compare_digest(given, wanted) and bool(token)


def domain_of(url: str) -> str:
    """Return the domain that a request is about, in the form that names its object; empty if none is."""
    given = _query(url).get("domain", "")
    name = domain(canonical(f"@{given}"))
    return name if _DOMAIN.fullmatch(name) and "@" not in given else ""


def answer(memory: Memory, method: str, url: str, body: str) -> Answer:
    """Do what a request asks for, and answer it."""
    path, query = urlsplit(url).path, _query(url)
    room, _, name = path.rpartition("/")
    try:
        if (method, path) in _WHOLE:
            return _WHOLE[method, path](memory, query, body)
        if (method, room) in _ONE and (copy := memory.book.spool.find(name)):
            return _ONE[method, room](memory.keeper, copy, query)
    except ConflictError as error:
        return _json({"error": str(error)}, 409)
    except (ValueError, RecursionError) as error:
        return _json({"error": str(error)}, 400)
    return Answer()


def _status(memory: Memory, _query: Mapping[str, str], _body: str) -> Answer:
    return _json(memory.status())


def _page(memory: Memory, query: Mapping[str, str], _body: str) -> Answer:
    keeper = memory.keeper
    after, most = query.get("after", "0").partition("-")[0], query.get("limit", str(MOST_LEASED))
    copies = keeper.book.spool.page(_number(after, "after"), min(_number(most, "limit"), MOST_LEASED) + 1)
    shown = copies[: min(_number(most, "limit"), MOST_LEASED)]
    more = shown[-1].id if len(copies) > len(shown) and shown else None
    return _json({"copies": [_facts(copy, keeper.clock()) for copy in shown], "next": more})


def _lease(memory: Memory, _query: Mapping[str, str], body: str) -> Answer:
    asked = _read(body)
    ids, limit, keeper = asked.get("ids"), asked.get("limit", 1), memory.keeper
    if ids is not None and not (isinstance(ids, list) and all(isinstance(each, str) for each in ids)):
        raise ValueError("ids must be a list of ids")
    lease, until, copies = keeper.lease(_number(str(limit), "limit"), ids)
    facts = [_facts(copy, keeper.clock()) for copy in copies]
    goes_on = bool(memory.book.going_on())
    return _json({"lease": lease, "until": until, "copies": facts, "outage": goes_on})


def _verdict(memory: Memory, _query: Mapping[str, str], body: str) -> Answer:
    keeper, asked = memory.keeper, _read(body)
    copy, verdict = keeper.book.spool.find(str(asked.get("id"))), asked.get("verdict")
    if copy is None:
        return Answer()
    if verdict not in get_args(Verdict):
        raise ValueError(f"verdict must be one of {', '.join(get_args(Verdict))}")
    pause = asked.get("pause", 0)
    # JSON as Python reads it has NaN, too, and numbers without an end.
    if not (isinstance(pause, (int, float)) and abs(pause) < 1e15):
        raise ValueError("pause must be a number of seconds")
    lease, sha256, words = (str(asked.get(name) or "") for name in ("lease", "sha256", "words"))
    state = keeper.judge(
        copy, cast("Verdict", verdict), lease=lease, sha256=sha256, words=words, pause=float(pause)
    )
    return _json({"state": state})


def _raw(_keeper: Keeper, copy: Copy, _query: Mapping[str, str]) -> Answer:
    headers = {
        "content-type": "message/rfc822",
        # Nobody on the way keeps it, or packs it.
        "cache-control": "no-store, no-transform",
        "x-mail-failover-size": str(copy.size),
        "x-mail-failover-sha256": copy.sha256,
        "x-mail-failover-sealed": copy.sealed,
        "x-mail-failover-sender": quote(copy.sender, safe="@+=", errors="replace"),
        "x-mail-failover-recipient": quote(copy.recipient, safe="@+=", errors="replace"),
    }
    return Answer(200, "", headers, copy)


def _drop(keeper: Keeper, copy: Copy, query: Mapping[str, str]) -> Answer:
    if query.get("sha256") != copy.sha256:
        raise ConflictError("that is not this copy's sha256")
    keeper.book.together(lambda: keeper.drop(copy))
    return _json({"state": "deleted"})


_WHOLE: Mapping[tuple[str, str], Callable[[Memory, Mapping[str, str], str], Answer]] = {
    ("GET", "/v1/spool"): _page,
    ("GET", "/v1/status"): _status,
    ("POST", "/v1/lease"): _lease,
    ("POST", "/v1/verdict"): _verdict,
}
_ONE: Mapping[tuple[str, str], Callable[[Keeper, Copy, Mapping[str, str]], Answer]] = {
    ("GET", "/v1/spool"): _raw,
    ("DELETE", "/v1/spool"): _drop,
}


def _facts(copy: Copy, now: float) -> dict[str, object]:
    return {
        "id": copy.id,
        "sender": copy.sender,
        "recipient": copy.recipient,
        "size": copy.size,
        "sha256": copy.sha256,
        "sealed": copy.sealed,
        "caught": copy.at,
        "fate": copy.fate,
        "state": "leased" if copy.is_leased(now) else copy.state,
        "words": copy.words,
        "due": copy.due,
    }


def _json(value: object, status: int = 200) -> Answer:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Answer(status, json.dumps(value), headers)


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _read(body: str) -> Mapping[str, Any]:
    found = json.loads(body or "{}")
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 what was sent is wrong
    return found


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(f"{name} must be a whole number")
    return int(text)
