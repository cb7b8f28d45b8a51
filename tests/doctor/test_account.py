"""The account's checks, each seen passing and failing, against answers as Cloudflare documents them."""

import json

import httpx
import pytest

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.next_step import Again
from mail_failover.doctor.account.questions import account_checks
from standins.settings import SETTINGS

TOKEN = "sEcReT-token-of-a-user"
WORKER_RULE = {
    "enabled": True,
    "matchers": [{"type": "all"}],
    "actions": [{"type": "worker", "value": ["mail-failover"]}],
}
DKIM = '"v=DKIM1; k=rsa; p=ABC"'
ROUTING_RECORDS = [
    {"type": "MX", "name": "shop.test", "content": "route1.mx.cloudflare.net.", "priority": 5},
    {"type": "MX", "name": "shop.test", "content": "route2.mx.cloudflare.net.", "priority": 92},
    {"type": "TXT", "name": "cf2024-1._domainkey.shop.test", "content": DKIM},
    {"type": "TXT", "name": "shop.test", "content": '"v=spf1 include:_spf.mx.cloudflare.net ~all"'},
]
IN_DNS = "xn--bcher-kva.example"
DEPLOYED = {
    "bindings": [
        {"name": "FALLBACK_INBOXES", "type": "json", "json": ["anna@inbox.test", "Second@Other.test"]},
        {"name": "ROUTES", "type": "json", "json": {"ben@shop.test": "ben@inbox.test"}},
        {"name": "TELEGRAM_CHAT_ID", "type": "plain_text", "text": "4711"},
        {"name": "TELEGRAM_BOT_TOKEN", "type": "secret_text"},
    ],
    "compatibility_date": "2026-11-01",
    "compatibility_flags": [],
}
ON_WORKERS_DEV = SETTINGS.replace("workers_dev = false", "workers_dev = true")
ROUTE = 'workers_dev = false\nroutes = [{ pattern = "Spool.shop.test", custom_domain = true }]'


def answers(**changed):
    """Return a sound account's answers by the end of the path; `changed` replaces some."""
    return {
        "zones": [{"id": "z1", "name": "shop.test", "status": "active", "account": {"id": "a1"}}],
        "routing": {"enabled": True, "status": "unlocked"},
        "dns": ROUTING_RECORDS,
        "issues": {"errors": [], "records": []},
        "dns_records": [
            {"id": "1", "type": "MX", "name": "shop.test", "content": "mail.shop.test", "priority": 1},
            {
                "id": "2",
                "type": "MX",
                "name": "shop.test",
                "content": "route1.mx.cloudflare.net",
                "priority": 5,
            },
            {
                "id": "3",
                "type": "MX",
                "name": "shop.test",
                "content": "route2.mx.cloudflare.net",
                "priority": 92,
            },
            {
                "id": "4",
                "type": "TXT",
                "name": "cf2024-1._domainkey.shop.test",
                "content": "v=DKIM1; k=rsa; p=ABC",
            },
        ],
        "catch_all": WORKER_RULE,
        "rules": [],
        "addresses": [
            {"id": name.partition("@")[0], "email": name, "verified": "2026-01-01T00:00:00Z"}
            for name in ("anna@inbox.test", "second@other.test", "ben@inbox.test")
        ],
        "scripts": [
            {"id": "mail-failover", "handlers": ["email", "fetch"]},
            {"id": "blog", "handlers": ["fetch"]},
        ],
        "secrets": [{"name": n, "type": "secret_text"} for n in ("TELEGRAM_BOT_TOKEN", "SPOOL_TOKEN")],
        "settings": DEPLOYED,
        "subdomain": {"enabled": True, "previews_enabled": False},
        "domains": [],
    } | changed


def api(found, token=TOKEN):
    """Answer from `found`; an int there is an HTTP status of refusal."""

    def answer(request):
        assert request.method == "GET"
        if request.url.path.endswith("/user/tokens/verify"):
            return _answer(found.get("verify", {"status": "active"}))
        name = request.url.path.rsplit("/", 1)[1]
        if name == "zones":
            wanted = request.url.params.get("name")
            return _answer(
                [z for z in found["zones"] if wanted in {None, z["name"]}]
                if isinstance(found["zones"], list)
                else found["zones"]
            )
        return _answer(found["issues" if "subdomain" in request.url.params else name])

    return lambda: Cloudflare(token, transport=httpx.MockTransport(answer), sleep=lambda _: None)


