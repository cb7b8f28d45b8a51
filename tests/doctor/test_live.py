"""The live checks against local SMTP servers with faults."""

import asyncio
import contextlib
import ssl
import time

import pytest

from mail_failover.doctor.live.judge import ELSEWHERE
from mail_failover.doctor.live.visit import Probe, live_checks
from mail_failover.mail.exchangers import exchangers_of
from mail_failover.mail.resolver import Dns
from standins.nameserver import NameServer
from standins.smtp_server import Server, make_certificate, serving

ZONE = """
    shop.test.                MX 10 mail.shop.test.
    shop.test.                MX 20 route1.mx.cloudflare.net.
    shop.test.                MX 21 route2.mx.cloudflare.net.
    mail.shop.test.           A  127.0.0.1
    route1.mx.cloudflare.net. A  127.0.0.1
    route2.mx.cloudflare.net. A  127.0.0.1
"""
PRIMARY, EDGE, SECOND = "mail.shop.test", "route1.mx.cloudflare.net", "route2.mx.cloudflare.net"
SECONDS = 0.3


async def check(servers, zone=ZONE, **options):
    """Run the live checks; a host without a server refuses connections. Return the checks by title."""
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        for host, server in servers.items():
            listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
            await stack.enter_async_context(listening)
            ports[host] = listening.sockets[0].getsockname()[1]
        dns = Dns(stack.enter_context(NameServer(zone).serving()))
        probe = Probe(
            options.pop("sender", ""),
            "anyone@shop.test",
            SECONDS,
            lambda host, address: (address, ports.get(host, 1)),
            **options,
        )
        found = await live_checks(dns, await exchangers_of(dns, "shop.test"), probe)
        return {each.title: each for each in found}


def checks(*, primary=None, edge=None, second=None, **options):
    """Run the live checks against one server each."""
    servers = {PRIMARY: primary, EDGE: edge, SECOND: second or edge}
    return asyncio.run(check({host: server for host, server in servers.items() if server}, **options))


def judged(each):
    """Return the status as text."""
    return each.status.value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the folder with cert.pem and key.pem."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def trusting(certificate):
    """Return what makes contexts that trust the certificate."""
    return lambda: ssl.create_default_context(cafile=str(certificate / "cert.pem"))


def test_a_sound_domain_passes_and_no_message_is_sent(certificate):
    """The edge is asked for one recipient, and the conversation ends before DATA."""
    edge = Server()
    found = checks(primary=serving(certificate), edge=edge, second=Server(), trust=trusting(certificate))
    assert {judged(each) for each in found.values()} == {"pass"}
    assert found[f"Primary {PRIMARY}"].found == "220 shop.test ESMTP"
    assert "a valid certificate, 0 days old" in found[f"TLS of {PRIMARY}"].found
    assert found[f"Edge {EDGE}"].found == "RCPT TO: 250 2.1.5 Ok (for anyone@shop.test)"
    assert edge.heard[1:] == ["MAIL FROM:<>", "RCPT TO:<anyone@shop.test>", "QUIT"]
    assert not any(line.startswith("DATA") for line in edge.heard)


def test_a_sender_can_be_named():
    """In place of the empty one."""
    edge = Server()
    checks(edge=edge, sender="me@vps.test")
    assert "MAIL FROM:<me@vps.test>" in edge.heard


@pytest.mark.parametrize(
    ("server", "what"),
    [
        (None, "no connection on port 25: connection refused"),
        (Server(banner=None), "banner: no answer within 0.3 s"),
        (Server(banner=b""), "banner: the server hung up"),
        (Server(banner="554 No service"), "banner: 554 No service"),
        (Server(banner="SSH-2.0-OpenSSH_9.9"), "not an SMTP reply: SSH-2.0-OpenSSH_9.9"),
        (Server(banner="220 " + "x" * 5000), "a line of over 4096 bytes"),
        (Server(banner="220-x\r\n" * 70 + "220 x"), "a reply of over 64 lines"),
        (Server(EHLO="502 What?"), "EHLO: 502 What?"),
        (Server(banner="250 Ok"), "banner: 250 Ok"),
    ],
)
def test_a_primary_that_does_not_answer_as_it_should_fails(server, what):
    """In its exact words, while the edge is reached from here."""
    found = checks(primary=server, edge=Server())[f"Primary {PRIMARY}"]
    assert judged(found) == "fail"
    assert what in found.found
    assert found.fix


