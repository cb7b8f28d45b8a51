"""Content transfer encodings (RFC 2045, section 6), for input that may be broken or cut anywhere."""

import binascii
from itertools import takewhile

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_LINES_OF_BASE64 = _ALPHABET + b"\r\n"
_MAX_PADDING = 256


def from_base64(data: bytes) -> bytes:
    """Decode base64 as far as it goes; never raise.

    It goes on behind padding if whole lines do: joined pieces are padded each, a list's footer is no base64.
    """
    first, *others = data.split(b"=", _MAX_PADDING)
    joined = takewhile(lambda piece: not piece.translate(None, _LINES_OF_BASE64), others)
    return b"".join(map(_from_unpadded, (first, *joined)))


def _from_unpadded(data: bytes) -> bytes:
    data = data.translate(None, _NOT_BASE64)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"==")  # more than is missing does no harm


def from_quoted_printable(data: bytes, *, header: bool = False) -> bytes:
    """Decode quoted-printable, or with `header` the Q encoding (RFC 2047, section 4.2); never raise."""
    if b"=" in data[-2:]:
        data = data[: data.rindex(b"=")]
    return binascii.a2b_qp(data, header=header)


def base64_size(encoded: int) -> int:
    """Tell how many bytes hide behind so many characters of base64, padding not counted."""
    return encoded * 3 // 4
