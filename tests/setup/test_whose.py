"""Whose a record or an inbox is, and that undo takes back what is ours and nothing else."""

import os
from itertools import permutations

import pytest

from mail_failover.cloudflare.records import line
from standins.cloudflare import DOMAIN, HOSTS, gone_from
from standins.domains import INBOX, ZONES, Operator, fresh, redirect, restored, split_mx

OTHER_INBOX = "bert@example.net"
LEFT = "Changed by somebody else since, and left: "


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
        assert restored(standin, before)


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


def test_an_inbox_that_apply_was_not_let_add_is_not_its_own(operator):
    """The token may not; its owner adds it in the dashboard, and keeps it when the apply is undone."""
    standin = fresh(clicks_after=None, forbidden={"POST .*/addresses"})
    assert operator.apply(standin)[0] == 4
    standin.forbidden = set()
    standin.inbox(INBOX)
    assert operator.apply(standin)[0] == 0
    assert operator.undo(standin)[0] == 0
    assert standin.state()["addresses"] == [INBOX]


def lost_behind(method, end):
    """Let the network go for good with the first request after such a one."""
    seen = []

    def fault(_count, asked, path):
        if seen:
            return "lost before"
        seen.extend([path] if asked == method and path.endswith(end) else [])
        return None

    return fault


def test_an_inbox_that_was_refused_is_not_its_own_though_nothing_could_be_read_then(operator):
    """The network goes right after the refusal."""
    standin = fresh(clicks_after=None, forbidden={"POST .*/addresses"})
    standin.fault = lost_behind("POST", "/addresses")
    assert operator.apply(standin)[0] == 4
    standin.fault, standin.forbidden = None, set()
    standin.inbox(INBOX)
    assert operator.apply(standin)[0] == 0
    assert operator.undo(standin)[0] == 0
    assert standin.state()["addresses"] == [INBOX]


def test_what_others_do_after_a_switch_that_was_refused_is_theirs_though_nothing_could_be_read_then(operator):
    """The network goes after the refusal; the owner switches it on by hand, and undo leaves the edge."""
    standin = redirect(mx_on_enable="conflict", fault=lost_behind("POST", "/routing/dns"))
    assert operator.apply(standin)[0] == 4
    standin.fault, standin.mx_on_enable = None, "keep"
    for identity in [i for i, r in standin.records.items() if r["content"] in HOSTS]:
        del standin.records[identity]
    standin._enable()
    standin._unlock()
    edge = split_mx(standin)[1]
    assert operator.undo(standin)[0] == 1
    assert split_mx(standin)[1] == edge


def test_a_switch_that_apply_was_not_let_turn_is_not_its_own(operator):
    """Refused beside foreign MX; its owner switches it on by hand, and undo leaves it on and says so."""
    standin = redirect(mx_on_enable="conflict")
    assert operator.apply(standin)[0] == 4
    standin.mx_on_enable = "keep"
    standin._enable()
    standin._unlock()
    assert operator.apply(standin)[0] == 0
    code, said = operator.undo(standin)
    assert (code, "disable" in said["done"], standin.enabled) == (1, False, True)
    assert "Email Routing was off before, and somebody else switched it since." in said["conflicts"]
    # Its MX are theirs, too; behind an edge that is named there has to be the Worker.
    assert (len(split_mx(standin)[1]), standin.catch_all["actions"][0]["type"]) == (3, "worker")


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
    """Let there be another zone, whose catch-all hands mail to the same Worker."""
    standin.zones.append({**standin.zones[0], "id": "zone-2", "name": "example.org", **fields})
    standin.elsewhere = {"zone-2": [dict(standin.catch_all)]}


def test_an_inbox_of_the_same_name_in_another_account_is_another_inbox(operator):
    """Destination addresses belong to an account, so the rules of its zones do not matter here."""
    standin = fresh()
    before = standin.state()
    operator.apply(standin)
    second_zone(standin, account={"id": "account-2"})
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


