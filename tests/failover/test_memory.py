"""The object of a domain and the Worker that hands events to it, whatever fails: everybody is told, once."""

import asyncio
import sqlite3
from itertools import pairwise

import pytest

from failover.event import Event, key_of
from failover.memory import Memory
from failover.message import Envelope
from mail_failover.emulator.runtime.objects import ALARM_TRIES
from notify.telegram import Telegram
from notify.words.language import Words
from standins.stage import DOMAIN, INBOX, START, Stage
from standins.world import RECIPIENT, SECRET, SENDER, SLACK_WEBHOOK, TELEGRAM

HOUR = 3600.0
BOTH = TELEGRAM | SLACK_WEBHOOK | {"ALERT_MINUTES": 0}
"""Two chats that are told each message at once; what is told together is for the stories."""
REPEAT = "This may be a repeat"


@pytest.fixture
def play(virtual):
    """Open a stage, let a scenario happen on it, and return the stage."""

    def run(scenario, env=BOTH, folder=None):
        async def go():
            stage = Stage(env, folder)
            async with stage.open():
                await scenario(stage)
            return stage

        stage = virtual(go())
        assert stage.problems == []
        assert {status for _, status in stage.replies} == {"accepted"}
        return stage

    return run


def messages(stage):
    """Return the log lines of messages."""
    return [line for _, line in stage.lines if line["event"] == "message"]


def subjects(stage, service="telegram"):
    """Return which bookings a chat was told of, in order, and which as a repeat."""
    found = []
    for _, seen in stage.seen(service):
        number = seen.partition("Booking ")[2].partition("\n")[0]
        if number:
            found.append(f"{number} again" if REPEAT in seen else number)
    return found


def test_the_object_tells_of_what_the_worker_hands_over(play):
    """The Worker's line says that it is written down, the object's what came of telling."""

    async def scenario(stage):
        await stage.mail(1)

    stage = play(scenario)
    [line] = messages(stage)
    assert line["outbox"] == "written"
    assert not {"direct", "channels"} & line.keys()
    [(_, told)] = [(at, line) for at, line in stage.lines if line["event"] == "alert"]
    assert {(c["channel"], c["outcome"]) for c in told["channels"]} == {
        ("telegram", "sent"),
        ("slack webhook", "sent"),
    }
    assert subjects(stage) == subjects(stage, "slack") == ["1"]


def test_a_message_that_comes_again_is_told_once(play):
    """As Exchange Online brings it after a lost reply, or two minutes later."""

    async def scenario(stage):
        await stage.mail(1)
        await stage.mail(1)
        await asyncio.sleep(120)
        stage.evict()
        await stage.mail(1)

    stage = play(scenario)
    assert [line["outbox"] for line in messages(stage)] == ["written", "known", "known"]
    assert subjects(stage) == ["1"]


def test_two_domains_are_two_objects(play):
    """Each with its own storage and alarm; how a domain is spelled does not matter."""

    async def scenario(stage):
        await stage.mail(1, recipient="a@bücher.example")
        await stage.mail(2, recipient="b@XN--BCHER-KVA.example.")
        await stage.mail(3, recipient="c@example.org")
        await asyncio.sleep(5)
        assert sorted(stage.objects._storages) == ["bücher.example", "example.org"]

    assert sorted(subjects(play(scenario))) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("fault", "why", "again"),
    [
        ("throws", "the object raised", True),
        ("hangs", "the object did not answer in time", True),
        ("quota", "the object could not write: Exceeded allowed rows", False),
    ],
)
def test_without_the_object_the_worker_tells_by_itself_and_says_why(play, fault, why, again):
    """Where it may have been written down after all, the alert says that it may be a repeat."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        stage.fault = lambda name, method: fault
        await stage.mail(2)
        await asyncio.sleep(60)

    stage = play(scenario)
    first, second = messages(stage)
    assert first["outbox"] == "written"
    assert second["direct"].startswith(why)
    assert second["alert_ms"] < 2100
    assert {each["outcome"] for each in second["channels"]} == {"sent"}
    assert subjects(stage) == subjects(stage, "slack") == ["1", "2 again" if again else "2"]


def test_an_object_that_is_out_of_its_limits_from_the_beginning_is_done_without(play):
    """Its tables can't even be made."""

    async def scenario(stage):
        stage.fault = lambda name, method: "quota"
        await stage.mail(1)

    stage = play(scenario)
    [line] = messages(stage)
    assert line["direct"] == "the object raised"
    assert subjects(stage) == ["1 again"]


def test_an_answer_that_comes_too_late_may_tell_twice_and_says_so(play):
    """The object wrote it down and tells of it; the Worker could not know."""

    async def scenario(stage):
        stage.fault = lambda name, method: "unanswered" if method == "remember" else ""
        await stage.mail(1)
        await asyncio.sleep(60)

    stage = play(scenario)
    assert sorted(subjects(stage)) == ["1", "1 again"]


@pytest.mark.parametrize("fault", ["throws", "quota", "unanswered"])
@pytest.mark.parametrize("which", range(4))
def test_whatever_call_of_the_object_fails_everybody_is_told(play, fault, which):
    """Handing over or an alarm, the first or a later one; nobody twice without its being said."""
    calls = []

    async def scenario(stage):
        def fail(name, method):
            calls.append(method)
            return fault if len(calls) == which + 1 else ""

        stage.fault = fail
        for number in range(3):
            await stage.mail(number)
            await asyncio.sleep(20)
        await asyncio.sleep(2 * HOUR)

        # An alarm that failed is in the runtime's own log.
        stage.problems.clear()

    stage = play(scenario)
    for service in ("telegram", "slack"):
        told = subjects(stage, service)
        assert {each.removesuffix(" again") for each in told} == {"0", "1", "2"}
        assert len([each for each in told if not each.endswith("again")]) <= 3
        assert len(told) <= 4


