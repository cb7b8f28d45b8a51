"""What docs/events.md says that each event holds."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
ALWAYS = {"id", "at", "event"}


def rows(heading):
    """Return the rows of the table under a heading: an event's name, and the names in its second column."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", fields)) for name, fields in found}


HAPPENINGS, STATES = rows("What happens"), rows("How all stands")
