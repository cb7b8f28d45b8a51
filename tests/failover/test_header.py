"""Header fields, read without trust."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.header import SECTION_LIMIT, Header, date, decode_words, first_token, parameters
from failover.message import Address, Authentication
from failover.structured import authentication, mailboxes


class _Anything:
    def __contains__(self, _item):
        return True


ANY = _Anything()
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 5322, section 4.3.
ZONES = {"UT": "+00:00", "GMT": "+00:00", "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00"}
ZONES |= {"MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00"}
YEARS = {"00": 2000, "49": 2049, "50": 1950, "99": 1999, "126": 2026, "999": 2899, "1000": 1000}
SECTION = (
    b"Received: a\r\nX-Subject: no\r\nSubject : One\r\n two\nTo:\r\n\tb@c\r\nTO: d@e\r\nEmpty:\r\nLast: x"
)


@pytest.mark.parametrize(
    ("name", "value"),
    [("received", "a"), ("subject", "One two"), ("to", "b@c"), ("empty", ""), ("last", "x"), ("cc", "")],
)
def test_finds_a_field_by_its_whole_name(name, value):
    """Case, folding and a space before the colon don't matter; other fields' names and values do."""
    assert Header(SECTION).get(name) == value


def test_tells_the_order_and_number_of_fields():
    """Positions compare; repeats are seen."""
    header = Header(SECTION)
    assert 0 <= header.position("received") < header.position("subject") < header.position("to")
    assert header.position("cc") == -1
    assert [name for name in ("received", "subject", "to", "cc") if header.repeats(name)] == ["to"]


def test_a_field_is_read_up_to_its_limit():
    """Of an endless field only the beginning counts, and it is known to be one."""
    header = Header(b"From: " + b"a" * 2046 + b"\nTo: " + b"b" * 2048 + b"\nCc: x")
    assert [len(header.get(name)) for name in ("from", "to", "cc")] == [2046, 2047, 1]
    assert [header.cut(name) for name in ("from", "to", "cc", "bcc")] == [False, True, False, False]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_every_kind_of_line_end_ends_a_field(end):
    """CRLF, LF and CR alike; a folded line belongs to its field."""
    header = Header(end.join((b"From: a", b"Subject: One", b" two", b"\tthree", b"To: b", b"")))
    assert [header.get(name) for name in ("from", "subject", "to")] == ["a", "One two\tthree", "b"]


@pytest.mark.parametrize(
    ("raw", "charset", "value"),
    [
        ("订单".encode(), "gbk", "订单"),
        ("订单".encode("gbk"), "gbk", "订单"),
        ("订单".encode("gbk"), "x-nobody-knows", "¶©µ¥"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("Größe".encode("latin-1"), "", "Größe"),
        ("Größe".encode("latin-1"), "us-ascii", "Größe"),
        (b"\x1b$B2q5D\x1b(B <a@b.example>", "", "会議 <a@b.example>"),
        (b"\x1b$B2q5D\x1b(B", "utf-8", "会議"),
    ],
)
def test_raw_bytes_are_utf_8_or_else_in_the_messages_charset(raw, charset, value):
    """RFC 6532 asks for UTF-8; who knows no better uses their own charset. Escape sequences tell, too."""
    header = Header(b"Subject: " + raw)
    header.charset = charset
    assert header.get("subject") == value


@pytest.mark.parametrize("encoding", ["b", "B", "q", "Q"])
@pytest.mark.parametrize("letter", ["a", "ä", "あ"])
def test_an_encoded_word_longer_than_what_is_read_is_decoded_as_far_as_it_was(encoding, letter):
    """As is the last of several; the words before it are not touched."""
    data = (letter * 2000).encode()
    code = base64.b64encode(data) if encoding in "bB" else b"".join(b"=%02X" % byte for byte in data)
    for before in (b"", b"=?utf-8?q?x?= "):
        header = Header(b"Subject: " + before + b"=?utf-8?" + encoding.encode() + b"?" + code + b"?=\nTo: a")
        text = decode_words(header.get("subject"))
        assert header.clipped
        assert header.cut("subject")
        assert text.startswith("x" * bool(before) + letter * 200)
        assert set(text) == {letter, *"x" * bool(before)}


def test_a_long_field_that_ends_in_no_encoded_word_stays_as_it_is():
    """Question marks do not make one."""
    for value in (b"why? " * 500, b"=?utf-8?q?a?= " * 200, b"=?utf-8?x?" + b"a" * 3000, b"=?" * 2000):
        header = Header(b"Subject: " + value)
        assert header.get("subject") == value[:2047].decode().strip()
        assert header.clipped
    assert not Header(b"Subject: short").clipped


@pytest.mark.parametrize("subject", [b"Subject: yes", b"Subject : yes"])
@pytest.mark.parametrize(("lookalikes", "value"), [(0, "yes"), (1, "yes"), (7, "yes"), (8, ""), (100, "")])
def test_fields_whose_names_begin_alike_hide_none_unseen(subject, lookalikes, value):
    """Behind eight of them nothing is found, and it is known that something may be there."""
    header = Header(b"Subject-Line: no\n" * lookalikes + subject)
    assert header.get("subject") == value
    assert header.crowded("subject") == (not value)


@pytest.mark.parametrize("second", [b"From: evil@x.example", b"From : evil@x.example"])
@pytest.mark.parametrize("lookalikes", [0, 1, 8, 100])
def test_a_second_field_is_not_hidden_by_lookalikes(second, lookalikes):
    """However many stand before it."""
    header = Header(b"From: a@b.example\n" + b"From-X: 1\n" * lookalikes + second)
    assert header.repeats("from") or header.crowded("from")


@pytest.mark.parametrize("blanks", [1, 7, 8, 500, 2040])
def test_blanks_before_the_colon_do_not_hide_a_field(blanks):
    """However many there are (RFC 5322, section 4.5)."""
    second = b"From" + b" " * blanks + b": evil@x.example"
    assert Header(second).get("from") == "evil@x.example"
    assert Header(b"From: a@b.example\n" + second).repeats("from")
    endless = b"From" + b" " * (blanks + 2048) + b": evil@x.example"
    assert Header(b"From: a@b.example\n" + endless).crowded("from")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("spare", range(-40, 8))
def test_a_field_at_the_end_of_what_is_searched_is_known_to_be_cut(end, spare):
    """Unless its end was seen; and the header is known to go on."""
    field = b"From: a@bank.example" + end + b"X: y"
    before = b"P: " + b"x" * (SECTION_LIMIT - 3 - len(end) - len(field) - spare) + end
    header = Header(before + field.replace(end + b"X: y", end + b" , evil@x.example" + end + b"X: y" * 99))
    assert header.truncated
    assert header.cut("from") or "evil@x.example" in header.get("from") or header.position("from") < 0


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("length", range(2043, 2052))
def test_a_field_that_is_folded_at_its_limit_is_known_to_go_on(end, length):
    """Whichever byte of the line end the limit falls on."""
    value = b"bank@bank.example (" + b"a" * (length - 21) + b")"
    header = Header(b"From: " + value + end + b" , evil@x.example" + end + b"To: a@b.example" + end)
    assert header.cut("from")
    assert not header.cut("to")
    whole = Header(b"From: " + value + end + b"To: a@b.example")
    assert whole.cut("from") == (len(b" " + value) > 2048)


def test_a_header_is_searched_up_to_its_limit():
    """A field behind 40 KiB of others is not looked for."""
    before = b"X: " + b"x" * (SECTION_LIMIT - 20) + b"\n"
    assert Header(before + b"To: a").get("to") == "a"
    assert Header(before + b"X: xxxxxxxxxxxxxxxxx\nTo: a").get("to") == ""


def test_a_subject_of_many_words_is_decoded_as_far_as_it_is_shown():
    """24 encoded words are more than anyone is shown; what follows them is left out."""
    assert decode_words("=?utf-8?q?a?= " * 24) == "a" * 24 + " "
    assert decode_words("=?utf-8?q?a?= " * 30) == "a" * 24 + "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a_b=20c?=", "a b c"),
        ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= \t =?iso-8859-1?q?=FC?= b", "aü b"),
        ("=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"),
        ("=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "€"),
        ("=?utf-8?b?4g==?= =?utf-8?b?gqw=?=", "€"),
        # What holds nothing is no word.
        ("=?utf-8?B?!!!!?=", "=?utf-8?B?!!!!?="),
        ("=?utf-8?q?a?= =?utf-8?B?Q?= =?utf-8?q?b?=", "a =?utf-8?B?Q?= b"),
        ("=?utf-8?q??=", ""),
        # A character cut off at the end goes, unless it is all there is.
        ("=?utf-8?q?a=E2=82?=", "a"),
        ("=?utf-8?q?=E2=82?=", "\ufffd"),
        ("=?iso-2022-jp?b?GyRCMnE1RA==?= =?iso-2022-jp?b?GyRCNDBGYg==?=", "会議完内"),
        ("=?utf-8?q?why??=", "why?"),
        ("=?utf-8?q?a=?=", "a"),
        # The same charset by another name.
        ("=?utf8?b?4g==?= =?UTF-8?b?gqw=?=", "€"),
        # Blanks where none may be; without a charset.
        ("=? utf-8?q?=C3=A9?= =?utf-8 ?b?w6k=?= =?utf-8? Q ?=C3=A9?=", "ééé"),
        ("=??q?=C3=A9?= a =??b?6Q==?=", "é a é"),
        ("=?utf-8?B?Q2E=ZsOp?=", "Café"),
        ("=?hex?q?a?=", "a"),
        ("why =? b? =?", "why =? b? =?"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?a", "=?utf-8?q?a"),
        ("=?utf-8?q??=x", "x"),
    ],
)
def test_decodes_encoded_words(value, text):
    """Also those that are split, unpadded or mislabelled; what is no encoded word stays."""
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "head", "found"),
    [
        ('Text/HTML; Charset="UTF-8" ; format=flowed', "text/html", {"charset": "UTF-8", "format": "flowed"}),
        # A comma or blanks in the semicolon's place.
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/html, charset=utf-8", "text/html", {"charset": "utf-8"}),
        ("text/html ,charset = utf-8 , format=flowed", "text/html", {"charset": "utf-8", "format": "flowed"}),
        ('multipart/mixed boundary="a b", type=x', "multipart/mixed", {"boundary": "a b", "type": "x"}),
        ("text/plain;charset=utf-8 name=a b.txt", "text/plain", {"charset": "utf-8", "name": "a b.txt"}),
        (
            "attachment; filename=plan (1), the=last name.pdf",
            "attachment",
            {"filename": "plan (1), the=last name.pdf"},
        ),
        # Nothing before the first parameter.
        ("charset=utf-8", "", {"charset": "utf-8"}),
        (" filename = a.pdf; size=3", "", {"filename": "a.pdf", "size": "3"}),
        ("text/plain: charset=x", "text/plain", {"charset": "x"}),
        ("text/plain (comment); charset=x", "text/plain", {"charset": "x"}),
        ('a/b; name="x;y=\\"z\\""; n2=2', "a/b", {"name": 'x;y="z"', "n2": "2"}),
        ('a/b; name="never closed; x=y', "a/b", {"name": "never closed; x=y"}),
        ("a/b; name=first; name=second", "a/b", {"name": "first"}),
        ("attachment; filename*=utf-8'de'%C3%BC.pdf; filename=u.pdf", "attachment", {"filename": "ü.pdf"}),
        ("a; f*1*=%BC%20; f*0*=utf-8''%C3; f*2=\"b%20c\"", "a", {"f": "ü b%20c"}),
        ("a; f*0=plain; f*1=text", "a", {"f": "plaintext"}),
        ("a; f*=no%20charset", "a", {"f": "no charset"}),
        ("a; f*x=1; f*-1=3; f*\u0661=4", "a", {}),
        ("a; f*0=a.pdf; f*1000=.exe", "a", {"f": "a.pdf.exe"}),
        # An escape that is split, the first piece of all lost or counted as 1, marks forgotten.
        ("a; f*0*=utf-8''%C; f*1*=3%BC", "a", {"f": "ü"}),
        ("a; f*1*=utf-8''%C3; f*2*=%BC", "a", {"f": "ü"}),
        ("a; f*0=\"utf-8''%C3\"; f*1=%BC", "a", {"f": "ü"}),
        ("a; f=\"utf-8''%C3%BC\"", "a", {"f": "ü"}),
        ("a; f*=utf-8'%C3%BC", "a", {"f": "ü"}),
        ("a; f*=utf-8''it%27s'", "a", {"f": "it's'"}),
        ("a; f*=Ann's%20plan", "a", {"f": "Ann's plan"}),
        ("a; f*=utf-8", "a", {"f": "utf-8"}),
        ("a; f*0=\"Mac's photo, Ann's\"; f*1=.pdf", "a", {"f": "Mac's photo, Ann's.pdf"}),
        ("a; f*0=ascii''x; f*1*=%20y", "a", {"f": "ascii''x y"}),
        # An empty one says nothing.
        ('a; charset=""; charset=x', "a", {"charset": "x"}),
        ('a; f*=""; f=evil.exe', "a", {"f": "evil.exe"}),
        # What stands behind a quote, or behind a semicolon and is no parameter, belongs to the value.
        ('a; f="invoice.pdf".exe; size=3', "a", {"f": "invoice.pdf.exe", "size": "3"}),
        ('a; f="a "b" c.exe"', "a", {"f": "a b c.exe"}),
        ('a; f="a"b\\"c".exe"', "a", {"f": 'ab"c.exe'}),
        ("a; f=invoice.pdf;.exe", "a", {"f": "invoice.pdf;.exe"}),
        ("a; f=Tom &amp; Ann.pdf; size=3", "a", {"f": "Tom &amp; Ann.pdf", "size": "3"}),
        ("a; f=b; ; size = 3;", "a", {"f": "b", "size": "3"}),
        ('a; boundary="b"(comment)', "a", {"boundary": "b"}),
        ('a; boundary="b" (comment); type=x', "a", {"boundary": "b", "type": "x"}),
        ('a; boundary="b"charset=x', "a", {"boundary": "b"}),
        ("text/html; charset:utf-8; name=a:b", "text/html", {"charset": "utf-8", "name": "a:b"}),
        ("a; f*=x-unknown''%FC", "a", {"f": "ü"}),
        ('a; f="=?utf-8?q?=C3=BC?="', "a", {"f": "=?utf-8?q?=C3=BC?="}),
        (";;=;a=;b", "", {"a": ""}),
        ("", "", {}),
    ],
)
def test_splits_off_parameters(value, head, found):
    """Quoted, repeated, continued and percent-encoded ones (RFC 2231), and broken ones."""
    assert parameters(value, ANY) == (head, found)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@b.example", ["|a@b.example"]),
        ("<a@b.example>", ["|a@b.example"]),
        ("Anna B. <a@b.example>", ["Anna B.|a@b.example"]),
        ('"Weber, Anna" <a@b.example>, c@d.example', ["Weber, Anna|a@b.example", "|c@d.example"]),
        ("a@b.example (Anna (Weber))", ["Anna (Weber)|a@b.example"]),
        (r'"say \"hi\"" <a@b.example>', ['say "hi"|a@b.example']),
        ('<"a b"@c.example>', ['|"a b"@c.example']),
        ("user@[IPv6:2001:db8::1]", ["|user@[IPv6:2001:db8::1]"]),
        ("undisclosed-recipients:;", []),
        ("Friends: a@b.example, C <c@d.example>;", ["|a@b.example", "C|c@d.example"]),
        ("=?utf-8?Q?Doe,_John_<j@d>?= <a@b.example>", ["Doe, John <j@d>|a@b.example"]),
        ("nobody", ["nobody|"]),
        ("", []),
        (",;, ,<>,()", []),
        # Whose message is it? A comment hides what looks like an address; of two angles the last one counts.
        ("(x (y) ceo@bank.example,) evil@x.example", ["x (y) ceo@bank.example,|evil@x.example"]),
        (r"(\) ceo@bank.example,) evil@x.example", [r"\) ceo@bank.example,|evil@x.example"]),
        ('"ceo@bank.example" <evil@x.example>', ["ceo@bank.example|evil@x.example"]),
        ("ceo@bank.example <evil@x.example>", ["ceo@bank.example|evil@x.example"]),
        ("<ceo@bank.example> <evil@x.example>", ["|ceo@bank.example", "|evil@x.example"]),
        ('"a" <x@evil.example>:service@bank.example', ["a :service@bank.example|x@evil.example"]),
        (f"ceo@bank.example {'=' * 400} <evil@x.example>", []),
        ("<evil@x.example> ceo@bank.example", ["ceo@bank.example|evil@x.example"]),
    ],
)
def test_reads_addresses(value, found):
    """Names and each in its place, however they are quoted."""
    assert [f"{a.name}|{a.addr}" for a in mailboxes(value, 9)[0]] == found


def test_reads_no_more_addresses_than_asked_for():
    """A thousand recipients cost no more than ten."""
    assert mailboxes(", ".join(f"a{n}@b.example" for n in range(1000)), 2)[0] == (
        Address("", "a0@b.example"),
        Address("", "a1@b.example"),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Tue, 24 Nov 2026 18:05:09 +0100 (CET)", "2026-11-24 18:05 +01:00"),
        ("24 November 2026 8:05 -0430", "2026-11-24 08:05 -04:30"),
        ("Tue, 24 Nov 26 18:05:00 GMT", "2026-11-24 18:05 +00:00"),
        ("3 Feb 99 07:08 EST", "1999-02-03 07:08 -05:00"),
        ("Tue, 24 Nov 2026 18:05:00 -0000", "2026-11-24 18:05 +00:00"),
        ("1 Jan 2027 00:00:00 Z", "2027-01-01 00:00 +00:00"),
        ("31 January 2027 23:59:59 UT", "2027-01-31 23:59 +00:00"),
        *(
            (f"1 {name} 2026 1:02 +0100", f"2026-{number:02}-01 01:02 +01:00")
            for number, name in enumerate(MONTHS, 1)
        ),
        *((f"24 Nov 2026 18:05:09 {name}", f"2026-11-24 18:05 {zone}") for name, zone in ZONES.items()),
        *(
            (f"24 Nov 2026 18:05:09 {name.lower()}", f"2026-11-24 18:05 {zone}")
            for name, zone in ZONES.items()
        ),
        # RFC 5322, section 4.3: years of two and of three digits.
        *((f"1 Jan {year} 00:00", f"{meant}-01-01 00:00") for year, meant in YEARS.items()),
        ("24 Nov 2026 18:05", "2026-11-24 18:05"),
        ("24 Nov 2026 18:05 XYZ", "2026-11-24 18:05"),
        ("32 Nov 2026 18:05", "32 Nov 2026 18:05"),
        ("24 Foo 2026 18:05", "24 Foo 2026 18:05"),
        ("24 Nov 2026 18:99", "24 Nov 2026 18:99"),
        ("2026-11-24T18:05Z", "2026-11-24T18:05Z"),
        ("٢٤ Nov 2026 18:05", "٢٤ Nov 2026 18:05"),
        ("yesterday\u202e", "yesterday"),
        ("", ""),
    ],
)
def test_rewrites_dates(value, text):
    """What has a meaning is told alike; the rest stays, cleaned."""
    assert date(value) == text


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month_has_its_number(number):
    """January too, which stands at the very beginning of the list."""
    name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][number - 1]
    assert date(f"3 {name} 2026 07:08 +0100") == f"2026-{number:02}-03 07:08 +01:00"
    assert date(f"3 {name.upper()} 2026 07:08 +0100") == f"2026-{number:02}-03 07:08 +01:00"


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *(("UT", "+00"), ("GMT", "+00"), ("UTC", "+00"), ("Z", "+00"), ("EDT", "-04"), ("EST", "-05")),
        *(("CDT", "-05"), ("CST", "-06"), ("MDT", "-06"), ("MST", "-07"), ("PDT", "-07"), ("PST", "-08")),
    ],
)
def test_the_zones_of_the_standard_have_their_offset(zone, hours):
    """RFC 5322, section 4.3, and Z and UTC, as people write them; in small letters as well."""
    assert date(f"3 Jan 2026 07:08 {zone}") == date(f"3 Jan 2026 07:08 {zone.lower()}")
    assert date(f"3 Jan 2026 07:08 {zone}") == f"2026-01-03 07:08 {hours}:00"


@pytest.mark.parametrize(
    ("value", "verdicts"),
    [
        ("mx.cloudflare.net; spf=pass smtp.mailfrom=a@b; dkim=fail; dmarc=none", "pass fail none"),
        ("MX.Cloudflare.net 1; DKIM/1 = Pass", " pass "),
        ("mx.cloudflare.net; dkim=fail; dkim=pass; dkim=none; spf=fail; spf=pass", "fail pass "),
        ("mx.cloudflare.net; spf=pass smtp.helo=evil; spf=fail smtp.mailfrom=a@bank.example", "fail  "),
        ("mx.cloudflare.net; spf=none smtp.helo=mail; spf=pass smtp.mailfrom=a@bank.example", "pass  "),
        ("mx.cloudflare.net; dmarc=fail; dmarc=pass", "  fail"),
        ("mx.cloudflare.net; none", "  "),
        # Forty results are read; what a sender could add to the field costs no more.
        (f"mx.cloudflare.net{'; arc=pass' * 39}; spf=pass", "pass  "),
        (f"mx.cloudflare.net{'; arc=pass' * 40}; spf=pass", "  "),
        ("mx.cloudflare.net", "  "),
        ("mx.cloudflare.net; arc=pass; x-spf=pass; iprev=pass; spf=p4ss; spf", "  "),
        ('mx.cloudflare.net; spf=none reason="; dkim=pass" (; dkim=pass)', "none  "),
        ('mx.cloudflare.net; spf=none (a (b " ) c; dkim=pass) ; dmarc=fail', "none  fail"),
        ('mx.cloudflare.net; spf=none ("(" ); dkim=pass; (")") ; dmarc=fail', "none  fail"),
        ('mx.cloudflare.net; spf=none x="\\"; dkim=pass; \\"" ; dmarc=fail', "none  fail"),
        ("mx.cloudflare.net; spf=none (never closed; dkim=pass", "none  "),
        ('mx.cloudflare.net; spf=none "never closed; dkim=pass', "none  "),
        ("mx.cloudflare.net; spf=none smtp.mailfrom=<; dkim=pass", "none  "),
        ("mx.cloudflare.net.evil.example; spf=pass", None),
        ("evil.example; spf=pass; mx.cloudflare.net; spf=pass", None),
        ("(mx.cloudflare.net;) evil.example; spf=pass", None),
        ("", None),
    ],
)
def test_reads_the_edges_verdicts_and_no_one_elses(value, verdicts):
    """Nothing that a sender can place inside the edge's own field decides."""
    found = authentication(value)
    assert (found and f"{found.spf} {found.dkim} {found.dmarc}") == verdicts