def test_forwarding_never_waits_for_the_object(play):
    """The sender has its reply before the object is even asked."""

    async def scenario(stage):
        stage.fault = lambda name, method: "hangs"
        begin = stage.now
        await stage.mail(1)
        assert stage.now - begin < 0.1

    play(scenario)


@pytest.mark.parametrize("after", range(5))
def test_an_eviction_between_any_two_steps_loses_nothing(play, after):
    """The memory of the object is a cache; the tables are the truth."""

    async def scenario(stage):
        steps = [0]

        def evict(name, method):
            steps[0] += 1
            if steps[0] == after:
                stage.evict()
            return ""

        stage.fault = evict
        stage.fail("telegram=429:30:x1", "slack=500:x2")
        for number in range(3):
            await stage.mail(number)
        await asyncio.sleep(HOUR)

    stage = play(scenario)
    assert subjects(stage) == subjects(stage, "slack") == ["0", "1", "2"]


def test_an_outbox_survives_a_restart(play, tmp_path):
    """What is written down stands in a file, with its alarm."""

    async def before(stage):
        stage.fail("telegram=429:600", "slack=429:600")
        await stage.mail(1)
        await asyncio.sleep(10)
        assert stage.posts == []

    async def after(stage):
        stage.replies.append((0, "accepted"))
        await asyncio.sleep(2 * HOUR)

    play(before, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{DOMAIN}.sqlite"]
    stage = play(after, folder=tmp_path)
    assert subjects(stage) == subjects(stage, "slack") == ["1"]


def test_what_is_kept_is_what_the_detail_allows_and_no_secret(play, tmp_path):
    """At "sender" neither subject nor text is written down; tokens never are."""

    async def scenario(stage):
        stage.fail("telegram=429:600", "slack=429:600")
        await stage.mail(1, subject="Geheimnis", body="Streng vertraulich")
        await asyncio.sleep(10)

    play(scenario, BOTH | {"ALERT_DETAIL": "sender"}, tmp_path)
    [path] = tmp_path.iterdir()
    database = sqlite3.connect(path)
    text = "\n".join(database.iterdump())
    database.close()
    assert "booking@hotel.example" in text
    for hidden in ("Geheimnis", "vertraulich", SECRET):
        assert hidden not in text


def test_messages_are_forgotten_thirty_days_later(play):
    """And the object with them: no alarm is left. One that comes after five days is a new one."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(4 * 24 * HOUR)
        await stage.mail(1)
        await asyncio.sleep(1)
        assert messages(stage)[-1]["outbox"] == "known"
        await asyncio.sleep(2 * 24 * HOUR)
        await stage.mail(1)
        await asyncio.sleep(1)
        assert messages(stage)[-1]["outbox"] == "written"
        await asyncio.sleep(32 * 24 * HOUR)
        assert [*stage.objects._storage(DOMAIN).sql.exec("SELECT * FROM message")] == []
        assert stage.objects._storage(DOMAIN).alarm() is None

    play(scenario)


def test_what_is_wrong_with_the_settings_is_said_once_in_a_while(play):
    """With the first alert, and again six hours later; what is new about them at once."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(HOUR)
        stage.evict()
        await stage.mail(2)
        await asyncio.sleep(6 * HOUR)
        await stage.mail(3)

    stage = play(scenario, BOTH | {"ALERT_CODES": "hide"})
    told = [seen for _, seen in stage.seen() if "Booking" in seen]
    assert ["ALERT_CODES" in seen for seen in told] == [True, False, True]


@pytest.mark.parametrize("seconds", [-400 * 24 * HOUR, -HOUR, HOUR, 400 * 24 * HOUR])
def test_a_clock_that_jumps_holds_no_alert_up_for_long(play, seconds):
    """Back or ahead by an hour or a year while an alert waits for its channel."""

    async def scenario(stage):
        stage.fail("telegram=429:600:x1")
        await stage.mail(1)
        await asyncio.sleep(5)
        stage.shift = seconds
        await stage.mail(2)
        await asyncio.sleep(3 * HOUR)

    stage = play(scenario)
    assert subjects(stage) == subjects(stage, "slack") == ["1", "2"]


def test_two_messages_at_the_same_moment_are_told_one_after_the_other(play):
    """Each once, a second apart."""

    async def scenario(stage):
        await asyncio.gather(*(stage.mail(number) for number in range(5)))
        await asyncio.sleep(30)

    stage = play(scenario)
    assert sorted(subjects(stage)) == [*"01234"]
    times = [at for at, _ in stage.seen()]
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("status", "heard"),
    [(200, "answers"), (301, "answers"), (401, "answers"), (500, "no answer"), (522, "no answer")],
)
def test_a_page_of_the_primary_answers_unless_it_is_a_server_error(play, status, heard):
    """Cloudflare's own edge answers with 52x for a server that it can't reach."""
    page = "https://mail.example.com/admin"

    async def scenario(stage):
        stage.pages[page] = status
        await stage.mail(1)

    stage = play(scenario, BOTH | {"PRIMARY_CHECK": page})
    assert f"{page}{' ' if heard == 'answers' else ': '}{heard}" in stage.seen()[0][1]


def test_the_primary_is_asked_in_order_until_something_answers(play):
    """TLS first where the port has it; three seconds for each that is silent."""

    async def scenario(stage):
        stage.greets = {"imap.example.com:143": b"* OK", "mail.example.com:587": b""}
        await stage.mail(1)
        await asyncio.sleep(20)

    targets = ["mail.example.com:465", "mail.example.com:587", "imap.example.com:143"]
    stage = play(scenario, BOTH | {"PRIMARY_CHECK": targets})
    assert [(round(at), port, tls) for at, _, port, tls in stage.dialled] == [
        (0, 465, True),
        (3, 587, False),
        (3, 143, False),
    ]
    assert "imap.example.com:143 answers" in stage.seen()[0][1]


