"""What a run of `replay` brings home, in which order, what it says, and what it leaves."""

import shlex
import sys

import pytest

from mail_failover.door.journal import Journal
from mail_failover.replay.handover import FIRST_PAUSE, LONGEST_PAUSE, pause_after
from mail_failover.replay.run import Options, World, run
from standins.door import DOMAIN, TOKEN, Door, Link
from standins.homeward import TO, Operator

RAW = b"Subject: \xff\r\n\r\n.\r\n\x00bare\nlf" + bytes(range(256))


class Clock:
    """Shows the time that a test sets."""

    def __init__(self):
        self.now = 1_795_000_000.0

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def clock():
    """Return the door's clock."""
    return Clock()


@pytest.fixture
def operator(tmp_path, capsys, clock):
    """Put an operator before an empty spool."""
    return Operator(tmp_path, Door(clock=clock), capsys)


def fail(name, fault, times=1):
    """Let a request fail so often."""
    return lambda asked, count: fault if asked == name and count < times else ""


def test_mail_comes_home_oldest_first_byte_for_byte_with_its_envelope(operator):
    """A bounce's sender is empty; the spool is told the server's words."""
    door, primary = operator.standin, operator.primary
    ids = [door.put(RAW, sender="", recipient=f"Jo@{DOMAIN}", caught=5.5), door.put(b""), door.put(RAW * 300)]
    code, out, err = operator.replay()
    assert (code, err) == (0, "")
    assert primary.ids == ids
    letter, content = primary.got[0]
    assert (letter.sender, letter.recipient, letter.caught, content) == ("", f"Jo@{DOMAIN}", 5.5, RAW)
    assert [len(content) for _, content in primary.got] == [letter.size for letter, _ in primary.got]
    assert door.states() == ["delivered"] * 3
    assert door.kept[ids[0]].words == "250 2.0.0 Ok"
    size = f"{len(RAW)} bytes"
    assert out.splitlines()[0] == f"delivered  {ids[0]}  {size}  from <> to <Jo@{DOMAIN}>: 250 2.0.0 Ok"
    assert out.endswith("3 of 3 messages home.\n")
    assert [path.name for path in operator.folder.iterdir() if path.suffix == ".eml"] == []


def test_the_next_run_finds_nothing_to_do(operator):
    """And says so."""
    operator.standin.put()
    operator.replay()
    assert operator.replay() == (0, "Nothing waits in the spool of example.com.\n", "")
    assert len(operator.primary.got) == 1


def test_what_the_server_puts_off_waits_longer_each_time_and_holds_up_nobody(operator, clock):
    """Greylisting is answered by patience."""
    door, primary = operator.standin, operator.primary
    first, second = door.put(), door.put()
    primary.answer = lambda letter, _: "450 4.7.1 Greylisted" if letter.id == first else "250 Ok"
    pauses = []
    for _ in range(9):
        code, out, _ = operator.replay()
        assert code == 1
        pauses.append(door.kept[first].due - clock.now)
        clock.now = door.kept[first].due
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert "450 4.7.1 Greylisted; again in 60 min at the earliest" in out
    assert "1 message still to come: `mail-failover replay --to smtp://127.0.0.1:25 --url" in out
    primary.answer = lambda *_: "250 Ok"
    assert operator.replay()[0] == 0
    assert primary.ids == [second, first]


def test_a_message_that_is_not_due_is_left_in_peace(operator, clock):
    """Until then nobody asks the server."""
    operator.standin.put()
    operator.primary.answer = lambda *_: "451 later"
    operator.replay()
    clock.now += FIRST_PAUSE - 1
    code, out, _ = operator.replay()
    assert (code, operator.primary.asked) == (1, 1)
    assert "0 of 1 message home.\n  1 message still to come" in out


def test_what_the_server_refuses_is_kept_and_told_with_the_way_on(operator):
    """Never bounced, never dropped; the next run does not ask again, but still says so."""
    door = operator.standin
    copy_id = door.put()
    operator.primary.answer = lambda *_: "550 5.1.1 no such user"
    code, out, _ = operator.replay()
    assert (code, door.states()) == (1, ["refused"])
    assert door.kept[copy_id].words == "550 5.1.1 no such user"
    assert "1 message refused by your server, and kept: `mail-failover spool list" in out
    assert "spool retry ID --url http://127.0.0.1:8787 --domain example.com" in out
    code, out, _ = operator.replay()
    assert (code, operator.primary.asked) == (1, 1)
    assert "1 message refused by your server" in out


