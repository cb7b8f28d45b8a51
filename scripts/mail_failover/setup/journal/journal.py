"""The journal of one apply: what was there before, what each step was to do, what it really did.

It is on the disk before the first change, and after every step; a file is replaced as a whole, so a crash
leaves the old one or the new one.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import Record, host, is_edge, spf
from mail_failover.errors import UsageError
from mail_failover.setup.plan.step import Step
from mail_failover.setup.snapshot import Snapshot

from .schema import FORMAT, FOUND, State, is_journal


class Journal:
    """One file.

    Its states: `open`, an apply began and has not ended; `applied`; `undoing`, an undo of it has not ended;
    `partly undone`, some of it was left, since others changed it or Cloudflare refused; `undone`.
    Without `must_write` a disk that is full is passed over.
    """

    def __init__(self, path: Path, data: Json) -> None:
        self.path = path
        self.must_write = True
        self._data = data

    @classmethod
    def create(cls, folder: Path, before: Snapshot, account_id: str, worker: str) -> "Journal":
        """Begin a journal under `folder`, on the disk when this returns.

        Raises:
            UsageError: the folder can't be written.

        """
        stamp = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        parent = folder / before.domain
        names = (f"{stamp}-{n:03d}.json" for n in range(1000))
        path = next(parent / name for name in names if not (parent / name).exists())
        data = {
            "format": FORMAT,
            "domain": before.domain,
            "account_id": account_id,
            "worker": worker,
            "state": "open",
            "before": before.to_json(),
            "steps": [],
        }
        journal = cls(path, data)
        journal._write()
        return journal

    @classmethod
    def load(cls, path: Path) -> "Journal":
        """Read a journal of the domain that its folder is named after.

        Raises:
            UsageError: it can't be read, or is another domain's.

        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            data = None
        if isinstance(data, dict) and data.get("format") != FORMAT:
            raise UsageError(f"{path}: written by another version of mail-failover.", "Use that one.")
        if not is_journal(data):
            raise UsageError(f"{path}: not a journal that can be read.", "Put a good copy there.")
        if data["domain"] != path.parent.name:
            raise UsageError(f"{path}: the journal of {data['domain']}.", "Move it to that domain's folder.")
        return cls(path, data)

    @classmethod
    def left(cls, folder: Path, domain: str) -> Iterator["Journal"]:
        """Return the journals of the domain that are not undone, the newest first.

        Raises:
            UsageError: one can't be read.

        """
        for path in sorted((folder / domain).glob("*.json"), reverse=True):
            journal = cls.load(path)
            if journal.state != "undone":
                yield journal

    @classmethod
    def latest(cls, folder: Path, domain: str) -> "Journal | None":
        """Return the newest journal that is still in place; failing that, the newest that is partly undone.

        Raises:
            UsageError: one can't be read.

        """
        partly = None
        for journal in cls.left(folder, domain):
            if journal.state != "partly undone":
                return journal
            partly = partly or journal
        return partly

    @property
    def state(self) -> State:
        """How far it has come."""
        return self._data["state"]  # type: ignore[no-any-return]

    @property
    def worker(self) -> str:
        """The Worker that the apply set up."""
        return str(self._data.get("worker", ""))

    @property
    def before(self) -> Snapshot:
        """The domain before the first step."""
        return Snapshot.from_json(self._data["before"])

    @property
    def steps(self) -> list[Json]:
        """The steps: `key`, `title`, `kind`, `change`, and `after`, which is None if nobody read it.

        Among them, of the kind FOUND: what was there when a command began.
        """
        return self._data["steps"]  # type: ignore[no-any-return]

    def intend(self, step: Step) -> None:
        """Write down what is about to be done."""
        self.steps.append(
            {
                "at": _stamp(),
                "key": step.key,
                "title": step.title,
                "kind": type(step.action).__name__,
                "change": asdict(step.action),
                "after": None,
            }
        )
        self._write()

    def observe(self, now: Snapshot) -> None:
        """Write down what the last step really did; what could not be read before it is completed."""
        self._complete(now)
        self.steps[-1]["after"] = _seen(now)
        self._write()

    def find(self, now: Snapshot) -> None:
        """Write down what is there when a command begins, so that others' changes are not taken for ours."""
        self._complete(now)
        self.steps.append({"at": _stamp(), "kind": FOUND, "change": {}, "after": _seen(now)})
        self._write()

    def effects(self, *kinds: str, unread: bool = False) -> Iterator[tuple[Json, Json, Json]]:
        """Return each step of these kinds that was read back, what was there before and after it.

        With `unread` also those whose answer was lost: what there is after them is what was read next.
        """
        last, waiting = _seen(self.before), list[Json]()
        for step in self.steps:
            if step["kind"] in kinds and (unread or step["after"] is not None):
                waiting.append(step)
            if step["after"] is not None:
                yield from ((each, last, step["after"]) for each in waiting)
                last, waiting = step["after"], []

    @property
    def kept(self) -> dict[str, list[Record]]:
        """What others made of some groups of records before an undo that goes on, or left something."""
        return self._data.get("kept") or {}

    def begin_undo(self, kept: dict[str, list[Record]]) -> None:
        """Write down that an undo began, and what it must not lose."""
        self._data["kept"] = {name: [dict(record) for record in records] for name, records in kept.items()}
        self._data["state"] = "undoing"
        self._write()

    def finish(self, state: State) -> None:
        """Write down how far it has come."""
        if self.state != state:
            self._data["state"] = state
            self._write()

    def did(self, kind: str, **change: Any) -> bool:
        """Tell whether a step of this kind was at least begun."""
        return any(s["kind"] == kind and change.items() <= s["change"].items() for s in self.steps)

    def _complete(self, now: Snapshot) -> None:
        before = self._data["before"]
        if before["catch_all"] is None and now.catch_all is not None and not self.did("SetCatchAll"):
            before["catch_all"], before["rules"] = now.catch_all, now.rules

    def _write(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_suffix(".new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_lines(self._data))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            if self.must_write:
                raise UsageError(f"{self.path}: the journal can't be written: {error.strerror}.") from error


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(data: Json) -> str:
    """Return JSON with a line for each value and each step: a person may have to read it."""
    steps = ",\n".join(f"  {json.dumps(step, ensure_ascii=False)}" for step in data["steps"])
    rest = (f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in data.items() if k != "steps")
    return "{\n" + ",\n".join(rest) + f',\n"steps": [\n{steps}\n]\n}}\n'


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _seen(now: Snapshot) -> Json:
    return {
        "records": [dict(record) for record in footprint(now)],
        "catch_all": now.catch_all,
        "routing": now.routing,
        "inboxes": [address["email"] for address in now.addresses],
    }


def footprint(now: Snapshot) -> Iterator[Record]:
    """Return the records that we, or Email Routing in our name, may change."""
    return (record for record in now.records if group(record, now.domain))


def group(record: Record, domain: str) -> str:
    """Return which records have to be compared with this one; empty if it is none of our business."""
    name = host(record["name"])
    if record["type"] == "MX" and (name == domain or is_edge(record)):
        return f"MX {name} {host(record['content'])}"
    if spf([record], domain):
        return "SPF"
    is_dkim = name.startswith("cf") and name.endswith(f"._domainkey.{domain}")
    return f"DKIM {name}" if is_dkim else ""
