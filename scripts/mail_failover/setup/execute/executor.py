"""Carry out steps one at a time: write down, do, read back what really happened, compute anew."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import (
    AlreadyExists,
    ApiError,
    Invalid,
    NotFound,
    RecordsLocked,
    Uncertain,
    Unreachable,
    ZonePending,
)
from mail_failover.cloudflare.rules import worker_of
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.plan.step import (
    AddInbox,
    AwaitInboxes,
    ChangeRecords,
    RemoveInbox,
    SetCatchAll,
    Step,
    SwitchRouting,
)
from mail_failover.setup.snapshot import Snapshot, reread

TRIES = 3
POLL_SECONDS = 5.0
LONGEST_POLL = 30 * 60.0


class Stopped(Exception):
    """The steps can't go on; the text says why and what to do."""


class Waiting(Exception):
    """Inboxes have to be verified by a person first."""

    def __init__(self, emails: Sequence[str]) -> None:
        names = " and ".join(emails)
        super().__init__(
            f"A verification mail is on its way to {names}: click the link in it. Nothing catches mail until"
            " then."
        )
        self.emails = tuple(emails)


@dataclass(frozen=True, slots=True)
class Ports:
    """What the steps need of the outside. `doing` and `did` are told of each step, `note` of all else."""

    api: Cloudflare
    account_id: str
    doing: Callable[[str], None] = lambda _text: None
    did: Callable[[Step], None] = lambda _step: None
    note: Callable[[str], None] = lambda _text: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Which steps are left in a snapshot, where the lock may be known better than the snapshot knows it.

    `check` raises for a step that must not be done; `postpone` says of one that was refused whether something
    else has to come first, or instead.
    """

    left: Callable[[Snapshot, bool | None], list[Step]]
    check: Callable[[Step, Snapshot], None]
    postpone: Callable[[Step, Snapshot], bool] = lambda _step, _now: False


class _Tries:
    """How often each step was done, and failed since it was done last."""

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def begin(self, step: Step) -> None:
        """Stop what comes back every time."""
        if self._done[step.key] >= TRIES:
            raise Stopped(
                f"This was done {TRIES} times and is undone every time: {step.title}."
                " Somebody or something else changes it; find out who, then run this again."
            )

    def end(self, step: Step, failure: ApiError | None) -> None:
        """Count how it ended; raise the failure where trying again does not help."""
        if failure is None:
            self._done[step.key] += 1
            self._failed[step.key] = 0
            return
        self._failed[step.key] += 1
        if self._failed[step.key] >= TRIES:
            raise failure


def carry_out(ports: Ports, journal: Journal, now: Snapshot, course: Course) -> Snapshot:
    """Do what is left, step by step, until nothing is.

    Raises:
        Waiting: an inbox is not verified.
        Stopped: a step has no effect, or must not be done.
        ApiError: by meaning; what is done is in the journal.

    """
    tries = _Tries()
    locked: bool | None = None
    may_edit = False
    while todo := course.left(now, locked):
        step = todo[0]
        course.check(step, now)
        tries.begin(step)
        ports.doing(step.title)
        journal.intend(step)
        failure = _try(ports, now, step, may_edit=may_edit)
        may_edit = may_edit or (failure is None and isinstance(step.action, ChangeRecords))
        if failure and _is_final(failure, step, now, course, locked):
            with suppress(ApiError):
                journal.observe(_reread(ports, now, step))
            raise failure
        was, locked = locked, _lock_after(step, failure, locked)
        now = _reread(ports, now, step)
        journal.observe(now)
        if failure is None:
            ports.did(step)
        elif step.key not in {left.key for left in course.left(now, locked)}:
            failure = None
        # A refusal that taught us the lock says nothing of the step.
        if failure is None or locked == was:
            tries.end(step, failure)
    return now


def _try(ports: Ports, now: Snapshot, step: Step, *, may_edit: bool) -> ApiError | None:
    """Do a step; return the failure, if it failed."""
    try:
        if step.action == SwitchRouting("enabled") and not may_edit:
            _try_editing(ports, now)
        perform(ports, now, step)
    except ApiError as error:
        return error
    return None


def _is_final(failure: ApiError, step: Step, now: Snapshot, course: Course, locked: bool | None) -> bool:
    """Tell whether a step failed for good: it was refused, and nothing else can be done first, or instead."""
    if isinstance(failure, Uncertain | Unreachable | AlreadyExists | NotFound):
        return False
    if isinstance(failure, RecordsLocked):
        if step.key != "unlock" and locked is not False:
            return False
        failure.fix = "Unlocking does not help: change it in the dashboard, then run this again."
    can_wait = isinstance(failure, Invalid | ZonePending | RecordsLocked)
    return not (can_wait and course.postpone(step, now))


def _lock_after(step: Step, failure: ApiError | None, locked: bool | None) -> bool | None:
    """Return what is known of the lock; its status may say "locked" for another reason, such as SPF."""
    if isinstance(failure, RecordsLocked) and locked is not False:
        return True
    if failure is None and isinstance(step.action, SwitchRouting):
        return False if step.action.to == "unlocked" else None
    return locked


def perform(ports: Ports, now: Snapshot, step: Step) -> None:
    """Do one step.

    Raises:
        Waiting: it is a wait for a person, and nobody asked to wait.
        ApiError: by meaning.

    """
    api, zone = ports.api, now.zone_id
    match step.action:
        case ChangeRecords(deletes, patches, posts):
            api.change_records(zone, deletes=deletes, patches=patches, posts=posts)
        case SetCatchAll(rule):
            api.set_catch_all(zone, rule, uploaded=now.script(worker_of(rule)) is not None)
        case SwitchRouting("enabled"):
            api.enable_routing(zone)
        case SwitchRouting("unlocked"):
            api.unlock_routing(zone)
        case SwitchRouting():
            api.disable_routing(zone)
        case AddInbox(email):
            api.add_address(ports.account_id, email)
        case RemoveInbox(_, identity):
            api.delete_address(ports.account_id, identity)
        case AwaitInboxes(emails):
            _await(ports, emails)


def _try_editing(ports: Ports, now: Snapshot) -> None:
    """Write an SPF record as it is, so that a token that may not mend records switches nothing on.

    Raises:
        ApiError: PermissionMissing, or no answer.

    """
    if now.spf:
        patch = {"id": now.spf[0]["id"], "content": now.spf[0]["content"]}
        with suppress(Invalid, AlreadyExists, NotFound, RecordsLocked):
            ports.api.change_records(now.zone_id, patches=[patch])


def _reread(ports: Ports, now: Snapshot, step: Step) -> Snapshot:
    inboxes = isinstance(step.action, AddInbox | RemoveInbox | AwaitInboxes)
    wanted = isinstance(step.action, SwitchRouting)
    return reread(ports.api, now, ports.account_id, inboxes=inboxes, wanted=wanted)


def _await(ports: Ports, emails: Sequence[str]) -> None:
    if not ports.wait:
        raise Waiting(emails)
    end = ports.clock() + LONGEST_POLL
    while True:
        found = {a["email"].lower(): a.get("verified") for a in ports.api.addresses(ports.account_id)}
        left = [email for email in emails if not found.get(email.lower())]
        if not left:
            return
        minutes = int((end - ports.clock()) / 60)
        if minutes < 0:
            raise Waiting(left)
        ports.doing(f"Waiting for the click in the mail to {' and '.join(left)}; {minutes} minutes left")
        ports.sleep(POLL_SECONDS)
