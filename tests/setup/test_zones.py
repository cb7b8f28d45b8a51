"""Six domains, each planned, applied, applied again and undone."""

import pytest

from standins.cloudflare import DOMAIN, Standin
from standins.domains import INBOX, OWN, ZONES, Invariants, Operator, restored, split_mx
from standins.domains import SPF as SPF_RECORD

PLANS = {
    "fresh": (0, ["spf", f"inbox:{INBOX}", "verify", "catch-all", "edge-mx", "enable"], []),
    "forwarding": (3, ["catch-all"], ["catch-all"]),
    "locked": (0, ["unlock", "edge-order", "catch-all"], []),
    "two_spf": (3, ["spf", "catch-all", "edge-mx", "enable"], ["spf"]),
    "redirect": (0, ["spf", "catch-all", "edge-mx", "enable"], []),
    "hosted": (3, ["spf", "catch-all", "edge-mx", "enable"], ["edge-mx", "enable"]),
}
SPF = {
    "fresh": "v=spf1 mx include:_spf.mx.cloudflare.net -all",
    "forwarding": "v=spf1 mx include:_spf.mx.cloudflare.net -all",
    "locked": "v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ~all",
    "two_spf": "v=spf1 mx ip4:192.0.2.10 include:_spf.mx.cloudflare.net ~all",
    "redirect": "v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net",
    "hosted": "v=spf1 include:_spf.google.com include:_spf.mx.cloudflare.net ~all",
}
# What Email Routing may do with MX and SPF when it is switched on, and how it gives texts back.
REACTIONS = [
    (mx, spf, "as written") for mx in ("keep", "random", "replace") for spf in ("replace", "add", "keep")
] + [("keep", "replace", "quoted"), ("random", "add", "bare")]
SEED = 165  # its first random preferences are low enough to win


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


@pytest.mark.parametrize("name", ZONES)
def test_a_plan_changes_nothing_and_is_what_you_would_want(operator, name):
    """Its steps, which of them are unsafe, its exit code."""
    standin = ZONES[name]()
    before = standin.state()
    code, said = operator.plan(standin)
    expected, keys, unsafe = PLANS[name]
    assert [step["key"] for step in said["steps"]] == keys
    assert [step["key"] for step in said["steps"] if step["unsafe"]] == unsafe
    assert code == expected
    assert standin.state() == before
    assert {method for method, _ in standin.requests} == {"GET"}


@pytest.mark.parametrize(("mx", "spf", "quotes"), REACTIONS)
@pytest.mark.parametrize("name", ZONES)
def test_apply_converges_and_undo_restores(operator, name, mx, spf, quotes):
    """Whatever Email Routing does when it is switched on; the second apply has nothing to do."""
    standin = ZONES[name](mx_on_enable=mx, spf_on_enable=spf, quotes=quotes, seed=SEED)
    before = standin.state()
    # The switch itself, the unlocking, and a second SPF record that has to go first.
    invariants = Invariants(standin, lenient=0 if mx == "keep" else 2 + (mx == "replace") + (spf == "add"))

    code, said = operator.apply(standin, force=True)
    assert (code, said.get("error")) == (0, None)
    own, edge = split_mx(standin)
    assert len(edge) == 3
    assert min(edge) > max(own)
    assert standin.spf == [SPF[name]]
    assert standin.enabled
    assert standin.catch_all["actions"] == [{"type": "worker", "value": ["mail-failover"]}]
    assert standin.catch_all["enabled"]
    assert all(address["verified"] for address in standin.addresses)

    reached = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["steps"], said["done"]) == (0, [], [])
    assert operator.status(standin)[1]["complete"]
    assert standin.state() == reached
    assert invariants.broken == []

    standin.watch.clear()
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    # What was unlocked stays so: nobody knows what locking it does to other MX.
    assert standin.state() == {**before, "locked": False}
    assert standin.requests.count(("POST", "/zones/zone-1/email/routing/dns")) == (not before["enabled"])
    assert operator.undo(standin)[1]["steps"] == []


@pytest.mark.parametrize("mx", ["keep", "random", "replace"])
@pytest.mark.parametrize("name", ZONES)
def test_numbers_that_have_moved_into_data_are_read_there_and_sent_there(operator, name, mx):
    """As Cloudflare announced: the plan is the same, apply converges, and undo restores."""
    standins = [ZONES[name](mx_on_enable=mx, seed=SEED, mx_in_data=moved) for moved in (False, True)]
    before = standins[1].state()
    plans = [operator.plan(standin)[1] for standin in standins]
    assert plans[0] == plans[1]
    standin = standins[1]
    code, said = operator.apply(standin, force=True)
    assert (code, said.get("error")) == (0, None)
    own, edge = split_mx(standin)
    assert (len(edge), min(edge) > max(own)) == (3, True)
    assert operator.apply(standin)[1]["steps"] == []
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == {**before, "locked": False}


@pytest.mark.parametrize("name", ["forwarding", "two_spf", "hosted"])
def test_unsafe_steps_are_refused_unless_forced(operator, name):
    """With exit code 3, and nothing is changed."""
    standin = ZONES[name]()
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (3, [])
    assert standin.state() == before
    assert not (operator.folder / ".mail-failover").exists()


def test_how_many_calls_a_fresh_domain_takes(operator):
    """A plan and an apply that waits for a click: each call is one that may fail, and counts for a limit."""
    standin = ZONES["fresh"]()
    operator.plan(standin)
    planned = len(standin.requests)
    assert operator.apply(standin)[0] == 0
    changing = [method for method, _ in standin.requests if method != "GET"]
    assert (planned, len(standin.requests) - planned, len(changing)) == (9, 41, 6)


def test_records_of_others_are_never_touched(operator):
    """Nor are their ids new."""
    standin = ZONES["fresh"]()
    kept = {r["id"]: dict(r) for r in standin.records.values() if r["name"] != DOMAIN or r["type"] == "MX"}
    operator.apply(standin)
    operator.undo(standin)
    assert {identity: standin.records[identity] for identity in kept} == kept


@pytest.mark.parametrize("typed", ["bücher.example", "xn--bcher-kva.example", "Bücher.example."])
def test_a_domain_beyond_ascii_is_set_up_and_undone_however_it_is_typed(operator, typed):
    """Cloudflare names its zone in Unicode, and its records in Punycode."""
    named = {"name": "xn--bcher-kva.example"}
    standin = Standin([{**OWN, **named}, {**SPF_RECORD, **named}], domain=named["name"])
    standin.inbox(INBOX)
    before = standin.state()
    codes = [getattr(operator, command)(standin, domain=typed)[0] for command in ("plan", "apply", "status")]
    own, edge = split_mx(standin)
    assert (codes, own, edge, standin.enabled) == ([0, 0, 0], [10], [20, 30, 40], True)
    assert operator.undo(standin, domain=typed)[0] == 0
    assert restored(standin, before)
