"""The rooms of the house, as docs/architecture.md draws them: who may import whom."""

import ast
import functools
import re
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "scripts/mail_failover/"
# What belongs to one command; only cli.py puts them together.
COMMANDS = (
    "first_hour/",
    "deploy/",
    "setup/",
    "chats/",
    "doctor/",
    "drill/",
    "replay/",
    "spool/",
    "status/",
    "uninstall/",
    "demo/",
    "emulator/command.py",
    "emulator/play.py",
)
LOOSE = {"__init__.py", "__main__.py", "cli.py", "disk.py", "errors.py"}
FILES = sorted(
    path.relative_to(ROOT).as_posix() for folder in ("src", PACKAGE) for path in (ROOT / folder).rglob("*.py")
)
# What has no business in a room that only computes.
OUTSIDE = {"asyncio", "dns", "httpx", "os", "pathlib", "socket", "subprocess", "time", "typer"}
PURE = (
    *("setup/plan/", "setup/step.py"),
    *("mail/spf/", "mail/edge.py", "mail/hosted.py", "mail/mta_sts.py", "console/next_step.py"),
    *("cloudflare/records.py", "cloudflare/rules.py", "cloudflare/answers.py", "settings/deployed.py"),
)


def full(path):
    """Return a path of the tables as one of the repository."""
    return path if path.startswith("src/") else PACKAGE + path


def read_rows():
    """Read the tables: each room and the paths that it may import."""
    lines = (ROOT / "docs" / "architecture.md").read_text().splitlines()
    rows = [re.fullmatch(r"\| `([^`]+)` \|[^|]+\|([^|]*)\|", line) for line in lines]
    return [(full(row[1]), [full(p) for p in re.findall(r"`([^`]+)`", row[2])]) for row in rows if row]


ROWS = read_rows()
TABLE = dict(ROWS)


def room_of(file):
    """Return the row that a file belongs to."""
    fitting = [room for room in TABLE if file == room or (room.endswith("/") and file.startswith(room))]
    return max(fitting, key=len, default=None)


@functools.cache
def imported(file, source):
    """Return the files of the house that a file imports, at its top or later, for types or for work."""
    return frozenset(_imported(file, source))