def test_where_an_outage_begins_it_is_said_once_whether_the_primary_answers(play):
    """Not with each message, nor twice where the first alert had to be posted anew."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.mail(2)
        await asyncio.sleep(1)
        stage.fail("telegram=gone:x1")
        await asyncio.sleep(60)

    stage = play(scenario, TELEGRAM | {"ALERT_MINUTES": 0, "PRIMARY_CHECK": "mail.example.com:465"})
    assert [seen.count("Your server: ") for _, seen in stage.seen()] == [1, 0, 1]


def test_without_an_outage_the_primary_is_not_asked(play):
    """Unless it is watched."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(7 * HOUR)
        asked = len(stage.dialled)
        assert asked == 72
        await asyncio.sleep(24 * HOUR)
        assert len(stage.dialled) == asked

    play(scenario, BOTH | {"PRIMARY_CHECK": "mail.example.com:465"})


DEFERRING = BOTH | {"PRIMARY_CHECK": "mail.example.com:465", "WHEN_PRIMARY_ANSWERS": "defer"}


@pytest.mark.parametrize(
    ("what", "mail"),
    [
        ("a bounce", {"sender": ""}),
        ("no Message-ID", {"content": b"Subject: Booking 1\r\n\r\nx\r\n"}),
        (
            "a drill",
            {"content": b"Message-ID: <drill.abcdefghij@x.example>\r\nSubject: Booking 1\r\n\r\nx\r\n"},
        ),
    ],
)
def test_some_messages_are_never_deferred(play, what, mail):
    """Whose sender may not try again, or could not be recognised when it does."""

    async def scenario(stage):
        stage.greets = {"mail.example.com:465": b"220 mail.example.com"}
        await stage.mail(1, **mail)

    assert subjects(play(scenario, DEFERRING)) == ["1"]


def test_a_deferral_is_one_line_of_the_log_and_no_alert(virtual):
    """With the exception that makes the sender keep the message."""

    async def scenario():
        stage = Stage(DEFERRING)
        async with stage.open():
            stage.greets = {"mail.example.com:465": b"220 mail.example.com"}
            outcome = await stage.mail(1)
        return stage, outcome

    stage, outcome = virtual(scenario())
    assert outcome.status.value == "deferred"
    assert "PrimaryAnswersError" in outcome.reason
    [(_, line)] = stage.lines
    assert (line["outcome"], line["primary"], line["defer_ms"]) == ("deferred", "answers", 0)
    assert stage.posts == []
    assert stage.inboxes.messages == {}


def test_asking_takes_a_second_at_most(virtual):
    """Whatever the object does, the message is forwarded, and the log line says for what time was spent."""

    async def scenario():
        stage = Stage(DEFERRING)
        async with stage.open():
            await stage.mail(1)
            return stage, stage.now

    stage, seconds = virtual(scenario())
    assert (seconds, [*stage.inboxes.messages]) == (1.0, ["one@inbox.example"])
    [line] = messages(stage)
    assert (line["primary"], line["defer_ms"], line["forward_ms"]) == (
        "the object did not answer in time",
        1000,
        0,
    )


def test_going_over_to_the_object_and_back_keeps_mail_flowing(virtual, tmp_path):
    """Each message is forwarded and told by whoever catches it; what waited goes on with the object."""

    async def deploy(number, *, bound, fail=()):
        stage = Stage(SLACK_WEBHOOK | {"ALERT_MINUTES": 0}, tmp_path)
        stage.bound = bound
        async with stage.open():
            await asyncio.sleep(600 * number)
            stage.fail(*fail)
            await stage.mail(number)
            await asyncio.sleep(60)
        assert [status for _, status in stage.replies] == ["accepted"]
        assert len(stage.inboxes.messages["one@inbox.example"]) == 1
        return subjects(stage, "slack")

    assert virtual(deploy(1, bound=False)) == ["1"]
    assert virtual(deploy(2, bound=True)) == ["2"]
    assert virtual(deploy(3, bound=True, fail=["slack=429:1200:x1"])) == []
    assert virtual(deploy(4, bound=False)) == ["4"]
    assert virtual(deploy(5, bound=True)) == ["3", "5"]


def test_a_forwarded_message_that_comes_back_is_told(play):
    """Though it is known: perhaps it is gone."""

    async def scenario(stage):
        await stage.mail(1, sender="")
        await asyncio.sleep(60)
        [copy] = stage.inboxes.messages["one@inbox.example"]
        await stage.mail(1, sender="", content=copy)
        await asyncio.sleep(60)

    stage = play(scenario)
    assert [line["outcome"] for line in messages(stage)] == ["forwarded", "returned"]
    assert [line["outbox"] for line in messages(stage)] == ["written", "written"]
    assert stage.seen()[-1][1].startswith("A forwarded message came back")


def test_a_chat_that_takes_anothers_place_is_told_how_much_was_lost(virtual, tmp_path):
    """What waited for the old one is given up after a day."""

    async def deploy(env, scenario):
        stage = Stage(env | {"ALERT_MINUTES": 0}, tmp_path)
        async with stage.open():
            await scenario(stage)
        return stage

    async def before(stage):
        stage.fail("telegram=403")
        await stage.mail(1)
        await asyncio.sleep(60)

    async def after(stage):
        await asyncio.sleep(30 * HOUR)
        await stage.mail(2)
        await asyncio.sleep(60)

    virtual(deploy(TELEGRAM, before))
    stage = virtual(deploy(SLACK_WEBHOOK, after))
    assert any("1 earlier alert, given up" in seen for _, seen in stage.seen("slack"))


def test_what_is_caught_without_a_channel_is_told_when_there_is_one(virtual, tmp_path):
    """A token that is missing for one deploy marks nothing as told."""

    async def deploy(env, numbers):
        stage = Stage(env, tmp_path)
        async with stage.open():
            for number in numbers:
                await stage.mail(number)
            await asyncio.sleep(1200)
            assert stage.objects.requests < 20
        return stage

    virtual(deploy(SLACK_WEBHOOK, [1]))
    virtual(deploy({}, [2, 3]))
    stage = virtual(deploy(SLACK_WEBHOOK, [4]))
    told = "".join(seen for _, seen in stage.seen("slack"))
    assert all(f"Booking {number}" in told for number in (2, 3, 4))


