"""The journal of one apply: what was there, what is ours, and so whose is what is there now.

Three states decide, thing by thing (records by id, and the catch-all). Base: what was there at the first
command. Ours: exactly what we sent, and what a switch of Email Routing did, at names that it lists for this
zone, until that was read back. Now: ours goes back to base; what is neither is others'.

It is on the disk before every change. The file is replaced as a whole: a crash leaves the old or the new one.
"""

import copy
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import Record, fields, host, is_edge, spf, text
from mail_failover.cloudflare.rules import rule_state
from mail_failover.disk import replace_whole
from mail_failover.errors import UsageError
from mail_failover.mail.spf.record import EDGE_RECORD

from .snapshot import CATCH_ALL, Snapshot, Things
from .step import UNLOCK, AddInbox, ChangeRecords, SetCatchAll, Step, SwitchRouting

FORMAT = 2
State = Literal["open", "applied", "undoing", "partly undone", "undone"]
Owner = Literal["base", "ours", "theirs"]
_DAMAGED = "Put a good copy there; without one, move it away: then undo knows nothing of that apply."
_NOT_KEPT = ("path", "must_write", "unlocked", "kept_back")


def said(thing: Json | None) -> object:
    """Return what a thing says, whoever wrote it and when; None for what is not there."""
    if thing is None:
        return None
    return rule_state(thing) if "actions" in thing else fields(thing)


