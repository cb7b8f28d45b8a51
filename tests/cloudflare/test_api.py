"""The calls: what is tried again, what is not, and what each failure means to a person."""

import httpx
import pytest

from mail_failover.cloudflare import errors
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.cloudflare.errors import ApiError
from mail_failover.errors import UsageError
from standins.cloudflare import ACCOUNT, ACCOUNT_TOKEN, DOMAIN, TOKEN, ZONE, Standin, fault_at


def client(standin, token=TOKEN, waits=None):
    """Return a client of the stand-in that does not wait."""
    waits = [] if waits is None else waits
    env = {"CLOUDFLARE_API_TOKEN": token}
    return Cloudflare.from_env(env, transport=standin.transport, sleep=waits.append)


def answering(status, body=None, headers=None):
    """Return a client of a server that always answers the same."""
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=body, headers=headers))
    return Cloudflare(TOKEN, transport=transport, sleep=lambda _seconds: None)


def failed(code, message="words"):
    """Return the body of an unsuccessful answer."""
    return {"success": False, "errors": [{"code": code, "message": message}], "result": None}


@pytest.mark.parametrize("kind", ["lost before", "lost after", "429", "500"])
def test_a_call_that_changes_nothing_twice_is_tried_again(kind):
    """GET, PUT, PATCH, DELETE; Retry-After is honoured."""
    waits = []
    standin = Standin(fault=fault_at(1, kind))
    with client(standin, waits=waits) as api:
        assert [zone["name"] for zone in api.zones()] == [DOMAIN]
    assert len(standin.requests) == 2
    assert waits == [7.0 if kind == "429" else 1.0]


@pytest.mark.parametrize(
    ("kind", "requests", "error"),
    [
        ("lost before", 1, errors.Uncertain),
        ("lost after", 1, errors.Uncertain),
        ("500", 1, errors.ServerFailure),
        ("429", 2, None),
    ],
)
def test_a_post_is_tried_again_only_if_it_was_refused_unread(kind, requests, error):
    """After anything else the caller has to read what became of it."""
    standin = Standin(fault=fault_at(1, kind))
    with client(standin) as api:
        if error:
            with pytest.raises(error):
                api.add_address(ACCOUNT, "a@example.net")
        else:
            api.add_address(ACCOUNT, "a@example.net")
    assert len(standin.requests) == requests


def test_trying_again_has_an_end():
    """Four times, then the failure is told."""
    standin = Standin(fault=lambda *_: "500")
    with client(standin) as api, pytest.raises(errors.ServerFailure):
        api.zones()
    assert len(standin.requests) == 4


def test_a_connection_that_was_never_made_has_changed_nothing():
    """So even a POST is tried again."""
    sent = []

    def refuse(request):
        sent.append(request)
        raise httpx.ConnectError("refused", request=request)

    transport = httpx.MockTransport(refuse)
    words = "could not be reached to switch Email Routing on"
    api = Cloudflare(TOKEN, transport=transport, sleep=lambda _s: None)
    with api, pytest.raises(errors.Unreachable, match=words):
        api.enable_routing(ZONE)
    assert len(sent) == 4


BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
AFTER = (
    *(httpx.ReadError, httpx.WriteError, httpx.CloseError),
    *(httpx.ReadTimeout, httpx.WriteTimeout),
    *(httpx.RemoteProtocolError, httpx.LocalProtocolError, httpx.DecodingError, httpx.TooManyRedirects),
)


def failing(error):
    """Return a client whose every request fails so, and the requests."""
    sent = []

    def fail(request):
        sent.append(request)
        raise error("words", request=request)

    return Cloudflare(TOKEN, transport=httpx.MockTransport(fail), sleep=lambda _s: None), sent


@pytest.mark.parametrize("error", BEFORE)
def test_a_request_that_never_left_has_changed_nothing(error):
    """Whatever kept it: so it is sent again, a POST as well, and in the end called unreachable."""
    api, sent = failing(error)
    with api, pytest.raises(errors.Unreachable, match=error.__name__) as caught:
        api.enable_routing(ZONE)
    assert len(sent) == 4
    assert "CLOUDFLARE_API_BASE_URL" in caught.value.fix


