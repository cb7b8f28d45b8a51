"""The rooms of the house: who may import what."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
OURS = {"failover", "notify"}
RUNTIME = {"js", "pyodide", "workers", "_pyodide", "cloudflare"}
# Pyodide leaves these parts of the standard library out, or gives them no operating system to talk to.
NOT_IN_PYODIDE = {
    "ctypes",
    "curses",
    "dbm",
    "distutils",
    "ensurepip",
    "fcntl",
    "grp",
    "idlelib",
    "lib2to3",
    "lzma",
}
NOT_IN_PYODIDE |= {
    "mmap",
    "msvcrt",
    "multiprocessing",
    "pwd",
    "pydoc",
    "readline",
    "resource",
    "socket",
    "socketserver",
}
NOT_IN_PYODIDE |= {
    "sqlite3",
    "ssl",
    "subprocess",
    "syslog",
    "termios",
    "test",
    "threading",
    "tkinter",
    "turtle",
    "venv",
}


def imported(path):
    """Return the top names of the modules that a file imports; its own package is not one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_worker_imports_the_standard_library_and_itself(path):
    """Nothing has to be vendored, and only entry.py knows the runtime."""
    foreign = imported(path) - OURS - (RUNTIME if path.name == "entry.py" else set())
    assert foreign <= sys.stdlib_module_names - NOT_IN_PYODIDE


def test_the_core_loads_without_what_costs_time():
    """`email` and its company, which the standard library offers for mail, stay out of the Worker."""
    code = "import failover.handle, sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=True, timeout=30
    )
    heavy = {"email", "http", "urllib", "logging", "datetime", "decimal"}
    # asyncio brings its own; what we bring must not be among it.
    base = subprocess.run(
        [sys.executable, "-c", "import asyncio, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert not heavy & (set(run.stdout.split()) - set(base.stdout.split()))


def test_a_deploy_needs_no_step_before_it():
    """The runtime's own SDK, no dependencies for pywrangler to vendor, no catch-all taken over."""
    wrangler = tomllib.loads((ROOT / "wrangler.toml").read_text())
    assert wrangler["main"] == "src/entry.py"
    assert {"python_workers", "disable_python_external_sdk"} == set(wrangler["compatibility_flags"])
    assert "addresses" not in wrangler
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"] == []


def test_lock_files_name_no_registry():
    """Names, versions and hashes; where packages come from is the machine's business."""
    for name in ("requirements/cli.txt", "requirements/dev.txt", "package-lock.json"):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text, name
        assert not re.search(
            r"://\S*(?:registry|pypi|pythonhosted|npmjs)|^--(?:extra-index|index|find-links)",
            text,
            re.MULTILINE,
        ), name
