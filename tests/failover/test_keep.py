"""The spool: what is kept is whole and comes back as it was, and nothing else counts as kept."""

import asyncio
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from failover import keep as keep_module
from failover.conversation import Conversation
from failover.door import answer
from failover.event import Event, key_of
from failover.keep import UNREPORTED_SECONDS, ConflictError
from failover.memory import Memory
from failover.message import Envelope
from failover.outage import DAY_SECONDS
from failover.settings import Settings
from mail_failover.emulator.runtime.sql import Sql
from spool import LEASE_SECONDS, LONGEST_PAUSE_SECONDS
from standins.tables import opened
from standins.world import RECIPIENT, SENDER

TOKEN = "t" * 43
PIECE = 16
"""How much one row has, in these tests."""


class Desk:
    """A keeper with its book, and a clock that stands still until it is told to go on."""

    def __init__(self, book, mode="all", **settings):
        self.book = book
        self.now = 1_795_000_000.0
        self.settings = Settings(spool=mode, spool_token=TOKEN, **settings)
        self.new_seal = None
        self.memory = Memory(book, self.settings, lambda: self.now)
        self.keeper = self.memory.keeper

    def store(
        self, content, *, message_id="<1@hotel.example>", sender=SENDER, fate="", size=None, breaks=None
    ):
        """Let a message come, and return what is answered; `breaks` is before which piece the stream ends."""
        pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]

        async def read(size):
            assert size == PIECE
            nonlocal breaks
            if breaks is not None:
                if breaks == 0:
                    raise OSError("Network connection lost.")
                breaks -= 1
            return pieces.pop(0) if pieces else b""

        size = len(content) if size is None else size
        text = json.dumps([sender, RECIPIENT, size, message_id, fate])
        return Event.from_text(asyncio.run(self.keeper.store(text, read, self.new_seal)))

    def keep(self, number, content=b"x", fate="held"):
        """Keep a message of this number, of which the Worker reports; return the copy."""
        event = self.store(content, message_id=f"<{number}@hotel.example>")
        assert event.copy, event.unkept
        self.report(event, fate)
        return self.book.spool.find(event.copy)

    def report(self, event, fate):
        """Let the Worker report what became of a message."""
        reported = Event(event.key, fate, event.envelope, event.mail, (), event.copy)
        return self.book.together(lambda: self.memory.remember(reported))

    def bytes_of(self, copy):
        """Return what is kept of a message."""
        return b"".join(part.to_bytes() for part in self.book.spool.chunks(copy.number))

    def rows(self):
        """Return how many copies and chunks there are, and how much counts as used."""
        [found] = self.book._sql(
            "SELECT (SELECT count(*) FROM copy) AS copies, (SELECT count(*) FROM chunk) AS chunks"
        )
        return int(found.copies), int(found.chunks), self.keeper.used

    def judge(self, copy, verdict, *, lease="", sha256=None, words="", pause=0.0):
        """Let somebody say what the primary said."""
        sha256 = copy.sha256 if sha256 is None else sha256
        copy = self.book.spool.find(copy.id)
        return self.keeper.judge(copy, verdict, lease=lease, sha256=sha256, words=words, pause=pause)

    def lease(self, most=10, ids=None):
        """Take copies, and return the lease and their ids."""
        lease, _, copies = self.keeper.lease(most, ids)
        return lease, [copy.id for copy in copies]

    def tell(self):
        """Return the headlines of what is to be told of the spool by now."""
        return [alert.headline for alert, _ in self.keeper.news()]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(keep_module, "CHUNK_BYTES", PIECE)


@pytest.fixture
def desk():
    """Open a spool of messages of all kinds."""
    with opened() as book:
        yield Desk(book)


