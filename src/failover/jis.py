"""Japan's double bytes with all that vendors added to JIS X 0208: NEC's row 13, and rows 89 to 92.

Python's codecs for ISO-2022-JP and EUC-JP know the bare standard; its code page 932, which orders the same
rows by Shift_JIS, knows all of it. The arithmetic between both is that of JIS X 0208, appendix 1.
"""

import re
from itertools import islice

from .text import REPLACEMENT

_LEADS = bytes((min(max((byte & 127) - 0x21, 0), 93) >> 1) for byte in range(256))
_LEAD = bytes(lead + (0x81 if lead < 31 else 0xC1) for lead in _LEADS)
_IN_SECOND = bytes(0 if byte & 1 else 255 for byte in range(256))
_FIRST_HALF = bytes((byte & 127) + 0x1F + ((byte & 127) >= 0x60) for byte in range(256))
_SECOND_HALF = bytes((byte & 127) + 0x7E for byte in range(256))
_EUC = re.compile(rb"((?:[\xa1-\xfe]{2})+)|(?:\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|[\0-\x7f])+|.", re.DOTALL)
# How many runs are read, of pairs or of others.
_RUNS = 120


def from_pairs(pairs: bytes) -> str:
    """Decode pairs of bytes, in seven bits or with the eighth one set; half a pair at the end is U+FFFD."""
    length = len(pairs)
    size = length // 2
    leads, trails = pairs[: 2 * size : 2], pairs[1 : 2 * size : 2]
    # Two rows share a lead byte, so what a second byte becomes hangs on its first: all at once, as numbers.
    second = int.from_bytes(leads.translate(_IN_SECOND))
    first_half = int.from_bytes(trails.translate(_FIRST_HALF))
    second_half = int.from_bytes(trails.translate(_SECOND_HALF))
    moved = bytearray(2 * size)
    moved[::2] = leads.translate(_LEAD)
    moved[1::2] = (first_half ^ ((first_half ^ second_half) & second)).to_bytes(size)
    return moved.decode("cp932", "replace") + REPLACEMENT * (length % 2)


def from_euc(data: bytes, start: int) -> str:
    """Decode EUC-JP whose first fault for Python's codec is at `start`, and what is near behind that."""
    runs = islice(_EUC.finditer(data, start), _RUNS)
    rest = (from_pairs(run[0]) if run[1] else run[0].decode("euc_jp", "replace") for run in runs)
    return data[:start].decode("euc_jp") + "".join(rest)
