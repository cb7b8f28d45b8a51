"""What is typed behind `mail-failover drill` reaches the drill as it was meant."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from mail_failover.cli import app
from mail_failover.drill.report import Drill, Verdict
from mail_failover.drill.send import Host


@pytest.fixture
def typed(monkeypatch):
    """Type a command; return what the drill is given, and what was said."""
    given = {}

    async def follow(sender, recipient, wait, ports):
        given.update(sender=sender, recipient=recipient, wait=wait, ports=ports)
        return Drill(sender, recipient, "s", "<m>").end(Verdict.ACCEPTED)

    monkeypatch.setattr("mail_failover.drill.follow.follow", follow)
    monkeypatch.setenv("MAIL_FAILOVER_IMAP_USER", "anna")
    monkeypatch.setenv("MAIL_FAILOVER_IMAP_PASSWORD", "sEcReT")

    def type_(*words):
        given.clear()
        return given, CliRunner().invoke(app, ["drill", "--to", "anna@shop.test", *words])

    return type_


def test_by_default_the_edge_is_asked_and_no_inbox_opened(typed):
    """The next steps name the recipient's domain."""
    given, done = typed("--from", "me@vps.test")
    ports = given["ports"]
    assert done.exit_code == 0
    assert (given["sender"], given["recipient"], given["wait"]) == ("me@vps.test", "anna@shop.test", 120)
    assert (ports.open_inbox, ports.via) == (None, "")
    assert ports.again.doctor() == "mail-failover doctor --domain shop.test"


def test_a_relay_stands_in_for_the_edge(typed):
    """And needs no sender, since its SPF record is not asked for."""
    given, _ = typed("--via", "127.0.0.1:2525")
    assert given["sender"] == "mail-failover-drill@shop.test"
    assert given["ports"].via == "127.0.0.1:2525"
    hosts = asyncio.run(given["ports"].find_hosts())
    assert hosts == [Host("127.0.0.1:2525", ("127.0.0.1", 2525))]


def test_the_edge_is_looked_for_with_the_resolver_that_is_named(typed, monkeypatch):
    """At the recipient's domain."""
    asked = []

    async def edge_hosts(dns, domain):
        resolver = dns._resolver
        asked.append((list(map(str, resolver.nameservers)), resolver.port, domain))
        return []

    monkeypatch.setattr("mail_failover.drill.send.edge_hosts", edge_hosts)
    given, _ = typed("--from", "me@vps.test", "--resolver", "127.0.0.1:5353")
    asyncio.run(given["ports"].find_hosts())
    assert asked == [(["127.0.0.1"], 5353, "shop.test")]


def test_the_inbox_is_the_one_that_is_named(typed, monkeypatch):
    """With the user and the password of the environment; and for as long as was asked."""
    logins = []
    monkeypatch.setattr("mail_failover.drill.inbox.Inbox", logins.append)
    given, _ = typed("--from", "me@vps.test", "--inbox-imap", "imap.inbox.test", "--wait", "5")
    given["ports"].open_inbox()
    [login] = logins
    assert (login.host, login.port, login.user, login.password) == ("imap.inbox.test", 993, "anna", "sEcReT")
    assert given["wait"] == 5


@pytest.mark.parametrize("words", [("--wait", "0"), ("--wait", "x"), ("--chat",)])
def test_an_option_that_can_not_be_used_sends_nothing(typed, words):
    """Wrong usage, exit code 2."""
    given, done = typed("--from", "me@vps.test", *words)
    assert (given, done.exit_code) == ({}, 2)


def test_json_has_the_same_head_as_that_of_all_commands(typed):
    """For a drill as for wrong usage."""
    _, done = typed("--from", "me@vps.test", "--json")
    said = json.loads(done.stdout)
    assert (said["version"], said["exit_code"], said["verdict"]) == (1, 0, "accepted")
    _, done = typed("--from", "nobody", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["version"], said["exit_code"]) == (2, 1, 2)
    assert said["error"].keys() == {"kind", "what", "fix", "code"}


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example"])
def test_a_domain_in_unicode_is_drilled_by_its_name_in_dns(typed, domain):
    """As is its sender's."""
    given, done = typed("--to", f"anna@{domain}", "--from", f"me@{domain}")
    assert done.exit_code == 0
    assert (given["recipient"], given["sender"]) == ("anna@xn--bcher-kva.example", "me@xn--bcher-kva.example")
    assert given["ports"].again.domain == "xn--bcher-kva.example"
