"""Untrusted text: decoding, cleaning, shortening."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.text import clean, codec_of, decode, isolate, shorten

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "Grüße aus Köln"),
        ("iso-8859-1", "Grüße"),
        ("windows-1252", "“Grüße” – 5 €"),
        ("iso-8859-15", "5 €"),
        ("koi8-r", "Привет, мир"),
        ("windows-1251", "Привет"),
        ("iso-2022-jp", "予約の確認"),
        ("shift_jis", "予約の確認"),
        ("euc-jp", "予約の確認"),
        ("gb18030", "您的验证码"),
        ("gb2312", "您的"),
        ("big5", "您的預約"),
        ("euc-kr", "예약 확인"),
        ("utf-16", "Grüße"),
        ("utf-16le", "Grüße"),
        ("utf-7", "Grüße"),
        ("iso-8859-8", "שלום"),
        ("iso-8859-8-i", "שלום"),
        ("windows-874", "สวัสดี"),
    ],
)
def test_decodes_the_charsets_of_real_mail(charset, text):
    """Each charset that mail uses comes back as it was written."""
    python = {"iso-8859-8-i": "iso-8859-8", "windows-874": "cp874"}.get(charset, charset)
    assert decode(text.encode(python), charset) == text


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Köln".encode(), "", "Köln"),
        ("Köln".encode("latin-1"), "", "Köln"),
        ("Köln".encode(), "us-ascii", "Köln"),
        ("Köln".encode(), "iso-8859-1", "Köln"),
        ("Köln".encode("latin-1"), "utf-8", "Köln"),
        ("Köln".encode(), "x-nobody-knows", "Köln"),
        ("Köln ü".encode()[:-1], "utf-8", "Köln "),
        ("Köln ü".encode()[:-1], "", "Köln "),
        ("ü".encode()[:-1], "utf-8", ""),
        (b"Caf\xe9", "", "Café"),
        (b"Caf\xe9", "us-ascii", "Café"),
        (b"Caf\xe9", "iso-8859-1", "Café"),
        (b"\xc4", "iso-8859-1", "Ä"),
        (b"\xff\xfe", "utf-16", ""),
        (b"\xd8", "utf-16le", ""),
    ],
)
def test_a_wrong_or_missing_charset_is_guessed(data, charset, text):
    """A claim that can't be true, or none, ends in readable text."""
    assert decode(data, charset) == text


@pytest.mark.parametrize("charset", ["", "us-ascii", "iso-8859-1", "utf-8"])
def test_one_fault_does_not_turn_utf_8_into_something_else(charset):
    """What was UTF-8 up to the fault is UTF-8 behind it, too."""
    assert decode("Köln ".encode() + b"\xff" + " grüßt".encode(), charset) == "Köln \ufffd grüßt"


@pytest.mark.parametrize("charset", ["windows-874", "utf-8", "utf-7", "big5"])
def test_faults_are_not_decoded_without_end(charset):
    """A faulty byte costs far more than a good one: where there are many, 1.5 KiB are enough."""
    assert len(decode(b"a" * 1000 + b"\xff" * 60_000, charset)) <= 1000 + 1536
    sparse = b"a" * 1000 + b"\xff" + b"b" * 60_000
    assert len(decode(sparse, charset)) <= 1000 + 8192
    assert decode(sparse, charset).count("b") > (8000 if charset != "utf-7" else 1500)


@pytest.mark.parametrize(
    "name", ["hex", "zlib", "idna", "punycode", "unicode_escape", "rot13", "\0", "a" * 9999]
)
def test_a_charset_cannot_name_another_kind_of_codec(name):
    """Python's codecs that aren't charsets can't be reached from a message."""
    assert codec_of(name) is None
    assert decode(b"abc", name) == "abc"


