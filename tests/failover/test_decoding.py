"""Bytes and the charset they are said to be in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover import iso2022, jis
from failover.charsets import CODECS
from failover.decoding import decode, decode_field

FFFD = "\ufffd"
KANJI = b"\x1b$B"
ASCII = b"\x1b(B"
MEETING = KANJI + b"2q5D$N0FFb" + ASCII
ASIA = ("gb2312", "gbk", "gb18030", "hz-gb-2312", "big5", "euc-kr", "shift_jis", "euc-jp", "iso-2022-jp")
ASIA += ("iso-2022-kr", "iso-2022-cn")
EUROPE = ("us-ascii", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-15", "windows-1250", "windows-1251")
EUROPE += ("windows-1252", "koi8-r", "koi8-u", "ibm866", "macintosh", "utf-7")


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
        ("iso-2022-kr", "예약 확인"),
        ("hz", "您的验证码"),
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
        ("Köln".encode(), "iso-8859-15", "Köln"),
        ("Köln".encode("latin-1"), "utf-8", "Köln"),
        ("Köln".encode(), "x-nobody-knows", "Köln"),
        ("Köln ü".encode()[:-1], "utf-8", "Köln "),
        ("Köln ü".encode()[:-1], "", "Köln "),
        (b"Caf\xe9", "", "Café"),
        (b"Caf\xe9", "us-ascii", "Café"),
        (b"Caf\xe9", "iso-8859-1", "Café"),
        (b"Caf\xe9", "iso-2022-jp", "Café"),
        (b"Gr\xfc\xdfe", "utf-7", "Grüße"),
        (b"\xc4", "iso-8859-1", "Ä"),
        (b"\xff\xfe", "utf-16", ""),
        (b"a+2AA-b", "utf-7", f"a{FFFD}b"),
        ("Grüße".encode("utf-16"), "", "Grüße"),
        ("Grüße".encode("utf-16"), "utf-8", "Grüße"),
        (b"\xef\xbb\xbf" + "Grüße".encode(), "", "\ufeffGrüße"),
        (b"Nothing wide here, only ASCII", "utf-16", "Nothing wide here, only ASCII"),
        ("Grüße aus Köln, nichts Breites".encode(), "utf-32", "Grüße aus Köln, nichts Breites"),
        (b"Meet at 5\r\n", "unicode", "Meet at 5\r\n"),
        (b"https://shop.example/offers", "utf-16", "https://shop.example/offers"),
        ("報告書です".encode("utf-16-le"), "utf-16", "報告書です"),
        (b"Hello there, all", "ibm037", "Hello there, all"),
        ("Příliš žluť".encode("utf-16-be"), "utf-16", "Příliš žluť"),
        # What ISO 8859 has no signs for is Windows', unless it is UTF-8.
        ("Všechno nejlepší, žluťoučký".encode("cp1250"), "iso-8859-2", "Všechno nejlepší, žluťoučký"),
        ("„Ђ“ и Њ".encode("cp1251"), "iso-8859-5", "„Ђ“ и Њ"),
        ("“Quoted” – it’s 5 €".encode("cp1252"), "iso-8859-15", "“Quoted” – it’s 5 €"),
        ("ł".encode(), "iso-8859-2", "ł"),
        (b"\x9d", "iso-8859-15", FFFD),
        ("Łódź".encode("iso-8859-2"), "iso-8859-2", "Łódź"),
    ],
)
def test_a_wrong_or_missing_charset_is_guessed(data, charset, text):
    """A claim that can't be true, or none, ends in readable text."""
    assert decode(data, charset) == text


@pytest.mark.parametrize("charset", [*ASIA, *EUROPE, "utf-16", "utf-32", "x-nobody-knows", ""])
@pytest.mark.parametrize(
    "text", ["会議のご案内", "안녕하세요 여러분", "Привет, мир", "Zażółć gęślą jaźń", "مرحبا بكم"]
)
def test_utf_8_is_known_under_every_label(charset, text):
    """As long as it is enough to be none by accident."""
    assert decode(text.encode(), charset) == text
    # And where the end was cut off.
    assert decode(text.encode()[:-1], charset) == text[:-1]


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"])
def test_text_that_says_it_is_wide_may_be_ascii(charset):
    """A template's charset, which nobody converted to; a word is enough, if it is long or there are two."""
    for text in ("Meet at 5", "https://shop.example/offers", "One line\r\nand another"):
        assert decode(text.encode(), charset) == text
        assert decode(text.encode(charset), charset) == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("koi8-r", "её"),
        ("koi8-r", "Её её не её"),
        ("windows-1250", "PÓŁNOC"),
        ("gb2312", "毛"),
        ("big5", "隆"),
        ("shift_jis", "ﾃｽﾄ"),
        ("euc-kr", "짜짜로니"),
        ("windows-1251", "«РЖД»"),
        ("iso-8859-5", "ЧАША"),
        ("ibm866", "сок"),
        # Short as this, or with what no text in ASCII has.
        ("utf-16be", "報告"),
        ("utf-16be", "สวัสดีครับ"),
        ("utf-16be", "हिन्दीभाषा"),
        ("utf-16le", "賃 2026-11-25"),
    ],
)
def test_what_is_utf_8_by_accident_stays_what_it_is(charset, text):
    """A few letters of another charset may be valid UTF-8."""
    assert decode(text.encode(charset), charset) == text


