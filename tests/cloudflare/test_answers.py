"""Answers: what is none is an error by meaning, never "nothing there", never a traceback."""

import gzip
import json

import httpx
import pytest

from mail_failover.cloudflare import watch
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError, Invalid, NotUnderstood, Uncertain
from standins.cloudflare import ACCOUNT, DOMAIN, TOKEN, ZONE, Standin

RECORD = {"id": "r1", "type": "A", "name": DOMAIN, "content": "192.0.2.1"}
MX = {**RECORD, "type": "MX", "content": "mail.example.com", "priority": 10}
RULE = {"matchers": [{"type": "all"}], "actions": [{"type": "drop"}], "enabled": True, "name": ""}
LISTS = {
    "zones": lambda api: api.zones(),
    "dns_records": lambda api: api.dns_records(ZONE),
    "wanted": lambda api: api.routing_dns(ZONE),
    "rules": lambda api: api.rules(ZONE),
    "account_rules": lambda api: api.account_rules(ACCOUNT),
    "addresses": lambda api: api.addresses(ACCOUNT),
    "scripts": lambda api: api.scripts(ACCOUNT),
    "secrets": lambda api: api.script_secrets(ACCOUNT, "w"),
    "domains": lambda api: api.custom_domains(ACCOUNT, "w"),
    "namespaces": lambda api: api.namespaces(ACCOUNT, "w"),
    "objects": lambda api: api.objects(ACCOUNT, "n1"),
}
OBJECTS = {
    "routing": lambda api: api.routing(ZONE),
    "catch_all": lambda api: api.catch_all(ZONE),
    "set_catch_all": lambda api: api.set_catch_all(ZONE, RULE),
    "batch": lambda api: api.change_records(ZONE, deletes=["r1"]),
    "address": lambda api: api.add_address(ACCOUNT, "a@example.net"),
    "subdomain": lambda api: api.subdomain(ACCOUNT),
    "on_workers_dev": lambda api: api.on_workers_dev(ACCOUNT, "w"),
}
READS = {**LISTS, **OBJECTS}
DONE = {
    "enable": lambda api: api.enable_routing(ZONE),
    "unlock": lambda api: api.unlock_routing(ZONE),
    "disable": lambda api: api.disable_routing(ZONE),
    "delete": lambda api: api.delete_address(ACCOUNT, "a1"),
    "delete_script": lambda api: api.delete_script(ACCOUNT, "w"),
    "delete_secret": lambda api: api.delete_secret(ACCOUNT, "w", "A"),
}


def said(content, status=200, sent=None, **headers):
    """Return a client of a server that always says these bytes."""

    def answer(request):
        if sent is not None:
            sent.append(request)
        return httpx.Response(status, content=content, headers=headers)

    return Cloudflare(TOKEN, transport=httpx.MockTransport(answer), sleep=lambda _seconds: None)


def resulting(result, **rest):
    """Return a client of a server that always answers with this result."""
    return said(json.dumps({"success": True, "result": result, **rest}))


NOT_READABLE = {
    "no JSON": b"<html>",
    "half of it": b'{"success": true, "result": [',
    "no object": b"[]",
    "a text": b'"success"',
    "null": b"null",
    "no word of success": b'{"result": []}',
    "success as text": b'{"success": "true", "result": []}',
    "without a result": b'{"success": true}',
    "a result that is null": b'{"success": true, "result": null}',
    "lists without end": b'{"success": true, "result": ' + b"[" * 100_000,
    "lists deep in each other": b'{"success": true, "result": ' + b"[" * 500 + b"]" * 500 + b"}",
    "objects without end": b'{"a":' * 100_000,
    "a number of 10,000 digits": b'{"success": true, "result": ' + b"9" * 10_000 + b"}",
    "NaN": b'{"success": true, "result": {"enabled": true, "x": NaN}}',
    "infinity": b'{"success": true, "result": {"enabled": true, "x": 1e999}}',
    "not UTF-8": b'{"success": true, "result": {"enabled": true, "x": "\xff"}}',
    "half a character": b'{"success": true, "result": {"enabled": true, "x": "\\ud800"}}',
    "UTF-16": '{"success": true, "result": []}'.encode("utf-16"),
}


