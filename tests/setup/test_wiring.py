"""What is typed behind `mail-failover setup` reaches the work as it was meant."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mail_failover.address import run as door
from mail_failover.cli import app
from mail_failover.errors import UsageError
from mail_failover.setup import run
from mail_failover.setup.session import Options

WISH = "--worker w --inbox a@x.test --inbox b@x.test"
ABOUT = "--domain shop.test --config my.toml"
WISHED = {"worker": "w", "inboxes": ("a@x.test", "b@x.test")}
ASKED = {"domain": "shop.test", "config": Path("my.toml")}


@pytest.fixture
def typed(monkeypatch):
    """Type a command; return its name and the options that its work is given, and the exit code."""
    given = []

    def noted(name, options):
        given.append((name, options))
        return 7

    monkeypatch.setattr(run, "run", noted)

    def type_(line):
        given.clear()
        done = CliRunner().invoke(app, ["setup", *shlex.split(line)])
        if given:
            assert done.exit_code == 7, done.output
        return (*given[-1],) if given else done

    return type_


@pytest.mark.parametrize("command", ["plan", "apply", "undo", "status"])
def test_by_default_nothing_is_wanted_and_nothing_is_waived(typed, command):
    """Neither JSON nor a yes, nor force, nor patience."""
    assert typed(command) == (
        command,
        Options("", "", (), None, json=False, yes=False, force=False, wait=False),
    )


@pytest.mark.parametrize(
    ("line", "options"),
    [
        (f"plan {ABOUT} {WISH} --json", Options(**ASKED, **WISHED, json=True)),
        (f"status {ABOUT} {WISH} --json", Options(**ASKED, **WISHED, json=True)),
        (f"apply {ABOUT} {WISH} --json", Options(**ASKED, **WISHED, json=True)),
        ("apply --yes", Options(yes=True)),
        ("apply --force-unsafe", Options(force=True)),
        ("apply --wait", Options(wait=True)),
        (f"undo {ABOUT} --json", Options(**ASKED, json=True)),
        ("undo --yes", Options(yes=True)),
        ("undo --force-unsafe", Options(force=True)),
    ],
)
def test_every_option_means_itself(typed, line, options):
    """A yes is no force, and neither is a wait."""
    assert typed(line) == (line.split()[0], options)


def test_without_a_command_it_is_the_plan_with_the_options_that_were_given(typed):
    """The safe one."""
    assert typed("") == ("plan", Options())
    assert typed(f"{ABOUT} {WISH} --json") == ("plan", Options(**ASKED, **WISHED, json=True))


@pytest.mark.parametrize(
    ("before", "command", "behind"),
    [
        ("--domain shop.test", "apply", "--domain shop.test"),
        ("--worker w", "plan", "--worker w"),
        ("--inbox a@x.test", "status", "--inbox a@x.test"),
        ("--config 'my own.toml'", "undo", "--config 'my own.toml'"),
        ("--json", "undo", "--json"),
        ("--domain shop.test", "apply --yes --worker w", "--domain shop.test --yes --worker w"),
        ("--domain apply", "apply --json --wait", "--domain apply --json --wait"),
        ("--json", "plan --json", "--json"),
        ("--worker w", "undo --domain shop.test", "--domain shop.test"),
    ],
)
def test_options_before_the_command_are_not_passed_over(typed, before, command, behind):
    """They would be lost; the line to type is given, ready to be pasted."""
    error = typed(f"{before} {command}").exception
    command = command.split()[0]
    assert isinstance(error, UsageError)
    meant = f"mail-failover setup {command} {behind}"
    assert (error.what, error.fix) == (
        "The options of setup stand behind the command.",
        f"Type it so: `{meant}`.",
    )


@pytest.mark.parametrize(
    "line", ["--yes apply", "plan --yes", "status --force-unsafe", "undo --wait", "undo -x"]
)
def test_an_option_that_a_command_does_not_have_does_nothing(typed, line):
    """Wrong usage, exit code 2."""
    assert typed(line).exit_code == 2


def test_the_short_help_is_there_for_every_command(typed):
    """As people type it."""
    for line in ("-h", "plan -h", "apply -h", "undo -h", "status -h"):
        done = typed(line)
        assert (done.exit_code, "Usage: " in done.output) == (0, True)


HELP = {
    "": """
        --domain DOMAIN  The domain, as in example.com.  [default: (the one that is set up here)]
        --worker NAME    The Worker that catches mail.  [default: (name in --config)]
        --inbox ADDRESS  An inbox that the Worker forwards to; may be repeated.
                         [default: (FALLBACK_INBOXES and ROUTES in --config)]
        --config <path>  The Worker, with .dev.vars beside it.
                         [default: (wrangler.toml here, else this program's)]
        --json           Print JSON.
        -h, --help       Show this message and exit.

        CLOUDFLARE_API_TOKEN, in .env or the environment, holds a user token; docs/setup.md lists its
        permissions.
        Exit codes: 0 done, or nothing to do; 1 a problem was found; 2 wrong usage; 3 refused as unsafe;
        4 Cloudflare's API failed; 130 Ctrl-C: then it says what is changed, and how to go on or back.
    """,
    "apply": """
        --yes            Do not ask; unsafe steps are refused all the same.
        --force-unsafe   Also do what the plan calls unsafe.
        --wait           Wait until every inbox is verified.
    """,
    "undo": """
        --yes            Do not ask; unsafe steps are refused all the same.
        --force-unsafe   Also put back what somebody else changed since.
    """,
}


@pytest.mark.parametrize("command", HELP)
def test_the_help_says_what_each_option_and_each_exit_code_means(typed, command):
    """And what an option is when it is not given."""
    shown = " ".join(typed(f"{command} --help").output.split())
    for part in HELP[command].split("\n\n"):
        assert " ".join(part.split()) in shown


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("", door.Options()),
        ("--workers-dev --yes", door.Options(workers_dev=True, yes=True)),
        (
            f"--route spool.shop.test {ABOUT} --json",
            door.Options(route="spool.shop.test", **ASKED, json=True),
        ),
        ("--off", door.Options(off=True)),
    ],
)
def test_the_options_of_door_mean_what_they_say(monkeypatch, line, options):
    """And its exit code is the command's."""
    given = []
    monkeypatch.setattr(door, "run_door", lambda options: given.append(options) or 7)
    done = CliRunner().invoke(app, ["setup", "door", *shlex.split(line)])
    assert (done.exit_code, given) == (7, [options])
