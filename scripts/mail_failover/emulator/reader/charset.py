"""Bytes of a message -> text that can be shown: charsets, transfer encodings, encoded words; all total.

The standard library knows the charsets, and more that is none: some of its codecs unpack what they decode, or
take the square of its length for it, and so not every name is taken.
"""

import binascii
import re
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import lru_cache

TEXT_BYTES = 800_000
"""How much of a text is decoded: four bytes, the most that charsets take, for each character shown."""

_GUESS = "cp1252"
# By all their names, and two that have but one. To ask for another is to search the disk for it, each time.
_CODECS = {*aliases, *aliases.values(), "cp874", "koi8_u"}
# A character that is cut off has no more bytes than this.
_CHARACTER = 16
_ABOUT = re.compile(r"^x_|_[ei]$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?]*+)\?=", re.IGNORECASE)
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def decoded(data: bytes, charset: str = "", most: int = TEXT_BYTES) -> tuple[str, str]:
    """Decode so many bytes at most, and say what is wrong, if anything, with the charset that is claimed.

    What does not fit it, or has none, is UTF-8 if it can be, which hardly another charset is by accident.
    """
    codec = _codec(charset)
    named = one_line(charset)[:60]
    if codec and (text := _strictly(data, codec, most)) is not None:
        return text, ""
    wrong = f"text that is not in its charset: {named}" if codec else named and f"an unknown charset: {named}"
    # Seven bits that do not fit say nothing for UTF-8.
    text = None if codec and data.isascii() else _strictly(data, "utf-8", most)
    if text is None:
        text = _shown(data[:most].decode(codec or _GUESS, "replace"))
    return text, wrong


def decode_words(text: str) -> str:
    """Decode the encoded words (RFC 2047) of a field that is not long; what is none stays as it is.

    Words in one charset are joined as bytes: senders split them in the middle of a character.
    """
    out: list[str] = []
    held, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        gap, claimed = text[end : word.start()], word[1].partition("*")[0].lower()
        between = not (end and (not gap or gap.isspace()))
        if between or claimed != charset:
            out += [decoded(held, charset)[0], gap if between else ""]
            held = b""
        code, charset, end = word[3].encode(), claimed, word.end()
        held += from_base64(code) if word[2] in "bB" else binascii.a2b_qp(code, header=True)
    return "".join((*out, decoded(held, charset)[0], text[end:]))


def one_line(text: str) -> str:
    """Keep text to one line: what is decoded must not make two fields of one."""
    return _CONTROL.sub("\ufffd", " ".join(text.split()))


def transferred(data: bytes, encoding: str) -> bytes:
    """Undo a transfer encoding (RFC 2045, section 6), as far as that goes."""
    if encoding == "base64":
        return from_base64(data)
    return binascii.a2b_qp(data) if encoding == "quoted-printable" else data


def from_base64(data: bytes) -> bytes:
    """Decode base64 up to its padding, whatever stands between its signs."""
    code = data.partition(b"=")[0].translate(None, _NOT_BASE64)
    # A sign that is left over says nothing.
    return binascii.a2b_base64(code[: len(code) - (len(code) % 4 == 1)] + b"==")


@lru_cache(maxsize=128)
def _codec(charset: str) -> str:
    """Return the name of a charset's codec; empty if there is none, or none for text of others."""
    plain = normalize_encoding(charset.lower())
    # Names that are about, but not in the library: x-euc-jp, iso-8859-8-i (RFC 1556), windows-949.
    for each in (plain, _ABOUT.sub("", plain), plain.replace("windows_", "cp")):
        if each in _CODECS:
            try:
                b"+".decode(each)
            except LookupError:
                # It is no charset, but another way to write bytes.
                continue
            except ValueError:
                # It takes more than a byte to make a character.
                pass
            return each
    return ""


def _strictly(data: bytes, codec: str, most: int) -> str | None:
    cut = data[:most]
    try:
        return _shown(cut.decode(codec))
    except UnicodeDecodeError as error:
        if len(cut) == len(data) or error.start < len(cut) - _CHARACTER:
            return None
        return _shown(cut[: error.start].decode(codec, "replace"))


def _shown(text: str) -> str:
    """Return text that UTF-8 can hold: some codecs make halves of characters."""
    return _SURROGATE.sub("\ufffd", text)
