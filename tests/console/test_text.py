"""Text of others is harmless on a terminal, and sizes are easy to read."""

import pytest

from mail_failover.console.text import byte_count, one_line, printable


def test_printable_spells_out_what_a_terminal_would_obey():
    """Escape sequences, reversed text, invisible characters; isolates go, emoji stay whole."""
    assert (
        printable("a\x1b[2J\u202e\u200b\u2068b\u2069\n👩\u200d🔬") == "a\\u001b[2J\\u202e\\u200bb\n👩\u200d🔬"
    )


def test_one_line_stays_one_line():
    """Whoever wrote a line break into it can't write lines of ours."""
    assert one_line("a\x1b[2J\nall is well 👩\u200d🔬") == "a\\u001b[2J\\u000aall is well 👩\u200d🔬"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (999_999, "1.0 MB"),
        (26_214_400, "26.2 MB"),
    ],
)
def test_a_size_is_said_in_the_unit_people_read_best(size, text):
    """Decimal units."""
    assert byte_count(size) == text