def test_a_verdict_names_whom_it_is_about():
    """The MAIL FROM as it stands, the From domain in lower case."""
    found = authentication(
        "mx.cloudflare.net; spf=pass smtp.mailfrom=A@B.example; dmarc=pass header.from=C.EXAMPLE"
    )
    assert found is not None
    assert (found.mailfrom, found.dmarc_domain) == ("A@B.example", "c.example")


@given(st.text(st.sampled_from('()"\\;<>=: adkim=pass'), max_size=60))
def test_a_comment_never_decides(comment):
    """Whatever a comment holds, once its parentheses and quotes are escaped, it says nothing."""
    for special in '\\()"':
        comment = comment.replace(special, f"\\{special}")
    value = f"mx.cloudflare.net; spf=fail ({comment}); dmarc=fail"
    assert authentication(value) == Authentication("fail", "", "fail")


def test_a_file_name_in_many_pieces_is_whole():
    """RFC 2231 cuts names into lines; 30 of them are no exception."""
    pieces = "".join(f"; filename*{number}={number:02}-" for number in range(30))
    name = parameters(f"attachment{pieces}; filename*30=.exe", {"filename"})[1]["filename"]
    assert name == "".join(f"{number:02}-" for number in range(30)) + ".exe"


@pytest.mark.parametrize(
    ("parameters_of", "name"),
    [
        (lambda count: "; x=1" * count + "; filename=evil.exe", "evil.exe"),
        (lambda count: "; filename=evil.pdf" + "; x=1" * count + "; filename*=evil.exe", "evil.exe"),
        (lambda count: "; filename*0=evil" + "; x=1" * (count - 1) + "; filename*1=.exe", "evil.exe"),
    ],
)
def test_a_file_name_whose_end_was_not_read_says_so(parameters_of, name):
    """It ends in an ellipsis, since its end says what opening it does."""
    wanted = {"filename", "size"}
    whole, unread = (parameters(f"attachment{parameters_of(count)}", wanted)[1] for count in (30, 40))
    assert whole == {"filename": name}
    assert unread["filename"] in {"…", "evil.pdf…", "evil…"}
    assert parameters("text/plain" + "; x=1" * 40, {"charset"}) == ("text/plain", {})


