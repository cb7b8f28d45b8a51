"""What Email Routing refuses, breaks or hides while a domain is set up: put right, or said as it is."""

import os
from pathlib import Path

import httpx
import pytest

from mail_failover.cloudflare.api import ATTEMPTS
from mail_failover.setup.outside import Outlook
from mail_failover.setup.run import run
from mail_failover.setup.session import Options, World
from standins.cloudflare import DOMAIN, HOSTS, TOKEN, fault_at, gone_from
from standins.domains import OWN, Operator, forwarding, fresh, locked, redirect, split_mx
from standins.envelope import Refusal

MERGED = "v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net"
UNREAD = "mail-failover: How the domain is now can't be read: run `{again}` at once."
REFUSES = "the edge is named but off, so it refuses mail for good"


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def name_edge(standin, preferences=(30, 40, 50)):
    """Have the edge's MX created by hand."""
    for name, number in zip(HOSTS, preferences, strict=True):
        standin.add("MX", DOMAIN, name, priority=number, comment="by hand")


def when(method, path, then):
    """Return a fault for each request of a method to a path that ends so: a kind, or what `then` returns."""

    def fault(count, found, at):
        if (found, at[-len(path) :]) != (method, path):
            return None
        return then(count) if callable(then) else then

    return fault


def last_line(err):
    """Return the last line of what was said."""
    return err.strip().splitlines()[-1]


# --- an edge that can't be moved ---


@pytest.mark.parametrize("mx", ["keep", "random", "replace"])
def test_an_edge_that_is_refused_even_when_unlocked_stops_the_apply(operator, mx):
    """The primary's MX are back, the Worker catches the rest; the last line says so; undo restores."""
    standin = redirect(mx_on_enable=mx, pins_edge=True, hides_lock=True, seed=165)
    before = standin.state()
    code, (_, err) = operator.apply(standin, json=False)
    assert (split_mx(standin)[0], standin.spf, standin.catch_all["enabled"]) == ([10, 20], [MERGED], True)
    again = operator.again("apply")
    wrong = f"mail-failover: Right now mail goes to the edge before the primary: run `{again}` at once."
    assert code == (0 if mx == "keep" else 4)
    assert mx == "keep" or last_line(err) == wrong
    assert "Unlocking does not help. If the edge's MX come before yours, give yours the number 0" in err or (
        mx == "keep"
    )
    code, said = operator.undo(standin)
    assert (code, said.get("conflicts")) == (0, [])
    assert standin.state() == before


def test_the_plan_says_that_records_may_turn_out_to_be_locked(operator):
    """Where the lock does not show, the step that moves the edge is all that a person sees of it."""
    standin = locked(hides_lock=True)
    [step] = (s for s in operator.plan(standin)[1]["steps"] if s["key"] == "edge-order")
    assert "If Email Routing turns out to lock its records, they are unlocked first." in step["affects"]
    assert operator.apply(standin)[1]["done"] == ["unlock", "edge-order", "catch-all"]


def refuse_mx(standin, code):
    """Let no MX be written while Email Routing is on, locked or not; without words about a lock."""
    guard = standin._guard

    def refuse(record):
        if standin.enabled and record["type"] == "MX" and record["name"] == DOMAIN:
            raise Refusal(400, code, "no")
        guard(record)

    standin._guard = refuse


@pytest.mark.parametrize("code", [890190, 4242])
def test_mx_that_can_not_be_put_back_do_not_keep_the_spf_record_from_it(operator, code):
    """What is refused is tried again after all else; the last line says what is wrong now."""
    standin = redirect(mx_on_enable="replace")
    refuse_mx(standin, code)
    status, (_, err) = operator.apply(standin, json=False)
    assert (status, standin.spf, split_mx(standin)[0]) == (4, [MERGED], [])
    assert "Right now mail goes to the edge before the primary: run" in last_line(err)


