"""Kinds of zones, tokens, inboxes and Workers: each is told what it is, and what to do."""

import pytest

from standins.cloudflare import ACCOUNT_TOKEN, TOKEN, Standin
from standins.domains import INBOX, OWN, Operator, fresh, redirect

UNICODE, PUNYCODE = "bücher.example", "xn--bcher-kva.example"


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator into an empty folder."""
    return Operator(tmp_path, capsys)


def idn():
    """Make a zone that Cloudflare names in Unicode, and its records in Punycode."""
    standin = Standin([{**OWN, "name": PUNYCODE, "content": f"mail.{PUNYCODE}"}], domain=PUNYCODE)
    standin.add("TXT", PUNYCODE, '"v=spf1 mx -all"', ttl=600)
    standin.inbox(INBOX)
    return standin


@pytest.mark.parametrize("typed", [UNICODE, PUNYCODE, "BÜCHER.example.", PUNYCODE.upper()])
def test_an_idn_domain_is_set_up_and_taken_back_however_it_is_typed(operator, typed):
    """Plan, apply, status, apply again, undo."""
    standin = idn()
    before = standin.state()
    code, said = operator.plan(standin, domain=typed)
    assert (code, said["domain"]) == (0, PUNYCODE)
    code, said = operator.apply(standin, domain=typed)
    assert (code, said.get("error")) == (0, None)
    assert standin.spf == ["v=spf1 mx include:_spf.mx.cloudflare.net -all"]
    assert min(number for number, name in standin.mx if name.startswith("route")) > OWN["priority"]
    assert operator.status(standin, domain=typed)[1]["complete"]
    assert operator.apply(standin, domain=typed)[1]["steps"] == []
    code, said = operator.undo(standin, domain=typed)
    assert (code, said["conflicts"]) == (0, [])
    assert standin.state() == before


@pytest.mark.parametrize("command", ["plan", "apply", "status", "undo"])
@pytest.mark.parametrize("kind", ["partial", "secondary", "internal"])
def test_a_zone_whose_dns_is_elsewhere_is_a_problem_and_nothing_is_changed(operator, command, kind):
    """Email Routing needs a full zone."""
    standin = redirect(type=kind)
    before = standin.state()
    code, said = getattr(operator, command)(standin)
    assert (code, said["error"]["kind"], standin.state()) == (1, "ZoneUnfit", before)
    assert f"example.com is a{'n' * (kind == 'internal')} {kind}" in said["error"]["what"]
    assert "Email Routing needs a full zone." in said["error"]["what"]
    assert "full zone" in said["error"]["fix"]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_token_of_the_account_is_called_that_and_no_permission_is_asked_for(operator, status):
    """It lists zones, so that it looks like a good one; what it is called does not show it."""
    operator.env["CLOUDFLARE_API_TOKEN"] = ACCOUNT_TOKEN
    code, (out, err) = operator.plan(redirect(account_token_status=status), json=False)
    assert code == 4
    assert "cfat_…" in err
    assert "Email Routing does not take" in err
    assert "Add the permission" not in err
    assert ACCOUNT_TOKEN not in out + err
    assert TOKEN not in out + err


def test_a_verification_mail_is_on_its_way_only_if_one_was_sent(operator):
    """In this very run; for an inbox that has waited for long, how to have it sent again."""
    standin = fresh(clicks_after=None)
    standin.inbox("old@example.net", verified=False)
    inboxes = (INBOX, "old@example.net")
    [verify] = [s for s in operator.plan(standin, inboxes=inboxes)[1]["steps"] if s["key"] == "verify"]
    again = "have it sent again in the dashboard (Email Routing, Destination addresses)."
    assert verify["affects"].startswith("The steps after this one. The verification mail to old@example.net ")
    assert verify["affects"].endswith(again)

    code, (out, _) = operator.apply(standin, inboxes=inboxes, json=False, wait=False)
    assert code == 1
    assert f"A verification mail is on its way to {INBOX}: click the link in it. The" in out
    old = "The verification mail to old@example.net was sent when it was added: click the link in it, or "
    assert old + again in out

    code, (out, _) = operator.apply(standin, inboxes=inboxes, json=False, wait=False)
    assert code == 1
    assert "on its way" not in out
    assert f"The verification mail to {INBOX} and old@example.net was sent" in out


def test_a_worker_whose_handlers_are_not_told_is_unsafe_and_can_be_forced(operator):
    """Cloudflare may say null, of a Worker that takes mail as well."""
    standin = redirect(scripts=[{"id": "mail-failover", "handlers": None}])
    code, said = operator.apply(standin)
    assert (code, said["error"]["kind"]) == (3, "Unsafe")
    [unsafe] = [step["unsafe"] for step in said["steps"] if step["unsafe"]]
    assert unsafe == "Cloudflare does not say whether the Worker mail-failover takes mail."
    assert operator.apply(standin, force=True)[0] == 0


def test_a_worker_without_any_handler_is_in_the_way(operator):
    """An empty list is an answer."""
    code, said = operator.plan(redirect(scripts=[{"id": "mail-failover", "handlers": []}]))
    assert (code, "has no `email` handler" in said["problems"][0]) == (1, True)


def test_a_new_spf_record_says_nothing_of_other_servers_and_the_plan_what_to_do_next(operator):
    """Who sends for the domain besides, only its owner knows."""
    standin = fresh()
    del standin.records[next(i for i, r in standin.records.items() if "v=spf1" in r["content"])]
    _, said = operator.plan(standin)
    [spf] = [step for step in said["steps"] if step["key"] == "spf"]
    assert spf["added"][0].endswith('"v=spf1 a:mail.example.com include:_spf.mx.cloudflare.net ?all"')
    [note] = said["notes"]
    assert note == (
        "SPF: the new record ends in ?all, which says nothing of servers that it does not list. Once it lists"
        " every server that sends your mail, end it with ~all."
    )


@pytest.mark.parametrize("command", ["plan", "status", "apply"])
def test_a_worker_that_is_deployed_with_other_settings_is_pointed_out(operator, command):
    """As the example's inbox, behind which everything else looks well."""
    standin = redirect()
    standin.upload("TELEGRAM_BOT_TOKEN", FALLBACK_INBOXES=["you@example.net"], ALERT_DETAIL="full")
    if command == "status":
        operator.apply(standin)
    code, said = getattr(operator, command)(standin)
    assert code == 1
    inboxes, detail = said["todo"]
    assert inboxes == (
        "The Worker that is deployed is not the one here. FALLBACK_INBOXES: deployed"
        f' ["you@example.net"], here ["{INBOX}"]. Upload what is here: `{operator.deploy()}`.'
    )
    assert "ALERT_DETAIL" in detail
    assert said.get("complete", False) is False


def test_a_fresh_zone_takes_no_more_calls_than_it_did(operator):
    """54 before there were three states, and a look at what is deployed."""
    standin = fresh()
    assert operator.plan(standin)[0] == 0
    assert operator.apply(standin)[0] == 0
    assert len(standin.requests) == 50


def test_who_uses_an_inbox_is_one_question_for_any_number_of_zones(operator):
    """Four for each zone were over the rate limit from 300 zones on."""
    standin = fresh()
    operator.apply(standin)
    standin.zones += [standin._zone(f"zone-{n}", f"example{n}.org") for n in range(2, 300)]
    done = len(standin.requests)
    assert operator.undo(standin)[0] == 0
    asked = [path for _, path in standin.requests[done:] if path.endswith("/email/routing/rules")]
    assert {path for path in asked if "/accounts/" in path} == {"/accounts/account-1/email/routing/rules"}
    assert not any("zone-2" in path for path in asked)
    assert len(standin.requests) - done < 60
