"""How an apply or an undo ends half-way: the domain is left sound where that can be, and said where not."""

import os
import re
import signal

import pytest

from mail_failover.errors import UsageError
from mail_failover.setup.journal import Journal
from standins.cloudflare import DOMAIN, gone_from
from standins.domains import INBOX, OWN, ZONES, Operator, forwarding, fresh, redirect, split_mx
from standins.envelope import page

WINS = {"mx_on_enable": "random", "seed": 165}  # Email Routing's first random numbers are low enough to win
MAY_UNLOCK = "If Email Routing turns out to lock its records, they are unlocked first."
MERGED = "v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net"


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def at_the_switch(effect):
    """Let something happen once, when Email Routing has been asked to go on."""
    done = []

    def fault(count, method, path):
        if (method, path[-12:]) == ("POST", "/routing/dns") and not done:
            done.append(count)
            return effect(count)
        return None

    return fault


def test_an_interrupt_right_after_the_switch_still_mends_what_it_broke(operator):
    """The primary wins again, and its SPF record is back, before the command ends."""
    standin = redirect(fault=at_the_switch(lambda _count: "interrupt after"), **WINS)
    code, (_, err) = operator.apply(standin, json=False)
    own, edge = split_mx(standin)
    assert (code, own, standin.spf) == (130, [10, 20], [MERGED])
    assert min(edge) > 20
    assert "ight now" not in err
    assert operator.undo(standin)[0] == 0


def test_a_request_to_terminate_is_taken_for_an_interrupt(operator):
    """The edge's MX do not stay behind, and the old handler is back afterwards; its exit code tells it."""
    old = signal.getsignal(signal.SIGTERM)
    standin = redirect(fault=at_the_switch(lambda _count: os.kill(os.getpid(), signal.SIGTERM)))
    code, said = operator.apply(standin)
    assert (code, said["exit_code"], said["error"]["kind"]) == (143, 143, "Interrupted")
    assert split_mx(standin) == ([10, 20], [])
    assert signal.getsignal(signal.SIGTERM) is old


def test_a_network_that_is_gone_after_the_switch_is_not_taken_for_all_well(operator):
    """That nobody could look is said, and what to do."""
    standin = redirect(**WINS)

    def gone(count):
        standin.fault = gone_from(count + 1)
        return "lost after"

    standin.fault = at_the_switch(gone)
    code, (_, err) = operator.apply(standin, json=False)
    assert code == 4
    assert err.splitlines()[-1] == (
        f"mail-failover: How the domain is now can't be read: run `{operator.again('apply')}` at once."
    )
    standin.fault = None
    assert operator.apply(standin)[0] == 0
    own, edge = split_mx(standin)
    assert (own, min(edge) > 20, standin.spf) == ([10, 20], True, [MERGED])


def test_what_was_seen_to_be_wrong_is_said_at_the_end(operator):
    """Records can be read, but not changed any more."""
    standin = redirect(**WINS)

    def forbid(_count):
        standin.forbidden = {"POST .*/batch"}

    standin.fault = at_the_switch(forbid)
    code, (_, err) = operator.apply(standin, json=False)
    assert code == 4
    assert (
        "Right now mail goes to the edge before the primary and the SPF record does not list your own server:"
        f" run `{operator.again('apply')}` at once."
    ) in err


def test_an_interrupt_during_the_last_reading_still_ends_in_words(operator):
    """Somebody who has waited long enough: what is wrong is not known then, and that is said."""
    standin = redirect(forbidden={"POST .*/email/routing/dns"})
    asked = []

    def fault(_count, method, path):
        asked.append((method, path))
        withdrawn = ("POST", "/zones/zone-1/email/routing/dns") in asked and not split_mx(standin)[1]
        return "interrupt before" if withdrawn and path.endswith("/email/routing") else None

    standin.fault = fault
    code, (_, err) = operator.apply(standin, json=False)
    assert code in {4, 130}
    assert f"How the domain is now can't be read: run `{operator.again('apply')}` at once." in err