@pytest.mark.parametrize(
    ("real", "claimed", "text"),
    [
        ("cp932", "iso-2022-jp", "会議の案内"),
        ("euc-jp", "iso-2022-jp", "会議の案内です"),
        ("cp932", "euc-jp", "日本語テスト"),
        ("euc-jp", "shift_jis", "日本語テスト"),
        ("cp949", "iso-2022-kr", "안녕하세요"),
        ("gb18030", "iso-2022-cn", "你好世界"),
        ("gb18030", "hz-gb-2312", "你好世界"),
    ],
)
def test_text_of_the_same_language_is_known_under_its_other_charsets_names(real, claimed, text):
    """What the claimed charset can't hold is tried in the others."""
    assert decode(text.encode(real), claimed) == text
    assert decode(text.encode(real)[:-1], claimed) in {text[:-1], text[:-1] + FFFD}


@pytest.mark.parametrize(
    ("charset", "text"),
    [("gb2312", "您的订单已经发货"), ("big5", "您的電子帳單已經寄出"), ("euc-kr", "예약 확인 메일")],
)
def test_one_fault_in_a_text_does_not_make_it_another_language(charset, text):
    """The rest stays readable."""
    data = text.encode(charset)
    shown = decode(data[:6] + b"\xff" + data[6:], charset)
    assert FFFD in shown
    assert text[-2:] in shown
    assert text[:2] in shown


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        # NEC's row 13; NEC's and IBM's kanji; half-width katakana by sequence, by shift, and in eight bits.
        (MEETING + KANJI + b"-!-j" + ASCII, "iso-2022-jp", "会議の案内①㈱"),
        (KANJI + b"|b66" + ASCII + b" san", "iso-2022-jp", "髙橋 san"),
        (KANJI + b"y!y~" + ASCII, "iso-2022-jp", "纊德"),
        (b"\x1b(I1\x1b(B ok", "iso-2022-jp", "ｱ ok"),
        (b"\x1b$B2q5D\x1b(I12\x1b$B0FFb\x1b(J ok", "csISO2022JP", "会議ｱｲ案内 ok"),
        (MEETING + b" \x0e123\x0f ok", "x-cp50222", "会議の案内 ｱｲｳ ok"),
        (b"\x1b)I\x0e1\x0f ok", "iso-2022-jp", "ｱ ok"),
        (MEETING + b" \xb1\xb2", "iso-2022-jp", "会議の案内 ｱｲ"),
        # JIS X 0212 and 0213, the older names, a revision announced.
        (b"\x1b$(D0!\x1b(B", "iso-2022-jp-1", "丂"),
        (b"\x1b$(O.!\x1b$(P!!\x1b(B", "iso-2022-jp-3", "俱\U00020089"),
        (b"\x1b$@2q5D\x1b(J-!", "iso-2022-jp", "会議-!"),
        (b"\x1b&@\x1b$B2q-!\x1b(B", "iso-2022-jp", "会①"),
        (b"\x1b$A<:\x1b$(C>H\x1b$(D0!-!\x1b(B", "iso-2022-jp-2", "己안丂" + 2 * FFFD),
        # Lines, and what is left open.
        (KANJI + b"2q-!\n5D" + ASCII + b"\n" + MEETING, "iso-2022-jp", "会①\n議\n会議の案内"),
        (KANJI + b"2q-!", "iso-2022-jp", "会①"),
        # Korean and Chinese, also where nothing was designated.
        (b"\x1b$)C\n\x0e>H3g\x0f ok", "iso-2022-kr", "\n안녕 ok"),
        (b"\x0e>H3g\x0f ok", "iso-2022-kr", "안녕 ok"),
        (b"\x1b$)A\x0e<:\x0f ok", "iso-2022-cn", "己 ok"),
        (b"\x0e<:\x0f ok", "iso-2022-cn", "己 ok"),
        (b"plain", "iso-2022-cn", "plain"),
        # The same without a label, or under another one.
        (MEETING, "", "会議の案内"),
        (MEETING, "us-ascii", "会議の案内"),
        (MEETING, "shift_jis", "会議の案内"),
        (MEETING, "x-nobody-knows", "会議の案内"),
        (b"\x1b(I1\x1b(B", "utf-8", "ｱ"),
        (b"\x1b$)C\x0e>H\x0f", "", "안"),
        ("Grüße: ".encode() + MEETING + " – Köln".encode(), "utf-8", "Grüße: 会議の案内 – Köln"),
        ("Grüße: ".encode("latin-1") + MEETING, "iso-8859-1", "Grüße: 会議の案内"),
        ("Привет: ".encode("koi8-r") + MEETING, "koi8-r", "Привет: 会議の案内"),
        # What only looks like a sequence, and text that is nothing of the kind.
        (b"\x1b[31mred\x1b[0m", "utf-8", "\x1b[31mred\x1b[0m"),
        ("\x1b$B".encode("utf-16-le"), "utf-16le", "\x1b$B"),
        (ASCII + b"plain", "", "\x1b(Bplain"),
        ("\x1b$B text Café é".encode(), "utf-8", " text Café é"),
        (b" " + KANJI + b"%", "", " " + FFFD),
    ],
)
def test_escape_sequences_tell_what_follows(data, charset, text):
    """As vendors use them, and whatever the label says."""
    assert decode(data, charset) == text


