"""The step that turns the records that are there into those that were there. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from mail_failover.cloudflare.answers import Json
from mail_failover.cloudflare.records import Record, body, fields, line
from mail_failover.setup.plan.step import ChangeRecords, Step

WHY = "It was so before the apply."


def put_back(
    key: str, title: str, changes: Iterable[tuple[str, list[Record], list[Record]]]
) -> Iterator[Step]:
    """Turn what is there into what was there, in one transaction, with the fewest changes."""
    deletes: list[str] = []
    patches: list[Json] = []
    posts: list[Json] = []
    removed: list[str] = []
    added: list[str] = []
    for _, found, was in changes:
        left, wanted = _without_common(found, was)
        removed += map(line, left)
        added += map(line, wanted)
        for now, then in zip(left, wanted, strict=False):
            patches.append({"id": now["id"], **_difference(now, then)})
        deletes += [record["id"] for record in left[len(wanted) :]]
        posts += [body(record) for record in wanted[len(left) :]]
    if removed or added:
        action = ChangeRecords(tuple(deletes), tuple(patches), tuple(posts))
        yield Step(key, title, action, WHY, "", tuple(removed), tuple(added))


def _without_common(found: list[Record], was: list[Record]) -> tuple[list[Record], list[Record]]:
    """Leave out what is in both; what has the same id stands at the same place in what is left."""
    left, wanted = list(found), []
    for record in was:
        same = next((r for r in left if fields(r) == fields(record)), None)
        if same is not None:
            left.remove(same)
        else:
            wanted.append(record)
    wanted_ids = [record.get("id") for record in wanted]
    left.sort(key=lambda r: wanted_ids.index(r["id"]) if r["id"] in wanted_ids else len(wanted_ids))
    left_ids = [record.get("id") for record in left]
    wanted.sort(key=lambda r: left_ids.index(r["id"]) if r.get("id") in left_ids else len(left_ids))
    return left, wanted


def _difference(now: Record, then: Record) -> Json:
    """Return what has to be sent so that a record is as it was; an empty comment is sent as one."""
    wanted: dict[str, Any] = {"comment": "", "tags": [], **body(then)}
    current = {"comment": "", "tags": [], **body(now)}
    return {k: v for k, v in wanted.items() if current.get(k) != v}
