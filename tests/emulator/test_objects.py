"""Durable Objects in CPython, beyond what the recordings of tests/scenarios/probes ask."""

import asyncio
from dataclasses import dataclass, field

import pytest

from mail_failover.emulator.runtime.javascript import JsException, jsnull
from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.objects import ALARM_TRIES, Objects
from mail_failover.emulator.runtime.state import DurableObject
from mail_failover.errors import UsageError

START = 1_795_000_000.0
NAME = "example.com"


class Counter(DurableObject):
    """Counts in memory and in a table; its alarm does what `rings` says and notes how often it was tried."""

    rings: "Rings"

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT)")
        self.in_memory = 0

    async def count(self, text="counted"):
        self.in_memory += 1
        self.sql.exec("INSERT INTO note VALUES (?)", text)
        return [self.in_memory, self.sql.exec("SELECT count(*) AS n FROM note").one().n]

    async def wait_and_count(self, seconds):
        await asyncio.sleep(seconds)
        return await self.count()

    async def set_alarm(self, seconds):
        await self.ctx.storage.setAlarm(int(1000 * (self.rings.clock() + seconds)))

    async def when(self):
        alarm = await self.ctx.storage.getAlarm()
        return None if alarm is jsnull else alarm

    async def alarm(self, info=None):
        self.rings.heard.append((round(self.rings.clock() - START, 3), info.retryCount, await self.when()))
        await self.rings.does(self)


@dataclass
class Rings:
    """What alarms do, and when they rang: seconds, tries, what `getAlarm` said meanwhile."""

    does: object
    heard: list = field(default_factory=list)

    def clock(self):
        """Return the wall clock, which keeps step with the loop's."""
        return START + asyncio.get_running_loop().time()


async def nothing(_object):
    """Let an alarm pass."""


async def fail(_object):
    """Let an alarm raise."""
    raise ValueError("again")


@pytest.fixture
def world():
    """Make a binding, and what its alarms do; whatever it stored is closed afterwards."""
    made = []

    def make(folder=None, does=nothing, **options):
        rings = Rings(does)
        kind = type("Counter", (Counter,), {"rings": rings})
        made.append(Objects(kind, {}, folder, clock=rings.clock, **options))
        return made[-1], rings

    yield make
    for objects in made:
        for storage in objects._storages.values():
            storage.sql.close()


def test_an_eviction_takes_the_memory_and_leaves_what_was_stored(virtual, world):
    """As between two messages of a quiet evening; another name is another object."""

    async def scenario():
        objects, _ = world()
        stub = objects.getByName(NAME)
        assert await stub.count() == [1, 1]
        assert await stub.count() == [2, 2]
        objects.evict(NAME)
        assert await stub.count() == [1, 3]
        assert await objects.getByName("example.org").count() == [1, 1]

    virtual(scenario())


def test_an_alarm_rings_once_at_its_time_and_the_last_one_set_counts(virtual, world):
    """While it rings, none is set."""

    async def scenario():
        objects, rings = world()
        stub = objects.getByName(NAME)
        await stub.set_alarm(100)
        await stub.set_alarm(30)
        await asyncio.sleep(500)
        assert rings.heard == [(30.0, 0, None)]
        assert await stub.when() is None

    virtual(scenario())


def test_an_alarm_that_raises_is_tried_again_with_growing_pauses_and_then_is_gone(virtual, world):
    """After 2, 4, 8, ... seconds; only a call or another alarm can bring the object back."""
    said = []

    async def scenario():
        objects, rings = world(does=fail, log=said.append)
        await objects.getByName(NAME).set_alarm(0)
        await asyncio.sleep(1000)
        assert [tries for _, tries, _ in rings.heard] == [*range(ALARM_TRIES + 1)]
        assert [at for at, _, _ in rings.heard] == [0, 2, 6, 14, 30, 62, 126]
        assert await objects.getByName(NAME).when() is None

    virtual(scenario())
    assert said[0] == "alarm of example.com: ValueError: again"


def test_an_alarm_that_sets_the_next_one_and_raises_rings_when_it_said(virtual, world):
    """So whoever must not give up sets it anew."""

    async def again(made):
        if len(made.rings.heard) < 3:
            await made.set_alarm(60)
        raise ValueError("again")

    async def scenario():
        objects, rings = world(does=again)
        await objects.getByName(NAME).set_alarm(0)
        await asyncio.sleep(121)
        assert [(at, tries) for at, tries, _ in rings.heard] == [(0, 0), (60, 0), (120, 0)]

    virtual(scenario())


