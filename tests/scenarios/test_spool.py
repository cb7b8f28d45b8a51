"""A message that only the spool can have, when its object fails in the middle: in CPython and in Pyodide.

Whatever the sender was told is true: an accepted message is there, byte for byte. A deferred one comes again,
and has left nothing; or all of it, where the object died when it was done.
"""

import asyncio
import hashlib
import json

import pytest

from mail_failover.door.answers import copy_from
from mail_failover.emulator.faults import parse_fault
from standins.sealing import opened
from standins.stage import DOMAIN, TOKEN, Stage, message
from standins.world import RECIPIENT, SENDER

from .backstage import Play
from .stories import SEALED, SPOOLED
from .table import Expect, Scenario

# Three rows of a mebibyte.
CONTENT = message(1, body="\r\n".join(["x" * 998] * 2500))
KEY = [("authorization", f"Bearer {TOKEN}")]
HELD = "forward=transientx2"
UNFINISHED = (
    "SELECT count(*) AS n FROM chunk"
    " WHERE number / 64 NOT IN (SELECT number FROM copy WHERE state <> 'unfinished')"
)
# More rows than a message of this size needs.
ROWS = 15
MIB = 1 << 20
KINDS = ("quota", "throws", "hangs", "raw")


def faults(kind, rows):
    """Return what fails of the object's `store`, and of the message's stream."""
    return ("", ("raw=breaksx1",)) if kind == "raw" else (f"{kind}:{rows}", ())


async def kept(ask):
    """Return what waits in the spool."""
    path = f"/v1/lease?domain={DOMAIN}"
    lease = (await ask("POST", path, KEY, b'{"limit": 100}')).json()
    found = []
    for copy in lease["copies"]:
        raw = (await ask("GET", f"/v1/spool/{copy['id']}?domain={DOMAIN}", KEY, b"")).content
        assert hashlib.sha256(raw).hexdigest() == copy["sha256"]
        found.append(opened(copy_from(copy), raw) if copy["sealed"] else raw)
        said = {"id": copy["id"], "verdict": "delivered", "sha256": copy["sha256"]}
        answer = await ask("POST", f"/v1/verdict?domain={DOMAIN}", KEY, json.dumps(said).encode())
        assert answer.status_code == 200
    return found


def judge(status, found, fault):
    """Compare what a sender was told with what is kept."""
    assert status in {"accepted", "deferred"}
    died = status == "deferred" and fault.startswith(("throws", "hangs"))
    assert len(found) in ({0, 1} if died else {status == "accepted"})
    assert all(raw.endswith(CONTENT) for raw in found)


@pytest.mark.parametrize("kind", KINDS)
def test_in_cpython(virtual, kind):
    """After each row; what was begun is cleared away within minutes, and the next try succeeds."""

    async def run(rows):
        stage = Stage(SPOOLED)
        async with stage.open():

            async def ask(method, path, headers, content):
                return await stage.door.request(method, path, headers=headers, content=content)

            async def mail(fault, others):
                stage.fail(HELD, *others)
                left = [fault]
                stage.fault = lambda name, method: left.pop() if method == "store" and left else ""
                status = (await stage.mail(content=CONTENT)).status.value
                judge(status, await kept(ask), fault)
                await asyncio.sleep(300)
                return status

            first = await mail(*faults(kind, rows))
            [storage] = [s for name, s in stage.objects._storages.items() if name == DOMAIN]
            [left] = storage.sql.exec(UNFINISHED).rows
            assert left.n == 0
            assert await mail("", ()) == "accepted"
            return first

    ends = [virtual(run(rows)) for rows in range(1 if kind == "raw" else ROWS)]
    assert ends[0] == "deferred"
    assert kind == "raw" or (ends[-1] == "accepted" and ends.count("deferred") > 3)


@pytest.mark.parametrize("kind", ["quota", "throws", "raw"])
def test_in_pyodide(interpreter, kind):
    """The same, after some of the rows."""

    def run(rows):
        play = Play(Scenario("spool", Expect()))
        interpreter.begin(play, SPOOLED, "object", objects=True)

        async def ask(method, path, headers, content):
            return interpreter.ask(method, path, headers=headers, body=content)[0]

        def mail(fault, others):
            play.faults.clear()
            for text in (HELD, *others):
                play.faults.add(parse_fault(text))
            if fault:
                interpreter.step(do="object", method="store", kind=fault, times=1)
            play.deliver(SENDER, RECIPIENT, CONTENT)
            _, seen = interpreter.mail(play.delivery)
            status = play.delivery.outcome(seen.raised).status.value
            judge(status, asyncio.run(kept(ask)), fault)
            interpreter.step(do="pass", seconds=300)
            return status

        first = mail(*faults(kind, rows))
        assert mail("", ()) == "accepted"
        return first

    ends = [run(rows) for rows in ((0,) if kind == "raw" else (0, 5, 8, ROWS))]
    assert ends[0] == "deferred"
    assert kind == "raw" or (ends[-1] == "accepted" and ends.count("deferred") > 1)


def test_what_pyodide_encrypts_opens_at_home_whatever_its_size(interpreter):
    """Around the limits of a piece, and of more than one."""
    play = Play(Scenario("spool", Expect()))
    interpreter.begin(play, SPOOLED | SEALED, "object", objects=True)

    async def ask(method, path, headers, content):
        return interpreter.ask(method, path, headers=headers, body=content)[0]

    def come(number, characters):
        content = message(number, body="x" * characters)
        play.faults.clear()
        play.faults.add(parse_fault(HELD))
        play.deliver(SENDER, RECIPIENT, content)
        _, seen = interpreter.mail(play.delivery)
        assert play.delivery.outcome(seen.raised).status.value == "accepted"
        [raw] = asyncio.run(kept(ask))
        assert raw.endswith(content)
        return len(raw)

    # What the edge writes on top belongs to the message, too.
    rest = come(1, 0)
    for number, size in enumerate((MIB - 1, MIB, MIB + 1, 3 * MIB), 2):
        assert come(number, size - rest) == size
