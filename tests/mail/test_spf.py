"""SPF records are merged without a change to what was there, and counted as a receiver counts."""

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.mail.spf import record as spf
from mail_failover.mail.spf.lookups import count

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

# RFC 7208, section 12: domain-spec, with the visible characters and macros that a label may hold.
labels = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True)
macros = st.one_of(
    st.sampled_from(["%%", "%_", "%-"]),
    st.builds(
        "%{{{}{}{}{}}}".format,
        st.sampled_from("slodiphv"),
        st.sampled_from(["", "1", "10", "01"]),
        st.sampled_from(["", "r"]),
        st.text("-.+,/_=", max_size=2),
    ),
)
visible = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%."), min_size=1)
odd_labels = st.lists(st.one_of(macros, visible), min_size=1, max_size=3).map("".join)
odd_labels = odd_labels.filter(lambda label: len(label) < 64)
top_labels = st.sampled_from(["com", "com.", "museum", "xn--p1ai", "1a", "1-1.", "a-1"])
plain_domains = st.lists(labels, min_size=2, max_size=4).map(".".join)
odd_domains = st.one_of(
    st.builds("{}.{}".format, st.lists(odd_labels, min_size=1, max_size=3).map(".".join), top_labels),
    st.builds("{}{}".format, odd_labels, macros),
    macros,
)
domains = st.one_of(plain_domains, odd_domains)
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
    st.builds("{}=%{{{}}}".format, labels.map("x-{}".format), st.sampled_from("crt")),
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
        (f"v=spf1 -{OURS} a {OURS} -all", f"v=spf1 a {OURS} -all"),
        (f"v=spf1 {OURS} a -{OURS} -all", f"v=spf1 {OURS} a -{OURS} -all"),
        (f"v=spf1 a {OURS.upper()} -all", f"v=spf1 a {OURS.upper()} -all"),
        ("v=spf1", f"v=spf1 {OURS}"),
        ("V=SPF1 A ~ALL", f"V=SPF1 A {OURS} ~ALL"),
        ("v=spf1 redirect=a.org ~all", f"v=spf1 redirect=a.org {OURS} ~all"),
        ("v=spf1 -all", f"v=spf1 {OURS} -all"),
    ],
)
def test_an_include_without_effect_gives_way(text, merged):
    """Behind `all` it is never looked at; another qualifier says something else, of a later one as well."""
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
        ("v=spf1 include:example.com/24", "is not a valid include"),
        ("v=spf1 exists:example.com/24", "is not a valid exists"),
        ("v=spf1 ptr:example.com/24", "is not a valid ptr"),
        ("v=spf1 a:mail", "'a:mail' is not a valid a"),
        ("v=spf1 a:museum.", "'a:museum.' is not a valid a"),
        ("v=spf1 a:111.222.33.44", "is not a valid a"),
        ("v=spf1 a:abc.123/24", "is not a valid a"),
        ("v=spf1 a:example.com-", "is not a valid a"),
        ("v=spf1 a:example.-com", "is not a valid a"),
        ("v=spf1 a:example.com/", "'a:example.com/' is not a valid a"),
        ("v=spf1 a:/24", "'a:/24' is not a valid a"),
        ("v=spf1 a/24/64", "'a/24/64' is not a valid a"),
        ("v=spf1 a:foo..com", "'a:foo..com' is not a valid a"),
        ("v=spf1 a:.example.com", "is not a valid a"),
        ("v=spf1 a:%{i}..example.com", "is not a valid a"),
        ("v=spf1 a:example.com..", "is not a valid a"),
        (f"v=spf1 a:{'x' * 64}.com", "is not a valid a"),
        ("v=spf1 a/08", "'a/08' is not a valid a"),
        ("v=spf1 mx//064", "'mx//064' is not a valid mx"),
        ("v=spf1 ip4:192.0.2.0/08", "is not a valid ip4"),
        ("v=spf1 ip6:2001:db8::/032", "is not a valid ip6"),
        ("v=spf1 ip4:192.0.2.0/255.255.255.0", "is not a valid ip4"),
        ("v=spf1 exists:%x.example.com", "is not a valid exists"),
        ("v=spf1 exists:%{}.example.com", "is not a valid exists"),
        ("v=spf1 exists:%{i.example.com", "is not a valid exists"),
        ("v=spf1 exists:%{d0}.example.com", "is not a valid exists"),
        ("v=spf1 exists:%{t}.example.com", "is not a valid exists"),
        ("v=spf1 exists:%{ir*}.example.com", "is not a valid exists"),
        ("v=spf1 redirect=%{q}", "'redirect=%{q}' is not a valid redirect"),
        ("v=spf1 exp=%{c}.example.com", "is not a valid exp"),
        ("v=spf1 redirect=example", "is not a valid redirect"),
        ("v=spf1 x-note=%{q} a", "is not a valid x-note"),
        ("v=spf1 a:%{z}.example.com", "is not a valid a"),
        ("v=spf1 include:%{i}.example.com~all", "is not a valid include"),
        ("v=spf1 include:example.com\t-all", "is not a valid include"),
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
    "record",
    [
        "v=spf1 include:_spf.google.com ~all",
        "v=spf1 include:spf.protection.outlook.com -all",
        "v=spf1 a:mail.example.com/28 mx:example.com//64 a/0 a//0 mx/32//128 -all",
        "v=spf1 ip6:2001:db8::/32 ip6:::ffff:192.0.2.1 ip6:2001:DB8::1/0 ip4:192.0.2.0/0 -all",
        "v=spf1 exists:%{i}._spf.mta.salesforce.com -all",
        "v=spf1 include:%{ir}.%{v}.%{d}.spf.has.pphosted.com ~all",
        "v=spf1 exists:%{i}.spf.hc123-45.iphmx.com ~all",
        "v=spf1 exists:%{L1R+}.%{S}.%{d2}.example.com exists:%{p}.%{h}._spf.%{d} -all",
        "v=spf1 exists:%{l-}%%%_%-.example.com -all",
        "v=spf1 a:foo:bar.com a:foo:bar/baz.example.com -all",
        "v=spf1 a:_1._mail_2.3example.com. include:example.com. -all",
        "v=spf1 include:example.xn--p1ai a:example.a1 a:example.1-1 -all",
        f"v=spf1 a:{'x' * 63}.com -all",
        "v=spf1 redirect=_spf.%{d}",
        "v=spf1 exp=explain._spf.%{d} x-note=%{c}%{r}%{t} empty= -all ",
    ],
)
def test_no_valid_record_is_refused(record):
    """RFC 7208, section 12, and records as large providers ask for them."""
    assert spf.parse(record).text == record