def test_an_interrupt_after_the_switch_finds_out_that_the_edge_can_not_be_moved(operator):
    """All else is mended before the command ends, and that this could not be is its last line."""
    standin = redirect(mx_on_enable="random", pins_edge=True, hides_lock=True, seed=165)
    standin.fault = when("POST", "/routing/dns", "interrupt after")
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)[0], standin.spf) == (130, [10, 20], [MERGED])
    assert "Right now mail goes to the edge before the primary: run" in last_line(err)


def test_an_edge_refused_for_another_reason_than_a_lock_ends_the_apply_with_that_reason(operator):
    """Nothing was switched, so the primary's numbers are not touched unseen."""
    standin = forwarding()
    next(r for r in standin.records.values() if r["content"] == HOSTS[0])["priority"] = 5
    refuse_mx(standin, 4242)
    before = standin.mx
    code, said = operator.apply(standin, force=True)
    assert (code, said.get("error", {}).get("code"), standin.mx) == (4, 4242, before)


def test_a_refusal_after_an_unlock_does_not_promise_an_unlock(operator):
    """It was done, and did not help."""
    standin = redirect(mx_on_enable="replace")
    refuse_mx(standin, 890190)
    again = operator.again("apply", "--yes", "--wait")
    code, (_, err) = operator.apply(standin, json=False)
    assert code == 4
    assert err.splitlines()[1] == (
        "mail-failover: Unlocking does not help. If the edge's MX come before yours, give yours the number 0"
        f" in the dashboard (DNS, Records); then run `{again}` again."
    )
    assert "unlocks them first" not in err


def test_an_unlock_that_is_refused_is_told_and_not_insisted_on(operator):
    """Cloudflare says of it what it says of a locked record."""
    standin = locked()
    before = standin.state()
    refuse_unlock(standin)
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], standin.state()) == (4, "RecordsLocked", before)
    assert said["error"]["fix"].startswith("Unlocking does not help")
    assert [method for method, _ in standin.requests].count("PATCH") == 1


@pytest.mark.parametrize("hides_lock", [False, True])
def test_an_undo_that_may_not_unlock_leaves_the_mx_and_ends(operator, hides_lock):
    """It does not ask for the unlock again and again, nor say that it was done; the rest is undone."""
    standin = locked(hides_lock=hides_lock)
    operator.apply(standin)
    standin.locked = True
    refuse_unlock(standin)
    done = len(standin.requests)
    code, said = operator.undo(standin)
    assert (code, said["done"], standin.mx[0]) == (1, ["catch-all"], (10, "mail.example.com"))
    unlock, mx = said["conflicts"]
    assert unlock.startswith("Left, since Cloudflare refuses it: Unlock the MX records of Email Routing. ")
    assert mx.startswith("Left, since Cloudflare refuses it: Put the MX records back. ")
    assert [method for method, _ in standin.requests[done:]].count("PATCH") == 1


def refuse_unlock(standin):
    """Let the lock stay, whatever is asked."""

    def refuse(*_):
        raise Refusal(400, 890190, "managed by Email Routing")

    standin._unlock = refuse


def test_an_edge_at_the_primarys_own_number_is_moved_behind_it(operator):
    """Senders would choose among equals by chance."""
    standin = forwarding()
    standin.route(locked=False)
    for record in standin.records.values():
        if record["content"] in HOSTS:
            record["priority"] = OWN["priority"]
    operator.apply(standin, force=True)
    own, edge = split_mx(standin)
    assert min(edge) > max(own)


@pytest.mark.parametrize("hides_lock", [False, True])
def test_a_primary_at_the_worst_number_is_in_the_way_wherever_the_edge_is(operator, hides_lock):
    """Even before it: there is no place behind, and the primary's numbers are its owner's."""
    standin = locked(hides_lock=hides_lock)
    own = next(r for r in standin.records.values() if r["content"] == OWN["content"])
    own["priority"] = 65535
    before = standin.state()
    code, said = operator.apply(standin, force=True)
    assert (code, said["error"]["kind"], standin.state()) == (1, "InTheWay", before)
    own["priority"] = 10
    assert operator.apply(standin, force=True)[0] == 0


# --- the last line ---


