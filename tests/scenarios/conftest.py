"""What the players of Pyodide share: an interpreter that is booted once."""

import pytest

from standins.node import VERSIONS

from .backstage import Backstage
from .interpreter import Interpreter


@pytest.fixture(scope="module", params=VERSIONS)
def interpreter(request):
    """Boot one version of Python once for a whole file."""
    with Backstage(virtual=True) as stage:
        interpreter = Interpreter(request.param, stage)
        yield interpreter
        interpreter.close()
