"""What docs/limits.md says of a day's cost: it is measured anew, as far as that is quick."""

from itertools import product
from pathlib import Path

import pytest

from bench.limits import CHANNELS, MINUTES, SPANS, row

PAGE = Path(__file__).parents[2] / "docs" / "limits.md"
FEW = 10


def lines():
    """Return the lines of the page's table by what they were measured with."""
    cells = [line.strip("| \n").split(" | ") for line in PAGE.read_text().splitlines() if "|" in line]
    return {tuple(line[:3]): line for line in cells}


@pytest.mark.parametrize(("span", "minutes", "channels"), [*product(SPANS, MINUTES, CHANNELS)])
def test_the_page_says_what_few_messages_cost(span, minutes, channels):
    """Whoever changes what an event costs renews the page: python tests/bench/limits.py.

    Rows read and storage are left out, since another SQLite may read otherwise, and store otherwise.
    """
    measured = row((FEW, span, minutes, channels)).strip("| ").split(" | ")
    said = lines()[*measured[:3]]
    for column in (3, 4, 6, 8):
        assert said[column] == measured[column]