def _answer(result):
    if isinstance(result, int):
        errors = [{"code": 10000, "message": "Authentication error"}] if result in {401, 403} else []
        return httpx.Response(
            result, json={"success": False, "errors": errors, "messages": [], "result": None}
        )
    return httpx.Response(200, json={"success": True, "errors": [], "messages": [], "result": result})


def checks(local, **changed):
    """Run the account's checks; return them by id."""
    return {check.id: check for check in account_checks(api(answers(**changed)), "shop.test", local).checks}


def judged(check):
    """Return the status as text."""
    return check.status.value


def test_a_sound_account_passes_every_check(local):
    """And nothing is to be done."""
    found = checks(local(ON_WORKERS_DEV))
    assert {judged(check) for check in found.values()} == {"pass"}, found
    assert not any(check.fix for check in found.values())
    assert len(found) == 11


def test_without_a_token_every_check_is_skipped_and_says_how_to_get_one(local):
    """That is no failure."""
    outcome = account_checks(api(answers(), token=""), "shop.test", local())
    assert {judged(check) for check in outcome.checks} == {"skipped"}
    assert {check.found for check in outcome.checks} == {"no token: CLOUDFLARE_API_TOKEN is not set"}
    assert all("https://dash.cloudflare.com/profile/api-tokens" in check.fix for check in outcome.checks)
    assert not outcome.api_failed


def test_a_wrong_token_fails_once_and_is_not_shown(local):
    """The rest is skipped."""
    outcome = account_checks(api({"zones": 403, "verify": 401}), "shop.test", local())
    first, *rest = outcome.checks
    assert first.found == "Cloudflare does not know the token in CLOUDFLARE_API_TOKEN."
    assert {judged(check) for check in rest} == {"skipped"}
    assert outcome.api_failed
    assert TOKEN not in str(outcome)


def test_a_zone_that_the_token_does_not_see_is_named_with_those_it_sees(local):
    """A typing error, most likely; the API is not at fault."""
    outcome = account_checks(api(answers()), "shpo.test", local())
    assert outcome.checks[0].found == "The token sees no zone shpo.test; it sees shop.test."
    assert judged(outcome.checks[0]) == "fail"
    assert not outcome.api_failed


def test_a_missing_permission_skips_its_checks_and_names_itself(local):
    """The other questions are answered."""
    outcome = account_checks(api(answers(dns_records=403)), "shop.test", local(ON_WORKERS_DEV))
    found = {check.id: check for check in outcome.checks}
    assert judged(found["account.records"]) == "skipped"
    assert "Zone > DNS > Read" in found["account.records"].fix
    unanswered = ["account.records", "account.subdomain"]
    assert [check.id for check in outcome.checks if judged(check) != "pass"] == unanswered
    assert outcome.api_failed


def test_a_failing_api_skips_what_it_did_not_answer(local):
    """And the report says so."""
    outcome = account_checks(api(answers(rules=500)), "shop.test", local())
    assert outcome.api_failed
    skipped = ["account.bypass", "account.subdomain"]
    assert [check.id for check in outcome.checks if judged(check) == "skipped"] == skipped


def test_rules_that_two_spf_records_hide_are_not_blamed_on_the_token(local):
    """Cloudflare answers as if a permission were missing."""
    spf = {"type": "TXT", "name": "shop.test"}
    two = [{**spf, "id": str(n), "content": f'"v=spf1 ip4:192.0.2.{n} -all"'} for n in (7, 8)]
    records = [*answers()["dns_records"], *two]
    found = checks(local(), catch_all=401, rules=401, dns_records=records)
    for name in ("account.catch-all", "account.bypass"):
        assert judged(found[name]) == "skipped"
        assert (
            found[name].found == "Cloudflare does not talk of rules while shop.test has several SPF records."
        )
        assert found[name].fix.startswith("Merge them into one")


def test_a_pending_zone_fails(local):
    """Its DNS is not served yet."""
    zone = {"id": "z1", "name": "shop.test", "status": "pending", "account": {"id": "a1"}}
    assert "is pending" in checks(local(), zones=[zone])["account.zone"].found


