"""The live checks against local SMTP servers with faults."""

import asyncio
import time

import pytest

from mail_failover.doctor.live.judge import ELSEWHERE, judge_certificate, tls_topic
from mail_failover.mail.route import family_of, has_way_to
from standins.port25 import EDGE, PRIMARY, SECOND, ZONE, check, checks, judged, trusting
from standins.smtp_server import Server, make_certificate, serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the folder with cert.pem and key.pem."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


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


class _NoTls(Server):
    """Asked for TLS it goes ahead, and then says these bytes."""

    def __init__(self, said):
        super().__init__()
        self._said = said

    async def _reply(self, reader, writer, command):
        await super()._reply(reader, writer, command)
        if command == "STARTTLS":
            await reader.read(1)
            writer.write(self._said)
            await writer.drain()
            raise ConnectionResetError


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number"),
        (bytes.fromhex("15030300020228"), "handshake failure"),
        (b"", "the server hung up"),
    ],
)
def test_tls_that_fails_is_told_in_openssls_words(said, words):
    """OpenSSL numbers what goes wrong in its own way: 1 is not the system's "Operation not permitted"."""
    found = checks(primary=_NoTls(said), edge=Server(), seconds=2)[f"TLS of {PRIMARY}"]
    assert judged(found) == "fail"
    assert found.found.startswith("STARTTLS is offered, but fails: ")
    assert words in found.found


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


class _Secured:
    """A conversation with a certificate of these days, of which some have passed."""

    def __init__(self, days, passed):
        begin = time.time() - passed * 86400
        self.dates = [
            time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(begin + n * 86400)) for n in (0, days)
        ]

    def getpeercert(self):
        return dict(zip(("notBefore", "notAfter"), self.dates, strict=True))

    def version(self):
        return "TLSv1.3"


@pytest.mark.parametrize(
    ("days", "passed", "status"),
    [
        (6, 0.1, "pass"),
        (6, 3.5, "pass"),
        (6, 5.1, "warn"),
        (90, 70, "pass"),
        (90, 77, "warn"),
        (3650, 3630, "pass"),
    ],
)
def test_a_certificate_that_lives_shortly_is_not_always_about_to_expire(days, passed, status):
    """Six days are all that some authorities give."""
    assert judged(judge_certificate(tls_topic(PRIMARY), _Secured(days, passed), time.time())) == status


def test_where_nothing_answers_the_router_may_be_why():
    """Run at home, as documented, on the mail server: its own address need not lead back to it."""
    assert "may not lead back to the server" in checks(edge=Server())[f"Primary {PRIMARY}"].fix


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
    assert {judged(each) for each in found.values() if each.id != "live.dane"} == {"skipped"}
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


def test_never_more_than_a_handful_of_hosts():
    """Three of each kind, however many there are."""
    zone = "".join(f"shop.test. MX {i} m{i}.shop.test.\n" for i in range(9))
    zone += "".join(f"shop.test. MX 9{i} route{i}.mx.cloudflare.net.\n" for i in range(9))
    titles = [title.split()[0] for title in asyncio.run(check({}, zone))]
    assert {kind: titles.count(kind) for kind in ("Primary", "Edge")} == {"Primary": 3, "Edge": 3}


def test_without_mx_records_there_is_nothing_to_try():
    """And it is said."""
    [found] = asyncio.run(check({}, "shop.test. A 9.9.9.9\n")).values()
    assert judged(found) == "skipped"


RECIPIENT = f"Recipient at {PRIMARY}"


