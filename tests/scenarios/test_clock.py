"""The clock of Pyodide's scenarios: time passes when it is asked to, and when nothing else is left to do."""

import json
import subprocess
from pathlib import Path

from standins.node import node_command

HERE = Path(__file__).parent

# A request is under way for a while of real time; then the clock lets pass what its answer says.
CLOCK = """
const answers = { "/": {}, "/late": { "x-seconds": "9" }, "/never": { "x-seconds": "never" } };
globalThis.fetch = async (path) => {
  await new Promise((done) => setTimeout(done, 20));
  if (path === "/lost") throw new TypeError("fetch failed");
  return new Response(path, { headers: answers[path] });
};
const { Clock } = await import("./clock.mjs");
const clock = new Clock();
clock.install();
const told = [];
const tell = (name) => told.push([name, clock.seconds]);
const ask = async (path) => tell(await (await fetch(path)).text());
"""
END = """
console.log(JSON.stringify(told));
process.exit(0);
"""


def told(script):
    """Run a script in Node beside the players; return what it told, and at which second."""
    command = node_command("--input-type=module", "--eval", CLOCK + script + END)
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, check=True, timeout=20)
    return json.loads(done.stdout)


def test_time_stands_still_until_it_is_asked_to_pass():
    """Then what waits goes on in order, and what it waits for next; none that was called off or is later."""
    script = """
scheduler.wait(2000).then(() => tell("two")).then(() => scheduler.wait(500)).then(() => tell("and a half"));
scheduler.wait(1000).then(() => tell("one"));
scheduler.wait(1000).then(() => tell("one, too"));
scheduler.wait(9000).then(() => tell("nine"));
clock.cancel(clock.after(1500, () => tell("called off")));
clock.after(1500, () => tell("alarm"));
await new Promise((done) => setTimeout(done, 20));
tell("still");
await clock.run(5);
tell("passed");
"""
    assert told(script) == [
        ["still", 0],
        ["one", 1],
        ["one, too", 1],
        ["alarm", 1.5],
        ["two", 2],
        ["and a half", 2.5],
        ["passed", 5],
    ]


def test_it_jumps_only_when_nothing_is_left_to_do():
    """What runs at once comes first, however often it begins anew, as Python's loop does."""
    script = """
scheduler.wait(1000).then(() => tell("waited"));
const again = (left) => (left ? setImmediate(again, left - 1) : tell("worked"));
setImmediate(again, 50);
await clock.run(1);
"""
    assert told(script) == [["worked", 0], ["waited", 1]]


def test_a_request_takes_the_seconds_that_its_answer_says():
    """While it is under way in real time the clock stands still; one that fails has taken none."""
    script = """
scheduler.wait(5000).then(() => tell("waited"));
await clock.until(Promise.all([ask("/"), ask("/late"), ask("/lost").catch(() => tell("failed"))]));
tell("ended");
"""
    assert sorted(told(script)[:2]) == [["/", 0], ["failed", 0]]
    assert told(script)[2:] == [["waited", 5], ["/late", 9], ["ended", 9]]


def test_a_request_that_is_never_answered_holds_nothing_else_up():
    """Whoever waits for it no longer than so many seconds goes on after these."""
    script = """
await clock.until(Promise.race([ask("/never"), scheduler.wait(20000)]));
tell("given up");
await clock.run(3600);
"""
    assert told(script) == [["given up", 20]]


def test_what_never_comes_is_told_of():
    """Nobody waits for a test that waits for nothing."""
    script = """
await clock.until(ask("/never")).catch((error) => tell(error.message));
"""
    assert told(script) == [["everything waits for what will never happen", 0]]


def test_the_wall_clock_jumps_alone():
    """Whoever waits for seconds does so no longer than before."""
    script = """
const began = Date.now();
scheduler.wait(1000).then(() => tell("waited"));
clock.shift(-3600);
await clock.run(5000);
told.push((Date.now() - began) / 1000);
"""
    assert told(script) == [["waited", 1], 1400]
