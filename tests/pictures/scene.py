"""What a picture shows: the demo's booking, as the Worker tells of it and a Telegram chat takes it."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mail_failover.demo import letters
from mail_failover.demo.acts import SETTINGS
from mail_failover.emulator.chat.telegram import send_message
from standins.stage import START, Stage
from standins.virtual import VirtualLoop
from standins.world import TELEGRAM

WHEN = datetime(2026, 11, 24, 20, 58, 14, tzinfo=UTC)
_FIXED = {
    b"Date": f"{WHEN:%a, %d %b %Y %H:%M:%S} +0000".encode(),
    b"Message-ID": b"<176401431400.4711.1234567890123456789@hotel.example>",
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as a chat has it: who wrote it, its text with the entities in it, the time beside it.

    `entities` are Telegram's own: a type, an offset and a length in UTF-16 units
    (https://core.telegram.org/bots/api#messageentity).
    """

    author: str
    text: str
    entities: list[dict]
    clock: str


def booking():
    """Return the alert of the demo's second act, of a letter that was sent at WHEN."""
    return alert(letters.booking())


def alert(letter):
    """Let the Worker catch a letter, and return the first alert that Telegram takes."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        request = runner.run(_request(letter))
    result = send_message(TELEGRAM["TELEGRAM_BOT_TOKEN"], request.content, 1, {}).result
    return Bubble(result["from"]["username"], result["text"], result["entities"], f"{WHEN:%H:%M}")


async def _request(letter):
    stage = Stage(TELEGRAM | SETTINGS)
    stage.shift = WHEN.timestamp() - START
    content = letter.content
    for name, value in _FIXED.items():
        content, found = re.subn(rb"(?m)^%b: .*?(?=\r$)" % name, b"%b: %b" % (name, value), content)
        assert found == 1
    async with stage.open():
        await stage.mail(sender=letter.sender, content=content)
        await stage.settle()
    assert not stage.problems
    return stage.requests[0][1]
