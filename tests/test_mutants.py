"""What `make mutants` changes, what it leaves alone, and what it finds."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mutants.kinds import mutants

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "mutants"
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("src", "scripts")
    for path in (ROOT / folder).rglob("*.py")
)


def changed(source):
    """Return the changes of every mutant: what was there and what is, line by line."""
    return [tuple(mutant.change.splitlines()) for mutant in mutants("module.py", source)]


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("a == b", {"a != b"}),
        ("a < b", {"a <= b"}),
        ("a >= b", {"a > b"}),
        ("a is None", {"a is not None"}),
        ("a in b", {"a not in b"}),
        ("a and b", {"a or b", "a", "b"}),
        ("not a", {"a"}),
        ("a + 1", {"a - 1", "a + 2"}),
        ("a | b", {"a & b"}),
        ("-1", {"1", "-2"}),
        ("True", {"False"}),
        ("'name'", {"'nameX'"}),
        ("'a sentence'", {"''"}),
        ("b'name'", {"b'nameX'"}),
        ("a if b else c", {"a if True else c", "a if False else c"}),
        ("[a for a in b if a]", {"[a for a in b]"}),
        ("any(a)", {"all(a)"}),
        ("clean(a, b)", {"a"}),
        ("sorted(a)", {"a"}),
        ("a.strip()", {"a"}),
        ("f(*a, key=b)", {"f(*a)"}),
        ("zip(a, b, strict=True)", set()),
        ("len(a)", set()),
        ("Thing(a)", set()),
    ],
)
def test_an_expression_becomes_what_somebody_could_have_written_instead(line, others):
    """One change at a time."""
    assert {change[1] for change in changed(f"x = {line}")} == {f"+ x = {other}" for other in others}


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("def f(a=1): pass", ("- def f(a=1):", "+ def f(a=2):")),
        ("f(a)", ("- f(a)", "+ pass")),
        ("a.b = c", ("- a.b = c", "+ pass")),
        ("a += b", ("- a += b", "+ pass")),
        ("def f(a):\n    return a", ("- return a", "+ pass")),
        ("raise a", ("- raise a", "+ pass")),
        ("for a in b:\n    continue", ("- continue", "+ pass")),
        ("if a:\n    f(*b)", ("- if a:", "+ if True:")),
        ("while a:\n    f(*b)", ("- while a:", "+ while False:")),
        ("try:\n    f(*a)\nexcept A:\n    b = c", ("- b = c", "+ raise")),
        ("try:\n    f(*a)\nexcept (A, B):\n    b = c", ("- except (A, B):", "+ except (B,):")),
        ("match a:\n    case 1:\n        b = c\n    case 2:\n        b = d", ("- case 2:", "- b = d")),
    ],
)
def test_a_statement_is_changed_or_goes(source, change):
    """Arguments left to their defaults, calls, raises, conditions, handlers."""
    assert change in changed(source)


def test_what_does_not_run_is_left_alone():
    """Docstrings, types, imports, decorators, assertions."""
    source = '"""Doc."""\nimport a\nfrom b import c\nA = Literal["b"]\n\n'
    source += '@d(e=1)\ndef f(g: "h | i") -> "j":\n    """Doc."""\n'
    assert changed(f"{source}    assert g == 1\n") == []


def test_a_mutant_says_where_it_is():
    """By the names around it, which stay when lines move."""
    [mutant] = mutants("m.py", "class A:\n    def b(self):\n        self.c = d")
    assert mutant[:5] == ("m.py", "A.b", "- self.c = d\n+ pass", 3, range(3, 4))


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f(a):\n    g(\n        1,\n        *a,\n    )\n", range(2, 6)),
        ("def f(a):\n    if a == 1:\n        g(*a)\n    h(*a)\n", range(2, 4)),
        ("def f(a=1):\n    g(*a)\n\n\nb = c\n", range(1, 3)),
        ("A = 1\n\n\ndef f(a):\n    g(*a)\n", None),
        ("class A:\n    b = 1\n\n    def f(a):\n        g(*a)\n", None),
    ],
)
def test_a_mutant_says_which_lines_it_runs_with(source, lines):
    """Those of its statement; outside of functions it runs at import, in whichever test that is."""
    [mutant] = [mutant for mutant in mutants("m.py", source) if "1" in mutant.change and "2" in mutant.change]
    assert mutant.lines == lines


def test_of_a_long_table_the_place_is_shown():
    """Nobody would find it in all of it."""
    table = ", ".join(f"'word{number}'" for number in range(200))
    change = next(change for change in changed(f"A = [{table}]") if "word99X" in change[1])
    assert all(len(line) < 200 for line in change)
    assert "'word98', 'word99', 'word100'" in change[0]


def test_every_mutant_of_the_project_can_be_compiled():
    """What is no Python would be noticed, and mean nothing."""
    source = (ROOT / "src" / "failover" / "address.py").read_text()
    found = list(mutants("address.py", source))
    assert len(found) > 50
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source != ast.unparse(ast.parse(source))


TABLE = "def limit():\n    return 3\n\n\nLIMIT = limit()\n"
CODE = """from table import LIMIT

