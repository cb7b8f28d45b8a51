"""Whatever bytes a message is made of, reading it ends soon, and what it gives has an end."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.reader.mailbox import listing, reading
from mail_failover.emulator.routing.inbox import write_maildir

MIB = 1 << 20
PLAIN, HTML = b"Content-Type: text/plain\n\n", b"Content-Type: text/html\n\n"
BASE64, QP = b"Content-Transfer-Encoding: base64\n\n", b"Content-Transfer-Encoding: quoted-printable\n\n"


def multipart(boundary=b"b"):
    """Return the header of a multipart."""
    return b'Content-Type: multipart/mixed; boundary="%s"\n\n' % boundary


def nested(depth):
    """Return multiparts within each other."""
    return b"".join(multipart(b"b%d" % each) + b"--b%d\n" % each for each in range(depth))


def charset(name, text):
    """Return the header of a text in a charset, and the text."""
    return b'Content-Type: text/plain; charset="%s"\n\n' % name, text


# The beginning of a message, and what it goes on with until it is too long.
BOMBS = {
    "nothing": (b"", b"\0"),
    "blank lines": (b"a: b\n\n", b"\n"),
    "fields": (b"", b"a: b\n"),
    "one field": (b"a: ", b"x"),
    "a folded field": (b"a: b", b"\n x"),
    "a name of a field": (b"", b"a"),
    "doubled line ends": (b"a: b\r\r\n", b"a: b\r\r\n"),
    "words": (b"", b"Subject: " + b"=?utf-8?q?a?= " * 140 + b"\n"),
    "unknown charsets of words": (
        b"".join(
            b"Subject: %s\n" % b"".join(b"=?x%d?q?a?=" % (130 * line + each) for each in range(130))
            for line in range(400)
        ),
        b"\n",
    ),
    "parts": (multipart(), b"--b\n\n"),
    "parts with parameters": (multipart(), b"--b\nContent-Type: text/plain" + b";a" * 900 + b"\n\nx\n"),
    "parts with quotes": (multipart(), b"--b\nContent-Type: text/plain" + b';"' * 900 + b"\n\nx\n"),
    "numbers of pieces": (multipart(), b"--b\nContent-Type: a/b; name*%s=x\n\nx\n" % (b"1" * 1900)),
    "texts": (multipart(), b"--b\nContent-Type: text/html\n\n" + b"<p>" * 10_000 + b"\n"),
    "what looks like boundaries": (multipart(), b"--bx\n"),
    "boundaries within lines": (multipart(), b"x--b\n"),
    "dashes": (multipart(b"-" * 60), b"-"),
    "a multipart in each other": (nested(9000), b"x\n"),
    "the same multipart in itself": (b"", multipart() + b"--b\n"),
    "base64": (BASE64, b"QUJD"),
    "padding": (BASE64, b"="),
    "quoted-printable": (QP, b"="),
    "tags": (HTML, b"<p>x\n"),
    "open tags": (HTML, b"<a "),
    "open quotes": (HTML, b"<a ='\">"),
    "comments": (HTML, b"<!--"),
    "scripts": (HTML, b"<script></scrip"),
    "entities": (HTML, b"&amp"),
    "a number": (HTML + b"&#", b"9"),
    "punycode": charset(b"punycode", b"a-b"),
    "idna": charset(b"idna", b"a."),
    "escapes": charset(b"unicode_escape", b"\\d"),
    "utf-7": charset(b"utf-7", b"+AA"),
    "hz": charset(b"hz", b"~{\xff"),
    "iso-2022-jp": charset(b"iso-2022-jp", b"\x1b$B\xff"),
    "a NUL in a charset": charset(b"a\0b", b"\xff"),
    "no charset at all": charset(b"x" * 3000, b"\xff"),
    "not a charset": charset(b"zlib", b"x"),
}


def blown_up(name, size):
    """Return so much of a message."""
    head, more = BOMBS[name]
    return (head + more * (size // len(more)))[:size]


def read_in_time(content, seconds):
    """Read a message, and see that it costs this process no more than that; return how long the answer is."""
    start = time.process_time()
    found = reading(content)
    assert time.process_time() - start < seconds
    return len(json.dumps(found).encode())


@pytest.mark.parametrize("name", BOMBS)
def test_reading_ends_soon(name):
    """Far from what costs the square of a message's length."""
    assert read_in_time(blown_up(name, MIB), 2) < 3 * MIB


@pytest.mark.parametrize("name", ["a folded field", "dashes"])
def test_a_message_of_25_mib_is_read(name):
    """The most that the edge takes."""
    assert read_in_time(blown_up(name, 25 * MIB), 10) < 3 * MIB


def test_lines_in_eight_multiparts_are_looked_at_eight_times():
    """And no more often."""
    assert read_in_time(nested(8) + b"x\n" * (5 * MIB), 10) < 3 * MIB


def test_a_zip_is_not_unpacked():
    """Python has it among its charsets."""
    assert reading(b"".join(charset(b"zlib_codec", b"x\x9cK\x04\0\0b\0b")))["text"] == "xœK\x04\0\0b\0b"


PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\t", b":", b";", b'"', b"=", b"\\", b"\0", b"\xff", b"x"),
    *(b"From: a@b.example\n", b"From x\n", b"Subject: =?utf-8?b?w6Q=?=", b"=?", b"?q?", b"?=", b"=?x?b?A?="),
    *(b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: multipart/digest; boundary=b\n"),
    *(b"--b\n", b"--b--\n", b"Content-Type: text/html\n", b"Content-Type: message/rfc822\n"),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n"),
    *(
        b"Content-Disposition: attachment; filename",
        b"*0*=",
        b"*=utf-8''%C3",
        b"charset=",
        b"utf-16",
        b"utf-7",
    ),
    *(b"unicode_escape", b"iso2022_kr", b"undefined", b"\\d", b"<p>", b"<!--", b"<script", b"&#1", b"+2AA-"),
]
CONTROLS = set(map(chr, [*range(32), 127]))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join) | st.binary(max_size=200))
def test_any_bytes_are_read(content):
    """And what comes of them goes into JSON in UTF-8."""
    found = reading(content)
    assert json.dumps(found, ensure_ascii=False).encode()
    assert found["size"] == len(content)
    assert found["clipped"] is False
    assert not {sign for field in found["headers"] for text in field for sign in text} & CONTROLS


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join))
@settings(max_examples=50)
def test_any_bytes_have_a_row(tmp_path_factory, content):
    """Among the others."""
    folder = tmp_path_factory.mktemp("any")
    file = write_maildir(folder, content)
    [row] = listing(folder)
    assert (row["name"], row["size"]) == (file.name, len(content))
