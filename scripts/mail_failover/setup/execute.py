"""Carry out steps one at a time: write down, do, read back what really happened, compute anew."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mail_failover.cloudflare import errors
from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, RecordsLocked
from mail_failover.cloudflare.rules import worker_of

from .journal import Journal
from .snapshot import Snapshot, reread
from .step import UNLOCK, AddInbox, AwaitInboxes, ChangeRecords, RemoveInbox, SetCatchAll, Step, SwitchRouting

_MAY_PASS = (errors.Uncertain, errors.Unreachable, errors.AlreadyExists, errors.NotFound)
"""What may be done all the same, or go by; anything else is a refusal."""

TRIES = 3
POLL_SECONDS = 5.0
LONGEST_POLL = 30 * 60.0


class Stopped(Exception):
    """The steps can't go on; the text says why and what to do."""


class Waiting(Exception):
    """A person has to verify these inboxes first."""

    def __init__(self, emails: Sequence[str]) -> None:
        super().__init__(*emails)
        self.emails = tuple(emails)


@dataclass(frozen=True, slots=True)
class Ports:
    """What the steps need of the outside. `doing` and `did` are told of each step."""

    api: Cloudflare
    doing: Callable[[str], None] = lambda _text: None
    did: Callable[[Step], None] = lambda _step: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Where steps lead: which are `left`.

    `check` says why one must not be done. `refused` tells of one that failed for good, or must not be done,
    whether it goes on without it, or with something else first.
    """

    left: Callable[[Snapshot], list[Step]]
    check: Callable[[Step, Snapshot], Stopped | None] = lambda _step, _now: None
    refused: Callable[[Step, ApiError | Stopped, Snapshot], bool] = lambda _step, _error, _now: False


def carry_out(ports: Ports, journal: Journal, now: Snapshot, course: Course) -> Snapshot:
    """Do what is left, step by step, until nothing is.

    A refusal because of a lock that did not show is met by unlocking.

    Raises:
        Waiting: an inbox is not verified.
        Stopped: a step has no effect, or must not be done.
        ApiError: by meaning; what is done is in the journal.

    """
    done, failed = Counter[str](), Counter[str]()
    unlocking = False
    while todo := [UNLOCK] if unlocking else course.left(now):
        step, unlocking = todo[0], False
        error: ApiError | Stopped | None = _in_vain(step, done[step.key]) or course.check(step, now)
        if error is None:
            error = _do(ports, journal, now, step)
            now = _read_back(ports, journal, now, step, error)
        if error is None:
            ports.did(step)
            done[step.key] += 1
            failed[step.key] = 0
            continue
        locked = isinstance(error, RecordsLocked) and step is not UNLOCK
        if locked and not (journal.unlocked or failed[UNLOCK.key]):
            unlocking = True
            continue
        failed[step.key] += 1
        again = failed[step.key] < TRIES or step.key not in {left.key for left in course.left(now)}
        if isinstance(error, _MAY_PASS) and again:
            continue
        if not course.refused(step, error, now):
            raise error
    return now


def _in_vain(step: Step, times: int) -> Stopped | None:
    if times < TRIES:
        return None
    return Stopped(
        f"This was done {TRIES} times and is undone every time: {step.title}."
        " Somebody or something else changes it; find out who, then run this again."
    )


def _do(ports: Ports, journal: Journal, now: Snapshot, step: Step) -> ApiError | None:
    """Do a step; return why it failed, if it did."""
    ports.doing(step.title)
    journal.intend(step, now)
    try:
        if step.action == SwitchRouting("enabled"):
            _try_editing(ports, journal, now)
        journal.made(_perform(ports, now, step), now)
    except ApiError as error:
        return error
    return None


def _read_back(ports: Ports, journal: Journal, now: Snapshot, step: Step, error: ApiError | None) -> Snapshot:
    """Read what a step really did; where that can't be read, why the step failed says more."""
    if error and not isinstance(error, _MAY_PASS):
        journal.retract()
    try:
        inboxes = isinstance(step.action, AddInbox | RemoveInbox | AwaitInboxes)
        switched = isinstance(step.action, SwitchRouting)
        now = reread(ports.api, now, rules=False, inboxes=inboxes, wanted=switched)
    except ApiError as lost:
        raise error or lost from None
    journal.observe(now, done=error is None)
    return now


def _perform(ports: Ports, now: Snapshot, step: Step) -> Sequence[Json]:
    """Do a step; return the records that were made."""
    api, zone = ports.api, now.zone_id
    match step.action:
        case ChangeRecords(deletes, patches, posts):
            answer = api.change_records(zone, deletes=deletes, patches=patches, posts=posts)
            return answer.get("posts") or ()
        case SetCatchAll(rule):
            api.set_catch_all(zone, rule, uploaded=now.script(worker_of(rule)) is not None)
        case SwitchRouting("enabled"):
            api.enable_routing(zone)
        case SwitchRouting("unlocked"):
            api.unlock_routing(zone)
        case SwitchRouting():
            api.disable_routing(zone)
        case AddInbox(email):
            api.add_address(now.account_id, email)
        case RemoveInbox(_, identity):
            api.delete_address(now.account_id, identity)
        case AwaitInboxes(emails):
            _await(ports, now.account_id, emails)
    return ()


def _try_editing(ports: Ports, journal: Journal, now: Snapshot) -> None:
    """Write an SPF record as it is, so that a token that may not mend records switches nothing on.

    Raises:
        ApiError: PermissionMissing, or no answer.

    """
    if now.spf and not any(step["done"] and step["key"] in {"spf", "edge-mx"} for step in journal.steps):
        patch = {"id": now.spf[0]["id"], "content": now.spf[0]["content"]}
        with suppress(errors.Invalid, errors.AlreadyExists, errors.NotFound, RecordsLocked):
            ports.api.change_records(now.zone_id, patches=[patch])


def _await(ports: Ports, account_id: str, emails: Sequence[str]) -> None:
    if not ports.wait:
        raise Waiting(emails)
    end = ports.clock() + LONGEST_POLL
    while True:
        found = {a["email"].lower(): a.get("verified") for a in ports.api.addresses(account_id)}
        left = [email for email in emails if not found.get(email.lower())]
        if not left:
            return
        minutes = int((end - ports.clock()) / 60)
        if minutes < 0:
            raise Waiting(left)
        ports.doing(f"Waiting for the click in the mail to {' and '.join(left)}; {minutes} minutes left")
        ports.sleep(POLL_SECONDS)