@given(st.binary(max_size=5 * PIECE))
@example(b"")
@example(b"\0" * PIECE)
@example(b"a" * (PIECE - 1))
@example(b"\xff\r\n.\r\n" * PIECE)
def test_what_is_kept_comes_back_byte_for_byte(content):
    """Any bytes, of any size around the rows' limits, with the hash of all of them."""
    with opened() as book:
        desk = Desk(book)
        event = desk.store(content)
        copy = book.spool.find(event.copy)
        assert desk.bytes_of(copy) == content
        assert (copy.size, copy.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert (copy.sender, copy.recipient, copy.state) == (SENDER, RECIPIENT, "waiting")
        assert desk.keeper.used == len(content)


@pytest.mark.parametrize("breaks", range(4))
def test_a_message_that_breaks_off_is_not_kept_and_leaves_nothing(desk, breaks):
    """Whatever had come of it by then."""
    event = desk.store(b"x" * 3 * PIECE, breaks=breaks)
    assert not event.copy
    assert event.unkept == "cut OSError"
    assert desk.rows() == (0, 0, 0)


def test_a_message_that_ends_before_its_size_is_not_kept(desk):
    """A stream that ends too early looks like one that has ended."""
    event = desk.store(b"x" * 20, size=21)
    assert (event.copy, event.unkept) == ("", "short 20/21")
    assert desk.rows() == (0, 0, 0)


def test_a_message_larger_than_any_is_not_kept(desk):
    """The edge takes 25 MiB at most; what is endless must not fill the tables."""
    event = desk.store(b"x" * 65 * PIECE)
    assert not event.copy
    assert desk.rows() == (0, 0, 0)


def test_what_is_said_of_a_message_comes_from_what_is_kept(desk):
    """The Worker can't read it any more; the key is the one that it would make."""
    content = (
        b"From: <booking@hotel.example>\r\nSubject: Your room\r\nMessage-ID: <1@hotel.example>\r\n\r\nHi\r\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keep_module, "CHUNK_BYTES", 1000)
        patch.setitem(globals(), "PIECE", 1000)
        event = desk.store(content)
    assert event.mail.subject == "Your room"
    assert event.key == key_of(Envelope(SENDER, RECIPIENT, len(content)), "<1@hotel.example>", b"")


@pytest.mark.parametrize("nth", range(12))
def test_a_day_whose_rows_are_used_up_keeps_nothing_half(nth):
    """From any row on: either the copy is whole, or it does not count, and what lies there is tidied up."""
    left = [nth]

    def full(text):
        if not text.startswith("SELECT"):
            if left[0] == 0:
                raise OSError("Exceeded allowed rows written in Durable Objects free tier.")
            left[0] -= 1

    writes = []
    with opened(before=lambda text: writes.append(text) and limit(text)) as book:
        limit = lambda text: None  # noqa: E731 nothing fails while the tables are made
        desk = Desk(book)
        limit = full
        event = desk.store(b"x" * 3 * PIECE)
        limit = lambda text: None  # noqa: E731 the next day
        if event.copy:
            assert desk.bytes_of(book.spool.find(event.copy)) == b"x" * 3 * PIECE
            return
        assert event.unkept == "limited"
        desk.now += UNREPORTED_SECONDS + 1
        assert [*desk.keeper.unreported()] == []
        assert desk.rows() == (0, 0, 0)


@pytest.mark.parametrize("breaks", [True, False])
def test_a_copy_that_took_too_long_to_come_touches_no_other(desk, breaks):
    """It was dropped as unfinished, others came, and then it goes on: its rows are never another's."""
    gate, slow, fast = asyncio.Event(), [b"a" * PIECE] * 3, [b"b" * PIECE] * 2

    async def read_slowly(size):
        if len(slow) == 1:
            await gate.wait()
        if breaks and len(slow) == 1:
            raise OSError
        return slow.pop() if slow else b""

    async def read(size):
        return fast.pop() if fast else b""

    async def come(number, size, read):
        text = json.dumps([SENDER, RECIPIENT, size, f"<{number}@hotel.example>", ""])
        return Event.from_text(await desk.keeper.store(text, read, None))

    async def scenario():
        first = asyncio.create_task(come(1, 3 * PIECE, read_slowly))
        await asyncio.sleep(0)
        desk.now += UNREPORTED_SECONDS + 1
        assert [*desk.keeper.unreported()] == []
        second = await come(2, 2 * PIECE, read)
        gate.set()
        return await first, second

    first, second = asyncio.run(scenario())
    assert first.unkept
    assert not first.copy
    copy = desk.book.spool.find(second.copy)
    assert (desk.bytes_of(copy), copy.size) == (b"b" * 2 * PIECE, 2 * PIECE)
    assert desk.rows() == (1, 2, 2 * PIECE)


# --- room ---


def test_what_the_primary_has_makes_room_the_oldest_first(book_of_three):
    """And only as much as is needed."""
    desk, copies = book_of_three
    for copy in copies[:2]:
        desk.judge(copy, "delivered")
    assert desk.store(b"y" * PIECE, message_id="<4@hotel.example>").copy
    assert desk.book.spool.find(copies[0].id) is None
    assert desk.book.spool.find(copies[1].id).state == "delivered"


def test_without_room_a_message_is_not_kept_and_nothing_else_is_dropped(book_of_three):
    """Mail that the primary never had is not dropped for other mail."""
    desk, copies = book_of_three
    event = desk.store(b"y" * PIECE, message_id="<4@hotel.example>")
    assert (event.copy, event.unkept) == ("", "full")
    assert [desk.book.spool.find(copy.id).state for copy in copies] == ["waiting"] * 3


@pytest.fixture
def book_of_three():
    """Open a spool with room for three messages, and keep three."""
    with opened() as book:
        desk = Desk(book, spool_bytes=3 * PIECE + 1)
        yield desk, [desk.keep(number, b"x" * PIECE) for number in range(3)]


def test_beyond_nine_tenths_no_copy_stays_of_what_an_inbox_has():
    """A message that no inbox took is the last to be refused."""
    with opened() as book:
        desk = Desk(book, spool_bytes=10 * PIECE)
        kept = [desk.keep(number, b"x" * PIECE, "forwarded") for number in range(10)]
        assert [copy is not None for copy in kept] == [True] * 9 + [False]
        assert desk.keep(10, b"x" * PIECE, "held")
        assert desk.store(b"x" * PIECE, message_id="<11@hotel.example>").unkept == "full"
        assert [alert.fields[0].text for alert, _ in desk.keeper.news()][1:] == ["2 messages"]


def test_beyond_nine_tenths_what_is_home_before_the_report_is_not_dropped_twice():
    """Else less would count as used than lies there, and somebody be told that it was not kept."""
    with opened() as book:
        desk = Desk(book, spool_bytes=10 * PIECE)
        kept = [desk.keep(number, b"x" * PIECE) for number in range(9)] + [desk.keep(9, b"x" * 8)]
        event = desk.store(b"x" * 8, message_id="<10@hotel.example>")
        desk.judge(book.spool.find(event.copy), "delivered")
        desk.report(event, "forwarded")
        assert desk.keeper.used == sum(copy.size for copy in book.spool.page(0, 20))
        outage = book.last_outage()
        assert (outage.kept, outage.home) == (11, 1)
        assert desk.tell() == ["The spool is nearly full"]
        assert [book.spool.find(copy.id) for copy in kept] == kept


def test_beyond_nine_tenths_a_copy_that_the_worker_did_not_name_is_not_dropped():
    """The same message came twice at once: an inbox has one, and the other may be held by this copy alone."""
    with opened() as book:
        desk = Desk(book, spool_bytes=10 * PIECE)
        for number in range(9):
            desk.keep(number, b"x" * PIECE)
        held = desk.store(b"x" * PIECE, message_id="<9@hotel.example>")
        desk.report(Event(held.key, "forwarded", held.envelope), "forwarded")
        assert desk.bytes_of(book.spool.find(held.copy)) == b"x" * PIECE


def test_that_it_is_nearly_full_is_told_once_until_there_is_room_again():
    """At four fifths."""
    with opened() as book:
        desk = Desk(book, spool_bytes=10 * PIECE)
        copies = [desk.keep(number, b"x" * PIECE) for number in range(8)]
        assert desk.tell() == []
        copies.append(desk.keep(8, b"x" * PIECE))
        assert [due for due, _ in desk.keeper.times()] == [desk.now]
        assert desk.tell() == ["The spool is nearly full"]
        assert desk.tell() == [*desk.keeper.times()] == []
        desk.keeper.drop(copies[0])
        assert desk.tell() == []
        desk.keep(9, b"x" * PIECE)
        assert desk.tell() == ["The spool is nearly full"]


def test_what_is_home_is_dropped_before_anybody_is_told_that_it_is_nearly_full():
    """Nobody is told to bring home what is there, whether the spool filled up or SPOOL_MB was lowered."""
    with opened() as book:
        desk = Desk(book, spool_bytes=10 * PIECE)
        for number in range(9):
            desk.judge(desk.keep(number, b"x" * PIECE), "delivered")
        assert [due for due, _ in desk.keeper.times()] == [desk.now]
        assert desk.tell() == [*desk.keeper.times()] == []
        assert desk.rows() == (8, 8, 8 * PIECE)


def test_that_it_is_full_is_told_once_a_day_with_how_many_were_not_kept(book_of_three):
    """Each of them is told by itself, too, if no inbox has it."""
    desk, _ = book_of_three
    assert desk.tell() == ["The spool is nearly full"]
    for number in range(4, 6):
        desk.store(b"y" * PIECE, message_id=f"<{number}@hotel.example>")
    [(alert, sound)] = desk.keeper.news()
    assert (alert.headline, alert.fields[0].text, sound) == ("The spool is full", "2 messages", True)
    desk.now += 60
    desk.store(b"y" * PIECE, message_id="<6@hotel.example>")
    assert desk.tell() == []
    # Nothing else may come that would wake it.
    desk.now += DAY_SECONDS - 60
    assert [*desk.keeper.times()] == [(desk.now, 0.0)]
    desk.now -= 60
    assert [*desk.keeper.times()] == [(desk.now + 60, DAY_SECONDS)]
    desk.now += 60
    [(alert, _)] = desk.keeper.news()
    assert alert.fields[0].text == "1 message"


# --- reports ---


def test_a_copy_of_which_the_worker_never_reports_is_told_after_two_minutes(desk):
    """It died in the middle: the message is there, and its facts are what the copy says.

    Not a moment after its alarm: that would ring again and again until the clock has moved on.
    """
    event = desk.store(b"Subject: room\r\n")
    assert [due for due, _ in desk.keeper.reports()] == [desk.now + UNREPORTED_SECONDS]
    desk.now += UNREPORTED_SECONDS - 1
    assert [*desk.keeper.unreported()] == []
    desk.now += 1
    [told] = desk.keeper.unreported()
    assert (told.fate, told.copy, told.key) == ("unreported", event.copy, event.key)
    assert told.mail is not None
    assert desk.memory.remember(told)
    assert [*desk.keeper.unreported()] == [*desk.keeper.times()] == []
    outage = desk.book.last_outage()
    assert (outage.held, outage.kept, outage.caught) == (1, 1, 1)


@pytest.mark.parametrize("fate", ["forwarded", "deferred"])
def test_a_report_without_the_copys_id_is_known_by_the_message(desk, fate):
    """The object's answer was late: the Worker does not know that there is a copy after all."""
    event = desk.store(b"x")
    desk.report(Event(event.key, fate, event.envelope), fate)
    desk.now += UNREPORTED_SECONDS + 1
    assert [*desk.keeper.unreported()] == []
    # What no inbox took is held then: the spool has it, and its sender was told to try again.
    assert desk.book.spool.find(event.copy).fate == {"deferred": "held"}.get(fate, fate)
    told = desk.book.first_alert(1).advice
    assert ("Its sender will try again, but a copy is kept" in told) is (fate == "deferred")
    assert desk.book.last_outage().kept == 1


def test_a_copy_that_is_whole_after_the_report_changes_what_is_known(desk):
    """No inbox took it and the sender was to try again; now it is held all the same."""
    event = desk.store(b"x")
    desk.book._sql("UPDATE copy SET state = 'unfinished'")
    desk.report(Event(event.key, "deferred", event.envelope), "deferred")
    desk.book._sql("UPDATE copy SET state = 'waiting'")
    desk.now += UNREPORTED_SECONDS + 1
    [late] = desk.keeper.unreported()
    assert not desk.memory.remember(late)
    outage = desk.book.last_outage()
    assert (outage.waiting, outage.held, outage.kept, outage.caught) == (0, 1, 1, 1)


def test_a_clock_that_was_set_back_tells_of_what_was_never_reported(desk):
    """And its alarm does not ring every two minutes until the clock is where it was."""
    desk.store(b"x")
    desk.now -= UNREPORTED_SECONDS
    assert [*desk.keeper.unreported()] == []
    desk.now -= 365 * DAY_SECONDS
    [told] = desk.keeper.unreported()
    assert told.fate == "unreported"


def test_what_came_back_is_not_kept_twice(desk):
    """Its first copy is there; where none is, it is kept, since perhaps nothing else has it."""
    first = desk.keep(1, b"x", "forwarded")
    again = desk.store(b"x with another trace", message_id="<1@hotel.example>", fate="returned")
    assert again.copy == first.id
    desk.report(again, "returned")
    assert desk.book.last_outage().kept == 1
    other = desk.store(b"y", message_id="<2@hotel.example>", fate="returned")
    assert other.copy not in ("", first.id)


# --- leases and verdicts ---


def test_the_oldest_are_given_away_first_and_not_twice(desk):
    """Until the lease is over."""
    ids = [desk.keep(number).id for number in range(5)]
    _, first = desk.lease(2)
    _, second = desk.lease(2)
    assert (first, second) == (ids[:2], ids[2:4])
    desk.now += LEASE_SECONDS - 1
    assert desk.lease()[1] == ids[4:]
    desk.now += 1
    assert desk.lease()[1] == ids[:4]


def test_those_that_are_named_are_given_away_also_before_their_time(desk):
    """But not out of somebody's hands, and not what is delivered."""
    copies = [desk.keep(number) for number in range(4)]
    lease, _ = desk.lease(1)
    desk.judge(copies[0], "later", lease=lease, pause=3600)
    desk.judge(copies[1], "delivered")
    desk.lease(1)
    assert desk.lease()[1] == [copies[3].id]
    assert desk.lease(ids=[copy.id for copy in copies])[1] == [copies[0].id]
    assert desk.lease(ids=["9-nothing", "", "x"])[1] == []


def test_what_was_put_off_comes_after_what_was_never_tried(desk):
    """And before what was put off for longer."""
    copies = [desk.keep(number) for number in range(4)]
    for copy, pause in ((copies[0], 120), (copies[1], 60)):
        lease, _ = desk.lease(ids=[copy.id])
        desk.judge(copy, "later", lease=lease, pause=pause)
    desk.now += 120
    assert desk.lease()[1] == [copies[number].id for number in (2, 3, 1, 0)]


@pytest.mark.parametrize("kind", ["due", "put off", "delivered", "refused"])
def test_what_is_read_to_bring_one_home_does_not_grow_with_how_many_there_are(kind):
    """5 million rows are read a day: `replay --watch` asks 1,440 times, and each message is leased alone."""

    def steps(many):
        tables, taken = Sql(), 0

        def count():
            nonlocal taken
            taken += 1

        with opened(tables) as book:
            desk = Desk(book)
            for number in range(many):
                copy = book.spool.begin(f"{number}", "", RECIPIENT, desk.now)
                book.spool.report(book.spool.finish(copy.number, 1, "", ""), "held", 1)
                state, due = {"due": ("waiting", 0), "put off": ("waiting", desk.now + 60)}.get(
                    kind, (kind, 0)
                )
                book.spool.judge(copy, state, "", due)
            desk.keep(1)
            tables._database.set_progress_handler(count, 1)
            lease = json.loads(answer(desk.memory, "POST", "/v1/lease", "").text)
            [copy] = lease["copies"]
            said = {"id": copy["id"], "verdict": "delivered", "sha256": copy["sha256"]}
            assert answer(desk.memory, "POST", "/v1/verdict", json.dumps(said)).status == 200
            desk.keeper.drop(book.spool.oldest_delivered())
            desk.memory.next()
            tables._database.set_progress_handler(None, 1)
        tables.close()
        return taken

    assert steps(500) < 1.1 * steps(10)


def test_a_clock_that_was_set_back_holds_nothing_up(desk):
    """A time further off than any pause was set by a wrong clock."""
    [copy] = [desk.keep(1)]
    desk.lease()
    desk.now -= 2 * LONGEST_PAUSE_SECONDS
    assert desk.lease()[1] == [copy.id]


def test_that_it_was_delivered_is_a_fact_whoever_says_so(desk):
    """After the lease, or under another's: who injects it a second time is told by nobody else."""
    copy = desk.keep(1)
    desk.lease()
    with pytest.raises(ConflictError, match="not this copy's sha256"):
        desk.judge(copy, "delivered", sha256="0" * 64)
    assert desk.judge(copy, "delivered", lease="another's", words="250 2.0.0 Ok") == "delivered"
    assert desk.judge(copy, "delivered") == "delivered"
    assert desk.lease()[1] == []


@pytest.mark.parametrize("verdict", ["refused", "later"])
def test_other_verdicts_are_the_word_of_who_has_the_lease(desk, verdict):
    """Not of one whose lease is over, or was never his."""
    copy = desk.keep(1)
    lease, _ = desk.lease()
    with pytest.raises(ConflictError, match="the lease is over"):
        desk.judge(copy, verdict, lease="another's")
    desk.now += LEASE_SECONDS
    with pytest.raises(ConflictError, match="the lease is over"):
        desk.judge(copy, verdict, lease=lease)
    assert desk.book.spool.find(copy.id).state == "waiting"


def test_what_is_put_off_waits_that_long_and_no_longer_than_a_day(desk):
    """Whatever is asked for."""
    copy = desk.keep(1)
    lease, _ = desk.lease()
    desk.judge(copy, "later", lease=lease, words="450 4.2.0 Greylisted", pause=60)
    assert desk.lease()[1] == []
    desk.now += 60
    lease, [_] = desk.lease()
    desk.judge(copy, "later", lease=lease, pause=1e9)
    assert desk.book.spool.find(copy.id).due == desk.now + LONGEST_PAUSE_SECONDS
    lease, [_] = desk.lease(ids=[copy.id])
    desk.judge(copy, "later", lease=lease, pause=-5)
    assert desk.lease()[1] == [copy.id]


def test_what_was_refused_or_delivered_can_wait_again(desk):
    """But not while somebody delivers it."""
    copy = desk.keep(1)
    lease, _ = desk.lease()
    with pytest.raises(ConflictError, match="being delivered"):
        desk.judge(copy, "again")
    desk.judge(copy, "refused", lease=lease, words="550 5.1.1 No such user")
    assert desk.book.spool.find(copy.id).words == "550 5.1.1 No such user"
    assert desk.judge(copy, "refused", lease=lease) == "refused"
    assert desk.judge(copy, "again") == "waiting"
    lease, ids = desk.lease()
    assert ids == [copy.id]
    desk.judge(copy, "delivered")
    assert desk.judge(copy, "again") == "waiting"


# --- home ---


def test_an_outage_knows_when_all_of_its_mail_is_fetched(desk):
    """Also what was refused counts as said, and what waits again does not."""
    copies = [desk.keep(number) for number in range(3)]
    for copy in copies[:2]:
        desk.judge(copy, "delivered")
    assert not desk.book.last_outage().is_fetched
    lease, _ = desk.lease()
    desk.judge(copies[2], "refused", lease=lease)
    outage = desk.book.last_outage()
    assert (outage.home, outage.refused, outage.kept, outage.is_fetched) == (2, 1, 3, True)
    desk.judge(copies[2], "again")
    assert not desk.book.last_outage().is_fetched
    desk.keeper.drop(desk.book.spool.find(copies[2].id))
    outage = desk.book.last_outage()
    assert (outage.home, outage.refused, outage.kept, outage.is_fetched) == (2, 0, 2, True)


def test_a_message_caught_after_the_last_that_came_home_keeps_the_outage_open(desk):
    """That the primary fetched says that it was up then."""
    desk.judge(desk.keep(1), "delivered")
    last = desk.book.last_outage()
    assert last.next_home() is not None
    desk.now += 10
    desk.report(Event("other", "forwarded", Envelope("", RECIPIENT, 1)), "forwarded")
    assert desk.book.last_outage().next_home() is None


def test_each_outage_that_is_home_after_its_end_is_told_and_that_once(desk):
    """The primary may bring several home within the second; one may be forgotten, another begin again."""
    copies = []
    for number in range(5):
        copies.append(desk.keep(number))
        desk.book.keep_outage(desk.book.last_outage().end(desk.now))
        desk.now += 3600
    for copy in copies:
        desk.judge(copy, "delivered")
    desk.judge(copies[1], "again")
    desk.book._sql("DELETE FROM outage WHERE number = 3")
    desk.book.keep_outage(replace(desk.book.last_outage(), ended=0.0, last=desk.now + 1))
    assert desk.memory.next() == desk.now
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Conversation, "announce", lambda told_to, worded, post: told.append(post.outage))
        for _ in range(2):
            desk.memory._compose()
    assert told == [1, 4]
    assert desk.memory.next() > desk.now


def test_an_outage_is_known_as_long_as_a_copy_of_it_waits():
    """With SPOOL_DAYS = 365: another outage would have its number, and be over by another's mail."""
    with opened() as book:
        desk = Desk(book, spool_days=365)
        old = desk.keep(1)
        book.keep_outage(book.last_outage().end(desk.now))
        desk.now += 40 * DAY_SECONDS
        desk.memory._forget()
        assert not book.fates(old.key)
        new = desk.keep(2)
        desk.judge(old, "delivered")
        outages = [book.outage(number) for number in (1, 2)]
        assert [(each.kept, each.home) for each in outages] == [(1, 1), (1, 0)]
        desk.keeper.drop(book.spool.find(old.id))
        desk.now += DAY_SECONDS
        desk.memory._forget()
        assert (book.outage(1), book.outage(2).number) == (None, new.outage)


def test_what_is_too_old_is_dropped_and_told_if_the_primary_never_had_it(desk):
    """The first time in a day, with how many there were."""
    delivered, waiting, refused = (desk.keep(number) for number in range(3))
    desk.judge(delivered, "delivered")
    lease, _ = desk.lease(ids=[refused.id])
    desk.judge(refused, "refused", lease=lease)
    desk.now += 30 * DAY_SECONDS - 1
    desk.keeper.expire()
    assert desk.rows()[0] == 3
    desk.now += 2
    desk.keeper.expire()
    assert desk.rows() == (0, 0, 0)
    [(alert, sound)] = desk.keeper.news()
    assert alert.headline == "The spool has dropped mail that was never fetched"
    assert (alert.fields[0].text, sound) == ("2 messages, 30 days after they were caught", True)
    assert desk.book.spool.find(waiting.id) is None
    assert desk.tell() == []


@pytest.mark.parametrize("days", [1, 2, 30])
def test_what_is_too_old_goes_within_a_day_whatever_spool_days_is(days):
    """Also of the first message that an object ever saw, and if SPOOL_DAYS is another one by then."""
    with opened() as book:
        desk = Desk(book, spool_days=365)
        desk.keep(1)
        memory = Memory(book, replace(desk.settings, spool_days=days), lambda: desk.now)
        began = desk.now
        while desk.rows()[0]:
            desk.now = max(memory.next(), desk.now) + 1
            memory._compose()
            memory._forget()
        assert days * DAY_SECONDS < desk.now - began < (days + 1) * DAY_SECONDS + 60


def test_what_is_switched_off_keeps_nothing_whoever_asks():
    """A Worker of before the deploy asks an object of after it, whose SPOOL_KEY can't be used."""
    with opened() as book:
        desk = Desk(book, mode="off")
        event = desk.store(b"x")
        assert (event.copy, event.unkept) == ("", "off")
        assert desk.rows() == (0, 0, 0)


def test_an_id_never_names_another_message():
    """Numbers may come again once the newest copy is gone, and the object has lost its memory."""
    tables = Sql()
    with opened(tables) as book:
        desk = Desk(book)
        copy = desk.keep(1)
        desk.keeper.drop(copy)
    with opened(tables) as book:
        desk = Desk(book)
        other = desk.keep(2)
        assert other.number == copy.number
        assert desk.book.spool.find(copy.id) is None
    tables.close()


def test_a_verdict_before_the_report_ends_the_outage_all_the_same(desk):
    """Who watches may have fetched a message before the Worker says that an inbox has it, too."""
    event = desk.store(b"x")
    [copy] = desk.book.spool.page(0, 1)
    desk.judge(copy, "delivered")
    desk.now += 1
    desk.report(event, "forwarded")
    outage = desk.book.last_outage()
    assert (outage.kept, outage.home, outage.is_fetched) == (1, 1, True)
    assert outage.next_home() == desk.now + 300
