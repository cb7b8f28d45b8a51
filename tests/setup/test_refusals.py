"""What Cloudflare refuses for a reason of its own: foreign MX, a Worker that it does not know yet."""

import pytest

from standins.cloudflare import DOMAIN, HOSTS, gone_from
from standins.domains import INBOX, Operator, fresh, redirect, split_mx

CHANGED = (
    "catch-all: worker mail-failover",
    'example.com 600 TXT "v=spf1 mx include:_spf.mx.cloudflare.net -all"',
    f"destination address {INBOX}",
)
"""What an undo of a fresh domain would take away, where Email Routing would not go on."""


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def journal(operator):
    """Return the one journal."""
    [path] = operator.folder.glob(f".mail-failover/{DOMAIN}/*.json")
    return path


def test_email_routing_that_is_refused_beside_other_mx_is_told_with_what_is_left_and_what_can_be_done(
    operator,
):
    """No circle of trying again: what it means, what is still changed, and the ways out of it."""
    standin = fresh(mx_on_enable="conflict")
    before = standin.state()
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)) == (4, ([10], []))
    what, fix, account = err.splitlines()
    assert what == (
        "mail-failover: Cloudflare would not switch Email Routing on: Zone has MX records that conflict with"
        " Email Routing (HTTP 409, code 2013)."
    )
    assert "running this again does not help" in fix
    assert "in the dashboard, remove your own MX for a moment, switch Email Routing on, unlock" in fix
    assert fix.endswith(
        " Until it is on, mail goes to the domain's own A or AAAA record, or bounces if there is none; then"
        " all of it goes to the edge until your MX is back."
    )
    assert account == (
        f"mail-failover: Still changed: {'; '.join(CHANGED)}. The journal is {journal(operator)}:"
        f" `{operator.again('undo')}` takes it back; once Email Routing is on, `{operator.again('apply')}`"
        " goes on."
    )
    assert operator.undo(standin)[0] == 0
    assert standin.state() == before


def test_an_edge_that_could_not_be_taken_back_is_told_with_the_way_back(operator):
    """It is the one thing that can't wait; going on would meet the refusal again, so undo is named for it."""
    standin = fresh(mx_on_enable="conflict")

    def fault(_count, method, path):
        if (method, path) == ("POST", "/zones/zone-1/email/routing/dns"):
            standin.forbidden = {"POST .*/batch"}

    standin.fault = fault
    code, (_, err) = operator.apply(standin, json=False)
    assert (code, split_mx(standin)[0], len(split_mx(standin)[1])) == (4, [10], 3)
    *_, account, danger = err.splitlines()
    edge = [f"example.com auto MX {20 + 10 * n} {host}" for n, host in enumerate(HOSTS)]
    assert account.startswith(f"mail-failover: Still changed: {'; '.join([*edge, *CHANGED])}. The journal is")
    undo = operator.again("undo")
    assert (
        f": `{undo}` takes it back; once Email Routing is on, `{operator.again('apply')}` goes on." in account
    )
    assert danger == (
        "mail-failover: Right now the edge is named but off, so it refuses mail for good:"
        f" run `{undo}` at once."
    )
    standin.fault, standin.forbidden = None, set()
    assert operator.undo(standin)[0] == 0
    assert split_mx(standin) == ([10], [])


def test_what_an_earlier_run_changed_is_still_changed(operator):
    """The refusal comes with the second apply; what the first one did is in the journal."""
    standin = fresh(mx_on_enable="conflict", clicks_after=None)
    assert operator.apply(standin, wait=False)[1]["waiting"] == [INBOX]
    standin.addresses[0]["verified"] = "2026-11-24T00:00:00Z"
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"], said["error"]["code"]) == (4, "ForeignMx", 2013)
    assert said["done"] == ["catch-all", "edge-mx", "withdraw"]
    _, (_, err) = operator.apply(standin, json=False)
    assert f"Still changed: {'; '.join(CHANGED)}. The journal is" in err


