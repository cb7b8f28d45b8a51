"""The spool's door, tried with its token, without one and with a wrong one; the token is never shown."""

import asyncio
import re

import pytest

from mail_failover.console.next_step import Again, Homeward
from mail_failover.doctor.door import at_door
from mail_failover.doctor.live.door import Knock, check_door
from mail_failover.door.address import TOKEN_FILE, Address
from mail_failover.door.options import Way
from mail_failover.emulator.routing.door import Door as Web
from mail_failover.errors import UsageError
from standins import stage
from standins.door import DOMAIN, TOKEN, Door, Link
from standins.settings import SETTINGS
from standins.world import TELEGRAM

URL = "https://mail-failover.anna.workers.dev"
NOW = 1_795_000_000.0
DAY = 86_400
AGAIN = Again(DOMAIN)
HOMEWARD = Homeward("mail-failover", ("--url", URL), "smtp://127.0.0.1:25")


def tried(door, **changed):
    """Try a door and return the check."""
    address = Address(URL, DOMAIN, TOKEN)
    known = {"again": AGAIN, "homeward": HOMEWARD, "this": "mail-failover doctor", "now": lambda: NOW}
    knock = Knock(address, transport=Link(door), pause=lambda _: asyncio.sleep(0), **known | changed)
    check = asyncio.run(check_door(knock))
    assert TOKEN not in repr(check) + repr(knock)
    return check


def seen(check):
    """Return a check's status and all its words."""
    return check.status.value, f"{check.found} | {check.fix}"


def test_a_door_that_answers_to_its_token_alone_passes():
    """Tried twice without it, and not more: ten tries close it for everybody."""
    door = Door(clock=lambda: NOW)
    door.put(caught=NOW - 20 * DAY)
    check = tried(door)
    assert seen(check) == (
        "pass",
        "mail-failover.anna.workers.dev answers to the token alone; 1 message to come home | ",
    )
    assert door.wrong_tokens == 2
    assert [name for name, *_ in door.requests] == ["status", "list"]


def test_what_is_home_is_not_listed():
    """It may be many pages."""
    door = Door(clock=lambda: NOW)
    door.put(state="delivered", caught=NOW - 29 * DAY)
    assert tried(door).found.endswith("; 0 messages to come home")
    assert [name for name, *_ in door.requests] == ["status"]


def test_the_workers_own_door_passes(virtual):
    """And with another token it does not, in the words for that."""

    async def go():
        played = stage.Stage(TELEGRAM | stage.SPOOL)
        async with played.open():
            played.fail("forward=transient")
            await played.mail(1)
            await played.settle()
            found = []
            for token in (stage.TOKEN, "another-" + "x" * 40):
                address = Address(stage.WEB, stage.DOMAIN, token)
                found.append(await check_door(Knock(address, transport=Web(played.edge), now=played.clock)))
        return found

    right, wrong = virtual(go())
    assert (right.status.value, right.found.partition("; ")[2]) == ("pass", "1 message to come home")
    assert wrong.status.value == "fail"
    assert "404 to this token as to none" in wrong.found


def test_another_token_no_token_and_a_closed_door_look_alike():
    """So all three are named, with what to do; a wrong token is not tried then."""
    door = Door(token="another-" + "x" * 40)
    status, words = seen(tried(door))
    assert status == "fail"
    assert "the Worker has no SPOOL_TOKEN, or another one; or ten wrong ones" in words
    assert "Wait a minute, then `mail-failover doctor`" in words
    assert words.endswith("if it stays, write SPOOL_TOKEN into .dev.vars, then `mail-failover deploy`")
    assert door.wrong_tokens == 2


def test_a_page_of_404_is_not_the_workers():
    """The address is not in what is deployed, or is somebody else's."""
    door = Door(token="another-" + "x" * 40)
    door.stranger = 404, b"<html>There is nothing here"
    status, words = seen(tried(door))
    assert status == "fail"
    assert "answers 404 with a page, which the Worker does not have: it is not there" in words
    door_of = "`mail-failover setup door --domain example.com --workers-dev`"
    assert words.endswith(f"{door_of}, then `mail-failover deploy`")


@pytest.mark.parametrize("stranger", [(200, b"{}"), (403, b"no"), (404, b"<html>"), (404, b" "), (302, b"")])
def test_a_door_that_lets_strangers_see_more_than_404_fails(stranger):
    """Whatever it is: the Worker's own answer is empty."""
    door = Door()
    door.stranger = stranger
    status, words = seen(tried(door))
    assert status == "fail"
    assert f"answers {stranger[0]} without a token, and not the empty 404 of the Worker" in words
    assert words.endswith(
        "| Look what stands before the Worker; write a new SPOOL_TOKEN into .dev.vars, then"
        " `mail-failover deploy`"
    )


