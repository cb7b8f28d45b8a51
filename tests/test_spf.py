"""SPF records are merged without a change to what was there, and counted as a receiver counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover import spf
from mail_failover.spf_count import count

OURS = f"include:{spf.INCLUDE}"
EDGE = {spf.INCLUDE: ["v=spf1 ip4:104.30.0.0/20 ~all"]}

# RFC 7208, appendix A: every record there, how many of its own terms cost a lookup, and the merged record.
APPENDIX_A = [
    ("v=spf1 +all", 0, f"v=spf1 {OURS} +all"),
    ("v=spf1 a -all", 1, f"v=spf1 a {OURS} -all"),
    ("v=spf1 a:example.org -all", 1, f"v=spf1 a:example.org {OURS} -all"),
    ("v=spf1 mx -all", 1, f"v=spf1 mx {OURS} -all"),
    ("v=spf1 mx:example.org -all", 1, f"v=spf1 mx:example.org {OURS} -all"),
    ("v=spf1 mx mx:example.org -all", 2, f"v=spf1 mx mx:example.org {OURS} -all"),
    ("v=spf1 mx/30 mx:example.org/30 -all", 2, f"v=spf1 mx/30 mx:example.org/30 {OURS} -all"),
    ("v=spf1 ptr -all", 1, f"v=spf1 ptr {OURS} -all"),
    ("v=spf1 ip4:192.0.2.128/28 -all", 0, f"v=spf1 ip4:192.0.2.128/28 {OURS} -all"),
    (
        "v=spf1 include:example.com include:example.net -all",
        2,
        f"v=spf1 include:example.com include:example.net {OURS} -all",
    ),
    ("v=spf1 redirect=example.org", 1, f"v=spf1 {OURS} redirect=example.org"),
    (
        "v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
        3,
        f"v=spf1 mx include:mobile-users._spf.%{{d}} include:remote-users._spf.%{{d}} {OURS} -all",
    ),
    ("v=spf1 exists:%{l1r+}.%{d}", 1, f"v=spf1 exists:%{{l1r+}}.%{{d}} {OURS}"),
    ("v=spf1 exists:%{ir}.%{l1r+}.%{d}", 1, f"v=spf1 exists:%{{ir}}.%{{l1r+}}.%{{d}} {OURS}"),
    (
        "v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all",
        2,
        f"v=spf1 -include:ip4._spf.%{{d}} -include:ptr._spf.%{{d}} {OURS} +all",
    ),
    ("v=spf1 -ip4:192.0.2.0/24 +all", 0, f"v=spf1 -ip4:192.0.2.0/24 {OURS} +all"),
    ("v=spf1 -ptr +all", 1, f"v=spf1 -ptr {OURS} +all"),
]

labels = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True)
domains = st.lists(labels, min_size=2, max_size=4).map(".".join)
prefixes = st.sampled_from(["", "/24", "//64", "/24//64"])
costly = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(["include", "exists", "ptr"]), domains),
    st.builds("{}:{}{}".format, st.sampled_from(["a", "mx"]), domains, prefixes),
    st.builds("{}{}".format, st.sampled_from(["a", "mx"]), prefixes),
)
free = st.one_of(
    st.ip_addresses(v=4).map("ip4:{}".format),
    st.ip_addresses(v=6).map("ip6:{}/64".format),
    st.builds("{}={}".format, labels.map("x-{}".format), domains),
)
qualifiers = st.sampled_from(["", "+", "-", "~", "?"])
terms = st.one_of(st.builds("{}{}".format, qualifiers, costly), free)
ends = st.one_of(st.just(""), st.builds("{}all".format, qualifiers), st.builds("redirect={}".format, domains))
spaces = st.sampled_from([" ", "  "])


@st.composite
def spf_records(draw):
    """Draw a valid record, with more than one space here and there."""
    words = [*draw(st.lists(terms, max_size=8)), draw(ends)]
    text = "v=spf1" + "".join(draw(spaces) + word for word in words if word)
    return draw(st.sampled_from([text, text.upper().replace("V=SPF1", "V=Spf1")]))


@pytest.mark.parametrize(("text", "lookups", "merged"), APPENDIX_A)
def test_the_examples_of_the_standard_are_read_and_merged(text, lookups, merged):
    """RFC 7208, appendix A."""
    assert spf.parse(text).own_lookups == lookups
    assert spf.merge(text) == merged


@given(spf_records())
def test_merging_keeps_every_term_and_adds_ours_before_the_end(text):
    """Same terms in the same order, same qualifier at the end, one lookup more; twice is once."""
    merged = spf.merge(text)
    before, after = spf.parse(text), spf.parse(merged)
    words = [term.text for term in after.terms]
    assert spf.has_include(after)
    assert words.count(OURS) == 1
    words.remove(OURS)
    assert words == [term.text for term in before.terms]
    assert (after.all and after.all.text) == (before.all and before.all.text)
    assert (after.redirect and after.redirect.text) == (before.redirect and before.redirect.text)
    assert after.own_lookups == before.own_lookups + 1
    assert merged.replace(f"{OURS} ", "", 1) == text or merged.removesuffix(f" {OURS}") == text.rstrip(" ")
    assert spf.merge(merged) == merged


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        (f"v=spf1 a {OURS} -all", f"v=spf1 a {OURS} -all"),
        (f"v=spf1 a -all {OURS}", f"v=spf1 a {OURS} -all"),
        (f"v=spf1 ?{OURS} a -all", f"v=spf1 a {OURS} -all"),
        (f"v=spf1 a {OURS.upper()} -all", f"v=spf1 a {OURS.upper()} -all"),
        ("v=spf1", f"v=spf1 {OURS}"),
        ("V=SPF1 A ~ALL", f"V=SPF1 A {OURS} ~ALL"),
        ("v=spf1 redirect=a.org ~all", f"v=spf1 redirect=a.org {OURS} ~all"),
        ("v=spf1 -all", f"v=spf1 {OURS} -all"),
    ],
)
def test_an_include_without_effect_gives_way(text, merged):
    """Behind `all` it is never looked at; with another qualifier it says something else."""
    assert spf.merge(text) == merged


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("v=spf10 a", "does not start with v=spf1"),
        ("v=spf1 a:", "'a:' is not a valid a"),
        ("v=spf1 ip4:1.2.3", "'ip4:1.2.3' is not a valid ip4"),
        ("v=spf1 ip4:999.1.1.1 -all", "'ip4:999.1.1.1' is not a valid ip4"),
        ("v=spf1 ip4:192.0.2.1/33", "'ip4:192.0.2.1/33' is not a valid ip4"),
        ("v=spf1 ip4:2001:db8::1", "'ip4:2001:db8::1' is not a valid ip4"),
        ("v=spf1 ip6:192.0.2.1", "'ip6:192.0.2.1' is not a valid ip6"),
        ("v=spf1 ip6:2001:db8::1::2", "'ip6:2001:db8::1::2' is not a valid ip6"),
        ("v=spf1 ip6:2001:db8::/129", "'ip6:2001:db8::/129' is not a valid ip6"),
        ("v=spf1 a/33 -all", "'a/33' is not a valid a"),
        ("v=spf1 mx:x.org//129", "'mx:x.org//129' is not a valid mx"),
        ("v=spf1 include", "'include' is not a valid include"),
        ("v=spf1 all:x.org", "'all:x.org' is not a valid all"),
        ("v=spf1 hello -all", "'hello' is not a term of SPF"),
        ("v=spf1 redirect=a.org redirect=b.org", "more than one redirect="),
        ("v=spf1 redirect=", "names no domain"),
        ("v=spf1 a:bücher.example", "not ASCII"),
    ],
)
def test_what_is_not_spf_is_refused_with_the_term(text, complaint):
    """So that its owner finds it."""
    with pytest.raises(spf.SpfError, match=complaint):
        spf.merge(text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('"v=spf1 a -all"', "v=spf1 a -all"),
        ("v=spf1 a -all", "v=spf1 a -all"),
        ('"v=spf1 a" " -all"', "v=spf1 a -all"),
        ('"v=spf1 include:" "a.org -all"', "v=spf1 include:a.org -all"),
        (r'"a\"b\\c\100"', 'a"b\\cd'),
        ('""', ""),
    ],
)
def test_quoted_strings_are_joined_without_a_space(content, text):
    """RFC 7208, section 3.3."""
    assert spf.unquote(content) == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=700))
def test_quoting_and_unquoting_a_text_returns_it(text):
    """In strings of at most 255 bytes."""
    quoted = spf.quote(text)
    assert spf.unquote(quoted) == text
    assert all(len(spf.unquote(part + '"')) <= 255 for part in quoted.split('" ') if part.startswith('"'))


def test_several_records_become_one():
    """The terms of all, each once, and the mildest end."""
    assert spf.union(["v=spf1 mx a -all", "v=spf1 mx ip4:192.0.2.1 ~all"]) == "v=spf1 mx a ip4:192.0.2.1 ~all"
    with pytest.raises(spf.SpfError, match="redirect="):
        spf.union(["v=spf1 mx -all", "v=spf1 redirect=a.org"])


def test_a_domain_without_a_record_gets_one_that_lists_its_own_server():
    """Otherwise its own mail would be doubted."""
    assert spf.fresh(["mail.example.com"]) == f"v=spf1 a:mail.example.com {OURS} ~all"


def zone(records):
    """Return a resolver for a few TXT records; every host has an address."""
    return lambda name, kind: records.get(name, []) if kind == "TXT" else ["192.0.2.1"]


def test_lookups_are_counted_through_includes_and_redirects():
    """`all`, ip4 and what stands behind `all` are free."""
    records = {"a.org": ["v=spf1 mx include:b.org ?all a"], "b.org": ["v=spf1 a:c.org redirect=d.org"]}
    records |= {"d.org": ["v=spf1 ip4:192.0.2.1 -all"], **EDGE}
    found = count("example.com", f"v=spf1 a include:a.org {OURS} -all", zone(records))
    assert (found.lookups, found.voids, found.problems, found.breaks) == (7, 0, [], False)


def test_more_than_ten_lookups_break_a_record():
    """The tenth is allowed, the eleventh is not."""
    hosts = " ".join(f"a:h{n}.org" for n in range(9))
    assert not count("x.org", f"v=spf1 {hosts} {OURS} -all", zone(EDGE)).breaks
    assert count("x.org", f"v=spf1 {hosts} a {OURS} -all", zone(EDGE)).breaks


def test_more_than_two_void_lookups_break_a_record():
    """Names that lead nowhere."""
    found = count("x.org", "v=spf1 a:n1.org a:n2.org mx:n3.org -all", lambda _name, _kind: [])
    assert (found.voids, found.breaks) == (3, True)


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        ({}, "no SPF record"),
        ({"a.org": ["v=spf1 -all", "v=spf1 +all"]}, "2 SPF records"),
        ({"a.org": ["v=spf1 include:example.com"]}, "leads back"),
        ({"a.org": ["v=spf1 nonsense"]}, "not valid"),
    ],
)
def test_an_include_that_leads_astray_is_said(records, complaint):
    """It makes the whole record a permanent error."""
    found = count("example.com", "v=spf1 include:a.org -all", zone(records))
    assert found.breaks
    assert complaint in found.problems[0]


def test_what_can_not_be_followed_is_said_and_not_guessed():
    """A macro that depends on the sender, a resolver without an answer."""

    def silent(_name, _kind):
        raise OSError

    found = count("example.com", "v=spf1 exists:%{i}.x.org include:a.org -all", silent)
    assert (found.lookups, found.unknown) == (2, ["exists:%{i}.x.org", "include:a.org"])
