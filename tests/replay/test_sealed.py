"""What is encrypted for home comes home in the clear; what can't be opened stays, and holds up nobody."""

import asyncio
import re
import stat

import pytest

from mail_failover.console.voice import Voice
from mail_failover.door.address import Address
from mail_failover.emulator.routing.door import Door as Way
from mail_failover.replay.handover import FIRST_PAUSE
from mail_failover.replay.run import Options, World, _run
from standins.door import DOMAIN, Door
from standins.homeward import TO, Operator
from standins.keys import NAME, PUBLIC_KEY, bring
from standins.killing import Nursery, delivered
from standins.sealing import kept
from standins.stage import SPOOL, TOKEN, WEB, Stage, message
from standins.world import TELEGRAM

RAW = b"Subject: \xff\r\n\r\n.\r\n\x00bare\nlf" + bytes(range(256))
SEALED = TELEGRAM | SPOOL | {"SPOOL_KEY": PUBLIC_KEY}


class Clock:
    """Shows the time that a test sets."""

    now = 1_795_000_000.0

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def operator(tmp_path, capsys):
    """Put an operator before an empty spool."""
    return Operator(tmp_path, Door(clock=Clock()), capsys)


def put(door, known, **fields):
    """Store what the Worker has encrypted, and return its id."""
    said = {"content": known.content, "copy_id": known.id, "sealed": known.sealed, "size": known.size}
    return door.put(**said | fields)


def left(operator):
    """Return the files beside the journal that have mail in them."""
    return [path.name for path in operator.folder.iterdir() if path.name.startswith("message")]


def test_what_is_encrypted_is_handed_over_as_it_was(operator):
    """Beside what is not; the server is told the message's own size, and sees a file for its owner alone."""
    door, modes = operator.standin, []
    bring(operator.way.keys)
    ids = [put(door, known) for known in kept(RAW, b"")] + [door.put(b"in the clear")]

    def answer(letter, _):
        modes.append(stat.S_IMODE(letter.path.stat().st_mode))
        return "250 Ok"

    operator.primary.answer = answer
    code, out, err = operator.replay()
    assert (code, err, operator.primary.ids) == (0, "", ids)
    assert [content for _, content in operator.primary.got] == [RAW, b"", b"in the clear"]
    assert [letter.size for letter, _ in operator.primary.got] == [len(RAW), 0, 12]
    assert modes == [0o600] * 3
    assert left(operator) == []
    assert out.endswith("3 of 3 messages home.\n")


def test_without_the_key_it_stays_and_the_others_come(operator):
    """The spool is told why, without a path of this machine; what to do is said once."""
    door = operator.standin
    one, two = kept(RAW, RAW)
    ids = [put(door, one), door.put(RAW), put(door, two)]
    code, out, err = operator.replay()
    assert (code, err, operator.primary.ids) == (1, "", [ids[1]])
    assert door.states() == ["waiting", "delivered", "waiting"]
    for copy_id in (ids[0], ids[2]):
        assert re.search(
            rf"^not opened  {copy_id}  .*: the key {NAME} is not here; again in 1 min", out, re.MULTILINE
        )
        assert door.kept[copy_id].words == f"not sent: the key {NAME} is not here"
        assert door.kept[copy_id].due == door.clock() + FIRST_PAUSE
    assert "  2 messages can't be opened here, and the spool keeps what it has.\n" in out
    assert out.count(f"There is no {operator.state}/keys/{NAME}.pem (keys there: none): put it there") == 1
    assert "still to come" not in out
    assert "1 of 3 messages home." in out
    assert [name for name, *_ in door.requests].count("fetch") == 1


def test_once_the_key_is_there_it_comes(operator):
    """With nothing to mend in the spool or in the journal."""
    door = operator.standin
    copy_id = put(door, kept(RAW))
    assert operator.replay()[0] == 1
    bring(operator.way.keys)
    door.clock.now += FIRST_PAUSE
    code, out, _ = operator.replay()
    assert (code, operator.primary.ids, "twice" in out) == (0, [copy_id], False)
    assert operator.primary.got[0][1] == RAW


