"""What is left to do: what a domain should be, minus what it is. Pure."""

from collections.abc import Iterator

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import COMMENT, Record, body, line, read_only, state, text
from mail_failover.cloudflare.rules import points_to, rule_line
from mail_failover.mail.spf.record import EDGE_RECORD
from mail_failover.setup.snapshot import Snapshot

from .goal import Goal
from .preference import edge_missing, mending, unlock
from .step import AddInbox, AwaitInboxes, ChangeRecords, SetCatchAll, Step, SwitchRouting


def steps(now: Snapshot, goal: Goal, *, locked: bool | None = None, pinned: bool = False) -> list[Step]:
    """Return what is left to do, in the order that never leaves the domain worse off.

    `locked` overrides what the snapshot says of it; `pinned`: the edge's MX can't be moved even so.
    """
    is_locked = now.locked if locked is None else locked
    mend = mending(now, goal, is_locked=is_locked, is_pinned=pinned)
    spf = [*_spf(now, goal)]
    adding = [*edge_missing(now, goal)]
    # Reports differ on whether Email Routing locks the SPF record too; one that was refused says so.
    spf_locked = bool(spf and is_locked) and (locked is True or any(map(read_only, now.spf)))
    unlocking = [unlock(goal)] if is_locked and (mend or adding or spf_locked) else []
    urgent, later = ([*unlocking, *mend], []) if mend or spf_locked else ([], unlocking)
    # Two SPF records break the mail that the primary sends; all else can wait until mail goes to the primary.
    first, then = (spf, urgent) if len(now.spf) > 1 and not spf_locked else (urgent, spf)
    return [
        *first,
        *then,
        *_inboxes(now, goal),
        *_catch_all(now, goal),
        *later,
        *adding,
        *_enable(now, goal),
        *_dkim(now),
    ]


def _spf(now: Snapshot, goal: Goal) -> Iterator[Step]:
    current = now.spf
    if state(current) == state([goal.spf]):
        return
    why = "Email Routing sends on under its own addresses, so the domain's one SPF record has to list them."
    affects = "Mail that your own server sends: its terms stay as they are."
    wanted = body(goal.spf)
    if not current:
        action = ChangeRecords(posts=(wanted,))
        title = "Create the SPF record"
        affects = "Mail from servers that are not listed here is marked as doubtful (~all)."
    else:
        action = _rewrite(current, wanted)
        title = (
            "Add Email Routing to the SPF record" if len(current) == 1 else "Make one SPF record of several"
        )
    yield Step(
        "spf",
        title,
        action,
        why,
        affects,
        tuple(map(line, current)),
        (line(goal.spf),),
        goal.spf_unsafe,
        goal.spf_asks,
    )


def _rewrite(current: list[Record], wanted: Json) -> ChangeRecords:
    """Make one record of those that are there.

    Email Routing's own would belong to it even when edited, and go with it; so that one is replaced.
    """
    kept = next((record for record in current if text(record) != EDGE_RECORD), None)
    deletes = tuple(record["id"] for record in current if record is not kept)
    if kept is None:
        return ChangeRecords(deletes, posts=(wanted,))
    changes = {k: v for k, v in wanted.items() if k != "content" and body(kept).get(k) != v}
    return ChangeRecords(deletes, ({"id": kept["id"], "content": wanted["content"], **changes},))


def _inboxes(now: Snapshot, goal: Goal) -> Iterator[Step]:
    for email in goal.inboxes:
        if now.address(email) is None:
            yield Step(
                f"inbox:{email.lower()}",
                f"Add the inbox {email}",
                AddInbox(email),
                "The Worker can forward only to verified destination addresses.",
                "Cloudflare sends a verification mail there; somebody has to click the link in it.",
                added=(f"destination address {email}",),
            )
    waiting = [e for e in goal.inboxes if not (now.address(e) or {}).get("verified")]
    if waiting:
        yield Step(
            "verify",
            f"Wait until {' and '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} verified",
            AwaitInboxes(tuple(waiting)),
            "Until then the Worker could not forward there, so mail must not reach it.",
            "The steps after this one.",
            tuple(f"{email}: not verified" for email in waiting),
            tuple(f"{email}: verified" for email in waiting),
        )


def _catch_all(now: Snapshot, goal: Goal) -> Iterator[Step]:
    rule = now.catch_all
    if points_to(rule, goal.worker):
        return
    unsafe = ""
    if rule and (rule.get("enabled") or any(a.get("type") != "drop" for a in rule.get("actions") or ())):
        unsafe = (
            f"It overwrites your catch-all: {rule_line(rule)}. The journal keeps it, and undo restores it."
        )
    yield Step(
        "catch-all",
        f"Let the catch-all hand mail to the Worker {goal.worker}",
        SetCatchAll(goal.rule),
        "The Worker forwards each message and tells you.",
        "Mail to every address that no rule of its own takes.",
        (f"catch-all: {rule_line(rule)}",) if rule else (),
        (f"catch-all: {rule_line(goal.rule)}",),
        unsafe,
    )


def _enable(now: Snapshot, goal: Goal) -> Iterator[Step]:
    if now.enabled:
        return
    yield Step(
        "enable",
        "Switch Email Routing on",
        SwitchRouting("enabled"),
        "Only then does the edge accept mail for the domain.",
        "Cloudflare adds and locks records. It may also replace the SPF record, choose preferences from 1 to"
        " 99 for its MX, or remove yours: what it made is read back at once and put right as shown here;"
        " where its MX can't be moved, the primary's get lower numbers.",
        ("Email Routing: off",),
        ("Email Routing: on", *(line(record) for record in now.dkim if not now.at(record["name"]))),
        goal.edge_unsafe,
    )


def _dkim(now: Snapshot) -> Iterator[Step]:
    missing = [record for record in now.dkim if now.enabled and not now.at(record["name"])]
    if missing:
        added = [
            {"ttl": 1, "comment": COMMENT, **{k: record[k] for k in ("type", "name", "content")}}
            for record in missing
        ]
        yield Step(
            "dkim",
            "Add Email Routing's DKIM record",
            ChangeRecords(posts=tuple(map(body, added))),
            "Email Routing signs what it forwards with this key.",
            added=tuple(map(line, added)),
        )
