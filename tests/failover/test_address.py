"""Addresses are compared the way people mean them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from failover.address import canonical, domain, is_address, shown, without_detail


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("\tanna@example.com ", "anna@example.com"),
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
        ("anna@xn--a-", "anna@a"),
        ("anna@xn--example-", "anna@example"),
        ("anna@xn--xn--a-", "anna@xn--a"),
        ("anna@xn--mnchen-psa", "anna@münchen"),
        ("anna@xn--mnchen-3ya.example", "anna@xn--munchen-.example"),
    ],
)
def test_different_addresses_stay_different(one, other):
    """Two domains of IDNA 2008 that IDNA 2003 took for one are two."""
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "label",
    [
        *("xn--", "xn---", "xn--a-", "xn--xn--a-", "xn--ü", "xn--0", "xn--99999999", "xn--a!", "xn--a b"),
        *("xn--mnchen-psa", "xn--munchen-gie", f"xn--{'a' * 61}", f"xn--{'a' * 300}"),
    ],
)
def test_broken_punycode_stays_as_it_stands(label):
    """What stands for no name of another script, or for one that is spelled differently, is itself."""
    assert canonical(f"anna@{label}.example") == f"anna@{label}.example"


@given(st.text("abcxn-zäöüß0123456789", max_size=70), st.text("abcxn-zäöüß0123456789", max_size=70))
def test_no_two_labels_in_punycode_are_one(one, other):
    """DNS tells them apart, so do we; and what one is equal to does not change."""
    first, second = canonical(f"a@xn--{one}"), canonical(f"a@xn--{other}")
    assert (first == second) == (one == other)
    assert canonical(first) == first


@pytest.mark.parametrize(
    ("text", "limit", "seen"),
    [
        ("a@b.example", 11, "a@b.example"),
        ("aa@b.example", 11, "…@b.example"),
        ("a\r\n@\u202eb.example ", 99, "a @b.example"),
        ("\u202e", 9, ""),
    ],
)
def test_an_address_that_is_too_long_shows_its_end(text, limit, seen):
    """Whose domain it is stands last; what shows nothing goes."""
    assert shown(text, limit) == seen


def test_detail_and_domain():
    """`+detail` goes, the domain is what follows the last @; an address that is all detail keeps it."""
    assert without_detail("anna+shop@example.com") == "anna@example.com"
    assert without_detail("anna@example.com") == "anna@example.com"
    assert without_detail("+anna@example.com") == "+anna@example.com"
    assert domain('"a@b"@example.com') == "example.com"


@pytest.mark.parametrize("text", ["a@b", "anna+x@example.com", "jürgen@müller.example", f"{'a' * 318}@b"])
def test_looks_like_an_address(text):
    """What a person would call an address."""
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "@example.com",
        "anna@",
        "a@@b",
        "a b@c",
        "a@b,c@d",
        "<a@b>",
        "a@b\u202e",
        "a@.",
        f"{'a' * 319}@b",
    ],
)
def test_does_not_look_like_an_address(text):
    """What would fail later, or be two."""
    assert not is_address(text)


@given(st.text())
@example("a@b .")
@example("a@b\u2003. .")
def test_canonical_never_raises_and_is_stable(text):
    """Any text has a canonical form; doing it twice changes nothing."""
    assert canonical(canonical(text)) == canonical(text)