@dataclass(slots=True)
class Journal:
    """One file; `base`, `enabled` and `inboxes` are what was there at its first command.

    `theirs` is what others made of a thing before we, or a switch of ours, touched it; `ours` what a thing is
    once it is ours, None if gone; `sent` are new records, whose ids are not known; `pending` is what was
    there before a switch that nobody read back yet; `added` are inboxes. `switched`: we switched it on.
    Its states: `open`, an apply began and has not ended; `applied`; `undoing`, an undo of it has not ended;
    `partly undone`, some of it was left, since others changed it or Cloudflare refused; `undone`.
    Not in the file: without `must_write` a disk that is full is passed over; `unlocked` is what this run did
    last to Email Routing's lock, which its status need not show; `kept_back` is what was ours before its last
    step.
    """

    path: Path
    domain: str
    worker: str
    enabled: bool
    inboxes: list[str]
    base: Things
    state: State = "open"
    theirs: dict[str, Json | None] = field(default_factory=dict)
    ours: dict[str, list[Json | None]] = field(default_factory=dict)
    sent: list[Json] = field(default_factory=list)
    pending: Things | None = None
    added: list[str] = field(default_factory=list)
    switched: bool = False
    steps: list[Json] = field(default_factory=list)
    unlocked: bool = False
    must_write: bool = True
    kept_back: tuple[Any, ...] = ()

    @classmethod
    def create(cls, folder: Path, now: Snapshot, worker: str) -> "Journal":
        """Begin a journal under `folder`, on the disk when this returns.

        Raises:
            UsageError: the folder can't be written.

        """
        stamp = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        parent = folder / now.domain
        names = (f"{stamp}-{n:03d}.json" for n in range(1000))
        path = next(parent / name for name in names if not (parent / name).exists())
        inboxes = [address["email"] for address in now.addresses]
        journal = cls(path, now.domain, worker, now.enabled, inboxes, now.things)
        journal.write()
        return journal

    @classmethod
    def load(cls, path: Path) -> "Journal":
        """Read a journal of the domain that its folder is named after.

        Raises:
            UsageError: it can't be read, is damaged, or is another domain's.

        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            known, written = data.pop("format", None), data.pop("checksum", None)
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            raise UsageError(f"{path}: not a journal that can be read.", _DAMAGED) from None
        if known != FORMAT:
            fix = "Undo it with that one; once it is undone, move it away."
            raise UsageError(f"{path}: written by another version of mail-failover.", fix)
        if written != _checksum(data):
            raise UsageError(f"{path}: not as it was written.", _DAMAGED)
        if data["domain"] != path.parent.name:
            raise UsageError(f"{path}: the journal of {data['domain']}.", "Move it to that domain's folder.")
        return cls(path, **data)

    @classmethod
    def left(cls, folder: Path, domain: str) -> Iterator["Journal"]:
        """Return the journals of the domain that are not undone, the newest first; raises as `load` does."""
        for path in sorted((folder / domain).glob("*.json"), reverse=True):
            journal = cls.load(path)
            if journal.state != "undone":
                yield journal

    @classmethod
    def latest(cls, folder: Path, domain: str) -> "Journal | None":
        """Return the newest of these that is in place; failing that, the newest that is partly undone."""
        found = [*cls.left(folder, domain)]
        return next((j for j in found if j.state != "partly undone"), next(iter(found), None))

    # --- whose is what is there ---

    def whose(self, key: str, now: Json | None) -> Owner:
        """Tell whose a thing is as it is now; None where it is not there."""
        state = said(now)
        if state == said(self.base.get(key)) and (key in self.base or key not in self.theirs):
            return "base"
        new = self.sent if now is not None and key not in self.base else ()
        return "ours" if state in [said(each) for each in (*self.ours.get(key, ()), *new)] else "theirs"

    def was(self, key: str, *, forced: bool = False) -> Json | None:
        """Return what is to be there again; `forced`: what was there first, whatever others made of it."""
        return self.theirs[key] if key in self.theirs and not forced else self.base.get(key)

    def lost(self, now: Snapshot) -> list[Record]:
        """Return what went with a switch of ours and is not back, as it was."""
        there, known = now.footprint, (key for key in {**self.base, **self.theirs} if key != CATCH_ALL)
        gone = [key for key in known if key not in there and self.whose(key, None) == "ours"]
        return [record for record in map(self.was, gone) if record]

    # --- what is done ---

    def intend(self, step: Step, now: Snapshot) -> None:
        """Write down what is about to be done to the domain as it is now."""
        there = now.things
        self.kept_back = copy.deepcopy((self.ours, self.sent, self.added, self.switched, self.pending))
        match step.action:
            case ChangeRecords(deletes, patches, posts):
                for key in deletes:
                    self._mine(key, there.get(key), None)
                for patch in patches:
                    old = there.get(patch["id"], {})
                    self._mine(patch["id"], old or None, {**old, **patch})
                self.sent += [post for post in posts if post not in self.sent]
            case SetCatchAll(rule):
                self._mine(CATCH_ALL, there.get(CATCH_ALL), rule)
            case AddInbox(email):
                self.added.append(email.lower())
            case SwitchRouting(to) if to != "unlocked":
                self.pending = now.footprint
                self.switched = self.switched or to == "enabled"
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.steps.append({"at": at, "key": step.key, "title": step.title, "done": None})
        self.write()

    def made(self, records: Sequence[Json], now: Snapshot) -> None:
        """Learn under which ids Cloudflare made what the last step sent."""
        there = {key: record for key, record in now.footprint.items() if self.ours.get(key, [0])[-1]}
        self._find_again(there | {str(record["id"]): record for record in records})

    def retract(self) -> None:
        """Forget what the last step was to make ours: it was refused."""
        self.ours, self.sent, self.added, self.switched, self.pending = self.kept_back
        self.write()

    def observe(self, now: Snapshot, *, done: bool | None = None) -> None:
        """Write down what is there now; `done` says how the last step ended, if one was begun."""
        self.learn(now)
        if done is not None:
            self.steps[-1]["done"] = done
            self.unlocked = self.unlocked or (done and self.steps[-1]["key"] == UNLOCK.key)
        self.write()

    def learn(self, now: Snapshot) -> None:
        """Find out from what is there now what nobody read back yet."""
        if now.catch_all is not None and self.whose(CATCH_ALL, now.catch_all) != "ours":
            self.base.setdefault(CATCH_ALL, now.catch_all)
        if self.pending is not None:
            self._settle(self.pending, now)
            self.pending = None
        self._find_again(now.footprint)

    def finish(self, state: State, now: Snapshot | None = None) -> None:
        """Write down how far it has come; what is `now` as it was is not put back a second time."""
        there = now.things if now else {}
        for key in [k for k in there if k in self.base and said(there[k]) == said(self.was(k))]:
            self.ours.pop(key, None)
        if self.state != state:
            self.state = state
            self.write()

    def write(self) -> None:
        """Bring it to the disk.

        Raises:
            UsageError: it can't be written, and must be.

        """
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in _NOT_KEPT}
        data = {"format": FORMAT, **data, "checksum": _checksum(data)}
        try:
            replace_whole(self.path, json.dumps(data, indent=1))
        except OSError as error:
            if self.must_write:
                raise UsageError(f"{self.path}: the journal can't be written: {error.strerror}.") from error

    def _mine(self, key: str, found: Json | None, after: Json | None) -> None:
        """Note what becomes of a thing; what it was is kept, if it was somebody's and not Email Routing's."""
        written = found is not None and text(found) == EDGE_RECORD
        if self.state != "undoing" and not written and self.whose(key, found) == "theirs":
            self.theirs[key] = found
        self.ours.setdefault(key, []).append(after)

    def _settle(self, before: Things, now: Snapshot) -> None:
        """Find out what a switch of Email Routing did; what others had that went with it is theirs still."""
        after = now.footprint
        for key in dict.fromkeys([*before, *after]):
            old, new = before.get(key), after.get(key)
            if said(old) == said(new) or (new is not None and not _is_listed(new, now)):
                continue
            # What Email Routing wrote since, whoever switched it on, is nobody's once it is gone.
            written = old is not None and new is None and key not in self.base and _is_listed(old, now)
            if old is not None and not written and self.whose(key, old) == "theirs":
                self.theirs[key] = old
            self.ours.setdefault(key, []).append(new)

    def _find_again(self, there: Things) -> None:
        """Know what was made anew, under another id: what was there, or else our SPF record in its place."""
        for heir in (False, True):
            for key in [k for k in {**self.base, **self.theirs} if k != CATCH_ALL and k not in there]:
                was = self.was(key)
                for new in [k for k in there if k not in self.base and k not in self.ours]:
                    ours = heir and self.whose(new, there[new]) == "ours" and spf([there[new]], self.domain)
                    if was and (said(there[new]) == said(was) or (ours and spf([was], self.domain))):
                        self._rename(key, new, there[new])
                        break

    def _rename(self, key: str, new: str, record: Json) -> None:
        if key in self.base:
            self.base[new] = self.base.pop(key)
        if key in self.theirs:
            self.theirs[new] = self.theirs.pop(key)
        self.ours.pop(key, None)
        if self.whose(new, record) == "theirs":
            self.ours[new] = [record]


def _is_listed(record: Record, now: Snapshot) -> bool:
    """Tell whether a record is one that Email Routing names for this zone, whatever its numbers."""
    same = [r for r in now.wanted if (r["type"], host(r["name"])) == (record["type"], host(record["name"]))]
    return is_edge(record) or text(record) in map(text, same)


def _checksum(data: Json) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
