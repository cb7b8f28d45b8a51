"""What is handed over: the letter's own bytes, none of them changed, below two fields of ours."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_failover.replay.inject import content as module
from mail_failover.replay.inject.content import Content
from mail_failover.replay.inject.letter import Letter, NoServerError
from mail_failover.replay.inject.target import target_from
from standins.session import Recorder, serving

NOW, CAUGHT = 1_795_000_500.0, 1_795_000_000.0
FIELDS = (
    b"Received: from cloudflare-email.net\r\n"
    b"\tby mail-failover.invalid with HTTP id 01J\r\n"
    b"\tfor <anna@home.test>;\r\n"
    b"\tWed, 18 Nov 2026 11:06:40 +0000\r\n"
    b"X-Mail-Failover-Replayed: 01J; Wed, 18 Nov 2026 11:15:00 +0000\r\n"
)
BYTES = st.lists(
    st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\n.", b"a", b"\xff", b"\0"]), max_size=30
).map(b"".join)
LINES = st.lists(st.sampled_from([b".", b"\r\n", b"\r\n.", b"a", b"\xff", b"\0"]), max_size=30).map(b"".join)


@pytest.fixture(scope="module")
def letter(tmp_path_factory):
    """Make a letter of raw bytes, always in the same file."""
    path = tmp_path_factory.mktemp("letters") / "raw"

    def make(raw=b"", recipient="anna@home.test", known="01J"):
        path.write_bytes(raw)
        return Letter(known, path, len(raw), "ben@away.test", recipient, CAUGHT)

    return make


def undotted(sent):
    """Read what was sent after DATA (RFC 5321, section 4.5.2); None if its end is not at its end."""
    text, end, rest = (b"\r\n" + sent).partition(b"\r\n.\r\n")
    return re.sub(rb"\r\n\.", b"\r\n", text + b"\r\n")[2:] if end and not rest else None


def test_the_fields_say_when_it_was_caught_and_when_replayed(letter):
    """On top, in the form of RFC 5321, section 4.4; below them is the letter."""
    assert b"".join(Content(letter(b"\r\nhello"), NOW).pieces()) == FIELDS + b"\r\nhello"


@pytest.mark.parametrize(
    ("recipient", "known", "found"),
    [
        ("ännä@home.test", "01J", b"id 01J;"),
        ("anna@home.test", "a\r\nX: b" + "c" * 200, b"id a__X__b" + b"c" * 93 + b"\r\n"),
    ],
    ids=["an address beyond ASCII", "an id that is none"],
)
def test_the_fields_are_ascii_and_two_whatever_they_are_made_of(letter, recipient, known, found):
    """What would need SMTPUTF8 is left out, and nothing begins a field of its own."""
    fields = b"".join(Content(letter(recipient=recipient, known=known), NOW).pieces())
    assert fields.isascii()
    assert found in fields
    assert len(re.findall(rb"^[^\t]", fields, re.MULTILINE)) == 2


@given(BYTES, st.integers(1, 5))
def test_every_byte_is_there_as_it_was(letter, raw, size):
    """And counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", size)
        content = Content(letter(raw), NOW)
        assert b"".join(content.pieces()) == FIELDS + raw
    assert content.size == len(FIELDS + raw)
    assert content.eight_bit == (b"\xff" in raw)


@given(LINES, st.integers(1, 5))
def test_what_smtp_can_carry_is_the_same_after_data(letter, raw, size):
    """Wherever pieces begin; CRLF is added where the last line lacks it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", size)
        sent = b"".join(Content(letter(raw), NOW).dotted()) + b".\r\n"
    assert undotted(sent) == FIELDS + raw + (b"" if raw.endswith(b"\r\n") or not raw else b"\r\n")


@given(BYTES, st.integers(1, 5))
def test_no_content_ends_before_its_end(letter, raw, size):
    """Nor for a server that takes a bare LF for the end of a line: what follows would be its commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", size)
        sent = b"".join(Content(letter(raw), NOW).dotted())
    assert not re.search(rb"(?:\A|\n)\.\r*\n", sent)
    assert undotted(sent + b".\r\n") is not None
    assert re.sub(rb"\n\.", b"\n", sent).removesuffix(b"\r\n") == (FIELDS + raw).removesuffix(b"\r\n")


@pytest.mark.parametrize(
    "raw", [b"", b".\r\n", bytes(range(256)), b"\n.\r\n.\n\r.\r", b"x" * 200_000 + b".\r\n."]
)
def test_any_bytes_come_through_a_server_that_takes_chunks(letter, raw):
    """By BDAT, as announced (RFC 3030)."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server:
            to = target_from(f"smtp://127.0.0.1:{server.port}", now=lambda: NOW)
            verdict = await to.inject(letter(raw))
        return verdict, recorder.taken

    verdict, taken = asyncio.run(run())
    assert verdict.kind == "delivered"
    assert taken == [("ben@away.test", ["anna@home.test"], FIELDS + raw)]


def test_a_letter_that_is_gone_is_no_verdict(letter):
    """It is this machine's trouble."""
    made = letter()
    made.path.unlink()
    with pytest.raises(NoServerError, match=r"/raw can't be read: No such file or directory\.$"):
        Content(made, NOW)
