"""Bytes and the charset that they are said to be in -> text."""

import codecs
import re

from . import iso2022, jis
from .charsets import codec_of
from .iso2022 import fitting
from .text import REPLACEMENT

# How much is decoded behind the first faulty byte, and how much where many may follow: each costs a
# hundred times what a good one does.
_FAULTY_BYTES = 8192
_DENSE_BYTES = 1536
# Of so many characters beyond ASCII, one that is faulty tells that the charset is another.
_FAULTS = 8
# How many bytes that go on with a character of UTF-8 no text has by accident, if the claimed charset has one
# byte a character, and if it has several.
_CONCLUSIVE = 3
_CONCLUSIVE_OF_SEVERAL = 4
_OF_SEVERAL = frozenset(
    {"gb18030", "big5hkscs", "cp932", "shift_jis_2004", "euc_jp", "euc_jis_2004", "cp949", "johab"}
)
_BEYOND_ASCII = bytes(range(128, 256))
_ASCII = bytes(range(128))
# Under this many bytes without a space, a text in UTF-16 may be ASCII by accident.
_SHORT = 16
_PRINTABLE = b"\r\n" + bytes(range(32, 127))
_TEXT = b"\t\r\n" + bytes(range(32, 256))
_GUESS = "cp1252"
_UTF8_FIRST = frozenset({"ascii", _GUESS, "cp1254", "iso8859_15", "utf_8"})
# What is faulty in these may be ASCII, and a byte with an eighth bit disproves them.
_SEVEN_BIT = frozenset({"ascii", "utf_7", "hz"}) | iso2022.CODECS
_WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
# Every letter and digit of these has its eighth bit.
_EBCDIC = frozenset({"cp037", "cp273", "cp500", "cp1026", "cp1140"})
# Who sends bytes that these have no character for has Windows' charset of the same language.
_C1 = bytes(range(128, 160))
_WINDOWS = {"iso8859_2": "cp1250", "iso8859_4": "cp1257", "iso8859_5": "cp1251", "iso8859_6": "cp1256"}
_WINDOWS |= {"iso8859_7": "cp1253", "iso8859_8": "cp1255", "iso8859_10": "cp1257", "iso8859_13": "cp1257"}
_WINDOWS |= {"iso8859_15": "cp1252", "iso8859_16": "cp1250"}
# What else a text is in that its charset can't hold.
_RELATED = {
    "iso2022_jp_2": ("euc_jp", "cp932"),
    "cp932": ("euc_jp",),
    "euc_jp": ("cp932",),
    "hz": ("gb18030",),
    "iso2022_cn": ("gb18030",),
    "iso2022_kr": ("cp949",),
    "big5hkscs": ("cp950",),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(data: bytes, charset: str = "", *, cut: bool = False) -> str:
    """Decode bytes that claim to be in `charset`; never raise, and show nothing as nothing.

    Without a usable claim, or where UTF-8 contradicts it, UTF-8 is tried first: text in another charset is
    hardly ever valid UTF-8 by accident. Then comes what else fits; what is left is U+FFFD. A character cut
    off at the end is dropped, unless it is all there is; with `cut`, when there may be more, also then.
    """
    codec = codec_of(charset) or _GUESS
    text = _decode(data, codec, cut=cut)
    # UTF-7 can hold half of a pair.
    return _SURROGATE.sub(REPLACEMENT, text) if codec == "utf_7" else text


def decode_field(data: bytes, charset: str) -> str:
    """Decode bytes of a field, which claim nothing: UTF-8 first (RFC 6532), then the message's charset."""
    return decode(data, "" if _as_utf8(data) else charset)


def _decode(data: bytes, codec: str, *, cut: bool = False) -> str:
    if data.startswith(_BYTE_ORDER_MARKS) and not codec.startswith("utf_32"):
        codec = "utf_16"
    elif codec == "utf_16" and data[::2].count(0) > data[1::2].count(0):
        codec = "utf_16_be"
    elif codec in _WINDOWS and data.translate(None, _C1) != data:
        if text := _as_utf8(data):
            return text
        codec = _WINDOWS[codec]
    if codec not in _WIDE and iso2022.announces(data, codec):
        text = iso2022.decode(data, codec, lambda run: _between(run, codec))
        return "" if cut and text == REPLACEMENT else text
    if codec in _UTF8_FIRST:
        found = _utf8(data, claimed=codec == "utf_8")
        if found or (found is not None and cut):
            return found
    elif _is_utf8(data, codec):
        return codecs.utf_8_decode(data, "replace")[0]
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        return _with_faults(data, codec, error, cut=cut)


def _between(run: bytes, codec: str) -> str:
    """Decode what stands between escape sequences and is beyond ASCII."""
    if codec not in iso2022.CODECS:
        return _decode(run, codec)
    # Half-width katakana in eight bits, as code page 50221 has them, rather than EUC-JP.
    related = "euc_jp" if codec == "iso2022_jp_2" else codec
    return _fitting(run, related) or _decode(run, _GUESS)


def _with_faults(data: bytes, codec: str, error: UnicodeDecodeError, *, cut: bool) -> str:
    """Decode what the charset can't hold."""
    if codec not in _UTF8_FIRST and (text := _as_utf8(data)):
        return text
    if error.end == len(data) and (beginning := fitting(data, codec)) is not None:
        return beginning if cut or beginning.strip() else f"{beginning}{REPLACEMENT}"
    if codec in _SEVEN_BIT and not data.isascii():
        data = data if codec == "ascii" else _bounded(data, error.start, _GUESS)
        return _fitting(data, codec) or _decode(data, _GUESS)
    data = _bounded(data, error.start, codec)
    text = jis.from_euc(data, error.start) if codec == "euc_jp" else data.decode(codec, "replace")
    if codec == "utf_8" and text.replace(REPLACEMENT, "").isascii():
        return data.decode(_GUESS, "replace")
    if text.count(REPLACEMENT) * _FAULTS > _beyond_ascii(text, data):
        return _fitting(data, codec) or text
    return text


def _fitting(data: bytes, codec: str) -> str:
    """Decode with UTF-8 or the first related codec that the data fits; empty if there is none."""
    related = (fitting(data, other) for other in _RELATED.get(codec, ()))
    return _as_utf8(data) or next((text for text in related if text and not text.isascii()), "")


def _as_utf8(data: bytes) -> str:
    """Decode UTF-8, but for a character cut off at the end; empty if it is none, or no more than ASCII."""
    try:
        text = codecs.utf_8_decode(data)[0]
    except UnicodeDecodeError:
        return ""
    return "" if text.isascii() else text


def _is_utf8(data: bytes, codec: str) -> bool:
    """Tell whether UTF-8 contradicts a charset that the data may fit, too."""
    if codec in _EBCDIC:
        return data.isascii()
    if codec in _WIDE:
        # Text of any length has ASCII in it, white space or digits, which has NULs in these.
        long = len(data) >= _SHORT
        if not data.translate(None, _PRINTABLE):
            return long or b" " in data
        return long and not data.translate(None, _TEXT) and bool(_as_utf8(data))
    enough = _CONCLUSIVE_OF_SEVERAL if codec in _OF_SEVERAL else _CONCLUSIVE
    return bool(text := _as_utf8(data)) and len(data) - len(text) >= enough


def _beyond_ascii(text: str, data: bytes) -> int:
    return len(text) - len(data.translate(None, _BEYOND_ASCII))


def _utf8(data: bytes, *, claimed: bool) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # "Caf\xe9" ends like a character cut off, but only a text that is UTF-8 before it can be meant so.
        cut = error.reason == "unexpected end of data" and error.end == len(data)
        if cut and (claimed or not data[: error.start].isascii()):
            return data[: error.start].decode("utf-8")
        # What was UTF-8 up to here is a text with a fault, not one in another charset.
        if not data[: error.start].isascii():
            return _bounded(data, error.start, "utf_8").decode("utf-8", "replace")
        return None


def _bounded(data: bytes, faulty: int, codec: str) -> bytes:
    """Cut data so far behind its first faulty byte that decoding it has a bounded cost."""
    behind = data[faulty : faulty + _FAULTY_BYTES]
    dense = codec in _SEVEN_BIT or len(behind.translate(None, _ASCII)) > _DENSE_BYTES // 2
    return data[: faulty + (_DENSE_BYTES if dense else _FAULTY_BYTES)]
