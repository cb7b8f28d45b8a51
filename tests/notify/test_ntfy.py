"""ntfy: what is sent, and what its answers mean."""

import json

import pytest

from notify.alert import Alert, Field
from notify.channel import ChannelError, Misconfigured, NoAnswer, RateLimited, Refused, Response, Unavailable
from notify.ntfy import Ntfy

TOKEN = "tk_sEcReT00000000000000000000000"
TOPIC = Ntfy("https://ntfy.sh", "my-topic", TOKEN)
ALERT = Alert("Caught a message", (Field("From", "anna@example.com"),), "Hi", "Look.", kind="forwarded")
TAKEN = '{"id":"xE73Iyuabi","time":1673542291,"expires":1673585491,"event":"message","topic":"my-topic"}'


def refusal(code, words="words", retry_after=""):
    """Build the server's refusal, whose status its code begins with."""
    body = {"code": code, "http": code // 100, "error": words, "link": "https://ntfy.sh/docs/publish/"}
    return Response(code // 100, json.dumps(body), retry_after)


def test_a_message_is_published_as_json_at_the_servers_root():
    """With the topic in it, the token in a header, and nothing that could be clicked."""
    request = TOPIC.render(ALERT)
    assert (request.method, request.url) == ("POST", "https://ntfy.sh/")
    assert request.headers == {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    assert json.loads(request.body) == {
        "topic": "my-topic",
        "title": "Caught a message",
        "message": "From: anna@example.\u200acom\n\n> Hi\n\nLook.",
        "priority": 4,
        "tags": ["incoming_envelope"],
    }


def test_without_a_token_nothing_is_said_of_one():
    """Most topics need none."""
    assert Ntfy("https://ntfy.example/push", "t").render(ALERT).headers == {
        "Content-Type": "application/json"
    }
    assert Ntfy("https://ntfy.example/push", "t").render(ALERT).url == "https://ntfy.example/push/"


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("batch", "incoming_envelope"),
        ("back", "white_check_mark"),
        ("deferred", "warning"),
        ("full", "warning"),
    ],
)
def test_a_tag_shows_at_a_glance_what_it_is_about(kind, tag):
    """One of ntfy's short codes for emoji."""
    assert json.loads(TOPIC.render(Alert("x", kind=kind)).body)["tags"] == [tag]


@pytest.mark.parametrize("text", ["\U0001f600", "\u20ac", '"', "\\\\", "a.", "\u05d0", "x"])
def test_no_text_becomes_an_attachment_or_too_much_json(text):
    """Below 4,096 bytes a message stays one, and all JSON is below twice that however it is escaped."""
    alert = Alert("x" * 500, tuple(Field(f"Field {n}", text * 600) for n in range(15)), text * 600, "Look.")
    request = TOPIC.render(alert)
    message = json.loads(request.body)
    assert 1000 < len(message["message"].encode()) < 4096
    assert len(request.body.encode()) <= 8192
    assert len(message["title"]) == 200
    assert all(f"Field {n}: " in message["message"] for n in range(15))


def test_a_message_that_was_taken_has_no_place():
    """Also if the echo was cut short."""
    assert TOPIC.read(Response(200, TAKEN)) == TOPIC.read(Response(200, TAKEN[:40])) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(40101, "unauthorized"), Misconfigured, "NTFY_TOKEN"),
        (Response(401, "<html>"), Misconfigured, "NTFY_TOKEN"),
        (refusal(40301, "forbidden"), Misconfigured, "another topic in NTFY_URL"),
        (refusal(40401, "page not found"), Misconfigured, "NTFY_URL"),
        (Response(405), Misconfigured, "NTFY_URL"),
        (refusal(40009, "invalid request: topic invalid"), Misconfigured, "NTFY_URL"),
        (refusal(40010, "invalid request: topic name is not allowed"), Misconfigured, "NTFY_URL"),
        (refusal(50701, "cannot publish to UnifiedPush topic"), Misconfigured, "begin with up"),
        (Response(301), Misconfigured, "NTFY_URL"),
        (refusal(40014, "invalid request: attachments not allowed"), Refused, "message-size-limit"),
        (refusal(41301, "attachment too large"), Refused, "message-size-limit"),
        (refusal(41303, "JSON body too large"), Refused, "message-size-limit"),
        (Response(413, "<html>"), Refused, "message-size-limit"),
        (refusal(40024, "invalid request: request body must be valid JSON"), Refused, "must be valid JSON"),
        (refusal(40000, f"no {TOKEN} for my-topic"), Refused, "no [secret] for [secret]"),
        (Response(400, "nonsense"), Refused, "no reason given"),
        (Response(400, '{"code": "40009", "error": null}'), Refused, "400"),
        (refusal(42901, "limit reached: too many requests"), RateLimited, "slow"),
        (refusal(42908, "limit reached: daily message quota reached"), RateLimited, "250"),
        (refusal(50001, "internal server error"), Unavailable, "500"),
        (Response(502, "<html>Bad Gateway</html>"), Unavailable, "502"),
        (Response(408), Unavailable, "408"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "NTFY_URL"),
        (Response(200, ""), NoAnswer, "NTFY_URL"),
        (Response(200, "[" * 100_000), NoAnswer, "NTFY_URL"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do, and quotes no secret."""
    with pytest.raises(ChannelError) as caught:
        TOPIC.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason
    assert "sEcReT" not in caught.value.reason


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (refusal(42901), None),
        (refusal(42901, retry_after="7"), 7.0),
        (refusal(42908), 3600.0),
        (refusal(42908, retry_after="9000"), 9000.0),
        (Response(429, "<html>", "12"), 12.0),
    ],
)
def test_a_day_that_is_used_up_is_not_over_in_a_second(response, wait):
    """Other limits fill up again soon; the server seldom says when."""
    with pytest.raises(RateLimited) as caught:
        TOPIC.read(response)
    assert caught.value.retry_after == wait
