"""What the pictures show: the demo's booking, as the Worker tells of it and each stand-in takes it."""

import asyncio
import json
import re
from datetime import UTC, datetime

from mail_failover.demo.story import SETTINGS
from mail_failover.emulator.actors import letters
from mail_failover.emulator.chat.further import KINDS
from pictures.looks import LOOKS
from pictures.runs import READERS
from pictures.svg import Note, draw
from standins.stage import START, Stage
from standins.virtual import VirtualLoop
from standins.world import SLACK_WEBHOOK, TELEGRAM

WHEN = datetime(2026, 11, 24, 20, 58, 14, tzinfo=UTC)
_FIXED = {
    b"Date": f"{WHEN:%a, %d %b %Y %H:%M:%S} +0000".encode(),
    b"Message-ID": b"<176401431400.4711.1234567890123456789@hotel.example>",
}
_PATHS = {"telegram": "/sendMessage", "slack": "/services/"}


def booking():
    """Return what each service shows of the demo's second act, whose letter was sent at WHEN."""
    return told(letters.booking())


def told(letter):
    """Let the Worker catch a letter, and return the first alert of each service, by the service's name.

    It says what the stand-in shows, no word more or less.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        posts, requests = runner.run(_play(letter))
    notes = {}
    for service, seen in posts.items():
        body = requests[service].content.decode()
        runs = tuple(READERS[service](body))
        shown = "".join(text for _, text in runs)
        # Of JSON the stand-in shows the values, as lines.
        told_of = json.dumps(json.loads(body), ensure_ascii=False) if service == "webhook" else seen
        assert _words(shown) == _words(told_of), service
        notes[service] = Note(LOOKS[service].author, f"{WHEN:%H:%M}", runs)
    return notes


def _words(text):
    return "".join(text.split())


async def _play(letter):
    """Return what each stand-in shows first, and which request it got that from."""
    others = [make() for make in KINDS]
    stage = Stage({**TELEGRAM, **SLACK_WEBHOOK, **SETTINGS})
    for service in others:
        stage.env |= service.settings
    stage.shift = WHEN.timestamp() - START
    content = letter.content
    for name, value in _FIXED.items():
        content, found = re.subn(rb"(?m)^%b: .*?(?=\r$)" % name, b"%b: %b" % (name, value), content)
        assert found == 1
    async with stage.open():
        await stage.mail(sender=letter.sender, content=content)
        await stage.settle()
    assert not stage.problems
    requests = {}
    for _, request in stage.requests:
        names = [service.name for service in others if service.takes(request)]
        names += [name for name, path in _PATHS.items() if path in request.url.path]
        requests.setdefault(names[0], request)
    return {post.service: post.seen for _, post in reversed(stage.posts)}, requests


def pictures(notes):
    """Yield each file's name, and what is in it.

    Each serves light pages and dark ones, by what its reader's system likes. The README's are one of each:
    GitHub chooses among pictures by the theme that is set there.
    """
    for service, note in notes.items():
        look = LOOKS[service]
        yield f"alert-{service}.svg", draw(note, look.frame, look.light, look.dark)
    look, note = LOOKS["telegram"], notes["telegram"]
    yield "alert-light.svg", draw(note, look.frame, look.light)
    yield "alert-dark.svg", draw(note, look.frame, look.dark)