@pytest.mark.parametrize("content", NOT_READABLE.values(), ids=NOT_READABLE)
@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_an_answer_that_can_not_be_read_is_not_understood(call, content):
    """Neither is it nothing, nor is the call made again: it would be answered so again."""
    sent = []
    with said(content, sent=sent) as api, pytest.raises(Uncertain) as caught:
        call(api)
    assert type(caught.value) is NotUnderstood
    assert caught.value.what.startswith("Cloudflare's answer was not understood when it was asked to ")
    assert len(sent) == 1


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_an_empty_answer_is_not_nothing_there(call, status):
    """What was asked for is not in it."""
    with said(b"", status) as api, pytest.raises(NotUnderstood):
        call(api)


@pytest.mark.parametrize("content", [b"", b'{"success": true}', b'{"success": true, "result": null}'])
@pytest.mark.parametrize("call", DONE.values(), ids=DONE)
def test_what_is_done_may_be_answered_with_little(call, content):
    """Nobody needs more of it."""
    with said(content) as api:
        assert call(api) is None


@pytest.mark.parametrize("content", [b"<html>", b'{"result": null}', b'{"success": 1}'])
@pytest.mark.parametrize("call", DONE.values(), ids=DONE)
def test_what_does_not_say_that_it_is_done_is_not_understood(call, content):
    """A gateway's page is no word of Cloudflare's."""
    with said(content) as api, pytest.raises(NotUnderstood):
        call(api)


@pytest.mark.parametrize("result", ["nope", "", 7, True, {}, {"a": 1}, [1], ["x"], [None], [[]], [{}]])
@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
def test_a_list_that_is_none_is_not_understood(call, result):
    """Nor is one of something else."""
    with resulting(result) as api, pytest.raises(NotUnderstood):
        call(api)


@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
def test_an_empty_list_is_one(call):
    """As Cloudflare says that there is nothing."""
    with resulting([]) as api:
        assert call(api) == []


@pytest.mark.parametrize("result", ["nope", "", 7, True, [], [{"enabled": True}]])
@pytest.mark.parametrize("call", OBJECTS.values(), ids=OBJECTS)
def test_an_object_that_is_none_is_not_understood(call, result):
    """The change may have happened all the same."""
    with resulting(result) as api, pytest.raises(NotUnderstood):
        call(api)


SOUND = {
    "zones": {"id": "z1", "name": DOMAIN, "status": "active", "account": {"id": "a1"}},
    "dns_records": MX,
    "wanted": {**MX, "id": None},
    "rules": RULE,
    "account_rules": {**RULE, "zone": {"tag": "z1", "name": DOMAIN}},
    "addresses": {"id": "a1", "email": "a@example.net", "verified": None},
    "scripts": {"id": "w", "handlers": ["email"]},
    "secrets": {"name": "A"},
    "domains": {"hostname": "a.test", "service": "w"},
    "namespaces": {"id": "n1", "script": "w", "class": "Domain"},
    "objects": {"id": "o1", "hasStoredData": True},
}
MAY_BE = {
    "zones": [{"account": None}, {"status": None}, {"type": None}],
    "dns_records": [
        *({name: None} for name in ("ttl", "comment", "tags", "meta", "data", "proxied", "proxiable")),
        {"priority": None, "data": {"priority": 0}},
        {"type": "SRV", "priority": None, "data": {"priority": "x"}},
    ],
    "wanted": [{"priority": None}],
    "rules": [{"enabled": None}, {"name": None}, {"matchers": []}, {"actions": [{"type": "drop"}]}],
    "account_rules": [{"zone": {"tag": "z1"}}, {"zone": {"name": DOMAIN}}],
    "scripts": [{"handlers": None}],
}
MAY_NOT = {
    "zones": [
        *({"id": odd} for odd in (None, 7, "", "../a1", "a b", "x?y", "z1\n", "ü", "z" * 65)),
        *({"account": odd} for odd in ("a", [], {"id": 7}, {"id": "a/b"})),
        *({"name": None}, {"status": 1}, {"type": []}),
    ],
    "dns_records": [
        *({"id": odd} for odd in (None, 1, "a/b")),
        *({name: 7} for name in ("type", "name", "content", "comment", "tags", "meta", "proxied")),
        *({name: "x"} for name in ("ttl", "tags", "data", "meta", "proxiable")),
        *({"priority": odd} for odd in ("10", None, True, -1, 65536, 1.5, [], {})),
        *({"priority": None, "data": {"priority": odd}} for odd in ("10", None, 65536)),
    ],
    "wanted": [{"priority": "10"}, {"content": None}, {"name": 1}],
    "rules": [
        *({name: odd} for name in ("matchers", "actions") for odd in (None, "x", {}, [None], [{}])),
        *({"matchers": [{"type": "literal", "value": odd}]} for odd in (1, [], {})),
        *({"actions": [{"type": "worker", "value": odd}]} for odd in ("w", 1, {}, [1], [None])),
        *({"enabled": "true"}, {"enabled": 1}, {"name": 7}),
    ],
    "account_rules": [
        *({"zone": odd} for odd in (None, "z1", {}, {"tag": "a/b"}, {"name": 1})),
        {"actions": 1},
    ],
    "addresses": [{"id": "a/b"}, {"id": None}, {"email": None}, {"verified": True}],
    "scripts": [{"handlers": "email"}, {"handlers": [1]}, {"id": 1}],
    "secrets": [{"name": None}],
    "domains": [{"hostname": None}, {"service": 1}],
    "namespaces": [{"id": None}, {"id": "a/b"}, {"script": 1}],
    "objects": [{"id": None}],
}