@pytest.mark.parametrize("kind", ["partial", "secondary", "internal"])
def test_a_zone_that_is_not_full_fails(local, kind):
    """Though it is active: Email Routing is not for it."""
    zone = {**answers()["zones"][0], "type": kind}
    found = checks(local(), zones=[zone])["account.zone"]
    assert judged(found) == "fail"
    assert found.found.startswith(f"shop.test is a{'n' * (kind == 'internal')} {kind} ")
    assert found.found.endswith("Email Routing needs a full zone.")
    assert found.fix.endswith("; then run `mail-failover doctor --domain shop.test` again.")


def test_a_full_zone_passes(local):
    """As most are."""
    zone = {**answers()["zones"][0], "type": "full"}
    assert judged(checks(local(), zones=[zone])["account.zone"]) == "pass"


def in_unicode(local, **changed):
    """Check the same account with a domain that Cloudflare names in Unicode, and its records do not."""
    found = json.loads(json.dumps(answers(**changed)).replace("shop.test", IN_DNS))
    found["zones"][0]["name"], found["settings"] = "bücher.example", answers()["settings"]
    outcome = account_checks(api(found), IN_DNS, local(ON_WORKERS_DEV))
    return {check.id: check for check in outcome.checks}


def test_a_domain_that_cloudflare_names_in_unicode_is_checked_as_any_other(local):
    """Its records have the name that DNS has."""
    found = in_unicode(local)
    assert {judged(check) for check in found.values()} == {"pass"}, found
    assert found["account.zone"].found == "bücher.example, active"


@pytest.mark.parametrize("index", [1, 3])
def test_its_missing_record_is_missed(local, index):
    """Not taken for one of another domain."""
    records = [record for number, record in enumerate(answers()["dns_records"]) if number != index]
    assert judged(in_unicode(local, dns_records=records)["account.records"]) == "fail"


def test_records_that_email_routing_names_in_unicode_are_the_zones(local):
    """In which form it does is not known."""
    wanted = json.loads(json.dumps(ROUTING_RECORDS).replace("shop.test", "bücher.example"))
    assert in_unicode(local, dns=wanted)["account.records"].found == "all 3 are there"


def test_its_two_spf_records_are_blamed_for_hidden_rules(local):
    """Not the token."""
    spf = {"type": "TXT", "name": "shop.test", "content": '"v=spf1 -all"'}
    records = [*answers()["dns_records"], *({**spf, "id": str(number)} for number in (7, 8))]
    found = in_unicode(local, catch_all=401, rules=401, dns_records=records)["account.catch-all"]
    assert found.found.startswith("Cloudflare does not talk of rules")


def test_an_accounts_token_is_called_that_by_every_check_that_it_fails(local):
    """Several SPF records are not to blame, and no permission helps."""
    spf = {"type": "TXT", "name": "shop.test", "content": '"v=spf1 -all"'}
    records = [*answers()["dns_records"], *({**spf, "id": str(number)} for number in (7, 8))]
    refused = dict.fromkeys(("routing", "dns", "issues", "catch_all", "rules", "addresses"), 403)
    outcome = account_checks(api(answers(dns_records=records, **refused), "cfat_x"), "shop.test", local())
    found = {check.id: check for check in outcome.checks}
    for name in ("routing", "records", "catch-all", "bypass", "inboxes"):
        assert "is an account's (cfat_…)" in found[f"account.{name}"].found
        assert "Make a user token" in found[f"account.{name}"].fix
    assert outcome.api_failed


def test_of_two_zones_of_a_name_the_accounts_own_is_checked(local):
    """The other one may be active, too: its records are not this account's."""
    twins = [
        {"id": f"z-{a}", "name": "shop.test", "status": "active", "account": {"id": a}} for a in ("a2", "a1")
    ]
    outcome = account_checks(api(answers(zones=twins)), "shop.test", local(), "a1")
    assert judged(outcome.checks[0]) == "pass"
    unnamed = account_checks(api(answers(zones=twins)), "shop.test", local())
    assert judged(unnamed.checks[0]) == "fail"
    assert "CLOUDFLARE_ACCOUNT_ID" in unnamed.checks[0].fix


@pytest.mark.parametrize(("account", "status"), [("", "pass"), ("a1", "pass"), ("a2", "fail")])
def test_another_account_in_the_environment_fails(local, account, status):
    """Wrangler would deploy there, where no mail of the zone comes; the zone's own is checked."""
    first, *rest = account_checks(api(answers()), "shop.test", local(ON_WORKERS_DEV), account).checks
    assert judged(first) == status
    assert {judged(check) for check in rest} == {"pass"}
    if status == "fail":
        assert "belongs to the account a1, CLOUDFLARE_ACCOUNT_ID names a2" in first.found