def _imported(file, source):
    parts = PurePath(file).with_suffix("").parts[1:]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = parts[: len(parts) - node.level] if node.level else ()
            base = ".".join([*start, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from filter(None, map(located, names))


@functools.cache
def located(name):
    """Return the file in which a dotted name is found, if it is one of the house."""
    parts = name.split(".")
    for length in (len(parts), len(parts) - 1):
        for folder in ("src", "scripts"):
            path = "/".join([folder, *parts[:length]])
            for file in (f"{path}.py", f"{path}/__init__.py"):
                if length and file in FILES:
                    return file
    return None


def trespasses(file, source):
    """Return the imports of a file that its room may not make."""
    own = room_of(file)
    return {target for target in imported(file, source) if not target.startswith((own, *TABLE[own]))}


def sources():
    """Return every file of the house with its text."""
    return {file: (ROOT / file).read_text() for file in FILES}


def circle(graph):
    """Return a circle of the graph, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def rooms(files):
    """Return which room imports which."""
    graph = {}
    for file, source in files.items():
        own = room_of(file)
        graph.setdefault(own, set()).update({room_of(t) for t in imported(file, source)} - {own})
    return graph


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_what_its_room_may(file):
    """And each file has a room: a new one at the top of the house needs a row of its own."""
    assert room_of(file), f"{file} has no row in docs/architecture.md"
    assert trespasses(file, (ROOT / file).read_text()) == set()


def test_no_room_and_no_file_is_part_of_a_circle():
    """So every room can be read, tested and moved without those above it."""
    files = sources()
    assert circle(rooms(files)) is None
    assert circle({file: {*imported(file, source)} - {file} for file, source in files.items()}) is None


def test_a_circle_is_found():
    """Between rooms, and between files of one room."""
    files = sources()
    for file, line in (
        (f"{PACKAGE}setup/step.py", "from mail_failover.setup.journal import Journal"),
        (f"{PACKAGE}console/text.py", "def f():\n    from mail_failover.drill.report import Drill"),
    ):
        assert circle(rooms({**files, file: f"{files[file]}\n{line}\n"}))
    graph = {file: {*imported(file, source)} - {file} for file, source in files.items()}
    graph["src/failover/text.py"] |= {"src/failover/skim.py"}
    assert circle(graph)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("drill/send.py", "from mail_failover.doctor.report import Check"),
        ("drill/send.py", "import mail_failover.doctor.report"),
        ("drill/send.py", "from mail_failover.doctor import report"),
        ("doctor/examine.py", "def f():\n    from mail_failover.setup.snapshot import read"),
        ("setup/session.py", "if TYPE_CHECKING:\n    from mail_failover.drill.send import Host"),
        ("demo/acts.py", "from mail_failover.drill import send"),
        ("setup/plan/goal.py", "from mail_failover.setup.session import World"),
        ("setup/plan/goal.py", "from mail_failover.console.text import printable"),
        ("mail/resolver.py", "from mail_failover.cloudflare.calls import Cloudflare"),
        ("emulator/chat/standin.py", "from ..routing.edge import Edge"),
        ("emulator/emulator.py", "from mail_failover.demo.acts import run"),
        ("cloudflare/api.py", "from mail_failover import cli"),
        ("console/text.py", "from failover.text import clean"),
        ("src/failover/text.py", "from notify.mask import mask"),
        ("src/notify/slack.py", "import entry"),
    ],
)
def test_an_import_from_a_room_above_or_beside_is_found(file, source):
    """However it is written, at the top or late, for types only or for work."""
    assert trespasses(full(file), source)


def test_no_room_but_the_one_that_puts_commands_together_imports_a_commands_room():
    """Not even if the table said so."""
    for room, allowed in TABLE.items():
        own = room.removeprefix(PACKAGE)
        others = tuple(full(path) for path in COMMANDS if not own.startswith(path.split("/")[0] + "/"))
        if room not in {full("cli.py"), full("emulator/")}:
            assert not any(path.startswith(others) for path in allowed), room
            assert own.startswith("emulator/") or full("emulator/") not in allowed, room


def test_every_row_and_every_allowance_is_one_that_is_there():
    """A path without its slash, or a second row of the same name, would allow more than it says."""
    assert len(ROWS) == len(TABLE)
    for path in [*TABLE, *(path for allowed in TABLE.values() for path in allowed)]:
        assert path.endswith((".py", "/")), path
        assert (ROOT / path).exists(), path


def test_nothing_lies_loose_and_nothing_hides():
    """At the top of the house and beside it; behind a package's own name; behind an import at run time."""
    files = sources()
    assert {path.name for path in (ROOT / PACKAGE).glob("*.py")} == LOOSE
    assert not list((ROOT / "scripts").glob("*.py"))
    folders = {(ROOT / file).parent for file in FILES} - {ROOT / "src"}
    assert all((folder / "__init__.py").exists() for folder in folders)
    for file, source in files.items():
        body = ast.parse(source).body
        if file.endswith("/__init__.py"):
            assert [type(node) for node in body] == [ast.Expr], f"{file} holds more than its sentence"
        assert not re.search(r"import_module|__import__|runpy|pkgutil", source), file


def test_the_tables_name_no_room_and_allow_no_import_that_is_not_there():
    """What nobody needs goes, from the page as well."""
    files = sources()
    assert {room_of(file) for file in files} == set(TABLE)
    for room, allowed in TABLE.items():
        used = {target for file in files if room_of(file) == room for target in imported(file, files[file])}
        for path in allowed:
            assert any(target.startswith(path) for target in used), f"{room} imports nothing of {path}"


def asked(file, source):
    """Return what a file of a room that computes imports and may not: of libraries, and of the house."""
    tree = list(ast.walk(ast.parse(source)))
    names = {
        alias.name.split(".")[0] for node in tree if isinstance(node, ast.Import) for alias in node.names
    }
    froms = [node for node in tree if isinstance(node, ast.ImportFrom) and not node.level]
    names |= {str(node.module).split(".")[0] for node in froms}
    calls = {full(path) for path in ("cloudflare/calls.py", "cloudflare/api.py", "mail/resolver.py")}
    calls |= {full(path) for path in ("mail/well_known.py", "mail/conversation.py", "mail/submission.py")}
    return (names & OUTSIDE) | (calls & set(imported(file, source)))


def test_what_computes_asks_nothing():
    """A plan, a record, a rule: no clock, no disk, no network, and nothing of ours that asks."""
    found = {file: source for file, source in sources().items() if file.startswith(tuple(map(full, PURE)))}
    assert len(found) > len(PURE)
    assert [file for file, source in found.items() if asked(file, source)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import httpx",
        "from os import environ",
        "def f():\n    from pathlib import Path",
        "import dns.resolver",
        "from mail_failover.cloudflare.calls import Cloudflare",
        "from mail_failover.mail import well_known",
    ],
)
def test_what_computes_and_asks_is_found(line):
    """However it is written."""
    assert asked(full("setup/plan/goal.py"), line)


def test_no_two_neighbours_differ_by_an_ending_alone():
    """`lock` and `locks`, `live` and `live_judge`: only their author can tell such names apart."""
    for folder in {PurePath(file).parent for file in FILES if file.startswith(PACKAGE)}:
        names = sorted({path.stem for path in (ROOT / folder).iterdir() if path.stem[0] not in "_."})
        for one, two in pairwise(names):
            assert not two.startswith(one), f"{folder}: {one}, {two}"


def test_every_room_has_its_tests_where_one_would_look():
    """tests/setup for setup/, tests/notify for src/notify/; a folder that mirrors no room is named here."""
    house = {PurePath(file).parts[1 if file.startswith("src/") else 2] for file in FILES}
    top = {name for name in house if not name.endswith(".py")}
    tests = ROOT / "tests"
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("*/test_*.py")}
    assert folders == top | {"scenarios", "servers"}
