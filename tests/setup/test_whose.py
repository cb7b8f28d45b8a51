"""Whose a record or an inbox is, and that undo takes back what is ours and nothing else."""

import os
from itertools import permutations

import pytest

from standins.cloudflare import gone_from
from standins.domains import INBOX, ZONES, Operator, fresh, redirect

OTHER_INBOX = "bert@example.net"


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    """Put an operator into an empty folder, on a quick disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    return Operator(tmp_path, capsys)


def numbers(standin, method, path):
    """Return which requests were these."""
    return [n for n, (m, p) in enumerate(standin.requests, 1) if m == method and p.endswith(path)]


@pytest.mark.parametrize("name", ZONES)
def test_a_record_that_nobody_could_read_back_is_ours_all_the_same(operator, name):
    """The network goes with the answer to any change of records: undo knows what was to be written."""
    reached = ZONES[name]()
    assert operator.apply(reached, force=True)[0] == 0
    for number in numbers(reached, "POST", "/dns_records/batch"):
        for path in operator.folder.glob(".mail-failover/*/*.json"):
            path.unlink()
        standin = ZONES[name](fault=gone_from(number, "lost after"))
        before = standin.state()
        assert operator.apply(standin, force=True)[0] == 4
        assert standin.state()["records"] != before["records"]
        standin.fault = None
        code, said = operator.undo(standin)
        assert (code, said["conflicts"]) == (0, [])
        assert standin.state() == before


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_undo_removes_the_inboxes_that_apply_added_in_any_order(tmp_path, capsys, order):
    """One that was there before stays, and so does one that others added since."""
    operator = Operator(tmp_path, capsys, settings=f'FALLBACK_INBOXES = ["{INBOX}", "{OTHER_INBOX}"]')
    standin = fresh()
    standin.inbox("earlier@example.net")
    assert operator.apply(standin)[0] == 0
    standin.inbox("later@example.net")
    assert len(standin.addresses) == 4
    standin.addresses = [standin.addresses[place] for place in order]
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state()["addresses"] == ["earlier@example.net", "later@example.net"]


def test_an_inbox_written_with_capitals_is_the_one_that_is_there(tmp_path, capsys):
    """It is not added again, not waited for, and not taken for ours."""
    operator = Operator(tmp_path, capsys, settings='FALLBACK_INBOXES = ["Anna@Example.NET"]')
    standin = redirect()
    before = standin.state()
    code, said = operator.apply(standin)
    assert code == 0
    assert not any("inbox" in step["title"].lower() for step in said["steps"])
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before
    assert before["addresses"] == [INBOX]


@pytest.mark.parametrize("listed", [str, str.lower, str.upper])
def test_an_inbox_added_with_capitals_is_removed_however_it_is_listed_then(tmp_path, capsys, listed):
    """Cloudflare may write it as it likes."""
    operator = Operator(tmp_path, capsys, settings='FALLBACK_INBOXES = ["Anna@Example.NET"]')
    standin = fresh()
    before = standin.state()
    assert operator.apply(standin)[0] == 0
    [address] = standin.addresses
    address["email"] = listed(address["email"])
    assert operator.apply(standin)[1]["steps"] == []
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_where_nothing_is_left_to_do_and_there_is_no_journal_none_is_written(tmp_path, capsys):
    """From another folder a domain that is set up is only looked at."""
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    standin = redirect()
    assert Operator(tmp_path / "one", capsys).apply(standin)[0] == 0
    done, state = len(standin.requests), standin.state()
    operator = Operator(tmp_path / "other", capsys)
    code, said = operator.apply(standin)
    assert (code, said["steps"]) == (0, [])
    assert {method for method, _ in standin.requests[done:]} == {"GET"}
    assert standin.state() == state
    assert not [*operator.folder.glob(".mail-failover/*/*.json")]


def second_zone(standin, **fields):
    """Let the token see another zone, where the same rules are found."""
    standin.zones.append({**standin.zones[0], "id": "zone-2", "name": "example.org", **fields})
    routes = standin._routes
    rules = [
        (method, path.replace("/zones/zone-1/", "/zones/zone-2/"), handler)
        for method, path, handler in routes()
        if method == "GET" and "/rules" in path
    ]
    standin._routes = lambda: [*rules, *routes()]


def test_an_inbox_of_the_same_name_in_another_account_is_another_inbox(operator):
    """Destination addresses belong to an account, so the rules of its zones do not matter here."""
    standin = fresh()
    before = standin.state()
    operator.apply(standin)
    second_zone(standin, account={"id": "account-2"})
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


@pytest.mark.parametrize("account", [{"id": "account-1"}, None])
def test_an_inbox_written_with_capitals_stays_while_another_zone_uses_it(operator, account):
    """Whose account is not told may be this one."""
    standin = fresh()
    operator.apply(standin, inboxes=("Anna@Example.NET",))
    second_zone(standin, account=account)
    said = operator.undo(standin)[1]
    assert said["conflicts"] == ["The inbox Anna@Example.NET stays: it is used by the zone example.org."]
    assert [address["email"] for address in standin.addresses] == ["Anna@Example.NET"]


def test_records_that_setup_has_nothing_to_do_with_are_not_looked_after(operator):
    """Others' texts come and go without being a conflict."""
    standin = redirect()
    operator.apply(standin)
    text = next(r for r in standin.records.values() if r["content"] == "some-verification=1")
    text["content"] = "some-verification=2"
    standin.add("TXT", "example.com", "another-verification=1")
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert text in standin.records.values()
