"""What the files say, judged by the Worker's own code."""

import pytest

from mail_failover.errors import UsageError
from mail_failover.settings.local import Addresses, domain_of
from standins.settings import SETTINGS

ROUTE = 'routes = [{ pattern = "a.shop.test", custom_domain = true }]'


PLAIN = SETTINGS.partition("[vars.ROUTES]")[0]


@pytest.fixture
def journals(local, tmp_path):
    """Leave journals of domains, and what else may lie there."""

    def leave(*domains):
        for name in (*domains, "keys", "you@inbox.test/new"):
            (tmp_path / ".mail-failover" / name).mkdir(parents=True, exist_ok=True)
        for name in domains:
            (tmp_path / ".mail-failover" / name / "20261126T120000Z-000.json").touch()

    return leave


def never():
    """Stand for a question that must not be asked."""
    raise AssertionError


def test_a_domain_that_is_named_is_meant(local, journals):
    """In .env or in the environment; an empty name is none."""
    journals("third.test")
    assert domain_of(local(), {"MAIL_FAILOVER_DOMAIN": " other.test "}, never) == "other.test"
    assert domain_of(local(), {"MAIL_FAILOVER_DOMAIN": " "}, never) == "shop.test"


def test_else_it_is_the_one_of_routes(local, journals):
    """Of several none is guessed."""
    journals("third.test")
    assert domain_of(local(), {}, never) == "shop.test"
    with pytest.raises(UsageError, match=r"^Which domain\? ROUTES names several: other\.test, shop\.test\. "):
        domain_of(local(SETTINGS + '"@other.test" = "x@inbox.test"\n'), {}, never)


def test_else_it_is_the_one_that_was_set_up_here(local, journals):
    """The folder of the settings has its journal."""
    journals("third.test")
    assert domain_of(local(PLAIN), {}, never) == "third.test"
    journals("fourth.test")
    with pytest.raises(UsageError, match=r"/\.mail-failover has journals of several: fourth.test, third"):
        domain_of(local(PLAIN), {}, never)


def test_without_settings_journals_are_looked_for_in_this_folder(journals, tmp_path, monkeypatch):
    """As a domain can be set up from options alone."""
    journals("third.test")
    monkeypatch.chdir(tmp_path)
    assert domain_of(None, {}, never) == "third.test"


def test_else_it_is_the_only_one_that_the_token_sees(local):
    """Of several none is guessed, and the first is no better than the others."""
    assert domain_of(local(PLAIN), {}, lambda: ["only.test"]) == "only.test"
    with pytest.raises(UsageError) as caught:
        domain_of(local(PLAIN), {}, lambda: ["b.test", "a.test"])
    assert str(caught.value) == (
        "Which domain? The token sees several: a.test, b.test. Name it, as in --domain a.test."
    )


def test_without_any_it_has_to_be_named(tmp_path, monkeypatch):
    """And it is said how."""
    monkeypatch.chdir(tmp_path)
    for seen in (tuple, list):
        with pytest.raises(UsageError, match=r"^Which domain\? Name it, as in --domain example\.com\.$"):
            domain_of(None, {}, seen)


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        ("workers_dev = false", Addresses()),
        ("workers_dev = true", Addresses(workers_dev=True)),
        ("", Addresses(workers_dev=True)),
        ("route = 'shop.test/x/*'", Addresses(routes=True)),
        ("routes = ['shop.test/x/*']\nworkers_dev = true", Addresses(workers_dev=True, routes=True)),
        (
            "routes = [{ pattern = 'A.shop.test', custom_domain = true }, { pattern = 'x/*' }, 'y/*']",
            Addresses(hosts=("a.shop.test",), routes=True),
        ),
        ("routes = [{ pattern = 'a.shop.test', custom_domain = true }]", Addresses(hosts=("a.shop.test",))),
    ],
)
def test_where_a_deploy_puts_the_worker_on_the_web(local, lines, addresses):
    """As wrangler reads it: without a word under workers.dev, unless there are routes."""
    found = local(SETTINGS.replace("workers_dev = false", lines)).addresses
    assert found == addresses
    assert bool(found) == (addresses != Addresses())


@pytest.mark.parametrize(
    ("lines", "door", "addresses"),
    [
        ("workers_dev = false", "workers.dev", Addresses(workers_dev=True)),
        ("workers_dev = false", "Spool.shop.test", Addresses(hosts=("spool.shop.test",))),
        ("workers_dev = true", "spool.shop.test", Addresses(True, ("spool.shop.test",))),
        (f"workers_dev = false\n{ROUTE}", "a.shop.test", Addresses(hosts=("a.shop.test",))),
        (f"workers_dev = false\n{ROUTE}", "b.shop.test", Addresses(hosts=("a.shop.test", "b.shop.test"))),
        (ROUTE, "workers.dev", Addresses(True, ("a.shop.test",))),
        ("workers_dev = false", "''", Addresses()),
    ],
)
def test_the_door_of_dev_vars_is_an_address_besides(local, lines, door, addresses):
    """What wrangler.toml names stays."""
    text = SETTINGS.replace("workers_dev = false", lines)
    assert local(text, f"SPOOL_DOOR={door}\n").addresses == addresses


