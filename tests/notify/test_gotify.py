"""Gotify: what is sent, and what its answers mean."""

import json

import pytest

from notify.alert import Alert, Field
from notify.channel import ChannelError, Misconfigured, NoAnswer, RateLimited, Refused, Response, Unavailable
from notify.gotify import Gotify

TOKEN = "AsEcReTsEcReT00"
APP = Gotify("https://gotify.example/push", TOKEN)
ALERT = Alert("Caught a message", (Field("From", "anna@example.com"),), "*Hi*", "Look.", kind="forwarded")


def refusal(status, words="words", retry_after=""):
    """Build the server's refusal."""
    body = {"error": "Error", "errorCode": status, "errorDescription": words}
    return Response(status, json.dumps(body), retry_after)


def test_a_message_says_that_it_is_plain_text():
    """The token stands in its header and nowhere else."""
    request = APP.render(ALERT)
    assert (request.method, request.url) == ("POST", "https://gotify.example/push/message")
    assert request.headers == {"Content-Type": "application/json", "X-Gotify-Key": TOKEN}
    assert json.loads(request.body) == {
        "title": "Caught a message",
        "message": "From: anna@example.\u200acom\n\n> *Hi*\n\nLook.",
        "priority": 8,
        "extras": {"client::display": {"contentType": "text/plain"}},
    }


def test_a_long_alert_is_shortened_not_cut():
    """Each fact is still there."""
    alert = Alert("x", tuple(Field(f"Field {n}", "a." * 500) for n in range(15)), "y" * 600, "Look.")
    text = json.loads(APP.render(alert).body)["message"]
    assert 4000 < len(text) <= 8000
    assert all(f"Field {n}: " in text for n in range(15))
    assert text.endswith("Look.")


@pytest.mark.parametrize(
    "body", ['{"id":25,"appid":5,"message":"x"}', '{"id":25,"appid":5,"message":"cut he']
)
def test_a_message_that_was_taken_has_no_place(body):
    """Also if the echo was cut short."""
    assert APP.read(Response(200, body)) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(401, "you need to provide a valid access token"), Misconfigured, "GOTIFY_TOKEN"),
        (refusal(403, "you are not allowed to access this api"), Misconfigured, "GOTIFY_TOKEN"),
        (Response(403, "<html>"), Misconfigured, "stands before"),
        (refusal(404, "page not found"), Misconfigured, "GOTIFY_URL"),
        (Response(405), Misconfigured, "GOTIFY_URL"),
        (Response(302), Misconfigured, "GOTIFY_URL"),
        (refusal(400, f"Field 'message' is required for {TOKEN}"), Refused, "is required for [secret]"),
        (Response(413, "<html>"), Refused, "413"),
        (Response(400, '{"errorDescription": null}'), Refused, "400"),
        (refusal(500, "database is locked"), Unavailable, "500"),
        (Response(502, "<html>"), Unavailable, "502"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "GOTIFY_URL"),
        (Response(200, ""), NoAnswer, "GOTIFY_URL"),
        (Response(429, "<html>", "7"), RateLimited, "slow"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do, and quotes no secret."""
    with pytest.raises(ChannelError) as caught:
        APP.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason
    assert "sEcReT" not in caught.value.reason
    assert getattr(caught.value, "retry_after", 7.0) == 7.0