def test_what_is_wrong_with_the_settings_is_said_in_a_batch_too(play):
    """It is not lost in a line of it."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(7 * 60)
        stage.deploy(ALERT_CODES="hide")
        await stage.mail(2)
        await stage.mail(3)
        await asyncio.sleep(HOUR)

    stage = play(scenario, TELEGRAM)
    assert any("Caught 2 more" in seen and "ALERT_CODES" in seen for _, seen in stage.seen())


def last_edit(stage):
    """Return what the first alert shows in the end."""
    return [post.seen for _, post in stage.posts if post.edits][-1]


def test_once_the_settings_are_mended_the_first_alert_says_what_is_true_then(play):
    """Who sent it and where it is; not any more what was to be mended, and that it waits."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(600)
        stage.deploy(FALLBACK_INBOXES=[INBOX])
        await stage.mail(1)
        await asyncio.sleep(60)
        assert stage.replies.pop(0)[1] == "deferred"

    elsewhere = {"ROUTES": {"@other.example": [INBOX]}}
    stage = play(scenario, TELEGRAM | elsewhere | {"FALLBACK_INBOXES": "nobody"})
    [(_, told)] = stage.seen()
    assert "Mail waits: the settings need mending" in told
    assert "FALLBACK_INBOXES" in told
    shown = last_edit(stage)
    assert "It began with: Mail waits: the settings need mending" in shown
    assert "1 from: Hotel <booking@hotel.example>" in shown
    assert "Subject: Booking 1" in shown
    assert not [word for word in ("(unknown)", "FALLBACK_INBOXES", "Until this") if word in shown]


def test_settings_that_are_not_mended_yet_stay_in_the_first_alert(play):
    """Its edits do not hide what holds mail up."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.mail(2)
        await asyncio.sleep(60)

    assert "ALERT_CODES" in last_edit(play(scenario, TELEGRAM | {"ALERT_CODES": "hide"}))


def test_a_retry_that_gets_through_takes_back_what_was_said_of_its_message(play):
    """Of the first message; that another one waits is no matter of it."""

    async def scenario(stage):
        stage.fail("forward=transient:x2")
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.mail(2)
        stage.fail()
        await asyncio.sleep(60)
        assert last_edit(stage).count("Not accepted by") == 1
        await stage.mail(2)
        await asyncio.sleep(60)
        assert last_edit(stage).count("Not accepted by") == 1
        await stage.mail(1)
        await asyncio.sleep(60)
        del stage.replies[:2]

    shown = last_edit(play(scenario, TELEGRAM))
    assert "It began with: Could not hand on a message" in shown
    assert f"Forwarded to: {INBOX}" in shown
    assert not [word for word in ("Not accepted by", "will retry", "Waiting") if word in shown]


def test_a_chat_that_comes_back_after_hours_rings_once(play):
    """For the last of what it missed."""

    async def scenario(stage):
        stage.fail("telegram=429:36000:x1")
        for number in range(20):
            await stage.mail(number)
            await asyncio.sleep(600)
        await asyncio.sleep(10 * HOUR)

    stage = play(scenario, TELEGRAM | {"ALERT_MINUTES": 0})
    posts = [post for _, post in stage.posts if not post.edits]
    assert len(posts) == 21
    assert [post.sound for post in posts] == [False] * 20 + [True]
    assert "No mail was caught" in posts[-1].seen


def edited(stage):
    """Return when an edit was asked for."""
    return [at for at, request in stage.requests if "editMessageText" in str(request.url)]


def test_however_much_comes_the_first_alert_is_edited_every_fifteen_seconds(play):
    """Often enough to be true, and too seldom for the chat to mind."""

    async def scenario(stage):
        for number in range(50):
            await stage.mail(number)
            await asyncio.sleep(1)

    assert [round(at) for at in edited(play(scenario, TELEGRAM))] == [15, 30, 45]


def test_an_alarm_for_something_else_edits_no_earlier(play):
    """As the primary is asked, the first alert has just been edited."""

    async def scenario(stage):
        stage.greets = {"mail.example.com:465": b""}
        await stage.mail(1)
        await asyncio.sleep(290)
        await stage.mail(2)
        await asyncio.sleep(5)
        await stage.mail(3)
        await asyncio.sleep(60)

    times = edited(play(scenario, TELEGRAM | {"PRIMARY_CHECK": "mail.example.com:465"}))
    assert len(times) > 1
    assert all(later - earlier >= 15 for earlier, later in pairwise(times))


@pytest.mark.parametrize(("fault", "pause"), [("telegram=403:x1", 600), ("telegram=429:1200:x1", 1200)])
def test_an_edit_that_fails_is_tried_again_later_and_nothing_is_posted_anew(play, fault, pause):
    """Ten minutes later, or when the service says; the alert still stands there."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        stage.fail(fault)
        await stage.mail(1)
        await asyncio.sleep(HOUR)

    stage = play(scenario, TELEGRAM)
    first, *again = edited(stage)
    assert [round(at - first) for at in again] == [pause]
    assert len(stage.seen()) == 1


