"""Commands speak with one voice: lines or one JSON value, and a sign of life that disturbs neither."""

import io
import json
import re
import sys
from pathlib import Path

import pytest

from mail_failover.console.voice import Voice, speaking
from mail_failover.errors import UsageError


class Terminal(io.StringIO):
    """What is written to it, and the lines that a person ever saw."""

    def __init__(self):
        super().__init__()
        self.line, self.seen = "", set()

    def isatty(self):
        return True

    def write(self, text):
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.|\n", text):
            if part == "\n" or (part.startswith("\x1b[") and part.endswith("K")):
                self.line = ""
            elif part.isprintable():
                self.line += part
            self.seen.add(self.line)
        return super().write(text)


def terminal(monkeypatch):
    """Let stdout and stderr be one terminal; pytest would undo this between a fixture and its test."""
    one = Terminal()
    monkeypatch.setattr(sys, "stdout", one)
    monkeypatch.setattr(sys, "stderr", one)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    return one


def test_a_spinner_never_shares_a_line_with_a_result_or_a_complaint(monkeypatch):
    """It makes way for the line, and comes back below it."""
    screen, voice = terminal(monkeypatch), Voice(as_json=False)
    with voice.busy("Working"):
        voice._spinner._live.refresh()
        voice.say("done: one")
        voice.doing("Waiting for [the click]")
        voice._spinner._live.refresh()
        voice.complain("it went wrong")
    lines = {line for line in screen.seen if "done" in line or "wrong" in line}
    assert "done: one" in lines
    assert "mail-failover: it went wrong." in lines
    assert not [line for line in lines if "Working" in line or "Waiting" in line]
    assert any("Working ..." in line for line in screen.seen)
    assert any("Waiting for [the click] ..." in line for line in screen.seen)


def test_a_line_is_broken_for_a_terminal_only(monkeypatch):
    """In a pipe it stays whole, ready for grep."""
    screen = terminal(monkeypatch)
    sentence = "Note: a sentence that is longer than what fits on a line of sixty"
    Voice(as_json=False).say(sentence)
    Voice(as_json=False).complain(sentence)
    shown = screen.getvalue()
    assert "Note: a sentence that is longer than what fits on a line of\n      sixty\n" in shown
    assert "mail-failover: Note: a sentence that is longer than what\n               fits" in shown
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    Voice(as_json=False).say(sentence)
    assert sys.stdout.getvalue() == f"{sentence}\n"


def ended(capsys, body, **options):
    """Run a body; return its exit code, what is on stdout, and what on stderr."""
    code = speaking(body, **options)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else None, err


def interrupt(_voice):
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_full_disk_ends_nothing_that_is_under_way(monkeypatch, capsys, as_json):
    """What is said is lost, and that is said once, where it can be read."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        voice = Voice(as_json=as_json)
        voice.say("done: one thing")
        voice.say("done: another")
        assert voice.end(3) == 3
    told = "mail-failover: What this prints can't be written: No space left on device.\n"
    assert capsys.readouterr().err == told


def misuse(_voice):
    """Give what can't be used."""
    raise UsageError("--domain \x1b: not a\n domain.", "Write `it` so.")


def test_every_json_value_has_its_version_and_the_exit_code(capsys):
    """Beside what the command has to say; lines are not shown then."""

    def body(voice):
        voice.say("a line")
        return voice.end(1, domain="example.com")

    assert ended(capsys, body, as_json=True) == (
        1,
        {"version": 1, "exit_code": 1, "domain": "example.com"},
        "",
    )
    assert speaking(body) == 1
    assert capsys.readouterr().out == "a line\n"


def test_an_error_is_told_as_json_where_json_is_wanted(capsys):
    """Else in a line; no control character of what was typed reaches the terminal."""
    code, said, err = ended(capsys, misuse, as_json=True)
    what = "--domain \x1b: not a domain."
    error = {"kind": "UsageError", "what": what, "fix": "Write `it` so.", "code": 0}
    assert (code, said) == (2, {"version": 1, "exit_code": 2, "error": error})
    line = "mail-failover: --domain \\u001b: not a domain. Write `it` so.\n"
    assert err == line
    assert ended(capsys, misuse) == (2, None, line)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_interrupt_is_exit_code_130_and_says_what_it_may_mean(capsys, as_json):
    """On stderr, and in JSON if that is wanted."""
    code, said, err = ended(capsys, interrupt, as_json=as_json, interrupted="It may be on its way")
    assert code == 130
    assert err == "mail-failover: Interrupted.\nmail-failover: It may be on its way.\n"
    error = {"kind": "Interrupted", "what": "Interrupted.", "fix": "It may be on its way", "code": 0}
    assert said == ({"version": 1, "exit_code": 130, "error": error} if as_json else None)
