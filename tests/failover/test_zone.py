"""Quiet hours: read from a text, and over when their zone's clocks say so, also while these are changed."""

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failover.zone import Quiet

NIGHT = Quiet(22 * 60, 7 * 60, "Europe/Berlin")
DAY = 86400
# Half an hour's change, one of a whole day, changes at midnight, none at all, and both halves of the earth.
ZONES = [
    *("Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Santiago"),
    *("America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza"),
    *("Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"),
]


def offset(zone, seconds):
    """Answer as Python's own library knows it."""
    return int(ZoneInfo(zone).utcoffset(local(zone, seconds)).total_seconds())


def local(zone, seconds):
    """Return what a zone's clock shows."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone))


def at(text, zone="Europe/Berlin", *, again=False):
    """Return the moment when a zone's clock shows this, for the first time or the second."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=again).timestamp()


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("22:00-07:00 Europe/Berlin", NIGHT),
        ("22:00 - 7:00  Europe/Berlin", NIGHT),
        ("13:05-14:45", Quiet(785, 885, "UTC")),
        ("0:00-23:59 Etc/GMT+5", Quiet(0, 1439, "Etc/GMT+5")),
        ("23:59-00:00 America/Argentina/Buenos_Aires", Quiet(1439, 0, "America/Argentina/Buenos_Aires")),
    ],
)
def test_quiet_hours_are_read(text, quiet):
    """Over midnight or not; without a zone they are UTC's."""
    assert Quiet.read(text) == quiet


@pytest.mark.parametrize(
    "text",
    [
        *("", "22:00", "22-7", "22:00-07:00-08:00", "24:00-07:00", "22:60-07:00", "22:00-07:00Europe/Berlin"),
        *("07:00-07:00", "22:00-07:00 +02:00", "22:00-07:00 ../etc/passwd", "22:00-07:00 Europe Berlin"),
        *("٢٢:00-07:00", "22:00-07:00 Eur\u00f6pe/Berlin", "22:00-07:00 " + "A" * 65, "22:00-07:00\nx y"),
    ],
)
def test_what_are_no_quiet_hours_is_not_guessed_at(text):
    """Nor are hours that would never end."""
    assert Quiet.read(text) is None


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-06-21T21:59:59", None),
        ("2026-06-21T22:00", "2026-06-22T07:00"),
        ("2026-06-22T06:59:59", "2026-06-22T07:00"),
        ("2026-06-22T07:00", None),
        # The clocks are put forward, and back.
        ("2026-03-28T22:00", "2026-03-29T07:00"),
        ("2026-03-29T03:00", "2026-03-29T07:00"),
        ("2026-10-24T22:00", "2026-10-25T07:00"),
        ("2026-10-25T02:30", "2026-10-25T07:00"),
    ],
)
def test_a_night_is_over_at_seven_by_the_clock(now, end):
    """However many hours it had."""
    assert NIGHT.ends(at(now), offset) == (end and at(end))


def test_an_end_is_a_whole_second():
    """A moment before it would be quiet still, and whoever waited would wait for that moment again."""
    end = at("2038-01-19T07:00")
    # From here on the clock's seconds take a bit more than those of the time do.
    assert {NIGHT.ends(2**31 - 3600 + n / 97, offset) for n in range(97)} == {end}


def test_an_end_that_is_jumped_over_comes_when_it_would_have():
    """Half past two is then half past three."""
    quiet = Quiet.read("22:00-02:30 Europe/Berlin")
    assert quiet.ends(at("2026-03-29T01:00"), offset) == at("2026-03-29T03:30")
    assert quiet.ends(at("2026-03-29T03:00"), offset) is None


def test_an_end_that_is_shown_twice_comes_twice():
    """The clock shows quiet hours once more; they end once more."""
    quiet = Quiet.read("22:00-02:30 Europe/Berlin")
    first, second = at("2026-10-25T02:30"), at("2026-10-25T02:30", again=True)
    assert second - first == 3600
    assert quiet.ends(at("2026-10-24T22:00"), offset) == first
    assert quiet.ends(first, offset) is None
    assert quiet.ends(at("2026-10-25T02:10", again=True), offset) == second


