"""The check of the scenarios finds what must not be, whatever player brought it back."""

import json
from dataclasses import replace

import pytest

from standins.watch import Seen

from .table import ONE, SCENARIOS, Played, check, mark_of, mark_of_copy

SCENARIO = next(s for s in SCENARIOS if s.name == "a large message is read no further than its beginning")
LINE = json.dumps(
    {"event": "message", "size": 1500410, "message": "", "outcome": "forwarded", "direct": "x", "alert_ms": 1}
)
SEEN = Seen(order=["forward", "forward", "read", "read", "request"], pulled=65536, called_off=True)
FORWARDED = (
    f"Return-Path: <>\r\nX-Mail-Failover: {mark_of(SCENARIO.recipient)}"
    f" {mark_of_copy(SCENARIO.recipient, ONE)}\r\n".encode()
    + SCENARIO.content
)
PLAYED = Played("accepted", "", {ONE: [FORWARDED]}, [], [], [LINE], seen=SEEN)
SILENT = replace(SCENARIO, expect=replace(SCENARIO.expect, told={}))


def test_what_must_be_is_let_through():
    """So that what follows fails for its own reason."""
    check(SILENT, PLAYED)
    check(SILENT, replace(PLAYED, seen=None))


@pytest.mark.parametrize(
    "seen",
    [
        {"order": ["read", "forward", "forward"]},
        {"order": ["forward", "read", "forward"]},
        {"order": ["forward", "forward", "request", "read"]},
        {"order": ["forward", "request", "forward"]},
        {"pulled": 65536 + 4097},
        {"called_off": False},
        {"peak": 1_500_000},
    ],
    ids=str,
)
def test_a_worker_that_does_things_wrongly_is_found(seen):
    """Reading before it has forwarded, telling before it has read, taking too much."""
    with pytest.raises(AssertionError):
        check(SILENT, replace(PLAYED, seen=replace(SEEN, **seen)))


@pytest.mark.parametrize(
    "played", [{"rejected": "no"}, {"reason": "DeliveryError: no inbox"}, {"status": "rejected"}], ids=str
)
def test_a_worker_that_rejects_or_raises_is_found(played):
    """A rejection that was asked for counts, even where an exception or a forward outweighs it."""
    with pytest.raises(AssertionError):
        check(SILENT, replace(PLAYED, **played))


@pytest.mark.parametrize(
    "reason", ["", "RuntimeError: x", "failover.settings.SettingsError: x", "the Worker took over 30 s"]
)
def test_a_message_is_deferred_by_the_exception_that_means_it(reason):
    """Whatever else is raised has the same effect, by accident."""
    deferred = replace(
        SILENT, expect=replace(SILENT.expect, status="deferred", inboxes=(), raised="DeliveryError")
    )
    line = LINE.replace("forwarded", "deferred")
    played = replace(PLAYED, status="deferred", inboxes={}, printed=[line])
    check(deferred, replace(played, reason="failover.delivery.DeliveryError: no inbox: temporary"))
    with pytest.raises(AssertionError):
        check(deferred, replace(played, reason=reason))
