"""What is typed behind `mail-failover doctor` reaches the checks as it was meant."""

import json

import pytest
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.cloudflare.calls import Cloudflare
from mail_failover.doctor.report import Report


@pytest.fixture
def typed(folder, monkeypatch):
    """Type a command in a folder with settings; return what the checks are given, and what was said."""
    given = {}

    async def examine(domain, local, ports, probe=None, *, chat=False):
        given.update(domain=domain, local=local, ports=ports, probe=probe, chat=chat)
        return Report(domain, ())

    monkeypatch.setattr("mail_failover.doctor.examine.examine", examine)
    monkeypatch.delenv("CLOUDFLARE_ACCOUNT_ID", raising=False)

    def type_(*words):
        given.clear()
        done = CliRunner().invoke(app, ["doctor", *words])
        return given, done

    return type_


def test_by_default_only_public_things_are_asked(typed):
    """No server is talked to and no alert sent; the settings are those of this folder."""
    given, done = typed("--domain", "shop.test")
    assert done.exit_code == 0
    assert (given["domain"], given["probe"], given["chat"]) == ("shop.test", None, False)
    assert str(given["local"].path) == "wrangler.toml"
    assert (given["ports"].account, given["ports"].web) == ("", None)
    assert given["ports"].open_api.func == Cloudflare.from_env
    assert done.stdout == "shop.test: 0 passed, 0 to look at, 0 failed, 0 skipped.\n"


def test_chat_sends_alerts_and_talks_to_no_server(typed):
    """Each is asked for by itself."""
    given, _ = typed("--domain", "shop.test", "--chat")
    assert (given["chat"], given["probe"]) == (True, None)


def test_live_talks_to_the_servers_and_sends_no_alert(typed):
    """As nobody; at the edge for what only the catch-all takes, at the primary for what it must have."""
    given, _ = typed("--domain", "shop.test", "--live")
    probe = given["probe"]
    assert given["chat"] is False
    assert (probe.sender, probe.recipient) == ("", "mail-failover-doctor@shop.test")
    assert probe.mailbox == "postmaster@shop.test"


def test_the_envelope_of_live_can_be_chosen(typed):
    """The sender is not the recipient."""
    given, _ = typed("--domain", "shop.test", "--live", "--rcpt", "anna@shop.test", "--from", "me@vps.test")
    assert (given["probe"].sender, given["probe"].recipient) == ("me@vps.test", "anna@shop.test")
    assert given["probe"].mailbox == "anna@shop.test"


def test_the_settings_and_the_resolver_can_be_chosen(typed, folder):
    """The next steps name the same settings."""
    (folder / "other.toml").write_text((folder / "wrangler.toml").read_text())
    given, _ = typed(
        "--domain", "shop.test", "--config", "other.toml", "--resolver", "127.0.0.1:5353", "--live"
    )
    assert str(given["local"].path) == "other.toml"
    resolver = given["ports"].dns._resolver
    assert (list(map(str, resolver.nameservers)), resolver.port) == (["127.0.0.1"], 5353)
    plan = "mail-failover setup plan --domain shop.test --config other.toml"
    assert given["ports"].again.setup("plan") == given["probe"].again.setup("plan") == plan


def test_the_door_is_tried_where_the_options_or_the_environment_have_it(typed, folder, monkeypatch):
    """Without them it is not."""
    given, _ = typed("--domain", "shop.test")
    knock = given["ports"].knock
    assert (knock.address, knock.reason) == (None, "no --url says where it is")
    (folder / "token").write_text("t" * 43)
    (folder / "token").chmod(0o600)
    for words, env in (
        (["--url", "https://w.test", "--token-file", "token"], {}),
        ([], {"MAIL_FAILOVER_SPOOL_URL": "https://w.test", "MAIL_FAILOVER_SPOOL_TOKEN": "t" * 43}),
    ):
        with monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            given, done = typed("--domain", "shop.test", *words)
        address = given["ports"].knock.address
        assert (address.origin, address.domain, address.token) == ("https://w.test", "shop.test", "t" * 43)
        assert "t" * 43 not in done.output
    _, done = typed("--domain", "shop.test", "--url", "w.test", "--token-file", "token")
    assert (done.exit_code, "not the address of a Worker" in done.stderr) == (2, True)


def test_json_has_the_same_head_as_that_of_all_commands(typed):
    """For a report as for wrong usage."""
    _, done = typed("--domain", "shop.test", "--json")
    said = json.loads(done.stdout)
    assert (said["version"], said["exit_code"], said["checks"]) == (1, 0, [])
    _, done = typed("--domain", "shop", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout) == {
        "version": 1,
        "exit_code": 2,
        "error": {
            "kind": "UsageError",
            "what": "--domain shop: not a domain.",
            "fix": "Write it like example.com.",
            "code": 0,
        },
    }