@pytest.mark.parametrize(
    ("settings", "codes", "status", "words"),
    [
        ({"enabled": True, "status": "ready"}, [], "pass", "on, status ready"),
        ({"enabled": True, "status": "unlocked"}, ["mx.foreign"], "pass", "on, status unlocked"),
        ({"enabled": False, "status": "unconfigured"}, [], "fail", "off"),
        (
            {"enabled": True, "status": "misconfigured"},
            ["mx.foreign"],
            "warn",
            "other MX hosts stand beside the edge",
        ),
        ({"enabled": True, "status": "misconfigured"}, [], "warn", "gives no reason"),
        (
            {"enabled": True, "status": "misconfigured/locked"},
            ["spf.multiple"],
            "fail",
            "several SPF records (spf.multiple)",
        ),
        (
            {"enabled": True, "status": "misconfigured"},
            ["mx.foreign", "mx.missing"],
            "fail",
            "an MX record of the edge is missing",
        ),
        ({"enabled": True, "status": "misconfigured"}, ["new.code"], "fail", "an issue (new.code)"),
    ],
)
def test_email_routings_status_is_explained(local, settings, codes, status, words):
    """The primary's own MX records are no fault."""
    issues = {"errors": [{"code": code} for code in codes], "records": []}
    found = checks(local(), routing=settings, issues=issues)["account.routing"]
    assert judged(found) == status
    assert words in found.found


@pytest.mark.parametrize("gone", [400, 404])
def test_issue_codes_may_be_gone(local, gone):
    """The call that tells them is deprecated."""
    assert judged(checks(local(), issues=gone)["account.routing"]) == "pass"


@pytest.mark.parametrize("index", [1, 3])
def test_a_missing_record_of_email_routing_fails(local, index):
    """An MX record, and the DKIM key."""
    records = [record for number, record in enumerate(answers()["dns_records"]) if number != index]
    found = checks(local(), dns_records=records)["account.records"]
    assert judged(found) == "fail"
    assert answers()["dns_records"][index]["name"] in found.found


def test_records_for_another_domain_are_not_ours(local):
    """As in a zone of which only a subdomain is routed."""
    other = [{"type": "MX", "name": "eu.shop.test", "content": "route1.mx.cloudflare.net"}]
    assert judged(checks(local(), dns=other)["account.records"]) == "skipped"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"enabled": False}, "off"),
        ({"actions": [{"type": "forward", "value": ["anna@inbox.test"]}]}, "past the Worker: nobody is told"),
        ({"actions": [{"type": "drop"}]}, "its action is: drop"),
        ({"actions": [{"type": "worker", "value": ["old-name"]}]}, "which the account does not have"),
        ({"actions": [{"type": "worker", "value": ["blog"]}]}, "was it renamed?"),
        ({"actions": []}, "its action is: none"),
    ],
)
def test_the_catch_all_must_send_to_the_worker(local, change, words):
    """Whatever else it does is a failure, in its own words."""
    found = checks(local(), catch_all=WORKER_RULE | change)["account.catch-all"]
    assert judged(found) == "fail"
    assert words in found.found


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"enabled": True, "actions": [{"type": "forward", "value": ["x@y.test"]}]}, "warn"),
        ({"enabled": True, "actions": [{"type": "drop"}]}, "warn"),
        ({"enabled": False, "actions": [{"type": "drop"}]}, "pass"),
        ({"enabled": True, "actions": [{"type": "worker", "value": ["mail-failover"]}]}, "pass"),
    ],
)
def test_rules_past_the_worker_are_pointed_out(local, rule, status):
    """Only those that are on; the catch-all among them is not one."""
    literal = {"matchers": [{"type": "literal", "field": "to", "value": "ben@shop.test"}]}
    found = checks(local(), rules=[literal | rule, WORKER_RULE])["account.bypass"]
    assert judged(found) == status
    if status == "warn":
        assert found.found.startswith("ben@shop.test: ")


MX = {"type": "MX", "priority": 10}


def literal(address, *, enabled=True):
    """Return a rule for one address."""
    matcher = {"type": "literal", "field": "to", "value": address}
    action = {"type": "worker", "value": ["mail-failover"]}
    return {"enabled": enabled, "matchers": [matcher], "actions": [action]}


