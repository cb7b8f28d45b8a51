"""A `replay` in a process of its own that is killed at a step, or at none; what it delivers is in a file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAM = """
import asyncio, os, signal, sys, time
from pathlib import Path
from mail_failover.door.client import Door
from mail_failover.door.journal import Journal
from mail_failover.door.options import Way
from mail_failover.door.private import PrivateFile
from mail_failover.replay.inject.letter import Verdict
from mail_failover.replay.run import Options, World, run

class Target:
    async def inject(self, letter):
        with open(WORDS[2], "ab") as file:
            file.write(letter.id.encode() + b" " + letter.path.read_bytes().hex().encode() + b"\\n")
        if "slow" in WORDS:
            print("injecting", flush=True)
            await asyncio.sleep(float(os.environ.get("SLOW", "0.3")))
        return Verdict("delivered", "250 Ok")

def deadly(owner, name, side, turn):
    work, count = getattr(owner, name), [0]
    def die():
        count[0] += 1
        if count[0] == turn:
            os.kill(os.getpid(), signal.SIGKILL)
    async def later(*args, **named):
        if side == "before": die()
        result = await work(*args, **named)
        if side == "after": die()
        return result
    def now(*args, **named):
        if side == "before": die()
        result = work(*args, **named)
        if side == "after": die()
        return result
    setattr(owner, name, later if asyncio.iscoroutinefunction(work) else now)

OWNERS = {"door": Door, "journal": Journal, "target": Target, "file": PrivateFile}

def play():
    if WORDS[3]:
        step, side, turn = WORDS[3].split()
        owner, name = step.split(".")
        deadly(OWNERS[owner], name, side, int(turn))
    way = Way(WORDS[0], "example.com", None, Path(WORDS[1]))
    options = Options("smtp://127.0.0.1:25", way, watch="watch" in WORDS)
    return run(options, World(make_target=lambda *_, **__: Target()))

if sys.argv[1:]:
    WORDS = sys.argv[1:]
    sys.exit(play())
for line in sys.stdin:
    WORDS = line.rstrip("\\n").split("\\t")
    if not (child := os.fork()):
        sys.stdout = open(os.devnull, "w")
        os._exit(play())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def environment():
    """Return this process's environment, without what would have coverage write a file that is cut off."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return {**kept, "PYTHONPATH": str(SCRIPTS)}


def started(url, state, got, kill="", *words, **env):
    """Start it; `kill` is as "door.fetch before 1": the step, its side, and at which turn."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, state, got, kill, *words],
        env={**environment(), "PYTHONUNBUFFERED": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Nursery:
    """Starts runs that are to be killed, one by one, from a process that has imported all already."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        self._process.communicate(timeout=10)

    def run(self, url, state, got, kill):
        """Run one until it is killed there, and check that it was."""
        self._process.stdin.write("\t".join(map(str, (url, state, got, kill))) + "\n")
        self._process.stdin.flush()
        assert int(self._process.stdout.readline()) == -signal.SIGKILL


def delivered(got):
    """Return what was delivered: ids and contents, in order."""
    lines = got.read_text().splitlines() if got.exists() else []
    return [(line.split()[0], bytes.fromhex(line.partition(" ")[2])) for line in lines]
