"""The names of charsets in mail, as data: which of Python's codecs reads what a label names.

Labels are IANA's (https://www.iana.org/assignments/character-sets), most of which Python's own table of
aliases holds, those of the Encoding Standard (https://encoding.spec.whatwg.org/#names-and-labels), and what
Windows, Outlook, Java, the Mac and GNU's iconv call charsets.
"""

import codecs
import re
from encodings.aliases import aliases
from functools import lru_cache

# Python has aliases for other things, too.
_CHARSET = re.compile("ascii|big5|cp|euc|gb|hp|hz|iso|johab|koi|kz|latin|mac|pt|shift|tis|utf")
# Windows' variants hold more than the standards whose names mail claims, and what senders mean.
_MEANT = {"latin_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874", "tis_620": "cp874"}
_MEANT |= {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
}
_MEANT |= {"shift_jis": "cp932", "euc_jisx0213": "euc_jis_2004", "shift_jisx0213": "shift_jis_2004"}
_MEANT |= {f"iso2022_jp{kind}": "iso2022_jp_2" for kind in ("", "_1", "_3", "_2004", "_ext")}
# What else there is, in lower case, letters and digits alone, without "x" or "cs" before it. iso2022.py has
# `iso2022_cn`, Python has not.
_LABELS = """
ascii: ia5 iso646 7bitascii
cp1250: windows31latin2 msee
cp1251: mscyrl
cp1252: isolatin ansi msansi western userdefined windows30latin1 windows31latin1 iso88591unicode
 iso88591windows30latin1 iso88591windows31latin1
cp1253: msgreek
cp1254: windows31latin5 iso88599windowslatin5 msturk
cp1255: machebrew mshebr
cp1256: msarab
cp1257: winbaltrim
cp1140: ebcdicus37euro
cp858: pcmultilingual850euro
cp874: tis62025330 macthai
iso8859_2: iso88592windowslatin2
iso8859_6: iso88596e iso88596i
iso8859_7: suneugreek iso885972003
iso8859_8: iso88598e iso88598i iso88598visual visual logical
iso8859_13: isoir179
iso8859_15: latin0 latin9 isolatin9 isoir203
koi8_r: koi koi8
koi8_u: koi8ru
mac_roman: mac applemacintosh
mac_latin2: maccentraleuroperoman maccentraleurroman macce
mac_cyrillic: macukrainian macukraine
mac_iceland: macicelandic
mac_romanian: macromania
gb18030: gb180302005 gb180302022 euccngb gbk1 cngb cngb2312 macchinesesimp macsimpchinese
big5hkscs: cnbig5 big5eten big5et big51 macchinesetrad mactradchinese
cp949: ksc56011989 ksc56011992 ksc5636 isoir149 mackorean wansung
cp932: windows31j cp943c sjisjp macjapanese shiftjisms sjiswin sjisopen
euc_jp: eucjpms eucjpwin eucjpopen euc eucpkdfmtjapanese extendedunixcodepackedformatforjapanese
iso2022_jp_2: iso2022jpms windowsiso2022jp autodetectjp jisautodetect jis jisencoding jis7 jis8 junet iso2022
iso2022_cn: iso2022cn iso2022cnext
utf_8: utf8sig utf8mac unicode11utf8 unicode20utf8 utf8mb4 utf8n utf8bom cesu8
utf_7: unicode20utf7
utf_16: unicode utf16bom iso10646 iso10646ucs2 ucs2 unicode11
utf_16_le: ucs2le utf16lebom unicodefeff
utf_16_be: ucs2be unicodefffe unicodebig
utf_32: ucs4 iso10646ucs4
"""
# The numbers of Microsoft's code pages that are not Python's: "windows-949", "cp-1252", "x-cp50220", "866".
_PAGES = """
ascii: 20127
cp874: 10021
cp1255: 10005
koi8_r: 878 20866
koi8_u: 1168 21866
iso8859_6: 708
iso8859_8: 38598
mac_roman: 10000
mac_arabic: 10004
mac_greek: 10006
mac_cyrillic: 10007 10017
mac_romanian: 10010
mac_latin2: 10029
mac_iceland: 10079
mac_turkish: 10081
mac_croatian: 10082
cp932: 943 10001
euc_jp: 20932 51932
iso2022_jp_2: 50220 50221 50222
gb18030: 936 10008 20936 51936 54936
hz: 52936
iso2022_cn: 50227
big5hkscs: 950 10002
cp949: 10003 20949 51949
johab: 1361
iso2022_kr: 50225
utf_8: 65001
utf_7: 65000
utf_16_le: 1200
utf_16_be: 1201
utf_32_le: 12000
utf_32_be: 12001
"""
_NO_ALIAS = (
    *("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_r", "koi8_u", "koi8_t", "iso2022_cn"),
    *("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian", "utf_32_le", "utf_32_be"),
)
_PAGE = re.compile(r"(?:(?:windows|ms)?cp|ibm|windows|win|ms|ansi|dos|oem|ccsid|codepage)?0*([1-9]\d{1,4})")
_PREFIXES = ("", "x", "cs", "xx", "charset")


def _key(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.lower())


def _read(table: str) -> dict[str, str]:
    """Read a table: a codec and its labels, a line that begins with a blank going on."""
    rows = (row.partition(":") for row in table.replace("\n ", " ").split("\n"))
    return {label: codec for codec, _, labels in rows for label in labels.split()}


_known = {alias: codec for alias, codec in aliases.items() if _CHARSET.match(codec)}
_known |= {codec: codec for codec in (*_known.values(), *_NO_ALIAS, *_MEANT)}

CODECS = {_key(label): _MEANT.get(codec, codec) for label, codec in _known.items()} | _read(_LABELS)
CODECS |= {f"8859{n}": CODECS[f"iso8859{n}"] for n in range(1, 17) if n != 12}
"""The codec for each label."""

PAGES = {codec[2:].lstrip("0"): codec for codec in CODECS.values() if codec.startswith("cp")} | _read(_PAGES)
PAGES |= {str(28590 + n): CODECS[f"iso8859{n}"] for n in range(1, 17) if n != 12}
"""The codec for each number of a code page."""


@lru_cache(maxsize=64)
def codec_of(charset: str) -> str | None:
    """Name the codec for a charset of mail; None if it is not known.

    A table, so that a message can't make Python import a module or reach codecs that aren't charsets.
    """
    label = _key(charset[:60])
    for prefix in _PREFIXES:
        name = label.removeprefix(prefix)
        if prefix and name == label:
            continue
        page = _PAGE.fullmatch(name)
        codec = CODECS.get(name) or (PAGES.get(page[1]) if page else None)
        if codec:
            return codec
    return None


# Python imports a codec at its first use; those that mail uses every day are there before the first one.
for _codec in (
    *("ascii", "utf_8", "utf_16", "utf_16_le", "utf_7", "koi8_r", "koi8_u", "iso2022_jp_2", "iso2022_kr"),
    *("cp932", "euc_jp", "gb18030", "big5hkscs", "cp950", "cp949", "cp874"),
    *(f"cp{page}" for page in range(1250, 1259)),
    *(f"iso8859_{part}" for part in (2, 5, 7, 8, 15)),
):  # fmt: skip
    codecs.lookup(_codec)
