"""The names of charsets, and that each leads to its text."""

import codecs
import runpy

import pytest

from failover import charsets
from failover.charsets import CODECS, PAGES, codec_of
from failover.decoding import decode

# The labels of the Encoding Standard (https://encoding.spec.whatwg.org/#names-and-labels), and the codec of
# Python's that knows a text in each.
WHATWG = {
    "utf_8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859_2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859_3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859_4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859_5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 "
    "iso_8859-5 iso_8859-5:1988",
    "iso8859_6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859_7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 "
    "iso_8859-7 iso_8859-7:1987 sun_eu_greek",
    "iso8859_8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 "
    "iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859_10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859_15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859_16": "iso-8859-16",
    "koi8_r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8_u": "koi8-ru koi8-u",
    "mac_roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 x-user-defined",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 "
    "latin5 windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022_jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
    "ksc_5601 windows-949",
    "iso2022_kr": "csiso2022kr iso-2022-kr",
    "hz": "hz-gb-2312",
    "utf_16_be": "unicodefffe utf-16be",
    "utf_16_le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
# IANA's names beyond those, and what programs call charsets: Windows and Outlook, Java, the Mac, DOS.
OTHERS = {
    "iso8859_2": "csISOLatin2 ISO-8859-2-Windows-Latin-2 windows-28592",
    "iso8859_6": "csISO88596E windows-708",
    "iso8859_8": "csISO88598I windows-38598 cp38598",
    "iso8859_13": "csISO885913 latin7 windows-28603",
    "iso8859_14": "iso-celtic latin8 l8 iso-ir-199 ISO_8859-14:1998",
    "iso8859_15": "Latin-9 csISO885915 windows-28605 ISO8859-15 8859-15",
    "iso8859_16": "latin10 l10 iso-ir-226 ISO_8859-16:2001",
    "koi8_r": "cp878 windows-20866 20866",
    "koi8_u": "windows-21866 csKOI8U cp1168",
    "koi8_t": "koi8-t",
    "kz1048": "KZ-1048 STRK1048-2002 RK1048 csKZ1048",
    "ptcp154": "PTCP154 csPTCP154 PT154 CP154 Cyrillic-Asian",
    "hp_roman8": "hp-roman8 roman8 r8 csHPRoman8",
    "cp437": "IBM437 cp437 437 csPC8CodePage437 DOS-437",
    "cp720": "DOS-720",
    "cp737": "ibm737",
    "cp775": "IBM775 csPC775Baltic",
    "cp850": "IBM850 cp850 850 csPC850Multilingual CP-850 ibm-850",
    "cp852": "IBM852 csPCp852 x-ibm852",
    "cp855": "IBM855 csIBM855",
    "cp857": "IBM857 csIBM857",
    "cp858": "IBM00858 CCSID00858 CP00858 PC-Multilingual-850+euro csIBM00858",
    "cp862": "IBM862 csPC862LatinHebrew DOS-862",
    "cp864": "IBM864 csIBM864",
    "cp869": "IBM869 csIBM869",
    "cp1125": "cp866u ruscii",
    "cp037": "IBM037 ebcdic-cp-us csIBM037",
    "cp273": "IBM273",
    "cp424": "IBM424 ebcdic-cp-he",
    "cp500": "IBM500 ebcdic-cp-be",
    "cp875": "cp875",
    "cp1026": "IBM1026",
    "cp1140": "IBM01140 CCSID01140 ebcdic-us-37+euro",
    "cp1250": "win-1250 MS1250 windows1250 csWindows31Latin2 MS-EE",
    "cp1251": "win-1251 windows1251 win1251 ms-1251 cswindows1251 MS-CYRL windows-cp1251 ansi-1251",
    "cp1252": "ANSI 1252 windows-28591 ISO8859_1 iso8859 ISO-8859-1-Windows-3.1-Latin-1 x-ansi "
    "US-ASCII ISO646-US ANSI_X3.4-1986 iso-ir-6 IBM367 x-IA5 windows-20127",
    "cp1254": "csWindows31Latin5 ISO-8859-9-Windows-Latin-5 latin-5 windows-28599 8859-9 MS-TURK",
    "cp1255": "x-mac-hebrew",
    "cp874": "TIS620.2533-0 x-mac-thai MS874 x-windows-874",
    "mac_latin2": "x-mac-ce MacCE MacCentralEurope x-mac-centraleurroman windows-10029",
    "mac_greek": "x-mac-greek MacGreek",
    "mac_turkish": "x-mac-turkish",
    "mac_iceland": "x-mac-icelandic",
    "mac_croatian": "x-mac-croatian",
    "mac_romanian": "x-mac-romanian",
    "mac_arabic": "x-mac-arabic",
    "mac_farsi": "x-mac-farsi",
    "mac_roman": "MacRoman cp10000 Apple-Macintosh",
    "gb18030": "windows-936 MS936 cp936 936 x-mac-chinesesimp EUC-CN windows-54936 GB_2312-80 "
    "csGBK csGB18030 GB18030-2022",
    "big5hkscs": "windows-950 MS950 cp950 x-mac-chinesetrad Big5-ETEN csBig5HKSCS x-windows-950 Big5_HKSCS",
    "euc_jp": "windows-51932 x-euc EUCJP-WIN eucJP-ms eucJP-open cp20932 "
    "Extended_UNIX_Code_Packed_Format_for_Japanese ujis",
    "iso2022_jp": "x-cp50220 windows-50221 CP50222 ISO-2022-JP-1 ISO-2022-JP-2 csISO2022JP2 "
    "ISO-2022-JP-3 JIS csJISEncoding ISO-2022-JP-MS x-windows-iso2022jp _autodetect_jp x-jis-autodetect",
    "cp932": "windows-932 cp932 x-ms-cp932 Cp943C IBM943 x-mac-japanese SJIS-win",
    "cp949": "MS949 x-windows-949 949 UHC KSC_5601 windows-51949 x-mac-korean EUCKR",
    "johab": "x-Johab windows-1361",
    "iso2022_kr": "windows-50225",
    "shift_jis_2004": "Shift_JISX0213 shift_jis-2004 SJISX0213",
    "euc_jis_2004": "EUC-JISX0213 EUC-JIS-2004",
    "hz": "HZ csHZGB2312 windows-52936",
    "utf_7": "UTF-7 csUTF7 unicode-1-1-utf-7 x-unicode-2-0-utf-7 windows-65000",
    "utf_8": "csUTF8 windows-65001 65001 utf8mb4 UTF-8-MAC x-unicode-2-0-utf-8",
    "utf_16_le": "csUTF16LE windows-1200 cp1200",
    "utf_16_be": "csUTF16BE windows-1201 x-utf-16be",
    "utf_32_le": "csUTF32LE UTF-32 ISO-10646-UCS-4 csUCS4 windows-12000",
    "utf_32_be": "UTF-32BE windows-12001",
}
LETTERS = (
    "żółć éàü ñãø şğı őű ąčęėįšųūž ŵŷ ħĝ αβγδ абвгд їєґ әғқңө ابجد אבגד กขฃ 日本語 中文 测试 測試 한국어 안녕"
    " 俱剝"
)


def sample(codec):
    """Return those of the letters that a codec has, twice, so that they are not all of a text by accident."""
    kept = [letter for letter in LETTERS if letter.encode(codec, "ignore")]
    return f"{''.join(kept)} {''.join(kept)}".strip()


def labels(table):
    """List each label with the codec of its text."""
    return [(label, codec) for codec, names in table.items() for label in names.split()]


@pytest.mark.parametrize(("label", "codec"), labels(WHATWG) + labels(OTHERS))
def test_each_name_leads_to_the_text_of_its_charset(label, codec):
    """In capitals, and with what fields leave around it, too."""
    text = sample(codec)
    data = text.encode(codec)
    for name in (label, label.upper(), f'"{label}"', f" {label} "):
        assert decode(data, name) == text


@pytest.mark.parametrize("codec", sorted({*CODECS.values(), *PAGES.values()} - {"iso2022_cn"}))
def test_each_codec_of_the_table_is_pythons_and_has_its_own_name(codec):
    """No entry fails when a message uses it."""
    assert codecs.lookup(codec).name
    assert codec_of(codec) == codec


@pytest.mark.parametrize(("table", "start"), [(CODECS, ""), (PAGES, "cp")])
def test_each_entry_of_the_table_can_be_reached(table, start):
    """Its label, as it stands in the table, leads to its codec."""
    assert {label: codec_of(start + label) for label in table} == table


@pytest.mark.parametrize(
    "name",
    [
        *(
            "hex",
            "zlib",
            "idna",
            "punycode",
            "unicode_escape",
            "rot13",
            "uu",
            "quopri",
            "bz2",
            "mbcs",
            "undefined",
        ),
        *(
            "\0",
            "",
            "x",
            "cs",
            "a" * 9999,
            "0",
            "99999",
            "cp0",
            "windows-",
            "1251251",
            "iso-8859-12",
            "utf-9",
            "x-x-",
        ),
    ],
)
def test_a_charset_cannot_name_another_kind_of_codec(name):
    """Codecs that aren't charsets can't be reached from a message, and what is no name leads nowhere."""
    assert codec_of(name) is None
    assert decode(b"abc", name) == "abc"


def test_a_name_is_read_as_far_as_any_is_long():
    """60 signs, so that no field costs more."""
    assert codec_of("utf-8".ljust(60) + "x") == "utf_8"
    assert codec_of("utf-8".ljust(59) + "x") is None


EVERYDAY = ["us-ascii", "utf-8", "utf-16", "utf-7", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7"]
EVERYDAY += ["iso-8859-8", "iso-8859-9", "iso-8859-15", "tis-620", "koi8-r", "koi8-u", "shift_jis", "euc-jp"]
EVERYDAY += ["iso-2022-jp", "gb2312", "gbk", "big5", "euc-kr", "iso-2022-kr"]
EVERYDAY += [f"windows-{page}" for page in range(1250, 1259)]


def test_codecs_of_everyday_mail_are_there_before_the_first_message(monkeypatch):
    """Else that one would wait while Python imports them."""
    there = set()
    monkeypatch.setattr(codecs, "lookup", there.add)
    runpy.run_path(charsets.__file__)
    assert {codec_of(label) for label in EVERYDAY} <= there