@pytest.mark.parametrize("extensions", [(), ("STARTTLS",)])
def test_the_primary_is_asked_for_its_postmaster_and_no_message_is_sent(extensions, certificate):
    """Within TLS where it is offered, as senders ask; an address that the user names is asked for, too."""
    primary = serving(certificate) if extensions else Server(extensions=())
    found = checks(primary=primary, edge=Server(), trust=trusting(certificate))[RECIPIENT]
    assert judged(found) == "pass"
    assert found.found.startswith(
        "RCPT TO: 250 2.1.5 Ok (for postmaster@shop.test); greylisting often spares"
    )
    assert primary.heard[-3:] == ["MAIL FROM:<>", "RCPT TO:<postmaster@shop.test>", "QUIT"]
    assert len([line for line in primary.heard if line.startswith("EHLO")]) == 1 + len(extensions)
    named = checks(primary=primary, edge=Server(), trust=trusting(certificate), mailbox="anyone@shop.test")
    assert named[RECIPIENT].found == "RCPT TO: 250 2.1.5 Ok (for anyone@shop.test)"
    assert not any(line.startswith("DATA") for line in primary.heard)


@pytest.mark.parametrize(
    ("reply", "status", "words", "fix"),
    [
        (
            "450 4.2.0 <postmaster@shop.test>: Recipient address rejected: Greylisted, see http://postgrey.test/",
            "warn",
            "takes its mail to the edge at once, though your server is up",
            "check_policy_service",
        ),
        (
            "451 4.7.1 [192.0.2.9] grey-listed for 300 s",
            "warn",
            "to the edge",
            'WHEN_PRIMARY_ANSWERS = "defer"',
        ),
        (
            "450 4.3.2 Service currently unavailable",
            "warn",
            "to the edge",
            "`postconf -e postscreen_pipelining",
        ),
        ("452 4.3.1 Insufficient system storage", "warn", "to the edge", "a full disk"),
        ("421 4.3.2 All server ports are busy", "warn", "to the edge", "log"),
        (
            "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.9]",
            "warn",
            "",
            "reverse DNS",
        ),
        (
            "554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org",
            "warn",
            "",
            "this machine's address",
        ),
        (
            "550 5.7.23 SPF validation failed",
            "warn",
            "",
            "Name another that this machine may send for, with --from",
        ),
        ("553 5.7.1 <>: Sender address rejected", "warn", "", "about the sender <>"),
        (
            "550 5.1.1 User unknown in virtual mailbox table",
            "warn",
            "give the mail back",
            "`mail-failover doctor --live --rcpt ADDRESS`",
        ),
        ("550 user doesn't exist", "warn", "give the mail back", "RFC 5321, section 4.5.1"),
        (
            "554 5.7.1 <postmaster@shop.test>: Relay access denied",
            "fail",
            "the edge is never asked",
            "take mail for",
        ),
        ("550 go away", "fail", "the edge is never asked", "take mail for"),
        ("530 5.7.0 Authentication required", "fail", "the edge is never asked", "take mail for"),
        ("252 Cannot verify", "warn", "that is no answer about it", "log"),
    ],
)
def test_what_the_primary_says_to_a_stranger_is_judged(reply, status, words, fix):
    """Put off, mail goes to the edge; refused, back to the sender: told from what is about this machine."""
    found = checks(primary=Server(extensions=(), RCPT=reply), edge=Server())
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[RECIPIENT]) == status
    assert f"RCPT TO: {reply} (for postmaster@shop.test)" in found[RECIPIENT].found
    assert words in found[RECIPIENT].found
    assert fix in found[RECIPIENT].fix


def test_a_server_that_insists_on_tls_and_has_none_takes_mail_of_nobody():
    """Though the refusal comes at the sender."""
    primary = Server(extensions=(), MAIL="530 5.7.0 Must issue a STARTTLS command first")
    assert judged(checks(primary=primary, edge=Server())[RECIPIENT]) == "fail"


def test_an_address_that_the_user_names_must_exist():
    """Postmaster may be missing, what is named may not."""
    primary = Server(extensions=(), RCPT="550 5.1.1 No such user")
    found = checks(primary=primary, edge=Server(), mailbox="anyone@shop.test")[RECIPIENT]
    assert judged(found) == "fail"
    assert "--rcpt" in found.fix


