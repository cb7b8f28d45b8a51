"""What is deployed is compared with the files here; what may be a secret is compared and never shown."""

import pytest

from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.console.next_step import Again
from mail_failover.settings.deployed import Addition, differences
from mail_failover.settings.local import read_local
from standins.cloudflare import ACCOUNT, TOKEN, Standin
from standins.domains import Operator

HEAD = """
name = "mail-failover"
main = "src/entry.py"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers", "disable_python_external_sdk"]
[[durable_objects.bindings]]
name = "DOMAINS"
class_name = "Domain"
"""
VARS = '[vars]\nFALLBACK_INBOXES = ["anna@example.org"]\nSPOOL_DAYS = 30\n'
BINDINGS = (
    {"name": "FALLBACK_INBOXES", "type": "json", "json": ["anna@example.org"]},
    {"name": "SPOOL_DAYS", "type": "json", "json": 30},
    {"name": "DOMAINS", "type": "durable_object_namespace", "class_name": "Domain", "namespace_id": "n"},
    {"name": "TELEGRAM_BOT_TOKEN", "type": "secret_text"},
)
TELEGRAM = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/hush"
DEPLOY = "Upload what is here: `mail-failover deploy`"


def deployed(*bindings, **changed):
    """Return the settings of a Worker deployed from HEAD and VARS; a binding takes its name's place."""
    bound = {each["name"]: each for each in (*BINDINGS, *bindings)}
    there = {
        "bindings": list(bound.values()),
        "compatibility_date": "2026-11-01",
        "compatibility_flags": ["disable_python_external_sdk", "python_workers"],
    }
    return there | changed


def text(name, value):
    """Return the binding of a text."""
    return {"name": name, "type": "plain_text", "text": value}


def compared(local, there, more="", head=HEAD, secrets=""):
    """Compare, with more in wrangler.toml; return what differs and what to do."""
    found = differences(local(head + VARS + more, secrets), there, Again())
    return [(each.what, each.fix) for each in found]


def test_what_was_deployed_from_these_files_does_not_differ(local):
    """Flags have no order; a secret that is there alone is as it should be."""
    assert compared(local, deployed(), secrets="TELEGRAM_BOT_TOKEN=x") == []


@pytest.mark.parametrize(
    "binding",
    [
        {"name": "FALLBACK_INBOXES", "type": "json", "json": '["anna@example.org"]'},
        text("FALLBACK_INBOXES", '["anna@example.org"]'),
        {"name": "SPOOL_DAYS", "type": "json", "json": "30"},
        text("SPOOL_DAYS", "30"),
    ],
)
def test_a_list_or_a_number_may_come_as_its_text(local, binding):
    """Cloudflare's documents have JSON as a text, wrangler as a value; the Worker takes either."""
    assert compared(local, deployed(binding)) == []


@pytest.mark.parametrize(
    ("there", "what"),
    [
        (
            deployed({"name": "FALLBACK_INBOXES", "type": "json", "json": ["you@example.net"]}),
            'FALLBACK_INBOXES: deployed ["you@example.net"], here ["anna@example.org"]',
        ),
        (
            deployed(text("FALLBACK_INBOXES", "you@example.net")),
            'FALLBACK_INBOXES: deployed "you@example.net", here ["anna@example.org"]',
        ),
        (deployed({"name": "SPOOL_DAYS", "type": "json", "json": 7}), "SPOOL_DAYS: deployed 7, here 30"),
        (deployed(bindings=BINDINGS[1:]), 'FALLBACK_INBOXES: not deployed, here ["anna@example.org"]'),
        (deployed(bindings=[*BINDINGS[:2]]), "DOMAINS: deployed no object, here the object Domain"),
        (
            deployed({**BINDINGS[2], "class_name": "Old"}),
            "DOMAINS: deployed the object Old, here the object Domain",
        ),
        (
            deployed({**BINDINGS[2], "name": "OTHERS"}),
            "OTHERS: deployed the object Domain, here no object",
        ),
        (
            deployed(compatibility_date="2026-01-01"),
            "compatibility_date: deployed 2026-01-01, here 2026-11-01",
        ),
        (deployed(compatibility_date=None), "compatibility_date: deployed none, here 2026-11-01"),
        (
            deployed(compatibility_flags=None),
            "compatibility_flags: deployed none, here disable_python_external_sdk, python_workers",
        ),
    ],
)
def test_what_a_deploy_mends_is_said_with_both_values(local, there, what):
    """The one of the account first."""
    assert compared(local, there) == [(what, DEPLOY)]


