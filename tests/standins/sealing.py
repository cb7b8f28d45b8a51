"""Messages encrypted for home by the Worker's own code, on the emulator's WebCrypto."""

import asyncio
import json
from dataclasses import dataclass

from failover import keep
from failover.event import Event
from failover.keep import Keeper
from failover.settings import Settings
from mail_failover.emulator.runtime.load import load_worker
from standins.keys import PUBLIC_KEY
from standins.tables import opened
from standins.world import MAIN, RECIPIENT, SENDER

# Puts the stand-ins where `runtime` imports them from.
load_worker(MAIN)
from runtime import RsaSeal  # noqa: E402

CAUGHT = 1_795_000_000.0


@dataclass(frozen=True)
class Kept:
    """What an object has of one copy: `pieces` are its rows; the rest is as the door says it."""

    id: str
    size: int
    sha256: str
    sealed: str
    pieces: list[bytes]

    @property
    def content(self):
        """Return what the door gives."""
        return b"".join(self.pieces)


def kept(content, *more, public=PUBLIC_KEY):
    """Keep messages in one object, encrypted for a public key; return what there is of each."""
    with opened() as book:
        settings = Settings(spool="all", spool_token="t" * 43, spool_key=public)
        keeper = Keeper(book, settings, lambda: CAUGHT)
        found = [_kept(keeper, number, each) for number, each in enumerate([content, *more])]
    return found if more else found[0]


def _kept(keeper, number, content):
    rest = memoryview(content)

    async def read(size):
        nonlocal rest
        piece, rest = bytes(rest[:size]), rest[size:]
        return piece

    text = json.dumps([SENDER, RECIPIENT, len(content), f"<{number}@hotel.example>", ""])
    event = Event.from_text(asyncio.run(keeper.store(text, read, RsaSeal.new)))
    assert event.copy, event.unkept
    copy = keeper.book.spool.find(event.copy)
    pieces = [bytes(part.data) for part in keeper.book.spool.chunks(copy.number)]
    assert all(len(piece) <= keep.CHUNK_BYTES + 16 for piece in pieces)
    return Kept(copy.id, copy.size, copy.sha256, copy.sealed, pieces)