def cases(changes):
    """Return each change of a sound item, with the call that it is for."""
    return [pytest.param(name, change, id=f"{name}-{change}") for name in changes for change in changes[name]]


@pytest.mark.parametrize(("name", "change"), [*((name, {}) for name in SOUND), *cases(MAY_BE)])
def test_a_field_may_be_missing_where_nobody_relies_on_it(name, change):
    """Cloudflare leaves out much, or says null."""
    item = {**SOUND[name], **change}
    with resulting([item]) as api:
        assert len(LISTS[name](api)) == 1
    with resulting([{name: value for name, value in item.items() if value is not None}]) as api:
        assert len(LISTS[name](api)) == 1


@pytest.mark.parametrize(("name", "change"), cases(MAY_NOT))
def test_a_field_of_another_form_is_not_understood(name, change):
    """Found where it comes in, so that nobody who uses it has to look."""
    item = SOUND[name]
    with resulting([item, {**item, **change}]) as api, pytest.raises(NotUnderstood):
        LISTS[name](api)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        *(("routing", odd) for odd in ({}, {"enabled": None}, {"enabled": "true"}, {"enabled": 1})),
        ("routing", {"enabled": True, "status": 7}),
        ("catch_all", {}),
        ("catch_all", {**RULE, "actions": None}),
        ("set_catch_all", {**RULE, "matchers": "all"}),
        *(("batch", {"posts": odd}) for odd in ("x", [1], [{}], [{"id": 7}])),
        ("address", {"email": "a@example.net"}),
        ("subdomain", {"subdomain": 7}),
        *(("on_workers_dev", odd) for odd in ({}, {"enabled": "true"}, {"enabled": None})),
    ],
)
def test_a_field_of_an_object_of_another_form_is_not_understood(name, result):
    """An answer without `enabled` does not say that it is off."""
    with resulting(result) as api, pytest.raises(NotUnderstood):
        OBJECTS[name](api)


def test_a_domain_without_an_id_is_not_detached():
    """What could become part of a path is looked at first."""
    for odd in (None, "../scripts/w", 7):
        with (
            resulting([{"hostname": "a.test", "service": "w", "id": odd}]) as api,
            pytest.raises(NotUnderstood),
        ):
            api.detach_domain(ACCOUNT, "w", "a.test")


def test_a_batch_may_leave_out_what_was_not_asked_for():
    """Or say null."""
    for result in ({}, {"deletes": None, "patches": [], "posts": [{"id": "r1"}]}):
        with resulting(result) as api:
            assert api.change_records(ZONE, deletes=["r1"]) == result


@pytest.mark.parametrize("listed", ["nope", 7, [None], {"code": 1}, [{"code": [1]}], [{"code": {}}]])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_errors_of_another_form_are_a_failure_without_words(listed, status):
    """Not a crash."""
    body = json.dumps({"success": False, "errors": listed})
    with said(body, status) as api, pytest.raises(ApiError) as caught:
        api.zones()
    assert not isinstance(caught.value, Invalid) or "(HTTP 400)" in caught.value.what