def test_a_primary_without_starttls_is_pointed_out():
    """Mail comes in unencrypted."""
    found = checks(primary=Server(extensions=()), edge=Server())
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[f"TLS of {PRIMARY}"]) == "warn"


def test_starttls_that_does_not_work_fails():
    """Refused, or no TLS behind it."""
    refused = checks(primary=Server(STARTTLS="454 TLS not available"), edge=Server())
    silent = checks(primary=Server(STARTTLS="220 Go ahead\r\nnonsense"), edge=Server())
    for found in (refused, silent):
        assert judged(found[f"TLS of {PRIMARY}"]) == "fail"
    assert "454 TLS not available" in refused[f"TLS of {PRIMARY}"].found


def test_a_certificate_that_nobody_vouches_for_is_pointed_out(certificate):
    """In OpenSSL's words."""
    found = checks(primary=serving(certificate), edge=Server())[f"TLS of {PRIMARY}"]
    assert judged(found) == "warn"
    assert "self-signed certificate" in found.found


def test_a_certificate_for_another_name_is_pointed_out(certificate):
    """The MX host's name counts."""
    zone = ZONE.replace("mail.shop.test.", "mx.shop.test.")
    servers = {"mx.shop.test": serving(certificate), EDGE: Server()}
    found = asyncio.run(check(servers, zone, trust=trusting(certificate)))["TLS of mx.shop.test"]
    assert judged(found) == "warn"
    assert "mx.shop.test" in found.found
    assert "mismatch" in found.found


def test_a_certificate_about_to_expire_is_pointed_out(certificate):
    """Ten years minus five days from now."""
    later = time.time() + 86400 * (3650 - 5)
    found = checks(
        primary=serving(certificate), edge=Server(), trust=trusting(certificate), now=lambda: later
    )[f"TLS of {PRIMARY}"]
    assert judged(found) == "warn"
    assert "for 4 more days" in found.found or "for 5 more days" in found.found


@pytest.mark.parametrize(
    ("edge", "status", "words", "fix"),
    [
        (
            Server(RCPT="550 5.1.1 Address does not exist"),
            "fail",
            "550 5.1.1 Address does not exist",
            "catch-all",
        ),
        (Server(RCPT="550-Relaying\r\n550 denied"), "fail", "RCPT TO: 550 Relaying denied", "catch-all"),
        (Server(RCPT="521 5.3.2 Go away"), "fail", "521 5.3.2 Go away", "setup plan"),
        (Server(RCPT="451 4.7.1 Greylisted"), "warn", "451 4.7.1", "A temporary answer"),
        (
            Server(RCPT="554 5.7.1 [9.9.9.9] found on Spamhaus ZEN"),
            "warn",
            "Spamhaus",
            "this machine's address",
        ),
        (Server(RCPT="554 5.7.1 Your IP is blocked"), "warn", "Your IP", "this machine's address"),
        (
            Server(RCPT="550 shop.test does not accept mail; blocked by policy"),
            "fail",
            "550 shop.test does not accept mail; blocked by policy",
            "setup plan",
        ),
        (Server(RCPT="550 shop.test is not listed"), "fail", "550 shop.test is not listed", "setup plan"),
        (Server(MAIL="550 5.7.25 no PTR record"), "warn", "MAIL FROM: 550 5.7.25", "reverse DNS"),
        (Server(banner="421 Busy"), "warn", "banner: 421 Busy", "A temporary answer"),
        (Server(RCPT=None), "warn", "RCPT TO: no answer within 0.3 s", "Try again"),
        (Server(EHLO=b""), "warn", "EHLO: the server hung up", "Try again"),
    ],
)
def test_the_edges_exact_words_are_reported_and_judged(edge, status, words, fix):
    """Only a refusal that is about the domain fails; what is about this machine proves nothing."""
    found = checks(edge=edge)[f"Edge {EDGE}"]
    assert judged(found) == status
    assert words in found.found
    assert fix in found.fix


