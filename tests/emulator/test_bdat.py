"""A message in chunks (RFC 3030) arrives byte for byte, within the same limits as one by DATA."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.routing.content import PIECE, SIZE_LIMIT, Content
from mail_failover.emulator.routing.session import MESSAGES_AT_ONCE
from standins.session import Recorder, serving, session

BEGIN = ("MAIL FROM:<a@example.org>", "RCPT TO:<anna@example.com>")


def bdat(content, last=""):
    """Return a chunk with its command."""
    return b"BDAT %d%s\r\n%s" % (len(content), b" LAST" if last else b"", content)


def said(*lines, recorder=None):
    """Say lines in one session, and return the codes of the replies and what the server took."""

    async def run():
        taken = recorder or Recorder()
        async with serving(taken) as server, session(server.port) as talk:
            return await talk.codes(*lines), taken.taken

    return asyncio.run(run())


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"RSET\r\n", b"a", b"\xff", b"\0"]), max_size=8
        ).map(b"".join),
        min_size=1,
        max_size=6,
    )
)
def test_any_chunks_arrive_as_they_were_sent(chunks):
    """All of them at once, behind the envelope: no byte of a chunk is read as a command, a dot or a line."""
    codes, taken = said(*BEGIN, *map(bdat, chunks[:-1]), bdat(chunks[-1], "last"), "NOOP")
    assert codes == [250] * (len(chunks) + 3)
    assert taken == [("a@example.org", ["anna@example.com"], b"".join(chunks))]


def test_a_large_chunk_arrives_as_it_was_sent():
    """It is larger than what is read at once, has no line at all, and its end needs no CRLF."""
    content = bytes(range(256)) * 4000 + b"end"
    codes, taken = said(*BEGIN, bdat(content), b"bdat 0 last\r\n")
    assert codes == [250] * 4
    assert taken[0][2] == content


def test_messages_in_one_session_are_separate():
    """By chunks and by DATA, one after the other."""
    codes, taken = said(
        *(*BEGIN, bdat(b"first", "last")),
        *(*BEGIN, "DATA", b"second\r\n.\r\n"),
        *(*BEGIN, bdat(b"third"), bdat(b"!", "last")),
    )
    assert codes == [250, 250, 250, 250, 250, 354, 250, 250, 250, 250, 250]
    assert [content for *_, content in taken] == [b"first", b"second\r\n", b"third!"]


@pytest.mark.parametrize("refused", [[], ["MAIL FROM:<a@example.org>"], [*BEGIN, "RSET"]])
def test_a_chunk_without_recipients_is_read_and_refused(refused):
    """What is in it is no command."""
    codes, taken = said(*refused, bdat(b"QUIT\r\n" * 20_000), bdat(b"QUIT\r\n", "last"), "NOOP")
    assert codes == [250] * len(refused) + [503, 503, 250]
    assert taken == []


@pytest.mark.parametrize("command", ["DATA", "RCPT TO:<b@example.com>", "MAIL FROM:<b@example.org>"])
def test_nothing_comes_between_chunks(command):
    """A message that has begun is ended or given up; here it goes on."""
    codes, taken = said(*BEGIN, bdat(b"one "), command, bdat(b"two", "last"))
    assert codes == [250, 250, 250, 503, 250]
    assert taken == [("a@example.org", ["anna@example.com"], b"one two")]


@pytest.mark.parametrize("way", ["RSET", "EHLO again.example"])
def test_a_message_that_is_given_up_leaves_nothing_behind(way):
    """The next one holds its own bytes only."""
    codes, taken = said(*BEGIN, bdat(b"old"), way, *BEGIN, bdat(b"new", "last"))
    assert set(codes) == {250}
    assert [content for *_, content in taken] == [b"new"]


def test_after_the_last_chunk_there_is_no_further_one():
    """It would belong to no message."""
    codes, taken = said(*BEGIN, bdat(b"x", "last"), bdat(b"y", "last"))
    assert codes == [250, 250, 250, 503]
    assert len(taken) == 1


@pytest.mark.parametrize("size", ["", "x", "-1", "1 FIRST", "1 LAST LAST", "+5", "١", "1" * 19])
def test_a_size_that_is_none_ends_the_session(size):
    """Nobody knows how many bytes follow, so none of them is read as a command."""

    async def run():
        recorder = Recorder()
        async with serving(recorder) as server, session(server.port) as talk:
            reply = (await talk.replies(*BEGIN, f"BDAT {size}".encode() + b"\r\n" + bdat(b"x", "last")))[-1]
            with contextlib.suppress(ConnectionError):
                assert await talk.reader.read() == b""
        return reply, recorder.taken

    reply, taken = asyncio.run(run())
    assert reply.startswith("501 5.5.4 ")
    assert taken == []


def test_chunks_of_exactly_the_limit_are_taken_and_one_byte_more_is_not():
    """25 MiB in all; what comes of a message that is refused is read and refused, too."""
    chunk = b"x" * (SIZE_LIMIT // 4)
    full = [bdat(chunk)] * 4
    codes, taken = said(
        *BEGIN, *full, b"BDAT 0 LAST\r\n", *BEGIN, *full, bdat(b"y"), bdat(b"z", "last"), "NOOP"
    )
    assert codes == [250] * 13 + [552, 503, 250]
    assert [len(content) for *_, content in taken] == [SIZE_LIMIT]


def test_nothing_is_kept_of_a_message_that_is_too_large():
    """However much more of it comes."""

    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(b"abcdef")
        content = Content(limit=3)
        await content.read_chunk(reader, 3)
        kept = bytes(content), content.too_large
        await content.read_chunk(reader, 3)
        return kept, bytes(content), content.too_large

    assert asyncio.run(run()) == ((b"abc", False), b"", True)


def test_a_chunk_is_read_in_pieces():
    """However large it says it is: what waits in the reader is not held twice."""
    sizes = []

    class Reader:
        async def readexactly(self, size):
            sizes.append(size)
            return b"x" * size

    asyncio.run(Content().read_chunk(Reader(), 3 * PIECE + 1))
    assert sizes == [PIECE] * 3 + [1]


def test_our_own_failure_is_temporary():
    """As with DATA."""
    codes, _ = said(*BEGIN, bdat(b"x", "last"), recorder=Recorder(ValueError("secret")))
    assert codes[-1] == 451


@contextlib.asynccontextmanager
async def crowd(port, *lines):
    """Let as many senders as there is room for begin a message each, in the middle of it."""
    async with contextlib.AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(session(port)) for _ in range(MESSAGES_AT_ONCE)]
        for talk in talks:
            assert (await talk.codes(*BEGIN, *lines))[-1] in {250, 354}
        yield talks


@pytest.mark.parametrize("way", ["LAST", "RSET", "EHLO x", "QUIT", "hang up", "too large"])
def test_messages_in_memory_are_bounded_and_make_room_when_they_end(way):
    """A sender beyond the bound waits before any of its chunk is taken, however another one ends."""

    async def run():
        async with (
            serving(Recorder()) as server,
            crowd(server.port, bdat(b"x")) as talks,
            session(server.port) as late,
        ):
            waiting = asyncio.ensure_future(late.codes(*BEGIN, bdat(b"y", "last")))
            await talks[1].codes("NOOP", bdat(b"more"), "NOOP")
            assert not waiting.done()
            if way == "hang up":
                talks[0].writer.close()
            elif way == "too large":
                talks[0].writer.write(bdat(b"x" * SIZE_LIMIT))
            else:
                talks[0].writer.write(b"BDAT 0 LAST\r\n" if way == "LAST" else f"{way}\r\n".encode())
            return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(run()) == [250, 250, 250]


@pytest.mark.parametrize("message", [["DATA", b"x\r\n.\r\n"], [bdat(b"x", "last")]])
def test_a_message_whose_sender_left_still_counts(message):
    """It is in memory until it has been taken."""

    async def run():
        began, go = asyncio.Semaphore(0), asyncio.Event()

        async def take(*_):
            began.release()
            await go.wait()
            return "250 2.0.0 OK"

        recorder = Recorder()
        recorder.take = take
        async with serving(recorder) as server, session(server.port) as late:
            for _ in range(MESSAGES_AT_ONCE):
                async with session(server.port) as talk:
                    await talk.codes(*BEGIN, *message[:-1])
                    talk.writer.write(message[-1])
                    await began.acquire()
            waiting = asyncio.ensure_future(late.codes(*BEGIN, "DATA"))
            async with session(server.port) as other:
                await other.codes("NOOP", "NOOP")
            early = waiting.done()
            go.set()
            return early, await asyncio.wait_for(waiting, 10)

    assert asyncio.run(run()) == (False, [250, 250, 354])