def test_a_program_is_told_what_is_wrong_with_the_domain_as_well(operator):
    """Behind what helps against the error itself: what was done, how to go on and back, what can't wait."""
    standin = redirect(**WINS)

    def forbid(_count):
        standin.forbidden = {"POST .*/batch"}

    standin.fault = at_the_switch(forbid)
    code, said = operator.apply(standin)
    fix, done, rest = re.split(r" (?=Done before that: |Right now )", said["error"]["fix"])
    assert (code, fix.startswith("Add the permission Zone > DNS > Edit")) == (4, True)
    assert done.endswith(f" goes on, `{operator.again('undo')}` takes it back.")
    assert rest.endswith(f"does not list your own server: run `{operator.again('apply')}` at once.")


def test_a_token_that_may_not_edit_records_switches_nothing_on(operator):
    """Though all records were right already, those that the switch breaks could not be mended."""
    standin = redirect(forbidden={"POST .*/batch"}, **WINS)
    spf = next(r for r in standin.records.values() if "v=spf1" in r["content"])
    spf["content"] = MERGED
    for number, name in enumerate(("route1", "route2", "route3"), 30):
        standin.add("MX", DOMAIN, f"{name}.mx.cloudflare.net", priority=number)
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], standin.enabled) == (4, "PermissionMissing", False)


def test_a_full_disk_does_not_keep_the_edge_from_being_taken_back(operator, monkeypatch):
    """The journal can't be written once the edge is named."""
    standin = redirect()
    write = Journal.write

    def full(journal):
        if split_mx(standin)[1] and journal.must_write:
            raise UsageError("the journal can't be written: No space left on device.")
        write(journal)

    monkeypatch.setattr(Journal, "write", full)
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)) == (1, ([10, 20], []))
    assert "No space left on device" in err
    assert "Done before that" in err


def test_a_catch_all_that_drops_behind_a_named_edge_is_told_as_a_danger(operator):
    """It was so before, and going on would mend it."""
    standin = forwarding()
    standin.catch_all |= {"actions": [{"type": "drop"}], "name": "drop all"}
    standin.fault = lambda _count, method, _path: "interrupt before" if method == "PUT" else None
    code, (_, err) = operator.apply(standin, json=False, force=True)
    assert code == 130
    assert "Right now the edge is named but its catch-all drops mail, as before all this." in err


class Killed(BaseException):
    """The process is no more."""


def killed_before_the_switch(operator):
    """Return a domain whose edge is named and off, as an apply left it that was killed there."""
    standin = redirect()

    def killed(*_):
        if split_mx(standin)[1]:
            raise Killed

    standin.fault = killed
    with pytest.raises(Killed):
        operator.apply(standin)
    standin.fault = None
    return standin


@pytest.mark.parametrize("wait", [False, True])
def test_an_apply_that_ends_to_wait_for_a_click_leaves_no_edge_that_is_off(operator, wait):
    """Killed before the switch; the next one has another inbox, whose click may take days."""
    standin = killed_before_the_switch(operator)
    code, said = operator.apply(standin, inboxes=("bert@example.net",), wait=wait)
    assert (code, said["waiting"], split_mx(standin)[1]) == (1, ["bert@example.net"], [])
    assert operator.now == 0.0
    standin.clicks_after = 3
    assert operator.apply(standin, inboxes=("bert@example.net",))[0] == 0


def test_where_mail_is_caught_already_a_click_that_is_waited_for_is_said_to_keep_it_from_one_inbox(operator):
    """Another inbox was added to a domain that is set up."""
    standin = redirect()
    operator.apply(standin)
    code, (out, _) = operator.apply(standin, json=False, inboxes=(INBOX, "bert@example.net"), wait=False)
    assert (code, "Nothing catches mail" in out) == (1, False)
    assert "Nothing is forwarded there until then." in out


def test_an_edge_that_is_off_and_stays_named_while_a_click_is_waited_for_is_told_as_a_danger(operator):
    """Killed before the switch; the next one may not take the edge out."""
    standin = killed_before_the_switch(operator)
    standin.forbidden = {"POST .*/batch"}
    code, (_, err) = operator.apply(standin, json=False, inboxes=("bert@example.net",))
    assert (code, len(split_mx(standin)[1])) == (4, 3)
    last, again = err.splitlines()[-1], operator.again("apply", "--inbox", "bert@example.net")
    refuses = "Right now the edge is named but off, so it refuses mail for good"
    assert last == f"mail-failover: {refuses}: run `{again}` at once."