@pytest.mark.parametrize(
    ("name", "host", "rules", "status"),
    [
        ("eu.shop.test", "route1.mx.cloudflare.net.", [], "fail"),
        ("*.shop.test", "route1.mx.cloudflare.net", [], "fail"),
        ("eu.shop.test", "route1.mx.cloudflare.net", [literal("a@EU.shop.test", enabled=False)], "fail"),
        ("eu.shop.test", "route1.mx.cloudflare.net", [literal("a@us.shop.test")], "fail"),
        ("eu.shop.test", "route1.mx.cloudflare.net", [literal("a@EU.shop.test")], "pass"),
        ("eu.shop.test", "mail.shop.test", [], "pass"),
        ("cf-bounce.shop.test", "route1.mx.cloudflare.net", [], "pass"),
    ],
)
def test_mail_of_a_subdomain_is_refused_where_the_edge_has_no_rule_for_it(local, name, host, rules, status):
    """The catch-all is the apex's alone; what belongs to Email Sending is left to it."""
    records = [*answers()["dns_records"], {**MX, "id": "9", "name": name, "content": host}]
    found = checks(local(), dns_records=records, rules=[WORKER_RULE, *rules])["account.subdomain"]
    assert judged(found) == status
    if status == "fail":
        assert found.found.startswith(f"{name}: MX records lead to the edge")
        assert found.found.endswith("the catch-all is for shop.test alone")


def test_a_rule_of_a_subdomain_may_be_written_in_unicode(local):
    """Its records are not."""
    host = {**MX, "id": "9", "name": f"eu.{IN_DNS}", "content": "route1.mx.cloudflare.net"}
    for address in ("a@eu.bücher.example", f"a@eu.{IN_DNS}"):
        found = in_unicode(
            local, dns_records=[*answers()["dns_records"], host], rules=[WORKER_RULE, literal(address)]
        )["account.subdomain"]
        assert judged(found) == "pass"


def test_a_status_that_cloudflare_does_not_tell_is_unknown(local):
    """Not None."""
    found = checks(local(), routing={"enabled": True, "status": None})["account.routing"]
    assert found.found.startswith("on, but Cloudflare calls it unknown and gives no reason")


def test_the_apex_of_a_zone_in_unicode_is_found_among_its_records(local, monkeypatch):
    """Cloudflare names such a zone in Unicode and its records in Punycode."""
    zone = {"id": "z1", "name": "bücher.test", "status": "active", "account": {"id": "a1"}}
    monkeypatch.setattr(Cloudflare, "zone_by_name", lambda *_: zone)
    apex = "xn--bcher-kva.test"
    records = [{**MX, "id": "9", "name": apex, "content": "route1.mx.cloudflare.net"}]
    twins = [
        {"id": number, "type": "TXT", "name": apex, "content": f"v=spf1 {end}all"}
        for number, end in (("1", "-"), ("2", "~"))
    ]
    found = account_checks(api(answers(dns_records=records)), apex, local())
    assert {check.id: check.found for check in found.checks}["account.subdomain"] == "none"
    assert found.zone == apex
    found = account_checks(api(answers(dns_records=twins, rules=401)), apex, local())
    assert "several SPF records" in {check.id: check.found for check in found.checks}["account.bypass"]


def test_inboxes_must_be_verified_addresses_of_the_account(local):
    """A missing one and an unverified one have different fixes; case does not count."""
    listed = answers()["addresses"]
    absent = checks(local(), addresses=listed[:2])["account.inboxes"]
    unverified = {**listed[2], "verified": None}
    waiting = checks(local(), addresses=[*listed[:2], unverified])["account.inboxes"]
    assert absent.found == "ben@inbox.test: not among the account's destination addresses"
    assert waiting.found == "ben@inbox.test: not verified, Cloudflare forwards nothing to it"
    assert {judged(absent), judged(waiting)} == {"fail"}


@pytest.mark.parametrize(
    ("scripts", "status", "words"),
    [
        ([], "fail", "it has none"),
        ([{"id": "old-name", "handlers": ["email"]}], "fail", "it has old-name"),
        ([{"id": "mail-failover", "handlers": ["fetch"]}], "fail", "no email handler, only fetch"),
        ([{"id": "mail-failover"}], "warn", "does not say"),
    ],
)
def test_the_worker_must_be_there_and_take_mail(local, scripts, status, words):
    """Under the name that wrangler.toml gives it."""
    found = checks(local(), scripts=scripts)["account.worker"]
    assert judged(found) == status
    assert words in found.found


