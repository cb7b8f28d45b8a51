"""What is left to do: what a domain should be, minus what it is. Pure."""

from collections.abc import Iterator

from mail_failover.cloudflare.records import COMMENT, body, line, read_only, text
from mail_failover.cloudflare.rules import points_to, rule_line
from mail_failover.mail.spf.record import EDGE_RECORD
from mail_failover.setup.journal import Journal
from mail_failover.setup.snapshot import Snapshot
from mail_failover.setup.step import (
    UNLOCK,
    AddInbox,
    AwaitInboxes,
    ChangeRecords,
    SetCatchAll,
    Step,
    SwitchRouting,
)

from .goal import Goal
from .preference import MAY_UNLOCK, edge_missing, primary_first

SENT_BEFORE = (
    "The verification mail to {} was sent when it was added: click the link in it, or have it sent again in"
    " the dashboard (Email Routing, Destination addresses)."
)


def steps(now: Snapshot, goal: Goal, journal: Journal | None = None) -> list[Step]:
    """Return what is left to do, in the order that never leaves the domain worse off."""
    locked = now.locked and not (journal and journal.unlocked)
    mend, spf = [*primary_first(now, goal)], [*_spf(now, goal)]
    adding = [*edge_missing(now, goal)]
    # Reports differ on whether Email Routing locks the SPF record too; one that was refused says so.
    spf_locked = bool(spf) and any(map(read_only, now.spf))
    unlocking = [UNLOCK] if locked and (mend or adding or spf_locked) else []
    early, late = (unlocking, []) if mend or spf_locked else ([], unlocking)
    # Two SPF records break the mail that the primary sends; all else can wait until mail goes to the primary.
    first = [*spf, *early, *mend] if len(now.spf) > 1 and not spf_locked else [*early, *mend, *spf]
    inboxes, catch_all = _inboxes(now, goal), _catch_all(now, goal)
    return [*first, *inboxes, *catch_all, *late, *adding, *_enable(now, goal), *_dkim(now)]


def _spf(now: Snapshot, goal: Goal) -> Iterator[Step]:
    current = now.spf
    if goal.in_the_way or [text(record) for record in current] == [text(goal.spf)]:
        return
    wanted = body(goal.spf)
    # Email Routing's own would belong to it even when edited, and go with it; so that one is replaced.
    same = [r for r in current if r["id"] == goal.spf.get("id")]
    kept = [r for r in same if text(r) != EDGE_RECORD or text(r) == text(goal.spf)]
    action = ChangeRecords(
        tuple(record["id"] for record in current if record not in kept),
        tuple({"id": r["id"], "content": wanted["content"]} for r in kept if text(r) != text(goal.spf)),
        () if kept else (wanted,),
    )
    title = "Add Email Routing to the SPF record" if current else "Create the SPF record"
    affects = "Mail that your own server sends: its terms stay as they are."
    if "id" not in goal.spf:
        affects = "None yet: it ends in ?all, which says nothing of other servers."
    affects += f" {MAY_UNLOCK}" * (now.enabled and now.status != "unlocked")
    yield Step(
        "spf",
        title if len(current) < 2 else "Make one SPF record of several",
        action,
        "Email Routing sends on under its own addresses, so the domain's one SPF record has to list them.",
        affects,
        tuple(map(line, current)),
        (line(goal.spf),),
        goal.spf_unsafe,
        goal.spf_asks,
    )


def _inboxes(now: Snapshot, goal: Goal) -> Iterator[Step]:
    for email in goal.wish.inboxes:
        if now.address(email) is None:
            yield Step(
                f"inbox:{email.lower()}",
                f"Add the inbox {email}",
                AddInbox(email),
                "The Worker can forward only to verified destination addresses.",
                "Cloudflare sends a verification mail there; somebody has to click the link in it.",
                added=(f"destination address {email}",),
            )
    waiting = [e for e in goal.wish.inboxes if not (now.address(e) or {}).get("verified")]
    old = [email for email in waiting if now.address(email)]
    if waiting:
        yield Step(
            "verify",
            f"Wait until {' and '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} verified",
            AwaitInboxes(tuple(waiting)),
            "Until then the Worker could not forward there, so mail must not reach it.",
            f"The steps after this one. {SENT_BEFORE.format(' and '.join(old)) if old else ''}".rstrip(),
            tuple(f"{email}: not verified" for email in waiting),
            tuple(f"{email}: verified" for email in waiting),
        )


def _catch_all(now: Snapshot, goal: Goal) -> Iterator[Step]:
    rule = now.catch_all
    if points_to(rule, goal.wish.worker):
        return
    unsafe, script = "", now.script(goal.wish.worker)
    if script and script.get("handlers") is None:
        unsafe = f"Cloudflare does not say whether the Worker {goal.wish.worker} takes mail."
    if rule and (rule.get("enabled") or any(a.get("type") != "drop" for a in rule.get("actions") or ())):
        unsafe += (
            f" It overwrites your catch-all: {rule_line(rule)}. The journal keeps it, and undo restores it."
        )
    yield Step(
        "catch-all",
        f"Let the catch-all hand mail to the Worker {goal.wish.worker}",
        SetCatchAll(goal.rule),
        "The Worker forwards each message and tells you.",
        "Mail to every address that no rule of its own takes.",
        (f"catch-all: {rule_line(rule)}",) if rule else (),
        (f"catch-all: {rule_line(goal.rule)}",),
        unsafe.strip(),
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
        " 99 for its MX, or remove yours: what it made is read back at once and put right as shown here.",
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
