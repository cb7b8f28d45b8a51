"""Mail from public bug reports, read in CPython and in both versions of Pyodide."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .cases import CASES, check, main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "mails" / "cases"
RUNTIMES = ["cpython", "pyodide-3.13", "pyodide-3.14"]


@pytest.fixture(scope="module", params=RUNTIMES)
def read(request):
    """Read all the cases in one Python."""
    if request.param == "cpython":
        return json.loads(main(FOLDER))
    assert (ROOT / "node_modules" / request.param).exists(), "run this through: make test"
    node = shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    here = Path(__file__).parent
    command = [node, here / "cases.mjs", request.param, ROOT / "src", here, FOLDER]
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
