"""What others lost mail to: each trap of the API, sprung."""

import pytest

from standins.cloudflare import DKIM, DOMAIN, EDGE_SPF
from standins.domains import INBOX, OWN, SPF, ZONES, Operator, fresh, locked, redirect, split_mx


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def record(standin, kind, name=DOMAIN, start=""):
    """Return the first record of a type and name whose content starts so."""
    found = [r for r in standin.records.values() if (r["type"], r["name"]) == (kind, name)]
    return next(r for r in found if r["content"].strip('"').startswith(start))


def keys(said):
    """Return the keys of a plan's steps."""
    return [step["key"] for step in said["steps"]]


def test_a_lock_that_shows_only_when_something_is_edited_is_lifted(operator):
    """890190 asks for an unlock that no snapshot called for; the plan said that it may come to that."""
    standin = locked(hides_lock=True)
    before = standin.state()
    _, said = operator.plan(standin)
    assert keys(said) == ["edge-order", "catch-all"]
    assert said["steps"][0]["affects"].endswith("they are unlocked first.")
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (0, ["unlock", "edge-order", "catch-all"])
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == {**before, "locked": False}


def test_records_that_stay_guarded_when_unlocked_stop_the_apply(operator):
    """No report shows such a zone; the edge keeps its 5, the primary its 10, and undo has nothing to mend."""
    standin = locked(pins_edge=True)
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["done"], said["error"]["kind"]) == (4, ["unlock"], "RecordsLocked")
    again = operator.again("apply", "--yes", "--wait", "--json")
    assert said["error"]["fix"].startswith(
        "Unlocking does not help. If the edge's MX come before yours, give yours the number 0 in the"
        f" dashboard (DNS, Records); then run `{again}` again."
    )
    assert standin.state() == {**before, "locked": False}
    code, said = operator.undo(standin)
    assert (code, said["steps"]) == (0, [])


def test_the_number_0_in_the_dashboard_is_the_way_out_of_a_guarded_edge(operator):
    """As apply said; it goes on, and undo leaves that number, which is somebody's."""
    standin = locked(pins_edge=True)
    before = standin.state()
    operator.apply(standin)
    record(standin, "MX", start="mail.")["priority"] = 0
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (0, ["catch-all"])
    assert split_mx(standin) == ([0], [5, 81, 92])
    code, said = operator.undo(standin)
    assert said["conflicts"] == [
        "Changed by somebody else since, and left: example.com 300 MX 0 mail.example.com"
    ]
    record(standin, "MX", start="mail.")["priority"] = OWN["priority"]
    assert standin.state() == {**before, "locked": False}


def test_random_numbers_that_win_and_can_not_be_moved_are_told(operator):
    """All else is put right, so that the Worker catches what comes to the edge first; undo restores."""
    standin = redirect(mx_on_enable="random", pins_edge=True, seed=165)
    before = standin.state()
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)[0]) == (4, [10, 20])
    assert standin.spf == ["v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net"]
    assert standin.catch_all["actions"] == [{"type": "worker", "value": ["mail-failover"]}]
    again = operator.again("apply")
    last = err.splitlines()[-1]
    assert (
        last == f"mail-failover: Right now mail goes to the edge before the primary: run `{again}` at once."
    )
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_a_primary_at_the_worst_number_is_in_the_way(operator):
    """Nothing can be behind 65535, and the primary's numbers are its owner's."""
    standin = fresh()
    record(standin, "MX")["priority"] = 65535
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], standin.state()) == (1, "InTheWay", before)
    [problem] = said["problems"]
    assert problem == (
        "Nothing can stand behind example.com 300 MX 65535 mail.example.com, since 65535 is the worst number"
        " there is. Give it a lower one, such as 10."
    )


def test_a_refused_switch_takes_the_edge_back(operator):
    """Email Routing that will not go on beside other MX must not be named as one."""
    standin = redirect(mx_on_enable="refuse")
    before = standin.state()
    code, said = operator.apply(standin)
    assert code == 4
    assert said["error"]["what"] == (
        "Cloudflare would not switch Email Routing on: Invalid input: remove existing MX records first"
        " (HTTP 400, code 2007)."
    )
    assert said["done"] == ["spf", "catch-all", "edge-mx", "withdraw"]
    assert split_mx(standin) == ([10, 20], [])
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


