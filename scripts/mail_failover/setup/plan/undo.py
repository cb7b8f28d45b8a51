"""What is left to take back: what was there, minus what is there now. Apply, backwards. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import Record, body, host, is_edge, line, read_only
from mail_failover.cloudflare.records import spf as spf_records
from mail_failover.cloudflare.rules import addresses_of, rule_line, uses
from mail_failover.setup.journal import Journal, said
from mail_failover.setup.snapshot import CATCH_ALL, Snapshot
from mail_failover.setup.step import UNLOCK, ChangeRecords, RemoveInbox, SetCatchAll, Step, SwitchRouting

from .preference import MAY_UNLOCK

WHY = "It was so before the apply."
LEFT = "Changed by somebody else since, and left:"
GIVEN_BACK = "Changed by somebody else before we did, and given back:"
UNREAD = "The catch-all can't be read while there are several SPF records: merge them, then run this again."
_SENT = frozenset({"matchers", "actions", "enabled", "name", "priority"})
Change = tuple[Record | None, Record | None]
"""A record as it is and as it was; None where there is none."""


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """The `steps` that are left, and the `conflicts`: what is left as it is, and why.

    `forcible`: whether some of that was changed by others, so that forcing puts it back; `partly`: whether
    another undo may do more.
    """

    steps: tuple[Step, ...] = ()
    conflicts: tuple[str, ...] = ()
    forcible: bool = False
    partly: bool = False


def plan_undo(
    journal: Journal,
    now: Snapshot,
    *,
    forced: bool = False,
    used: Mapping[str, str] | None = None,
    refused: Collection[str] = (),
) -> UndoPlan:
    """Say what is left to take back, in the order in which mail is never refused or dropped on the way.

    `used` tells of inboxes where else they are used, `refused` are steps that Cloudflare does not let us do.
    """
    stays_on = now.enabled and (journal.enabled or not journal.switched)
    left = list[str]()
    changes = [*_changes(journal, now, left, stays_on=stays_on, forced=forced)]
    mx = [change for change in changes if _is_mx(change, now)]
    spf = [change for change in changes if spf_records(_sides(change), now.domain)]
    rest = [change for change in changes if change not in mx and change not in spf]
    catch_all = [*_catch_all(journal, now, left, forced=forced)]
    forcible, sent = bool(left), journal.ours.get(CATCH_ALL, [None])[-1]
    unread = now.catch_all is None and sent is not None and said(sent) != said(journal.was(CATCH_ALL))
    if unread:
        left.append(UNREAD)
    gone = [found["id"] for found, was in changes if found and not was]
    others = stays_on and not journal.enabled and any(record["id"] not in gone for record in now.edge)
    guards = catch_all and (others or ("mx" in refused and now.enabled and edge_out(journal, now)))
    if guards:
        # Behind an edge that is still named there has to be the Worker.
        stay = [*catch_all.pop().removed, *(line(found) for found, _ in spf if found)]
        left += [f"Left, while the edge is named: {text}" for text in stay]
        spf = []
    if now.enabled != journal.enabled and not (now.enabled and journal.switched):
        was = "on" if journal.enabled else "off"
        left.insert(0, f"Email Routing was {was} before, and somebody else switched it since.")
    stays = not catch_all or CATCH_ALL in refused
    concerned = mx or (spf and any(map(read_only, now.spf)))
    unlocking = [UNLOCK] if concerned and now.locked and not journal.unlocked else []
    may_unlock = MAY_UNLOCK * (now.enabled and not unlocking and now.status != "unlocked")
    found = [
        *unlocking,
        *_put_back("mx", _title(mx), mx, may_unlock),
        *catch_all,
        *_switch_off(journal, now),
        *_put_back("spf", "Put the SPF record back", spf, may_unlock * stays_on),
        *_put_back("records", "Put the records back", rest),
        *_inboxes(journal, now, left, used or {}, stays=stays),
    ]
    steps = tuple(step for step in found if step.key not in refused)
    return UndoPlan(steps, tuple(left), forcible, bool(forcible or unread or refused or guards))


def edge_out(journal: Journal, now: Snapshot) -> list[Step]:
    """Return what takes out the edge's MX that came with us, where they would refuse mail or drop it."""
    named = {host(str(sent["content"])) for sent in journal.sent if is_edge(sent)}
    ours = [
        (record, None)
        for record in now.edge
        if record["id"] not in journal.base
        and (host(record["content"]) in named or journal.whose(record["id"], dict(record)) == "ours")
    ]
    why = "An edge that is off, or has no Worker behind it, refuses mail for good or drops it."
    return [replace(step, why=why) for step in _put_back("withdraw", _title(ours), ours)]


