"""Undo where Cloudflare does not play along, and where others were at work."""

import errno
import json
import os

import pytest

from mail_failover.mail.spf.record import unquote
from mail_failover.setup.journal import Journal
from standins.cloudflare import DKIM, DOMAIN, HOSTS
from standins.domains import (
    INBOX,
    SPF,
    ZONES,
    Operator,
    forwarding,
    fresh,
    locked,
    redirect,
    split_mx,
    two_spf,
)
from standins.envelope import Refusal, ok

WINS = 165  # a seed: Email Routing's first random numbers are low enough to win
UNLOCKED = (
    "The records of Email Routing were unlocked, and stay so, since nobody knows what locking them does to"
    " other MX. Lock them in the dashboard, if you want that: Email Routing, Settings.\n"
)
LEFT = "Changed by somebody else since, and left: "
SWITCH = ("POST", "/zones/zone-1/email/routing/dns")


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    """Put an operator into an empty folder, on a quick disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    return Operator(tmp_path, capsys)


def record(standin, kind, start):
    """Return the first record of this type whose content starts so."""
    return next(
        r for r in standin.records.values() if r["type"] == kind and r["content"].strip('"').startswith(start)
    )


def journals(operator):
    """Return the states of the domain's journals, the oldest first."""
    paths = sorted(operator.folder.glob(f".mail-failover/{DOMAIN}/*.json"))
    return [json.loads(path.read_text())["state"] for path in paths]


def refuse(standin, name, *, code=2007):
    """Let the stand-in refuse one call from now on."""

    def refusal(*_):
        raise Refusal(400, code, "Not for you")

    setattr(standin, name, refusal)


# --- the lock ---


@pytest.mark.parametrize("mx", ["keep", "random", "replace", "refuse"])
def test_a_locked_zone_is_unlocked_after_the_undo_and_that_is_said(operator, mx):
    """Whatever the switch would do: it is not asked for, and an apply is possible again."""
    standin = locked(mx_on_enable=mx, seed=WINS)
    standin.addresses.clear()
    standin.clicks_after = 1
    before = standin.state()
    operator.apply(standin)
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, standin.state()) == (0, {**before, "locked": False})
    assert out.endswith(UNLOCKED)
    assert SWITCH not in standin.requests
    assert journals(operator) == ["undone"]
    standin.clicks_after = 1
    code, said = operator.apply(standin)
    assert (code, said["done"][0], said["done"][-1]) == (0, "edge-order", "catch-all")


def test_a_lock_that_nobody_lifted_stays_and_nothing_is_said_of_it(operator):
    """The edge was behind the primary already, so no MX had to be changed."""
    standin = locked()
    for number, name in enumerate(HOSTS):
        record(standin, "MX", name)["priority"] = 20 + number
    before = standin.state()
    operator.apply(standin)
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, standin.state()) == (0, before)
    assert "unlocked" not in out


def test_an_email_routing_that_ends_off_has_no_lock_to_speak_of(operator):
    """Though its records were unlocked on the way."""
    standin = fresh()
    operator.apply(standin)
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, "stay so" in out) == (0, False)
    assert "done: Unlock the MX records of Email Routing" in out


def test_a_lock_that_others_put_there_since_is_lifted(operator):
    """It was unlocked before the apply, so lifting that lock again restores."""
    standin = forwarding()
    record(standin, "MX", HOSTS[0])["priority"] = 5
    before = standin.state()
    operator.apply(standin, force=True)
    standin.locked = True
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert said["done"][:2] == ["unlock", "mx"]
    assert standin.state() == before


def test_records_that_others_unlocked_are_no_change_of_ours(operator):
    """The apply had nothing to unlock, and no undo locks."""
    standin = locked()
    for number, name in enumerate(HOSTS):
        record(standin, "MX", name)["priority"] = 20 + number
    operator.apply(standin)
    standin.locked = False
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, standin.locked, "unlocked" in out) == (0, False, False)
    assert SWITCH not in standin.requests