def test_a_server_that_is_not_there_gets_nothing_and_the_lease_is_given_back(operator):
    """It stops at the first: the others would fare no better. The spool has all of them."""
    door = operator.standin
    ids = [door.put(), door.put()]
    operator.primary.answer = lambda *_: "down"
    code, out, err = operator.replay()
    assert (code, out, operator.primary.asked) == (5, "", 1)
    assert "Your server takes no mail now: Connection refused.\n" in err
    assert "Start your server or mend that, then run `mail-failover replay --to" in err
    assert "Nothing is lost" in err
    assert door.states() == ["waiting", "waiting"]
    assert [door.kept[copy_id].due for copy_id in ids] == [0, 0]
    operator.primary.answer = lambda *_: "250 Ok"
    code, out, _ = operator.replay()
    assert (code, "twice" in out, operator.primary.ids) == (0, False, ids)


def test_a_server_that_goes_in_the_middle_is_told_with_what_is_still_to_come(operator):
    """What came before is not called all of it."""
    ids = [operator.standin.put() for _ in range(3)]
    operator.primary.answer = lambda _, count: "down" if count else "250 Ok"
    code, out, _ = operator.replay()
    assert (code, operator.primary.ids) == (5, ids[:1])
    assert "1 of 3 messages home, so far.\n  2 messages still to come: `mail-failover replay" in out


@pytest.mark.parametrize("answer", ["lost", "unsure"])
def test_an_answer_that_was_lost_is_said_and_the_message_handed_over_again(operator, clock, answer):
    """It may be there twice, or not at all before: the second is worse."""
    door = operator.standin
    copy_id, other = door.put(), door.put()
    operator.primary.answer = lambda letter, count: answer if not count else "250 Ok"
    code, out, _ = operator.replay()
    assert (code, door.states()) == (1, ["waiting", "delivered"])
    assert f"uncertain  {copy_id}" in out
    assert "1 message may be there already, and will be handed over again." in out
    clock.now += FIRST_PAUSE
    code, said, _ = operator.replay(json=True)
    [message] = said["messages"]
    assert (code, message["outcome"], message["maybe_twice"]) == (0, "delivered", True)
    assert operator.primary.ids.count(copy_id) == (2 if answer == "lost" else 1)
    assert operator.primary.ids.count(other) == 1


@pytest.mark.parametrize("fault", ["lost before", "lost after", "500 before", "503 after"])
def test_a_verdict_that_was_lost_is_told_by_the_next_run_and_nothing_comes_twice(operator, fault, clock):
    """The journal knew it first."""
    door = operator.standin
    door.put()
    door.fault = fail("verdict", fault, 3)
    code, out, err = operator.replay()
    assert (code, operator.primary.asked) == (4, 1)
    assert "delivered  " in out
    assert err
    clock.now += 601
    assert operator.replay() == (0, "Nothing waits in the spool of example.com.\n", "")
    assert (operator.primary.asked, door.states()) == (1, ["delivered"])


def test_a_door_that_moves_to_another_address_meanwhile_gets_nothing_twice(operator, clock):
    """As from workers.dev to a name of one's own: the old address fails before it hears of the message."""
    copy_id = operator.standin.put()
    operator.standin.fault = fail("verdict", "500 before", times=9)
    assert operator.replay()[0] == 4
    operator.standin.fault = lambda *_: ""
    operator.url = "https://spool.example.com"
    code, _, _ = operator.replay()
    assert (code, operator.primary.ids, operator.standin.states()) == (0, [copy_id], ["delivered"])


def test_a_journal_that_knows_better_than_the_spool_tells_it(operator, clock):
    """As when the Worker's storage was restored to an earlier state."""
    door = operator.standin
    copy_id = door.put()
    operator.replay()
    door.kept[copy_id].state, door.kept[copy_id].words = "waiting", ""
    code, out, _ = operator.replay()
    assert (code, door.states(), operator.primary.asked) == (0, ["delivered"], 1)
    assert f"delivered before  {copy_id}" in out


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("flip", "its SHA-256 is another one"),
        ("cut", "gave no whole answer"),
        ("500 before", "fails: it answers 500"),
        ("lost before", "gave no whole answer"),
        ("endless", "more came than the spool said it has"),
    ],
)
def test_a_copy_that_does_not_come_whole_is_put_off_and_holds_up_nobody(operator, fault, words, clock):
    """It is never handed over, and stays in the spool."""
    door = operator.standin
    ids = [door.put(RAW), door.put(RAW)]
    door.fault = fail("fetch", fault)
    code, out, _ = operator.replay()
    assert (code, operator.primary.ids) == (1, ids[1:])
    assert f"not fetched  {ids[0]}" in out
    assert words in out
    assert door.states() == ["waiting", "delivered"]
    clock.now += FIRST_PAUSE
    assert (operator.replay()[0], operator.primary.ids) == (0, ids[::-1])


