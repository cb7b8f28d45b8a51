"""docs/events.md says what each event holds."""

import asyncio

from mail_failover.emulator.actors import letters
from mail_failover.emulator.actors.sender import GIVES_UP_AFTER
from standins.events_page import ALWAYS, HAPPENINGS, STATES
from standins.experiment import experiment, told, until


def names(value):
    """Return every name in a value."""
    if isinstance(value, dict):
        return {*value, *(name for each in value.values() for name in names(each))}
    return {name for each in value for name in names(each)} if isinstance(value, list) else set()


def test_every_event_has_the_fields_that_the_page_says(tmp_path):
    """Of an experiment in which all of them happen, but for those of the demo and of the command."""

    async def run():
        async with experiment(tmp_path) as playing:
            await playing.send(letters.lunch())
            await playing.stop_primary()
            await playing.send(letters.lunch())
            playing.fail("forward", "transient")
            await playing.send(letters.plumber())
            await until(playing, lambda: playing.feed.states["faults"])
            playing.pass_time(GIVES_UP_AFTER)
            await until(playing, lambda: told(playing, "bounced"))
            playing.open_spool()
            await playing.send(letters.tickets())
            await playing.start_primary()
            await playing.replay("example.com")
            await playing.emulator.edge.drain()
            return told(playing)

    found = {}
    for event in asyncio.run(run()):
        kept = event["state"] if "state" in event else {n: v for n, v in event.items() if n not in ALWAYS}
        found.setdefault(event["event"], []).append(kept)
    assert found.keys() == HAPPENINGS.keys() - {"start", "story"} | STATES.keys() - {"acts"}
    for name, several in found.items():
        if name in HAPPENINGS:
            assert all(each.keys() == HAPPENINGS[name] for each in several), name
        else:
            assert names(several) == STATES[name], name