def test_a_door_that_takes_any_token_fails():
    """Though without one it is shut."""
    door = Door()
    answered = door.answer

    def lenient(method, target, token, body):
        return answered(method, target, f"Bearer {TOKEN}" if token else token, body)

    door.answer = lenient
    status, words = seen(tried(door))
    assert status == "fail"
    assert "answers 200 with a wrong token" in words


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("403 before", "answers 403, which the Worker never does"),
        ("500 before", "is there, but fails"),
        ("nonsense", "answers as no spool does"),
        ("text", "an answer that is no JSON"),
        ("lost before", "gave no whole answer"),
    ],
)
def test_a_door_that_does_not_answer_as_one_fails_in_its_own_words(fault, words):
    """As `spool` and `replay` have them."""
    door = Door()
    door.fault = lambda name, _: fault
    status, found = seen(tried(door))
    assert (status, words in found) == ("fail", True)
    assert ".. |" not in found


def test_run_this_again_names_this_command():
    """And not the one whose words they are."""
    door = Door()
    door.fault = lambda name, _: "nonsense"
    assert tried(door).fix.endswith("Then run `mail-failover doctor` again.")


def test_refused_mail_is_pointed_out():
    """With the commands that show it and try it again."""
    door = Door(clock=lambda: NOW)
    door.put(state="refused", words="550 no")
    status, words = seen(tried(door))
    assert status == "warn"
    assert "1 message refused by your server" in words
    assert f"`mail-failover spool list --url {URL}` says why" in words


@pytest.mark.parametrize(
    ("age", "days", "status"),
    [(21.1, 30, "warn"), (20.9, 30, "pass"), (5.1, 7, "warn"), (4.8, 7, "pass")],
)
def test_what_nobody_fetches_is_pointed_out_before_it_goes(age, days, status):
    """Three weeks of the thirty days; as much of fewer. What is home does not count."""
    door = Door(clock=lambda: NOW)
    door.put(state="delivered", caught=NOW - 29 * DAY)
    door.put(caught=NOW - age * DAY)
    check = tried(door, days=days)
    assert check.status.value == status
    if status == "warn":
        assert re.search(
            rf"nobody fetched what was caught on 2026-1\d-.*; it goes after {days} days", check.found
        )
        assert (
            f"On your mail server: `mail-failover replay --to smtp://127.0.0.1:25 --url {URL}`" == check.fix
        )


@pytest.mark.parametrize(("used", "status"), [(80, "pass"), (81, "warn"), (100, "warn")])
def test_a_spool_that_is_nearly_full_is_pointed_out(used, status):
    """From where the Worker tells of it; what is home makes room."""
    door = Door()
    spool = {"waiting": 1, "leased": 0, "refused": 0, "delivered": 0, "bytes": used, "most": 100}
    door.said = {"spool": spool}
    check = tried(door)
    assert check.status.value == status
    assert (f"the spool is {used} % full" in check.found) == (status == "warn")
    door.said = {"spool": spool | {"delivered": 1}}
    assert tried(door).status.value == "pass"


# --- what is needed for it ---


@pytest.fixture
def folder(tmp_path, local):
    """Return a folder with settings and a token, and how to ask from there."""

    def ask(url=URL, env=None, text=SETTINGS):
        way = Way(url, DOMAIN, None, tmp_path / "state")
        return at_door(way, local(text), AGAIN, env or {})

    (tmp_path / "state").mkdir()
    token = tmp_path / "state" / TOKEN_FILE
    token.write_text(TOKEN)
    token.chmod(0o600)
    ask.token = token
    return ask


def test_without_an_address_the_door_is_skipped(folder):
    """Nobody said where it is; how to say so is there."""
    check = asyncio.run(check_door(folder("")))
    assert seen(check)[0] == "skipped"
    assert check.found == "no --url says where it is"
    named = "mail-failover doctor --domain example.com --url https://mail-failover.you.workers.dev"
    assert f"`{named}`" in check.fix


def test_without_a_token_the_door_is_skipped(folder):
    """With the reason; the other checks are made."""
    folder.token.chmod(0o644)
    check = asyncio.run(check_door(folder()))
    assert seen(check)[0] == "skipped"
    assert "others may read the token" in check.found
    folder.token.unlink()
    assert "The spool's token is missing" in asyncio.run(check_door(folder())).found


def test_address_token_and_days_come_from_where_spool_and_replay_have_them(folder):
    """The environment before the file."""
    knock = folder()
    assert (knock.address.origin, knock.address.token, knock.days) == (URL, TOKEN, 30)
    assert (
        knock.this == f"mail-failover doctor --domain example.com --url {URL} --state {folder.token.parent}"
    )
    other = {"MAIL_FAILOVER_SPOOL_TOKEN": "o" * 43}
    assert folder(env=other).address.token == "o" * 43
    assert folder(text=SETTINGS.replace("[vars]", "[vars]\nSPOOL_DAYS = 7")).days == 7
    with pytest.raises(UsageError, match="not the address of a Worker"):
        folder("http://mail-failover.anna.workers.dev")
