"""What a domain should be: from what is there, what the operator asks for, what was learnt elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import COMMENT, Record, host, line, own_mx, priority, text
from mail_failover.cloudflare.records import spf as spf_records
from mail_failover.console.next_step import Again
from mail_failover.mail import mta_sts
from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import Count
from mail_failover.setup.journal import Journal
from mail_failover.setup.snapshot import Snapshot

from .objections import against_edge, against_spf

HIGHEST = 65535
"""The worst preference that an MX record can have."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asks for; `again` words the next steps.

    `outdated` says how the Worker that is deployed differs from the settings here.
    """

    worker: str
    inboxes: tuple[str, ...]
    again: Again = field(default_factory=Again)
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """What was learnt elsewhere: the new SPF record's cost; the MTA-STS policy, or why it can't be read."""

    count: Count | None = None
    policy: mta_sts.Policy | None = None
    policy_failure: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the domain should be: `own` are the primary's MX records, `spf` is the SPF record.

    `spf_unsafe` and `edge_unsafe` say what speaks against that SPF record, and against the edge at all;
    `in_the_way` why no SPF record can be named.
    """

    wish: Wish
    own: tuple[Record, ...]
    spf: Record
    spf_unsafe: str = ""
    spf_asks: bool = False
    edge_unsafe: str = ""
    in_the_way: str = ""

    @property
    def rule(self) -> Json:
        """The catch-all that hands every message to the Worker."""
        action = {"type": "worker", "value": [self.wish.worker]}
        return {"matchers": [{"type": "all"}], "actions": [action], "enabled": True, "name": COMMENT}


class NoGoal(Exception):
    """No right state can be named for the domain; the text says why and what to do."""


def make_goal(
    now: Snapshot, wish: Wish, outside: Outside, journal: Journal | None = None, last: Goal | None = None
) -> Goal:
    """Say what the domain should be; the `journal` of an unfinished apply knows what went with a switch.

    All else is as it is now: what the owner changes while apply waits is kept. Where a switch left no SPF
    record of the domain's own, it is as in the `last` goal, which was shown.

    Raises:
        NoGoal: there is no primary, or nothing can be behind it.

    """
    present = {host(record["content"]) for record in now.own}
    lost = own_mx(journal.lost(now), now.domain) if journal else []
    own = (*now.own, *(record for record in lost if host(record["content"]) not in present))
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
    worst = max(own, key=priority)
    if priority(worst) >= HIGHEST:
        raise NoGoal(
            f"Nothing can stand behind {line(worst)}, since {HIGHEST} is the worst number there is."
            " Give it a lower one, such as 10."
        )
    try:
        wanted, count = wanted_spf(now, journal)
    except NoGoal as error:
        return Goal(wish, own, {}, in_the_way=str(error))
    wanted = last.spf if last and not count else wanted
    unsafe, asks = against_spf(now, outside.count, several=count)
    return Goal(wish, own, wanted, unsafe, asks, against_edge(own))


def wanted_spf(now: Snapshot, journal: Journal | None = None) -> tuple[Record, int]:
    """Return the SPF record that should be there, the domain's own with the include, and how many there are.

    What Email Routing wrote since is not the domain's own; if there is nothing else, what it replaced is.

    Raises:
        NoGoal: a record can't be read.

    """
    present, before = now.spf, list[Record]()
    if journal:
        before = spf_records(filter(None, map(journal.was, {**journal.base, **journal.theirs})), now.domain)
        known = {text(record) for record in before}
        present = [record for record in now.spf if not _is_made(record, journal, known)]
    # Email Routing's own record would go with it even when edited, so another one is what stays.
    found = sorted(present or before, key=lambda record: text(record) == spf.EDGE_RECORD)
    texts = [text(record) for record in found]
    base: dict[str, Any] = {"type": "TXT", "name": now.domain, "ttl": 1, "comment": COMMENT}
    try:
        if not texts:
            content = spf.fresh([host(r["content"]) for r in own_mx(now.records, now.domain)])
        else:
            base = dict(found[0])
            content = spf.merge(texts[0] if len(texts) == 1 else spf.union(texts))
    except spf.SpfError as error:
        shown = "; ".join(map(line, found))
        raise NoGoal(f"The SPF record can't be merged: {error}. It is: {shown}. Correct it first.") from error
    return {**base, "content": spf.quote(content)}, len(present)


def _is_made(record: Record, journal: Journal, known: Collection[str]) -> bool:
    """Tell whether Email Routing wrote the SPF record since, whoever switched it on."""
    ours = journal.whose(str(record["id"]), dict(record)) == "ours"
    return text(record) == spf.EDGE_RECORD and (ours or text(record) not in known)
