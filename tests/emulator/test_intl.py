"""Time zones as a Worker asks for them, in CPython. Pyodide is tried with the same in tests/scenarios."""

import importlib

import pytest

from mail_failover.emulator.runtime.intl import Intl
from mail_failover.emulator.runtime.javascript import JsException, JsObject
from mail_failover.emulator.runtime.load import load_worker
from standins.world import MAIN
from standins.zones import ASKED, NOWHERE, expected

LONG = {"timeZoneName": "longOffset"}


@pytest.fixture
def offset():
    """Return the Worker's own question."""
    load_worker(MAIN)
    return importlib.import_module("runtime").offset


def test_a_zone_is_as_far_from_utc_as_python_knows(offset):
    """At any time; old clocks went by the second."""
    assert [offset(*each) for each in ASKED] == [expected(*each) for each in ASKED]


def test_what_is_no_zone_is_none(offset):
    """Neither is a folder of zones, nor what leads out of it; nor is a time that JavaScript has not."""
    assert {offset(zone, 0.0) for zone in NOWHERE} == {None}
    assert offset("Europe/Berlin", 1e300) is offset("Europe/Berlin", 1e12) is None


def test_a_time_is_written_as_it_was_seen_in_workerd():
    """In American English, with its distance from UTC."""

    def written(zone):
        how = JsObject({"timeZone": zone, **LONG})
        return Intl.DateTimeFormat.new("en-US", how).format(1782000000123)

    assert written("Europe/Berlin") == "6/21/2026, GMT+02:00"
    assert written("America/St_Johns") == "6/20/2026, GMT-02:30"
    assert written("UTC") == "6/21/2026, GMT+00:00"


@pytest.mark.parametrize(
    ("locale", "how"), [("de", LONG), ("en-US", {}), ("en-US", {**LONG, "hour": "2-digit"})]
)
def test_what_no_worker_here_wants_is_refused(locale, how):
    """A form that nobody has looked at is not guessed."""
    with pytest.raises(JsException, match="en-US with longOffset alone"):
        Intl.DateTimeFormat.new(locale, JsObject({"timeZone": "UTC", **how}))