def test_a_primary_that_nobody_named_is_not_said_to_be_silent(play):
    """Watching alone is a problem of the settings, and no outage."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(6 * HOUR + 60)

    stage = play(scenario, TELEGRAM | {"PRIMARY_WATCH": True})
    assert not [seen for _, seen in stage.seen() if "does not answer" in seen]


def test_a_fault_while_the_primary_is_asked_keeps_nobody_untold(play):
    """The alert says that it could not be asked; that is no silence, and ends nothing."""

    async def scenario(stage):
        stage.greets = {"mail.example.com:465": TypeError(SECRET)}
        await stage.mail(1)
        await asyncio.sleep(2 * HOUR)

    stage = play(scenario, TELEGRAM | {"PRIMARY_CHECK": "mail.example.com:465", "PRIMARY_WATCH": True})
    [(at, seen)] = stage.seen()
    assert at == 0
    assert "mail.example.com:465: could not be asked (TypeError at " in seen
    assert SECRET not in seen
    # At first, and every five minutes.
    assert stage.objects.requests < 40


def test_a_fault_in_what_is_still_to_be_worded_holds_up_nothing_that_is_written(play, monkeypatch):
    """Messages that nobody has are told, whatever becomes of a batch."""

    def broken(*_):
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("notify.outages.batch", broken)

    async def scenario(stage):
        await stage.mail(1)
        await stage.mail(2)
        await asyncio.sleep(HOUR)
        stage.fail("forward=transient:x1")
        await stage.mail(3)
        await asyncio.sleep(60)
        stage.replies.pop()

    stage = play(scenario, TELEGRAM)
    assert subjects(stage) == ["1", "3"]
    faults = [line["untold"] for _, line in stage.lines if "untold" in line]
    assert faults
    assert all(fault.startswith("ZeroDivisionError at broken:") for fault in faults)


def test_a_primary_that_goes_on_answering_changes_no_alert(play):
    """Asked twelve times in an hour, told of once."""

    async def scenario(stage):
        stage.greets = {"mail.example.com:465": b""}
        await stage.mail(0)
        await asyncio.sleep(400)
        stage.greets = {"mail.example.com:465": b"220"}
        for _ in range(29):
            await stage.mail(0)
            await asyncio.sleep(120)

    stage = play(scenario, TELEGRAM | {"PRIMARY_CHECK": "mail.example.com:465"})
    edits = [request for _, request in stage.requests if "editMessageText" in str(request.url)]
    texts = [request.content for request in edits]
    assert len(texts) == len(set(texts))


PORT = "mail.example.com:465"
WATCHED = TELEGRAM | {"PRIMARY_CHECK": PORT, "PRIMARY_WATCH": True}


def told(stage, words, service="telegram"):
    """Return when a chat was told what begins so, and whether with sound."""
    posts = [(at, post) for at, post in stage.posts if post.service == service and not post.edits]
    return [(at, post.sound) for at, post in posts if post.seen.startswith(words)]


def event(number, fate):
    """Return an event of a message as the stage sends it."""
    envelope = Envelope(SENDER, RECIPIENT, 500)
    return Event(key_of(envelope, f"<{number}@hotel.example>", b""), fate, envelope).to_text()


@pytest.mark.parametrize("env", [TELEGRAM, WATCHED])
def test_of_what_a_chat_missed_the_last_that_has_sound_rings(play, env):
    """Whatever comes after it without: two messages that wait, or an end that wakes nobody."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        stage.fail("telegram=429:5400:x1", "forward=transient:x2")
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.mail(2)
        await asyncio.sleep(3 * HOUR)
        stage.replies.clear()
        stage.replies.append((0, "accepted"))

    stage = play(scenario, env)
    posts = [post for _, post in stage.posts if not post.edits]
    assert [post.sound for post in posts].count(True) == 1


def test_what_comes_back_rings_once_in_ten_minutes(play):
    """An inbox that sends all its mail round again."""

    async def scenario(stage):
        for number in range(6):
            await stage.mail(number)
        await asyncio.sleep(700)
        for number in range(6):
            await stage.remember(event(number, "returned"))
            await asyncio.sleep(5)
        await asyncio.sleep(60)

    sounds = [sound for _, sound in told(play(scenario, TELEGRAM), "A forwarded message came back")]
    assert sounds == [True] + [False] * 5


def test_of_a_primary_whose_outage_was_told_nothing_is_told_again(play):
    """That it is silent, an outage's end has said; that it answers, too."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(8 * HOUR)
        stage.greets = {PORT: b"220"}
        await asyncio.sleep(HOUR)
        stage.greets = {}
        await asyncio.sleep(HOUR)
        await stage.mail(2)
        await asyncio.sleep(HOUR)
        stage.greets = {PORT: b"220"}
        await asyncio.sleep(HOUR)

    stage = play(scenario, WATCHED)
    # After eight hours, in words of its own; and by the end of the second outage.
    [_, _] = told(stage, "Your server answers again")
    [(at, _)] = told(stage, "Your server does not answer")
    assert at > 9 * HOUR


def test_a_question_beside_the_alarms_own_takes_back_nothing(play):
    """What was told is not told again because somebody else asked meanwhile."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(70)
        await stage.mail(1)
        await asyncio.sleep(2 * HOUR)
        stage.greets = {}

        async def beside():
            for number in range(10_000):
                if stage.dialled[-1][0] > stage.now - 1:
                    await stage.ask("defers", f"key{number} example.com")
                await asyncio.sleep(1)

        asking = asyncio.ensure_future(beside())
        await asyncio.sleep(3 * HOUR)
        asking.cancel()
        stage.replies.pop(0)

    stage = play(scenario, WATCHED | {"WHEN_PRIMARY_ANSWERS": "defer"})
    assert len(told(stage, "Your server does not answer")) == 1


