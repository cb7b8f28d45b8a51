"""Quiet hours: from when to when, by the clock of which time zone, and when they are over.

Which zone's clock is how far ahead of UTC is asked through a port: the runtime knows, Python's library there
has no data. See docs/decisions/0021-time-zones.md.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

Offset = Callable[[str, float], int | None]
"""How many seconds a zone's clock is ahead of UTC (east of it) at a time in seconds since 1970; None for a
zone that the runtime does not know."""

UTC = "UTC"
"""The zone that is meant where none is named, and that stands in for one that is not known."""

_DAY = 86400
_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
# Names as in the tz database (theory.html, "Timezone identifiers"): Europe/Berlin, Etc/GMT+5.
_QUIET = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}(?:\s+([A-Za-z][A-Za-z0-9_+/-]{{0,63}}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours, from `start` to `end` in minutes of the day, by the clock of `zone`.

    They may pass midnight: 22:00 to 07:00 is a night.
    """

    start: int
    end: int
    zone: str = UTC

    @classmethod
    def read(cls, text: str) -> "Quiet | None":
        """Read them from a text like "22:00-07:00 Europe/Berlin"; None if it is none, or they never end."""
        match = _QUIET.fullmatch(text)
        if match is None:
            return None
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups()[:4])
        quiet = cls(60 * from_hour + from_minute, 60 * to_hour + to_minute, match[5] or UTC)
        return None if quiet.start == quiet.end else quiet

    def ends(self, now: float, offset: Offset) -> float | None:
        """Return when the quiet hours that `now` lies in are over, later than it; None if it is not quiet.

        Times are in seconds since 1970. An end that clocks jump over comes as if they had not yet; one that
        they show twice comes the first time, as in a calendar (RFC 5545, section 3.3.5).
        """
        # Whole seconds, whose sums are exact: an end that is a little too early is quiet still.
        now = math.floor(now)
        before = offset(self.zone, now) or 0
        clock = (now + before) % _DAY
        start, end = 60 * self.start, 60 * self.end
        if (clock - start) % _DAY >= (end - start) % _DAY:
            return None
        over = now + (end - clock) % _DAY
        # The clocks may change meanwhile.
        after = offset(self.zone, over) or 0
        changed = over + before - after
        return changed if changed > now and (offset(self.zone, changed) or 0) == after else over