@pytest.mark.parametrize(
    ("names", "status", "words"),
    [
        (["TELEGRAM_BOT_TOKEN", "SLACK_WEBHOOK_URL"], "pass", "TELEGRAM_BOT_TOKEN, SLACK_WEBHOOK_URL"),
        ([], "fail", "TELEGRAM_CHAT_ID is set, TELEGRAM_BOT_TOKEN is not"),
        (["TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN"], "fail", "SLACK_BOT_TOKEN is set, SLACK_CHANNEL is not"),
        (["TELEGRAM_BOT_TOKEN", "NTFY_URL"], "pass", "TELEGRAM_BOT_TOKEN, NTFY_URL"),
        (["TELEGRAM_BOT_TOKEN", "PUSHOVER_USER"], "fail", "PUSHOVER_USER is set, PUSHOVER_TOKEN is not"),
        (["TELEGRAM_BOT_TOKEN", "MATRIX_TOKEN"], "fail", "MATRIX_TOKEN is set, MATRIX_ROOM is not"),
    ],
)
def test_the_secrets_that_the_channels_need_must_be_set(local, names, status, words):
    """Names are all that can be seen."""
    found = checks(local(), secrets=[{"name": name} for name in names])["account.secrets"]
    assert judged(found) == status
    assert words in found.found


def test_what_alerts_names_must_be_set_up_here_or_in_the_account(local):
    """One that is nowhere tells nobody of that mail."""
    here = local(secrets="""ALERTS='{"anna@shop.test": "ntfy"}'\n""")
    secrets = [{"name": name} for name in ("TELEGRAM_BOT_TOKEN", "NTFY_URL")]
    assert judged(checks(here, secrets=secrets)["account.secrets"]) == "pass"
    found = checks(here, secrets=secrets[:1])["account.secrets"]
    assert judged(found) == "fail"
    assert "entry 1 names ntfy, which is not set up" in found.found
    assert found.fix.startswith("`mail-failover chats ntfy` sets up")


@pytest.mark.parametrize(
    ("changed", "name", "fix"),
    [
        ({"routing": {"enabled": False}}, "routing", "Run `{plan}`"),
        ({"routing": {"enabled": True, "status": "misconfigured"}}, "routing", "takes mail: `{live}`"),
        ({"dns_records": []}, "records", "Run `{plan}`"),
        ({"catch_all": WORKER_RULE | {"enabled": False}}, "catch-all", "Run `{plan}`"),
        ({"scripts": []}, "catch-all", "Deploy it: `{deploy}`. Run `{plan}`"),
        ({"addresses": []}, "inboxes", "or add it: `{plan}`"),
        ({"scripts": []}, "worker", "Deploy it: `{deploy}`."),
        ({"scripts": 500}, "worker", "then run `{doctor}` again: it goes on"),
        ({"scripts": [{"id": "mail-failover", "handlers": []}]}, "worker", "`{deploy}`"),
        (
            {"secrets": []},
            "secrets",
            "Set what is missing: write TELEGRAM_BOT_TOKEN into .dev.vars, then `{deploy}`",
        ),
        (
            {"secrets": [{"name": "TELEGRAM_BOT_TOKEN"}, {"name": "SLACK_BOT_TOKEN"}]},
            "secrets",
            "Set what is missing: write SLACK_CHANNEL into .dev.vars, then `{deploy}`",
        ),
    ],
)
def test_every_next_step_can_be_pasted(local, changed, name, fix):
    """It names the tool that there is, the domain and the settings."""
    again = Again("shop.test", "bin/mail-failover", "my.toml")
    outcome = account_checks(api(answers(**changed)), "shop.test", local(), "", again)
    found = {check.id: check for check in outcome.checks}[f"account.{name}"]
    plan = "bin/mail-failover setup plan --domain shop.test --config my.toml"
    live = "bin/mail-failover doctor --domain shop.test --config my.toml --live"
    doctor = live.removesuffix(" --live")
    deploy = "bin/mail-failover deploy --config my.toml"
    assert fix.format(doctor=doctor, plan=plan, live=live, deploy=deploy) in found.fix


