"""TLSA records against certificates: what fits, what does not, and what nobody uses."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.mail.tlsa import CertificateError, Tlsa, distrust, fitting
from standins.authority import BEGIN, Authority

HOST, DOMAIN = "mail.shop.test", "shop.test"
NAMES = (HOST, DOMAIN)
NOW = BEGIN.timestamp() + 86400
ROOT = Authority("root.test")
MIDDLE = Authority("middle.test", ROOT)
OTHER = Authority("root.test")
OWN, _ = MIDDLE.issue(HOST, [HOST])
CHAIN = (OWN, MIDDLE.der, ROOT.der)


def spki(certificate):
    """Return the key's part of a certificate: that of `openssl x509 -pubkey`."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def records(usage, certificate):
    """Return the record of every selector and matching type that fits a certificate."""
    found = []
    for selector, part in enumerate((certificate, spki(certificate))):
        data = (part, hashlib.sha256(part).digest(), hashlib.sha512(part).digest())
        found += [Tlsa(usage, selector, matching, each) for matching, each in enumerate(data)]
    return found


@pytest.mark.parametrize("record", records(3, OWN), ids=lambda record: record.numbers)
def test_a_record_covers_its_own_certificate_alone(record):
    """By all of it or by its key; whole, SHA-256 or SHA-512."""
    assert not record.unusable
    assert record.covers(OWN)
    assert not record.covers(MIDDLE.der)


def test_the_record_that_fits_is_that_of_the_key():
    """As it stands in a zone file."""
    assert fitting(OWN).text == f"3 1 1 {hashlib.sha256(spki(OWN)).hexdigest()}"
    assert str(fitting(OWN)) == f"3 1 1 {hashlib.sha256(spki(OWN)).hexdigest()[:16]}…"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (Tlsa(0, 1, 1, bytes(32)), "usage 0 is none for mail"),
        (Tlsa(1, 1, 1, bytes(32)), "usage 1 is none for mail"),
        (Tlsa(255, 1, 1, bytes(32)), "usage 255 is none for mail"),
        (Tlsa(3, 2, 1, bytes(32)), "there is no selector 2"),
        (Tlsa(3, 1, 3, bytes(32)), "there is no matching type 3"),
        (Tlsa(3, 1, 0, b""), "it is empty"),
        (Tlsa(3, 1, 0, b"x"), ""),
    ],
)
def test_a_record_that_senders_pass_over_says_why(record, why):
    """RFC 7672, section 3.1."""
    assert record.unusable == why


@pytest.mark.parametrize("authority", [MIDDLE, ROOT])
@pytest.mark.parametrize("number", range(6))
def test_an_authority_in_the_chain_vouches(authority, number):
    """Directly or through another, by each kind of record."""
    assert distrust([records(2, authority.der)[number]], CHAIN, NAMES, NOW) == ""


def test_an_authority_that_is_not_sent_vouches_only_if_the_record_has_all_of_it():
    """RFC 7672, section 3.1.2: the server has to send it."""
    full, digest = records(2, ROOT.der)[:2]
    assert distrust([full], CHAIN[:2], NAMES, NOW) == ""
    assert "none names an authority" in distrust([digest], CHAIN[:2], NAMES, NOW)


def test_an_authority_that_did_not_issue_the_certificate_does_not_vouch():
    """Neither one of the same name, nor one that only stands beside it, nor the certificate itself."""
    for record, chain in (
        (records(2, OTHER.der)[1], (OWN, MIDDLE.der, OTHER.der)),
        (records(2, OTHER.der)[1], CHAIN),
        (records(2, OWN)[1], CHAIN),
        (records(2, ROOT.der)[1], (OWN, ROOT.der)),
    ):
        assert "none names an authority" in distrust([record], chain, NAMES, NOW)


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ([HOST], True),
        (["MAIL.Shop.Test"], True),
        (["*.shop.test"], True),
        ([DOMAIN], True),
        (["other.test", HOST], True),
        (["*.test"], True),
        (["*.mail.shop.test"], False),
        (["other.test"], False),
    ],
)
def test_a_certificate_that_an_authority_vouches_for_must_be_for_the_name(names, fits):
    """That of the host or of the domain; a star is one label, so *.test is shop.test's."""
    own, _ = MIDDLE.issue("ignored.test", names)
    reason = distrust(records(2, ROOT.der), (own, *CHAIN[1:]), NAMES, NOW)
    assert reason == ("" if fits else "the certificate is for another name than mail.shop.test")