@pytest.mark.parametrize("end", range(1, len(MEETING) + 14))
def test_text_with_escape_sequences_cut_anywhere_gives_the_beginning(end):
    """No half sequence and no half character is left at its end."""
    for rest in (KANJI + b"2q5D" + ASCII, KANJI + b"-!-j" + ASCII):
        whole = decode(MEETING + rest, "iso-2022-jp")
        shown = decode((MEETING + rest)[:end], "iso-2022-jp", cut=True)
        assert whole.startswith(shown)
        assert len(shown) >= min(end // 2 - 3, len(whole)) - 3


def test_every_vendors_sign_is_read_in_euc_jp_and_in_escape_sequences():
    """All 94 rows of 94 cells are what they are by code page 932."""
    for row in range(94):
        lead = (row >> 1) + (0x81 if row < 62 else 0xC1)
        for cell in range(94):
            trail = cell + 0x9F if row & 1 else cell + 0x40 + (cell >= 63)
            sign = bytes((lead, trail)).decode("cp932", "replace")
            pair = bytes((row + 0x21, cell + 0x21))
            assert jis.from_pairs(pair) == jis.from_pairs(bytes(byte | 128 for byte in pair)) == sign
    assert jis.from_pairs(b"2q5D-!") == "会議①"
    assert jis.from_pairs(b"2q5") == "会" + FFFD
    assert jis.from_pairs(b"") == ""


def test_euc_jp_has_vendors_signs_beside_katakana_and_jis_x_0212():
    """Code page 51932 and eucJP-ms, as mail labelled EUC-JP holds them."""
    data = "会議".encode("euc-jp") + b"\xad\xa1\xfc\xe2\x8e\xb1\x8f\xb0\xa1 ok\xad\xea"
    assert decode(data, "euc-jp") == "会議①髙ｱ丂 ok㈱"
    assert decode(data + b"\xff", "eucJP-ms") == "会議①髙ｱ丂 ok㈱" + FFFD


@pytest.mark.parametrize("charset", ["", "us-ascii", "iso-8859-1", "utf-8"])
def test_one_fault_does_not_turn_utf_8_into_something_else(charset):
    """What was UTF-8 up to the fault is UTF-8 behind it, too."""
    assert decode("Köln ".encode() + b"\xff" + " grüßt".encode(), charset) == "Köln \ufffd grüßt"


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("ü".encode()[:-1], "utf-8"),
        (b"\xd8", "utf-16le"),
        (b"\x81", "windows-1252"),
        (b"\x81", "shift_jis"),
        (b"\x81", "big5"),
        (b"\x81", "gb18030"),
        (b"\xff", "euc-kr"),
        (b"\x8f", "euc-jp"),
        (b"\xd2", "iso-8859-7"),
        (KANJI + b"2", "iso-2022-jp"),
        (b"\x00\x00\x00\xff", "utf-32"),
    ],
)
def test_what_can_not_be_read_is_shown_as_unreadable(data, charset):
    """Never as nothing, if it is all there is; unless there may be more, of which it is the beginning."""
    assert FFFD in decode(data, charset)
    assert decode("ü".encode()[:-1], "utf-8", cut=True) == ""
    assert decode(KANJI + b"2", "iso-2022-jp", cut=True) == ""
    assert decode(b"\xd8", "utf-16le", cut=True) == ""


@pytest.mark.parametrize("charset", ["windows-874", "utf-8", "utf-7", "big5", "euc-jp", "iso-2022-jp"])
def test_faults_are_not_decoded_without_end(charset):
    """A faulty byte costs far more than a good one: where there are many, 1.5 KiB are enough."""
    assert len(decode(b"a" * 1000 + b"\xff" * 60_000, charset)) <= 1000 + 1536
    sparse = b"a" * 1000 + b"\xff" + b"b" * 60_000
    assert len(decode(sparse, charset)) <= 1000 + 8192
    assert decode(sparse, charset).count("b") > (8000 if charset != "utf-7" else 1500)


