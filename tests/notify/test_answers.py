"""What a chat may answer, and what the whole Worker makes of it."""

import pytest

from mail_failover.emulator.runtime import workers
from mail_failover.emulator.runtime.javascript import JsException
from standins.world import SLACK_BOT, SLACK_WEBHOOK, TELEGRAM, play

INBOX = {"FALLBACK_INBOXES": ["one@inbox.example"]}
CHATS = {"telegram": TELEGRAM, "slack webhook": SLACK_WEBHOOK, "slack bot": SLACK_BOT}
ERRORS = [OSError("the connection broke"), JsException("the stream is locked")]


def told(played):
    """Return the log's line on the only channel."""
    [line] = played.log
    [channel] = line["channels"]
    return channel


@pytest.fixture(params=ERRORS, ids=["OSError", "JsException"])
def unreadable(request, monkeypatch):
    """Let no body be read: the status and the header fields have come, and the connection breaks."""

    async def broken(self):
        raise request.param

    monkeypatch.setattr(workers.JsResponse, "_text", broken)


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("chat", CHATS)
def test_a_success_whose_body_can_not_be_read_is_no_answer(virtual, capsys, chat):
    """It is asked again, as one that stays silent is, and each repeat says that it may be one."""
    played = virtual(play(INBOX | CHATS[chat], capsys=capsys))
    assert played.status == "accepted"
    assert (told(played)["channel"], told(played)["outcome"], told(played)["attempts"]) == (
        chat,
        "no answer",
        3,
    )
    assert ["repeat" in post.seen for post in played.posts] == [False, True, True]


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("chat", ["telegram", "slack webhook"])
@pytest.mark.parametrize(
    ("fault", "outcome", "attempts"), [("404", "misconfigured", 1), ("500", "unavailable", 3)]
)
def test_the_status_of_an_answer_says_most_of_it(virtual, capsys, chat, fault, outcome, attempts):
    """What a refusal means is known without its body."""
    faults = [f"{chat.partition(' ')[0]}={fault}"]
    channel = told(virtual(play(INBOX | CHATS[chat], faults=faults, capsys=capsys)))
    assert (channel["outcome"], channel["attempts"]) == (outcome, attempts)


@pytest.mark.usefixtures("unreadable")
def test_the_time_to_wait_is_in_the_header_too(virtual, capsys):
    """Whoever is asked to slow down does so without the body's word."""
    played = virtual(play(INBOX | TELEGRAM, faults=["telegram=429:300"], capsys=capsys))
    assert (told(played)["outcome"], told(played)["attempts"]) == ("rate limited", 1)


def test_a_topic_that_is_gone_is_left_out_and_the_log_says_so(virtual, capsys):
    """The chat gets its alert, and the owner learns which setting to mend."""
    env = INBOX | TELEGRAM | {"TELEGRAM_THREAD_ID": "42"}
    played = virtual(play(env, faults=["telegram=thread"], capsys=capsys))
    assert len(played.posts) == 1
    assert "TELEGRAM_THREAD_ID" in told(played)["channel"]
    assert (told(played)["outcome"], told(played)["attempts"]) == ("sent", 2)


def test_a_topic_and_markup_that_will_not_do_are_given_up_one_after_the_other(virtual, capsys):
    """Within the three attempts that a chat has."""
    env = INBOX | TELEGRAM | {"TELEGRAM_THREAD_ID": "42"}
    played = virtual(play(env, faults=["telegram=thread:x1", "telegram=badhtml:x1"], capsys=capsys))
    assert len(played.posts) == 1
    assert "TELEGRAM_THREAD_ID" in told(played)["channel"]
    assert (told(played)["outcome"], told(played)["attempts"]) == ("sent", 3)


@pytest.mark.parametrize("topic", [0, 1, "0", "1"])
def test_the_topic_general_costs_no_attempt(virtual, capsys, topic):
    """It is left out from the start."""
    played = virtual(play(INBOX | TELEGRAM | {"TELEGRAM_THREAD_ID": topic}, capsys=capsys))
    assert told(played) == {"channel": "telegram", "outcome": "sent", "attempts": 1}
