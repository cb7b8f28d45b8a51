"""Messages encrypted by the Worker's own code, on the emulator's WebCrypto, and opened as at home."""

import asyncio
import json
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from failover import keep
from failover.event import Event
from failover.keep import Keeper
from failover.settings import Settings
from mail_failover.door.answers import Copy
from mail_failover.door.errors import Unopened
from mail_failover.door.sealed import open_copy
from mail_failover.emulator.runtime.load import load_worker
from notify.words.language import Words
from standins import tables
from standins.keys import PRIVATE_KEY, PUBLIC_KEY
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
    with tables.opened() as book:
        settings = Settings(spool="all", spool_token="t" * 43, spool_key=public)
        keeper = Keeper(book, settings, lambda: CAUGHT, Words())
        found = [_kept(keeper, number, each) for number, each in enumerate([content, *more])]
    return found if more else found[0]


def opened(copy: Copy, content):
    """Open what the door gives of a copy; what does not open leaves no file."""
    with tempfile.TemporaryDirectory() as folder:
        closed, path = Path(folder) / "closed", Path(folder) / "plain"
        closed.write_bytes(content)
        try:
            open_copy(copy, PRIVATE_KEY, closed, path)
        except Unopened:
            assert not path.exists()
            raise
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        return path.read_bytes()


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
