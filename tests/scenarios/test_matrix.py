"""Every way in which an inbox and a chat can behave, against the unmodified Worker.

Accepted if and only if an inbox has the message; never rejected; bounded in time and requests; no secret
and no address in what it prints or raises.
"""

import itertools

import pytest

from failover.alerts import SERVICES
from notify.dispatch import MAX_REQUESTS, MAX_TOLD
from standins.world import MESSAGE, RECIPIENT, SECRET, SLACK_BOT, SLACK_WEBHOOK, TELEGRAM, play

from .table import DISCORD, MATRIX, MATTERMOST, PROGRAM, PUSHED

ONE, TWO, ROUTE = "one@inbox.example", "two@inbox.example", "route@inbox.example"
FORWARD = {
    "ok": "delivered",
    "transient": "temporary",
    "permanent": "permanent",
    "unverified": "misconfigured",
    "already": "already delivered",
    "hang": "no answer",
}
PLACES = {
    "first": {"FALLBACK_INBOXES": [ONE, TWO]},
    "all": {"FALLBACK_INBOXES": [ONE, TWO], "FALLBACK_MODE": "all"},
    "routes": {"FALLBACK_INBOXES": [ONE, TWO], "ROUTES": {RECIPIENT: ROUTE}},
}
EVERYWHERE = TELEGRAM | SLACK_WEBHOOK | SLACK_BOT | PUSHED | DISCORD | MATTERMOST | MATRIX | PROGRAM
CHANNELS = {"telegram": TELEGRAM, "slack webhook": SLACK_WEBHOOK, "slack bot": SLACK_BOT}
# How a chat behaves: the fault, and what the log says came of it and after how many attempts.
CHATS = {
    "ok": ("", "sent", 1),
    "429 short": ("429:2:x1", "sent", 2),
    "429 long": ("429:300", "rate limited", 1),
    "500": ("500", "unavailable", 3),
    "500 once": ("500:x1", "sent", 2),
    "401": ("401", "misconfigured", 1),
    "timeout": ("timeout", "no answer", 3),
    "bad markup": ("badhtml:x1", "sent", 2),
    "bad markup twice": ("badhtml", "refused", 2),
    "disconnect": ("disconnect", "no answer", 3),
}


@pytest.mark.parametrize("shape", ["dict", "object"])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("forward", FORWARD)
def test_a_message_is_accepted_if_and_only_if_an_inbox_has_it(
    virtual, capsys, forward, place, channel, shape
):
    """Whatever inbox and chat do: the promises hold."""
    for chat, (fault, outcome, attempts) in CHATS.items():
        faults = [f"forward={forward}"] if forward != "ok" else []
        faults += [f"{channel.split()[0]}={fault}"] if fault else []
        played = virtual(
            play({**PLACES[place], **CHANNELS[channel]}, faults=faults, shape=shape, capsys=capsys)
        )
        case = f"forward {forward}, {place}, {channel} {chat}"

        has_it = forward in ("ok", "already")
        inboxes = {"first": [ONE], "all": [ONE, TWO], "routes": [ROUTE]}[place] if has_it else []
        assert played.status == ("accepted" if has_it else "deferred"), case
        assert sorted(played.inboxes) == inboxes, case
        for copy in itertools.chain(*played.inboxes.values()):
            assert copy.endswith(MESSAGE), case
            assert copy.lower().count(b"x-mail-failover:") == 1, case

        [line] = played.log
        tried = 1 if place == "routes" or (place == "first" and has_it) else 2
        assert line["outcome"] == ("forwarded" if has_it else "deferred"), case
        assert line["forwards"] == [FORWARD[forward]] * tried, case
        [told] = line["channels"]
        assert (told["channel"], told["outcome"], told["attempts"]) == (
            channel,
            outcome,
            attempts,
        ), case
        assert len(played.posts) == (outcome == "sent"), case
        assert max(played.requests_by_destination.values()) == attempts <= 3, case

        assert played.handler_seconds < 25, case
        assert played.total_seconds - played.handler_seconds <= 20, case
        for said in (played.printed, played.reason):
            assert SECRET not in said, case
            assert "@" not in said, case
            assert "Buchung" not in said, case


def test_the_second_inbox_takes_what_the_first_refuses(virtual, capsys):
    """In `first` mode any failure moves on; what hung may have it too, and the log says so."""
    for fault in ("transient", "permanent", "unverified", "invalid", "hang"):
        played = virtual(play(PLACES["first"], faults=[f"forward={fault}:x1"], capsys=capsys))
        assert played.status == "accepted"
        assert list(played.inboxes) == [TWO]
        assert played.log[0]["forwards"][1] == "delivered"
        assert played.handler_seconds < 25


def test_one_success_is_success_when_all_are_asked(virtual, capsys):
    """In `all` mode one inbox is enough, however the other fails."""
    for fault in ("transient", "permanent", "unverified", "hang"):
        played = virtual(play(PLACES["all"], faults=[f"forward={fault}:x1"], capsys=capsys))
        assert played.status == "accepted"
        assert len(played.inboxes) == 1
        assert played.log[0]["accepted"] == 1


def test_many_chats_stay_within_their_requests(virtual, capsys):
    """Ten chats that all fail share what is left after everyone's first request."""
    env = {**PLACES["first"], **TELEGRAM, **SLACK_WEBHOOK, **SLACK_BOT}
    env["TELEGRAM_CHAT_ID"] = ",".join(str(n) for n in range(1, 11))
    played = virtual(play(env, faults=["telegram=500", "slack=500"], capsys=capsys))
    destinations = played.requests_by_destination
    assert len(destinations) == 12
    assert len(played.requests) == MAX_REQUESTS == 3 * len(destinations)
    assert max(destinations.values()) <= 3


def test_one_broken_channel_does_not_silence_the_others(virtual, capsys):
    """Telegram hangs to the end of its time; Slack has told its people at once."""
    played = virtual(
        play({**PLACES["first"], **TELEGRAM, **SLACK_WEBHOOK}, faults=["telegram=timeout"], capsys=capsys)
    )
    assert [post.service for post in played.posts] == ["slack"]
    assert {c["channel"]: c["outcome"] for c in played.log[0]["channels"]} == {
        "telegram": "no answer",
        "slack webhook": "sent",
    }


def test_a_repeat_after_a_timeout_says_that_it_may_be_one(virtual):
    """The first attempt may have arrived, so the second one says so."""
    played = virtual(play({**PLACES["first"], **TELEGRAM}, faults=["telegram=timeout:x1"]))
    assert len(played.posts) == 1
    assert "repeat" in played.posts[0].seen


@pytest.mark.parametrize("fault", ["500", "timeout", "429:5"])
def test_all_channels_at_once_stay_within_their_requests_and_time(virtual, capsys, fault):
    """Ten chats and every service, all out of order but one: that one is told, once."""
    env = {**PLACES["first"], **EVERYWHERE, "TELEGRAM_CHAT_ID": ",".join(str(n) for n in range(1, 11))}
    faults = [f"{service}={fault}" for service in SERVICES if service != "gotify"]
    played = virtual(play(env, faults=faults, capsys=capsys))
    assert played.status == "accepted"
    told = played.log[0]["channels"]
    assert len(told) == 19 <= MAX_TOLD
    assert [each["channel"] for each in told if each["outcome"] == "sent"] == ["gotify"]
    assert [post.service for post in played.posts] == ["gotify"]
    assert len(played.requests) <= MAX_REQUESTS
    assert played.total_seconds - played.handler_seconds <= 20
