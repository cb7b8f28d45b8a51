"""What a runtime is asked about time zones, and what Python's own library answers."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOWHERE = ["Atlantis/Capital", "Europe", "", "../etc/localtime", "GMT+2"]
_ZONES = [
    *("UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "Asia/Kathmandu"),
    *("Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Marquesas", "Etc/GMT+12", "CET"),
]
# Around both changes of the clocks in Europe, and far from any; a time may have a fraction.
_TIMES = [
    datetime(*moment, tzinfo=UTC).timestamp() + fraction
    for moment in [(2025, 1, 15), (2025, 7, 15), (2026, 3, 29, 1), (2026, 10, 25, 1)]
    for fraction in (-0.5, 0.0)
]
# Clocks that went by the sun, and to the second.
_OLD = [["Africa/Monrovia", -3e9], ["Africa/Monrovia", 0.0]]
ASKED = [*([zone, at] for zone in _ZONES for at in _TIMES), *_OLD]


def expected(zone, seconds):
    """Return how many seconds a zone's clock was ahead of UTC."""
    return int(datetime.fromtimestamp(seconds, ZoneInfo(zone)).utcoffset().total_seconds())
