"""Zones: found however they are written, and those that can't have Email Routing."""

import httpx
import pytest

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, NotFound, PermissionMissing, ZoneNotFound
from mail_failover.cloudflare.zones import ascii_name, has_rule, unfit
from standins.cloudflare import ACCOUNT, TOKEN, ZONE, Standin

IN_DNS, AS_WRITTEN = "xn--bcher-kva.example", "bücher.example"
RULE = {"id": "u1", "matchers": [{"type": "literal", "field": "to", "value": "a@example.com"}]}
RULE |= {"actions": [{"type": "forward", "value": ["a@example.net"]}], "enabled": True, "name": ""}
CATCH_ALL = {**RULE, "id": "c", "matchers": [{"type": "all"}]}


def client(standin):
    """Return a client of the stand-in that does not wait."""
    return Cloudflare(TOKEN, transport=standin.transport, sleep=lambda _seconds: None)


@pytest.mark.parametrize(
    "domain", [IN_DNS, AS_WRITTEN, "BÜCHER.example.", f"www.{IN_DNS}", f"a.b.{AS_WRITTEN}"]
)
def test_a_zone_that_is_named_in_unicode_is_found_in_either_form(domain):
    """Cloudflare knows its name in Unicode only, and so it comes back; its records are named as in DNS."""
    standin = Standin(domain=IN_DNS)
    standin.add("A", IN_DNS, "192.0.2.1")
    with client(standin) as api:
        zone = api.zone_by_name(domain)
        assert (zone["name"], zone["id"]) == (AS_WRITTEN, ZONE)
        assert ascii_name(zone) == IN_DNS == api.dns_records(zone["id"])[0]["name"]
    assert len(standin.requests) == domain.rstrip(".").count(".") + 1


def test_the_stand_in_does_not_find_it_by_its_name_in_dns():
    """As it was reported of Cloudflare."""
    with client(Standin(domain=IN_DNS)) as api:
        assert api.zones(IN_DNS) == []
        assert len(api.zones(AS_WRITTEN)) == 1


@pytest.mark.parametrize("name", [IN_DNS, "Bücher.Example", "bu\u0308cher.example"])
def test_a_zone_whose_name_cloudflare_writes_in_another_way_is_found(name):
    """Among all that the token sees: both are the same in DNS."""
    standin = Standin(domain=IN_DNS)
    standin.zones[0]["name"] = name
    with client(standin) as api:
        assert api.zone_by_name(AS_WRITTEN)["name"] == name
        assert ascii_name(standin.zones[0]) == IN_DNS


def test_a_zone_in_plain_letters_takes_one_question():
    """And one for each label below it."""
    standin = Standin()
    with client(standin) as api:
        api.zone_by_name("example.com")
        assert len(standin.requests) == 1
        api.zone_by_name("www.Example.com")
        assert len(standin.requests) == 3


@pytest.mark.parametrize("domain", ["xn--a.example", "xn--.example", "xn--99999999.example", "com", "-._"])
def test_what_nobody_can_write_in_unicode_is_asked_for_as_it_is(domain):
    """And not found, which is no crash."""
    standin = Standin()
    with client(standin) as api, pytest.raises(ZoneNotFound, match=r"it sees example\.com"):
        api.zone_by_name(domain)


def test_an_unknown_domain_is_named_as_it_was_asked_for():
    """With what the token sees."""
    with client(Standin(domain=IN_DNS)) as api, pytest.raises(ZoneNotFound) as caught:
        api.zone_by_name("bücher.test")
    assert caught.value.what == "The token sees no zone bücher.test; it sees bücher.example."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("partial", "is a partial (CNAME) zone: its DNS is not Cloudflare's"),
        ("secondary", "is a secondary zone: its records come from another provider"),
        ("internal", "is an internal zone: the Internet does not see its DNS"),
    ],
)
def test_a_zone_whose_dns_is_not_cloudflares_can_not_have_email_routing(kind, words):
    """It says why, and what to do, in a line."""
    with client(Standin(type=kind)) as api:
        error = unfit(api.zone_by_name("example.com"))
    assert isinstance(error, ApiError)
    assert str(error).startswith(f"example.com {words}, and Email Routing needs a full zone. ")
    assert error.fix.endswith("; then run this again.")
    assert "\n" not in str(error)


@pytest.mark.parametrize("kind", ["full", None, "something new"])
def test_any_other_zone_can(kind):
    """What is not known to be wrong is tried."""
    zone = {"id": ZONE, "name": "example.com", "type": kind}
    assert unfit(zone) is None
    assert unfit({"id": ZONE, "name": "example.com"}) is None


def several(**switches):
    """Return an account with two zones, each with a rule and a catch-all."""
    standin = Standin(rules=[RULE], catch_all=CATCH_ALL, **switches)
    standin.zones.append(standin._zone("zone-2", AS_WRITTEN))
    standin.zones.append({**standin._zone("zone-3", "example.org"), "account": {"id": "account-2"}})
    standin.elsewhere = {"zone-2": [CATCH_ALL, RULE], "zone-3": [RULE]}
    return standin


@pytest.mark.parametrize("listed", [True, False])
def test_the_rules_of_all_zones_of_an_account_come_in_one_list(listed):
    """Each with its zone; whether catch-alls are among them is not known."""
    standin = several(lists_catch_alls=listed)
    with client(standin) as api:
        rules = api.account_rules(ACCOUNT)
        zones = api.zones()
    assert [(rule["id"], rule["zone"]["tag"]) for rule in rules if rule["id"] == "u1"] == [
        ("u1", ZONE),
        ("u1", "zone-2"),
    ]
    assert len(rules) == (4 if listed else 2)
    assert [sum(has_rule(zone, rule) for rule in rules) for zone in zones] == [len(rules) // 2] * 2 + [0]


@pytest.mark.parametrize("known", [{"tag": "zone-2"}, {"name": AS_WRITTEN}, {"name": IN_DNS, "tag": None}])
def test_a_rule_names_its_zone_by_its_tag_or_its_name(known):
    """Either is enough; the tag counts where both are."""
    one, other = ({"id": "zone-1", "name": "example.com"}, {"id": "zone-2", "name": AS_WRITTEN})
    assert has_rule(other, {"zone": known})
    assert not has_rule(one, {"zone": known})
    assert has_rule(one, {"zone": {"tag": "zone-1", "name": AS_WRITTEN}})


def test_the_rules_of_an_account_come_in_pages():
    """Fifty on each."""
    standin = several()
    standin.elsewhere["zone-2"] = [RULE] * 118
    with client(standin) as api:
        assert len(api.account_rules(ACCOUNT)) == 120
    assert len(standin.requests) == 3


def test_the_rules_of_an_account_may_not_be_shown():
    """The call may not be there, or not allowed."""
    with client(several(has_account_rules=False)) as api, pytest.raises(NotFound):
        api.account_rules(ACCOUNT)
    with client(several(forbidden={"accounts/.*/rules"})) as api:
        api.zones()
        with pytest.raises(PermissionMissing, match="may not read the routing rules of all zones") as caught:
            api.account_rules(ACCOUNT)
    assert "Zone > Email Routing Rules > Read" in caught.value.fix


def test_an_id_that_is_none_never_becomes_part_of_a_path():
    """It would lead somewhere else."""
    zone = {"id": "../accounts", "name": "example.com"}
    answer = httpx.Response(200, json={"success": True, "result": [zone]})
    api = Cloudflare(TOKEN, transport=httpx.MockTransport(lambda _request: answer))
    with api, pytest.raises(ApiError, match="was not understood"):
        api.zone_by_name("example.com")
