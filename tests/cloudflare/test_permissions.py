"""Permissions: each that is missing is named, and trying them changes nothing, whatever comes of it."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mail_failover.cloudflare import errors, rows
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.permissions import NEEDED, missing, template_url
from standins.cloudflare import ACCOUNT, ACCOUNT_TOKEN, DOMAIN, TOKEN, ZONE, Standin, fault_at

ROWS = [each.row for each in NEEDED]
SPF = {"type": "TXT", "name": DOMAIN, "content": '"v=spf1 mx -all"'}


def lacked(standin, token=TOKEN, **options):
    """Return the rows that the token lacks, for the zone that it sees."""
    with Cloudflare(token, transport=standin.transport, sleep=lambda _seconds: None) as api:
        zone = next(iter(api.zones()), None)
        return [each.row for each in missing(api, zone, **options)]


def complete(**switches):
    """Return an account with everything that a probe could harm."""
    standin = Standin([{"type": "A", "name": DOMAIN, "content": "192.0.2.1"}, SPF], **switches)
    standin.route(locked=False)
    standin.inbox("anna@example.net")
    standin.upload("SPOOL_TOKEN", FALLBACK_INBOXES=["anna@example.net"])
    standin.rules.append({"id": "u0", "matchers": [], "actions": [], "enabled": True})
    return standin


def everything(standin):
    """Return all of the account that a probe could harm."""
    return standin.state(), standin.scripts, standin.deployed["mail-failover"].bindings


def test_the_rows_are_those_that_the_calls_take():
    """All that a call may ask for, with reading, which editing includes, left out."""
    asked = {getattr(rows, name) for name in dir(rows) if name.isupper()}
    editable = {row.replace("Edit", "Read") for row in asked if row.endswith("Edit")}
    assert set(ROWS) == asked - editable


def test_a_token_with_every_row_lacks_none_and_nothing_is_changed():
    """Not even what a probe is about."""
    standin = complete()
    before = everything(standin)
    assert lacked(standin) == []
    assert everything(standin) == before


@pytest.mark.parametrize("row", ROWS[1:])
def test_a_row_that_is_missing_is_named(row):
    """And that one alone."""
    standin = complete(lacking={row})
    before = everything(standin)
    assert lacked(standin) == [row]
    assert everything(standin) == before


def test_all_that_is_missing_is_named_in_the_order_of_the_form():
    """So that one visit there is enough."""
    assert lacked(complete(lacking=set(ROWS[1:]))) == ROWS[1:]


def test_a_token_that_sees_no_zone_lacks_the_first_row():
    """What else the zone takes can't be tried; of the account it can, if that is known."""
    nothing = complete(lacking=set(ROWS))
    assert lacked(nothing) == [rows.ZONE_READ]
    assert lacked(nothing, account_id=ACCOUNT) == [rows.ZONE_READ, rows.ADDRESSES_EDIT, rows.SCRIPTS_EDIT]


def test_two_spf_records_are_not_taken_for_a_missing_permission():
    """All talk of rules is refused then, with the same words; setup merges them first."""
    standin = complete()
    standin.add("TXT", DOMAIN, '"v=spf1 a -all"')
    assert standin.routing_status == "misconfigured/locked"
    assert lacked(standin) == []
    standin.lacking = {"Zone > DNS > Read"}
    assert lacked(standin) == [rows.RULES_EDIT]


@pytest.mark.parametrize("switches", [{"status": "pending"}, {"scripts": []}, {"enabled": False}])
def test_a_zone_that_is_not_ready_yet_lacks_no_permission(switches):
    """A refusal that names another reason is none of the token's."""
    assert lacked(Standin([SPF], **switches)) == []


@pytest.mark.parametrize("status", [200, 400, 404, 405, 409, 422, 500, 503])
def test_whatever_is_no_refusal_counts_as_permission(status):
    """Nobody has shown what Cloudflare says of a thing that is not there."""
    body = {"success": status == 200, "errors": [{"code": 4711, "message": "odd"}], "result": None}
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=body))
    with Cloudflare(TOKEN, transport=transport, sleep=lambda _seconds: None) as api:
        assert missing(api, {"id": ZONE, "name": DOMAIN, "account": {"id": ACCOUNT}}) == []


@pytest.mark.parametrize("number", range(2, 7))
def test_what_could_not_be_asked_is_no_answer(number):
    """A network that goes, at whichever of them, is told as such."""
    with pytest.raises(errors.Uncertain):
        lacked(Standin([SPF], fault=lambda count, *_: "lost after" if count >= number else None))
    assert lacked(Standin([SPF], fault=fault_at(number, "429"))) == []


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("lacking", [set(), {rows.ZONE_READ}])
def test_an_accounts_own_token_is_refused_with_a_clear_word(status, lacking):
    """Whether it sees a zone or not, before any row is named: no row would help."""
    standin = complete(account_token_status=status, lacking=lacking)
    with pytest.raises(errors.AccountToken, match=r"an account's \(cfat_…\)") as caught:
        lacked(standin, ACCOUNT_TOKEN, account_id=ACCOUNT)
    assert errors.TOKENS_PAGE in caught.value.fix


def test_a_token_that_nobody_knows_is_not_called_incomplete():
    """It was copied wrongly, or is gone."""
    standin = complete()
    with (
        Cloudflare("wrong", transport=standin.transport) as api,
        pytest.raises(errors.TokenRejected, match="does not know the token"),
    ):
        missing(api, {"id": ZONE, "name": DOMAIN, "account": {"id": ACCOUNT}})


def test_nothing_that_is_tried_has_a_name_twice():
    """It can't be known before, so nobody can have put something there."""
    first, second = Standin(), Standin()
    lacked(first)
    lacked(second)
    tried = {request for standin in (first, second) for request in standin.requests if request[0] != "GET"}
    assert len(tried) == 10


def test_the_form_is_filled_in_with_every_row():
    """As Cloudflare documents the address; whoever looks at it can read the name."""
    address = urlsplit(template_url())
    assert f"{address.scheme}://{address.netloc}{address.path}" == errors.TOKENS_PAGE
    query = {name: value for name, [value] in parse_qs(address.query, strict_parsing=True).items()}
    keys = json.loads(query.pop("permissionGroupKeys"))
    assert query == {"accountId": "*", "zoneId": "all", "name": "mail-failover"}
    assert keys == [
        {"key": "zone", "type": "read"},
        {"key": "dns", "type": "edit"},
        {"key": "zone_settings", "type": "edit"},
        {"key": "email_routing_rule", "type": "edit"},
        {"key": "email_routing_address", "type": "edit"},
        {"key": "workers_scripts", "type": "edit"},
    ]
    assert " " not in template_url("two words")


def test_the_rows_that_the_form_may_come_without_are_those_of_email_routing():
    """Their keys are not in Cloudflare's table."""
    assert [each.row for each in NEEDED if not each.documented] == [rows.RULES_EDIT, rows.ADDRESSES_EDIT]