def test_a_copy_that_is_gone_is_told_and_passed_over(operator):
    """Somebody dropped it meanwhile."""
    door = operator.standin
    gone, there = door.put(), door.put()
    fetch = door._fetch

    def vanish(copy_id):
        door.kept.pop(gone, None)
        return fetch(copy_id)

    door._fetch = vanish
    code, out, _ = operator.replay()
    assert (code, operator.primary.ids) == (0, [there])
    assert f"gone       {gone}" in out
    assert "the spool has it no more" in out
    assert "1 of 1 message home." in out


def test_what_may_be_there_is_said_until_it_is_home(operator, clock):
    """A server that puts it off in between does not make it any surer."""
    operator.standin.put()
    answers = ["unsure", "450 later", "250 Ok"]
    operator.primary.answer = lambda _, count: answers[count]
    for pause, outcome in ((60, "uncertain"), (120, "later"), (0, "delivered")):
        code, said, _ = operator.replay(json=True)
        [message] = said["messages"]
        assert (message["outcome"], message["maybe_twice"]) == (outcome, outcome != "uncertain")
        clock.now += pause
    assert code == 0


def test_a_lease_that_is_given_back_keeps_the_servers_words(operator, clock):
    """What `spool list` says is why it is not home."""
    copy_id = operator.standin.put()
    operator.primary.answer = lambda _, count: "450 4.7.1 Greylisted" if not count else "down"
    operator.replay()
    clock.now += 60
    assert operator.replay()[0] == 5
    assert operator.standin.kept[copy_id].words == "450 4.7.1 Greylisted"


def test_a_token_that_is_rotated_in_between_ends_it_with_what_that_can_be(operator):
    """What was delivered by then is told once the new token is there; nothing comes twice."""
    door = operator.standin
    ids = [door.put() for _ in range(3)]

    def rotate(letter, _count):
        if letter.id == ids[1]:
            door.token = "n" * 43
        return "250 Ok"

    operator.primary.answer = rotate
    code, out, err = operator.replay()
    assert (code, operator.primary.ids) == (4, ids[:2])
    assert "2 of 2 messages home" in out
    assert "answers 404, as it does to everybody without its token" in err
    assert TOKEN not in out + err
    operator.token("n" * 43)
    assert operator.replay()[0] == 0
    assert (operator.primary.ids, door.states()) == (ids, ["delivered"] * 3)


def test_a_lease_that_ran_out_while_it_came_is_taken_anew(operator, monkeypatch):
    """The message came slowly; it is handed over once it is ours again."""
    door = operator.standin
    copy_id = door.put()
    times = iter([0, 600, 601, 602, 603])
    monkeypatch.setattr("mail_failover.replay.run.Ports", slow_ports(lambda: next(times)))
    assert operator.replay()[0] == 0
    assert operator.primary.ids == [copy_id]
    names = [name for name, *_ in door.requests]
    assert names == ["lease", "fetch", "verdict", "lease", "verdict", "lease", "status"]


def test_a_lease_that_ran_out_and_is_anothers_is_not_handed_over(operator, monkeypatch, clock):
    """The other run has it now."""
    door = operator.standin
    copy_id = door.put()
    times = iter([0, 600, 601, 602])
    monkeypatch.setattr("mail_failover.replay.run.Ports", slow_ports(lambda: next(times)))

    def taken(name, count):
        if (name, count) == ("lease", 1):
            door.kept[copy_id].lease, door.kept[copy_id].until = "ab", clock.now + 600
        return ""

    door.fault = taken
    code, out, _ = operator.replay()
    assert (code, operator.primary.asked) == (1, 0)
    assert f"elsewhere  {copy_id}" in out
    assert "in another run's hands, or in those of one that was cut off" in out


def slow_ports(clock):
    """Return the ports, with a clock of the test's."""
    from mail_failover.replay.handover import Ports  # noqa: PLC0415

    return lambda *parts: Ports(*parts, clock=clock)


def test_a_refusal_whose_lease_ran_out_is_no_trouble(operator, clock):
    """The copy waits again by itself, and its refusal is had the next time."""
    door = operator.standin
    copy_id = door.put()

    def late(_letter, _count):
        clock.now += 700
        return "550 no"

    operator.primary.answer = late
    code, out, err = operator.replay(limit=1)
    assert (code, door.states(), err) == (1, ["waiting"], "")
    assert f"refused    {copy_id}" in out
    operator.primary.answer = lambda *_: "550 no"
    operator.replay()
    assert door.states() == ["refused"]


