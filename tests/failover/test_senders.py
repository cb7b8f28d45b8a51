"""Who sent a message, and what the edge's verdicts on it are worth: from its bytes to the alert."""

from pathlib import Path

import pytest

from failover.message import Address, Envelope
from failover.settings import Settings
from failover.skim import skim
from failover.structured import mailboxes
from notify.describe import caught

CASES = Path(__file__).parents[1] / "mails" / "cases"
REAL = (CASES / "22b-real-shape-of-edge-headers.eml").read_bytes()
FORGED = (CASES / "22-forged-verdicts-when-edge-adds-none.eml").read_bytes()
ANNA = "anna@example.org"
PASSES = "SPF pass, DKIM pass, DMARC pass"
CLAIMED = f"claimed, perhaps by the sender: {PASSES}"


def facts(content, sender):
    """Return what an alert says of a message from that envelope."""
    mail = skim(content, len(content))
    alert = caught(Envelope(sender, "you@example.com", len(content)), mail, (), Settings())
    return {field.label: field.text for field in alert.fields}


def test_a_name_with_a_comma_in_it_is_one_person():
    """As a mail program shows it; nobody else is hinted at."""
    data = (CASES / "15-unquoted-comma-in-name.eml").read_bytes()
    mail = skim(data, len(data))
    assert mail.sender == Address("Joe Foo, PhD", "joe@example.org")
    assert (mail.other_senders, mail.defects) == (False, ())
    assert facts(data, "joe@example.org")["From"] == "Joe Foo, PhD <joe@example.org>"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Doe, John, MD, PhD, Esq, III <j@d.example>", ["Doe, John, MD, PhD, Esq, III|j@d.example"]),
        ('"Foo, Joe", PhD <j@d.example>', ["Foo, Joe, PhD|j@d.example"]),
        ("=?utf-8?q?J=C3=B6e?= Foo, PhD <j@d.example>", ["Jöe Foo, PhD|j@d.example"]),
        ("Mutual; Inc <j@d.example>", ["Mutual; Inc|j@d.example"]),
        ("Joe Foo, (work) PhD (home) <j@d.example>", ["Joe Foo, PhD|j@d.example"]),
        ("Joe, <j@d.example>", ["Joe|j@d.example"]),
        (
            "a@b.example, Foo, PhD <j@d.example>, c@d.example",
            ["|a@b.example", "Foo, PhD|j@d.example", "|c@d.example"],
        ),
        ("Friends: Foo, PhD <j@d.example>;", ["Foo, PhD|j@d.example"]),
        ("Foo, PhD <>", ["Foo, PhD|"]),
        ("Foo, PhD", ["Foo, PhD|"]),
        ("Foo,", ["Foo|"]),
        # What could be an address of its own is one, and a comment names nobody but its neighbour.
        ("ceo@bank.example, PhD <evil@x.example>", ["|ceo@bank.example", "PhD|evil@x.example"]),
        ("Foo, evil@x.example", ["Foo|", "|evil@x.example"]),
        ("Foo (ceo@bank.example), evil@x.example", ["Foo|", "|evil@x.example"]),
        ("Foo <>, PhD <j@d.example>", ["Foo|", "PhD|j@d.example"]),
        ("<a@b.example>, PhD", ["|a@b.example", "PhD|"]),
    ],
)
def test_a_name_goes_on_behind_a_comma_until_its_address(value, found):
    """No entry of a list is a name alone, so names without an address belong to the next in brackets."""
    assert [f"{a.name}|{a.addr}" for a in mailboxes(value, 9)[0]] == found


def test_names_count_for_no_more_than_the_addresses_asked_for():
    """Also where a name and an address come out of one entry."""
    assert mailboxes("a@b.example, Foo, c@d.example, e@f.example", 2)[0] == (
        Address("", "a@b.example"),
        Address("Foo", ""),
    )
    mail = skim(b"From: a@b.example, " + b"x, " * 99 + b"<c@d.example>\n\nx", 0)
    assert mail.other_senders


@pytest.mark.parametrize("value", ["Foo, a@b.example", "a@b.example, Foo"])
def test_a_name_without_an_address_is_no_other_sender(value):
    """Nobody can have sent from it."""
    mail = skim(f"From: {value}\n\nx".encode(), 0)
    assert (mail.sender, mail.other_senders) == (Address("", "a@b.example"), False)