@pytest.mark.parametrize(("kind", "code"), [("lost after", 4), ("interrupt after", 130)])
def test_a_network_that_goes_when_the_edge_is_named_is_told(operator, kind, code):
    """Nobody could read whether it was done, and nothing can be taken back."""
    standin = redirect()

    def gone(count):
        if not split_mx(standin)[1]:
            standin.fault = gone_from(count + 1)
        return kind

    def fault(count, method, path):
        named = method == "POST" and standin.catch_all and standin.catch_all["enabled"]
        return gone(count) if named and path.endswith("/batch") else None

    standin.fault = fault
    status, (_, err) = operator.apply(standin, json=False)
    assert (status, standin.enabled, len(split_mx(standin)[1])) == (code, False, 3)
    assert last_line(err) == UNREAD.format(again=operator.again("apply"))
    standin.fault = None
    assert operator.apply(standin)[0] == 0


def test_a_network_that_goes_with_the_switch_is_told(operator):
    """On, it may take the primary's mail; off, it refuses all; the next apply puts either right."""
    standin = redirect(fault=when("POST", "/routing/dns", "lost before"))

    def gone(count):
        standin.fault = gone_from(count + 1)
        return "lost before"

    standin.fault = when("POST", "/routing/dns", gone)
    _, (_, err) = operator.apply(standin, json=False)
    assert last_line(err) == UNREAD.format(again=operator.again("apply"))
    standin.fault = None
    assert operator.apply(standin)[0] == 0


def test_a_network_that_goes_with_the_switching_off_is_told(operator):
    """The edge's MX are out by then, even those that Email Routing would have left."""
    standin = redirect(adopts=False)
    operator.apply(standin)

    def gone(count):
        standin.fault = gone_from(count + 1)
        return "lost after"

    standin.fault = when("DELETE", "/routing/dns", gone)
    _, (_, err) = operator.undo(standin, json=False)
    assert (standin.enabled, split_mx(standin)[1]) == (False, [])
    assert last_line(err) == UNREAD.format(again=operator.again("undo"))


def test_an_edge_that_was_named_and_off_before_is_left_and_told_of_as_it_is(operator):
    """Email Routing was refused, for good: to run apply again would help nobody."""
    standin = redirect(mx_on_enable="refuse")
    name_edge(standin)
    before = standin.mx
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, standin.mx) == (4, before)
    assert last_line(err) == (
        f"mail-failover: Right now {REFUSES}, as before all this: remove its MX, or switch Email Routing on."
    )


def test_an_interrupt_before_the_switch_does_not_leave_it_open_whether_it_happened(operator):
    """Nothing has to be taken back, but it is read all the same."""
    standin = redirect(fault=when("POST", "/routing/dns", "interrupt before"))
    name_edge(standin)
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, standin.enabled) == (130, False)
    assert f"Right now {REFUSES}, as before all this: remove its MX" in last_line(err)


def test_an_edge_that_was_on_before_is_not_said_to_have_been_off(operator):
    """Somebody switches Email Routing off meanwhile."""
    standin = forwarding()
    standin.watch.append(lambda _standin: setattr(standin, "enabled", False))
    code, (_, err) = operator.apply(standin, force=True, json=False)
    assert code == 1
    assert f"Right now {REFUSES}: run `{operator.again('apply')}` at once." in last_line(err)


def test_a_danger_that_was_seen_before_is_not_told_of_as_if_it_were_now(operator):
    """The network goes with the unlocking: how it is now nobody knows."""
    standin = redirect(mx_on_enable="random", seed=165)

    def gone(count):
        standin.fault = gone_from(count + 1)
        return "lost after"

    standin.fault = when("PATCH", "/routing/dns", gone)
    _, (_, err) = operator.apply(standin, json=False)
    assert last_line(err) == UNREAD.format(again=operator.again("apply"))


def test_only_what_came_with_the_apply_is_taken_back_after_a_refusal(operator):
    """One of the edge's hosts was there before."""
    standin = redirect(mx_on_enable="refuse")
    standin.add("MX", DOMAIN, HOSTS[0], priority=30)
    code, said = operator.apply(standin)
    assert (code, said["done"][-1]) == (4, "withdraw")
    assert split_mx(standin)[1] == [30]