def _changes(
    journal: Journal, now: Snapshot, left: list[str], *, stays_on: bool, forced: bool
) -> Iterator[Change]:
    """Return the records that go back to what they were, and tell which are somebody's and `left`."""
    # A name that Email Routing does not list any more, as that of an old key, is still where it was.
    there = {str(r["id"]): dict(r) for r in now.records if str(r["id"]) in journal.base} | now.footprint
    # What others wrote in the place of our SPF record stays alone: one is right.
    kept = [record for key, record in journal.theirs.items() if record and key not in journal.base]
    theirs = any(journal.whose(str(record["id"]), dict(record)) == "theirs" for record in now.spf)
    spf_left = not forced and (theirs or bool(spf_records(kept, now.domain)))
    for key in dict.fromkeys([*journal.base, *journal.theirs, *journal.ours, *there]):
        if key == CATCH_ALL:
            continue
        found, was = there.get(key), journal.was(key, forced=forced)
        # An edge that is off refuses mail for good, so it is named only where it was so before.
        if was and is_edge(was) and not stays_on and (journal.enabled or key not in journal.base):
            was = None
        owner, same = journal.whose(key, found), said(found) == said(was)
        mine = key in journal.theirs and not forced
        refuses = not stays_on and was is None and found is not None and is_edge(found)
        if not found and was and spf_left and key in journal.base and spf_records([was], now.domain):
            left.append(f"{LEFT} {_shown(found, was)}")
        elif not same and (refuses or owner == "ours" or (forced and owner == "theirs")):
            left += [f"{GIVEN_BACK} {line(was)}"] if mine and was else []
            yield found, was
        elif (mine and was) or (owner == "theirs" and not same):
            left.append(f"{LEFT} {_shown(found, was)}")


def _catch_all(journal: Journal, now: Snapshot, left: list[str], *, forced: bool) -> Iterator[Step]:
    was, found = journal.was(CATCH_ALL, forced=forced), now.catch_all
    if was is None or found is None or said(was) == said(found):
        return
    owner = journal.whose(CATCH_ALL, found)
    if owner != "ours" and not (forced and owner == "theirs"):
        left.append(f"{LEFT} catch-all: {rule_line(found)}")
        return
    rule = {name: value for name, value in was.items() if name in _SENT}
    owned = was.get("source") == "wrangler"
    yield Step(
        CATCH_ALL,
        "Put the catch-all back",
        SetCatchAll(rule),
        WHY,
        "Mail to every address that no rule of its own takes."
        + (" It was wrangler's, and can be given back only as the API's: deploy that Worker again." * owned),
        (f"catch-all: {rule_line(found)}",),
        (f"catch-all: {rule_line(was)}",),
    )


def _switch_off(journal: Journal, now: Snapshot) -> Iterator[Step]:
    if now.enabled and journal.switched and not journal.enabled:
        yield Step(
            "disable",
            "Switch Email Routing off",
            SwitchRouting("disabled"),
            WHY,
            "Every record that belongs to it goes; what was there before is put back at once."
            + "".join(_stops(now)),
            ("Email Routing: on",),
            ("Email Routing: off",),
        )


def _stops(now: Snapshot) -> Iterator[str]:
    """Say what else works no more without Email Routing."""
    for rule in now.rules or ():
        if rule.get("enabled"):
            to = " and ".join(addresses_of(rule)) or "?"
            yield f" The rule for {to} stops: {rule_line(rule)}."
    names = {host(record["name"]) for record in now.records if is_edge(record)}
    for name in sorted(names - {now.domain, f"cf-bounce.{now.domain}"}):
        yield f" Email Routing of {name} stops."


def _inboxes(
    journal: Journal, now: Snapshot, left: list[str], used: Mapping[str, str], *, stays: bool
) -> Iterator[Step]:
    """Return how the inboxes go that we added, and tell which are in use; the catch-all `stays`, or goes."""
    before = {email.lower() for email in journal.inboxes}
    for address in now.addresses:
        email, where = str(address["email"]), used.get(str(address["email"]).lower(), "")
        if email.lower() not in set(journal.added) - before:
            continue
        # What can't be read is as we left it, for all we know.
        rule = now.catch_all or journal.ours.get(CATCH_ALL, [None])[-1]
        if stays and rule and uses(rule, email, journal.worker):
            where = f"the rule {rule_line(rule)}"
        if where:
            left.append(f"The inbox {email} stays: it is used by {where}.")
            continue
        action = RemoveInbox(email, str(address.get("id") or address.get("tag")))
        removed = (f"destination address {email}",)
        yield Step(f"inbox:{email.lower()}", f"Remove the inbox {email}", action, WHY, removed=removed)


def _put_back(key: str, title: str, changes: Collection[Change], affects: str = "") -> Iterator[Step]:
    """Turn what is there into what was there, in one transaction."""
    if not changes:
        return
    deletes = tuple(str(now["id"]) for now, was in changes if now and not was)
    patches = tuple({"id": now["id"], **_difference(now, was)} for now, was in changes if now and was)
    posts = tuple(body(was) for now, was in changes if was and not now)
    removed = tuple(line(now) for now, _ in changes if now)
    added = tuple(line(was) for _, was in changes if was)
    yield Step(key, title, ChangeRecords(deletes, patches, posts), WHY, affects, removed, added)


def _difference(now: Record, was: Record) -> Json:
    """Return what has to be sent so that a record is as it was; an empty comment is sent as one."""
    wanted, current = ({"comment": "", "tags": [], **body(record)} for record in (was, now))
    return {k: v for k, v in wanted.items() if current.get(k) != v}


def _title(mx: Collection[Change]) -> str:
    only_edge = all(now and is_edge(now) and not was for now, was in mx)
    return "Take the edge's MX out" if only_edge else "Put the MX records back"


def _is_mx(change: Change, now: Snapshot) -> bool:
    return any(r["type"] == "MX" and host(r["name"]) == now.domain for r in _sides(change))


def _sides(change: Change) -> list[Record]:
    return [record for record in change if record]


def _shown(found: Record | None, was: Record | None) -> str:
    return line(found) if found else f"nothing where there was {line(was)}" if was else "nothing"
