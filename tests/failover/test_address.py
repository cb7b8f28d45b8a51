"""Addresses are compared the way people mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.address import canonical, domain, is_address, without_detail


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("anna@xn--mnchen-3ya.example", "anna@München.example"),
        ("anna@xn--strae-oqa.de", "anna@straße.de"),
        ("jürgen@example.com", "JU\u0308RGEN@example.com"),
    ],
)
def test_spellings_of_one_address_are_equal(one, other):
    """Case, a last dot, punycode and composed letters make no difference."""
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@straße.de", "anna@strasse.de"),
        ("anna+x@example.com", "anna@example.com"),
        ("anna@example.com", "anna@example.org"),
        ("anna@xn--a", "anna@a"),
    ],
)
def test_different_addresses_stay_different(one, other):
    """Two domains of IDNA 2008 that IDNA 2003 took for one are two."""
    assert canonical(one) != canonical(other)


def test_detail_and_domain():
    """`+detail` goes, the domain is what follows the last @; an address that is all detail keeps it."""
    assert without_detail("anna+shop@example.com") == "anna@example.com"
    assert without_detail("anna@example.com") == "anna@example.com"
    assert without_detail("+anna@example.com") == "+anna@example.com"
    assert domain('"a@b"@example.com') == "example.com"


@pytest.mark.parametrize("text", ["a@b", "anna+x@example.com", "jürgen@müller.example"])
def test_looks_like_an_address(text):
    """What a person would call an address."""
    assert is_address(text)


@pytest.mark.parametrize(
    "text", ["", "anna", "@example.com", "anna@", "a@@b", "a b@c", "a@b,c@d", "<a@b>", "a@b\u202e", "a@."]
)
def test_does_not_look_like_an_address(text):
    """What would fail later, or be two."""
    assert not is_address(text)


@given(st.text())
def test_canonical_never_raises_and_is_stable(text):
    """Any text has a canonical form; doing it twice changes nothing."""
    assert canonical(canonical(text)) == canonical(text)