def test_what_a_refused_permission_left_is_read_and_not_guessed(operator):
    """The switch was never made, so nobody has to wonder whether it was."""
    standin = redirect(forbidden={"POST .*/email/routing/dns"})
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)[1]) == (4, [])
    assert "is not known" not in err
    assert "ight now" not in err


def test_a_token_that_may_not_set_the_catch_all_ends_the_apply_there(operator):
    """It does not wait until Email Routing is on: nothing that lets mail in is done without it."""
    standin = redirect(forbidden={"PUT .*/catch_all"})
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], said["done"]) == (4, "PermissionMissing", ["spf"])
    assert ("POST", "/zones/zone-1/email/routing/dns") not in standin.requests


def test_a_domain_that_lost_its_spf_record_is_told_so(operator):
    """It went when Email Routing was switched off, and can't be written again."""
    standin = redirect()
    operator.apply(standin)
    standin.linked |= {r["id"] for r in standin.records.values() if "v=spf1" in r["content"]}

    def forbid(_count):
        standin.forbidden = {"POST .*/batch"}

    standin.fault = when("DELETE", "/routing/dns", forbid)
    code, (_, err) = operator.undo(standin, json=False)
    assert (code, standin.spf) == (4, [])
    assert f"Right now the domain has no SPF record: run `{operator.again('undo')}` at once." in last_line(
        err
    )


# --- tries ---


def test_a_lost_request_and_a_lock_do_not_add_up_to_a_failure(operator):
    """The SPF step: its answer is lost, it is done, refused by a lock, and done again."""
    standin = fresh(spf_on_enable="second", locks_spf=True, clicks_after=0)
    operator.apply(standin)
    first = next(n for n, (_, path) in enumerate(standin.requests, 1) if path.endswith("/batch"))
    for path in operator.folder.glob(".mail-failover/*/*.json"):
        path.unlink()
    standin = fresh(
        spf_on_enable="second", locks_spf=True, clicks_after=0, fault=fault_at(first, "lost before")
    )
    assert operator.apply(standin)[0] == 0
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net -all"]


def lost_batches(**kinds):
    """Return a fault that loses changes of records: `b1` is the kind for the first of them."""
    seen = []

    def lose(count):
        seen.append(count)
        return kinds.get(f"b{len(seen)}")

    return when("POST", "/batch", lose)


@pytest.mark.parametrize(
    "kinds",
    [
        {"b1": "lost before", "b4": "lost before", "b5": "lost before"},
        {"b1": "lost after", "b3": "lost before", "b4": "lost after"},
    ],
)
def test_losses_before_a_step_was_done_do_not_count_when_it_is_needed_again(operator, kinds):
    """The SPF step is lost once; Email Routing replaces the record; putting it right is lost twice."""
    standin = redirect(fault=lost_batches(**kinds))
    assert operator.apply(standin)[0] == 0
    assert standin.spf == [MERGED]


def test_a_refusal_that_shows_a_lock_is_no_try(operator):
    """Two were lost, the third met the lock."""
    standin = locked(hides_lock=True, fault=lost_batches(b1="lost before", b2="lost before"))
    assert operator.apply(standin)[1]["done"] == ["unlock", "edge-order", "catch-all"]


def test_a_step_whose_answer_is_lost_every_time_ends_the_apply(operator):
    """After three tries, with what happened."""
    standin = redirect(fault=when("POST", "/batch", "lost before"))
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], said["done"]) == (4, "Uncertain", [])
    assert [path.rpartition("/")[2] for _, path in standin.requests].count("batch") == 3


# --- what is shown and kept ---


