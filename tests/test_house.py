"""The rooms of the house: who may import what, and what the distribution brings."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path, PurePath

import pytest
from packaging.requirements import Requirement

from standins.node import VERSIONS, node_command, pyodide

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
SOURCES = sorted(path.relative_to(SRC) for path in SRC.rglob("*.py"))
NEEDS = [
    Requirement(n) for n in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
RUNTIME = {"js", "pyodide", "workers"}
# Who may import more than his own: docs/architecture.md.
ROOMS = {
    "entry.py": RUNTIME | {"notify", "book", "runtime"},
    "runtime.py": RUNTIME | {"notify"},
    "book.py": {"notify", "spool"},
    "failover/door.py": {"spool"},
    "failover/keep.py": {"notify", "book", "spool"},
    "failover/handle.py": {"notify"},
    "failover/memory.py": {"notify", "book"},
    "failover/conversation.py": {"notify", "book"},
    "failover/watch.py": {"notify", "book"},
}
# These load in Pyodide and do not work there, or not as elsewhere: it has no threads, processes or sockets.
# https://developers.cloudflare.com/workers/languages/python/stdlib/
IDLE = {"ctypes", "mmap", "multiprocessing", "pydoc", "socket", "socketserver", "subprocess", "threading"}
EDGE = {PurePath("entry.py"), PurePath("runtime.py")}
# What imports by name at run time, where nobody can see from the source what it will be.
HIDING = {"builtins", "importlib", "pkgutil", "runpy"}

# Some that Python 3.11 has, or 3.14, or a package index.
ABSENT = """
aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib
ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib
annotationlib compression.zstd curses dbm ensurepip fcntl grp idlelib lzma msvcrt pty pwd readline resource
sqlite3 ssl syslog termios test.support tkinter tty turtle venv winreg
aiosmtpd httpx micropip setuptools
""".split()  # noqa: SIM905 a list of words reads as one
# What makes a second Python task, or wraps a promise of JavaScript's in one.
TASKS = {"create_task", "ensure_future", "gather", "wait_for", "wait", "shield", "timeout", "timeout_at"}
TASKS |= {"TaskGroup", "Runner", "run", "run_coroutine_threadsafe", "to_thread", "as_completed", "Task"}
TASKS |= {"call_soon", "call_later", "call_at", "run_in_executor", "sleep", "Event", "Queue", "Lock"}
# A possessive quantifier of a group, or of what is put in; and what stands for one sign.
POSSESSIVE = re.compile(r"(?:\)|\A)(?:[*+?]|\{\d*,?\d*\})\+")
SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)

BAD = [
    # Only entry.py and runtime.py know the runtime, wherever the import stands and however it is written.
    ("failover/text.py", "import js"),
    ("failover/text.py", "import js as os"),
    ("failover/text.py", "from pyodide.ffi import JsException"),
    ("failover/text.py", "def f():\n    from workers import fetch"),
    ("failover/text.py", "try:\n    import workers\nexcept ImportError:\n    pass"),
    ("notify/entry.py", "from workers import fetch"),
    ("failover/runtime.py", "import js"),
    ("book.py", "from pyodide.ffi import to_js"),
    ("failover/text.py", "import importlib\nimportlib.import_module('js')"),
    ("failover/text.py", "from importlib import import_module as load\nload('js')"),
    ("failover/text.py", "__import__('js')"),
    ("failover/text.py", "import builtins\nbuiltins.__import__('js')"),
    ("failover/text.py", "exec('import js')"),
    ("failover/text.py", "import sys\nsys.modules['js']"),
    ("failover/text.py", "from sys import modules"),
    ("failover/text.py", "import entry"),
    ("failover/memory.py", "from runtime import send"),
    ("failover/handle.py", "from book import Book"),
    ("entry.py", "import _pyodide"),
    ("entry.py", "from pyodide_js import loadPackage"),
    # JavaScript's names, bound when the file is imported.
    *(
        ("entry.py", source)
        for source in (
            "from js import Headers",
            "def f():\n    from js import Headers",
            "from js import *",
            "import js\nHeaders = js.Headers",
            "import js as javascript\nHeaders = javascript.Headers",
            "import js\nclass C:\n    headers = js.Headers",
            "import js\ndef f(headers=js.Headers): pass",
            "import js\ndef f(): pass\nf.headers = [js.Headers for _ in range(2)]",
            "import js\nif js.Headers:\n    pass",
            "import js\nnames = js",
            "import js\nHeaders = getattr(js, 'Headers')",
            "import js.Headers as Headers",
            "from js.console import log",
            "import js\ndef f():\n    global Headers\n    Headers = js.Headers",
            "from pyodide.code import run_js",
            "from workers import env",
        )
    ),
    # Relative imports that leave the package, or that stand in none.
    ("entry.py", "from . import js"),
    ("entry.py", "from .failover import text"),
    ("failover/text.py", "from .. import js"),
    ("failover/text.py", "from ..workers import fetch"),
    ("notify/slack.py", "from ..failover.text import clean"),
    # The rooms.
    ("failover/text.py", "from notify.alert import Alert"),
    # What is somewhere, but not in both of Pyodide's standard libraries: gone, too new, kept in a package.
    ("failover/text.py", "from string.templatelib import Template"),
    ("failover/text.py", "from typing import evaluate_forward_ref"),
    ("failover/text.py", "import email.no_such_module"),
    *(("failover/text.py", f"import {name}") for name in ABSENT),
    # What loads and does not work, what is no public part of the library, and what is about to go.
    *(("failover/text.py", f"import {name}") for name in sorted(IDLE)),
    *(("failover/text.py", f"import {name}") for name in ("_ctypes", "_socket", "_thread", "_pydatetime")),
    ("failover/text.py", "import nturl2path"),
]
GOOD = [
    ("entry.py", "import js\nfrom pyodide.ffi import JsException\nfrom workers import fetch"),
    ("entry.py", "import js\ndef f():\n    return js.Headers.new([])"),
    ("entry.py", "import js\nclass C:\n    def f(self):\n        return lambda: js.Headers"),
    ("entry.py", "from notify.channel import Request\nfrom failover.handle import handle"),
    (
        "failover/text.py",
        "from __future__ import annotations\nimport re, collections.abc\nimport os.path as js",
    ),
    ("failover/text.py", "from .message import Mail\nfrom . import skim\nfrom failover.header import Header"),
    ("failover/handle.py", "from notify.alert import Alert"),
    ("failover/memory.py", "from book import Book"),
    ("runtime.py", "import js\nfrom pyodide.ffi import JsException"),
    ("notify/slack.py", "from failover.text import clean\nfrom .alert import Alert"),
    ("notify/slack.py", "from xml import etree\nfrom email.utils import *\nimport sys\nsys.path"),
]


def imported(source, path):
    """Yield the dotted names that a file of src/ imports; those that lead out of its package begin with dots.

    What imports by name at run time, and so hides what it imports, is named itself.
    """
    package = path.parent.parts
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                inside = 0 < node.level <= len(package)
                parts = package[: len(package) + 1 - node.level] if inside else ["." * node.level]
                base = ".".join([*filter(None, parts), *filter(None, [node.module])])
                yield from (base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names)
            case ast.Name(id="__import__" | "exec" | "eval"):
                yield node.id
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                yield "sys.modules"


def run_at_import(node):
    """Yield what is evaluated when a file is imported: everything but the bodies of functions."""
    body = node.body if isinstance(node, FUNCTIONS) else []
    later = body if isinstance(body, list) else [body]
    for child in ast.iter_child_nodes(node):
        if child not in later:
            yield child
            yield from run_at_import(child)


def bound(source):
    """Yield where a file binds what is JavaScript's at import, or takes it out of `js` at all.

    A call at import of a function that looks a name up is not seen.
    """
    tree = ast.parse(source)
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names |= {alias.asname or alias.name for alias in node.names if alias.name == "js"}
                yield from (alias.name for alias in node.names if alias.name.startswith("js."))
            case ast.ImportFrom(level=0, module=str(module)) if module.split(".")[0] == "js":
                yield f"from {module}"
            case ast.ImportFrom(level=0, module="workers" | "pyodide.code"):
                yield from (a.name for a in node.names if a.name in {"env", "run_js", "*"})
            case ast.Global():
                yield "global"
    yield from (node.id for node in run_at_import(tree) if isinstance(node, ast.Name) and node.id in names)


def strangers(source, path, loadable):
    """Return what a file of src/ imports and may not; `loadable` is what every Pyodide has of its imports."""
    rooms = {"failover"} | ROOMS.get(str(path), {"notify"} if path.parts[0] == "notify" else set())
    return set(bound(source)) | {
        name
        for name in imported(source, path)
        if (top := name.partition(".")[0]) not in rooms
        and (
            name not in loadable
            or name == "sys.modules"
            or top in IDLE | HIDING
            or (top.startswith("_") and top != "__future__")
        )
    }


@pytest.fixture(scope="module")
def loadable():
    """Ask both Pyodides which of all the names imported here their standard libraries have."""
    script = ROOT / "tests" / "scenarios" / "stdlib.mjs"
    files = [*((path, (SRC / path).read_text()) for path in SOURCES), *BAD, *GOOD]
    names = json.dumps(sorted({n for path, source in files for n in imported(source, PurePath(path))}))

    def has(version):
        command = node_command(script, pyodide(version))
        run = subprocess.run(command, input=names, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        return set(json.loads(run.stdout))

    with ThreadPoolExecutor() as pool:
        return set.intersection(*pool.map(has, VERSIONS))


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_the_worker_imports_the_standard_library_and_itself(path, loadable):
    """Nothing has to be vendored, only entry.py knows the runtime, and each room keeps to its own."""
    assert strangers((SRC / path).read_text(), path, loadable) == set()


@pytest.mark.parametrize(("path", "source"), BAD)
def test_an_import_that_the_worker_must_not_have_is_found(path, source, loadable):
    """However it is written, and whichever of the runtimes would take it."""
    assert strangers(source, PurePath(path), loadable)


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_an_import_that_the_worker_may_have_is_let_through(path, source, loadable):
    """The standard library, the rooms by their rules, and the runtime in entry.py."""
    assert strangers(source, PurePath(path), loadable) == set()


def second_tasks(source, path):
    """Return what a file of src/ does to run more than its event's one task, or may do."""
    names = set(imported(source, path))
    if path not in EDGE:
        # The core waits through a port alone, so it has no use for asyncio at all.
        return {name for name in names if name.partition(".")[0] == "asyncio"}
    used = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return (used & TASKS) | {name for name in names if name.startswith("asyncio.")}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_an_event_runs_in_one_python_task(path):
    """No module makes a task, gathers, or wraps a foreign promise: see failover/waiting.py."""
    javascripts = {"wait"} if path in EDGE else set()
    assert second_tasks((SRC / path).read_text(), path) <= javascripts


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("failover/delivery.py", "import asyncio"),
        ("notify/dispatch.py", "from asyncio import gather"),
        ("failover/handle.py", "def f():\n    import asyncio as waiting"),
        ("entry.py", "from asyncio import ensure_future"),
        ("entry.py", "import asyncio\nasyncio.gather()"),
        ("entry.py", "import asyncio as a\na.wait_for(1, 2)"),
        ("entry.py", "import asyncio\nasyncio.get_running_loop().create_task(1)"),
        ("entry.py", "import asyncio\nmake = asyncio.ensure_future"),
        ("entry.py", "import asyncio\nasync def f():\n    async with asyncio.timeout(1): pass"),
    ],
)
def test_a_second_task_is_found(path, source):
    """Whoever makes it, and however."""
    assert second_tasks(source, PurePath(path)) - {"wait"}