def test_every_charset_of_the_table_is_one_python_has():
    """No entry of the table fails when a message uses it."""
    names = ["utf-8", "cp437", "mac-roman", "macintosh", "iso-2022-kr", "hz-gb-2312", "utf-32", "cp866"]
    names += [f"iso-8859-{n}" for n in (*range(1, 12), 13, 14, 15, 16)]
    for name in names:
        assert decode(b"abcd", name) is not None
    from failover import text  # noqa: PLC0415

    for codec in text._CODECS.values():
        b"".decode(codec)


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-16", "utf-7", "gb18030", "hz", "iso-2022-kr", "big5"]),
)
def test_decode_never_raises(data, charset):
    """Any bytes in any charset give text."""
    assert isinstance(decode(data, charset), str)


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("a\r\nBcc: x", "a Bcc: x"),
        ("a\x00b\x1b[31mc\x9b", "ab[31mc"),
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("a\u2066b\u2069\u061c\u200f", "ab"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("pre\u034f\u00ad header\u3164", "pre header"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("icon\ue000", "icon\ufffd"),
        ("half\ud800", "half\ufffd"),
        ("cafe\u0301", "café"),
        ("a\u0301\u0302\u0303\u0304\u0305\u0306", "\u00e1\u0302\u0303"),
        ("x \u2028 y\u2029z\u3000w\u2800", "x y z w"),
        ("👩\u200d👧 a\u200db", "👩\u200d👧 ab"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
    ],
)
def test_cleaning_shows_what_is_there_and_nothing_else(dirty, expected):
    """Characters that hide, reorder or break a line are gone."""
    assert clean(dirty, 100) == expected


def test_the_format_characters_are_those_of_unicode():
    """Every character of category Cc, Cf, Co, Cs, Zl and Zp that Python knows is gone after cleaning."""
    unwanted = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    left = [
        hex(c)
        for c in range(sys.maxunicode + 1)
        if unicodedata.category(chr(c)) in unwanted and chr(c) in clean(f"a{chr(c)}b", 9)
    ]
    assert left == []


@given(ANY_TEXT, st.integers(1, 80))
def test_clean_text_is_one_visible_line_within_its_limit(text, limit):
    """Whatever comes in, the result is bounded, encodable and free of control characters."""
    result = clean(text, limit)
    assert len(result) <= limit
    assert result == result.strip()
    result.encode()
    categories = {unicodedata.category(c) for c in result.replace("\u200d", "")}
    assert not categories & {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("shorter", 5, "shor…"),
        ("two words", 5, "two…"),
        ("ab👩\u200d👩\u200d👧", 5, "ab…"),
        ("ab👍🏽", 4, "ab👍🏽"),
        ("ab👍🏽c", 4, "ab…"),
        ("a🇩🇪🇫🇷", 5, "a🇩🇪🇫🇷"),
        ("a🇩🇪🇫🇷x", 5, "a🇩🇪…"),
        ("nn\u0303n\u0303", 4, "nn\u0303…"),
        ("각각".encode().decode(), 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_shortening_cuts_between_graphemes(text, limit, expected):
    """No half emoji, half flag or lost accent before the ellipsis."""
    assert shorten(text, limit) == expected


@given(ANY_TEXT, st.integers(0, 50))
def test_shortening_keeps_a_prefix(text, limit):
    """The result is within the limit, and but for the ellipsis the beginning of the text."""
    result = shorten(text, limit)
    assert len(result) <= limit
    assert text.startswith(result.removesuffix("…"))


def test_only_right_to_left_text_is_isolated():
    """Hebrew and Arabic are wrapped; Latin text stays as it is."""
    assert isolate("שלום") == "\u2068שלום\u2069"
    assert isolate("Grüße") == "Grüße"


@given(st.sampled_from("\u200b\u034f\x00"), st.integers(0, 600), st.sampled_from([20, 60, 300]))
def test_what_shows_nothing_takes_no_room(nothing, count, limit):
    """Text behind a run of invisible characters is shown, thrice as long as the text may be."""
    text = "a" + nothing * min(count, 3 * limit) + "b" * limit
    assert clean(text, limit) == shorten("a" + "b" * limit, limit)