@pytest.mark.parametrize(
    ("replies", "what"),
    [
        ({"RCPT": None}, "RCPT TO: no answer within 0.3 s"),
        ({"RCPT": b""}, "RCPT TO: the server hung up"),
        ({"MAIL": "x" * 9000}, "MAIL FROM: a line of over 4096 bytes"),
        ({"MAIL": "450 4.7.0 Wait"}, "MAIL FROM: 450 4.7.0 Wait"),
        ({"MAIL": "550 5.1.8 Bad sender"}, "MAIL FROM: 550 5.1.8 Bad sender"),
    ],
)
def test_a_server_that_gives_no_answer_about_the_recipient_is_pointed_out(replies, what):
    """It greeted, so it is up."""
    found = checks(primary=Server(extensions=(), **replies), edge=Server())
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[RECIPIENT]) == "warn"
    assert found[RECIPIENT].found.startswith(what)
    assert found[RECIPIENT].fix


def test_the_recipient_is_asked_for_though_the_certificate_is_not_valid_or_tls_fails(certificate):
    """In a second conversation, as most senders do."""
    unknown = serving(certificate, RCPT="450 4.3.2 Service currently unavailable")
    broken = Server(STARTTLS="454 TLS not available")
    for primary, status in ((unknown, "warn"), (broken, "pass")):
        found = checks(primary=primary, edge=Server())
        assert judged(found[RECIPIENT]) == status
        assert found[RECIPIENT].found.startswith("RCPT TO:")
        assert len([line for line in primary.heard if line.startswith("RCPT")]) == 1


def test_a_conversation_has_a_limit_as_a_whole(monkeypatch):
    """A server that is slow at every step is left, and it is told at which one."""
    monkeypatch.setattr("mail_failover.doctor.live.visit._MOST_STEPS", 0.25)
    begin = time.monotonic()
    found = checks(primary=Server(extensions=(), RCPT=None), edge=Server(), seconds=8.0)
    assert time.monotonic() - begin < 6
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[RECIPIENT]) == "warn"
    assert found[RECIPIENT].found.startswith("RCPT TO: the conversation took over 2 s")


def test_without_a_conversation_nobody_is_asked():
    """The primary's own check says why."""
    found = checks(edge=Server())[RECIPIENT]
    assert (judged(found), found.found) == ("skipped", "there was no conversation to ask in")


def test_a_primary_that_refuses_this_machine_is_not_called_down():
    """Block lists name homes; that says nothing about the server."""
    primary = Server(banner="554 5.7.1 Your IP 192.0.2.9 is listed at zen.spamhaus.org")
    found = checks(primary=primary, edge=Server())[f"Primary {PRIMARY}"]
    assert judged(found) == "warn"
    assert "this machine's address" in found.fix


BOTH = ZONE + "mail.shop.test. AAAA 2620:fe::fe\n"
SIX = f"IPv6 of {PRIMARY}"


def everywhere(_address):
    """Play a machine with both families of addresses."""
    return True


def only(family):
    """Play a machine with one family of addresses."""
    return lambda address: family_of(address) == family


def families(four=None, six=None, zone=BOTH, *, way=everywhere):
    """Run the live checks with a server for each family of the primary's addresses."""
    servers = {(PRIMARY, "IPv4"): four, (PRIMARY, "IPv6"): six, EDGE: Server()}
    return asyncio.run(check({k: v for k, v in servers.items() if v}, zone, has_way=way))


def test_both_families_of_a_host_are_tried():
    """The second one greets only: it is the same server."""
    four, six = Server(extensions=()), Server(extensions=())
    found = families(four, six)
    assert judged(found[SIX]) == "pass"
    assert found[SIX].found == "2620:fe::fe answers, too"
    assert [line.split()[0] for line in six.heard] == ["EHLO", "QUIT"]
    assert SIX not in families(four, zone=ZONE)


@pytest.mark.parametrize("six", [None, Server(banner=None), Server(banner="554 No service")])
def test_an_ipv6_address_that_does_not_answer_is_pointed_out(six):
    """The edge answers by IPv6 from here, so it is not this network."""
    zone = BOTH + "route1.mx.cloudflare.net. AAAA 2606:4700:f5::e\n"
    found = families(Server(extensions=()), six, zone)
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[SIX]) == "warn"
    assert found[SIX].found.startswith("2620:fe::fe, ")
    assert "AAAA record of mail.shop.test" in found[SIX].fix


