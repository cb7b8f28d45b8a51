"""The scenarios in CPython, on the emulator's stand-ins, in virtual time."""

import json

import pytest

from standins.world import play

from .table import SCENARIOS, VERIFIED, Played, check

SHAPES = ("dict", "object")
# Alone, and with the object of the domain; a copy takes one.
OBJECTS = {False: (False, True), True: (True,)}


PLAYS = [(s, shape, objects) for s in SCENARIOS for shape in SHAPES for objects in OBJECTS[bool(s.spool)]]


@pytest.mark.parametrize(("scenario", "shape", "objects"), PLAYS, ids=str)
def test_in_cpython(virtual, capsys, scenario, shape, objects):
    """What the table says comes of it."""
    played = virtual(
        play(
            scenario.env,
            faults=scenario.faults,
            sender=scenario.sender,
            recipient=scenario.recipient,
            content=scenario.content,
            trace=scenario.trace,
            shape=shape,
            chunk=scenario.chunk,
            verified=VERIFIED,
            capsys=capsys,
            objects=objects,
        )
    )
    check(
        scenario,
        Played(
            played.status,
            played.seen.raised,
            played.inboxes,
            [(str(r.url), json.loads(r.content)) for r in played.requests],
            played.posts,
            played.printed.splitlines(),
            played.seen.rejected,
            played.seen,
            by_object=objects,
        ),
    )