@pytest.mark.parametrize("error", AFTER)
def test_a_request_that_may_have_arrived_is_uncertain(error):
    """Whether writing or reading failed: a POST is not sent again, since it may have changed something."""
    api, sent = failing(error)
    with api:
        with pytest.raises(errors.Uncertain, match=f"switch Email Routing on: {error.__name__}") as caught:
            api.enable_routing(ZONE)
        assert (type(caught.value), len(sent)) == (errors.Uncertain, 1)
        with pytest.raises(errors.Uncertain):
            api.disable_routing(ZONE)
    assert len(sent) == 5


def test_every_failure_of_a_request_that_httpx_knows_is_translated():
    """None of them may end in a traceback."""
    kinds, known = [httpx.RequestError], set()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        known.add(kind)
    leaves = {kind for kind in known if not kind.__subclasses__() and kind.__module__ == "httpx"}
    assert leaves - {httpx.UnsupportedProtocol} == {*BEFORE, *AFTER}


def test_every_page_of_a_list_is_read_and_none_beyond():
    """With or without a count of the pages."""
    standin = Standin()
    for number in range(120):
        standin.inbox(f"a{number}@example.net")
    with client(standin) as api:
        assert len(api.addresses(ACCOUNT)) == 120
    assert len(standin.requests) == 3
    with answering(200, {"success": True, "result": [{"id": "a1", "email": "a"}]}) as api:
        assert api.addresses(ACCOUNT) == [{"id": "a1", "email": "a"}]


def test_fields_that_nobody_knows_are_kept():
    """A snapshot has to bring back what there was."""
    standin = Standin()
    standin.add("A", DOMAIN, "192.0.2.1", novelty={"x": [1]})
    with client(standin) as api:
        assert api.dns_records(ZONE)[0]["novelty"] == {"x": [1]}


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, failed(890190), errors.RecordsLocked),
        (400, failed(1046), errors.RecordsLocked),
        (400, failed(2054), errors.InboxUnverified),
        (400, failed(2016), errors.WorkerNotFound),
        (404, failed(10007), errors.WorkerNotFound),
        (400, failed(81058), errors.AlreadyExists),
        (409, failed(2014), errors.AlreadyExists),
        (404, failed(81044), errors.NotFound),
        (403, failed(2009), errors.ZonePending),
        (422, failed(2007), errors.Invalid),
        (400, failed(424242), errors.Invalid),
        (404, None, errors.NotFound),
        (429, failed(971), errors.RateLimited),
        (503, None, errors.ServerFailure),
        (200, failed(1, "no"), errors.ServerFailure),
        (200, {"success": False}, errors.ServerFailure),
    ],
)
def test_an_unsuccessful_answer_has_a_meaning(status, body, meaning):
    """By Cloudflare's code where it is known, else by the status."""
    with answering(status, body) as api, pytest.raises(ApiError) as caught:
        api.set_catch_all(ZONE, {})
    assert type(caught.value) is meaning
    assert caught.value.what.startswith("Cloudflare would not set the catch-all rule: ")
    assert caught.value.fix.endswith(".")
    assert "\n" not in str(caught.value)


def test_a_wrong_token_is_told_from_a_missing_permission():
    """The same codes mean both; the token check, or an earlier answer, tells which."""
    with client(Standin(), token="wrong") as api, pytest.raises(errors.TokenRejected) as caught:
        api.zones()
    assert caught.value.what == "Cloudflare does not know the token in CLOUDFLARE_API_TOKEN."
    for before in (False, True):
        standin = Standin(forbidden={"dns_records"})
        with client(standin) as api:
            _ = api.zones() if before else None
            with pytest.raises(errors.PermissionMissing) as caught:
                api.dns_records(ZONE)
        assert caught.value.what == "The token may not read the DNS records."
        assert "Zone > DNS > Read" in caught.value.fix


def test_an_expired_token_is_called_expired():
    """The token check knows."""

    def answer(request):
        if request.url.path.endswith("/verify"):
            return httpx.Response(200, json={"success": True, "result": {"status": "expired"}})
        return httpx.Response(403, json=failed(9109))

    api = Cloudflare(TOKEN, transport=httpx.MockTransport(answer))
    with api, pytest.raises(errors.TokenRejected, match="The token in CLOUDFLARE_API_TOKEN is expired"):
        api.zones()


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel"])
def test_what_can_not_be_a_token_is_refused_unsent_and_not_shown(token):
    """Neither in the error nor in a repr."""
    with pytest.raises((errors.NoToken, errors.TokenRejected)) as caught:
        Cloudflare(token)
    assert not token or token not in str(caught.value)