def test_what_is_in_files_outlives_the_process_with_its_alarms(virtual, world, tmp_path):
    """One that was due meanwhile rings at once; one that was ringing at the end rings again."""

    async def hang(_object):
        await asyncio.Event().wait()

    async def before():
        objects, _ = world(tmp_path, does=hang)
        await objects.getByName("../a b").count()
        await objects.getByName("../a b").set_alarm(0)
        await objects.getByName(NAME).set_alarm(-50)
        await asyncio.sleep(1)
        await objects.close()

    async def after():
        objects, rings = world(tmp_path)
        objects.wake()
        await asyncio.sleep(1)
        assert len(rings.heard) == 2
        assert await objects.getByName("../a b").count() == [1, 2]
        await objects.close()

    virtual(before())
    assert len([*tmp_path.iterdir()]) == 2
    virtual(after())


@pytest.mark.parametrize(
    ("fault", "answered", "rows"),
    [("", True, 1), ("throws", False, 0), ("hangs", None, 0), ("unanswered", None, 1), ("quota", False, 0)],
)
def test_a_call_fails_as_it_is_told_to(virtual, world, fault, answered, rows):
    """Before anything was written, or after; once in silence, once with an error; then all is well."""

    async def scenario():
        faults = [fault]
        objects, _ = world(fault=lambda name, method: faults.pop() if method == "count" and faults else "")
        stub = objects.getByName(NAME)
        await stub.when()
        try:
            async with asyncio.timeout(5):
                await stub.count()
            came = True
        except JsException:
            came = False
        except TimeoutError:
            came = None
        assert came is answered
        assert (await stub.count())[1] == rows + 1

    virtual(scenario())


def test_a_quota_that_is_used_up_for_one_call_leaves_another_alone(virtual, world):
    """Though both go on at the same time."""

    async def scenario():
        faults = ["", "quota"]
        objects, _ = world(fault=lambda name, method: faults.pop() if method == "wait_and_count" else "")
        stub = objects.getByName(NAME)
        await stub.when()
        refused, kept = (asyncio.ensure_future(stub.wait_and_count(n)) for n in (2, 1))
        assert (await kept)[1] == 1
        with pytest.raises(JsException, match="Exceeded allowed rows written"):
            await refused

    virtual(scenario())


def test_requests_and_written_rows_are_counted(virtual, world):
    """As the free plan counts them by the day: calls, alarms, and every row that is written or deleted."""

    async def scenario():
        objects, _ = world()
        stub = objects.getByName(NAME)
        await stub.count()
        written = objects.rows_written
        await stub.count()
        assert objects.rows_written == written + 1
        await stub.set_alarm(2)
        await stub.set_alarm(1)
        assert objects.rows_written == written + 3
        await asyncio.sleep(5)
        assert objects.requests == 5

    virtual(scenario())


@pytest.mark.parametrize("method", ["alarm", "fetch", "ctx", "missing"])
def test_what_is_no_method_for_others_can_not_be_called(virtual, world, method):
    """The runtime's own handlers, and what is not there."""

    async def scenario():
        objects, _ = world()
        with pytest.raises(JsException, match="does not exist"):
            await objects.call(NAME, method, [])

    virtual(scenario())


def test_a_transaction_keeps_all_or_nothing(virtual, world):
    """And what it raised comes out as it was."""

    async def scenario():
        objects, _ = world()
        await objects.getByName(NAME).count()
        storage = objects._alive[NAME].ctx.storage

        def half():
            storage.sql.exec("INSERT INTO note VALUES ('half')")
            raise LookupError("no")

        with pytest.raises(LookupError):
            storage.transactionSync(half)
        assert storage.sql.exec("SELECT count(*) AS n FROM note").one().n == 1
        assert storage.sql.databaseSize > 0

    virtual(scenario())


def test_a_class_that_the_main_file_does_not_name_is_not_found(tmp_path):
    """The runtime would not find it there either."""
    (tmp_path / "entry.py").write_text(
        "from workers import DurableObject, WorkerEntrypoint\n"
        "class Default(WorkerEntrypoint): pass\n"
        "class Found(DurableObject): pass\n"
    )
    worker = load_worker(tmp_path / "entry.py")
    assert object_class(worker, "Found").__name__ == "Found"
    for name in ("Lost", "Default"):
        with pytest.raises(UsageError, match=f"^The Worker has no class {name} of objects. Import it in"):
            object_class(worker, name)