@pytest.mark.parametrize("end", ["interrupt", "full disk"])
def test_an_undo_that_ends_once_it_has_unlocked_leaves_the_primary_its_mx_and_its_spf(
    operator, monkeypatch, end
):
    """The next one finishes."""
    standin = locked(mx_on_enable="replace")
    before = standin.state()
    operator.apply(standin)
    standin.locked = True

    def at_the_unlock(_count, method, _path):
        if method == "PATCH":
            if end == "interrupt":
                return "interrupt after"
            monkeypatch.setattr(os, "open", full)
        return None

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    standin.fault, opened = at_the_unlock, os.open
    assert operator.undo(standin)[0] == (130 if end == "interrupt" else 1)
    assert (split_mx(standin)[0], len(standin.spf)) == ([10], 1)
    standin.fault = None
    monkeypatch.setattr(os, "open", opened)
    assert operator.undo(standin)[0] == 0
    assert standin.state() == {**before, "locked": False}


# --- refusals ---


def test_a_refusal_that_nothing_helps_is_left_and_told_and_the_rest_is_undone(operator):
    """Email Routing can't be switched off: its MX go all the same, and the next undo finishes."""
    standin = redirect()
    before = standin.state()
    operator.apply(standin)
    switch_off = standin._disable
    refuse(standin, "_disable")
    code, said = operator.undo(standin)
    assert code == 1
    [conflict] = said["conflicts"]
    assert conflict.startswith("Left, since Cloudflare refuses it: Switch Email Routing off. ")
    assert conflict.endswith(" Do it in the dashboard: - Email Routing: on; + Email Routing: off")
    assert split_mx(standin) == ([10, 20], [])
    assert standin.spf == ["v=spf1 redirect=_spf.example.net"]
    assert journals(operator) == ["partly undone"]
    standin._disable = switch_off
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_the_worker_stays_behind_an_edge_that_can_not_be_taken_out(operator):
    """Its MX and the switch are refused, so the catch-all that drops mail waits for the next undo."""
    standin = fresh(pins_edge=True)
    before = standin.state()
    operator.apply(standin)
    switch_off = standin._disable
    refuse(standin, "_disable")
    code, said = operator.undo(standin)
    assert (code, len(split_mx(standin)[1]), standin.enabled) == (1, 3, True)
    assert standin.catch_all["actions"] == [{"type": "worker", "value": ["mail-failover"]}]
    assert "Left, while the edge is named: catch-all: worker mail-failover" in said["conflicts"]
    assert [a["email"] for a in standin.addresses] == [INBOX]
    standin._disable = switch_off
    code, said = operator.undo(standin)
    assert (code, said["done"][:3]) == (0, ["unlock", "disable", "catch-all"])
    assert standin.state() == before


@pytest.mark.parametrize("mx", ["keep", "random", "replace"])
def test_what_email_routing_guarded_is_undone_once_it_is_off(operator, mx):
    """Unlocked or not, its MX could not be changed; switched off it guards nothing, so all is as it was."""
    standin = redirect(mx_on_enable=mx, pins_edge=True, hides_lock=True, seed=WINS)
    before = standin.state()
    operator.apply(standin)
    code, said = operator.undo(standin)
    assert (code, said["conflicts"], standin.state()) == (0, [], before)
    assert said["done"].index("disable") < said["done"].index("catch-all")


def test_an_apply_goes_on_where_an_undo_could_do_no_more(operator):
    """It is not told to finish an undo that can't be finished."""
    standin = redirect()
    operator.apply(standin)
    refuse(standin, "_disable")
    operator.undo(standin)
    code, said = operator.apply(standin)
    assert (code, said.get("error")) == (0, None)