def test_an_inbox_written_with_capitals_stays_while_another_zone_uses_it(operator):
    """The Worker forwards there, whoever's mail it is."""
    standin = fresh()
    operator.apply(standin, inboxes=("Anna@Example.NET",))
    second_zone(standin)
    said = operator.undo(standin)[1]
    assert said["conflicts"] == ["The inbox Anna@Example.NET stays: it is used by the zone example.org."]
    assert [address["email"] for address in standin.addresses] == ["Anna@Example.NET"]


@pytest.mark.parametrize("switch", ["lists_catch_alls", "has_account_rules"])
def test_an_inbox_stays_while_nobody_knows_who_else_uses_it(operator, switch):
    """The account's rules can't be read, or the catch-alls are not among them, as ours shows."""
    standin = fresh(**{switch: False})
    operator.apply(standin)
    code, said = operator.undo(standin)
    words = "it is used by another zone, for all we know, since not every rule of the account can be read."
    assert (code, said["conflicts"]) == (1, [f"The inbox {INBOX} stays: {words}"])
    assert [address["email"] for address in standin.addresses] == [INBOX]


def test_a_rule_for_one_address_keeps_its_inbox_though_the_catch_alls_are_not_listed(operator):
    """What is known of it says more than that not all is known."""
    standin = fresh(lists_catch_alls=False)
    operator.apply(standin)
    second_zone(standin)
    matcher = {"type": "literal", "field": "to", "value": "shop@example.org"}
    action = {"type": "forward", "value": [INBOX.upper()]}
    standin.elsewhere["zone-2"] = [
        {"id": "u", "matchers": [matcher], "actions": [action], "enabled": True, "name": ""}
    ]
    said = operator.undo(standin)[1]
    assert said["conflicts"] == [f"The inbox {INBOX} stays: it is used by the zone example.org."]


def test_who_uses_the_inboxes_is_one_call_however_many_zones_there_are(operator):
    """Each look asks the account once, and no other zone."""
    standin = fresh()
    operator.apply(standin)
    for number in range(2, 40):
        standin.zones.append({**standin.zones[0], "id": f"zone-{number}", "name": f"example{number}.org"})
    done = len(standin.requests)
    assert operator.undo(standin)[0] == 0
    paths = [path for _, path in standin.requests[done:]]
    assert paths.count("/accounts/account-1/email/routing/rules") == 2
    assert not [path for path in paths if path.startswith("/zones/") and "/zone-1" not in path]


OTHERS = [
    *(("MX", f"cf-bounce.{DOMAIN}", name, {"priority": 10}) for name in HOSTS),
    ("TXT", f"cf-bounce.{DOMAIN}", '"v=spf1 include:_spf.mx.cloudflare.net ~all"', {}),
    ("TXT", f"cf-bounce._domainkey.{DOMAIN}", '"v=DKIM1; k=rsa; p=MIIC"', {}),
    *(("MX", f"news.{DOMAIN}", name, {"priority": 5}) for name in HOSTS),
    ("TXT", f"news.{DOMAIN}", '"v=spf1 include:_spf.mx.cloudflare.net ~all"', {}),
]
"""What Email Sending, and Email Routing of a subdomain, have in a zone."""


