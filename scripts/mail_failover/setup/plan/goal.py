"""What a domain should be: from what is there, what the operator asks for, what was learnt elsewhere."""

from dataclasses import dataclass, field
from typing import Any

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import COMMENT, Record, host, line, own_mx, text
from mail_failover.console.next_step import Again
from mail_failover.mail import mta_sts
from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import Count
from mail_failover.setup.snapshot import Snapshot

from .objections import against_edge, against_spf


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asks for; `again` words the next steps."""

    worker: str
    inboxes: tuple[str, ...]
    again: Again = field(default_factory=Again)


@dataclass(frozen=True, slots=True)
class Outside:
    """What was learnt elsewhere: the new SPF record's cost; the MTA-STS policy, or why it can't be read."""

    count: Count | None = None
    policy: mta_sts.Policy | None = None
    policy_failure: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the domain should be: `spf` and `own` are records, as they should be there.

    `spf_unsafe` and `edge_unsafe` say what speaks against that SPF record, and against the edge at all.
    """

    worker: str
    inboxes: tuple[str, ...]
    own: tuple[Record, ...]
    spf: Record
    spf_unsafe: str = ""
    spf_asks: bool = False
    edge_unsafe: str = ""
    again: Again = field(default_factory=Again)

    @property
    def rule(self) -> Json:
        """The catch-all that hands every message to the Worker."""
        action = {"type": "worker", "value": [self.worker]}
        return {"matchers": [{"type": "all"}], "actions": [action], "enabled": True, "name": COMMENT}


class NoGoal(Exception):
    """No right state can be named for the domain; the text says why and what to do."""


def make_goal(now: Snapshot, wish: Wish, before: Snapshot | None, outside: Outside) -> Goal:
    """Say what the domain should be; `before` is how it was when an apply that did not finish began.

    Raises:
        NoGoal: there is no primary, or the SPF record can't be read.

    """
    first = before or now
    known = {host(str(record["content"])) for record in first.own}
    own = tuple(first.own if {host(str(r["content"])) for r in now.own} <= known else now.own)
    if not own:
        raise NoGoal(
            f"{now.domain} has no MX record of a server of its own, so there is nothing to fall back from."
            f" Create one for your server, such as: {now.domain} MX 10 mail.{now.domain}"
        )
    if any(host(str(record["content"])) == "" for record in own):
        raise NoGoal(
            f"{now.domain} has a null MX, which says that it takes no mail."
            " Replace it by the MX record of your server."
        )
    wanted = wanted_spf(now, before)
    unsafe, asks = against_spf(now, first, outside.count)
    return Goal(wish.worker, wish.inboxes, own, wanted, unsafe, asks, against_edge(own), wish.again)


def wanted_spf(now: Snapshot, before: Snapshot | None = None) -> Record:
    """Return the SPF record that should be there: the domain's own, with Email Routing's include.

    After an interruption a record that is neither the old nor ours nor Email Routing's is a person's.

    Raises:
        NoGoal: a record can't be read.

    """
    if before is not None:
        ours = _wanted_spf(before)
        current = [text(record) for record in now.spf]
        known = {text(ours), spf.EDGE_RECORD, *(text(record) for record in before.spf)}
        if set(current) <= known:
            return ours
    return _wanted_spf(now)


def _wanted_spf(now: Snapshot) -> Record:
    texts = [text(record) for record in now.spf]
    base: dict[str, Any] = {"type": "TXT", "name": now.domain, "ttl": 1, "comment": COMMENT}
    try:
        if not texts:
            content = spf.fresh([host(r["content"]) for r in own_mx(now.records, now.domain)])
        else:
            base = dict(now.spf[0])
            content = spf.merge(texts[0] if len(texts) == 1 else spf.union(texts))
    except spf.SpfError as error:
        shown = "; ".join(line(record) for record in now.spf)
        raise NoGoal(f"The SPF record can't be merged: {error}. It is: {shown}. Correct it first.") from error
    return {**base, "content": spf.quote(content)}
