"""What the players of Pyodide share: an interpreter that is booted once, which takes seconds."""

import pytest

from standins.node import VERSIONS

from .backstage import Backstage
from .interpreter import Interpreter


@pytest.fixture(scope="package", params=VERSIONS)
def interpreter(request):
    """Boot one version of Python once for all files here: pytest runs together what plays in it."""
    with Backstage(virtual=True) as stage:
        interpreter = Interpreter(request.param, stage)
        yield interpreter
        interpreter.close()