def test_a_primary_that_flaps_rings_once_in_six_hours(play):
    """Each silence is told; as a beginning, one in six hours has sound."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(7 * HOUR)
        for _ in range(9):
            stage.greets = {}
            await asyncio.sleep(1500)
            stage.greets = {PORT: b"220"}
            await asyncio.sleep(900)

    sounds = [sound for _, sound in told(play(scenario, WATCHED), "Your server does not answer")]
    assert sounds == [True] + [False] * 8


@pytest.mark.parametrize(
    ("after", "words"),
    [
        # The webhook is gone from the settings; what it missed is not said to be the chat's own loss.
        ({"SLACK_WEBHOOK_URL": ""}, "Never told elsewhere: 1 earlier alert, given up"),
        # It works again, a day later.
        ({}, ""),
    ],
)
def test_what_a_chat_never_took_is_mentioned_by_who_is_told_next(play, after, words):
    """Once, and as what it is."""

    async def scenario(stage):
        stage.fail("slack=404:x9999")
        await stage.mail(1)
        await asyncio.sleep(HOUR)
        stage.deploy(**after)
        await asyncio.sleep(30 * HOUR)
        stage.fail()
        await stage.mail(2)
        await asyncio.sleep(60)
        await stage.mail(3)
        await asyncio.sleep(60)

    stage = play(scenario)
    seen = [seen for _, seen in stage.seen() if "Never told" in seen]
    assert [words in each for each in seen] == [True] * bool(words)
    here = [seen for _, seen in stage.seen("slack") if "Never told here" in seen]
    assert bool(here) is not bool(words)


@pytest.mark.parametrize("replaced", [True, False])
def test_what_was_given_up_before_a_chat_was_replaced_is_mentioned_in_the_new_one(play, replaced):
    """A bot that was blocked for two days; a chat that the settings did not name for one."""

    async def scenario(stage):
        stage.fail("telegram=403:x9999")
        await stage.mail(1)
        await asyncio.sleep(HOUR)
        if not replaced:
            stage.deploy(TELEGRAM_BOT_TOKEN="")
        await asyncio.sleep(40 * HOUR)
        stage.fail()
        stage.deploy(**TELEGRAM | ({"TELEGRAM_CHAT_ID": "4242"} if replaced else {}))
        for number in (2, 3):
            await stage.mail(number)
            await asyncio.sleep(60)
        assert not [each for each in (await stage.status())["outbox"] if each["given_up"]]

    seen = [seen for _, seen in play(scenario, TELEGRAM | {"ALERT_MINUTES": 0}).seen()]
    assert sum("Never told" in each for each in seen) == 1


def test_a_row_that_cannot_be_read_stops_the_alarm_for_minutes_and_not_for_ever(play):
    """Whatever wrote it: once it is mended, things go on."""

    async def scenario(stage):
        stage.fail("telegram=429:600:x1")
        await stage.mail(1)
        await asyncio.sleep(5)
        sql = stage.objects._storage(DOMAIN).sql
        [post] = [row.post for row in sql.exec("SELECT post FROM outbox")]
        sql.exec("UPDATE outbox SET post = 'no JSON'")
        await asyncio.sleep(2 * HOUR)
        sql.exec("UPDATE outbox SET post = ?", post)
        await asyncio.sleep(HOUR)

    stage = play(scenario, TELEGRAM)
    assert subjects(stage) == ["1"]
    assert 5 < sum("untold" in line for _, line in stage.lines) < 20


def test_what_a_newer_version_wrote_is_read_as_far_as_it_is_known(play):
    """After going back: another field in a record is no reason to stop."""

    async def scenario(stage):
        stage.fail("telegram=429:600:x1")
        await stage.mail(1)
        await asyncio.sleep(5)
        sql = stage.objects._storage(DOMAIN).sql
        sql.exec("UPDATE outbox SET post = json_set(post, '$.newer', 1)")
        sql.exec("UPDATE outage SET state = json_set(state, '$.newer', 1)")
        await asyncio.sleep(8 * HOUR)

    stage = play(scenario, TELEGRAM)
    assert subjects(stage) == ["1"]
    assert told(stage, "No mail was caught")


def test_an_alert_that_we_can_not_word_holds_up_no_other(play, monkeypatch):
    """Our fault lies in this one."""
    whole = Telegram.render

    def render(self, alert, *how):
        if any("Booking 2" in field.text for field in alert.fields):
            raise ZeroDivisionError
        return whole(self, alert, *how)

    monkeypatch.setattr(Telegram, "render", render)

    async def scenario(stage):
        for number in (1, 2, 3):
            await stage.mail(number)
            await asyncio.sleep(5)
        await asyncio.sleep(HOUR)

    assert subjects(play(scenario, TELEGRAM | {"ALERT_MINUTES": 0})) == ["1", "3"]


def test_a_retry_of_an_older_message_is_mail_that_was_caught(play):
    """An outage does not end for want of mail while senders try again."""

    async def scenario(stage):
        stage.fail("forward=transient:x1")
        await stage.mail(1)
        await asyncio.sleep(8 * HOUR)
        await stage.mail(2)
        await asyncio.sleep(5 * HOUR)
        await stage.mail(1)
        await asyncio.sleep(5.5 * HOUR)
        assert len(told(stage, "No mail was caught")) == 1
        await asyncio.sleep(HOUR)
        stage.replies.pop(0)

    assert len(told(play(scenario, TELEGRAM), "No mail was caught")) == 2


def test_what_is_caught_while_no_chat_can_be_used_is_told_once_one_can(play):
    """The first message, too, which would have been told at once."""

    async def scenario(stage):
        for number in (1, 2):
            await stage.mail(number)
            await asyncio.sleep(60)
        await asyncio.sleep(600)
        stage.deploy(**TELEGRAM)
        await stage.mail(3)
        await asyncio.sleep(HOUR)

    seen = "".join(seen for _, seen in play(scenario, {"TELEGRAM_BOT_TOKEN": "nonsense"}).seen())
    assert all(f"Booking {number}" in seen for number in (1, 2, 3))


def test_since_when_the_primary_answers_nobody_says_who_did_not_ask(play):
    """It answered on one day, and on another."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(48 * HOUR)
        await stage.mail(2)
        await asyncio.sleep(HOUR)

    stage = play(scenario, TELEGRAM | {"PRIMARY_CHECK": PORT})
    [_, second] = [seen for _, seen in stage.seen() if seen.startswith("Your server answers")]
    assert f"since {Words().moment(START + 48 * HOUR)}" in second