def test_many_errors_do_not_make_an_endless_sentence():
    """The first few are enough."""
    body = json.dumps({"success": False, "errors": [{"code": 10**4000, "message": "x" * 1000}] * 1000})
    with said(body, 400) as api, pytest.raises(ApiError) as caught:
        api.zones()
    assert len(str(caught.value)) < 2000


def test_an_answer_that_is_compressed_is_not_unpacked():
    """It was asked for as it is; how long it gets, nobody knows before."""
    body = gzip.compress(b'{"success": true, "result": []}')
    sent = []
    with said(body, sent=sent, **{"content-encoding": "gzip"}) as api, pytest.raises(NotUnderstood):
        api.zones()
    assert sent[0].headers["accept-encoding"] == "identity"


def test_an_answer_has_an_end(monkeypatch):
    """Long before the memory has."""
    monkeypatch.setattr(watch, "MOST_BYTES", 1000)
    with resulting([SOUND["zones"]]) as api:
        assert len(api.zones()) == 1
    with resulting([SOUND["zones"]] * 20) as api, pytest.raises(NotUnderstood):
        api.zones()


def test_a_page_of_the_most_records_that_are_asked_for_fits():
    """With long texts, comments and tags."""
    record = {**RECORD, "type": "TXT", "content": "x" * 2048, "comment": "c" * 500, "tags": ["t" * 100] * 20}
    with resulting([record] * 1000, result_info={"total_pages": 1}) as api:
        assert len(api.dns_records(ZONE)) == 1000


def paged(answer):
    """Return a client of a server of pages, and the numbers of the pages that were asked for."""
    asked = []

    def respond(request):
        asked.append(int(request.url.params["page"]))
        result, info = answer(asked[-1])
        return httpx.Response(200, json={"success": True, "result": result, "result_info": info})

    return Cloudflare(TOKEN, transport=httpx.MockTransport(respond)), asked


def page_of(number, size=50):
    """Return a page of addresses."""
    return [{"id": f"a{number}-{n}", "email": f"{number}-{n}@example.net"} for n in range(size)]


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        (lambda _number: (page_of(1), {"total_pages": 10**9}), 2),
        (lambda _number: (page_of(1), {"total_count": 10**9}), 2),
        (lambda _number: (page_of(1), None), 2),
        (lambda number: (page_of(number), {"total_pages": 10**9}), 500),
        (lambda number: (page_of(number), None), 500),
        (lambda number: (page_of(number) if number == 1 else [], {"total_pages": 3}), 2),
        (lambda _number: ([], {"total_count": 3}), 1),
        (lambda _number: (page_of(1), {"total_pages": "many"}), 1),
        (lambda _number: (page_of(1), {"total_pages": True}), 1),
        (lambda _number: (page_of(1), "odd"), 1),
    ],
)
def test_pages_without_an_end_or_with_a_hole_are_not_understood(answer, most):
    """The same one again and again, ever more of them, or fewer than were told."""
    api, asked = paged(answer)
    with api, pytest.raises(NotUnderstood):
        api.addresses(ACCOUNT)
    assert asked == [*range(1, most + 1)]


def test_a_count_of_more_than_is_listed_ends_with_the_list():
    """Whether what is counted is what is listed, Cloudflare does not say."""
    api, asked = paged(lambda number: (page_of(number) if number == 1 else [], {"total_count": 51}))
    with api:
        assert len(api.addresses(ACCOUNT)) == 50
    assert asked == [1, 2]


def test_the_stand_ins_batch_tells_what_it_wrote():
    """As the API's reference has it."""
    standin = Standin(records=[RECORD | {"name": "a.example.com"}])
    with Cloudflare(TOKEN, transport=standin.transport) as api:
        [old] = standin.records
        post = {"type": "TXT", "name": DOMAIN, "content": "x"}
        done = api.change_records(ZONE, deletes=[old], posts=[post])
        [now] = api.dns_records(ZONE)
    assert [each["id"] for each in done["deletes"]] == [old]
    assert done["posts"] == [now]
