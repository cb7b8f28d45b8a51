"""TLSA records against a primary's certificate, as senders with DANE see both."""

import asyncio
import hashlib
import ssl

import pytest

from mail_failover.console.next_step import Again
from mail_failover.mail.tlsa import fitting
from standins.authority import BEGIN, Authority, pem
from standins.port25 import EDGE, PRIMARY, ZONE, check, judged
from standins.smtp_server import Server

NAME = f"_25._tcp.{PRIMARY}"
ROOT = Authority("root.test")
OWN, KEY = ROOT.issue(PRIMARY, [PRIMARY])
STALE = f"{NAME}. TLSA 3 1 1 {'ab' * 32}\n"
FITS = f"{NAME}. TLSA {fitting(OWN).text}\n"
ANCHOR = f"2 0 1 {hashlib.sha256(ROOT.der).hexdigest()}"
SIGNED = ("shop.test", PRIMARY, NAME)
NOW = BEGIN.timestamp() + 86400


@pytest.fixture(scope="module")
def sends(tmp_path_factory):
    """Return a context that sends the certificate and its authority's."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "chain.pem").write_bytes(pem(OWN, ROOT.der) + KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem")
    return context


@pytest.fixture
def trusted(tmp_path):
    """Return what makes contexts that trust the authority, at any time."""

    def make():
        context = ssl.create_default_context(cadata=pem(ROOT.der).decode())
        # OpenSSL looks at the machine's clock.
        context.verify_flags |= 0x200000
        return context

    return make


@pytest.fixture
def shown(monkeypatch):
    """Show a server's whole chain, as Python 3.13 does; before, it is there under another name."""

    def chain(self):
        return [each.public_bytes(2) for each in self._sslobj.get_unverified_chain()]

    monkeypatch.setattr(ssl.SSLObject, "get_unverified_chain", chain, raising=False)


@pytest.fixture
def hidden(monkeypatch):
    """Show a server's own certificate alone, as before Python 3.13."""
    monkeypatch.delattr(ssl.SSLObject, "get_unverified_chain", raising=False)


def dane(server, records="", signed=SIGNED, *, more="", trust=None, **faults):
    """Run the live checks and return that of the TLSA records."""
    options = {"trust": trust} if trust else {}
    servers = {PRIMARY: server, EDGE: Server()} if server else {EDGE: Server()}
    found = check(
        servers,
        ZONE + records + more,
        {"signed": signed, **faults},
        now=lambda: NOW,
        again=Again("shop.test"),
        seconds=1.0,
        dns_seconds=0.5 if faults else 5.0,
        **options,
    )
    return asyncio.run(found)[f"DANE of {PRIMARY}"]


def test_without_tlsa_records_there_is_nothing_out_of_date(sends):
    """Most domains have none."""
    found = dane(Server(sends))
    assert (judged(found), found.found) == ("pass", f"no TLSA record {NAME}: none that could be out of date")


@pytest.mark.parametrize("valid", [True, False])
def test_a_record_that_fits_passes_whoever_vouches_for_the_certificate(sends, trusted, valid):
    """DANE needs no authority; old records may stand beside it."""
    server = Server(sends)
    found = dane(server, FITS + STALE, trust=trusted if valid else None)
    assert judged(found) == "pass"
    assert "fits the certificate (2 usable)" in found.found
    assert len([line for line in server.heard if line == "STARTTLS"]) == (1 if valid else 2)


def test_a_record_that_does_not_fit_fails_and_shows_the_one_that_does(sends):
    """In the form of a zone file."""
    found = dane(Server(sends), STALE)
    assert judged(found) == "fail"
    assert found.found.startswith("3 1 1 abababababababab…: none fits the certificate that the server sends")
    assert "bring all their mail to the edge" in found.found
    assert f"`{NAME}. IN TLSA {fitting(OWN).text}`" in found.fix


@pytest.mark.parametrize(
    ("records", "status", "what"),
    [
        ("1 1 1 " + "ab" * 32, "warn", "usage 1 is none for mail"),
        ("3 9 1 " + "ab" * 32, "warn", "there is no selector 9"),
        ("3 1 9 ab", "warn", "there is no matching type 9"),
        ("255 255 255 00", "warn", "usage 255"),
    ],
)
def test_records_that_no_sender_of_mail_uses_are_pointed_out(sends, records, status, what):
    """Alone they protect nothing; beside others they are told."""
    odd = f"{NAME}. TLSA {records}\n"
    found = dane(Server(sends), odd)
    assert judged(found) == status
    assert what in found.found
    assert fitting(OWN).text in found.fix
    beside = dane(Server(sends), odd + FITS)
    assert judged(beside) == "pass"
    assert f"senders pass over {records[:5]}" in beside.found
    assert judged(dane(Server(sends), odd + STALE)) == "fail"