def possessive(source):
    """Yield a file's patterns that repeat a group possessively, or what is put in, which may be one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if POSSESSIVE.search(SIGN.sub("x", text)):
                yield text


def test_no_pattern_repeats_a_group_possessively():
    """Python before 3.11.5, as Debian 12 has it, finds what is not there; an atomic group says the same.

    https://github.com/python/cpython/issues/106052
    """
    files = [path for folder in (SRC, ROOT / "scripts") for path in folder.rglob("*.py")]
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in files}
    # To parse them all takes its time.
    found = {
        path: [*possessive(source)] for path, source in sources.items() if re.search(r"[*+?}]\+", source)
    }
    assert "src/failover/header.py" in found
    assert {path: texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ('r"(?:ab?c)*+"', True),
        ('r"(?:ab?c){1,3}+d"', True),
        ('rb"""(a|\\)b)?+"""', True),
        ('(r"(?:ab?c)"\nr"++")', True),
        ('rf"{AB}++"', True),
        ('rf"(?:{AB}c){{2}}+"', True),
        ('AB + r"?+c"', True),
        ('r"(?>(?:ab?c)*)"', False),
        ('r"(ab)c*+d?+[ef]{1,3}+"', False),
        ('r"\\)*+"', False),
        ('rf"{AB}[^])*+(]?+"', False),
    ],
)
def test_a_possessive_group_is_found(source, is_one):
    """Wherever a pattern stands, and however it is put together."""
    assert bool([*possessive(source)]) == is_one


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
    """The runtime's own SDK and no catch-all taken over."""
    wrangler = tomllib.loads((ROOT / "wrangler.toml").read_text())
    assert wrangler["main"] == "src/entry.py"
    assert {"python_workers", "disable_python_external_sdk"} == set(wrangler["compatibility_flags"])
    assert "addresses" not in wrangler