def test_the_edges_own_verdicts_are_shown_as_such():
    """Its Received field and its ARC field stand on top, and SPF was checked for this very envelope."""
    assert facts(REAL, ANNA)["Checks by the edge"] == PASSES
    assert facts(REAL, "Anna@EXAMPLE.org.")["Checks by the edge"] == PASSES
    assert "Checks" not in facts(REAL, ANNA)


def test_a_domain_alone_names_the_mail_from_too():
    """RFC 8601 leaves the local part to the server."""
    data = REAL.replace(b"smtp.mailfrom=anna@example.org", b"smtp.mailfrom=example.org")
    assert "Checks by the edge" in facts(data, ANNA)
    assert "Checks by the edge" not in facts(data, "anna@evil.example")


def test_verdicts_that_the_edge_did_not_make_hide_nothing():
    """The sender's own stand where the edge left its out: claimed, and the envelope's domain is there."""
    found = facts(FORGED, "a@evil.example")
    assert found["From"] == "Anna <service@bank.example> via evil.example"
    assert found["Checks"] == CLAIMED
    assert "Checks by the edge" not in found


@pytest.mark.parametrize(
    ("old", "new", "sender"),
    [
        (b"", b"", "bounce@evil.example"),
        (b"", b"", "bert@example.org"),
        (b"", b"", ""),
        (b"smtp.mailfrom=anna@example.org", b"smtp.mailfrom=", ANNA),
        (b"by cloudflare-email.net (cloudflare)", b"by mx.evil.example (cloudflare-email.net)", ANNA),
        (b"Received: from mail-1", b"X-Received: from mail-1", ANNA),
        (
            b"ARC-Authentication-Results: i=2; mx.cloudflare.net",
            b"ARC-Authentication-Results: i=2; mx.g.example",
            ANNA,
        ),
        (b"ARC-Authentication-Results", b"X-Authentication-Results", ANNA),
    ],
)
def test_verdicts_are_hedged_where_they_can_not_be_the_edges(old, new, sender):
    """Another envelope, another server's Received or ARC field on top, or none."""
    assert old in REAL
    found = facts(REAL.replace(old, new), sender)
    assert found["Checks"] == CLAIMED
    assert "Checks by the edge" not in found


def test_a_forged_field_below_the_edges_own_says_nothing():
    """The edge may seal its verdicts and add no Authentication-Results: the sealed ones count."""
    start, end = REAL.index(b"\r\nAuthentication-Results"), REAL.index(b"\r\nReceived: by")
    forged = b"\r\nAuthentication-Results: mx.cloudflare.net; dmarc=pass header.from=bank.example"
    data = REAL[:start].replace(b"=pass", b"=fail") + forged + REAL[end:]
    assert facts(data, ANNA)["Checks by the edge"] == "SPF fail, DKIM fail, DMARC fail"


def test_a_forged_field_above_the_from_field_alone_is_no_proof():
    """An ARC field of the edge's name counts only between its Received and its Authentication-Results."""
    received, rest = REAL.split(b"\r\nARC-Seal", 1)
    arc = REAL[REAL.index(b"\r\nARC-Authentication-Results") : REAL.index(b"\r\nReceived-SPF")]
    below = received + b"\r\nARC-Seal" + rest.replace(arc, b"").replace(b"\r\nFrom:", arc + b"\r\nFrom:")
    above = arc[2:] + b"\r\n" + REAL.replace(arc, b"")
    for data in (below, above):
        assert facts(data, ANNA)["Checks"] == CLAIMED


def test_a_field_that_names_no_verdict_is_not_shown():
    """Nothing was checked, or nothing is said of it."""
    data = b"Authentication-Results: mx.cloudflare.net; none\nFrom: a@b.example\n\nx"
    assert not {"Checks", "Checks by the edge"} & facts(data, "a@b.example").keys()


def test_a_dmarc_verdict_on_another_domain_says_so():
    """A From field can be read in two ways; whose pass it is shows which one the edge took."""
    data = REAL.replace(b"dmarc=pass header.from=example.org", b"dmarc=pass header.from=evil.example")
    assert facts(data, ANNA)["Checks by the edge"] == "SPF pass, DKIM pass, DMARC pass for evil.example"
    two = REAL.replace(b"From: Anna <", b"From: <ceo@bank.example>, Anna <")
    assert facts(two, ANNA)["Checks by the edge"].endswith("DMARC pass for example.org")
