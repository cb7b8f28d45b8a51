"""The three actors for a test: in its folder, in memory, and with a feed that it can ask."""

import asyncio
import contextlib
import json
from pathlib import Path

from mail_failover.emulator.emulator import Emulator
from mail_failover.emulator.events import Feed
from mail_failover.emulator.experiment import Experiment, primary_of
from mail_failover.emulator.routing.inbox import MaildirInboxes
from mail_failover.emulator.runtime.clock import Clock
from mail_failover.emulator.telling import telling
from mail_failover.settings.files import Config

ROOT = Path(__file__).parents[2]
INBOX = "you@example.net"
CONFIG = Config(ROOT / "src" / "entry.py", {"FALLBACK_INBOXES": [INBOX]}, objects={"DOMAINS": "Domain"})


@contextlib.asynccontextmanager
async def experiment(folder, config=CONFIG, **options):
    """Let the actors play in a folder."""
    clock = Clock()
    feed = Feed(clock)
    primary = primary_of(folder / "primary", feed)
    emulator = Emulator(
        config,
        MaildirInboxes(folder / "fallback"),
        watch=telling(feed),
        clock=clock,
        dialling=primary.greet,
        **options,
    )
    async with Experiment(emulator, primary, feed, config) as playing:
        yield playing


def told(playing, *names):
    """Return what was told so far, or those events of it."""
    every = [json.loads(each.line) for each in playing.feed.since(0, 100_000)]
    return [each for each in every if not names or each["event"] in names]


async def until(playing, condition, seconds=20):
    """Wait until something holds, asking again at each event."""
    async with asyncio.timeout(seconds):
        while not condition():
            await playing.feed.wait(playing.feed.last)
