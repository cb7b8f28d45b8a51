"""A failure at every single API call of an apply and of an undo, one run each."""

import copy
import os

import pytest

from standins.cloudflare import fault_at, gone_from
from standins.domains import ZONES, Invariants, Operator, restored, split_mx

KINDS = ("lost before", "lost after", "429", "500")


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    """Put an operator into an empty folder, on a quick disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    return Operator(tmp_path, capsys)


def calls(operator, name, **switches):
    """Return the numbers of the requests of an apply in which nothing fails, from the last look on."""
    standin = ZONES[name](**switches)
    operator.apply(standin, force=True)
    forget(operator)
    return range(8, len(standin.requests) + 1)


def forget(operator):
    """Remove the journals."""
    for path in operator.folder.glob(".mail-failover/*/*.json"):
        path.unlink()


def assert_sound(standin, own):
    """Check what must hold after all: the primary wins, one SPF record, no edge that is off."""
    mine, edge = split_mx(standin)
    assert len(mine) == own
    assert all(number > max(mine) for number in edge)
    assert len(standin.spf) == 1
    assert standin.enabled or not edge


def assert_recovers(operator, standin, before, number):
    """Check that going on converges, and that taking back restores: each after every other run."""
    standin.fault = None
    if number % 2:
        code, said = operator.apply(standin, force=True)
        assert (code, said.get("error")) == (0, None)
        assert operator.apply(standin)[1]["steps"] == []
        assert standin.enabled
        assert_sound(standin, len(split_mx(standin)[0]))
    code, said = operator.undo(standin)
    assert (code, said.get("conflicts")) == (0, [])
    assert restored(standin, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ZONES)
def test_a_failure_that_passes_is_got_over(operator, name, kind):
    """At every call: the apply ends as if nothing had been.

    Every kind meets every call of one domain; to save time, it meets one in three calls of the others.
    """
    reached = ZONES[name]()
    operator.apply(reached, force=True)
    every = 1 if name == "fresh" or (name, kind) == ("locked", "lost after") else 3
    for number in range(1 + KINDS.index(kind) % every, len(reached.requests) + 1, every):
        forget(operator)
        standin = ZONES[name](fault=fault_at(number, kind))
        invariants = Invariants(standin)
        code, said = operator.apply(standin, force=True)
        assert code == 0, (number, said)
        assert invariants.broken == [], number
        assert standin.state() == reached.state(), number


@pytest.mark.parametrize(("name", "kind"), [("fresh", "lost after"), ("locked", "interrupt before")])
def test_an_end_at_any_call_leaves_a_sound_domain(operator, name, kind):
    """The network goes, or a person presses Ctrl-C: the next apply goes on, and undo restores."""
    for number in calls(operator, name):
        standin = ZONES[name](fault=gone_from(number, kind))
        before = standin.state()
        invariants = Invariants(standin)
        code, _ = operator.apply(standin, force=True)
        assert code == (130 if kind.startswith("interrupt") else 4), number
        assert invariants.broken == [], number
        assert len(standin.spf) == 1
        standin.watch.clear()
        assert_recovers(operator, standin, before, number)
        forget(operator)


@pytest.mark.parametrize(
    ("name", "kind"), [("fresh", "interrupt after"), ("locked", "lost before"), ("two_spf", "lost after")]
)
def test_an_undo_that_ends_at_any_call_can_be_finished(operator, name, kind):
    """The second undo restores all."""
    applied = ZONES[name]()
    before = applied.state()
    operator.apply(applied, force=True)
    [journal] = operator.folder.glob(".mail-failover/*/*.json")
    written, done = journal.read_text(), len(applied.requests)
    finished = copy.deepcopy(applied)
    operator.undo(finished)
    for number in range(1, len(finished.requests) - done + 1):
        journal.write_text(written)
        standin = copy.deepcopy(applied)
        standin.fault = gone_from(done + number, kind)
        operator.undo(standin)
        standin.fault = None
        code, said = operator.undo(standin)
        assert code == 0, said
        assert restored(standin, before), number


def deadly(standin):
    """Tell how the edge, as it is named, loses mail for good; empty if it does not."""
    rule = standin.catch_all or {"enabled": False}
    if not split_mx(standin)[1]:
        return ""
    if not standin.enabled or not rule["enabled"]:
        return "refuses"
    return "drops" if rule["actions"][0]["type"] == "drop" else ""


@pytest.mark.parametrize("kind", ["lost before", "lost after", "interrupt before", "interrupt after"])
@pytest.mark.parametrize(
    ("name", "switches"),
    [
        ("fresh", {"adopts": False}),
        ("fresh", {"rules_need_routing": True}),
        ("forwarding", {}),
        ("redirect", {"mx_on_enable": "replace", "hides_lock": True, "seed": 165}),
    ],
)
def test_an_undo_that_ends_anywhere_names_no_edge_that_refuses_or_drops(operator, name, switches, kind):
    """At no moment of it, nor of the one that finishes it: the edge goes first, as it came last."""
    applied = ZONES[name](**switches)
    operator.apply(applied, force=True)
    [journal] = operator.folder.glob(".mail-failover/*/*.json")
    written, done = journal.read_text(), len(applied.requests)
    finished = copy.deepcopy(applied)
    operator.undo(finished)
    asked = enumerate(finished.requests[done:], 1)
    found = []
    # At every change, and now and then between them, where nothing is changed.
    for number in [n for n, (method, _) in asked if method != "GET" or n % 5 == 1]:
        journal.write_text(written)
        standin = copy.deepcopy(applied)
        standin.watch.append(lambda standin: found.append(deadly(standin)))
        standin.fault = gone_from(done + number, kind)
        operator.undo(standin)
        standin.fault = None
        assert operator.undo(standin)[0] == 0
    assert found
    assert not any(found)


@pytest.mark.parametrize(("mx", "kind"), [("random", "lost after"), ("replace", "interrupt after")])
def test_an_end_while_email_routing_misbehaves_can_be_mended(operator, mx, kind):
    """Its numbers win, or the primary's MX are gone, when the network goes: the journal has them."""
    for number in calls(operator, "redirect", mx_on_enable=mx, seed=165):
        standin = ZONES["redirect"](mx_on_enable=mx, seed=165, fault=gone_from(number, kind))
        before, own = standin.state(), len(split_mx(standin)[0])
        operator.apply(standin, force=True)
        standin.fault = None
        if number % 2:
            code, said = operator.apply(standin, force=True)
            assert code == 0, (number, said)
            assert_sound(standin, own)
        code, said = operator.undo(standin)
        assert code == 0, (number, said)
        assert standin.state() == before, number
        forget(operator)