@pytest.mark.parametrize("adopts", [True, False])
def test_switching_off_takes_what_belongs_to_email_routing_and_undo_the_rest(operator, adopts):
    """Records vanish even if we edited them; the SPF record is ours, and stays until we put it back."""
    standin = fresh(adopts=adopts)
    before = standin.state()
    operator.apply(standin)
    assert record(standin, "TXT", start="v=spf1")["id"] not in standin.linked
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_spf_record_that_was_replaced_gets_its_ttl_and_comment_back(operator):
    """Not only its text."""
    standin = fresh(spf_on_enable="replace")
    operator.apply(standin)
    spf = record(standin, "TXT", start="v=spf1")
    assert (spf["ttl"], spf["comment"]) == (SPF["ttl"], SPF["comment"])
    assert spf["content"] == '"v=spf1 mx include:_spf.mx.cloudflare.net -all"'


def test_rules_that_answer_401_while_there_are_two_spf_records_are_read_afterwards(operator):
    """A catch-all that shows only then, and would be overwritten, stops the apply even if forced before."""
    standin = ZONES["two_spf"]()
    forward = {"type": "forward", "value": [INBOX]}
    standin.catch_all = {"id": "c", "matchers": [{"type": "all"}], "actions": [forward]}
    standin.catch_all |= {"enabled": True, "name": "mine"}
    before = standin.state()
    code, said = operator.apply(standin, force=True)
    assert (code, said["done"]) == (1, ["spf"])
    assert "It overwrites your catch-all: forward anna@example.net." in said["error"]["what"]
    code, said = operator.apply(standin, force=True)
    assert (code, keys(said)) == (0, ["catch-all", "edge-mx", "enable"])
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_a_long_list_is_read_to_its_last_page(operator):
    """A record on page three, an inbox on page two."""
    standin = fresh()
    for number in range(2500):
        standin.add("TXT", f"t{number}.example.com", '"x"')
    standin.add("MX", DOMAIN, "mail2.example.com", priority=11)
    for number in range(60):
        standin.inbox(f"other{number}@example.net")
    standin.inbox(INBOX)
    _, said = operator.plan(standin)
    assert keys(said) == ["spf", "catch-all", "edge-mx", "enable"]
    [edge] = (step for step in said["steps"] if step["key"] == "edge-mx")
    assert edge["added"][0] == "example.com auto MX 21 route1.mx.cloudflare.net"


def test_a_disabled_catch_all_that_remembers_an_inbox_is_not_overwritten_unasked(operator):
    """Setting it would lose where it led."""
    standin = redirect()
    forward = {"type": "forward", "value": [INBOX]}
    standin.catch_all = {"id": "c", "matchers": [{"type": "all"}], "actions": [forward]}
    standin.catch_all |= {"enabled": False, "name": "off for now"}
    code, said = operator.plan(standin)
    assert code == 3
    assert next(s for s in said["steps"] if s["unsafe"])["key"] == "catch-all"


def test_rules_that_can_not_be_set_while_email_routing_is_off_are_set_right_after(operator):
    """Before its MX and SPF are put right; undo sets them back between the edge's MX and the switch."""
    standin = redirect(rules_need_routing=True)
    before = standin.state()
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (0, ["spf", "edge-mx", "enable", "catch-all", "spf"])
    assert operator.plan(standin)[1]["steps"] == []
    code, said = operator.undo(standin)
    assert (code, said["done"][:4]) == (0, ["unlock", "mx", "catch-all", "disable"])
    assert standin.state() == before


def test_rules_that_had_to_wait_wait_for_the_merge_of_two_spf_records_as_well(operator):
    """Beside two of them nothing can be asked of the rules."""
    code, said = operator.apply(redirect(rules_need_routing=True, spf_on_enable="add"))
    assert (code, said["done"]) == (0, ["spf", "edge-mx", "enable", "spf", "catch-all"])


def test_an_interrupt_takes_back_an_edge_that_is_named_but_off(operator):
    """A person who presses Ctrl-C at the worst moment leaves no MX that refuses mail."""
    standin = redirect()

    def interrupt(_count, method, path):
        return "interrupt before" if (method, path[-3:]) == ("POST", "dns") else None

    standin.fault = interrupt
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (130, ["spf", "catch-all", "edge-mx", "withdraw"])
    assert split_mx(standin) == ([10, 20], [])


def test_undo_to_an_inbox_that_is_no_longer_verified_says_so(operator):
    """2054; the journal stays, so that it can be finished."""
    standin = ZONES["forwarding"]()
    before = standin.state()
    operator.apply(standin, force=True)
    standin.addresses[0]["verified"] = None
    code, said = operator.undo(standin)
    assert (code, said["error"]["kind"]) == (4, "InboxUnverified")
    standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"
    assert operator.apply(standin)[0] == 1
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_a_pending_zone_is_not_touched(operator):
    """Before any call that would answer 2009."""
    code, said = operator.apply(fresh(status="pending"))
    assert (code, said["error"]["what"]) == (4, "The zone example.com is pending, not active.")


