"""Durable Objects under Node: how alarms ring, what an eviction leaves, and how requests fail on demand.

The emulator's own are tested for the same in tests/emulator. What crosses a call, and what SQL gives and
takes, is asked in probes/.
"""

import json
import subprocess
from pathlib import Path

import pytest

from standins.node import VERSIONS, node_command, pyodide, sdk

HERE = Path(__file__).parent
LOST = "internal error; reference = 0123456789"
FULL = "Exceeded allowed rows written in Durable Objects free tier."
# Runs the scripts that come by line. Each has objects of its own, and fails their calls by `faults`.
PLAYER = """
import { createInterface } from "node:readline";
import { boot } from "./boot.mjs";
import { Clock } from "./clock.mjs";
import { namespace } from "./objects.mjs";
const [, packageName, src, sdk, source] = process.argv;
// Whatever happens, the process ends.
setTimeout(() => process.exit(1), 100_000);
const clock = new Clock();
const python = await boot(packageName, src, sdk, { stdout: () => {} });
clock.install();
const Kept = python.runPython(source);
const Script = (async () => {}).constructor;
for await (const line of createInterface({ input: process.stdin })) {
  clock.clear();
  const faults = {};
  const fault = (name, method) => faults[method] ?? "";
  const objects = namespace(python, (state) => Kept(state, null), { clock, fault });
  const began = clock.seconds;
  const now = () => clock.seconds - began;
  const begin = (method, ...given) => {
    const called = objects.getByName("x")[method](...given);
    const late = clock.wait(60000).then(() => "no answer");
    return Promise.race([called, late]).catch((error) => error.message.trim().split(": ").at(-1));
  };
  const call = (...given) => clock.until(begin(...given));
  const script = new Script("clock", "faults", "objects", "now", "begin", "call", JSON.parse(line));
  console.log(JSON.stringify(await script(clock, faults, objects, now, begin, call)));
}
process.exit(0);
"""
KEPT = """
import js, time
from workers import DurableObject

class Kept(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.query = ctx.storage.sql.exec
        self.query("CREATE TABLE IF NOT EXISTS t (a TEXT)")
        self.memory = []

    async def read(self):
        return [row.a for row in self.query("SELECT a FROM t").toArray()]

    async def write(self, text, seconds=0):
        self.memory.append(text)
        if seconds:
            await js.scheduler.wait(1000 * seconds)
        self.query("INSERT INTO t VALUES (?)", text)
        return self.memory

    async def wake(self, seconds, *plan):
        self.plan = list(plan)
        await self.ctx.storage.setAlarm(int((time.time() + seconds) * 1000))

    async def alarm(self, info):
        plan = self.plan.pop() if self.plan else ""
        if plan == "waits":
            await js.scheduler.wait(5000)
        await self.write(f"rings {info.retryCount}")
        match plan:
            case "sets anew":
                await self.wake(3)
            case "sets anew and raises":
                await self.wake(3)
                raise ValueError
            case "raises":
                self.plan.append("raises")
                raise ValueError
        await self.write("rang", 10)

Kept
"""


@pytest.fixture(scope="module")
def play():
    """Boot one Python for all tests; each lets a script play there, and is told what that returns."""
    arguments = pyodide(VERSIONS[-1]), HERE, sdk(), KEPT
    command = node_command("--input-type=module", "--eval", PLAYER, *arguments)
    player = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def play(script):
        player.stdin.write(json.dumps(script) + "\n")
        player.stdin.flush()
        line = player.stdout.readline()
        assert line, "Node ended early; its words stand above"
        return json.loads(line)

    with player:
        yield play
        player.stdin.close()
        player.wait(10)


def test_what_an_object_stored_outlives_what_it_remembered(play):
    """It is made anew."""
    script = """
await call("write", "a");
objects.evict("x");
return [await call("write", "b"), await call("read")];
"""
    assert play(script) == [["b"], ["a", "b"]]


def test_an_alarm_that_is_set_while_one_rings_waits_for_its_end(play):
    """Calls run in between, and the objects are not idle."""
    script = """
await call("wake", 2, "sets anew");
const told = [];
for (const seconds of [1, 8, 4, 10]) {
  await clock.run(seconds);
  told.push([objects.idle, await call("read")]);
}
return told;
"""
    first = ["rings 0", "rang"]
    assert play(script) == [
        [True, []],
        [False, ["rings 0"]],
        [False, [*first, "rings 0"]],
        [True, first * 2],
    ]


def test_an_alarm_that_fails_is_tried_again_six_times_with_growing_pauses(play):
    """And then is gone; it is told how often it was."""
    script = """
await call("wake", 1, "raises");
const told = [];
for (let seen = 0; now() < 1000; await clock.run(1)) {
  const rows = await call("read");
  if (rows.length > seen) told.push([now(), rows.at(-1)]);
  seen = rows.length;
}
return told;
"""
    seconds = [1, 3, 7, 15, 31, 63, 127]
    assert play(script) == [[at, f"rings {tries}"] for tries, at in enumerate(seconds)]


def test_an_alarm_that_was_set_anew_before_the_old_one_failed_counts_as_new(play):
    """It rings when it was set to, and not a second time for the one that failed."""
    script = """
await call("wake", 1, "sets anew and raises");
await clock.run(3);
const before = await call("read");
await clock.run(600);
return [before, await call("read")];
"""
    assert play(script) == [["rings 0"], ["rings 0", "rings 0", "rang"]]


@pytest.mark.parametrize(
    ("fault", "answer", "rows"),
    [
        ("", ["a"], ["a"]),
        ("throws", LOST, []),
        ("hangs", "no answer", []),
        ("unanswered", "no answer", ["a"]),
        ("quota", FULL, []),
    ],
)
def test_a_call_fails_as_it_is_to(play, fault, answer, rows):
    """Before anything is done, with or without an answer; when all is done, without; or unable to write."""
    script = f"""
await call("read");
faults.write = "{fault}";
return [await call("write", "a"), await call("read")];
"""
    assert play(script) == [answer, rows]


def test_a_quota_that_is_used_up_for_one_call_leaves_another_alone(play):
    """Though both go on at the same time; and what only reads goes well."""
    script = """
await call("read");
faults.write = "quota";
const refused = begin("write", "a", 5);
faults.write = "";
const kept = begin("write", "b", 3);
faults.read = "quota";
return [...(await clock.until(Promise.all([refused, kept]))), await call("read")];
"""
    assert play(script) == [FULL, ["a", "b"], ["b"]]


def test_a_quota_that_is_used_up_for_an_alarm_stays_so_when_a_call_comes_in_between(play):
    """The call writes; the alarm, which waits for something else, fails as it was to, and is tried again."""
    script = """
await call("wake", 1, "waits");
faults.alarm = "quota";
await clock.run(2);
faults.alarm = "";
await call("write", "a");
await clock.run(30);
return call("read");
"""
    assert play(script) == ["a", "rings 1", "rang"]


def test_a_quota_that_is_used_up_lets_no_alarm_be_set_and_no_object_be_made(play):
    """Making one writes its table."""
    script = """
await call("read");
faults.wake = "quota";
const set = await call("wake", 1);
objects.evict("x");
faults.read = "quota";
const made = await call("read");
faults.read = "";
await clock.run(60);
return [set, made, await call("read")];
"""
    assert play(script) == [FULL, FULL, []]