def test_it_is_asked_for_less_and_less(operator):
    """A thousand messages without their key must not use up a day's requests."""
    door = operator.standin
    copy_id, pauses = put(door, kept(RAW)), []
    for _ in range(9):
        operator.replay()
        pauses.append(door.kept[copy_id].due - door.clock.now)
        door.clock.now = door.kept[copy_id].due
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.parametrize("place", [0, 100, -1])
def test_what_was_altered_in_the_spool_is_not_handed_over(operator, place):
    """Though its SHA-256 is that of what came; it stays, and so does what is known of it."""
    door, known = operator.standin, kept(RAW)
    bring(operator.way.keys)
    altered = bytearray(known.content)
    altered[place] ^= 1
    ids = [put(door, known, content=bytes(altered)), door.put(RAW)]
    code, said, err = operator.replay(json=True)
    assert (code, err, operator.primary.ids) == (1, "", ids[1:])
    first, _ = said["messages"]
    assert (first["outcome"], first["words"]) == (
        "not opened",
        "piece 1 of 1 is not what was encrypted there",
    )
    assert "It stays in the spool" in first["fix"]
    assert door.states() == ["waiting", "delivered"]
    assert left(operator) == []


def test_another_format_is_left_to_another_version(operator):
    """And says so."""
    door = operator.standin
    ids = [put(door, kept(RAW), sealed="7.what/ever"), door.put(RAW)]
    code, out, _ = operator.replay()
    assert (code, operator.primary.ids) == (1, ids[1:])
    assert "this version does not know how it is encrypted (format 7)" in out
    assert "  Install the version of mail-failover that the Worker comes from" in out


def test_a_dry_run_says_what_could_not_be_opened(operator):
    """Before anything is changed."""
    door = operator.standin
    ids = [put(door, kept(RAW)), door.put(RAW)]
    code, out, _ = operator.replay(dry_run=True)
    assert code == 0
    assert f"could not be opened  {ids[0]}  " in out
    assert f": the key {NAME} is not here\n  There is no {operator.state}/keys/" in out
    assert out.endswith("1 message of 2 would be handed over; nothing was changed.\n")
    bring(operator.way.keys)
    assert f"would be delivered  {ids[0]}  " in operator.replay(dry_run=True)[1]


@pytest.mark.parametrize("turn", range(1, 5))
def test_a_run_that_was_killed_while_it_opened_a_message_leaves_nothing_in_the_way(tmp_path, capsys, turn):
    """Of two messages, each is written as it comes, and then as it was."""
    door, known = Door(), kept(RAW, RAW[::-1])
    operator, got = Operator(tmp_path, door, capsys), tmp_path / "got"
    bring(operator.way.keys)
    ids = [put(door, each) for each in known]
    with door.serving() as operator.url, Nursery() as nursery:
        nursery.run(operator.url, operator.state, got, f"file.write before {turn}")
    code, out, _ = operator.replay()
    assert (code, door.states(), "twice" in out) == (0, ["delivered"] * 2, False)
    contents = delivered(got) + [(letter.id, content) for letter, content in operator.primary.got]
    assert contents == [(ids[0], RAW), (ids[1], RAW[::-1])]
    assert left(operator) == []


def test_from_the_worker_to_the_primary(virtual, tmp_path, capsys):
    """A Worker that the emulator plays encrypts, the command brings home; the Worker says that it is over."""
    operator = Operator(tmp_path, None, capsys)
    bring(operator.way.keys)
    large = message(2, body="\r\n".join(["x" * 998] * 2500))

    async def run():
        stage = Stage(SEALED)
        async with stage.open():
            stage.fail("forward=transient")
            await stage.mail(1)
            await stage.mail(content=large)
            await stage.settle()
            async with stage.visit() as door:
                copies = (await door.get("/v1/spool")).json()["copies"]
                stored = [(await door.get(f"/v1/spool/{copy['id']}")).content for copy in copies]
            options = Options(TO, operator.way, json=True)
            world = World(transport=Way(stage.edge))
            address = Address(WEB, DOMAIN, TOKEN)
            code = await _run(options, address, operator.primary, Voice(as_json=False), world)
            await asyncio.sleep(400)
            assert stage.problems == []
            return code, copies, stored, [post.seen for _, post in stage.posts]

    code, copies, stored, told = virtual(run())
    assert code == 0
    assert {copy["sealed"][:19] for copy in copies} == {f"1.{NAME}."}
    assert not any(b"Subject" in each or b"xxxx" in each for each in stored)
    assert [len(each) - copy["size"] for each, copy in zip(stored, copies, strict=True)] == [16, 48]
    one, two = [content for _, content in operator.primary.got]
    assert one.endswith(message(1))
    assert two.endswith(large)
    assert [letter.size for letter, _ in operator.primary.got] == [len(one), len(two)]
    assert "2 of 2 messages home." in capsys.readouterr().out
    assert any("2 of 2 messages are home" in text for text in told)