@pytest.mark.parametrize("as_json", [False, True])
def test_output_that_nobody_reads_does_not_end_an_apply(operator, monkeypatch, as_json):
    """The reader closes the pipe when it has seen enough, as in `... | head -5`."""
    standin = redirect()
    reading, writing = os.pipe()
    standin.fault = lambda count, *_: os.close(reading) if count == 10 else None
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        options = {"domain": DOMAIN, "config": operator.settings, "json": as_json, "yes": True}
        outlook = Outlook(operator.resolve, lambda _url: operator.policy)
        code = run("apply", Options(**options), World(operator.env, standin.transport, outlook))
    assert (code, standin.enabled, standin.spf) == (0, True, [MERGED])


def test_the_journal_holds_no_record_that_setup_has_nothing_to_do_with(operator):
    """Hosts and their addresses are not its business."""
    standin = redirect()
    code, said = operator.apply(standin)
    assert code == 0
    written = Path(said["journal"]).read_text(encoding="utf-8")
    assert "mail2.example.com" in written
    assert "192.0.2.10" not in written


def test_a_token_that_cloudflare_quotes_is_nowhere(operator):
    """In the text, in JSON, in the journal."""
    standin = redirect()
    name_edge(standin)
    standin.catch_all = {
        "id": "c",
        "matchers": [{"type": "all"}],
        "actions": [],
        "enabled": False,
        "name": TOKEN,
    }

    def refuse(*_):
        raise Refusal(400, 1234, f"bad header Bearer {TOKEN}")

    standin._enable = refuse
    code, (out, err) = operator.apply(standin, json=False)
    assert (code, "bad header Bearer [token]" in err) == (4, True)
    code, said = operator.apply(standin)
    [journal] = operator.folder.glob(".mail-failover/*/*.json")
    assert '"name": "[token]"' in journal.read_text()
    assert TOKEN not in out + err + str(said) + journal.read_text()


@pytest.mark.parametrize("result", ["nope", ["x"], 7])
def test_an_answer_of_another_form_is_a_failure_of_the_api(operator, result):
    """Whichever call it comes to: exit code 4, and a sentence."""
    total = len(_requests(operator, redirect()))
    for number in range(1, total + 1):
        standin = redirect()
        handle = standin._handle

        def odd(request, handle=handle, standin=standin, number=number):
            answer = handle(request)
            if len(standin.requests) == number:
                return httpx.Response(200, json={"success": True, "result": result})
            return answer

        standin._handle = odd
        code, said = operator.apply(standin)
        if code:
            assert (code, "what" in said.get("error", {"what": ""})) == (4, True), (number, said)
        for path in operator.folder.glob(".mail-failover/*/*.json"):
            path.unlink()


def _requests(operator, standin):
    operator.apply(standin)
    for path in operator.folder.glob(".mail-failover/*/*.json"):
        path.unlink()
    return standin.requests


def test_an_unlock_whose_request_never_arrives_is_not_taken_for_done(operator):
    """All its attempts are lost; then it is done after all, before anything that needs it."""
    standin = locked()
    lost = []

    def lose(count):
        lost.append(count)
        return "lost before" if len(lost) <= ATTEMPTS else None

    standin.fault = when("PATCH", "/routing/dns", lose)
    code, said = operator.apply(standin)
    assert (code, said["done"]) == (0, ["unlock", "edge-order", "catch-all"])


def test_behind_two_mx_of_the_primary_near_the_worst_number_there_is_one_place(operator):
    """Which all of the edge's share; at 65535 the worse of the two is in the way, by its name."""
    standin = redirect()
    standin.route(locked=False, preferences=(5, 6, 7))
    own = [r for r in standin.records.values() if r["name"] == DOMAIN and r["content"].startswith("mail")]
    for record, number in zip(own, (65534, 65535), strict=True):
        record["priority"] = number
    [problem] = operator.plan(standin)[1]["problems"]
    assert problem.startswith("Nothing can stand behind example.com 300 MX 65535 mail2.example.com, ")
    for record, number in zip(own, (65533, 65534), strict=True):
        record["priority"] = number
    before = standin.mx
    code, _ = operator.apply(standin)
    assert (code, split_mx(standin)) == (0, ([65533, 65534], [65535] * 3))
    assert operator.undo(standin)[0] == 0
    assert standin.mx == before