@pytest.mark.parametrize("wait", [False, True])
def test_an_apply_that_ends_to_wait_for_a_click_leaves_no_edge_without_a_worker(operator, wait):
    """Killed between the switch and the catch-all that had to wait for it; the next one has another inbox."""
    standin = redirect(rules_need_routing=True)

    def killed(*_):
        if standin.enabled:
            raise Killed

    standin.fault = killed
    with pytest.raises(Killed):
        operator.apply(standin)
    standin.fault = None
    code, said = operator.apply(standin, inboxes=("bert@example.net",), wait=wait)
    assert (code, said["waiting"], operator.now) == (1, ["bert@example.net"], 0.0)
    assert (len(split_mx(standin)[1]), standin.catch_all["actions"][0]["type"]) == (3, "worker")


def test_an_interrupted_undo_says_that_undo_goes_on(operator):
    """An apply would be refused."""
    standin = redirect()
    operator.apply(standin)
    standin.fault = lambda _count, method, _path: "interrupt after" if method == "DELETE" else None
    _, (_, err) = operator.undo(standin, json=False)
    assert f"`{operator.again('undo')}` goes on." in err
    assert "apply" not in err.split("The journal is")[1].partition(": ")[2]


def test_undo_says_that_an_earlier_apply_is_still_in_place(operator):
    """It takes back one at a time."""
    standin = redirect(scripts=[{"id": name, "handlers": ["email"]} for name in ("mail-failover", "second")])
    operator.apply(standin)
    operator.apply(standin, worker="second", force=True)
    assert "An earlier apply, of 2" in operator.undo(standin, json=False)[1][0]
    assert "An earlier apply" not in operator.undo(standin, json=False)[1][0]


def test_json_of_an_undo_names_the_earlier_apply_that_is_still_in_place(operator):
    """By its journal, and null if there is none."""
    standin = redirect(scripts=[{"id": name, "handlers": ["email"]} for name in ("mail-failover", "second")])
    first = operator.apply(standin)[1]["journal"]
    operator.apply(standin, worker="second", force=True)
    assert operator.undo(standin)[1]["earlier"] == first
    assert operator.undo(standin)[1]["earlier"] is None


@pytest.mark.parametrize("relocked", [False, True])
@pytest.mark.parametrize("name", ZONES)
def test_an_undo_does_nothing_that_it_did_not_show_before_it_asked(operator, name, relocked):
    """Unlocking, too: what was done is among the steps, in their order; a no changes nothing."""
    standin = ZONES[name]()
    operator.apply(standin, force=True)
    standin.locked = standin.locked or relocked
    before = standin.state()
    operator.answers = [False]
    code, (shown, _) = operator.undo(standin, json=False, yes=False)
    assert (code, standin.state()) == (1, before)
    code, said = operator.undo(standin)
    keys = [step["key"] for step in said["steps"]]
    assert (code, said["done"]) == (0, [key for key in keys if key in said["done"]])
    for step in said["steps"]:
        assert all(text in shown for text in (step["title"], *step["removed"], *step["added"]))
    assert ("unlock" in said["done"]) is (name != "forwarding" and (relocked or name != "locked"))


def test_an_undo_that_may_have_to_unlock_says_so_before_it_asks(operator):
    """A lock need not show; where it does, unlocking is a step of its own."""
    standin = redirect(hides_lock=True)
    operator.apply(standin)
    standin.locked = True
    code, said = operator.undo(standin)
    step = said["steps"][0]
    assert (code, step["key"], said["done"][:2]) == (0, "mx", ["unlock", "mx"])
    assert step["affects"] == MAY_UNLOCK


