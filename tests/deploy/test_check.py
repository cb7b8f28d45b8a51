"""What can't be used never goes up: each problem is told with its fix, all of them at once."""

import pytest

from mail_failover.console.next_step import Again
from mail_failover.deploy.check import problems
from standins.uploading import BOT, DOOR

GOOD = "FALLBACK_INBOXES=anna@inbox.test\n"


@pytest.fixture
def check(local):
    """Check what .dev.vars says; return what is wrong, and the fixes."""

    def run(text, deployed=(), tracked="", **given):
        found = problems(local(f'name = "w"\n{tracked}', text), deployed, Again(), **given)
        assert all(not each.endswith(".") for problem in found for each in problem)
        return [each.what for each in found], [each.fix for each in found]

    return run


def test_settings_that_can_be_used_have_no_problem(check):
    """With a chat and a spool, whose secrets may be here or in the account."""
    chat = "TELEGRAM_CHAT_ID=4711\nSPOOL=held\n"
    assert check(GOOD) == ([], [])
    assert check(f"{GOOD}{chat}TELEGRAM_BOT_TOKEN={BOT}\nSPOOL_TOKEN={DOOR}\n") == ([], [])
    assert check(GOOD + chat, ["TELEGRAM_BOT_TOKEN", "SPOOL_TOKEN"]) == ([], [])
    assert check(GOOD + chat, None) == ([], [])


@pytest.mark.parametrize(
    "inbox", ["you@example.net", "you@EXAMPLE.com", "you@mail.example.org", "you@a.invalid"]
)
def test_an_inbox_that_is_nobodys_does_not_go_up(check, inbox):
    """It is still the example."""
    found, fixes = check(f"FALLBACK_INBOXES=anna@inbox.test,{inbox}\n")
    assert found == [f"{inbox}: still the example"]
    assert fixes == ["Write your own address in FALLBACK_INBOXES and ROUTES"]


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("ALERT_DETIAL=sender", "If ALERT_DETAIL is meant, correct it in {}; else remove it there"),
        ("FALLBACK_INBOX=a@b.test", "If FALLBACK_INBOXES is meant, correct it in {}; else remove it there"),
        ("MY_OWN=hush", "Remove it from {}; docs/settings.md lists the settings"),
        ("CLOUDFLARE_API_TOKEN=hush", "Move it to {.parent}/.env"),
        ("MAIL_FAILOVER_DOMAIN=shop.test", "Move it to {.parent}/.env"),
    ],
)
def test_a_name_that_no_setting_has_is_told_with_the_one_that_is_meant(check, tmp_path, line, fix):
    """Its value is not shown, since it may be a secret."""
    found, fixes = check(f"{GOOD}{line}\n")
    assert found == [f"{line.partition('=')[0]}: no setting of the Worker"]
    assert fixes == [fix.format(tmp_path / ".dev.vars")]


@pytest.mark.parametrize(
    ("name", "file"),
    [("CLOUDFLARE_API_TOKEN", ".env"), ("MAIL_FAILOVER_DOMAIN", ".env"), ("SPOOL_DOOR", ".dev.vars")],
)
def test_what_the_worker_is_not_given_does_not_go_up_from_wrangler_toml_either(check, tmp_path, name, file):
    """As a variable everybody in the account could read it, and nobody would heed it."""
    found, fixes = check(GOOD, tracked=f'[vars]\n{name} = "hush"\n')
    assert found == [f"{name}: no setting of the Worker"]
    assert fixes == [f"Move it to {tmp_path / file}"]


@pytest.mark.parametrize("name", ["TELEGRAM_API_URL", "SLACK_API_URL", "SLACK_WEBHOOK_URL"])
def test_what_was_set_to_try_it_on_this_machine_does_not_go_up(check, name):
    """`make dev` reads the same file; deployed, the Worker would tell nobody."""
    line = f"{GOOD}{name}=http://127.0.0.1:8081/hush\n"
    [found], [fix] = check(line)
    assert found == f"{name}: an address of this machine, where nobody would be told"
    assert fix.startswith("Take it out of ")
    assert check(line, played=True) == ([], [])
    assert check(f"{GOOD}TELEGRAM_API_URL=https://bots.test\n") == ([], [])


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("TELEGRAM_CHAT_ID=4711", "TELEGRAM_BOT_TOKEN"),
        ("SLACK_CHANNEL=C0123456789", "SLACK_BOT_TOKEN"),
        ("MATRIX_HOMESERVER=https://m.test\nMATRIX_ROOM=!r:m.test", "MATRIX_TOKEN"),
        ("GOTIFY_URL=https://gotify.test", "GOTIFY_TOKEN"),
        ("WEBHOOK_URL=https://hooks.test", "WEBHOOK_SECRET"),
        (f"NTFY_TOKEN=tk_{'a' * 29}", "NTFY_URL"),
        ("SPOOL=all", "SPOOL_TOKEN"),
    ],
)
def test_what_needs_a_secret_that_is_nowhere_does_not_go_up(check, line, secret):
    """A chat without its token, a spool without its door."""
    found, fixes = check(f"{GOOD}{line}\n")
    assert found == [f"{secret}: missing here and in the account, and other settings need it"]
    assert fixes == [f"Set it: write {secret} into .dev.vars, then `mail-failover deploy`; or take those out"]