def test_dev_vars_win_and_go_up_with_a_deploy(local):
    """As what it names in place of wrangler.toml's, or besides."""
    assert compared(local, deployed(), secrets="SPOOL_DAYS=1\nALERT_DETAIL=preview\n") == [
        ('SPOOL_DAYS: deployed 30, here "1"', DEPLOY),
        ('ALERT_DETAIL: not deployed, here "preview"', DEPLOY),
    ]
    lists = """FALLBACK_INBOXES='["anna@example.org"]'\nSPOOL_DAYS=30\n"""
    assert compared(local, deployed(), secrets=lists) == []


def test_a_channel_whose_secret_is_here_alone_tells_nobody_there(local):
    """A deploy brings it; an empty one is none."""
    secrets = f"SLACK_WEBHOOK_URL={WEBHOOK}\nTELEGRAM_BOT_TOKEN={TELEGRAM}\nSPOOL_TOKEN=\n"
    assert compared(local, deployed(), secrets=secrets) == [
        ("SLACK_WEBHOOK_URL: a secret that is set here, not deployed", DEPLOY)
    ]


def test_a_variable_of_the_dashboard_goes_with_the_next_deploy(local):
    """Though wrangler alone would keep it."""
    there = deployed(text("SLACK_CHANNEL", "C0123456789"))
    for head in (HEAD, f"keep_vars = true\n{HEAD}"):
        [(what, fix)] = compared(local, there, head=head)
        assert what == "SLACK_CHANNEL: deployed, not here: the next deploy removes it"
        assert fix.endswith("/.dev.vars, or let it go: `mail-failover deploy`")


def test_a_secret_and_a_variable_of_one_name_are_told_apart(local):
    """A secret's value can't be compared, and a deploy makes a variable of it."""
    found = compared(local, deployed({"name": "SPOOL_DAYS", "type": "secret_text"}))
    assert found == [("SPOOL_DAYS: deployed as a secret, here a variable", DEPLOY)]


def test_a_secret_that_is_deployed_as_a_variable_is_pointed_out(local):
    """Whoever may look at the account reads it; a deploy makes a secret of it, if it is here."""
    there = deployed(text("TELEGRAM_BOT_TOKEN", TELEGRAM))
    what = "TELEGRAM_BOT_TOKEN: deployed as a variable, which everybody in the account can read"
    put = f"Make it a secret: {Again().put('TELEGRAM_BOT_TOKEN')}"
    assert compared(local, there) == [(what, put)]
    assert compared(local, there, secrets=f"TELEGRAM_BOT_TOKEN={TELEGRAM}") == [(what, DEPLOY)]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SPOOL_TOKEN"])
