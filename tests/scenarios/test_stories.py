"""The stories: hours and days of virtual time, in CPython and in Pyodide under Node."""

import asyncio
import hashlib
import json
import re
from operator import attrgetter

import pytest

from mail_failover.door.answers import copy_from
from mail_failover.emulator.faults import parse_fault
from standins.sealing import opened
from standins.stage import DOMAIN, TOKEN, Stage, message
from standins.world import SENDER

from .backstage import Play
from .stories import STORIES, Shown, check
from .table import Expect, Scenario

IN_PYODIDE = [pytest.param(story, marks=pytest.mark.long) if story.long else story for story in STORIES]
name = attrgetter("name")


class InCPython:
    """Plays steps on the emulator's stand-ins."""

    def __init__(self, stage):
        self._stage = stage

    @property
    def posts(self):
        """Return what the chats have shown so far."""
        return [post for _, post in self._stage.posts]

    async def play(self, step):
        """Let one step happen, and return what a sender was told."""
        stage, status = self._stage, "accepted"
        match step.do:
            case "mail":
                status = (await stage.mail(step.number, recipient=step.recipient)).status.value
            case "pass":
                await asyncio.sleep(step.seconds)
            case "fail":
                stage.fail(*step.faults)
            case "evict":
                stage.evict()
            case "primary":
                stage.greets[step.target] = None if step.greeting is None else step.greeting.encode()
            case "shift":
                stage.shift += step.seconds
            case "ask":
                asked = {"headers": step.headers, "content": step.body.encode()}
                answer = await stage.door.request(step.method, step.path, **asked)
                status = f"{answer.status_code} {answer.text}"
            case "home":
                status = await bring_home(stage.door.request, step.verdict)
            case "object":
                left = [step.kind] * step.times
                stage.fault = lambda name, method: left.pop() if method == step.method and left else ""
        await stage.settle()
        return status


class InPyodide:
    """Plays steps in the interpreter that Cloudflare uses."""

    def __init__(self, interpreter, story):
        self._interpreter = interpreter
        self._play = Play(Scenario(story.name, Expect()))
        interpreter.begin(self._play, story.env, "object", objects=True)

    @property
    def posts(self):
        """Return what the chats have shown so far."""
        return self._play.chat.posts

    async def _ask(self, method, path, headers, content):
        answer, _ = self._interpreter.ask(method, path, headers=headers, body=content)
        return answer

    def play(self, step):
        """Let one step happen, and return what a sender was told."""
        match step.do:
            case "mail":
                self._play.deliver(SENDER, step.recipient, message(step.number))
                _, seen = self._interpreter.mail(self._play.delivery)
                return self._play.delivery.outcome(seen.raised).status.value
            case "fail":
                self._play.faults.clear()
                for fault in map(parse_fault, step.faults):
                    self._play.faults.add(fault)
            case "ask":
                asked = {"headers": step.headers, "body": step.body.encode()}
                answer, _ = self._interpreter.ask(step.method, step.path, **asked)
                return f"{answer.status_code} {answer.text}"
            case "home":
                return asyncio.run(bring_home(self._ask, step.verdict))
            case _:
                self._interpreter.step(**vars(step) | {"name": DOMAIN})
        return "accepted"


async def bring_home(ask, verdict):
    """Fetch all that waits, see that it is what was sent, and say a verdict; return how many there were."""

    async def answer(method, path, **body):
        headers = [("authorization", f"Bearer {TOKEN}")]
        content = json.dumps(body).encode() if body else b""
        return await ask(method, f"{path}?domain={DOMAIN}", headers=headers, content=content)

    lease = (await answer("POST", "/v1/lease", limit=100)).json()
    for copy in lease["copies"]:
        raw = (await answer("GET", f"/v1/spool/{copy['id']}")).content
        assert hashlib.sha256(raw).hexdigest() == copy["sha256"]
        if copy["sealed"]:
            assert b"Subject" not in raw
            raw = opened(copy_from(copy), raw)
        assert len(raw) == copy["size"]
        number = re.search(rb"<(\d+)@hotel.example>", raw)[1]
        assert raw.endswith(message(int(number)))
        words = {"refused": "550 5.1.1 No such user"}.get(verdict, "")
        said = {"id": copy["id"], "verdict": verdict, "sha256": copy["sha256"], "words": words, "pause": 60}
        assert (await answer("POST", "/v1/verdict", lease=lease["lease"], **said)).status_code == 200
    return str(len(lease["copies"]))


@pytest.mark.parametrize("story", STORIES, ids=name)
def test_in_cpython(virtual, story):
    """What the table says is told, and nothing else."""

    async def run():
        stage = Stage(story.env)
        async with stage.open():
            player, shown = InCPython(stage), 0
            for step in story.steps:
                status = await player.play(step)
                check(step, shown_since(player, shown, story), status)
                shown = len(player.posts)

    virtual(run())


@pytest.mark.parametrize("story", IN_PYODIDE, ids=name)
def test_in_pyodide(interpreter, story):
    """The same."""
    player, shown = InPyodide(interpreter, story), 0
    for step in story.steps:
        status = player.play(step)
        check(step, shown_since(player, shown, story), status)
        shown = len(player.posts)


def shown_since(player, number, story):
    """Return what the story's chat has shown since there were so many posts."""
    return [Shown.of(post) for post in player.posts[number:] if post.service == story.service]