def test_many_faults_are_those_of_half_the_text_that_would_cost_as_much():
    """768 bytes of them, of the next 8 KiB."""
    assert len(decode(b"\xff" * 768 + b"b" * 60_000, "utf-8")) == 8192
    assert len(decode(b"\xff" * 769 + b"b" * 60_000, "utf-8")) == 1536


def test_a_long_text_that_is_not_ascii_as_it_says_is_read_whole():
    """It costs no more than one that names its charset."""
    text = "Grüße aus Köln, " * 3000
    assert decode(text.encode("latin-1"), "us-ascii") == text


@pytest.mark.parametrize(
    ("charset", "windows"),
    [
        *(
            ("iso-8859-2", "cp1250"),
            ("iso-8859-4", "cp1257"),
            ("iso-8859-5", "cp1251"),
            ("iso-8859-6", "cp1256"),
        ),
        *(("iso-8859-7", "cp1253"), ("iso-8859-8", "cp1255"), ("iso-8859-10", "cp1257")),
        *(("iso-8859-13", "cp1257"), ("iso-8859-15", "cp1252"), ("iso-8859-16", "cp1250")),
    ],
)
def test_a_quote_of_windows_tells_that_a_text_is_in_its_charset(charset, windows):
    """Each of ISO 8859's has one of the same language, with letters in other places."""
    letters = "".join(c for c in map(chr, range(0xA0, 0x700)) if c.isalpha() and c.encode(windows, "ignore"))
    text = f"“{' '.join(letters)}”"
    assert decode(text.encode(windows), charset) == text


@pytest.mark.parametrize(
    "charset",
    ["gb18030", "big5", "shift_jis", "shift_jisx0213", "euc-jp", "euc-jisx0213", "euc-kr", "johab"],
)
def test_three_bytes_of_utf_8_are_an_accident_where_a_character_has_several(charset):
    """Four are none."""
    text, other = "aéüö", "aéüöß"
    assert decode(text.encode(), charset) != text
    assert decode(other.encode(), charset) == other


@pytest.mark.parametrize(
    "unit", [b"\x1b$B-!", b"\x1b$B-!\x1b(B", b"\x1b(I1", b"\x0e1\x0f", b"\x1b$B2q\x1b(Ba\xb1"]
)
def test_escape_sequences_are_not_followed_without_end(unit):
    """Some hundred are more than anyone is shown."""
    assert len(decode(unit * 9000, "iso-2022-jp")) <= 400
    assert len(decode(KANJI + b"-!" * 9000, "iso-2022-jp")) <= 4096
    # What comes before the first of what Python does not know costs nothing, and is all there.
    assert decode(MEETING * 1000 + unit, "iso-2022-jp").startswith("会議の案内" * 1000)


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("订单".encode(), "gbk", "订单"),
        ("订单".encode("gbk"), "gbk", "订单"),
        (b"plain", "gbk", "plain"),
        (MEETING, "gbk", "会議の案内"),
        (b"Caf\xe9", "", "Café"),
    ],
)
def test_a_field_is_utf_8_or_else_in_the_messages_charset(data, charset, text):
    """However little there is of it."""
    assert decode_field(data, charset) == text


@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from("\x1b$()BIJDAC&@\x0e\x0f2q-! a\n"), max_size=60).map(str.encode),
    st.sampled_from(["", *sorted(CODECS)]),
    st.booleans(),
)
def test_decode_never_raises(data, charset, cut):
    """Any bytes in any charset give text, which can be encoded."""
    assert decode(data, charset, cut=cut).encode() is not None


@given(
    st.binary(min_size=1, max_size=40).filter(lambda data: not data.isascii()),
    st.sampled_from(sorted(CODECS)),
)
def test_what_is_beyond_ascii_is_never_shown_as_nothing(data, charset):
    """In no charset; but for a mark of UTF-16's byte order, which is nothing."""
    if data not in {b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"}:
        assert decode(data, charset)


def test_only_sequences_that_lead_somewhere_announce_text():
    """A terminal's colours do not."""
    for sequence in (b"$B", b"$@", b"$A", b"$(D", b"$(O", b"$(Q", b"$(P", b"$(C", b"$)C", b"$)A", b"(I"):
        assert iso2022.announces(b"x\x1b" + sequence, "utf_8")
    for sequence in (b"[31m", b"(B", b"(J", b"$", b"$ ", b"$%A", b")I", b""):
        assert not iso2022.announces(b"x\x1b" + sequence, "utf_8")
    assert iso2022.announces(b"\x0e", "iso2022_kr")
    assert not iso2022.announces(b"\x0e", "utf_8")