def test_an_authority_of_the_record_vouches_where_the_chain_is_seen(sends, shown):
    """And one that the server does not send does not."""
    right = dane(Server(sends), f"{NAME}. TLSA {ANCHOR}\n")
    assert judged(right) == "pass"
    assert "vouches for the certificate" in right.found
    wrong = dane(Server(sends), f"{NAME}. TLSA 2 0 1 {'ab' * 32}\n")
    assert judged(wrong) == "fail"
    assert "none names an authority in the chain" in wrong.found


def test_an_authority_of_the_record_is_left_open_where_the_chain_is_not_seen(sends, hidden):
    """Before Python 3.13; openssl can tell. A record of the key itself is enough."""
    found = dane(Server(sends), f"{NAME}. TLSA {ANCHOR}\n" + STALE)
    assert judged(found) == "skipped"
    assert f"-dane_tlsa_domain {PRIMARY} -dane_tlsa_rrdata '{ANCHOR}' </dev/null`" in found.fix
    assert judged(dane(Server(sends), f"{NAME}. TLSA {ANCHOR}\n" + FITS)) == "pass"


def test_records_count_only_if_dnssec_vouches_for_them_and_for_the_address(sends):
    """Senders pass over others; a resolver that does not validate can't tell."""
    ds = "shop.test. SOA ns.shop.test. owner.shop.test. 1 3600 600 86400 300\n"
    unsigned = dane(Server(sends), STALE, (), more=ds)
    assert judged(unsigned) == "warn"
    assert "but shop.test is not signed with DNSSEC: senders pass over them" in unsigned.found
    ds += "shop.test. DS 12345 13 2 " + "00" * 32 + "\n"
    blind = dane(Server(sends), STALE, (), more=ds)
    assert judged(blind) == "skipped"
    assert "this resolver does not validate DNSSEC" in blind.found
    assert blind.fix.endswith("`mail-failover doctor --domain shop.test --live --resolver 1.1.1.1`")
    elsewhere = dane(Server(sends), STALE, (NAME,), more=ds)
    assert judged(elsewhere) == "warn"
    assert f"but the address of {PRIMARY} is not signed" in elsewhere.found


def test_a_question_for_tlsa_records_that_fails_makes_the_host_down():
    """If the domain is signed; careful senders do not deliver where they can't know."""
    failing = dane(Server(extensions=()), dead=[NAME])
    assert judged(failing) == "fail"
    assert "SERVFAIL" in failing.found
    assert failing.fix == f"See https://dnsviz.net/d/{NAME}/dnssec/ for the cause."
    assert judged(dane(Server(extensions=()), signed=(), dead=[NAME])) == "skipped"
    assert judged(dane(Server(extensions=()), silent=[NAME])) == "skipped"


def test_an_answer_that_is_cut_off_is_asked_for_again_and_one_that_is_broken_is_none(sends):
    """Truncated by UDP it comes by TCP; what can't be read is no answer."""
    many = "".join(f"{NAME}. TLSA 3 1 1 {i:064x}\n" for i in range(400))
    found = dane(Server(sends), many + FITS, cut=[NAME])
    assert judged(found) == "pass"
    assert "(401 usable)" in found.found
    crowd = dane(Server(sends), many)
    assert judged(crowd) == "fail"
    assert "and 392 more" in crowd.found
    broken = dane(Server(sends), STALE, mangled=[NAME])
    assert judged(broken) == "warn"
    assert f"the answer for {NAME} TLSA can't be read" in broken.found
    assert f"This one fits now: `{NAME}. IN TLSA {fitting(OWN).text}`" in broken.fix
    assert "fits now" not in dane(Server(extensions=()), STALE, mangled=[NAME]).fix


@pytest.mark.parametrize(
    ("server", "what"),
    [
        (Server(extensions=()), "there is no STARTTLS"),
        (Server(STARTTLS="454 TLS not available"), "TLS fails"),
        (Server(STARTTLS="220 Go ahead\r\nnonsense"), "TLS fails"),
    ],
)
def test_records_without_tls_behind_them_fail(server, what):
    """They promise it, so careful senders do not deliver without."""
    found = dane(server, STALE)
    assert judged(found) == "fail"
    assert what in found.found


def test_without_a_certificate_nothing_is_compared(sends):
    """A server that is down, or that goes silent when it is asked a second time."""

    class Once(Server):
        async def talk(self, reader, writer):
            if self.heard:
                writer.close()
                return
            await super().talk(reader, writer)

    assert judged(dane(None, STALE)) == "skipped"
    found = dane(Once(sends), STALE)
    assert judged(found) == "skipped"
    assert "the second conversation ended" in found.found
