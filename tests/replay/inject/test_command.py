"""A letter handed to a program: how it is called, and what its end means."""

import ast
import asyncio
import os
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mail_failover.replay.inject.letter import NoServerError, UncertainError, Verdict
from mail_failover.replay.inject.target import target_from

READ = "sys.stdin.buffer.read(); "


def inject(letter, code, arguments="{sender} {recipient}", seconds=30, program=None):
    """Hand a letter to a program of Python."""
    python = program or f"{shlex.quote(sys.executable)} -SEc {shlex.quote(f'import os, sys, time; {code}')}"
    to = replace(target_from(f"command:{python} {arguments}"), seconds=seconds)
    return asyncio.run(to.inject(letter))


def called(letter, tmp_path, arguments):
    """Return the arguments that a program gets."""
    code = READ + f"open({str(tmp_path / 'called')!r}, 'w').write(repr(sys.argv[1:]))"
    assert inject(letter, code, arguments).kind == "delivered"
    return ast.literal_eval((tmp_path / "called").read_text())


def test_the_program_gets_the_letter_below_the_two_fields(letter, tmp_path):
    """Byte for byte, and its exit code 0 is delivery."""
    raw = bytes(range(256)) * 8000
    code = f"open({str(tmp_path / 'got')!r}, 'wb').write(sys.stdin.buffer.read()); print('queued')"
    assert inject(letter(raw), code) == Verdict("delivered", "exit code 0: queued")
    above, _, below = (tmp_path / "got").read_bytes().partition(b"\r\n\x00")
    assert b"\x00" + below == raw
    assert [line[:10] for line in above.split(b"\r\n") if line[:1] != b"\t"] == [b"Received: ", b"X-Mail-Fai"]


@pytest.mark.parametrize(
    ("sender", "recipient", "arguments", "found"),
    [
        ("a@b.test", "c@d.test", "-f {sender} -- {recipient}", ["-f", "a@b.test", "--", "c@d.test"]),
        ("", "c@d.test", "-f {sender} -- {recipient}", ["-f", "", "--", "c@d.test"]),
        ("-a@b.test", "-c@d.test", "-f {sender} -- {recipient}", ["-f", "<-a@b.test>", "--", "-c@d.test"]),
        ("-a@b.test", "-c@d.test", "-f{sender} {recipient}", ["-f-a@b.test", "<-c@d.test>"]),
        ("", "c@d.test", "-f{sender} -- {recipient}", ["-f<>", "--", "c@d.test"]),
        ("a@b.test", "-c@d.test", "-- name -f {recipient}", ["--", "name", "-f", "<-c@d.test>"]),
        ("-a@b.test", "-c@d.test", "-- {sender} {recipient}", ["--", "-a@b.test", "-c@d.test"]),
        ("{recipient}@b.test", "c@d.test", "{sender} {recipient}", ["{recipient}@b.test", "c@d.test"]),
        (
            '"$(b) `c` ; \'"@b.test',
            "*@d.test",
            "{sender} {recipient}",
            ['"$(b) `c` ; \'"@b.test', "*@d.test"],
        ),
        ("ä@b.test", "c@d.test", "--to={recipient},{sender}", ["--to=c@d.test,ä@b.test"]),
    ],
    ids=[
        *("plain", "a bounce", "like options", "part of one", "a bounce in one", "another's end of options"),
        *("after the end", "like a place", "like a script", "beyond ASCII"),
    ],
)
def test_an_address_is_one_argument_and_no_option(letter, tmp_path, sender, recipient, arguments, found):
    """Whatever is in it; no shell reads it."""
    assert called(letter(sender=sender, recipient=recipient), tmp_path, arguments) == found


def test_an_address_that_no_argument_can_hold_is_not_given_to_it(letter):
    """A NUL would end it."""
    verdict = inject(letter(sender="a\0@b.test"), READ)
    assert verdict == Verdict("refused", "not sent: an address holds a control character")


@pytest.mark.parametrize(
    ("code", "kind"),
    [(65, "refused"), (67, "refused"), (68, "refused")]
    + [(code, "later") for code in (1, 2, 64, 66, 69, 70, 71, 73, 74, 75, 76, 77, 78, 100, 124)],
)
def test_an_exit_code_means_what_sysexits_says(letter, code, kind):
    """For good only where it is about the letter: with 69 Postfix tells of trouble of its own."""
    verdict = inject(letter(), READ + f"print('no such user', file=sys.stderr); sys.exit({code})")
    assert verdict == Verdict(kind, f"exit code {code}: no such user")