def test_lists_and_tables_go_up_as_what_they_are(local):
    """In .dev.vars they are JSON in a text; what is none stays a text, as do numbers and words."""
    written = {
        "FALLBACK_INBOXES": """'["a@inbox.test", "b@inbox.test"]'""",
        "ROUTES": """' {"@shop.test": "a@inbox.test"}'""",
        "PRIMARY_CHECK": "'[mail.shop.test'",
        "SPOOL_DAYS": "30",
        "PRIMARY_WATCH": "true",
        "TELEGRAM_CHAT_ID": "''",
    }
    upload = local(secrets="".join(f"{name}={value}\n" for name, value in written.items())).upload
    assert upload.variables == {
        "FALLBACK_INBOXES": ["a@inbox.test", "b@inbox.test"],
        "ROUTES": {"@shop.test": "a@inbox.test"},
        "PRIMARY_CHECK": "[mail.shop.test",
        "SPOOL_DAYS": "30",
        "PRIMARY_WATCH": "true",
        "TELEGRAM_CHAT_ID": "",
    }
    assert (upload.secrets, upload.unknown) == ({}, ())


def test_secrets_go_up_as_secrets_wherever_they_stand(local):
    """In [vars], too, where .dev.vars wins; an empty one is none; what they are shows nowhere."""
    text = f'{PLAIN}SPOOL_TOKEN = "old"\nSLACK_WEBHOOK_URL = "hush"\n'
    found = local(text, "SPOOL_TOKEN=new-hush\nTELEGRAM_BOT_TOKEN=\n")
    assert found.upload.secrets == {"SPOOL_TOKEN": "new-hush", "SLACK_WEBHOOK_URL": "hush"}
    assert set(found.upload.variables) == {"FALLBACK_INBOXES", "TELEGRAM_CHAT_ID"}
    assert "hush" not in repr(found) + repr(found.upload)


def test_what_is_no_setting_of_the_worker_is_named_and_does_not_go_up(local):
    """It may be a secret of something else, or a slip of the pen; in [vars] it was meant to be public."""
    upload = local(f'{PLAIN}MINE = ["x"]\n', "SPOOL_DAY=3\nAWS_KEY=hush\nSPOOL_DOOR=workers.dev\n").upload
    assert upload.unknown == ("AWS_KEY", "SPOOL_DAY")
    assert not {*upload.unknown, "SPOOL_DOOR"} & {*upload.variables, *upload.secrets}
    assert upload.variables["MINE"] == ["x"]


def test_what_else_a_deploy_sets_is_read(local):
    """The objects, the date and the flags."""
    head = 'compatibility_date = "2026-11-01"\ncompatibility_flags = ["b", "a"]\n'
    bound = '[[durable_objects.bindings]]\nname = "DOMAINS"\nclass_name = "Domain"\n'
    upload = local(head + PLAIN.replace("[vars]", f"{bound}[vars]")).upload
    assert (upload.date, upload.flags, upload.objects) == ("2026-11-01", {"a", "b"}, {"DOMAINS": "Domain"})


def test_to_undo_a_domain_with_a_journal_goes_before_all_others(tmp_path, local):
    """What was written down since, or routed, has nothing that could be undone."""
    found, env = local(), {"MAIL_FAILOVER_DOMAIN": "new.test"}
    journals = tmp_path / ".mail-failover"
    assert domain_of(found, env, undo=True) == "new.test"
    for name in ("old.test", "new.test"):
        (journals / name).mkdir(parents=True)
    (journals / "old.test" / "1.json").touch()
    assert domain_of(found, env, undo=True) == domain_of(found, {}, undo=True) == "old.test"
    assert (domain_of(found, env), domain_of(found, {})) == ("new.test", "shop.test")
    (journals / "new.test" / "1.json").touch()
    assert domain_of(found, env, undo=True) == "new.test"
    with pytest.raises(UsageError, match=r"has journals of several: new\.test, old\.test\."):
        domain_of(found, {}, undo=True)


def test_the_account_is_the_one_that_wrangler_would_take(local):
    """What wrangler.toml names goes before the environment."""
    env = {"CLOUDFLARE_ACCOUNT_ID": " of-the-environment "}
    assert (local().account(env), local().account({})) == ("of-the-environment", "")
    assert local('account_id = "of-the-file"\n' + SETTINGS).account(env) == "of-the-file"


@pytest.mark.parametrize(
    ("zone", "wrong"),
    [("Europe/Berlin", 0), ("", 0), ("Europe/Berln", 1), ("Europe", 1), ("Europe//Berlin", 1)],
)
def test_a_time_zone_that_nobody_knows_is_a_problem_here(local, zone, wrong):
    """Before it goes up: the Worker would take UTC in its place."""
    found = local(secrets=f'QUIET="22:00-07:00 {zone}"\n')
    assert [*found.problems] == ["QUIET: there is no such time zone; write it like Europe/Berlin"] * wrong
