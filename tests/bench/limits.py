"""Count what a day of caught mail costs on the free plan, for docs/limits.md.

Run it as `.venv/bin/python tests/bench/limits.py [MESSAGES ...]`; 10,000 take some minutes.
"""

import asyncio
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "scripts", "tests")]

from standins.stage import DOMAIN, Stage  # noqa: E402
from standins.virtual import VirtualLoop  # noqa: E402
from standins.world import SLACK_BOT, TELEGRAM  # noqa: E402

COUNTS = (10, 100, 1000, 10_000)
HOUR = 3600.0
SPANS = {"a day": 24 * HOUR, "an hour": HOUR}
MINUTES = (10, 0)
CHANNELS = (1, 2)

say = Console(markup=False, highlight=False, soft_wrap=True).print

_PLAN = re.compile(r"(?P<how>SCAN|SEARCH) (?P<table>\w+)(?P<index> USING INDEX untold)?(?P<key>.*)")


@dataclass(frozen=True, slots=True)
class Cost:
    """What messages cost from the first until their outage is forgotten; `storage` is kB at its end."""

    requests: int
    written: int
    read: int
    posts: int
    edits: int
    storage: int
    most_requests: int


class Counting:
    """An object's SQL, whose rows are counted as the plan counts them, those of an index too.

    How many are read follows from SQLite's own plan: all of a table that it scans, up to the limit where it
    may stop there; one that it finds by its key; twice those that it finds in the index of untold messages.
    """

    def __init__(self, sql):
        self._sql = sql
        self.read = self.of_index = 0

    def __getattr__(self, name):
        return getattr(self._sql, name)

    def exec(self, text, *bindings):
        """Run a statement, and count."""
        # The alarm is no row that a statement of the object's reads.
        if "_cf_alarm" in text or text.lstrip().startswith(("CREATE", "ALTER")):
            return self._sql.exec(text, *bindings)
        self.read += self._reads(text, bindings)
        untold = self._count("message WHERE told = 0")
        cursor = self._sql.exec(text, *bindings)
        self.of_index += abs(self._count("message WHERE told = 0") - untold)
        return cursor

    def _reads(self, text, bindings):
        plan = [row[3] for row in self._sql._database.execute(f"EXPLAIN QUERY PLAN {text}", bindings)]
        stops = "LIMIT" in text and not any("TEMP B-TREE" in line for line in plan)
        most = (bindings[-1] if text.rstrip().endswith("?") else 1) if stops else sys.maxsize
        read, outer = 0, 1
        for line in plan:
            if found := _PLAN.match(line):
                rows = self._visited(found, bindings)
                read += min(outer * rows, most) * (2 if found["index"] else 1)
                outer *= rows
        return read

    def _visited(self, found, bindings):
        if found["index"]:
            return self._count("message WHERE told = 0")
        if found["table"] == "outbox" and found["key"].endswith("(channel=?)") and bindings:
            return self._count("outbox WHERE channel = ?", bindings[0])
        # What is found by its whole key is one; what by a part of it, all that there are, at most.
        parts = {"outbox": 3, "thread": 2}.get(found["table"], 1)
        whole = found["how"] == "SEARCH" and found["key"].count("?") == parts
        return 1 if whole else self._count(found["table"])

    def _count(self, what, *bindings):
        found = self._sql._database.execute(f"SELECT count(*) FROM {what}", bindings)  # noqa: S608 our own words
        return found.fetchone()[0]


async def _days(messages, seconds, minutes, channels):
    stage = Stage(TELEGRAM | (SLACK_BOT if channels == 2 else {}) | {"ALERT_MINUTES": minutes})
    asked_at_alarm = [0]
    async with stage.open():
        await stage.objects.call(DOMAIN, "status", [])
        storage = stage.objects._storage(DOMAIN)
        sql = storage.sql = Counting(storage.sql)
        begun, made = stage.objects.requests, stage.objects.rows_written
        stage.fault = lambda name, method: asked_at_alarm.append(len(stage.requests)) or ""
        for number in range(messages):
            sender = f"Hotel {number % 70} <h{number % 70}@hotel.example>"
            await stage.mail(number, sender=sender)
            await asyncio.sleep(seconds / messages)
        await asyncio.sleep(7 * HOUR)
        size = sql.databaseSize
        await asyncio.sleep(32 * 24 * HOUR)
        assert stage.problems == []
        assert [outcome for _, outcome in stage.replies] == ["accepted"] * messages
        assert not (await stage.status())["outage"], "it is forgotten"
        asked = Counter(str(request.url).rpartition("/")[2] for _, request in stage.requests)
        return Cost(
            requests=stage.objects.requests - begun,
            written=stage.objects.rows_written - made + sql.of_index,
            read=sql.read,
            posts=asked["sendMessage"],
            edits=asked["editMessageText"],
            storage=size // 1000,
            most_requests=max(later - earlier for earlier, later in pairwise(asked_at_alarm)),
        )


def cost(messages, seconds, minutes, channels):
    """Let messages come over so many seconds, and count until their outage is forgotten."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_days(messages, seconds, minutes, channels))


def row(case):
    """Measure one case; return its line of the table."""
    messages, span, minutes, channels = case
    found = cost(messages, SPANS[span], minutes, channels)
    asked = f"{found.posts:,} + {found.edits:,}"
    cells = [f"{messages:,} in {span}", minutes, channels, f"{found.requests:,}", f"{found.written:,}"]
    cells += [f"{found.read:,}", asked, f"{found.storage:,} kB", found.most_requests]
    return f"| {' | '.join(map(str, cells))} |"


def main():
    """Print the lines of the table in its order, each when it is known."""
    counts = [int(word) for word in sys.argv[1:]] or COUNTS
    with ProcessPoolExecutor(2) as pool:
        for line in pool.map(row, product(counts, SPANS, MINUTES, CHANNELS)):
            say(line)


if __name__ == "__main__":
    main()