def test_an_apply_that_may_have_to_unlock_the_spf_record_says_so_before_it_asks(operator):
    """Reports differ on whether Email Routing guards it."""
    standin = forwarding(hides_lock=True, locks_spf=True)
    record = next(r for r in standin.records.values() if "v=spf1" in r["content"])
    record["content"] = "v=spf1 mx -all"
    standin.linked.add(record["id"])
    standin.locked = True
    code, said = operator.apply(standin, force=True)
    step = said["steps"][0]
    assert (code, step["key"], said["done"][:2]) == (0, "spf", ["unlock", "spf"])
    assert step["affects"].endswith(
        "If Email Routing turns out to lock its records, they are unlocked first."
    )


def test_undo_names_what_else_stops_with_email_routing(operator):
    """A rule for one address, a subdomain; both came after the apply."""
    standin = redirect()
    operator.apply(standin)
    matcher = {"type": "literal", "field": "to", "value": "shop@example.com"}
    action = {"type": "forward", "value": [INBOX]}
    standin.rules.append({"id": "u", "matchers": [matcher], "actions": [action], "enabled": True, "name": ""})
    standin.add("MX", "news.example.com", "route1.mx.cloudflare.net", priority=5)
    steps = operator.undo(standin)[1]["steps"]
    affects = next(step for step in steps if step["key"] == "disable")["affects"]
    assert affects.endswith(
        f" The rule for shop@example.com stops: forward {INBOX}. Email Routing of news.example.com stops."
    )


def test_an_mx_that_its_owner_removed_since_is_not_brought_back(operator):
    """The first apply waited for months, and had switched nothing on."""
    standin = redirect(clicks_after=None)
    standin.addresses[0]["verified"] = None
    assert operator.apply(standin, wait=False)[1]["waiting"] == [INBOX]
    retired = next(i for i, r in standin.records.items() if r["content"] == "mail2.example.com")
    del standin.records[retired]
    standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"
    assert operator.apply(standin)[0] == 0
    assert split_mx(standin)[0] == [OWN["priority"]]


def test_an_spf_record_that_a_service_owns_is_in_the_way(operator):
    """It can't be changed by anybody else."""
    standin = fresh()
    shown = standin._shown

    def guarded(record):
        return {**shown(record), **({"meta": {"read_only": True}} if "v=spf1" in record["content"] else {})}

    standin._shown = guarded
    code, said = operator.plan(standin)
    assert code == 1
    assert said["problems"][0].startswith("A service owns the SPF record")


def test_a_policy_announced_through_a_cname_is_seen(operator):
    """The provider of the policy keeps the record."""
    standin = redirect()
    standin.add("CNAME", f"_mta-sts.{DOMAIN}", "_mta-sts.provider.example")
    assert operator.plan(standin)[1]["todo"][0].startswith("MTA-STS: the policy of example.com does not list")


@pytest.mark.parametrize("end", ["+all", "?all", "~all"])
def test_a_record_that_ends_mildly_does_not_say_that_the_domain_sends_no_mail(operator, end):
    """Only `-all` alone does."""
    standin = redirect()
    next(r for r in standin.records.values() if "v=spf1" in r["content"])["content"] = f'"v=spf1 {end}"'
    assert operator.plan(standin)[1]["steps"][0]["unsafe"] is None


def test_another_account_than_the_zones_is_refused(operator):
    """Its inboxes and Workers would be looked for in the wrong place."""
    operator.env["CLOUDFLARE_ACCOUNT_ID"] = "account-2"
    error = operator.plan(redirect())[1]["error"]
    assert "is another account than that of the zone" in error["what"]
    assert error["fix"] == "Unset it."


def test_of_two_zones_of_a_name_the_active_one_is_meant(operator):
    """The other has moved away; two that are active need to be told apart."""
    standin = redirect()
    other = {**standin.zones[0], "id": "zone-2", "account": {"id": "account-2"}, "status": "moved"}
    standin.zones.insert(0, other)
    standin._list_zones = lambda request, _body: page(request, standin.zones)
    assert operator.plan(standin)[0] == 0
    other["status"] = "active"
    assert "several accounts" in operator.plan(standin)[1]["error"]["what"]
    operator.env["CLOUDFLARE_ACCOUNT_ID"] = "account-1"
    assert operator.plan(standin)[0] == 0