def writes(operator):
    """Return the numbers of the requests of an apply that change something which stays."""
    standin = fresh(mx_on_enable="conflict")
    operator.apply(standin)
    journal(operator).unlink()
    found = enumerate(standin.requests, 1)
    return [n for n, (method, path, *_) in found if method != "GET" and "/enable" not in path]


def test_a_step_whose_answer_was_lost_is_said_to_be_still_changed(operator):
    """Whichever it was: what the next run found is what came of it."""
    numbers = writes(operator)[: len(CHANGED)]
    assert len(numbers) == len(CHANGED)
    for number in numbers:
        standin = fresh(mx_on_enable="conflict")
        before = standin.state()
        standin.fault = gone_from(number, "lost after")
        assert operator.apply(standin)[0] == 4
        standin.fault = None
        _, (_, err) = operator.apply(standin, json=False)
        told = next(line for line in err.splitlines() if "Still changed: " in line)
        assert f"Still changed: {'; '.join(CHANGED)}. The journal is" in told
        assert operator.undo(standin)[0] == 0
        assert standin.state() == before
        journal(operator).unlink()


def test_a_step_that_changed_nothing_is_not_said_to_be_still_changed(operator):
    """The catch-all, which was refused while Email Routing is off."""
    standin = redirect(mx_on_enable="conflict", rules_need_routing=True)
    _, (_, err) = operator.apply(standin, json=False)
    changed = 'example.com 600 TXT "v=spf1 include:_spf.mx.cloudflare.net redirect=_spf.example.net"'
    assert f"Still changed: {changed}. The journal is" in err


def test_the_way_out_that_is_named_is_one(operator):
    """By hand: own MX away, Email Routing on, unlocked, own MX back with a lower number; apply goes on."""
    standin = fresh(mx_on_enable="conflict")
    operator.apply(standin)
    own = next(r for r in standin.records.values() if r["content"] == "mail.example.com")
    del standin.records[own["id"]]
    standin._enable()
    standin._unlock()
    standin.add("MX", DOMAIN, "mail.example.com", priority=0)
    code, said = operator.apply(standin)
    assert (code, said.get("error")) == (0, None)
    own, edge = split_mx(standin)
    assert min(edge) > own[0] == 0
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net -all"]
    assert operator.status(standin)[0] == 0


def waits_of(operator, standin):
    """Apply; return the exit code, what was said, and the seconds that were waited."""
    waits = []
    operator.sleep = waits.append
    return *operator.apply(standin), waits


def test_a_worker_that_was_uploaded_a_moment_ago_is_waited_for(operator):
    """The rules get to know it within some seconds."""
    standin = redirect(uploads_unseen=3)
    code, said, waits = waits_of(operator, standin)
    assert (code, said["done"][1], waits) == (0, "catch-all", [2, 4, 8])


def test_after_half_a_minute_a_worker_that_nobody_knows_is_an_error(operator):
    """Which says how it is deployed."""
    standin = redirect(uploads_unseen=99)
    code, said, waits = waits_of(operator, standin)
    assert (code, sum(waits)) == (4, 30)
    assert said["error"]["kind"] == "WorkerNotFound"
    fix = f"Deploy the Worker: `{operator.deploy()}`; or name another with --worker."
    assert said["error"]["fix"].startswith(f"{fix} Done before that: ")


def test_a_worker_of_another_name_is_deployed_under_that_name(operator):
    """By the plan's word and by the error's; a plain `deploy` would upload another one."""
    deploy = operator.deploy("--worker", "second")
    standin = redirect(uploads_unseen=99)
    assert deploy in operator.plan(standin, worker="second")[1]["problems"][0]
    standin.scripts.append({"id": "second", "handlers": ["email"]})
    assert f"`{deploy}`" in operator.apply(standin, worker="second")[1]["error"]["fix"]


def test_a_worker_that_is_not_there_is_not_waited_for(operator):
    """Cloudflare says that otherwise than of one that is about to come."""
    standin = redirect()
    standin.watch.append(lambda _: standin.scripts.clear())
    code, said, waits = waits_of(operator, standin)
    assert (code, said["error"]["kind"], waits) == (4, "WorkerNotFound", [])