WORD = "word"


def larger(a):
    if a > LIMIT:
        return a
    return LIMIT


def below(a):
    from step import STEP
    while a > LIMIT:
        a -= STEP
    return a


def unused(a):
    return not a
"""
TESTS = """import pytest
from small import WORD, below, larger


@pytest.mark.parametrize("a", [4, 5])
def test_larger(a):
    assert larger(a) == a


def test_below():
    assert below(8) == 3


@pytest.mark.parametrize("runtime", ["cpython", "pyodide-3.14"])
def test_word(runtime):
    assert runtime == "cpython", "this runtime is not here"
    assert WORD == "word"
"""


# It is imported first where nobody minds what it says.
FIRST = """def test_first():
    from step import STEP
    assert STEP
"""


@pytest.fixture
def project(tmp_path):
    """Make a project of one module and its tests, and a copy of the tool that takes it for its own."""
    for name, text in {
        "src/small.py": CODE,
        "src/table.py": TABLE,
        "src/step.py": "STEP = 1\n",
        "scripts/idle.py": "",
        **dict.fromkeys(("tests/room/test_first.py", "tests/room/test_other.py"), FIRST),
        "tests/room/test_small.py": TESTS,
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tool = shutil.copytree(FOLDER, tmp_path / "tests" / "mutants")
    (tool / "equivalent.toml").write_text("")
    trial = (tool / "trial.py").read_text()
    assert "LONGEST_TEST, LONGEST_RUN = 60, 900" in trial
    (tool / "trial.py").write_text(trial.replace("= 60, 900", "= 1, 60"))

    def run(*arguments):
        command = [sys.executable, tool, "src", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    return run, tmp_path


EQUIVALENT = """
[[equivalent]]
file = "src/small.py"
where = "larger"
change = '''
- if a > LIMIT:
+ if a >= LIMIT:'''
reason = ""

[[equivalent]]
file = "src/small.py"
where = "larger"
change = "- return gone"
reason = ""
"""


@pytest.mark.long
def test_survivors_are_shown_and_too_many_are_a_failure(project):
    """What no test runs, or lets pass; not what hangs, is listed, or only an importer's tests can notice."""
    run, root = project
    (root / "tests" / "mutants" / "equivalent.toml").write_text(EQUIVALENT)
    done = run("--sample", "100")
    assert "there is no such mutant:\nsrc/small.py\nlarger\n- return gone\n" in done.stdout
    survivors = re.findall(r"^src/small.py:(\d+ \w+)\n- .+\n\+ (.+)", done.stdout, re.MULTILINE)
    assert sorted(survivors) == [
        *[("20 unused", "pass"), ("20 unused", "return a")],
        *[("7 larger", "if True:"), ("9 larger", "pass")],
    ]
    noticed, count = re.search(r"^ +(\d+) / (\d+) +src/small.py$", done.stdout, re.MULTILINE).groups()
    assert int(count) - int(noticed) == len(survivors)
    assert re.search(r"^ +2 / 2 +src/table.py$", done.stdout, re.MULTILINE)
    assert re.search(r"^ +1 / 1 +src/step.py$", done.stdout, re.MULTILINE)
    assert f"src/: {(int(noticed) + 3) / (int(count) + 3):.1%}, at least 92% wanted" in done.stdout
    assert done.returncode == 1
    assert (root / "src" / "small.py").read_text() == CODE


@pytest.mark.long
def test_a_sample_is_the_same_every_time(project):
    """As long as the seed is the same; seen where no test runs anything, and nothing is noticed."""
    run, root = project
    (root / "tests" / "room" / "test_small.py").write_text("def test_nothing():\n    pass\n")
    one, two, other = run("--sample", "3"), run("--sample", "3"), run("--sample", "3", "--seed", "1")
    assert one.stdout == two.stdout
    assert one.stdout.count("src/small.py:") == 3
    assert one.stdout.replace("seed 9", "seed 1") != other.stdout


def test_where_tests_fail_without_any_change_nothing_is_measured(project):
    """Everything would count as noticed."""
    run, root = project
    (root / "tests" / "room" / "test_small.py").write_text("def test_of_today():\n    assert 0\n")
    done = run()
    assert done.returncode == 1
    assert "Without any change there are failures." in done.stderr
    assert "def test_of_today" in done.stdout


def test_each_mutant_that_is_left_out_is_there_and_has_a_reason():
    """The list holds what no test could notice, and nothing of the past."""
    listed = tomllib.loads((FOLDER / "equivalent.toml").read_text()).get("equivalent", [])
    for each in listed:
        assert each.keys() == {"file", "where", "change", "reason"}
        assert len(each["reason"].split()) > 3
        assert each["file"] in MODULES