def test_by_a_clock_that_was_set_back_no_old_answer_defers_a_message(play):
    """It is asked again."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        stage.replies.pop()
        stage.greets = {}
        stage.shift = -HOUR
        await asyncio.sleep(600)
        await stage.mail(2)

    play(scenario, TELEGRAM | {"PRIMARY_CHECK": PORT, "WHEN_PRIMARY_ANSWERS": "defer"})


def test_a_message_is_renamed_from_what_it_was_last(play):
    """Waiting, come back, forwarded: the second one stays unknown."""

    async def scenario(stage):
        await stage.mail(1)
        await stage.mail(2)
        for fate in ("returned", "forwarded"):
            await stage.remember(event(1, fate))
        assert (await stage.status())["outage"]["senders"] == {"(unknown)": 1, SENDER: 1}
        stage.replies[:] = [(0, "accepted")]

    play(scenario, TELEGRAM | {"FALLBACK_INBOXES": "nobody"})


def test_of_two_messages_at_one_instant_the_first_is_the_first(play):
    """What becomes of the other one changes nothing of it."""

    async def scenario(stage):
        stage.fail("forward=transient:x2")
        await asyncio.gather(stage.mail(1), stage.mail(2))
        stage.fail()
        await asyncio.sleep(60)
        await stage.mail(2)
        await asyncio.sleep(60)
        del stage.replies[:2]

    shown = last_edit(play(scenario, TELEGRAM))
    first = shown.partition("It began with")[2]
    assert "Not accepted by" in first
    assert "Booking 1" in first


def test_what_is_said_of_a_domain_names_it(play):
    """One chat may hear of several."""

    async def scenario(stage):
        for number in range(3):
            await stage.mail(number, recipient="anna@Bücher.example.")
        await asyncio.sleep(30 * HOUR)

    stage = play(scenario, SLACK_WEBHOOK)
    _, batch, end = [seen for _, seen in stage.seen("slack")]
    assert "Domain  bücher.example" in batch
    assert "Domain  bücher.example" in end


def test_rows_that_are_used_up_leave_what_waits_to_the_next_message(play):
    """The alarm can't be set any more: it is tried for two minutes, and then never."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(HOUR)
        stage.fault = lambda name, method: "quota" if method == "alarm" else ""
        await stage.mail(2)
        await asyncio.sleep(10 * HOUR)
        stage.fault = lambda name, method: ""
        assert subjects(stage) == ["1"]
        await stage.mail(3)
        await asyncio.sleep(HOUR)
        assert len(stage.problems) == ALARM_TRIES + 1
        stage.problems.clear()

    assert subjects(play(scenario, TELEGRAM | {"ALERT_MINUTES": 0})) == ["1", "2", "3"]


def test_an_outage_that_ends_in_silence_says_whether_the_primary_answers(play):
    """The watch says it no more then."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(120)
        stage.greets = {}
        await asyncio.sleep(20 * HOUR)

    stage = play(scenario, WATCHED)
    [end] = [seen for _, seen in stage.seen() if seen.startswith("No mail was caught for")]
    assert "Your server: mail.example.com:465: no answer" in end
    assert told(stage, "Your server does not answer") == []


def test_what_waited_for_a_chat_is_told_as_it_is_by_then(play):
    """One got through meanwhile, another came back."""

    async def scenario(stage):
        stage.fail("forward=transient:x1")
        await stage.mail(1)
        stage.fail()
        await stage.mail(2)
        await asyncio.sleep(60)
        await stage.mail(1)
        await stage.remember(event(2, "returned"))
        stage.deploy(**TELEGRAM)
        await asyncio.sleep(8 * HOUR)
        stage.replies.pop(0)

    seen = "".join(seen for _, seen in play(scenario, {}).seen())
    assert "Booking 1" in seen
    assert "retry" not in seen
    assert "Caught 2 more messages" in seen
    assert "Came back from an inbox: 1" in seen


def test_a_silence_that_nobody_could_be_told_of_is_told_once_somebody_can(play):
    """And the first alert that a person ever gets has sound."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(7 * HOUR)
        stage.greets = {}
        await asyncio.sleep(HOUR)
        stage.deploy(**TELEGRAM)
        await asyncio.sleep(HOUR)

    stage = play(scenario, {"PRIMARY_CHECK": PORT, "PRIMARY_WATCH": True})
    assert [sound for _, sound in told(stage, "Your server does not answer")] == [True]


@pytest.mark.parametrize("seconds", [120, 2 * HOUR])
def test_the_first_alert_that_anybody_gets_has_sound(play, seconds):
    """Though an outage began before that nobody was told of, or a message waits as another one does."""

    async def scenario(stage):
        stage.fail("forward=transient")
        await stage.mail(1)
        await asyncio.sleep(seconds)
        stage.deploy(**TELEGRAM)
        await stage.mail(2)
        await asyncio.sleep(60)
        stage.replies[:] = [(0, "accepted")]

    stage = play(scenario, {"OUTAGE_QUIET_HOURS": 1})
    assert told(stage, "Could not hand on")[0][1]


def test_a_silence_that_lasted_over_an_outage_that_nobody_heard_of_is_told(play):
    """Its end was told to nobody either."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(8 * HOUR)
        stage.deploy(**TELEGRAM)
        await asyncio.sleep(HOUR)

    stage = play(scenario, {"PRIMARY_CHECK": PORT, "PRIMARY_WATCH": True})
    assert [sound for _, sound in told(stage, "Your server does not answer")] == [True]


def test_what_was_deferred_while_there_was_no_chat_is_summed_up_once_there_is(play):
    """And no alarm rings for it meanwhile."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(30 * HOUR)
        assert stage.objects.requests < 5
        stage.deploy(**TELEGRAM)
        await stage.mail(2)
        await asyncio.sleep(HOUR)
        stage.replies[:] = [(0, "accepted")]

    settings = {"PRIMARY_CHECK": PORT, "WHEN_PRIMARY_ANSWERS": "defer"}
    assert len(told(play(scenario, settings), "Messages were deferred")) == 1


def test_a_retry_that_could_not_be_read_takes_back_nothing_that_is_known(play):
    """Who wrote it, and what about."""

    async def scenario(stage):
        stage.fail("forward=transient:x1")
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.remember(event(1, "forwarded"))
        await asyncio.sleep(60)
        stage.replies[:] = [(0, "accepted")]

    shown = last_edit(play(scenario, TELEGRAM))
    assert "Subject: Booking 1" in shown
    assert "1 from: Hotel <booking@hotel.example>" in shown
    assert not [word for word in ("Not accepted by", "will retry") if word in shown]