def test_a_beginning_that_is_shown_twice_begins_once():
    """The end does not move for it."""
    quiet = Quiet.read("02:30-07:00 Europe/Berlin")
    assert quiet.ends(at("2026-10-25T02:45"), offset) == at("2026-10-25T07:00")


def test_a_day_that_a_country_leaves_out_does_not_end_the_night():
    """Samoa had no 30 December 2011."""
    quiet = Quiet(22 * 60, 7 * 60, "Pacific/Apia")
    eve = at("2011-12-29T23:00", "Pacific/Apia")
    assert quiet.ends(eve, offset) == eve + 8 * 3600 == at("2011-12-31T07:00", "Pacific/Apia")


def test_a_zone_that_nobody_knows_is_utc():
    """Quiet hours at a wrong time are better than none that anybody could see."""
    quiet = Quiet.read("22:00-07:00 Atlantis/Capital")
    assert quiet.ends(at("2026-06-21T23:00", "UTC"), lambda *_: None) == at("2026-06-22T07:00", "UTC")


def test_a_clock_that_is_set_back_makes_it_quiet_again():
    """Nothing is remembered; the end is the same."""
    end = NIGHT.ends(at("2026-06-22T06:00"), offset)
    assert NIGHT.ends(end, offset) is None
    assert NIGHT.ends(end - 600, offset) == end


@functools.cache
def changes(zone, year):
    """Return the moments of a year at which a zone's clocks are changed."""
    found, last = [], datetime(year + 1, 1, 1, tzinfo=UTC).timestamp()
    early = datetime(year, 1, 1, tzinfo=UTC).timestamp()
    while early < last:
        late = early + DAY
        low, high = early, late
        while high - low > 1 and offset(zone, early) != offset(zone, late):
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == offset(zone, early) else (low, middle)
        found += [high] if high < late or offset(zone, early) != offset(zone, late) else []
        early = late
    return found or [early]


@st.composite
def moments(draw):
    """Draw quiet hours and a moment, most often so that a change of clocks lies near their end."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(zone, draw(st.sampled_from([1975, 1999, 2011, 2018, 2026, 2037])))))
    clock = local(zone, change)
    near = st.integers(-150, 150).map(lambda by: (60 * clock.hour + clock.minute + by) % 1440)
    minutes = st.integers(0, 1439) | near
    start, end = draw(st.tuples(minutes, minutes).filter(lambda both: both[0] != both[1]))
    return Quiet(start, end, zone), change + draw(st.integers(-1200 * DAY, 1200 * DAY)) / 1000


@given(moments())
@settings(max_examples=150, deadline=None)
def test_it_ends_when_a_calendar_says(drawn):
    """As Python's own library reads the end's date and time: of two moments the first that is to come."""
    quiet, now = drawn
    clock = local(quiet.zone, now).replace(tzinfo=None)
    minute = 60 * clock.hour + clock.minute
    inside = (minute - quiet.start) % 1440 < (quiet.end - quiet.start) % 1440
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(days=minute >= quiet.end, minutes=quiet.end)
    moments = [end.replace(tzinfo=ZoneInfo(quiet.zone), fold=fold).timestamp() for fold in (0, 1)]
    expected = next((moment for moment in moments if moment > now), None)
    assert quiet.ends(now, offset) == (expected if inside else None)


@given(moments(), st.functions(like=lambda zone, seconds: 0, returns=st.integers(-DAY, DAY) | st.none()))
@settings(max_examples=60, deadline=None)
def test_whatever_the_runtime_answers_the_end_is_later_and_soon(drawn, answers):
    """So that whoever waits for it neither waits for ever nor turns in circles."""
    quiet, now = drawn
    end = quiet.ends(now, answers)
    assert end is None or now < end <= now + 3 * DAY