def test_a_message_that_a_killed_run_had_leased_is_free_at_once(operator):
    """The journal knows the lease, and gives it back."""
    door = operator.standin
    copy_id = door.put()
    lease = door._lease({}, b'{"limit": 1}')
    assert lease
    with Journal.open(operator.folder) as journal:
        journal.lease(copy_id, door.kept[copy_id].sha256, door.kept[copy_id].lease)
    assert door.states() == ["leased"]
    assert operator.replay()[0] == 0
    assert door.states() == ["delivered"]


def test_what_is_in_anothers_hands_is_said(operator, clock):
    """It may be free in ten minutes."""
    door = operator.standin
    door.put()
    door._lease({}, b'{"limit": 1}')
    code, out, _ = operator.replay()
    assert code == 1
    assert "0 of 1 message home" in out
    assert "in another run's hands, or in those of one that was cut off, for ten minutes at most" in out
    clock.now += 600
    assert operator.replay()[0] == 0


@pytest.mark.parametrize("name", ["Ben@example.com", "SHOP@example.net", "id"])
def test_only_what_is_named_comes_also_before_it_is_due(operator, name, clock):
    """By recipient, sender or id, in any case."""
    door = operator.standin
    door.put()
    wanted = door.put(sender="shop@example.net", recipient="ben@example.com")
    operator.primary.answer = lambda *_: "450 later"
    operator.replay()
    operator.primary.answer = lambda *_: "250 Ok"
    assert operator.replay(wanted if name == "id" else name)[0] == 0
    assert operator.primary.ids == [wanted]


def test_what_is_named_and_can_not_come_is_told(operator, clock):
    """A refused message, one in another's hands; nothing says that they are home."""
    refused, leased, taken = [operator.standin.put() for _ in range(3)]
    operator.standin.kept[refused].state, operator.standin.kept[refused].words = "refused", "550 no"
    operator.standin.kept[leased].until = clock.now + 60
    operator.standin.fault = lambda name, _: (
        operator.standin.kept.pop(taken, None) and "" if name == "lease" else ""
    )
    code, out, _ = operator.replay(refused, leased, taken)
    assert (code, operator.primary.asked) == (1, 0)
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["refused", "elsewhere", "elsewhere"]
    assert out.splitlines()[0].endswith(": before: 550 no")
    assert "0 of 3 messages home." in out


@pytest.mark.parametrize("options", [{"limit": 5}, {"only": "ben@example.com"}])
def test_where_not_all_was_asked_for_nothing_is_said_of_the_rest(operator, clock, options):
    """Some wait for their time, or have other names."""
    operator.standin.put(due=clock.now + 60)
    only = [options.pop("only")] if "only" in options else []
    code, out, _ = operator.replay(*only, **options)
    assert (code, out.startswith("Nothing to hand over now; `mail-failover spool list")) == (0, True)


def test_no_more_come_than_were_asked_for(operator):
    """The oldest of them; what is left is no failure."""
    ids = [operator.standin.put() for _ in range(5)]
    assert operator.replay(limit=2)[0] == 0
    assert operator.primary.ids == ids[:2]
    assert operator.replay(f"anna@{DOMAIN}", limit=2)[0] == 0
    assert operator.primary.ids == ids[:4]


def test_a_dry_run_shows_what_would_come_and_touches_nothing(operator):
    """No lease, no fetch, no journal."""
    door = operator.standin
    ids = [door.put(), door.put(), door.put(state="refused")]
    code, out, _ = operator.replay(dry_run=True)
    assert code == 0
    assert [line.split()[3] for line in out.splitlines()[:2]] == ids[:2]
    assert "2 messages of 2 would be handed over; nothing was changed." in out
    assert {name for name, *_ in door.requests} == {"list"}
    assert not operator.folder.exists()
    _, said, _ = operator.replay(dry_run=True, limit=1, json=True)
    assert [message["id"] for message in said["messages"]] == ids[:1]
    assert (said["waiting"], said["leased"], said["exit_code"]) == (2, 0, 0)


def test_a_dry_run_knows_what_is_not_due(operator):
    """The run would leave it in peace."""
    copy_id, other = operator.standin.put(due=1e10), operator.standin.put()
    _, out, _ = operator.replay(dry_run=True)
    assert out.splitlines()[0].split()[3] == other
    assert "1 message of 2 would be handed over" in out
    assert "1 message put off, and not due yet" in out
    _, out, _ = operator.replay(copy_id, dry_run=True)
    assert out.splitlines()[0].split()[3] == copy_id