def test_what_a_person_may_mend_is_left_only_when_forced(operator):
    """The inbox of the old catch-all is gone: undo says so, and how to get past it."""
    standin = forwarding()
    operator.apply(standin, force=True)
    standin.addresses[0]["verified"] = None
    code, said = operator.undo(standin)
    assert (code, said["error"]["kind"]) == (4, "InboxUnverified")
    forced = operator.again("undo", "--force-unsafe", "--yes", "--json")
    assert (
        said["error"]["fix"]
        .partition(" Done")[0]
        .endswith(f"; if nothing helps, `{forced}` leaves that alone.")
    )
    assert journals(operator) == ["undoing"]
    code, said = operator.undo(standin, force=True)
    assert code == 1
    assert said["conflicts"][0].startswith("Left, since Cloudflare refuses it: Put the catch-all back. ")
    assert journals(operator) == ["partly undone"]


def test_what_others_changed_is_put_back_by_a_command_that_can_be_pasted(operator):
    """With the option that does it."""
    standin = redirect()
    operator.apply(standin)
    record(standin, "TXT", "v=spf1")["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    _, (out, _) = operator.undo(standin, json=False)
    forced = operator.again("undo", "--force-unsafe")
    assert f"`{forced}` makes that what it was before the apply, too; it asks first." in out


def test_a_worker_of_before_that_is_gone_is_named_and_not_waited_for(operator):
    """It is not ours to upload, and no upload of a moment ago; once it is back, undo goes on."""
    standin = redirect()
    old = {"id": "old-worker", "handlers": ["email"]}
    standin.scripts.append(old)
    operator.apply(standin, worker="old-worker")
    operator.apply(standin, force=True)
    standin.scripts.remove(old)
    standin.uploads_unseen = 99
    begun = operator.now
    code, said = operator.undo(standin)
    assert (code, said["error"]["kind"], operator.now - begun) == (4, "WorkerNotFound", 0)
    assert said["error"]["fix"].startswith(
        "The Worker old-worker of before is gone: upload it again, then run"
    )
    assert "--force-unsafe --yes --json` leaves that alone." in said["error"]["fix"]
    assert "deploy" not in said["error"]["fix"]
    standin.scripts.append(old)
    standin.uploads_unseen = 3
    assert operator.undo(standin)[0] == 0
    assert operator.now - begun == 2 + 4 + 8


def test_what_others_wrote_is_not_lost_when_putting_it_back_was_refused(operator):
    """Switching off took their SPF record along; the next undo still knows it."""
    standin = fresh(spf_on_enable="add")
    operator.apply(standin)
    theirs = record(standin, "TXT", "v=spf1")
    theirs["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    standin.linked.add(theirs["id"])
    batch = standin._batch
    refuse(standin, "_batch")
    code, said = operator.undo(standin)
    assert (code, standin.enabled, standin.spf) == (1, False, [])
    assert any("Put the SPF record back" in conflict for conflict in said["conflicts"])
    standin._batch = batch
    operator.undo(standin)
    assert standin.spf == ["v=spf1 ip4:192.0.2.1 -all"]


def test_what_others_wrote_while_an_undo_was_interrupted_is_what_is_kept(operator):
    """Not what they had written before."""
    standin = fresh()
    operator.apply(standin)
    theirs = record(standin, "TXT", "v=spf1")
    standin.linked.add(theirs["id"])
    theirs["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    standin.fault = lambda _count, method, _path: "lost before" if method == "DELETE" else None
    assert operator.undo(standin)[0] == 4
    standin.fault = None
    theirs["content"] = '"v=spf1 ip4:192.0.2.2 -all"'
    standin.fault = lambda _count, method, path: (
        "interrupt after" if (method, path[-6:]) == ("DELETE", "ng/dns") else None
    )
    assert operator.undo(standin)[0] == 130
    assert standin.spf == []
    standin.fault = None
    operator.undo(standin)
    assert standin.spf == ["v=spf1 ip4:192.0.2.2 -all"]


def test_an_inbox_stays_while_the_catch_all_that_needs_it_can_not_be_put_back(operator):
    """The Worker still forwards there."""
    standin = fresh()
    operator.apply(standin)
    refuse(standin, "_put_catch_all")
    conflicts = operator.undo(standin)[1]["conflicts"]
    assert [a["email"] for a in standin.addresses] == [INBOX]
    assert conflicts[-1] == f"The inbox {INBOX} stays: it is used by the rule worker mail-failover."


# --- an edge that is off ---


@pytest.mark.parametrize("adopts", [True, False])
def test_an_edge_that_ends_off_is_taken_away_whoever_changed_it(operator, adopts):
    """It would refuse mail for good; the plan shows that it goes."""
    standin = fresh(adopts=adopts)
    before = standin.state()
    operator.apply(standin)
    record(standin, "MX", "route1")["priority"] = 77
    standin.add("MX", DOMAIN, "amir.mx.cloudflare.net", priority=78)
    code, said = operator.undo(standin)
    removed = [text for step in said["steps"] if step["key"] == "mx" for text in step["removed"]]
    assert {f"{DOMAIN} auto MX 77 {HOSTS[0]}", f"{DOMAIN} auto MX 78 amir.mx.cloudflare.net"} <= {*removed}
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


def test_an_edge_that_was_named_while_off_is_so_again(operator):
    """It is what was there."""
    edge = [{"type": "MX", "name": DOMAIN, "content": name, "priority": 50, "ttl": 300} for name in HOSTS]
    standin = redirect()
    for each in edge:
        standin.add(**each)
    before = standin.state()
    operator.apply(standin)
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_edge_is_not_named_again_where_others_switched_it_off(operator):
    """Not even when forced: it was on before."""
    standin = forwarding()
    operator.apply(standin, force=True)
    standin._disable()
    code, said = operator.undo(standin, force=True)
    assert (code, split_mx(standin)) == (1, ([10], []))
    assert said["conflicts"] == ["Email Routing was on before, and somebody else switched it since."]


def test_the_edge_of_a_subdomain_is_left_but_not_put_back_when_it_went_with_the_switch(operator):
    """It is others', so it is not removed; named again it would refuse mail."""
    standin = redirect()
    operator.apply(standin)
    for number, name in enumerate(("news", "shop")):
        added = standin.add("MX", f"{name}.{DOMAIN}", HOSTS[number], priority=5)
        standin.linked |= {added["id"]} if name == "shop" else set()
    operator.undo(standin)
    edges = [r["name"] for r in standin.records.values() if r["content"] in HOSTS]
    assert edges == [f"news.{DOMAIN}"]


def test_a_key_whose_selector_is_not_listed_any_more_is_still_there(operator):
    """Cloudflare names another one meanwhile; nothing is said to be gone."""
    standin = forwarding()
    before = standin.state()
    operator.apply(standin, force=True)
    standin.selector = "cf2027-1"
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


def test_the_spf_record_stays_with_the_worker_behind_an_edge_that_others_named(operator):
    """Email Routing sends on for it, so its include has to be there."""
    standin = redirect(mx_on_enable="refuse")
    operator.apply(standin)
    standin.mx_on_enable = "keep"
    standin._enable()
    reached = standin.spf
    code, said = operator.undo(standin)
    assert (code, standin.spf, standin.catch_all["enabled"]) == (1, reached, True)
    assert any(text.startswith("Left, while the edge is named: catch-all") for text in said["conflicts"])


def test_what_stayed_behind_an_edge_is_taken_back_by_an_undo_once_the_edge_is_gone(operator):
    """Edge and key were there before, so that nothing else of it is somebody's."""
    standin = redirect(mx_on_enable="refuse", spf_on_enable="keep", adopts=False)
    for number, name in enumerate(HOSTS, 30):
        standin.add("MX", DOMAIN, name, priority=number)
    standin.add("TXT", f"{standin.selector}._domainkey.{DOMAIN}", DKIM)
    before = standin.state()
    operator.apply(standin)
    standin.mx_on_enable = "keep"
    standin._enable()
    code, said = operator.undo(standin)
    assert (code, said["done"], standin.catch_all["enabled"]) == (1, [], True)
    standin._disable()
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_undo_does_not_write_anew_what_email_routing_wrote_when_others_switched_it_on_again(operator):
    """Its SPF record and its key would stay behind; what mends it says how, as a whole command."""
    standin = redirect()
    before = standin.state()
    operator.apply(standin)
    standin._disable()
    standin._enable()
    code, said = operator.undo(standin)
    assert (code, said["done"]) == (1, [step["key"] for step in said["steps"]])
    assert standin.spf == []
    forced = operator.again("undo", "--force-unsafe")
    assert said["danger"] == f"Right now the domain has no SPF record: run `{forced}` at once"
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == before


# --- several applies ---


def test_undoing_several_applies_ends_where_each_leaves_something_of_others(operator):
    """What an undo put back is not taken for that apply's again when an undo of an older one changes it."""
    workers = ("second", "mail-failover", "second")
    standin = redirect(scripts=[{"id": name, "handlers": ["email"]} for name in workers[:2]])
    for worker in workers:
        operator.apply(standin, worker=worker, force=True)
    for record in standin.records.values():
        if record["type"] == "MX" and "cloudflare" in record["content"]:
            record["comment"] = "theirs"
    done = [operator.undo(standin)[1]["done"] for _ in range(5)]
    assert ["catch-all" in each for each in done] == [True, True, True, False, False]
    assert done[3:] == [[], []]


def two_applies(operator):
    """Set up a domain twice, with others at work on the SPF record after each."""
    standin = fresh()
    before = standin.state()
    operator.apply(standin)
    record(standin, "TXT", "v=spf1")["content"] = '"v=spf1 mx a:new.example.com -all"'
    operator.apply(standin)
    record(standin, "TXT", "v=spf1")["content"] = '"v=spf1 a:third.example.com -all"'
    return standin, before


def test_undo_goes_on_to_the_earlier_apply_where_the_newest_can_only_be_forced(operator):
    """What it says of that holds."""
    standin, before = two_applies(operator)
    code, (out, _) = operator.undo(standin, json=False)
    assert code == 1
    assert f"still in place: `{operator.again('undo')}` takes it back." in out
    code, (out, _) = operator.undo(standin, json=False)
    assert code == 1
    assert "still in place" not in out
    assert journals(operator) == ["partly undone", "partly undone"]
    [theirs] = [r for r in standin.state()["records"] if r not in before["records"]]
    assert theirs["content"] == "v=spf1 a:third.example.com -all"
    rest = {**standin.state(), "records": None}
    assert rest == {**before, "records": None}


def test_when_nothing_more_can_be_undone_undo_says_what_is_left_and_changes_nothing(operator):
    """Of the newest apply, which forcing reaches."""
    standin, before = two_applies(operator)
    operator.undo(standin)
    operator.undo(standin)
    reached = standin.state()
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, standin.state()) == (1, reached)
    assert "still in place" not in out
    assert "v=spf1 a:third.example.com -all" in out
    operator.undo(standin, force=True)
    assert standin.spf == ["v=spf1 mx a:new.example.com -all"]
    assert journals(operator) == ["partly undone", "undone"]
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == before


def test_an_earlier_apply_is_not_promised_while_the_newest_is_not_done_with(operator):
    """Cloudflare refused a step; the next undo tries that one again."""
    standin = redirect(scripts=[{"id": name, "handlers": ["email"]} for name in ("mail-failover", "second")])
    operator.apply(standin)
    operator.apply(standin, worker="second", force=True)
    refuse(standin, "_put_catch_all")
    code, (out, _) = operator.undo(standin, json=False)
    assert code == 1
    assert "still in place" not in out


def test_an_apply_is_refused_while_the_undo_of_an_earlier_one_is_not_finished(operator):
    """Though the newest is as undone as it can be."""
    standin, _ = two_applies(operator)
    operator.undo(standin)
    standin.fault = lambda _count, method, _path: "lost before" if method == "DELETE" else None
    assert operator.undo(standin)[0] == 4
    assert journals(operator) == ["undoing", "partly undone"]
    standin.fault = None
    code, (_, err) = operator.apply(standin, json=False)
    assert code == 1
    assert "An undo did not finish" in err


def test_a_plan_does_not_promise_an_apply_that_an_unfinished_undo_keeps_from_working(operator):
    """It says what has to be done first."""
    standin = redirect()
    operator.apply(standin)
    standin.fault = lambda _count, method, _path: "interrupt after" if method == "DELETE" else None
    operator.undo(standin)
    standin.fault = None
    last = operator.plan(standin, json=False)[1][0].splitlines()[-1]
    assert last == f"An undo did not finish; `{operator.again('undo')}` has to, before anything else."


def test_an_undo_that_another_one_finished_meanwhile_is_not_done_twice(operator):
    """The question was open when somebody else undid it; the journal says so."""
    standin = redirect()
    operator.apply(standin)
    operator.answers = [True]
    asked = operator._answer

    def meanwhile(question):
        operator._answer = asked
        assert operator.undo(standin)[0] == 0
        return asked(question)

    operator._answer = meanwhile
    code, (out, _) = operator.undo(standin, json=False, yes=False)
    assert code == 0
    assert "changed meanwhile" in out
    assert journals(operator) == ["undone"]


def test_every_journal_that_is_written_can_be_read(operator):
    """After each change that any of the six zones sees."""
    for make in ZONES.values():
        standin = make(mx_on_enable="replace")
        standin.watch.append(lambda _standin: [*Journal.left(operator.folder / ".mail-failover", DOMAIN)])
        operator.apply(standin, force=True)
        record(standin, "TXT", "v=spf1")["content"] = '"v=spf1 a:third.example.com -all"'
        operator.undo(standin)
        operator.undo(standin, force=True)
        assert set(journals(operator)) == {"undone"}


# --- field by field ---


def test_tags_and_the_proxied_flag_are_restored_too(operator):
    """Where others changed only those, they are shown, left, and put back when forced."""
    standin = forwarding()
    name = f"cf2024-1._domainkey.{DOMAIN}"
    del standin.records[next(i for i, r in standin.records.items() if r["name"] == name)]
    dkim = standin.add("CNAME", name, "dkim.example.net", proxied=True)
    standin._wanted = lambda *_: ok([dkim])
    record(standin, "MX", "mail.")["tags"] = ["team:mail"]
    before = standin.state()
    assert operator.apply(standin, force=True)[0] == 0
    dkim["proxied"] = False
    record(standin, "MX", "mail.")["tags"] = []
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (
        1,
        [
            f"{LEFT}{DOMAIN} 300 MX 10 mail.example.com",
            f"{LEFT}{name} auto CNAME dkim.example.net",
        ],
    )
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == before


def test_a_record_that_is_written_anew_has_its_tags(operator):
    """Email Routing removed the primary's MX and replaced the SPF record; both had some."""
    standin = redirect(mx_on_enable="replace")
    for each in (record(standin, "MX", "mail."), record(standin, "TXT", "v=spf1")):
        each["tags"] = ["team:mail"]
    before = standin.state()
    operator.apply(standin)
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


@pytest.mark.parametrize("turned", [False, True])
def test_a_record_that_is_still_there_is_changed_and_another_one_made_anew(operator, turned):
    """Not the one into the other: which record it is stays; in whatever order they are listed."""
    standin = two_spf(spf_on_enable="keep")
    if turned:
        standin.records = dict(reversed(standin.records.items()))
    before = {r["id"]: unquote(r["content"]) for r in standin.records.values() if "v=spf1" in r["content"]}
    operator.apply(standin, force=True)
    kept = record(standin, "TXT", "v=spf1")["id"]
    code, said = operator.undo(standin)
    [step] = [step for step in said["steps"] if step["key"] == "spf"]
    assert (code, len(step["removed"]), len(step["added"])) == (0, 1, 2)
    assert unquote(standin.records[kept]["content"]) == before[kept]
    assert sorted(standin.spf) == sorted(before.values())


def test_a_record_that_came_beside_the_one_that_was_there_is_the_one_that_goes(operator):
    """Though it is found first; forced, since both are somebody's work."""
    standin = redirect()
    before = standin.state()
    operator.apply(standin)
    there = record(standin, "TXT", "v=spf1")
    there["ttl"] = 60
    new = standin.add("TXT", DOMAIN, '"v=spf1 a -all"')
    standin.records = {new["id"]: standin.records.pop(new["id"]), **standin.records}
    assert operator.undo(standin, force=True)[0] == 0
    assert (there["id"] in standin.records, new["id"] in standin.records) == (True, False)
    assert standin.state() == before


@pytest.mark.parametrize("zone", [forwarding, locked])
def test_an_edge_that_others_named_is_theirs_though_email_routing_is_on(operator, zone):
    """Every switch was read back, so it did not come with one."""
    standin = zone()
    operator.apply(standin, force=True)
    standin.add("MX", DOMAIN, "amir.mx.cloudflare.net", priority=50)
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (1, [f"{LEFT}{DOMAIN} auto MX 50 amir.mx.cloudflare.net"])
    assert (50, "amir.mx.cloudflare.net") in standin.mx


def test_a_catch_all_that_wrangler_set_is_put_back_without_the_tag_that_is_not_shown(operator):
    """Cloudflare refuses that source without the Worker's tag."""
    standin = forwarding()
    standin.catch_all["source"] = "wrangler"
    put = standin._put_catch_all

    def strict(request, body):
        if body.get("source") == "wrangler":
            raise Refusal(422, 2007, "must specify worker id")
        return put(request, body)

    standin._put_catch_all = strict
    operator.apply(standin, force=True)
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.catch_all["actions"] == [{"type": "forward", "value": [INBOX]}]
    [step] = [step for step in said["steps"] if step["key"] == "catch-all"]
    assert step["affects"].endswith(
        " It was wrangler's, and can be given back only as the API's: deploy that Worker again."
    )


def test_a_catch_all_that_was_nobodys_is_put_back_without_a_word_of_wrangler(operator):
    """Only what wrangler owned needs another deploy."""
    standin = forwarding()
    operator.apply(standin, force=True)
    [step] = [step for step in operator.undo(standin)[1]["steps"] if step["key"] == "catch-all"]
    assert step["affects"] == "Mail to every address that no rule of its own takes."


@pytest.mark.parametrize("zone", [fresh, forwarding])
def test_a_catch_all_that_can_not_be_read_is_not_said_to_be_as_it_was(operator, zone):
    """Beside somebody's second SPF record Cloudflare shows no rules; the undo after that puts it back."""
    standin = zone()
    before = standin.state()
    operator.apply(standin, force=True)
    second = standin.add("TXT", DOMAIN, '"v=spf1 include:sendgrid.net -all"')
    code, (out, _) = operator.undo(standin, json=False)
    words = "The catch-all can't be read while there are several SPF records: merge them, then run `"
    assert (code, out.count(words)) == (1, 2)
    assert standin.catch_all["actions"] == [{"type": "worker", "value": ["mail-failover"]}]
    assert [a["email"] for a in standin.addresses] == [INBOX]
    del standin.records[second["id"]]
    code, said = operator.undo(standin)
    assert (code, said["done"][0]) == (0, "catch-all")
    assert standin.state() == before


def test_two_spf_records_do_not_pass_for_a_lock(operator):
    """They alone make the status say "locked": nothing is unlocked for them."""
    second = {**SPF, "content": '"v=spf1 ip4:192.0.2.10 ~all"', "comment": None}
    standin = forwarding()
    standin.add(**second)
    before = standin.state()
    code, said = operator.apply(standin, force=True)
    assert "unlock" not in said["done"]
    assert operator.apply(standin, force=True)[0] == 0
    code, (out, _) = operator.undo(standin, json=False)
    assert (code, "unlocked" in out) == (0, False)
    assert standin.state() == before
