"""What is to be typed next can be pasted: the program as it was called, and what it was given."""

import ast
import re
import shlex
import sys
from pathlib import Path

import pytest

from mail_failover.console.next_step import LOG, Again, spelled_out
from mail_failover.console.program import program


@pytest.mark.parametrize(
    ("argv", "orig", "path", "typed"),
    [
        (".venv/bin/mail-failover", "python3", "/usr/bin", ".venv/bin/mail-failover"),
        ("/opt/my tools/mail-failover", "python3", "/usr/bin", "'/opt/my tools/mail-failover'"),
        ("{tmp}/mail-failover", "python3", "/usr/bin:{tmp}", "mail-failover"),
        ("{tmp}/mail-failover", "python3", "/usr/bin", "{tmp}/mail-failover"),
        ("/x/mail_failover/__main__.py", ".venv/bin/python", "/usr/bin", ".venv/bin/python -m mail_failover"),
        ("/x/pytest/__main__.py", "python3", "/usr/bin", "mail-failover"),
    ],
)
def test_the_program_is_named_as_the_user_called_it(tmp_path, monkeypatch, argv, orig, path, typed):
    """By its path, by its name where the shell found it there, or as a module."""
    (tmp_path / "mail-failover").touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [argv.format(tmp=tmp_path)])
    monkeypatch.setattr(sys, "orig_argv", [orig])
    monkeypatch.setenv("PATH", path.format(tmp=tmp_path))
    assert program() == typed.format(tmp=tmp_path)


def test_a_command_carries_what_was_given():
    """Quoted for a shell; undo has neither --worker nor --inbox, doctor neither."""
    again = Again("example.com", "bin/mail-failover", "my settings.toml", "w", ("a@x.test", "b@x.test"))
    about = ["--domain", "example.com", "--config", "my settings.toml"]
    wish = ["--worker", "w", "--inbox", "a@x.test", "--inbox", "b@x.test"]
    assert shlex.split(again.setup("apply", "--wait")) == [
        *("bin/mail-failover", "setup", "apply"),
        *about,
        *wish,
        "--wait",
    ]
    assert shlex.split(again.setup("undo")) == ["bin/mail-failover", "setup", "undo", *about]
    assert shlex.split(again.doctor("--live")) == ["bin/mail-failover", "doctor", *about, "--live"]


def test_what_was_not_given_is_left_out():
    """The defaults serve again."""
    assert Again("example.com").setup("plan") == "mail-failover setup plan --domain example.com"


def test_what_is_uploaded_is_named_by_the_workers_name_and_the_settings():
    """The domain does not matter there."""
    again = Again("example.com", "bin/mail-failover", "my $ettings.toml", "w")
    about = ["--config", "my $ettings.toml", "--worker", "w"]
    assert shlex.split(again.deploy("--yes")) == ["bin/mail-failover", "deploy", *about, "--yes"]
    assert shlex.split(again.uninstall("--yes")) == ["bin/mail-failover", "uninstall", *about, "--yes"]
    # Its words are wrangler's, and so is its option for the name.
    named = [*about[:2], "--name", "w"]
    assert shlex.split(again.wrangler("tail")) == ["bin/mail-failover", "wrangler", "tail", *named]
    assert shlex.split(again.chats("test")) == ["bin/mail-failover", "chats", "test", *about[:2]]
    assert Again("example.com").deploy() == "mail-failover deploy"
    assert LOG == "mail-failover wrangler tail"


def test_a_setting_is_set_where_git_does_not_look_and_uploaded():
    """In words that stand within a sentence; names keep their letters."""
    words = "write SPOOL_TOKEN into .dev.vars, then `mail-failover deploy --config x.toml`"
    assert Again("example.com", config="x.toml").put("SPOOL_TOKEN") == words


def test_this_is_said_as_a_command_where_it_is_known():
    """What an error of the API says by itself knows none."""
    assert spelled_out("Run this again. Or wait; then run this again: it goes on.", "x y") == (
        "Run `x y` again. Or wait; then run `x y` again: it goes on."
    )
    assert spelled_out("so running this again does not help", "x") == "so running this again does not help"
    assert spelled_out("Run this again.", "") == "Run this again."


ROOMS = Path(__file__).parents[2] / "scripts" / "mail_failover"
WORDED = re.compile(r"\bnpx\b|\bwrangler (?:deploy|tail|secret)|mail-failover (?:setup|doctor|drill) ")
# No next steps: the drill's own subject, the name of a command in an alert, and what wrangler does by itself.
NAMES = {"mail-failover drill ", "mail-failover doctor --chat", "A plain `wrangler deploy` "}


def worded(source):
    """Yield the texts of a file, its docstrings left out, that word a next step by themselves."""
    tree = ast.parse(source)
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, kinds) and ast.get_docstring(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text = node.value
            if WORDED.search(text) and not any(name in text for name in NAMES):
                yield text


@pytest.mark.parametrize("path", sorted(ROOMS.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOMS)))
def test_no_other_file_words_a_next_step(path):
    """Else doctor, setup and drill would soon name three tools for one step again."""
    if "emulator" not in path.parts:
        assert list(worded(path.read_text())) == []


def test_a_next_step_that_is_worded_elsewhere_is_found():
    """In a plain text and within braces of one; a docstring may show an example."""
    assert list(worded('x = f"Deploy it: npx wrangler deploy, {y}"')) == ["Deploy it: npx wrangler deploy, "]
    assert list(worded("x = 'Run mail-failover setup plan'"))
    assert not list(worded('def f():\n    """Example: mail-failover setup plan"""'))
