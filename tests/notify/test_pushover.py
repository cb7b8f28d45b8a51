"""Pushover: what is sent, and what its answers mean."""

import json

import pytest

from notify.alert import Alert, Field
from notify.channel import ChannelError, Misconfigured, NoAnswer, RateLimited, Refused, Response, Unavailable
from notify.pushover import Pushover

TOKEN, USER = "asEcReT00000000000000000000000", "usEcReT00000000000000000000000"
PERSON = Pushover(TOKEN, USER)
ALERT = Alert(
    "Caught a message", (Field("From", "anna@example.com"),), "<b>Hi</b>", "Look.", kind="forwarded"
)


def refusal(status, *errors, retry_after="", **parts):
    """Build the service's refusal."""
    body = parts | {"errors": list(errors), "status": 0, "request": "647d2300-702c-4b38"}
    return Response(status, json.dumps(body), retry_after)


def test_a_message_names_its_application_and_its_reader():
    """Nothing else does, and it holds no markup, no link and no sound of its own."""
    request = PERSON.render(ALERT)
    assert (request.method, request.url) == ("POST", "https://api.pushover.net/1/messages.json")
    assert request.headers == {"Content-Type": "application/json"}
    assert json.loads(request.body) == {
        "token": TOKEN,
        "user": USER,
        "title": "Caught a message",
        "message": "From: anna@example.\u200acom\n\n> <b>Hi</b>\n\nLook.",
        "priority": 1,
    }


@pytest.mark.parametrize(("text", "least"), [("\U0001f600", 500), ("a.", 500), ("x", 500)])
def test_a_long_alert_is_shortened_not_cut(text, least):
    """1,024 characters, whatever they weigh, with every fact."""
    alert = Alert("x" * 500, tuple(Field(f"Field {n}", text * 300) for n in range(15)), "y" * 600, "Look.")
    message = json.loads(PERSON.render(alert).body)
    assert least < len(message["message"]) <= 1024
    assert len(message["title"]) == 250
    assert all(f"Field {n}: " in message["message"] for n in range(15))
    assert message["message"].endswith("Look.")


def test_even_our_own_words_are_not_too_many():
    """They end early rather than not to arrive."""
    message = json.loads(PERSON.render(Alert("x", (Field("From", "Anna"),), "", "Look. " * 300)).body)[
        "message"
    ]
    assert len(message) <= 1024
    assert message.startswith("From: ")


def test_a_message_that_was_taken_has_no_place():
    """The service tells the request's number, by which nothing can be edited."""
    assert PERSON.read(Response(200, '{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}')) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(400, "application token is invalid", token="invalid"), Misconfigured, "PUSHOVER_TOKEN"),
        (refusal(400, "user identifier is invalid", user="invalid"), Misconfigured, "PUSHOVER_USER"),
        (refusal(404), Misconfigured, "PUSHOVER_API_URL"),
        (Response(404, "<html>"), Misconfigured, "PUSHOVER_API_URL"),
        (Response(405), Misconfigured, "PUSHOVER_API_URL"),
        (Response(302), Misconfigured, "PUSHOVER_API_URL"),
        (refusal(400, "message cannot be blank", f"no {USER}", 5), Refused, "be blank, no [secret], 5"),
        (refusal(413), Refused, "no reason given"),
        (Response(400, '{"errors": "x", "token": 5}'), Refused, "no reason given"),
        (refusal(200, "odd"), Refused, "odd"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "PUSHOVER_API_URL"),
        (Response(200, ""), NoAnswer, "PUSHOVER_API_URL"),
        (Response(200, '{"status": "1"}'), NoAnswer, "PUSHOVER_API_URL"),
        (refusal(500), RateLimited, "out of order (HTTP status 500)"),
        (Response(503, "<html>"), RateLimited, "out of order (HTTP status 503)"),
        (Response(408, "<html>"), Unavailable, "408"),
        (refusal(429, "application has reached its limit"), RateLimited, "this month"),
        (Response(429, "<html>"), RateLimited, "slow"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do, and quotes no secret."""
    with pytest.raises(ChannelError) as caught:
        PERSON.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason
    assert "sEcReT" not in caught.value.reason


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (refusal(429, "limit"), 3600.0),
        (refusal(429, "limit", retry_after="86400"), 86400.0),
        (Response(429, "", "7"), 7.0),
        (Response(429, ""), None),
        (Response(500, "<html>"), 5.0),
        (Response(503, "", "7"), 7.0),
    ],
)
def test_a_month_that_is_used_up_is_not_over_in_a_second(response, wait):
    """Whoever only asks to slow down says for how long, or nothing; out of order it wants five seconds."""
    with pytest.raises(RateLimited) as caught:
        PERSON.read(response)
    assert caught.value.retry_after == wait
