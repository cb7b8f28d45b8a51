"""What the Worker encrypts for home opens here as it was; whatever is not as it was encrypted, does not."""

import asyncio
import dataclasses
import itertools
import tracemalloc

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from failover import keep
from mail_failover.door import sealed as module
from mail_failover.door.address import Address
from mail_failover.door.answers import MalformedError, copy_from
from mail_failover.door.client import Door
from mail_failover.door.errors import Altered, Damaged, DiskError, NoKey, UnknownFormat
from mail_failover.door.keys import Keys
from mail_failover.door.private import PrivateFile
from mail_failover.door.sealed import open_copy, stored_size
from standins.door import DOMAIN, TOKEN, Link
from standins.door import Door as StandIn
from standins.keys import NAME, PRIVATE_KEY, bring
from standins.sealing import kept, opened

MIB = 1 << 20
PIECE, TAG = 16, 16
TEXT = b"Subject: \xff\r\n\r\n.\r\n\x00bare\nlf, and so on"


@pytest.fixture
def small(monkeypatch):
    """Let pieces have 16 bytes, at the Worker and here."""
    monkeypatch.setattr(keep, "CHUNK_BYTES", PIECE)
    monkeypatch.setattr(module, "PIECE_BYTES", PIECE)


def copy_of(known, **fields):
    """Return a copy as the door says it."""
    said = {"id": known.id, "size": known.size, "sha256": known.sha256, "sealed": known.sealed}
    said |= {"sender": "", "recipient": f"anna@{DOMAIN}", "caught": 1, "fate": "", "state": "waiting"}
    return copy_from(said | {"words": "", "due": 0} | fields)


def fetched(known, folder, *, content=None, **fields):
    """Fetch a copy from a door that says this of it, with the key at home, and return the message."""
    standin = StandIn()
    content = known.content if content is None else content
    standin.put(content, copy_id=known.id, sealed=known.sealed, size=known.size)
    bring(folder / "keys")

    async def run():
        address = Address("http://127.0.0.1:1", DOMAIN, TOKEN)
        async with Door(address, Keys(folder / "keys"), transport=Link(standin)) as door:
            [copy] = [copy async for copy in door.copies()]
            await door.fetch(dataclasses.replace(copy, **fields), folder / "message.eml")

    try:
        asyncio.run(run())
        return (folder / "message.eml").read_bytes()
    finally:
        (folder / "message.eml").unlink(missing_ok=True)
        assert [path.name for path in folder.iterdir()] == ["keys"]


@pytest.mark.usefixtures("small")
@given(st.binary(max_size=5 * PIECE))
@example(b"")
@example(b"\0" * PIECE)
@example(b"\xff" * 3 * PIECE)
@example(b"a" * (2 * PIECE - 1))
@example(b"a" * (2 * PIECE + 1))
def test_what_the_worker_encrypted_opens_byte_for_byte(content):
    """Any bytes, of any size around the pieces' limits; the size is the message's."""
    known = kept(content)
    copy = copy_of(known)
    assert (copy.size, copy.key, stored_size(copy)) == (len(content), NAME, len(known.content))
    assert opened(copy, known.content) == content


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 5])
def test_a_message_of_any_size_comes_home_through_the_door(tmp_path, size):
    """In pieces as large as they really are."""
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    assert fetched(kept(content), tmp_path) == content


def test_a_large_message_takes_little_memory(tmp_path):
    """It is opened piece by piece, from file to file."""
    known = kept(b"x" * (25 * MIB))
    (tmp_path / "closed").write_bytes(known.content)
    tracemalloc.start()
    try:
        open_copy(copy_of(known), PRIVATE_KEY, tmp_path / "closed", tmp_path / "plain")
        assert tracemalloc.get_traced_memory()[1] < 5 * MIB
    finally:
        tracemalloc.stop()
    assert (tmp_path / "plain").stat().st_size == 25 * MIB


@pytest.mark.usefixtures("small")
def test_a_flipped_bit_is_noticed_wherever_it_is():
    """In each byte of each piece, and of its tag."""
    known = kept(TEXT)
    assert len(known.pieces) == 3
    for place in range(len(known.content)):
        flipped = bytearray(known.content)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(Altered, match=rf"piece {place // (PIECE + TAG) + 1} of 3 is not what"):
            opened(copy_of(known), bytes(flipped))


@pytest.mark.usefixtures("small")
@settings(max_examples=200)
@given(st.lists(st.integers(0, 7), max_size=6))
@example([1, 0, 2, 3])
@example([0, 1, 3])
@example([0, 1, 2])
@example([1, 2, 3])
@example([0, 1, 1, 2, 3])
@example([0, 1, 2, 3, 3])
@example([0, 1, 6, 3])
@example([4, 5, 6, 7])
@example([])
def test_pieces_in_any_other_order_do_not_open(order):
    """Exchanged, left out, repeated, cut, of another copy, though the size that is said fits what came."""
    one, other = kept(TEXT + TEXT[: 4 * PIECE - len(TEXT)], bytes(4 * PIECE))
    pieces = [*one.pieces, *other.pieces]
    assert len(pieces) == 8
    assume(order != [0, 1, 2, 3])
    content = b"".join(pieces[number] for number in order)
    with pytest.raises(Altered):
        opened(copy_of(one, size=len(order) * PIECE), content)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [0, PIECE, 2 * PIECE + 3])
