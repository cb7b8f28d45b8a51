"""Mail from public bug reports, read in CPython and in both versions of Pyodide."""

import json
import subprocess
from pathlib import Path

import pytest

from standins.node import ROOT, VERSIONS, node_command, pyodide

from .cases import CASES, check, main

FOLDER = ROOT / "tests" / "mails" / "cases"


@pytest.fixture(scope="module", params=["cpython", *VERSIONS])
def read(request):
    """Read all the cases in one Python."""
    if request.param == "cpython":
        return json.loads(main(FOLDER))
    here = Path(__file__).parent
    command = node_command(here / "cases.mjs", pyodide(request.param), ROOT / "src", here, FOLDER)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_what_must_come_of_a_message_does(read, name):
    """What a person reads in it, in every runtime alike."""
    check(CASES[name], read["found"][name])


def test_every_charset_of_the_table_is_one_that_this_python_has(read):
    """No name in the table fails when a message uses it."""
    assert read["missing"] == []


def test_the_table_has_a_row_for_each_message():
    """And no row too many."""
    assert CASES.keys() == {path.stem for path in FOLDER.glob("*.eml")}
