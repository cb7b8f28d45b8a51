"""The scenarios in Pyodide under Node: the interpreter, the FFI and the SDK of Cloudflare's runtime."""

import pytest

from .table import SCENARIOS, check


@pytest.mark.parametrize(
    ("shape", "objects"), [("dict", False), ("object", False), ("object", True)], ids=str
)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_in_pyodide(interpreter, scenario, shape, objects):
    """What the table says comes of it, as in CPython; alone, and with the object of the domain."""
    check(scenario, interpreter.play(scenario, shape, objects=objects))
