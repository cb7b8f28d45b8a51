"""Random outages with a spool, whatever fails: what was accepted is in an inbox, or comes home as it was."""

import asyncio
import hashlib

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from standins.stage import SPOOL, Stage, message
from standins.world import TELEGRAM

MIB = 1 << 20
OBJECT = ("throws", "hangs", "unanswered", "quota", "quota:1", "quota:3", "quota:6", "throws:2", "throws:5")

mails = st.tuples(
    st.just("mail"),
    st.sampled_from(
        ["", "forward=transientx1", "forward=permanentx1", "forward=hangx1", "raw=breaksx1", "raw=hangsx1"]
    ),
    st.sampled_from([10, 10, 10, MIB - 400, 2 * MIB + 7]),
)
fails = st.tuples(
    st.just("fails"), st.sampled_from(["store", "remember", "alarm", "fetch"]), st.sampled_from(OBJECT)
)
others = st.sampled_from(
    [("again",), ("evict",), ("fetch", 1), ("fetch", 5), ("pass", 5), ("pass", 130), ("pass", 700)]
)
verdicts = st.tuples(st.just("home"), st.sampled_from(["delivered", "refused", "later", "nothing"]))
runs = st.lists(st.one_of(mails, mails, fails, others, verdicts), max_size=14)


class Run:
    """A sender that knows what it was told, and a primary that fetches."""

    def __init__(self, stage):
        self.stage = stage
        self.accepted, self.sent, self.home = {}, {}, {}
        self.failing = []
        stage.fault = self._fault

    def _fault(self, name, method):
        for each in self.failing:
            if each[0] == method:
                self.failing.remove(each)
                return each[1]
        return ""

    async def play(self, step):
        """Let one thing happen."""
        match step:
            case "mail", fault, size:
                number = len(self.sent) + 1
                self.sent[number] = message(number, body="x" * size)
                await self.send(number, *filter(None, [fault]))
            case ("again",):
                if self.sent:
                    await self.send(len(self.sent))
            case "fails", method, kind:
                self.failing.append((method, kind))
            case ("evict",):
                self.stage.evict()
            case "pass", seconds:
                await asyncio.sleep(seconds)
            case "fetch", limit:
                await self.fetch(limit, "delivered")
            case "home", verdict:
                await self.fetch(100, verdict)

    async def send(self, number, *faults):
        """Let a message come, or come again."""
        self.stage.fail(*faults)
        outcome = await self.stage.mail(content=self.sent[number])
        if outcome.status.value == "accepted":
            self.accepted[number] = True

    async def fetch(self, limit, verdict):
        """Fetch what waits, and say a verdict of each; a request that fails ends it."""
        async with self.stage.visit() as door:
            leased = await door.post("/v1/lease", json={"limit": limit})
            if leased.status_code != 200:
                return 0
            copies = leased.json()["copies"]
            for copy in copies:
                raw = await door.get(f"/v1/spool/{copy['id']}")
                if raw.status_code != 200 or verdict == "nothing":
                    continue
                assert hashlib.sha256(raw.content).hexdigest() == copy["sha256"]
                if verdict == "delivered":
                    # What is home already is in the journal there.
                    self.home[copy["id"]] = raw.content
                said = {"id": copy["id"], "verdict": verdict, "lease": leased.json()["lease"], "pause": 60}
                await door.post("/v1/verdict", json={**said, "sha256": copy["sha256"]})
            return len(copies)

    async def bring_everything_home(self):
        """Let nothing fail any more, and fetch until nothing is left."""
        self.failing.clear()
        self.stage.fail()
        await asyncio.sleep(700)
        async with self.stage.visit() as door:
            for copy in (await door.get("/v1/spool")).json()["copies"]:
                if copy["state"] == "refused":
                    await door.post("/v1/verdict", json={"id": copy["id"], "verdict": "again"})
        while await self.fetch(100, "delivered"):
            pass
        await asyncio.sleep(700)

    def check(self):
        """Look whether each message that was accepted is somewhere, whole."""
        inbox = self.stage.inboxes.messages.get("one@inbox.example", [])
        for number in self.accepted:
            content = self.sent[number]
            assert any(copy.endswith(content) for copy in [*inbox, *self.home.values()]), number
        for content in self.home.values():
            assert any(content.endswith(sent) for sent in self.sent.values())


@pytest.mark.parametrize("mode", ["held", "all"])
@pytest.mark.parametrize("store", ["", "hangs", "unanswered", "throws"])
@pytest.mark.parametrize("faults", [["forward=hangx9"], ["forward=hangx9", "raw=hangsx1"], ["raw=hangsx1"]])
def test_whatever_hangs_the_handler_is_done_in_less_than_25_seconds(virtual, mode, store, faults):
    """Also if the object was asked before whether the primary answers, and said nothing to that either."""

    async def go():
        env = {"SPOOL": mode, "PRIMARY_CHECK": "mail.example.com:465", "WHEN_PRIMARY_ANSWERS": "defer"}
        stage = Stage(TELEGRAM | SPOOL | env)
        async with stage.open():
            stage.fault = lambda name, method: {"defers": "hangs", "store": store}.get(method, "")
            stage.fail(*faults)
            await stage.mail()
            return stage.now

    assert virtual(go()) < 24.5


@pytest.mark.parametrize("mode", ["held", "all"])
@given(steps=runs)
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_was_accepted_is_in_an_inbox_or_comes_home(virtual, mode, steps):
    """Whatever fails in between; and nothing comes home that nobody sent, or in part."""

    async def go():
        stage = Stage(TELEGRAM | SPOOL | {"SPOOL": mode})
        async with stage.open():
            run = Run(stage)
            for step in steps:
                await run.play(step)
            await run.bring_everything_home()
            run.check()
            async with stage.visit() as door:
                spool = (await door.get("/v1/status")).json()["spool"]
            assert (spool["waiting"], spool["leased"], spool["refused"]) == (0, 0, 0)
            assert spool["bytes"] == sum(map(len, run.home.values()))
            [chunks] = stage.objects._storages["example.com"].sql.exec(
                "SELECT sum(length(data)) AS n FROM chunk"
            )
            assert int(chunks.n or 0) == spool["bytes"]

    virtual(go())