def test_the_common_name_counts_where_there_are_no_others():
    """RFC 7672, section 3.2.3."""
    for common, reason in (
        (HOST, ""),
        ("other.test", "the certificate is for another name than mail.shop.test"),
    ):
        own, _ = MIDDLE.issue(common)
        assert distrust(records(2, ROOT.der), (own, *CHAIN[1:]), NAMES, NOW) == reason


@pytest.mark.parametrize("moment", [BEGIN.timestamp() - 1, BEGIN.timestamp() + 3651 * 86400])
def test_a_certificate_that_an_authority_vouches_for_must_be_valid_now(moment):
    """Unlike one whose own key is in the record."""
    assert distrust(records(2, ROOT.der), CHAIN, NAMES, moment) == "the certificate is not valid at this time"


def test_chains_that_are_long_or_unreadable_end():
    """What can't be read is passed over, what comes late is not looked at; circles end."""
    assert distrust(records(2, ROOT.der), (OWN, b"nonsense", b"", *CHAIN[1:]), NAMES, NOW) == ""
    assert "none names" in distrust(
        records(2, ROOT.der)[1:], (OWN, *[OTHER.der] * 40, *CHAIN[1:]), NAMES, NOW
    )
    assert "none names" in distrust([Tlsa(2, 0, 0, b"nonsense")], (*CHAIN, *CHAIN), NAMES, NOW)


@given(st.binary(max_size=64))
def test_what_is_no_certificate_is_an_error_by_meaning(data):
    """Never another one."""
    for attempt in (
        lambda: Tlsa(3, 1, 1, bytes(32)).covers(data),
        lambda: fitting(data),
        lambda: distrust([], [data], NAMES, NOW),
    ):
        with pytest.raises(CertificateError, match="can't be read"):
            attempt()


def test_a_version_that_nobody_knows_is_an_error_by_meaning():
    """OpenSSL lets such a certificate pass, whoever reads it here."""
    odd = OWN.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020105"), 1)
    assert odd != OWN
    with pytest.raises(CertificateError, match="not a valid X509 version"):
        fitting(odd)
    assert not distrust(records(2, MIDDLE.der), (OWN, odd, MIDDLE.der), NAMES, NOW)


def test_names_that_can_t_be_read_are_none():
    """An address of X.400 among the names, or a subject that is no ASN.1."""
    start = OWN.index(HOST.encode(), OWN.index(bytes.fromhex("551d11"))) - 2
    x400 = OWN[:start] + b"\xa3" + OWN[start + 1 :]
    nameless, _ = MIDDLE.issue(HOST)
    start = nameless.index(HOST.encode()) - 2
    broken = nameless[:start] + b"\x0c" + nameless[start + 1 :].replace(b"mail", b"m\xff\xffl", 1)
    assert "another name" in distrust(records(2, MIDDLE.der), (x400, *CHAIN[1:]), NAMES, NOW)
    assert "another name" in distrust(records(2, MIDDLE.der), (broken, *CHAIN[1:]), NAMES, NOW)


def test_a_key_that_would_be_written_otherwise_than_it_was_read_is_not_compared():
    """RSASSA-PSS: cryptography writes it as plain RSA, and the hash would be another."""
    data = OWN.replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0202"))
    with pytest.raises(CertificateError, match="uncommon kind"):
        fitting(data)
