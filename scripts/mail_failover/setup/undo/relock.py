"""The lock of Email Routing's records: lifted where it is in the way of undo, put back where that works."""

from mail_failover.cloudflare.records import read_only, state
from mail_failover.setup.journal.journal import Journal
from mail_failover.setup.plan.step import Step, SwitchRouting
from mail_failover.setup.snapshot import Snapshot

from .restore import WHY

UNLOCK = Step(
    "unlock",
    "Unlock the MX records of Email Routing",
    SwitchRouting("unlocked"),
    "While they are locked they can't be put back.",
    "",
    ("Email Routing's records: locked",),
    ("Email Routing's records: unlocked",),
)

_LOCK = Step(
    "lock",
    "Lock the records of Email Routing again",
    SwitchRouting("enabled"),
    WHY,
    "What Cloudflare may change at that is read back and put right; then they stay unlocked.",
    ("Email Routing's records: unlocked",),
    ("Email Routing's records: locked",),
)

_BY_HAND = "Lock them in the dashboard, if you want that: Email Routing, Settings."


def is_locked(journal: Journal, now: Snapshot) -> bool:
    """Tell whether the records are locked: by our last switch where several SPF records decide the status."""
    if len(now.spf) < 2 or any(map(read_only, now.edge)):
        return now.locked
    switches = [step["change"]["to"] for step in journal.steps if step["kind"] == "SwitchRouting"]
    return now.locked and switches[-1:] != ["unlocked"]


def lock_again(journal: Journal, refusal: str) -> Step | str | None:
    """Return how to lock the records again, why that is left, or None if they were not locked.

    The call that locks is the one that switches on, and nobody knows what that does to other MX. So it is the
    last of all, and is not made twice if it broke something.
    """
    before = journal.before
    lifted = journal.did("SwitchRouting", to="unlocked")
    if before.locked:
        broke = lock_broke(journal)
        if lifted and not (broke or refusal):
            return _LOCK
        changed = "Cloudflare changed them when it locked them" if broke else "somebody else unlocked them"
        return (
            "The records of Email Routing were locked before, and are not now: they stay unlocked, since"
            f" {(refusal or changed).rstrip('.')}. {_BY_HAND}"
        )
    if lifted and before.enabled and before.status != "unlocked":
        return (
            "The records of Email Routing turned out to be locked, so they were unlocked; as that lock does"
            f" not show, it is not put back. {_BY_HAND}"
        )
    return None


def lock_broke(journal: Journal) -> bool:
    """Tell whether locking the records again changed some."""
    return any(
        step["key"] == "lock" and state(old["records"]) != state(new["records"])
        for step, old, new in journal.effects("SwitchRouting")
    )