def test_what_is_wrong_with_the_settings_is_kept_for_somebody_to_hear(play):
    """While no chat is set nobody is told, so that the first alert says it."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        stage.deploy(**TELEGRAM)
        stage.fail("forward=transient")
        await stage.mail(2)
        await asyncio.sleep(60)
        stage.replies.pop()

    [first, *_] = play(scenario, {"ALERT_CODES": "hide"}).seen()
    assert "ALERT_CODES" in first[1]


def test_what_came_back_is_not_lost_among_many_that_nobody_was_told_of(play):
    """It stands before what an inbox has."""

    async def scenario(stage):
        for number in range(20):
            await stage.mail(number)
        await asyncio.sleep(60)
        for number in (15, 16):
            await stage.remember(event(number, "returned"))
        stage.deploy(**TELEGRAM)
        await stage.mail(20)
        await asyncio.sleep(HOUR)

    [batch] = [seen for _, seen in play(scenario, {}).seen() if seen.startswith("Caught 21 more")]
    assert "Came back from an inbox: 2" in batch
    assert "Hotel <booking@hotel.example>: Booking 15" in batch


def test_a_silence_that_was_told_is_not_told_again_after_an_outage_that_nobody_heard_of(play):
    """And its end is."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(7 * HOUR)
        stage.greets = {}
        await asyncio.sleep(HOUR)
        token = stage.env["TELEGRAM_BOT_TOKEN"]
        stage.deploy(TELEGRAM_BOT_TOKEN="")
        await stage.mail(2)
        await asyncio.sleep(8 * HOUR)
        stage.deploy(TELEGRAM_BOT_TOKEN=token)
        await asyncio.sleep(HOUR)
        stage.greets = {PORT: b"220"}
        await asyncio.sleep(HOUR)

    stage = play(scenario, WATCHED)
    assert len(told(stage, "Your server does not answer")) == 1
    assert len(told(stage, "Your server answers again")) == 1


def test_of_two_servers_the_first_that_answers_is_named_and_the_other_not_asked(play):
    """Until the first is silent."""

    async def scenario(stage):
        stage.greets = dict.fromkeys(("a.example:465", "b.example:993"), b"220")
        await stage.mail(1)
        await asyncio.sleep(60)

    stage = play(scenario, TELEGRAM | {"PRIMARY_CHECK": ["a.example:465", "b.example:993"]})
    [(_, seen)] = stage.seen()
    assert "a.example:465 answers" in seen
    assert [host for _, host, _, _ in stage.dialled] == ["a.example"]


def test_of_a_primary_that_the_settings_no_longer_name_nothing_is_said(play):
    """Though it was heard of before."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        stage.deploy(PRIMARY_CHECK="")
        await stage.mail(2)
        await asyncio.sleep(60)

    stage = play(scenario, TELEGRAM | {"PRIMARY_CHECK": PORT})
    assert "Your server" in stage.seen()[0][1]
    assert "Your server" not in last_edit(stage)


def test_a_fault_of_ours_does_not_make_the_primary_silent_for_less_long(play, monkeypatch):
    """The alarm rests ten minutes after it."""
    whole = Memory.tell
    faults = iter([1])

    async def tell(self, *ports):
        if self.clock() > START + 8 * HOUR + 600 and next(faults, 0):
            raise ZeroDivisionError
        return await whole(self, *ports)

    monkeypatch.setattr(Memory, "tell", tell)

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(8 * HOUR)
        stage.greets = {}
        await asyncio.sleep(HOUR)

    stage = play(scenario, WATCHED)
    [seen] = [seen for _, seen in stage.seen() if seen.startswith("Your server does not answer")]
    assert f"Since: {Words().moment(START + 8 * HOUR)}" in seen


def test_a_sum_of_deferrals_names_the_domain(play):
    """Which no outage has named before."""

    async def scenario(stage):
        stage.greets = {PORT: b"220"}
        await stage.mail(1)
        await asyncio.sleep(26 * HOUR)
        stage.replies[:] = [(0, "accepted")]

    [(_, seen)] = play(scenario, DEFERRING).seen()
    assert "Deferred: 1 message" in seen
    assert "Domain: example.com" in seen


def test_a_days_sum_rings_only_where_no_message_did(play):
    """Within the hour."""

    async def scenario(stage):
        for number in range(100):
            await stage.mail(number)
            await asyncio.sleep(25 * 60)

    stage = play(scenario, TELEGRAM)
    assert [sound for _, sound in told(stage, "Mail has been caught for")] == [False]


@pytest.mark.parametrize("milliseconds", [0, 147, 749])
def test_an_alarm_rings_once_for_what_is_due(play, milliseconds):
    """Whatever the last bit of a sum of seconds says: it must not ring for ever within a millisecond."""
    calls = []

    def fault(name, method):
        calls.append(method)
        return "hangs" if len(calls) > 30 else ""

    async def scenario(stage):
        stage.shift = milliseconds / 1000
        stage.fault = fault
        await stage.mail(1)
        await asyncio.sleep(1)
        # So many are caught that an edit stands for 74.95 seconds.
        sql = stage.objects._storage(DOMAIN).sql
        sql.exec("UPDATE outage SET state = json_set(state, '$.caught', 1498)")
        for number in (2, 3):
            await stage.mail(number)
            await asyncio.sleep(40)
        await asyncio.sleep(100)

    play(scenario, TELEGRAM)
    assert len(calls) < 20


def test_what_an_inbox_has_is_not_told_as_waiting_because_its_repeat_failed(play):
    """Nobody was told of it yet; the sender brought it again, and no inbox took it that time."""

    async def scenario(stage):
        await stage.mail(1)
        await asyncio.sleep(60)
        await stage.mail(2)
        await stage.remember(event(2, "deferred"))
        await asyncio.sleep(HOUR)

    seen = "".join(seen for _, seen in play(scenario, TELEGRAM).seen())
    assert "Booking 2" in seen
    assert "Could not hand on" not in seen
