"""What is left to take back: what the journal says was there, minus what is there now. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.errors import (
    AlreadyExists,
    ApiError,
    InboxUnverified,
    Invalid,
    NotFound,
    PermissionMissing,
    RecordsLocked,
    ServerFailure,
    WorkerNotFound,
    ZonePending,
)
from mail_failover.cloudflare.records import Record, host, is_edge, line, priority, read_only, state
from mail_failover.cloudflare.rules import rule_line, rule_state, uses
from mail_failover.mail.edge import EDGE_SUFFIX
from mail_failover.setup.execute.executor import Stopped
from mail_failover.setup.journal.journal import Journal, footprint, group
from mail_failover.setup.journal.ownership import is_our_rule, is_ours
from mail_failover.setup.plan.preference import primary_wins, renumber
from mail_failover.setup.plan.step import RemoveInbox, SetCatchAll, Step, SwitchRouting
from mail_failover.setup.snapshot import Snapshot

from .relock import UNLOCK, is_locked, lock_again, lock_broke
from .restore import WHY, put_back

_FINAL = (Stopped, AlreadyExists, Invalid, NotFound, RecordsLocked, ZonePending)
"""What trying again, or a person, is not likely to help."""

MENDABLE = (InboxUnverified, PermissionMissing, ServerFailure, WorkerNotFound)
"""What a person, or time, may help; if not, forcing leaves the step."""


@dataclass(slots=True)
class UndoPlan:
    """What is left to take back, and the `conflicts`: what is left as it is, and why.

    `forcible`: whether some of that was changed by others, so that forcing puts it back too.
    `keep`: inboxes that are in use elsewhere, each with where. `foreign`: the records of others, by group.
    `refused`: the steps that Cloudflare does not let us do, by key, each with why.
    `doing`: the step that was begun last. `unlocked`: why the records can't be locked again.
    """

    journal: Journal
    force: bool = False
    keep: dict[str, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    forcible: bool = False
    foreign: dict[str, list[Record]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    doing: Step | None = None
    unlocked: str = ""

    def steps(self, now: Snapshot, locked: bool | None = None) -> list[Step]:
        """Return what is left, in the order that never leaves the domain worse off.

        `locked` overrides what the snapshot says of it.
        """
        guarded = is_locked(self.journal, now) if locked is None else locked
        self.conflicts, self.forcible, self.foreign = list(self.refused.values()), False, {}
        before = self.journal.before
        ends_on = now.enabled and (before.enabled or not self.journal.did("SwitchRouting", to="enabled"))
        records = [*self._records(now, before, refused=locked is True, guarded=guarded, ends_on=ends_on)]
        catch_all = [*self._catch_all(now, before)]
        stays = not catch_all or "catch-all" in self.refused
        found = [
            *catch_all,
            *self._routing(now, before),
            *records,
            *self._inboxes(now, before, [now.catch_all] if now.catch_all and stays else []),
            *self._lock(guarded=guarded, ends_on=ends_on),
        ]
        return [step for step in found if step.key not in self.refused]

    def begin(self, step: Step, _now: Snapshot) -> None:
        """Take note of what is done now."""
        self.doing = step

    def set_aside(self, failure: ApiError | Stopped) -> bool:
        """Leave the step that failed, and tell whether that can be done; the lock always can be left."""
        assert self.doing  # noqa: S101 - nothing fails before a step is begun
        said = failure.what if isinstance(failure, ApiError) else str(failure)
        if self.doing.key == "lock":
            self.unlocked = f"Cloudflare refused: {said}"
            return True
        if not isinstance(failure, _FINAL) and not (self.force and isinstance(failure, MENDABLE)):
            return False
        lines = [*(f"- {text}" for text in self.doing.removed), *(f"+ {text}" for text in self.doing.added)]
        self.refused[self.doing.key] = (
            f"Left, since Cloudflare refuses it: {self.doing.title}. {said}"
            f" Do it in the dashboard: {'; '.join(lines)}"
        )
        return True

    @property
    def was_locking(self) -> bool:
        """Whether the records were locked, or may have been, and what that broke may not be put right yet."""
        return self.doing is not None and (self.doing.key == "lock" or lock_broke(self.journal))

    def _records(
        self, now: Snapshot, before: Snapshot, *, refused: bool, guarded: bool, ends_on: bool
    ) -> Iterator[Step]:
        changes = list(self._changes(now, before, ends_on=ends_on))
        # With two SPF records Cloudflare refuses all talk of rules, so bringing those back comes last.
        spf = [*put_back("spf", "Put the SPF record back", [c for c in changes if c[0] == "SPF"])]
        # The primary's MX that are gone do not wait for anything that may be refused.
        missing = [c for c in changes if c[0].startswith("MX") and not c[1] and not _is_edge(c[0])]
        rest = [c for c in changes if c[0] != "SPF" and c not in missing]
        spf_locked = spf and (refused or any(map(read_only, now.spf)))
        concerned = spf_locked or any(name.startswith("MX") for name, _, _ in changes)
        switching_off_unlocks = not ends_on and "disable" not in self.refused
        if guarded and concerned and not switching_off_unlocks:
            yield UNLOCK
        yield from put_back("own-mx", "Put the primary's MX back", missing)
        first, last = ([], spf) if len(before.spf) > 1 else (spf, [])
        yield from first
        yield from put_back("records", "Put the records back", rest)
        yield from last
        if "records" in self.refused and now.enabled and not primary_wins(now):
            yield from renumber(now, min(map(priority, now.edge), default=0))

    def _routing(self, now: Snapshot, before: Snapshot) -> Iterator[Step]:
        if now.enabled == before.enabled:
            return
        if now.enabled and self.journal.did("SwitchRouting", to="enabled"):
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
        else:
            was = "on" if before.enabled else "off"
            self.conflicts.append(f"Email Routing was {was} before, and somebody else switched it since.")

    def _changes(
        self, now: Snapshot, before: Snapshot, *, ends_on: bool
    ) -> Iterator[tuple[str, list[Record], list[Record]]]:
        """Return the groups of records that differ: their name, what is there, what was there."""
        old, new = _groups(before), _groups(now)
        kept = {} if self.force else self.journal.kept
        if not ends_on:
            # An edge that is off refuses mail for good, so it is named only where it was so before.
            old = {name: was for name, was in old.items() if not (_is_edge(name) and before.enabled)}
            kept = {name: those for name, those in kept.items() if name in old or not _is_edge(name)}
        for name in sorted(old.keys() | new.keys() | kept.keys()):
            was, found = old.get(name, []), new.get(name, [])
            if kept.get(name) and not found:
                # Switching off took a record of others along, which does not make it ours.
                yield name, found, kept[name]
            elif state(was) == state(found):
                continue
            refuses = not (ends_on or was) and _is_edge(name, now.domain)
            if name in kept:
                self._leave(_shown(found or kept[name], was))
                self.foreign[name] = found or kept[name]
            elif self.force or refuses or is_ours(self.journal, name, found):
                yield name, found, was
            else:
                self._leave(_shown(found, was))
                self.foreign[name] = found

    def _leave(self, what: str) -> None:
        self.conflicts.append(f"Changed by somebody else since, and left: {what}")
        self.forcible = True

    def _catch_all(self, now: Snapshot, before: Snapshot) -> Iterator[Step]:
        if before.catch_all is None or now.catch_all is None:
            return
        was, found = rule_state(before.catch_all), rule_state(now.catch_all)
        if was == found:
            return
        if not self.force and not is_our_rule(self.journal, now.catch_all):
            self._leave(f"catch-all: {rule_line(now.catch_all)}")
            return
        rule = {k: v for k, v in before.catch_all.items() if k not in {"id", "tag"}}
        if rule.get("source") == "wrangler" and not rule.get("owner_worker_tag"):
            del rule["source"]
        yield Step(
            "catch-all",
            "Put the catch-all back",
            SetCatchAll(rule),
            WHY,
            "Mail to every address that no rule of its own takes.",
            (f"catch-all: {rule_line(now.catch_all)}",),
            (f"catch-all: {rule_line(before.catch_all)}",),
        )

    def _lock(self, *, guarded: bool, ends_on: bool) -> Iterator[Step]:
        found = lock_again(self.journal, self.unlocked) if ends_on and not guarded else None
        if isinstance(found, Step):
            yield found
        elif found:
            self.conflicts.append(found)

    def _inboxes(self, now: Snapshot, before: Snapshot, catch_all: list[Json]) -> Iterator[Step]:
        added = {s["change"]["email"].lower() for s in self.journal.steps if s["kind"] == "AddInbox"}
        for address in now.addresses:
            email = str(address["email"])
            if email.lower() not in added or before.address(email):
                continue
            here = _used_here([*(now.rules or ()), *catch_all], email, self.journal.worker)
            if where := self.keep.get(email.lower()) or here:
                self.conflicts.append(f"The inbox {email} stays: it is used by {where}.")
                continue
            yield Step(
                f"inbox:{email.lower()}",
                f"Remove the inbox {email}",
                RemoveInbox(email, str(address.get("id") or address.get("tag"))),
                WHY,
                removed=(f"destination address {email}",),
            )


def _groups(snapshot: Snapshot) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in footprint(snapshot):
        found.setdefault(group(record, snapshot.domain), []).append(record)
    return found


def _is_edge(name: str, domain: str = "") -> bool:
    """Tell whether a group of records is an MX of the edge, at the domain itself if that is given."""
    return name.startswith(f"MX {domain} " if domain else "MX ") and name.endswith(EDGE_SUFFIX)


def _stops(now: Snapshot) -> Iterator[str]:
    """Say what else works no more without Email Routing."""
    for rule in now.rules or ():
        if rule.get("enabled"):
            to = next((str(m.get("value")) for m in rule.get("matchers") or () if m.get("value")), "?")
            yield f" The rule for {to} stops: {rule_line(rule)}."
    names = {host(record["name"]) for record in now.records if is_edge(record)} - {now.domain}
    for name in sorted(names):
        yield f" Email Routing of {name} stops."


def _shown(found: list[Record], was: list[Record]) -> str:
    return "; ".join(map(line, found)) or f"nothing where there was {'; '.join(map(line, was))}"


def _used_here(rules: list[Json], email: str, worker: str) -> str:
    for rule in rules:
        if uses(rule, email, worker):
            return f"the rule {rule_line(rule)}"
    return ""