@pytest.mark.parametrize("letter", string.ascii_letters)
def test_only_the_letters_of_the_standard_are_macros(letter):
    """RFC 7208, section 7.2: eight anywhere, in either case; three more in what is not looked up."""
    for allowed, text in (
        ("slodiphv", f"v=spf1 exists:%{{{letter}}}.example.com -all"),
        ("slodiphv", f"v=spf1 redirect=%{{{letter}}}.example.com"),
        ("slodiphvcrt", f"v=spf1 x-note=%{{{letter}}} -all"),
    ):
        if letter.lower() in allowed:
            assert spf.parse(text).text == text
        else:
            with pytest.raises(spf.SpfError, match="is not a valid"):
                spf.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "v=spf1mx -all",
            "v=spf2.0 mx -all",
            " v=spf1 mx -all",
            "spf1 mx -all",
            '"v=spf1 mx -all"',
            "v=spf10",
        ),
        *(
            "v=spf",
            "v = spf1 mx",
            "v:spf1 mx",
            "vspf1 mx",
            "V=SPF1\tmx",
            "v=spf1;",
            "=spf1 mx",
            "\ufeffv=spf1 mx",
        ),
        *("\u201cv=spf1 mx\u201d", "'v=spf1 mx'", f"{' ' * 40}v=spf1 mx"),
    ],
)
def test_a_text_that_only_looks_like_spf_is_known_as_such(text):
    """Receivers pass over it (RFC 7208, section 4.5), so it must not be read as SPF either."""
    assert not spf.is_spf(text)
    assert spf.resembles_spf(text)


@pytest.mark.parametrize(
    "text",
    [
        *("v=spf1", "v=spf1 mx -all", "V=SPF1 mx", "spf2.0/pra ?all", "spf2.0/mfrom,pra mx"),
        *(
            "v=DMARC1; p=none",
            "v=STSv1; id=1",
            "some-verification=v=spf1",
            "spf-check=1",
            "spf10",
            "spf=pass",
        ),
        *("vspforce", "", "   ", "our SPF is v=spf1 mx"),
    ],
)
def test_what_is_spf_or_something_else_does_not_only_look_like_it(text):
    """Sender ID's records (RFC 4406) have their own beginning."""
    assert not spf.resembles_spf(text)


@given(st.text())
def test_no_text_both_is_spf_and_only_looks_like_it(text):
    """Whatever it begins with."""
    assert not (spf.is_spf(text) and spf.resembles_spf(text))


def test_a_colon_in_a_domain_belongs_to_it():
    """Only the first one of a mechanism does not."""
    read = spf.parse("v=spf1 a:foo:bar.com/24 exists::x.org redirect=:y.org.")
    assert [term.domain for term in read.terms] == ["foo:bar.com", ":x.org", ":y.org"]


@pytest.mark.parametrize("part", ["a", "1", ".", ".a", ".1", "a-", "%{d}", "%{d0", "%%", "/24", "%{l1r+-}."])
def test_a_long_hostile_record_is_read_without_trying_every_way(part):
    """As long as the DNS can carry; what it means does not matter."""
    for end in ("", "!", ".com", "/24", "%"):
        with contextlib.suppress(spf.SpfError):
            spf.parse(f"v=spf1 a:{part * (65000 // len(part))}{end} -all")


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
    assert spf.fresh(["mail.example.com"]) == f"v=spf1 a:mail.example.com {OURS} ?all"


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


@pytest.mark.parametrize(("answers", "voids"), [([], 1), (["some-verification=1"], 0)])
def test_an_include_of_a_name_without_text_is_a_void_lookup(answers, voids):
    """A text that is no SPF record is an answer all the same."""
    found = count("x.org", "v=spf1 include:n1.org -all", zone({"n1.org": answers}))
    assert (found.lookups, found.voids, found.breaks) == (1, voids, True)


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


@pytest.mark.parametrize(
    ("term", "asked"),
    [("include:%{d}.x.org", "me.org.x.org"), ("a:%{D}.x.org", "me.org.x.org"), ("mx:%{o}.x.org", None)],
)
def test_a_macro_for_the_domain_is_followed_and_any_other_is_not(term, asked):
    """The domain is known, the sender is not."""
    names = []

    def resolve(name, _kind):
        names.append(name)
        return ["v=spf1 -all"]

    found = count("me.org", f"v=spf1 {term} -all", resolve)
    assert set(names) == ({asked} if asked else set())
    assert (found.lookups, found.unknown) == (1, [] if asked else [term])


def test_what_can_not_be_followed_is_said_and_not_guessed():
    """A macro that depends on the sender, a resolver without an answer."""

    def silent(_name, _kind):
        raise OSError

    found = count("example.com", "v=spf1 exists:%{i}.x.org include:a.org -all", silent)
    assert (found.lookups, found.unknown) == (2, ["exists:%{i}.x.org", "include:a.org"])