def test_a_dry_run_knows_what_is_home(operator):
    """Of that the spool would only be told; and what another run has is counted."""
    door = operator.standin
    copy_id = door.put()
    operator.replay()
    door.kept[copy_id].state = "waiting"
    door.put()
    door._lease({}, b'{"ids": ["%s"]}' % list(door.kept)[1].encode())
    code, out, _ = operator.replay(dry_run=True)
    assert code == 0
    assert "0 messages of 0 would be handed over" in out
    assert "1 message came home before" in out
    assert "1 message in another run's hands" in out


def test_the_json_has_each_message_and_the_spool(operator):
    """With the head of all commands."""
    door = operator.standin
    ids = [door.put(), door.put()]
    operator.primary.answer = lambda letter, _: "250 Ok" if letter.id == ids[0] else "550 no"
    code, said, err = operator.replay(json=True)
    assert (code, err, said["version"], said["exit_code"]) == (1, "", 1, 1)
    assert said["counts"] == {"delivered": 1, "refused": 1}
    assert (said["spool"]["refused"], said["domain"], said["to"]) == (1, DOMAIN, TO)
    first, second = said["messages"]
    assert (first["id"], first["outcome"], first["sender"]) == (ids[0], "delivered", "shop@example.org")
    assert (second["words"], second["maybe_twice"]) == ("550 no", False)
    assert TOKEN not in repr(said)


def test_a_failure_is_in_the_json_with_what_was_done_before(operator):
    """Kind, what happened, what to do."""
    door = operator.standin
    ids = [door.put(), door.put()]
    operator.primary.answer = lambda letter, _: "250 Ok" if letter.id == ids[0] else "down"
    code, said, _ = operator.replay(json=True)
    assert (code, said["exit_code"], said["error"]["kind"]) == (5, 5, "NoServer")
    assert said["counts"] == {"delivered": 1}
    door.fault = lambda *_: "nonsense"
    code, said, _ = operator.replay(json=True)
    assert (code, said["error"]["kind"]) == (4, "NotUnderstood")


def test_what_others_wrote_is_harmless_on_a_terminal(operator):
    """Addresses, and the server's words."""
    operator.standin.put(sender="\x1b[31m@example.org")
    operator.primary.answer = lambda *_: "550 \x1b]0;owned\x07"
    _, out, err = operator.replay()
    assert "\x1b" not in out + err
    assert "\\u001b[31m@example.org" in out


def test_a_spool_that_hands_out_one_message_for_ever_is_noticed(operator):
    """It would never end."""
    door = operator.standin
    door.put()
    verdict = door._verdict

    def forgetful(query, body):
        answer = verdict(query, body)
        for copy in door.kept.values():
            copy.state, copy.due = "waiting", 0
        return answer

    door._verdict = forgetful
    code, _, err = operator.replay()
    assert code == 4
    assert "again and again" in err
    assert operator.primary.asked == 1


@pytest.mark.parametrize("options", [{"dry_run": True}, {"limit": 1}, {"json": True}])
def test_what_does_not_go_with_watch_is_wrong_usage(operator, options):
    """It says which."""
    assert operator.replay(watch=True, **options)[0] == 2
    assert operator.replay("x", watch=True)[0] == 2


def test_without_a_token_nothing_is_asked(operator):
    """It says where it belongs."""
    (operator.state / "spool-token").unlink()
    code, out, err = operator.replay()
    assert (code, out, operator.standin.requests) == (2, "", [])
    assert "MAIL_FAILOVER_SPOOL_TOKEN" in err


def test_a_program_does_not_get_the_spools_token(operator, tmp_path, monkeypatch):
    """It has no use for it, and may print what it was given."""
    monkeypatch.setenv("MAIL_FAILOVER_SPOOL_TOKEN", TOKEN)
    (operator.state / "spool-token").unlink()
    copy_id = operator.standin.put()
    code = "import os, sys; sys.stdin.read(); print([n for n in os.environ if 'SPOOL' in n])"
    to = f"command:{shlex.quote(sys.executable)} -SEc {shlex.quote(code)} {{sender}} {{recipient}}"
    assert run(Options(to, operator.way), World(Link(operator.standin))) == 0
    assert operator.standin.kept[copy_id].words == "exit code 0: []"


def test_pauses_grow_from_a_minute_to_an_hour():
    """However often."""
    assert [pause_after(n) for n in (1, 2, 7, 50, 10_000)] == [60, 120, 3600, LONGEST_PAUSE, LONGEST_PAUSE]