def test_a_program_that_is_not_there_is_named(letter):
    """Before anything is made of the letter."""
    with pytest.raises(
        NoServerError, match=r"^/no/such/sendmail can't be started: No such file or directory\.$"
    ):
        inject(letter(), "", program="/no/such/sendmail")


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (
            "docker",
            1,
            "Cannot connect to the Docker daemon at unix:///run/d.sock. Is the docker daemon running?",
        ),
        ("docker", 1, "Error response from daemon: No such container: mailserver"),
        ("docker", 1, 'service "postfix-mailcow" is not running'),
        ("docker", 126, 'exec: "/etc/passwd": permission denied'),
        ("docker", 127, 'exec: "sendmail": executable file not found in $PATH'),
        ("podman", 125, 'Error: no container with name or ID "mailserver" found: no such container'),
    ],
)
def test_a_container_that_does_not_run_refuses_no_letter(letter, tmp_path, name, code, said):
    """It is told in the words of its tool."""
    tool = tmp_path / name
    tool.write_text(f"#!/bin/sh\necho {shlex.quote(said)} >&2\nexit {code}\n")
    tool.chmod(0o755)
    with pytest.raises(NoServerError, match=f"^{name} could not run the command: exit code {code}: "):
        inject(letter(), "", program=tool)


@pytest.mark.parametrize("said", ["sendmail: fatal: no main.cf", "mailer-daemon@example.com: alias loop"])
def test_another_trouble_in_a_container_is_this_letters(letter, tmp_path, said):
    """The others are not held up by it."""
    tool = tmp_path / "docker"
    tool.write_text(f"#!/bin/sh\ncat >/dev/null\necho {said}\nexit 1\n")
    tool.chmod(0o755)
    assert inject(letter(), "", program=tool) == Verdict("later", f"exit code 1: {said}")


@pytest.mark.parametrize(
    "does", ["", "time.sleep(0.2); ", "os.close(0); time.sleep(0.2); ", "os.read(0, 9); "]
)
@pytest.mark.parametrize("size", [0, 100_000, 1_000_000])
@pytest.mark.parametrize("code", [0, 75])
def test_a_program_that_did_not_read_it_all_has_not_got_it(letter, code, size, does):
    """Whatever it says, and though the rest was on its way: so is `docker exec` without -i."""
    verdict = inject(letter(b"x" * size), f"{does}sys.exit({code})")
    assert verdict.kind == "later"
    assert ("did not read all of the message" in verdict.words) == (code == 0)


def test_a_container_that_is_given_no_input_is_told_with_what_is_missing(letter, tmp_path):
    """Else the server would get an empty message, and the spool would be told that it is home."""
    tool = tmp_path / "docker"
    tool.write_text("#!/bin/sh\nsleep 0.1\n")
    tool.chmod(0o755)
    said = "docker did not read all of the message (without -i it reads nothing): exit code 0"
    assert inject(letter(), "", program=tool) == Verdict("later", said)


def is_alive(process):
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_that_takes_too_long_after_all_of_it_leaves_it_open(letter, tmp_path):
    """And is killed, with what it has started."""
    code = (
        READ + f"os.fork(); open({str(tmp_path / 'ids')!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
    )
    with pytest.raises(UncertainError, match=r"did not end by itself: killed after 1 s"):
        inject(letter(), code, seconds=1)
    processes = (tmp_path / "ids").read_text().split()
    end = time.monotonic() + 10
    while any(map(is_alive, processes)) and time.monotonic() < end:
        time.sleep(0.01)
    assert len(processes) == 2
    assert not any(map(is_alive, processes))


def test_a_program_that_takes_too_long_before_that_has_not_got_it(letter):
    """It is killed in the middle of the letter."""
    verdict = inject(letter(b"x" * 1_000_000), "time.sleep(60)", seconds=0.5)
    assert verdict == Verdict("later", "killed after 0.5 s")


@pytest.mark.parametrize(
    "code",
    ["os.kill(os.getpid(), 9)", "sys.exit(137)", "sys.exit(129)"],
    ids=["here", "in a container", "hung up"],
)
def test_a_program_that_is_killed_after_all_of_it_leaves_it_open(letter, code):
    """As by a machine that runs out of memory."""
    with pytest.raises(UncertainError, match=r"did not end by itself: exit code (-9|137|129)"):
        inject(letter(), READ + code)


def test_what_a_program_leaves_in_the_background_is_not_waited_for(letter):
    """Nor killed: some deliver there."""
    start = time.monotonic()
    code = READ + "child = os.fork(); child or time.sleep(60); print(child)"
    verdict = inject(letter(), code)
    os.kill(int(verdict.words.removeprefix("exit code 0: ")), 9)
    assert time.monotonic() - start < 30


def test_what_a_program_says_is_bounded(letter):
    """In memory and in words."""
    verdict = inject(letter(), READ + "print('no\\n' * 1_000_000); sys.exit(75)")
    assert verdict.kind == "later"
    assert len(verdict.words) == 500
    assert verdict.words.isprintable()


def test_an_address_that_is_longer_than_an_argument_holds_up_no_other(letter):
    """The system takes 128 KiB at most."""
    verdict = inject(letter(sender=f"{'a' * 140_000}@b.test"), READ)
    assert verdict == Verdict("refused", "not sent: an address is longer than an argument can be")