def test_the_value_of_a_secret_is_neither_compared_nor_shown(local, name):
    """Whether .dev.vars has it, or wrangler.toml."""
    mine, there = f'{name} = "hush"\n', deployed({"name": name, "type": "secret_text"})
    for found in (compared(local, deployed(), mine), compared(local, deployed(), secrets=mine)):
        assert found == [(f"{name}: a secret that is set here, not deployed", DEPLOY)]
    assert compared(local, there, mine) == compared(local, there, secrets=mine) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPOOL_KEY", "hush"),
        ("TELEGRAM_API_URL", "https://hush.test"),
        ("MY_OWN", "hush"),
        ("TELEGRAM_CHAT_ID", TELEGRAM),
        ("SLACK_CHANNEL", "xoxb-hush"),
        ("SLACK_CHANNEL", "XOXB-hush"),
        ("SLACK_CHANNEL", "xapp-1-hush"),
        ("SLACK_CHANNEL", WEBHOOK),
        ("TELEGRAM_CHAT_ID", "hush"),
        ("SLACK_CHANNEL", "services/T0/B0/hush"),
        ("ALERT_CODES", "24.6.27.hush"),
        ("ALERT_DETAIL", "hushhushhushhushhushhushhushhush"),
        ("PRIMARY_CHECK", "https://mail.example.com/up?key=hush"),
        ("PRIMARY_CHECK", "https://me:hush@mail.example.com"),
    ],
)
def test_what_may_be_a_secret_is_compared_and_never_shown(local, name, value):
    """Wherever it stands: there, here, or on both sides."""
    mine = f'{name} = "{value}"\n'
    sides = [
        compared(local, deployed(text(name, value))),
        compared(local, deployed(), mine),
        compared(local, deployed(text(name, f"{value}x")), mine),
        compared(local, deployed(text(name, "none")), mine),
        compared(local, deployed(text(name, value)), f'{name} = "none"\n'),
    ]
    assert [len(found) for found in sides] == [1] * 5
    for [(what, fix)] in sides:
        assert what.startswith(f"{name}: ")
        assert not {part for part in ("hush", TELEGRAM, value) if part in what + fix}
    assert compared(local, deployed(text(name, value)), mine) == []


def test_somebodys_topic_of_ntfy_is_not_shown(local):
    """It is a password, though it stands in a table that is none."""
    here = '{"@shop.test": {"ntfy": {"chat": "hush"}}}'
    there = {"@shop.test": {"ntfy": {"chat": "hushhush"}}}
    bound = deployed({"name": "ALERTS", "type": "json", "json": there})
    [(what, _)] = compared(local, bound, f"ALERTS = '{here}'\n")
    assert what == "ALERTS: deployed is another value than here"


@pytest.mark.parametrize(
    ("there", "secrets", "adds"),
    [
        (deployed(bindings=BINDINGS[1:]), "", True),
        (deployed(), "SPOOL_TOKEN=x", True),
        (deployed({"name": "SPOOL_DAYS", "type": "json", "json": 7}), "", False),
        (deployed({"name": "SPOOL_DAYS", "type": "secret_text"}), "", False),
        (deployed({"name": "SPOOL_DAYS", "type": "kv_namespace"}), "", False),
        (deployed(text("SPOOL_MB", "1")), "", False),
        (deployed(text("SPOOL_TOKEN", "x")), "SPOOL_TOKEN=x", False),
        (deployed(compatibility_date=None), "", False),
    ],
)
def test_what_is_only_added_is_told_from_what_changes(local, there, secrets, adds):
    """A deploy asks nobody about what was not there."""
    [found] = differences(local(HEAD + VARS, secrets), there, Again())
    assert isinstance(found, Addition) is adds


def test_a_value_that_is_no_secret_is_shown_but_not_at_any_length(local):
    """A list of inboxes; letters are those that the owner wrote."""
    [(what, _)] = compared(local, deployed(text("FALLBACK_INBOXES", "jörg@example.org")))
    assert '"jörg@example.org"' in what
    many = [f"a{number}@example.org" for number in range(99)]
    [(what, _)] = compared(local, deployed({"name": "FALLBACK_INBOXES", "type": "json", "json": many}))
    assert len(what) < 300
    assert '…, here ["anna@example.org"]' in what


def test_the_stand_in_has_what_its_operator_deployed(tmp_path, capsys):
    """As the API gives it; somebody else's upload shows."""
    standin = Standin()
    local = read_local(Operator(tmp_path, capsys).settings)
    with Cloudflare(TOKEN, transport=standin.transport) as api:
        assert differences(local, api.script_settings(ACCOUNT, "mail-failover"), Again()) == []
        standin.upload("SPOOL_TOKEN", FALLBACK_INBOXES=["you@example.net"])
        found = differences(local, api.script_settings(ACCOUNT, "mail-failover"), Again())
    assert [each.what for each in found] == [
        'FALLBACK_INBOXES: deployed ["you@example.net"], here ["anna@example.net"]'
    ]