@pytest.mark.parametrize(
    "edge",
    [
        Server(banner="221 closing"),
        Server(banner="250 Ok"),
        Server(EHLO="221 closing"),
        Server(MAIL="221 closing"),
        Server(RCPT="221 closing"),
        Server(RCPT="252 Cannot verify"),
    ],
)
def test_only_an_answer_to_the_recipient_proves_that_the_edge_takes_mail(edge):
    """A friendly word at another step, or another code, does not."""
    found = checks(edge=edge)[f"Edge {EDGE}"]
    assert judged(found) == "warn"
    assert "that is no answer about anyone@shop.test" in found.found


@pytest.mark.parametrize("primary", [None, Server(banner=None)])
def test_a_silent_primary_without_any_edge_is_not_blamed(primary):
    """Nothing shows whether port 25 is open from here."""
    zone = "shop.test. MX 10 mail.shop.test.\nmail.shop.test. A 127.0.0.1\n"
    found = asyncio.run(check({PRIMARY: primary} if primary else {}, zone))[f"Primary {PRIMARY}"]
    assert judged(found) == "warn"
    assert "or port 25 is blocked from here" in found.found
    assert found.fix.startswith(ELSEWHERE)


def test_another_host_of_the_primary_shows_that_the_port_is_open():
    """Then the silent one is blamed, though there is no edge yet."""
    zone = "shop.test. MX 10 mail.shop.test.\nmail.shop.test. A 127.0.0.1\n"
    zone += "shop.test. MX 11 mx.shop.test.\nmx.shop.test. A 127.0.0.1\n"
    found = asyncio.run(check({"mx.shop.test": Server(extensions=())}, zone))
    assert judged(found[f"Primary {PRIMARY}"]) == "fail"


def test_an_edge_without_addresses_does_not_mean_that_the_port_is_blocked():
    """No connection was tried."""
    zone = "\n".join(line for line in ZONE.splitlines() if not line.strip().startswith("route"))
    found = asyncio.run(check({PRIMARY: Server(extensions=())}, zone))[f"Edge {EDGE}"]
    assert judged(found) == "warn"
    assert found.found == "connect: the host has no address"


@pytest.mark.parametrize("network", [None, Server(banner=None), Server(banner=b"")])
def test_a_blocked_port_proves_nothing_and_says_where_to_go(network):
    """No host of the edge says a word: neither they nor the primary are blamed. Some networks connect."""
    found = checks(primary=network, edge=network)
    assert {judged(each) for each in found.values()} == {"skipped"}
    assert "port 25 is probably blocked here" in found[f"Edge {EDGE}"].found
    assert found[f"Edge {EDGE}"].fix == found[f"Primary {PRIMARY}"].fix == ELSEWHERE


def test_one_host_of_the_edge_out_of_reach_is_pointed_out():
    """The other one shows that the port is open."""
    edge = Server()
    found = asyncio.run(check({PRIMARY: Server(extensions=()), EDGE: edge}))
    assert judged(found[f"Edge {SECOND}"]) == "warn"
    assert judged(found[f"Edge {EDGE}"]) == "pass"


def test_hosts_without_an_address_are_not_tried():
    """They are out of reach all the same, also where port 25 is blocked."""
    zone = ZONE.replace("mail.shop.test.           A  127.0.0.1", "")
    found = asyncio.run(check({EDGE: Server()}, zone))
    assert "the host has no address" in found[f"Primary {PRIMARY}"].found
    blocked = asyncio.run(check({}, zone))
    assert judged(blocked[f"Primary {PRIMARY}"]) == "fail"
    assert judged(blocked[f"Edge {EDGE}"]) == "skipped"


def test_never_more_than_a_handful_of_connections():
    """Three hosts of each kind, however many there are."""
    zone = "".join(f"shop.test. MX {i} m{i}.shop.test.\n" for i in range(9))
    zone += "".join(f"shop.test. MX 9{i} route{i}.mx.cloudflare.net.\n" for i in range(9))
    assert len([title for title in asyncio.run(check({}, zone)) if not title.startswith("TLS")]) == 6


def test_without_mx_records_there_is_nothing_to_try():
    """And it is said."""
    [found] = asyncio.run(check({}, "shop.test. A 9.9.9.9\n")).values()
    assert judged(found) == "skipped"