@pytest.mark.parametrize(
    "value",
    [
        *("utf-8", "utf-8, x", "utf-8; x", "utf-8(x)", "utf-8//TRANSLIT", " utf-8", '"utf-8"', "'utf-8'"),
        *(r"\"utf-8\"", "3Dutf-8", '3D"utf-8"', "&quot;utf-8&quot;", "de_DE.utf-8"),
    ],
)
def test_a_charset_is_named_whatever_stands_around_it(value):
    """Quotes of other kinds, escapes that nobody resolved, a whole locale."""
    assert first_token(value) == "utf-8"


@pytest.mark.parametrize("value", ["ANSI_X3.4-1968", "ISO_8859-1:1987", "ks_c_5601-1987", ""])
def test_a_charset_of_any_signs_stays_whole(value):
    """IANA's names hold colons and full stops."""
    assert first_token(value) == value


@given(st.text(max_size=300) | st.text(st.sampled_from("=?qb\"\\(),;:<>@*%'1 aé"), max_size=300))
def test_no_value_is_too_strange(value):
    """Any text gives a result."""
    assert isinstance(decode_words(value), str)
    assert isinstance(parameters(value, ANY), tuple)
    assert len(mailboxes(value, 3)[0]) <= 3
    assert isinstance(date(value), str)
    assert isinstance(authentication(f"mx.cloudflare.net;{value}"), Authentication | None)
