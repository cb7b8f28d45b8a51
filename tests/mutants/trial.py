"""Tests run in a copy of the working tree: which of them run a line, and whether they notice a change to it.

A fork runs them, which has loaded already what takes longer to load than most tests take.
"""

import os
import re
import resource
import shutil
import signal
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import coverage
import httpx  # noqa: F401
import hypothesis.strategies  # noqa: F401
import pytest
import typer  # noqa: F401
from kinds import Mutant

# In seconds: the slowest test takes seven; all that run one line take two minutes.
LONGEST_TEST, LONGEST_RUN = 60, 900
MOST_MEMORY = 4 << 30
FORK = get_context("fork")
# What runs in Node needs its modules; in Pyodide it is slow, too.
_OPTIONS = (
    "-p no:cacheprovider -k 'not pyodide and not clients_parser' -W ignore::pytest.PytestAssertRewriteWarning"
)
_AT_MOST = ["-o", f"faulthandler_timeout={LONGEST_TEST}", "-o", "faulthandler_exit_on_timeout=true"]
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "build", "__pycache__", ".*_cache")


def copied(root: Path, tree: Path) -> Path:
    """Copy what tests need."""
    return shutil.copytree(root, tree, ignore=_LEFT_OUT)


def measure(tree: Path, tests: Sequence[str]) -> bool:
    """Run tests and write down which lines each of them runs; tell whether all passed."""
    return _passes(tree, lambda: _measured(tests))


def notice(tree: Path, mutant: Mutant, tests: Sequence[str]) -> bool:
    """Change one place in a copy, run tests to the first failure, and tell whether one failed or hung."""
    with tempfile.TemporaryDirectory(dir=tree.parent) as name:
        other = shutil.copytree(tree, Path(name), dirs_exist_ok=True)
        (other / mutant.file).write_text(mutant.source)
        return bool(tests) and not _passes(other, lambda: pytest.main(["-x", *_AT_MOST, *tests]))


def _passes(tree: Path, run: Callable[[], int]) -> bool:
    process = FORK.Process(target=_in_copy, args=(tree, run))
    process.start()
    try:
        process.join(LONGEST_RUN)
        return process.exitcode == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _in_copy(tree: Path, run: Callable[[], int]) -> None:
    """Run tests out of sight, in one group with whatever they start, and end with their exit code."""
    os.setsid()
    # A loop that collects something ends, too.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    output = os.open(tree / f"output-{os.getpid()}", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree / "scripts")
    os.environ["PYTEST_ADDOPTS"] = _OPTIONS
    code = run()
    os._exit(code)


class _Contexts:
    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Count lines for this test from now on; for all its parameters as one."""
        self._measuring.switch_context(item.nodeid.split("[")[0])


def _measured(tests: Sequence[str]) -> int:
    measuring = coverage.Coverage("measured", data_suffix=True, config_file=False, source=["src", "scripts"])
    with measuring.collect():
        code = pytest.main([*tests], plugins=[_Contexts(measuring)])
    measuring.save()
    return code


class Footprints:
    """Which tests run which lines, as measured in a copy."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._tests: dict[str, dict[int, set[str]]] = defaultdict(dict)
        self._sizes: Counter[str] = Counter()
        for part in tree.glob("measured.*"):
            data = coverage.CoverageData(str(part))
            data.read()
            for path in data.measured_files():
                lines = self._tests[Path(path).relative_to(tree.resolve()).as_posix()]
                for line, tests in data.contexts_by_lineno(path).items():
                    lines[line] = lines.get(line, set()).union(filter(None, tests))
                    self._sizes.update(name for test in tests for name in (test, _file(test)))

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the changed statement, those first that run little else.

        What runs only at import, whichever test that is in, is left to the files whose tests run anything of
        the module or of one that imports it: of a table nothing else runs.
        """
        lines = self._tests[mutant.file]
        found: set[str] = set().union(*(lines[line] for line in lines.keys() & (mutant.lines or ())))
        if not found:
            modules = [lines, *(self._tests[file] for file in self._importing(mutant.file))]
            found = {_file(test) for module in modules for tests in module.values() for test in tests}
        return sorted(found, key=lambda name: (self._sizes[name], name))

    def _importing(self, file: str) -> list[str]:
        named = re.compile(rf"^ *from \S*\b{Path(file).stem} import ", re.MULTILINE)
        return [other for other in self._tests if named.search((self._tree / other).read_text())]


def _file(test: str) -> str:
    return test.partition("::")[0]
