"""Lines are broken for a terminal so that they can still be read, and commands so that they can be pasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mail_failover.console.layout import wrapped

COMMAND = "`.venv/bin/mail-failover setup apply --domain example.com --worker mail-failover`"


@pytest.mark.parametrize(
    ("text", "width", "broken"),
    [
        ("1. Add Email Routing to the record", 26, "1. Add Email Routing to\n   the record"),
        ("   Why: the record has to list them", 28, "   Why: the record has to\n        list them"),
        ("   - example.com 600 TXT v=spf1", 26, "   - example.com 600 TXT\n     v=spf1"),
        ("   + example.com 600 TXT v=spf1", 26, "   + example.com 600 TXT\n     v=spf1"),
        (
            "        -> Try it again in some minutes",
            36,
            "        -> Try it again in some\n           minutes",
        ),
        ("  sender   a subject of five words", 32, "  sender   a subject of five\n           words"),
        ("  ok    route1: RCPT TO (0.1 s): 250 Ok", 34, "  ok    route1: RCPT TO (0.1 s):\n        250 Ok"),
        ("   | what a chat shows of it, whole", 29, "   | what a chat shows of it,\n     whole"),
        ("To do by hand: add this line there", 35, "To do by hand: add this line there"),
        ("To do by hand: add this line there", 34, "To do by hand: add this line there"),
        ("no label stands here at all, none", 24, "no label stands here at\nall, none"),
        ("two  spaces stay where they  are", 60, "two  spaces stay where they  are"),
        ("日本語 日本語 日本語 日本語", 21, "日本語 日本語 日本語\n日本語"),
        ("a\nb", 40, "a\nb"),
        ("", 40, ""),
    ],
)
def test_what_follows_a_label_stays_behind_it(text, width, broken):
    """A number, a sign, a word and its colon, a column; wide characters count twice."""
    assert wrapped(text, width) == broken


def test_where_no_room_is_left_nothing_is_broken():
    """One word to a line is worse than a line that the terminal breaks."""
    assert wrapped("it is all wrong, and more than that", 19) == "it is all wrong, and more than that"
    assert wrapped("it is all wrong, and more than that", 20) == "it is all wrong, and\nmore than that"


def test_where_a_label_leaves_no_room_nothing_hangs_behind_it():
    """Then the line is broken at the margin."""
    line = "mail-failover: it is all wrong, and more than that"
    assert wrapped(line, 35) == "mail-failover: it is all wrong, and\n               more than that"
    assert wrapped(line, 34) == "mail-failover: it is all wrong,\nand more than that"


@pytest.mark.parametrize(
    "around", ["{}", "Run {} now, please", "Deploy it ({}), then see", "far too long a line {}."]
)
def test_a_command_stays_in_one_piece(around):
    """However long it is: a broken one could not be pasted."""
    lines = wrapped(around.format(COMMAND), 40).split("\n")
    assert sum(COMMAND in line for line in lines) == 1
    assert all(cell_len(line) <= 40 for line in lines if COMMAND not in line)


@pytest.mark.parametrize(
    "before", ["it`s wrong,", "a ` alone,", "a `quote that has no end,", "a quote`s end` here,", "`x (y,"]
)
def test_a_stray_backtick_before_a_command_breaks_it_no_more_than_others(before):
    """Whoever wrote it: a rule's name, a server's words."""
    lines = wrapped(f"{before} so run {COMMAND} now, and then look again", 40).split("\n")
    assert sum(COMMAND in line for line in lines) == 1


@given(st.text(), st.integers(1, 100))
def test_no_character_but_spaces_is_lost_or_added(text, width):
    """Whatever the text, and however narrow the terminal."""
    broken = wrapped(text, width)
    assert "".join(broken.split()) == "".join(text.split())
