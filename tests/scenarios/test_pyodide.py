"""The scenarios in Pyodide under Node: the interpreter, the FFI and the SDK of Cloudflare's runtime."""

import pytest

from standins.zones import ASKED, NOWHERE, expected

from .table import SCENARIOS, check

# Alone, and with the object of the domain; a copy takes one.
ALL = [("dict", False), ("object", False), ("object", True)]
KEPT = [("dict", True), ("object", True)]
PLAYS = [(scenario, *how) for scenario in SCENARIOS for how in (KEPT if scenario.spool else ALL)]


@pytest.mark.parametrize(("scenario", "shape", "objects"), PLAYS, ids=str)
def test_in_pyodide(interpreter, scenario, shape, objects):
    """What the table says comes of it, as in CPython; alone, and with the object of the domain."""
    check(scenario, interpreter.play(scenario, shape, objects=objects))


def test_the_runtime_knows_time_zones(interpreter):
    """As Python's own library does, which has no data in Pyodide; what is no zone is none."""
    assert interpreter.distances(ASKED) == [expected(*each) for each in ASKED]
    assert interpreter.distances([[zone, 0.0] for zone in NOWHERE]) == [None] * len(NOWHERE)