def test_a_copy_does_not_pass_for_another(size):
    """Not with the other's key, nor under the other's name."""
    one, other = kept(bytes(size), bytes(size))
    for fields in ({"sealed": other.sealed}, {"id": other.id}, {"id": f"1{one.id}"}):
        with pytest.raises(Altered):
            opened(copy_of(one, **fields), one.content)
    assert opened(copy_of(one), one.content) == bytes(size)


@pytest.mark.usefixtures("small")
def test_a_key_that_was_altered_does_not_open():
    """In each of its characters: it is not part of what the SHA-256 is of."""
    known = kept(TEXT)
    start, whole = known.sealed.rindex(".") + 1, known.sealed.rstrip("=")
    for place in range(start, len(whole)):
        text = (
            f"{known.sealed[:place]}{'B' if known.sealed[place] == 'A' else 'A'}{known.sealed[place + 1 :]}"
        )
        # The last bits of the last character say nothing.
        if place < len(whole) - 1:
            with pytest.raises(Altered, match=rf"its own key does not open with the key {NAME}"):
                opened(copy_of(known, sealed=text), known.content)
    for text in (known.sealed[:-4], f"{known.sealed[:start]}{'A' * 64}"):
        with pytest.raises(Altered):
            opened(copy_of(known, sealed=text), known.content)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda content: content[:-1], "only 83 of 84 bytes came"),
        (lambda content: content[: PIECE + TAG], "only 32 of 84 bytes came"),
        (lambda content: content + b"x", "more came"),
    ],
)
def test_what_comes_is_of_the_size_that_its_pieces_have(tmp_path, spoil, why):
    """16 bytes a piece more than the message, else it is not even opened."""
    with pytest.raises(Damaged, match=why):
        fetched(kept(TEXT), tmp_path, content=spoil(kept(TEXT).content))


@pytest.mark.usefixtures("small")
def test_what_is_another_one_on_its_way_did_not_come_whole(tmp_path):
    """Its SHA-256 is asked first: it may be whole the next time."""
    known = kept(TEXT)
    with pytest.raises(Damaged, match="SHA-256"):
        fetched(known, tmp_path, sha256="0" * 64)
    with pytest.raises(Altered):
        fetched(known, tmp_path, content=bytes(len(known.content)))


def test_what_can_not_be_opened_is_not_even_fetched(tmp_path):
    """The way on is said: which key, which file was looked for, which version."""
    known = kept(b"x")
    with pytest.raises(
        UnknownFormat, match=r"how it is encrypted \(format 2\)\. Install the version of mail-failover"
    ):
        fetched(known, tmp_path, sealed="2.whatever", sha256="0" * 64)
    bring(tmp_path / "keys", "f" * 16)
    with pytest.raises(NoKey) as caught:
        fetched(known, tmp_path, sealed=f"1.{'0' * 16}{known.sealed[18:]}", sha256="0" * 64)
    assert caught.value.what == f"{known.id} can't be opened: the key {'0' * 16} is not here."
    assert f"There is no {tmp_path}/keys/{'0' * 16}.pem (keys there: " in caught.value.fix
    assert NAME in caught.value.fix
    assert str(caught.value) == f"{caught.value.what} {caught.value.fix}"


def test_what_a_killed_run_left_is_in_nobodys_way(tmp_path):
    """A file of encrypted bytes, which is written anew."""
    (tmp_path / "message.eml.sealed").write_bytes(b"half")
    assert fetched(kept(b"x"), tmp_path) == b"x"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("turn", range(4))
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, turn):
    """Neither of what came, nor of what was opened."""
    turns, write = itertools.count(), PrivateFile.write

    def full(file, part):
        if next(turns) == turn:
            raise DiskError("the disk is full.")
        write(file, part)

    monkeypatch.setattr(PrivateFile, "write", full)
    with pytest.raises(DiskError, match="the disk is full"):
        fetched(kept(TEXT), tmp_path)


def test_a_file_that_can_not_be_read_is_said(tmp_path):
    """It is this machine's trouble, not the copy's."""
    with pytest.raises(DiskError, match=r"closed can't be read: No such file"):
        open_copy(copy_of(kept(b"x")), PRIVATE_KEY, tmp_path / "closed", tmp_path / "plain")
    assert not (tmp_path / "plain").exists()


@pytest.mark.parametrize(
    "sealed",
    ["1", "1.", "1.0123456789abcdef", f"1.{'A' * 16}.{'A' * 344}", f"1.{'0' * 16}.{'é' * 344}", "0.x", "x"],
)
def test_what_is_said_of_a_key_has_a_form(sealed):
    """Else the answer is none of a spool."""
    with pytest.raises(MalformedError, match="sealed"):
        copy_of(kept(b"x"), sealed=sealed)
