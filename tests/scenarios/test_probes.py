"""What stands in for Cloudflare's runtime answers a Worker that asks it as workerd did, or is stricter.

The Worker is in probes/, with what workerd 1.20261117.1 answered under Python 3.13 and 3.14.
"""

import asyncio
import json
import subprocess
import time
from pathlib import Path

import pytest

from mail_failover.emulator.runtime.load import load_worker, object_class
from mail_failover.emulator.runtime.objects import Objects
from mail_failover.emulator.runtime.workers import Context, Env
from standins.node import VERSIONS, node_command, pyodide, sdk

PROBES = Path(__file__).with_name("probes")
KEPT_AS_TEXT = "JsException: TypeError: a {} would be kept as its text: bind int(flag), or to_js(data)"
# Where the runtime corrupts in silence, or a desk is laxer than production.
STRICTER = {
    "sql: True": KEPT_AS_TEXT.format("bool"),
    "sql: bytes": KEPT_AS_TEXT.format("bytes"),
    "sql: bytearray": KEPT_AS_TEXT.format("bytearray"),
    "sql: memoryview": KEPT_AS_TEXT.format("memoryview"),
    "sql: a row over 2 MB": "JsException: Error: string or blob too big: SQLITE_TOOBIG",
    "object: bare coroutine in waitUntil": (
        "JsException: TypeError: in an object the runtime never runs a bare coroutine:"
        " asyncio.ensure_future(it)"
    ),
    # The four rows that were refused above are missing.
    "sql: iteration": "int 5",
    "sql: toArray": "int 5",
}


async def asked():
    """Let the Worker ask in CPython, and return its answers."""
    worker = load_worker(PROBES / "entry.py")
    # The Worker sets its alarms by the real clock, which hardly moves meanwhile.
    began, loop = time.time(), asyncio.get_running_loop()
    objects = Objects(object_class(worker, "Probed"), {}, clock=lambda: began + loop.time())
    answer = await worker(Context(asyncio.ensure_future), Env({"PROBED": objects})).fetch(None)
    found = json.loads(await answer.text())
    await objects.close()
    return found


def asked_in_pyodide(version):
    """Let it ask in Pyodide under Node."""
    command = node_command(PROBES.with_name("probes.mjs"), pyodide(version), PROBES, sdk())
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    # An error of ours passes from JavaScript to Python once more there.
    return json.loads(done.stdout.replace("JsException: pyodide.ffi.JsException: ", "JsException: "))


def differing(answers, version):
    """Return the answers that are not the recorded ones."""
    recorded = json.loads((PROBES / f"workerd-{version}.json").read_text())
    assert answers.keys() == recorded.keys()
    return {name: answer for name, answer in answers.items() if answer != recorded[name]}


@pytest.mark.parametrize("version", VERSIONS)
def test_cpython_answers_as_the_runtime_did(virtual, version):
    """Or as above, stricter."""
    assert differing(virtual(asked()), version) == STRICTER


@pytest.mark.parametrize("version", VERSIONS)
def test_pyodide_answers_as_the_runtime_did(version):
    """Each version as it was recorded, or as above, stricter."""
    assert differing(asked_in_pyodide(version), version) == STRICTER