def asking(setting):
    """Return settings with a PRIMARY_CHECK."""
    return SETTINGS.replace("[vars]", f"[vars]\nPRIMARY_CHECK = {json.dumps(setting)}")


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        ("mail.shop.test:465", "pass"),
        ("Shop.test:993", "fail"),
        (["mail.shop.test:465", "shop.test:993"], "fail"),
        ("https://shop.test/", None),
        ("", None),
    ],
)
def test_no_port_can_be_asked_behind_the_proxy(local, setting, status):
    """A page can; and without a port there is nothing to check."""
    records = [
        {"id": "5", "type": "A", "name": "shop.test", "content": "192.0.2.1", "proxied": True},
        {"id": "6", "type": "A", "name": "mail.shop.test", "content": "192.0.2.1", "proxied": False},
    ]
    found = checks(local(asking(setting)), dns_records=records)
    check = found.get("account.primary")
    assert (judged(check) if check else None) == status
    if status == "fail":
        assert check.found.startswith("shop.test on 993: Cloudflare proxies")


def test_what_the_primary_check_names_is_skipped_with_the_rest(local):
    """Without a token, or with one that may not see the zone."""
    named = local(asking("mail.shop.test:465"))
    for found in (checks(named, zones=[]), checks(named, dns_records=403)):
        assert judged(found["account.primary"]) == "skipped"


def test_what_dev_vars_say_is_what_the_worker_gets(local):
    """A deploy uploads both, and it is the last word."""
    text = SETTINGS.replace('TELEGRAM_CHAT_ID = "4711"', "")
    found = checks(local(text, "TELEGRAM_CHAT_ID=4711\nSPOOL=off\n"))
    assert judged(found["account.secrets"]) == "pass"
    assert found["account.door"].found == 'SPOOL = "off": nothing is kept'


def test_a_worker_that_is_not_there_has_no_secrets_to_check(local):
    """Which is no failure of the API."""
    outcome = account_checks(api(answers(secrets=404)), "shop.test", local())
    assert outcome.checks[-1].found == "the account has no Worker mail-failover"
    assert not outcome.api_failed


def test_without_any_chat_nobody_is_told(local):
    """Which is allowed, but pointed out."""
    found = checks(local(SETTINGS.replace('TELEGRAM_CHAT_ID = "4711"', "")), secrets=[])["account.secrets"]
    assert judged(found) == "warn"


def test_without_wrangler_toml_the_account_alone_is_judged():
    """What needs its names is skipped."""
    found = checks(None)
    skipped = {name for name, check in found.items() if judged(check) == "skipped"}
    assert skipped == {f"account.{name}" for name in ("inboxes", "worker", "deployed", "secrets", "door")}


def test_a_worker_that_is_deployed_otherwise_fails(local):
    """As the one that forwards to the example's inbox, while everything else is green."""
    there = [
        {"name": "FALLBACK_INBOXES", "type": "json", "json": ["you@example.net"]},
        *DEPLOYED["bindings"][1:],
    ]
    found = checks(local(ON_WORKERS_DEV), settings=DEPLOYED | {"bindings": there})
    assert [name for name, check in found.items() if judged(check) != "pass"] == ["account.deployed"]
    assert found["account.deployed"].found == (
        'FALLBACK_INBOXES: deployed ["you@example.net"], here ["anna@inbox.test", "Second@Other.test"]'
    )
    assert found["account.deployed"].fix == "Upload what is here: `mail-failover deploy`"


def test_what_is_to_be_done_is_said_once(local):
    """One deploy mends it all."""
    found = checks(local(), settings=DEPLOYED | {"bindings": []})["account.deployed"]
    assert found.found.count("; ") == 2
    assert found.fix == "Upload what is here: `mail-failover deploy`"


@pytest.mark.parametrize("answer", [{}, None, [], {"bindings": "none"}, {"bindings": [{"name": "A"}]}])
def test_settings_that_are_not_understood_are_no_settings(local, answer):
    """Nothing, and something else than bindings: no reason to say that all of them are missing."""
    outcome = account_checks(api(answers(settings=answer)), "shop.test", local())
    [check] = [check for check in outcome.checks if check.id == "account.deployed"]
    assert (judged(check), outcome.api_failed) == ("skipped", True)
    assert check.found.startswith("Cloudflare's answer was not understood")


def test_a_worker_that_is_not_there_has_no_settings_to_compare(local):
    """Which is no failure of the API."""
    outcome = account_checks(api(answers(settings=404)), "shop.test", local())
    [check] = [check for check in outcome.checks if check.id == "account.deployed"]
    assert (judged(check), check.found) == ("skipped", "the account has no Worker mail-failover")
    assert not outcome.api_failed


