"""Take back what an apply did: what the journal says was there, minus what is there now."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mail_failover.cloudflare import Json

from .carry import Course, Ports, carry_out
from .journal import Journal, footprint, group
from .ownership import is_our_rule, is_ours
from .records import Record, host, is_edge, line, read_only, state
from .restore import WHY, put_back
from .step import RemoveInbox, SetCatchAll, Step, SwitchRouting
from .zone import Snapshot, rule_line, rule_state, uses


@dataclass(slots=True)
class Undoing:
    """What is left to take back, and the `conflicts`: what is left as it is, and why.

    `forcible`: whether some of that was changed by others, so that forcing puts it back too.
    `keep`: inboxes that are in use elsewhere, each with where. `foreign`: the records of others, by group.
    """

    journal: Journal
    force: bool = False
    keep: dict[str, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    forcible: bool = False
    relocked: bool = False
    foreign: dict[str, list[Record]] = field(default_factory=dict)

    def steps(self, now: Snapshot, locked: bool | None = None) -> list[Step]:
        """Return what is left, in the order that never leaves the domain worse off.

        `locked` overrides what the snapshot says of it.
        """
        self.conflicts, self.forcible, self.foreign = [], False, {}
        before = self.journal.before
        changes = list(self._changes(now, before))
        # With two SPF records Cloudflare refuses all talk of rules, so bringing those back comes last.
        spf = [*put_back("spf", "Put the SPF record back", [c for c in changes if c[0] == "SPF"])]
        rest = [c for c in changes if c[0] != "SPF"]
        is_locked = now.locked if locked is None else locked
        catch_all, routing = [*self._catch_all(now, before)], [*self._routing(now, before)]
        spf_locked = spf and (locked is True or any(map(read_only, now.spf)))
        guarded = spf_locked or any(name.startswith("MX") for name, _, _ in rest)
        unlock = [_UNLOCK] if is_locked and guarded and not routing else []
        first, last = ([], spf) if len(before.spf) > 1 else (spf, [])
        return [
            *catch_all,
            *routing,
            *unlock,
            *first,
            *put_back("records", "Put the records back", rest),
            *last,
            *self._lock(now, before, is_locked=is_locked),
            *self._inboxes(now, before, [] if catch_all or not now.catch_all else [now.catch_all]),
        ]

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

    def _changes(self, now: Snapshot, before: Snapshot) -> Iterator[tuple[str, list[Record], list[Record]]]:
        """Return the groups of records that differ: their name, what is there, what was there."""
        old, new = _groups(before), _groups(now)
        for name in sorted(old.keys() | new.keys() | self.journal.kept.keys()):
            was, found = old.get(name, []), new.get(name, [])
            kept = None if self.force else self.journal.kept.get(name)
            if kept and not found:
                # Switching off took a record of others along, which does not make it ours.
                yield name, found, kept
            elif state(was) == state(found):
                continue
            if kept is not None:
                self._leave(_shown(found or kept, was))
                self.foreign[name] = kept
                continue
            if self.force or is_ours(self.journal, name, found):
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

    def _lock(self, now: Snapshot, before: Snapshot, *, is_locked: bool) -> Iterator[Step]:
        if not before.locked or not now.enabled or is_locked:
            return
        if self.relocked or not self.journal.did("SwitchRouting", to="unlocked"):
            self.conflicts.append(
                "The records of Email Routing were locked before, and are not now: Cloudflare changes them"
                " when it locks them."
            )
        else:
            yield Step(
                "lock",
                "Lock the records of Email Routing again",
                SwitchRouting("enabled"),
                WHY,
                "What Cloudflare may change at that is read back and put right; then they stay unlocked.",
                ("Email Routing's records: unlocked",),
                ("Email Routing's records: locked",),
            )

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


def undo(ports: Ports, undoing: Undoing, now: Snapshot) -> Snapshot:
    """Take back what the journal says, and return what the domain is then.

    Raises:
        Stopped: a step has no effect.
        ApiError: by meaning.

    """
    undoing.journal.find(now)
    undoing.steps(now)
    undoing.journal.begin_undo(undoing.foreign)

    def check(step: Step, _now: Snapshot) -> None:
        if step.key == "lock":
            undoing.relocked = True

    end = carry_out(ports, undoing.journal, now, Course(undoing.steps, check))
    undoing.journal.finish("partly undone" if undoing.forcible else "undone")
    return end


_UNLOCK = Step(
    "unlock",
    "Unlock the MX records of Email Routing",
    SwitchRouting("unlocked"),
    "While they are locked they can't be put back.",
    "",
    ("Email Routing's records: locked",),
    ("Email Routing's records: unlocked",),
)


def _groups(snapshot: Snapshot) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in footprint(snapshot):
        found.setdefault(group(record, snapshot.domain), []).append(record)
    return found


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