@pytest.mark.parametrize("moment", ["before the apply", "while it runs", "after it"])
@pytest.mark.parametrize("name", ZONES)
def test_email_sending_and_routed_subdomains_are_no_business_of_setups(operator, name, moment):
    """They lead to the edge's hosts, too; none of them is changed, removed or spoken of, even if forced."""
    standin = ZONES[name](seed=165, mx_on_enable="random")
    added = []

    def add(*_):
        while not added:
            added.extend(standin.add(kind, where, text, **rest) for kind, where, text, rest in OTHERS)

    if moment == "before the apply":
        add()
    if moment == "while it runs":
        standin.watch.append(add)
    before = standin.state()
    code, (out, err) = operator.apply(standin, force=True, json=False)
    assert code == 0
    add()
    kept = [dict(each) for each in added]
    for command in (operator.apply, operator.undo):
        code, (more, wrong) = command(standin, force=True, json=False)
        out, err = out + more, err + wrong
    assert (code, err) == (0, "")
    assert [standin.records[each["id"]] for each in kept] == kept
    assert "cf-bounce" not in out
    # That switching off stops it is all that is said of a subdomain's Email Routing.
    said = [text for text in out.splitlines() if f"news.{DOMAIN}" in text]
    assert all(f" Email Routing of news.{DOMAIN} stops." in text for text in said)
    for each in kept:
        del standin.records[each["id"]]
    if moment == "before the apply":
        before["records"] = [
            r for r in before["records"] if r["name"] not in {where for _, where, *_ in OTHERS}
        ]
    assert standin.state() == {**before, "locked": False}


def theirs(standin, kind, start, **fields):
    """Let somebody change our record; return it."""
    found = next(
        r
        for r in standin.records.values()
        if (r["type"], r["name"]) == (kind, DOMAIN) and r["content"].strip('"').startswith(start)
    )
    found.update(fields)
    return found


CHANGES = {
    "the TTL of SPF": ("TXT", "v=spf1", {"ttl": 60}),
    "the comment of SPF": ("TXT", "v=spf1", {"comment": "do not touch"}),
    "the text of SPF": (
        "TXT",
        "v=spf1",
        {"content": '"v=spf1 ip4:192.0.2.9 include:_spf.mx.cloudflare.net -all"'},
    ),
    "the TTL of the edge": ("MX", HOSTS[0], {"ttl": 60}),
    "the comment of the edge": ("MX", HOSTS[0], {"comment": "do not touch"}),
    "the number of the edge": ("MX", HOSTS[0], {"priority": 77}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_a_person_changed_of_a_record_of_ours_makes_it_theirs(operator, name):
    """Its text or only what is beside it: undo shows it, leaves it, and puts it back when forced."""
    standin = ZONES["locked"]()
    theirs(standin, "TXT", "v=spf1", content='"v=spf1 mx -all"')
    before = standin.state()
    assert operator.apply(standin)[0] == 0
    kind, start, fields = CHANGES[name]
    changed = dict(theirs(standin, kind, start, **fields))
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (1, [f"{LEFT}{line(changed)}"])
    assert standin.records[changed["id"]] == changed
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == {**before, "locked": False}


@pytest.mark.parametrize("name", [name for name in CHANGES if "text" not in name and "number" not in name])
@pytest.mark.parametrize("zone", ["locked", "redirect"])
def test_what_a_person_changes_between_our_request_and_its_read_back_is_theirs(operator, zone, name):
    """Within that second: what we sent is known, so what is not that is not ours."""
    standin = ZONES[zone](spf_on_enable="keep")
    if zone == "locked":
        theirs(standin, "TXT", "v=spf1", content='"v=spf1 mx -all"')
    kind, start, fields = CHANGES[name]
    at, done = "/dns_records/batch", []

    def meddle(_standin):
        ours = "include:_spf.mx" in "".join(standin.spf) if kind == "TXT" else len(split_mx(standin)[1]) == 3
        if standin.requests[-1][1].endswith(at) and ours and not done:
            done.append(dict(theirs(standin, kind, start, **fields)))

    standin.watch.append(meddle)
    assert operator.apply(standin)[0] == 0
    [changed] = done
    code, said = operator.undo(standin)
    gone = kind == "MX" and zone == "redirect"
    # An edge that ends off goes, whoever changed it: it would refuse mail for good.
    assert (code, said["conflicts"]) == ((0, []) if gone else (1, [f"{LEFT}{line(changed)}"]))
    assert (changed["id"] in standin.records) is not gone
    if not gone:
        assert {name: standin.records[changed["id"]][name] for name in fields} == fields


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
