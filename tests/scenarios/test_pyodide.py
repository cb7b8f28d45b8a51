"""The scenarios in Pyodide under Node: the interpreter, the FFI and the SDK of Cloudflare's runtime."""

import pytest

from .table import SCENARIOS, check

# Alone, and with the object of the domain; a copy takes one.
ALL = [("dict", False), ("object", False), ("object", True)]
KEPT = [("dict", True), ("object", True)]
PLAYS = [(scenario, *how) for scenario in SCENARIOS for how in (KEPT if scenario.spool else ALL)]


@pytest.mark.parametrize(("scenario", "shape", "objects"), PLAYS, ids=str)
def test_in_pyodide(interpreter, scenario, shape, objects):
    """What the table says comes of it, as in CPython; alone, and with the object of the domain."""
    check(scenario, interpreter.play(scenario, shape, objects=objects))