NO_TOKEN = [{"name": "TELEGRAM_BOT_TOKEN"}]
BOTH = [*NO_TOKEN, {"name": "SPOOL_TOKEN"}]


@pytest.mark.parametrize(
    ("settings", "secrets", "there", "status", "words", "fix"),
    [
        ("workers_dev = true", BOTH, {}, "pass", "SPOOL_TOKEN is set; the Worker is at workers.dev", ""),
        (ROUTE, BOTH, {"domains": [{"hostname": "spool.shop.test"}]}, "pass", "is at spool.shop.test", ""),
        ("route = 'shop.test/x/*'", BOTH, {}, "pass", "is at routes of your own", ""),
        (
            "workers_dev = false",
            BOTH,
            {},
            "warn",
            "nobody can fetch it",
            "setup door --domain shop.test --workers-dev",
        ),
        (
            "workers_dev = true",
            BOTH,
            {"subdomain": {"enabled": False}},
            "fail",
            "is not there",
            "mail-failover deploy",
        ),
        (
            "",
            BOTH,
            {"subdomain": {"enabled": False}},
            "fail",
            "what is deployed is not there",
            "mail-failover deploy",
        ),
        (ROUTE, BOTH, {}, "fail", "the Worker is at spool.shop.test in ", "mail-failover deploy"),
        (
            ROUTE,
            BOTH,
            {"domains": [{"hostname": "spool.shop.test", "service": "blog"}]},
            "fail",
            "is not there",
            "mail-failover deploy",
        ),
        (
            "workers_dev = false",
            NO_TOKEN,
            {},
            "skipped",
            "there is no spool",
            "setup door --domain shop.test --workers-dev` makes one",
        ),
        (ROUTE, NO_TOKEN, {}, "warn", "at spool.shop.test for nothing", "--route spool.shop.test` makes one"),
        (
            "workers_dev = true",
            NO_TOKEN,
            {},
            "warn",
            "the Worker is at workers.dev for nothing",
            "setup door --domain shop.test --off",
        ),
    ],
)
def test_what_is_kept_can_be_fetched(local, settings, secrets, there, status, words, fix):
    """A token without an address holds mail that nobody can fetch; an address alone is for nothing."""
    text = SETTINGS.replace("workers_dev = false", settings)
    found = checks(local(text), secrets=secrets, **there)["account.door"]
    assert judged(found) == status
    assert words in found.found
    assert fix in found.fix
    assert bool(fix) == bool(found.fix)


@pytest.mark.parametrize(
    ("spool", "secrets", "status", "words"),
    [
        ("off", BOTH, "skipped", 'SPOOL = "off": nothing is kept'),
        ("all", NO_TOKEN, "fail", 'SPOOL = "all", but SPOOL_TOKEN is not set: nothing is kept'),
        (" Held ", NO_TOKEN, "fail", 'SPOOL = "held", but'),
    ],
)
def test_a_spool_that_is_wanted_has_its_token(local, spool, secrets, status, words):
    """One that is off needs none."""
    text = SETTINGS.replace("[vars]", f'[vars]\nSPOOL = "{spool}"')
    found = checks(local(text), secrets=secrets)["account.door"]
    assert (judged(found), words in found.found) == (status, True)


def test_the_door_of_a_worker_without_a_name_is_skipped(local):
    """The account is asked for nothing then."""
    found = checks(local(ON_WORKERS_DEV.replace('name = "mail-failover"', "")))["account.door"]
    assert (judged(found), found.found) == ("skipped", "no settings here that name the Worker")


def test_a_worker_without_an_address_is_not_asked_for_one(local):
    """So that a token without that permission fails nobody who has no spool."""
    outcome = account_checks(api(answers(subdomain=403, domains=403)), "shop.test", local())
    assert not outcome.api_failed
    outcome = account_checks(api(answers(subdomain=403)), "shop.test", local(ON_WORKERS_DEV))
    assert outcome.api_failed
    assert outcome.checks[-1].found.startswith(
        "The token may not read whether the Worker mail-failover is on"
    )
    outcome = account_checks(api(answers(subdomain=404)), "shop.test", local(ON_WORKERS_DEV))
    assert judged(outcome.checks[-1]) == "fail"
