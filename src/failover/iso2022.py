"""ISO 2022 as mail from East Asia really uses it: seven bits, and escape sequences that say what follows.

RFC 1468, 1554, 1557, 1922 and 2237, and what they leave out: code pages 50220 to 50222 and the Encoding
Standard (section 12.2) have vendors' signs and half-width katakana, too.
"""

import codecs
import re
from collections.abc import Callable
from itertools import islice

from . import jis
from .text import REPLACEMENT

Decoder = Callable[[bytes], str]

CODECS = frozenset({"iso2022_jp_2", "iso2022_kr", "iso2022_cn"})
"""Names of codecs of this kind; Python has the first two."""

_ANNOUNCED = re.compile(rb"\x1b(?:\$[@AB]|\$\([@-DOPQ]|\$\)[ACG]|\(I)")
_TOKEN = re.compile(rb"\x1b\$?[()*+]?[@-~]|[\x0e\x0f]")
_TOKEN_LENGTH = 4
_CUT_TOKEN = re.compile(rb"\x1b(?:\$?[()*+]?|&)$")
# It says which edition of JIS X 0208 follows, and changes nothing here.
_REVISION = b"\x1b&@"
_LINE = re.compile(rb"([\0- ]+)")
# How many lines one run may have, which should end with its line.
_LINES = 16
_PAIR = re.compile(rb"[\xa1-\xfe]{2}")
# How much of one run is read, where Python's codec does not know it.
_RUN = 4096
# How many changes of the set are followed behind the first thing that Python's codec does not know: at least,
# one more in so many bytes, at most.
_CHANGES = (16, 32, 60)
_HIGH = bytes(range(0x21)) + bytes(range(0xA1, 0xFF)) + bytes(range(0x7F, 0x100))


def _kanji(run: bytes) -> str:
    if not _LINE.search(run):
        return jis.from_pairs(run)
    pieces = _LINE.split(run, _LINES)
    return "".join(p.decode("ascii") if n % 2 else jis.from_pairs(p) for n, p in enumerate(pieces))


def _high(codec: str, before: bytes = b"") -> Decoder:
    """Return what decodes a set whose bytes, with their eighth bit, a codec holds behind some others."""

    def decode(run: bytes) -> str:
        high = run.translate(_HIGH)
        return (_PAIR.sub(lambda p: before + p[0], high) if before else high).decode(codec, "replace")

    return decode


_GB, _KOREAN, _KATAKANA = _high("gb18030"), _high("cp949"), _high("cp932")
# The sets, by what stands behind ESC where they begin.
_SETS = {
    **dict.fromkeys((b"$@", b"$B", b"$(@", b"$(B"), _kanji),
    b"$(D": _high("euc_jp", b"\x8f"),
    **dict.fromkeys((b"$(O", b"$(Q"), _high("euc_jis_2004")),
    b"$(P": _high("euc_jis_2004", b"\x8f"),
    **dict.fromkeys((b"$A", b"$(A", b"$)A"), _GB),
    **dict.fromkeys((b"$(C", b"$)C"), _KOREAN),
    **dict.fromkeys((b"(I", b")I"), _KATAKANA),
}
# What "shift out" leads to where nothing says it.
_SHIFTED = {"iso2022_kr": _KOREAN, "iso2022_cn": _GB}


def announces(data: bytes, codec: str) -> bool:
    """Tell whether there is text of East Asia in it: an escape sequence says so, whatever the label is."""
    if b"\x1b" in data and _ANNOUNCED.search(data):
        return True
    return codec == "iso2022_cn" or (codec in CODECS and b"\x0e" in data)


def decode(data: bytes, codec: str, other: Decoder) -> str:
    """Decode text with escape sequences; never raise. `other` decodes what is beyond ASCII and in no set.

    A character or sequence cut off at the end is dropped, unless it is all there is.
    """
    data = data.replace(_REVISION, b"")
    # Only there, lest each sequence be looked at for where the data ends.
    if cut := _CUT_TOKEN.search(data, max(len(data) - _TOKEN_LENGTH, 0)):
        data = data[: cut.start()]
    python = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_2"
    # Python's codec would pass over a shift to what was not designated.
    fault = -1 if python == "iso2022_kr" else data.find(b"\x0e")
    if fault < 0:
        try:
            return data.decode(python)
        except UnicodeDecodeError as error:
            fault = error.start
            if error.end == len(data) and (text := fitting(data, python) or "").strip():
                return text
    # From the sequence on that leads to what Python does not know.
    at = max(data.rfind(b"\x1b", 0, fault + 1), 0)
    shifted = _SHIFTED.get(codec, _KATAKANA)
    return data[:at].decode(python, "replace") + _by_sequences(data[at:], shifted, other)


def fitting(data: bytes, codec: str) -> str | None:
    """Decode data that fits a codec, but for a character cut off at the end; else return None."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(data)
    except UnicodeError:
        return None


def _by_sequences(data: bytes, shifted: Decoder, other: Decoder) -> str:
    """Decode run by run, each in the set that the sequences before it lead to."""

    def plain(run: bytes) -> str:
        return run.decode("ascii")

    def text(decoder: Decoder, run: bytes) -> str:
        # The sets are of seven bits: an eighth one tells that no sequence was meant.
        return (decoder if run.isascii() else other)(run[:_RUN])

    out: list[str] = []
    at, shifts = 0, False
    now: Decoder = plain
    least, apart, most = _CHANGES
    for token in islice(_TOKEN.finditer(data), min(least + len(data) // apart, most)):
        out.append(text(shifted if shifts else now, data[at : token.start()]))
        at, sequence = token.end(), token[0][1:]
        if not sequence:
            shifts = token[0] == b"\x0e"
        elif b")" in sequence:
            shifted = _SETS.get(sequence, shifted)
        elif sequence[:1] in (b"$", b"("):
            now = _SETS.get(sequence, plain)
    end = _TOKEN.search(data, at)
    out.append(text(shifted if shifts else now, data[at : end.start() if end else None]))
    whole = "".join(out)
    beginning = whole.removesuffix(REPLACEMENT)
    return beginning if beginning.strip() else whole