def test_a_token_does_not_show():
    """Nor does it in what the client raises."""
    with answering(500) as api, pytest.raises(ApiError) as caught:
        api.enable_routing(ZONE)
    assert TOKEN not in repr(api) + str(vars(caught.value)) + str(caught.value.__cause__)


def test_a_base_url_is_taken_from_the_environment():
    """So that tests and proxies work; a bad one is said."""
    seen = []

    def answer(request):
        seen.append(str(request.url))
        return httpx.Response(200, json={"success": True, "result": {"enabled": False}})

    env = {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:1/v4/"}
    with Cloudflare.from_env(env, transport=httpx.MockTransport(answer)) as api:
        api.routing(ZONE)
    assert seen == [f"http://127.0.0.1:1/v4/zones/{ZONE}/email/routing"]
    for address in (
        "nonsense://x",
        "http://api.example.com",
        "https://",
        "x",
        "https://[::1",
        "https://x:1x",
    ):
        with pytest.raises(UsageError, match="CLOUDFLARE_API_BASE_URL must be an https:// address"):
            Cloudflare(TOKEN, address)


def test_a_zone_is_found_from_any_name_in_it():
    """And the visible ones are listed where it is not."""
    with client(Standin()) as api:
        assert api.zone_by_name("a.b.example.com")["id"] == ZONE
        with pytest.raises(errors.ZoneNotFound, match=r"sees no zone example\.org; it sees example\.com"):
            api.zone_by_name("example.org")


@pytest.mark.parametrize("shape", ["list", "records"])
def test_the_wanted_records_come_in_more_than_one_shape(shape):
    """An array, or an object with the array in it."""
    record = {"type": "MX", "name": DOMAIN, "content": "route1.mx.cloudflare.net."}
    result = {"list": [record], "records": {"errors": [], "records": [record]}}[shape]
    with answering(200, {"success": True, "result": result}) as api:
        assert api.routing_dns(ZONE) == [record]


def test_the_catch_all_has_a_call_of_its_own_and_enabled_is_no_setting():
    """What the stand-in refuses, or ignores, as Cloudflare does."""
    standin = Standin()
    with httpx.Client(
        base_url="https://api.cloudflare.com/client/v4",
        headers={"Authorization": f"Bearer {TOKEN}"},
        transport=standin.transport,
    ) as http:
        answer = http.put(f"/zones/{ZONE}/email/routing/rules/c", json={}).json()
        assert answer["errors"][0]["code"] == 2020
        http.patch(f"/zones/{ZONE}/email/routing", json={"enabled": True})
        assert not standin.enabled
        rule = {"matchers": [{"type": "literal", "field": "to", "value": "a@example.com"}]}
        codes = [http.post(f"/zones/{ZONE}/email/routing/rules", json=rule).status_code for _ in range(2)]
        assert codes == [200, 409]


def test_what_cloudflare_says_with_an_unknown_code_is_passed_on():
    """A refusal may be about something else than a permission."""

    def answer(request):
        good = request.url.path.endswith("/verify")
        body = {"success": True, "result": {"status": "active"}} if good else failed(12345, "zone is on hold")
        return httpx.Response(200 if good else 403, json=body)

    api = Cloudflare(TOKEN, transport=httpx.MockTransport(answer))
    with api, pytest.raises(errors.PermissionMissing) as caught:
        api.enable_routing(ZONE)
    assert (
        caught.value.what == "The token may not switch Email Routing on (Cloudflare says: zone is on hold)."
    )


def test_pages_that_do_not_say_how_many_there_are_are_read_by_the_count():
    """The server may give fewer on a page than were asked for."""

    def answer(request):
        start = 20 * (int(request.url.params["page"]) - 1)
        part = [{"id": f"a{n}", "email": f"u{n}@example.net"} for n in range(start, min(start + 20, 45))]
        return httpx.Response(200, json={"success": True, "result": part, "result_info": {"total_count": 45}})

    with Cloudflare(TOKEN, transport=httpx.MockTransport(answer)) as api:
        assert len(api.addresses(ACCOUNT)) == 45


def test_a_long_wait_that_cloudflare_asks_for_is_cut_short():
    """A minute at most, then it is tried again."""
    waits = []
    transport = httpx.MockTransport(lambda _request: httpx.Response(429, headers={"Retry-After": "3600"}))
    api = Cloudflare(TOKEN, transport=transport, sleep=waits.append)
    with api, pytest.raises(errors.RateLimited):
        api.zones()
    assert waits == [60.0, 60.0, 60.0]


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize("words", [TOKEN, f"Bearer {TOKEN}", f"x{TOKEN}y {TOKEN}"])
def test_a_token_that_an_error_quotes_is_masked(status, words):
    """Some gateways say what they were sent."""

    def answer(request):
        good = request.url.path.endswith("/verify")
        body = {"success": True, "result": {"status": "active"}} if good else failed(1234, words)
        return httpx.Response(200 if good else status, json=body)

    api = Cloudflare(TOKEN, transport=httpx.MockTransport(answer), sleep=lambda _seconds: None)
    with api, pytest.raises(ApiError) as caught:
        api.set_catch_all(ZONE, {})
    assert TOKEN not in str(caught.value) + repr(caught.value)
    assert "[token]" in str(caught.value)


def test_a_token_that_a_result_quotes_is_masked():
    """What is read is shown, and kept in the journal."""
    result = {"name": f"a {TOKEN}", "matchers": [], "actions": [{"type": "x", "value": [TOKEN]}], TOKEN: 1}
    with answering(200, {"success": True, "result": result}) as api:
        found = api.catch_all(ZONE)
    masked = {"name": "a [token]", "matchers": [], "actions": [{"type": "x", "value": ["[token]"]}]}
    assert found == {**masked, "[token]": 1}


@pytest.mark.parametrize("status", [400, 401, 403])
def test_email_routing_does_not_take_an_accounts_token(status):
    """It lists zones, so it is good; no permission would help, and what it is shows without showing it."""
    standin = Standin(account_token_status=status)
    with client(standin, token=ACCOUNT_TOKEN) as api:
        assert [zone["name"] for zone in api.zones()] == [DOMAIN]
        calls = [
            lambda: api.routing(ZONE),
            lambda: api.catch_all(ZONE),
            lambda: api.addresses(ACCOUNT),
            lambda: api.enable_routing(ZONE),
        ]
        for call in calls:
            with pytest.raises(errors.AccountToken, match=r"is an account's \(cfat_…\)") as caught:
                call()
            assert "Make a user token at https://dash.cloudflare.com/profile/api-tokens" in caught.value.fix
            assert "permission" not in str(caught.value)
            assert ACCOUNT_TOKEN[:8] not in repr(caught.value)


def test_an_accounts_token_is_told_before_anything_else_was_answered():
    """The check of tokens knows users' only."""
    with client(Standin(), token=ACCOUNT_TOKEN) as api, pytest.raises(errors.AccountToken):
        api.routing(ZONE)


def test_an_accounts_token_that_email_routing_takes_one_day_is_no_error():
    """Only a refusal is one; elsewhere it lacks a permission like any other."""
    standin = Standin(records=[{"type": "A", "name": DOMAIN, "content": "192.0.2.1"}])
    standin.forbidden = {"dns_records"}
    check = standin._check_token

    def taken(request, path):
        if "/email/routing" not in path:
            check(request, path)

    standin._check_token = taken
    with client(standin, token=ACCOUNT_TOKEN) as api:
        assert api.routing(ZONE)["enabled"] is False
        assert api.zones()
    standin._check_token = lambda request, path: Standin._check_token(standin, request, path)
    with client(standin, token=ACCOUNT_TOKEN) as api:
        api.zones()
        with pytest.raises(errors.PermissionMissing, match="may not read the DNS records"):
            api.dns_records(ZONE)


def test_a_token_that_is_none_is_told_by_its_code():
    """Cloudflare says 1000, whatever the status."""
    with answering(400, failed(1000, "Invalid API Token")) as api, pytest.raises(errors.TokenRejected):
        api.zones()
