"""MX numbers, which move from the record into its data: both are sent, and either is read."""

import pytest

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import Invalid
from mail_failover.cloudflare.records import body, fields, line, mx, numbered, priority, state
from standins.cloudflare import DOMAIN, TOKEN, ZONE, Standin

OLD = {"id": "r1", "type": "MX", "name": DOMAIN, "content": "mail.example.com", "priority": 10, "ttl": 1}
NEW = {**OLD, "priority": None, "data": {"priority": 10, "target": "mail.example.com"}}
BOTH = {**OLD, "data": {"priority": 10}}


def client(standin):
    """Return a client of the stand-in."""
    return Cloudflare(TOKEN, transport=standin.transport)


@pytest.mark.parametrize("record", [OLD, NEW, BOTH, {**BOTH, "data": None}, {**BOTH, "data": {}}])
def test_a_number_is_read_wherever_it_is(record):
    """And records that differ in that alone are equal."""
    assert priority(record) == 10
    assert state([record]) == state([OLD])
    assert fields(record)["priority"] == 10
    assert "data" not in fields(record)
    assert line(record) == "example.com auto MX 10 mail.example.com"


@pytest.mark.parametrize("number", [0, 10, 65535])
def test_a_number_of_zero_is_one(number):
    """The best that there is."""
    assert priority(numbered(number)) == number
    assert priority({"priority": None, "data": {"priority": number}}) == number


@pytest.mark.parametrize("record", [OLD, NEW, BOTH])
def test_a_number_is_sent_in_both_places(record):
    """As whatever comes first understands it; nothing else of its data is sent."""
    sent = body(record)
    assert (sent["priority"], sent["data"]) == (10, {"priority": 10})
    assert body({**OLD, "type": "A", "content": "192.0.2.1", "priority": None}).keys() == {
        *("type", "name", "content", "ttl"),
    }


@pytest.mark.parametrize("moved", [False, True])
def test_a_record_comes_back_as_it_was_sent_wherever_its_number_is(moved):
    """Written, moved, deleted and restored, today and tomorrow."""
    standin = Standin([{**OLD, "id": "x"}], mx_in_data=moved)
    with client(standin) as api:
        [record] = api.dns_records(ZONE)
        assert ("priority" in record, "data" in record) == (not moved, moved)
        api.change_records(ZONE, patches=[{"id": record["id"], **numbered(7)}])
        assert standin.mx == [(7, "mail.example.com")]
        [changed] = mx(api.dns_records(ZONE), DOMAIN)
        assert priority(changed) == 7
        api.change_records(ZONE, deletes=[record["id"]], posts=[body(record)])
        assert standin.mx == [(10, "mail.example.com")]
        assert state(api.dns_records(ZONE)) == state([record])


def test_the_stand_in_takes_a_number_only_where_it_is():
    """So that who sends one alone is found out."""
    old, new = ({"priority": 7}, {"data": {"priority": 7}})
    for moved, wrong, right in ((False, new, old), (True, old, new)):
        standin = Standin([{**OLD, "id": "x"}], mx_in_data=moved)
        [identity] = standin.records
        with client(standin) as api:
            with pytest.raises(Invalid, match="code 1004"):
                api.change_records(ZONE, patches=[{"id": identity, **wrong}])
            api.change_records(ZONE, patches=[{"id": identity, **right}])
        assert standin.mx == [(7, "mail.example.com")]