def test_ipv6_that_may_be_blocked_from_here_is_not_blamed():
    """The edge is silent by IPv6 too, or has no such address to compare with."""
    zone = BOTH + "route1.mx.cloudflare.net. AAAA 2606:4700:f5::e\n"
    silent = asyncio.run(
        check({(PRIMARY, "IPv4"): Server(extensions=()), (EDGE, "IPv4"): Server()}, zone, has_way=everywhere)
    )
    assert judged(silent[SIX]) == "skipped"
    assert silent[SIX].fix == ELSEWHERE
    unknown = families(Server(extensions=()))
    assert judged(unknown[SIX]) == "warn"
    assert "or port 25 is blocked from here" in unknown[SIX].found


def test_a_machine_without_ipv6_says_nothing_of_it():
    """The question stays open, and says where it can be answered."""
    found = families(Server(extensions=()), Server(), way=only("IPv4"))
    assert judged(found[SIX]) == "skipped"
    assert found[SIX].found == "this machine has no way to IPv6, so not to 2620:fe::fe"
    assert found[SIX].fix == "Run this on a machine with IPv6."


def test_a_machine_with_ipv6_alone_talks_by_that():
    """And leaves IPv4 open, the edge's too."""
    six = Server(extensions=())
    found = families(None, six, way=only("IPv6"))
    assert judged(found[f"Primary {PRIMARY}"]) == "pass"
    assert judged(found[f"IPv4 of {PRIMARY}"]) == judged(found[f"Edge {EDGE}"]) == "skipped"
    assert "RCPT TO:<postmaster@shop.test>" in six.heard


def test_a_host_that_this_machine_has_no_way_to_is_not_called_down():
    """Neither is anything else said of it."""
    found = families(zone=BOTH.replace("mail.shop.test.           A  127.0.0.1", ""), way=only("IPv4"))
    about = [found[title] for title in (f"Primary {PRIMARY}", f"TLS of {PRIMARY}", RECIPIENT)]
    assert [judged(each) for each in about] == ["skipped"] * 3


def test_ipv4_that_does_not_answer_is_the_primary_down():
    """Many senders have nothing else."""
    found = families(None, Server(extensions=()))
    assert judged(found[f"Primary {PRIMARY}"]) == "fail"
    assert judged(found[SIX]) == "pass"


def test_connections_have_a_limit():
    """Three for each of the primary's hosts, one for each of the edge's, and one to compare."""
    talks = []

    class Counted(Server):
        async def talk(self, reader, writer):
            talks.append(self)
            await super().talk(reader, writer)

    zone = "".join(f"shop.test. MX {i} m{i}.shop.test.\nm{i}.shop.test. A 127.0.0.1\n" for i in range(9))
    zone += "".join(f"m{i}.shop.test. AAAA 2620:fe::{i}\n" for i in range(9))
    zone += "".join(
        f"shop.test. MX 9{i} route{i}.mx.cloudflare.net.\nroute{i}.mx.cloudflare.net. A 127.0.0.1\n"
        f"route{i}.mx.cloudflare.net. AAAA 2606:4700:f5::{i}\n"
        for i in range(9)
    )
    broken = {"STARTTLS": "454 No TLS"}
    servers = {(f"m{i}.shop.test", "IPv4"): Counted(**broken) for i in range(9)}
    servers |= {(f"m{i}.shop.test", "IPv6"): Counted(banner=None) for i in range(9)}
    servers |= {f"route{i}.mx.cloudflare.net": Counted() for i in range(9)}
    asyncio.run(check(servers, zone, has_way=everywhere))
    assert len(talks) == 3 * 3 + 3 + 1


def test_the_way_to_an_address_is_looked_up_without_sending_anything():
    """Loopback has one; nothing leads to an address of documentation by IPv6 from a private one."""
    assert has_way_to("127.0.0.1")
    assert family_of("127.0.0.1") == "IPv4"
    assert (family_of("::1"), family_of("")) == ("IPv6", "")
