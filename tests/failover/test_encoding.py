"""Content transfer encodings, broken or cut."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.encoding import base64_size, from_base64, from_quoted_printable


@given(st.binary(max_size=200), st.integers(0, 300))
def test_base64_cut_anywhere_gives_the_beginning(data, end):
    """Whatever is left of it decodes to the beginning, short of at most two bytes."""
    encoded = base64.encodebytes(data)[:end]
    decoded = from_base64(encoded)
    assert data.startswith(decoded)
    kept = len(encoded.translate(None, b"\n=")) * 3 // 4
    assert len(decoded) in {kept, kept - 1}


@pytest.mark.parametrize(
    ("encoded", "data"),
    [
        (b"SGVs\r\n bG8=", b"Hello"),
        (b"SGVsbG8", b"Hello"),
        (b"SG!Vs*bG8=", b"Hello"),
        # Pieces that were encoded each for itself, and padding without a piece.
        (b"SGVsbA==\r\nbyB3b3JsZCBhZ2Fpbg==\r\nIQ==", b"Hello world again!"),
        (b"Q2E=ZsOp", "Café".encode()),
        (b"====SGVsbG8=", b"Hello"),
        # A list's footer.
        (b"SGVsbG8=\r\n\r\n_____\r\nList\r\n", b"Hello"),
        (b"SGVsbG8=\r\nThis list is private", b"Hello"),
        (b"\x00S\xffG", b"H"),
        (b"S", b""),
        (b"SGVsbG8gS", b"Hello "),
        (b"====", b""),
        (b"", b""),
    ],
)
def test_broken_base64_is_decoded_as_far_as_it_goes(encoded, data):
    """Line ends, foreign characters, missing and early padding do no harm."""
    assert from_base64(encoded) == data


def test_base64_of_many_pieces_is_decoded_as_far_as_anyone_looks():
    """A sender can't make us count grains."""
    assert from_base64(b"YQ==" * 100) == b"a" * 100
    assert from_base64(b"YQ==" * 20_000) == b"a" * 128


@given(st.integers(0, 5000))
def test_the_size_behind_base64_is_known_without_decoding(size):
    """Padding and line ends are not counted."""
    assert base64_size(len(base64.b64encode(b"x" * size).rstrip(b"="))) == size


@given(st.binary(max_size=200), st.integers(0, 600))
def test_quoted_printable_cut_anywhere_gives_the_beginning(data, end):
    """No half escape is left at the end."""
    assert data.startswith(from_quoted_printable(quopri.encodestring(data)[:end]))


@pytest.mark.parametrize(
    ("encoded", "data"),
    [
        (b"K=C3=B6ln", "Köln".encode()),
        (b"K=c3=b6ln", "Köln".encode()),
        (b"soft=\r\n break=\nhere", b"soft breakhere"),
        (b"100 = 100", b"100 = 100"),
        (b"=ZZ=4", b"=ZZ"),
        (b"a=", b"a"),
        (b"a_b", b"a_b"),
        (b"=", b""),
        (b"", b""),
    ],
)
def test_broken_quoted_printable_is_decoded_as_far_as_it_goes(encoded, data):
    """What is no escape stays as it is; what was cut off goes."""
    assert from_quoted_printable(encoded) == data


def test_the_q_encoding_writes_spaces_as_underscores():
    """RFC 2047 differs from RFC 2045 here."""
    assert from_quoted_printable(b"a_b=5F", header=True) == b"a b_"


@given(st.binary(max_size=300) | st.text("=AF0\r\n ", max_size=300).map(str.encode))
def test_no_input_is_too_strange(data):
    """Any bytes decode to no more bytes."""
    assert len(from_base64(data)) <= len(data)
    assert len(from_quoted_printable(data)) <= len(data)
    assert len(from_quoted_printable(data, header=True)) <= len(data)