def test_an_inbox_is_waited_for_before_mail_can_reach_the_worker(operator):
    """Without --wait it ends there, and says what to do; the next apply goes on."""
    standin = fresh(clicks_after=None)
    code, said = operator.apply(standin, wait=False)
    assert (code, said["done"], said["waiting"]) == (1, ["spf", f"inbox:{INBOX}"], [INBOX])
    assert not standin.enabled
    standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"
    assert operator.apply(standin, wait=False)[1]["done"] == ["catch-all", "edge-mx", "enable", "spf"]


def test_what_others_changed_since_is_shown_and_left_unless_forced(operator):
    """An SPF record, a catch-all, an MX of the primary."""
    standin = redirect()
    before = standin.state()
    operator.apply(standin)
    record(standin, "TXT", start="v=spf1")["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    standin.catch_all = {**standin.catch_all, "name": "theirs", "enabled": False}
    standin.add("MX", DOMAIN, "mail3.example.com", priority=30)
    standin.linked.clear()
    code, said = operator.undo(standin)
    assert code == 1
    left = "Changed by somebody else since, and left: "
    assert said["conflicts"] == [
        f'{left}example.com 600 TXT "v=spf1 ip4:192.0.2.1 -all"',
        f"{left}example.com auto MX 30 mail3.example.com",
        f"{left}catch-all: worker mail-failover (disabled)",
    ]
    assert standin.spf == ["v=spf1 ip4:192.0.2.1 -all"]
    assert not standin.enabled
    assert operator.undo(standin)[1]["steps"] == []
    assert standin.state() != before
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == before
    assert operator.undo(standin)[1]["steps"] == []


def test_a_forced_undo_puts_back_even_what_others_changed(operator):
    """Everything is as it was."""
    standin = redirect()
    before = standin.state()
    operator.apply(standin)
    record(standin, "TXT", start="v=spf1")["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    standin.add("MX", DOMAIN, "mail3.example.com", priority=30)
    assert operator.undo(standin, force=True)[0] == 0
    assert standin.state() == before


def test_a_change_between_two_applies_is_not_taken_for_ours(operator):
    """The journal notes what it finds when a command begins."""
    standin = fresh(clicks_after=None)
    operator.apply(standin, wait=False)
    record(standin, "TXT", start="v=spf1")["content"] = '"v=spf1 ip4:192.0.2.1 -all"'
    standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"
    operator.apply(standin)
    assert standin.spf == ["v=spf1 ip4:192.0.2.1 include:_spf.mx.cloudflare.net -all"]


def test_a_step_that_nobody_saw_stops_the_apply(operator):
    """Somebody sets another catch-all while it runs."""
    standin = ZONES["locked"]()

    def meddle(_standin):
        action = {"type": "forward", "value": [INBOX]}
        standin.catch_all = {"id": "c", "matchers": [{"type": "all"}], "actions": [action], "enabled": True}
        standin.catch_all["name"] = "mine"

    standin.watch.append(meddle)
    code, said = operator.apply(standin)
    assert code == 1
    assert said["error"]["what"].startswith("The domain is not as it was: now this would be needed too:")
    assert standin.catch_all["name"] == "mine"


def test_a_step_that_is_undone_every_time_stops_the_apply(operator):
    """Another program owns the record, and the two would go on for ever."""
    standin = fresh()

    def reset(_standin):
        record(standin, "TXT", start="v=spf1")["content"] = SPF["content"]

    standin.watch.append(reset)
    code, said = operator.apply(standin)
    assert code == 1
    assert said["error"]["what"].startswith("This was done 3 times and is undone every time")
    assert not standin.enabled


def test_an_inbox_that_another_zone_uses_is_not_removed(operator):
    """Deleting it would break that zone's rules, those that are off for now, too."""
    standin = fresh()
    operator.apply(standin)
    standin.zones.append({**standin.zones[0], "id": "zone-2", "name": "example.org"})
    rule = {"id": "u", "matchers": [{"type": "literal", "field": "to", "value": "a@example.org"}]}
    rule |= {"actions": [{"type": "forward", "value": [INBOX]}], "enabled": False, "name": ""}
    standin.elsewhere = {"zone-2": [rule]}
    code, said = operator.undo(standin)
    assert (code, said["conflicts"]) == (1, [f"The inbox {INBOX} stays: it is used by the zone example.org."])
    assert [a["email"] for a in standin.addresses] == [INBOX]


def test_an_edge_switched_on_with_an_edge_already_named_needs_no_new_records(operator):
    """The recipe by hand, stopped half-way: MX, DKIM and SPF are there, Email Routing is off."""
    standin = redirect()
    for number, name in enumerate(("route1", "route2", "route3")):
        standin.add("MX", DOMAIN, f"{name}.mx.cloudflare.net.", priority=50 + number)
    standin.add("TXT", f"cf2024-1._domainkey.{DOMAIN}", DKIM)
    before = standin.state()
    assert keys(operator.plan(standin)[1]) == ["spf", "catch-all", "enable"]
    assert operator.apply(standin)[0] == 0
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_edge_record_alone_is_not_taken_for_a_primary(operator):
    """Nor is a null MX, nor no MX at all."""
    for content, words in ((None, "no MX record"), (".", "null MX"), ("route1.mx.cloudflare.net", "no MX")):
        standin = fresh()
        for identity in [r["id"] for r in standin.records.values() if r["type"] == "MX"]:
            del standin.records[identity]
        if content:
            standin.add("MX", DOMAIN, content, priority=0)
        code, said = operator.apply(standin)
        assert (code, said["done"]) == (1, [])
        assert words in said["problems"][0]


def test_email_routings_default_record_beside_ones_own_is_merged_when_forced(operator):
    """It adds nothing but the include."""
    standin = redirect(clicks_after=0)
    standin.records.pop(record(standin, "TXT", start="v=spf1")["id"])
    standin.add("TXT", DOMAIN, '"v=spf1 mx -all"')
    standin.add("TXT", DOMAIN, EDGE_SPF)
    assert operator.apply(standin, force=True)[0] == 0
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net ~all"]


@pytest.mark.parametrize("spf", ["keep", "replace", "add"])
@pytest.mark.parametrize("listed", ["own first", "own last"])
@pytest.mark.parametrize("noted", [{"comment": "by hand"}, {"tags": ["team:mail"]}, {"ttl": 300}])
def test_email_routings_own_record_beside_one_with_notes_converges_however_they_are_listed(
    operator, spf, listed, noted
):
    """The second apply has nothing to do, the notes stay with the record, and undo gives back both."""
    standin = redirect(clicks_after=0, spf_on_enable=spf)
    standin.records.pop(record(standin, "TXT", start="v=spf1")["id"])
    texts = ['"v=spf1 mx -all"', EDGE_SPF]
    for text in texts if listed == "own first" else reversed(texts):
        standin.add("TXT", DOMAIN, text, **(noted if text is texts[0] else {}))
    before = standin.state()
    code, said = operator.apply(standin, force=True)
    assert (code, said.get("error")) == (0, None)
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net ~all"]
    merged = record(standin, "TXT", start="v=spf1")
    assert {name: merged[name] for name in noted} == noted
    standin.records = dict(reversed(standin.records.items()))
    assert operator.apply(standin)[1]["steps"] == []
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_the_primary_is_known_by_its_host_not_by_its_dot(operator):
    """A trailing dot and capitals change nothing."""
    standin = fresh()
    record(standin, "MX")["content"] = "Mail.Example.COM."
    assert operator.apply(standin)[0] == 0
    assert operator.plan(standin)[1]["steps"] == []
    assert record(standin, "MX", start="Mail")["priority"] == OWN["priority"]


def test_a_domain_without_an_spf_record_gets_one_that_lists_its_server(operator):
    """Email Routing's own would make the primary's mail doubtful; undo leaves none behind."""
    standin = redirect()
    del standin.records[record(standin, "TXT", start="v=spf1")["id"]]
    before = standin.state()
    assert operator.apply(standin)[0] == 0
    hosts = "a:mail.example.com a:mail2.example.com"
    assert standin.spf == [f"v=spf1 {hosts} include:_spf.mx.cloudflare.net ?all"]
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_a_dkim_record_that_somebody_removed_is_added_again(operator):
    """As Email Routing names it; another kind of record in its place is in the way."""
    standin = ZONES["forwarding"]()
    name = f"cf2024-1._domainkey.{DOMAIN}"
    del standin.records[record(standin, "TXT", name)["id"]]
    before = standin.state()
    assert keys(operator.plan(standin)[1]) == ["catch-all", "dkim"]
    assert operator.apply(standin, force=True)[0] == 0
    assert record(standin, "TXT", name)["content"] == DKIM
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before
    standin.add("CNAME", name, "elsewhere.example.net")
    code, said = operator.plan(standin)
    assert code == 1
    assert said["problems"] == [
        (
            "Email Routing's DKIM record belongs where this one stands:"
            f" {name} auto CNAME elsewhere.example.net. Remove it."
        )
    ]


def test_an_email_routing_that_others_switched_off_since_is_not_switched_on_by_undo(operator):
    """It was on before the apply, and somebody decided otherwise."""
    standin = ZONES["forwarding"]()
    operator.apply(standin, force=True)
    standin.enabled = False
    code, said = operator.undo(standin)
    assert code == 1
    assert said["conflicts"] == ["Email Routing was on before, and somebody else switched it since."]
    assert not standin.enabled