def test_pip_install_brings_what_the_command_imports():
    """All of it and no more, without an extra that one has to know of."""
    scripts = ROOT / "scripts"
    files = [(path.read_text(), path.relative_to(scripts)) for path in scripts.rglob("*.py")]
    names = {name.partition(".")[0] for source, path in files for name in imported(source, path)}
    foreign = names - sys.stdlib_module_names - {"mail_failover", "failover", "notify"}
    providers = packages_distributions()
    # What zoneinfo reads where the system has no such data, as in a small container, is imported by nobody.
    assert {providers[name][0] for name in foreign} | {"tzdata"} == {need.name for need in NEEDS}


def test_pywrangler_finds_nothing_to_vendor():
    """It installs for Pyodide, where the command's needs do not apply; wherever the command runs they do."""
    for need in NEEDS:
        applies = {at: need.marker.evaluate({"sys_platform": at}) for at in ("linux", "darwin", "emscripten")}
        assert applies == {"linux": True, "darwin": True, "emscripten": False}, need


def test_lock_files_name_no_registry():
    """Names, versions and hashes; where packages come from is the machine's business."""
    for name in (
        "requirements/cli.txt",
        "requirements/dev.txt",
        "requirements/node.txt",
        "package-lock.json",
    ):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text, name
        assert not re.search(
            r"://\S*(?:registry|pypi|pythonhosted|npmjs)|^--(?:extra-index|index|find-links)",
            text,
            re.MULTILINE,
        ), name