def test_a_token_without_its_chat_does_not_go_up(check):
    """Be it here or in the account, where it would be left alone."""
    found, _ = check(f"{GOOD}TELEGRAM_BOT_TOKEN={BOT}\n")
    assert [each.split(":")[0] for each in found] == ["TELEGRAM_CHAT_ID"]
    found, fixes = check(GOOD, ["TELEGRAM_BOT_TOKEN"])
    assert found == ["TELEGRAM_CHAT_ID: missing here, and TELEGRAM_BOT_TOKEN, which is deployed, needs it"]
    assert fixes[0].endswith("`mail-failover wrangler secret delete TELEGRAM_BOT_TOKEN`")
    assert check(f"{GOOD}TELEGRAM_BOT_TOKEN=\n", ["TELEGRAM_BOT_TOKEN"])[0] == found


def test_a_room_without_its_token_and_a_token_without_its_room_do_not_go_up(check):
    """Each of what is missing is named."""
    found, _ = check(GOOD, ["MATRIX_TOKEN"])
    assert found == [
        f"{name}: missing here, and MATRIX_TOKEN, which is deployed, needs it"
        for name in ("MATRIX_HOMESERVER", "MATRIX_ROOM")
    ]
    assert check(GOOD, ["PUSHOVER_TOKEN", "PUSHOVER_USER", "WEBHOOK_URL", "WEBHOOK_SECRET"]) == ([], [])


def test_a_chat_that_is_a_secret_of_the_account_stays_with_its_token(check):
    """Unless an empty one here takes its place."""
    deployed = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"]
    assert check(GOOD, deployed) == ([], [])
    assert check(f"{GOOD}TELEGRAM_CHAT_ID=\n", deployed)[0] == [
        "TELEGRAM_CHAT_ID: missing here, and TELEGRAM_BOT_TOKEN, which is deployed, needs it"
    ]


def test_all_that_is_wrong_is_told_at_once(check):
    """What the Worker itself judges as well."""
    found, _ = check(
        "FALLBACK_INBOXES=you@example.net\nALERT_MINUTES=soon\nMY_OWN=x\nTELEGRAM_CHAT_ID=4711\n"
    )
    names = [each.split(":")[0] for each in found]
    assert names == ["ALERT_MINUTES", "you@example.net", "MY_OWN", "TELEGRAM_BOT_TOKEN"]


def test_where_nothing_is_set_the_first_thing_to_do_is_told(check, tmp_path):
    """Not to edit wrangler.toml, which git tracks; but what is wrong in there is mended there."""
    both = f"{tmp_path / 'wrangler.toml'} and {tmp_path / '.dev.vars'}"
    assert check("ALERT_MINUTES=5\n")[1] == [f"Correct {both}"]
    assert check("\n", tracked="addresses = []\n")[1] == [
        f"`mail-failover init` asks for it; or write it into {tmp_path / '.dev.vars'}",
        f"Correct {both}",
    ]


def test_only_an_account_on_this_machine_may_have_chats_there(stage):
    """As in a rehearsal of the whole."""
    stage.settings(f"{GOOD}TELEGRAM_API_URL=http://127.0.0.1:8081\n")
    ended = stage.run()
    assert (ended.code, ended.given) == (1, None)
    stage.env["CLOUDFLARE_API_BASE_URL"] = "http://127.0.0.1:1"
    assert stage.run().code == 0


def test_nothing_of_it_goes_up(stage):
    """Exit code 1, before wrangler is started, and also where Cloudflare can't be asked."""
    stage.settings("FALLBACK_INBOXES=you@example.net\nMY_OWN=hush\n")
    for fault in (None, "500"):
        stage.standin.fault = lambda *_, fault=fault: fault
        ended = stage.run(yes=True)
        assert (ended.code, ended.given) == (1, None)
        assert "- you@example.net: still the example.\n  Fix: Write your own address" in ended.out
        assert "- MY_OWN: no setting of the Worker.\n" in ended.out
        assert "Nothing was uploaded: see above what is wrong with the settings." in ended.err
        assert "hush" not in ended.text


@pytest.mark.parametrize(
    ("service", "lines", "secret"),
    [
        ("ntfy", "", "NTFY_URL"),
        ("telegram", "TELEGRAM_CHAT_ID=4711\n", "TELEGRAM_BOT_TOKEN"),
        ("pushover", f"PUSHOVER_TOKEN={'a' * 30}\n", "PUSHOVER_USER"),
        ("discord", "", "DISCORD_WEBHOOK_URL"),
    ],
)
def test_whose_alerts_a_deployed_secret_carries_may_be_said_here(check, service, lines, secret):
    """A secret that is nowhere keeps the table from going up; where nobody looked, it may be there."""
    text = f"""{GOOD}{lines}ALERTS='{{"anna@shop.test": "{service}"}}'\n"""
    assert check(text, [secret]) == check(text, None) == ([], [])
    found, fixes = check(text)
    assert f"ALERTS: entry 1 names {service}, which is not set up" in found[-1]
    assert fixes[-1] == f"`mail-failover chats {service}` sets it up; or correct ALERTS"


def test_a_channel_of_slacks_for_somebody_waits_for_the_deployed_bot(check):
    """A webhook here has no other channel."""
    hook = "SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/x\nSLACK_CHANNEL=C0123456789\n"
    text = f"""{GOOD}{hook}ALERTS='{{"a@shop.test": {{"slack": {{"chat": "C0123456780"}}}}}}'\n"""
    assert check(text, ["SLACK_BOT_TOKEN"]) == ([], [])
    assert any("only a bot has several" in each for each in check(text)[0])


def test_what_is_here_and_can_not_be_used_is_no_secret_of_the_account(check):
    """Its own fault is named, and the table's."""
    text = f"""{GOOD}TELEGRAM_BOT_TOKEN={BOT}\nALERTS='{{"a@shop.test": "telegram"}}'\n"""
    assert [each.split(":")[0] for each in check(text, ["TELEGRAM_BOT_TOKEN"])[0]] == [
        "TELEGRAM_CHAT_ID",
        "ALERTS",
    ]
