"""Matrix: what is sent, and what a homeserver's answers mean."""

import json
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.alert import Alert, Field
from notify.channel import (
    ALOUD,
    ChannelError,
    Gone,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Response,
    TryInstead,
    Unavailable,
)
from notify.matrix import Matrix
from standins.judges import REPEATED, alerts, matrix_accepts

TOKEN = "syt_YWxlcnRz_ExampleSecretExample_0a1b2c"
ROOM = Matrix("https://matrix.example.org", "!abc/d e:example.org", TOKEN)
EVENT = "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg"
ALERT = Alert(
    headline="Your mail server did not answer",
    fields=(Field("From", "Bank <a@b.example> & Co"), Field("Subject", "<b>Hi</b>"), Field("Sent", "")),
    preview="see http://evil.example",
    advice="It waits in your fallback inbox.",
)


def answer(status, body="", retry_after=""):
    """Build a response, from an object as JSON."""
    return Response(status, body if isinstance(body, str) else json.dumps(body), retry_after)


def refusal(status, errcode, error="x", **more):
    """Build a standard error."""
    return answer(status, {"errcode": errcode, "error": error} | more)


def sent(channel, alert=ALERT, manner=ALOUD):
    """Render an alert and read its JSON."""
    return json.loads(channel.render(alert, manner).body)


def test_the_name_is_the_services_and_the_key_its_room():
    """Logs name no room, and neither holds a secret."""
    assert (ROOM.name, ROOM.key) == ("matrix", "matrix !abc/d e:example.org")
    assert TOKEN not in repr(ROOM)


def test_an_event_is_put_under_its_transaction():
    """The room's id is one part of the path, whatever it holds; the token is in a header alone."""
    request = ROOM.render(ALERT, Manner(id="0a1b"))
    assert request.method == "PUT"
    assert request.url == (
        "https://matrix.example.org/_matrix/client/v3/rooms/%21abc%2Fd%20e%3Aexample.org"
        "/send/m.room.message/0a1b"
    )
    assert request.headers == {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    assert TOKEN not in request.url + request.body
    matrix_accepts(request, ALERT)


def test_the_alert_reads_as_labelled_lines():
    """A bold headline, a line a fact with its text in code, the preview in a block, the advice last."""
    assert sent(ROOM) == {
        "msgtype": "m.text",
        "body": "Your mail server did not answer\nFrom: Bank <a@b.\u200aexample> & Co\nSubject: <b>Hi</b>\n"
        "It waits in your fallback inbox.",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>Your mail server did not answer</b><br>"
        "<b>From:</b> <code>Bank &lt;a@b.\u200aexample&gt; &amp; Co</code><br>"
        "<b>Subject:</b> <code>&lt;b&gt;Hi&lt;/b&gt;</code>"
        "<pre><code>see http:\u200a//evil.\u200aexample</code></pre>It waits in your fallback inbox.",
        "m.mentions": {},
    }


def test_a_phone_that_is_locked_shows_no_preview():
    """Push services get the plain text, and clients without HTML make links of it."""
    assert "evil" not in sent(ROOM)["body"]


def test_no_address_is_a_link_in_code_neither():
    """Element on Android makes links there, too, and would make one of a file's name, replay.md."""
    message = sent(ROOM, Alert("x", (Field("From", "a@evil.example"),), "1.2.3.4", "See docs/replay.md."))
    assert message["formatted_body"] == (
        "<b>x</b><br><b>From:</b> <code>a@evil.\u200aexample</code>"
        "<pre><code>1.\u200a2.\u200a3.4</code></pre>See docs/replay.\u200amd."
    )
    assert message["body"] == "x\nFrom: a@evil.\u200aexample\nSee docs/replay.\u200amd."


def test_a_repeat_says_so_first():
    """In the HTML and in the plain text."""
    message = sent(ROOM, ALERT.as_repeat(REPEATED))
    assert message["formatted_body"].startswith("This may be a repeat")
    assert message["body"].startswith("This may be a repeat")


def test_without_sound_it_is_a_notice():
    """Of which, by the default push rules, nobody is told; and nothing else changes."""
    assert sent(ROOM, manner=Manner(sound=False)) == sent(ROOM) | {"msgtype": "m.notice"}


@pytest.mark.parametrize("sound", [False, True])
def test_a_reply_is_in_the_thread_of_its_message(sound):
    """For clients without threads it is a reply."""
    relation = {
        "rel_type": "m.thread",
        "event_id": EVENT,
        "m.in_reply_to": {"event_id": EVENT},
        "is_falling_back": True,
    }
    message = sent(ROOM, manner=Manner(sound, EVENT))
    assert message == sent(ROOM, manner=Manner(sound)) | {"m.relates_to": relation}


def test_an_edit_replaces_all_of_its_message_and_tells_nobody():
    """What stands there is a message aloud as before; the event itself is a notice that says the headline."""
    assert sent(ROOM, manner=Manner(sound=False, thread="$x", edits=EVENT)) == {
        "msgtype": "m.notice",
        "body": "* Your mail server did not answer",
        "m.mentions": {},
        "m.new_content": sent(ROOM),
        "m.relates_to": {"rel_type": "m.replace", "event_id": EVENT},
    }


@pytest.mark.parametrize(
    "place",
    ["", "$", "x", "$a b", "$a\n", " $a", "$\u00e9", "$" + "a" * 255, "12", "C01 1.2", "!room:example.org"],
)
def test_a_place_that_is_no_events_id_is_ignored(place):
    """Whoever wrote it: the alert is told as a new message."""
    assert sent(ROOM, manner=Manner(thread=place, edits=place)) == sent(ROOM)


@pytest.mark.parametrize("place", ["$a", EVENT, "$14276663610XqBunHw:example.org", "$" + "a" * 254])
def test_every_form_of_an_events_id_is_one(place):
    """Those of old rooms end with a server's name."""
    assert sent(ROOM, manner=Manner(edits=place))["m.relates_to"]["event_id"] == place


def test_a_transaction_is_the_same_whatever_is_said_of_a_repeat():
    """So a homeserver that took the first takes no second."""
    manner = Manner(id="0a1b")
    assert ROOM.render(ALERT, manner).url == ROOM.render(ALERT.as_repeat(REPEATED), manner).url
    assert ROOM.render(ALERT, manner).url != ROOM.render(ALERT, Manner(id="0a1c")).url


def test_right_to_left_text_is_isolated():
    """A Hebrew subject can't reorder the label before it, in either text."""
    message = sent(ROOM, Alert("x", (Field("Subject", "שלום"),)))
    assert "<code>\u2068שלום\u2069</code>" in message["formatted_body"]
    assert "Subject: \u2068שלום\u2069" in message["body"]


@given(alerts(), st.sampled_from((ALOUD, Manner(thread=EVENT), Manner(sound=False, edits=EVENT))))
@settings(deadline=None)
def test_hostile_alerts_are_within_what_clients_show_with_nothing_live(alert, manner):
    """Whatever a message says, a sanitizer finds nothing to take out, and only our words outside code."""
    matrix_accepts(ROOM.render(alert, manner), alert)


@pytest.mark.parametrize("manner", [ALOUD, Manner(edits=EVENT)])
@pytest.mark.parametrize("text", ["&", "<", "\U0001f600", "é", "\u20ac", '"', "\\"])
def test_long_texts_are_shortened_not_cut(manner, text):
    """Fifteen fields fit into 16 KiB, each still there, whatever a character takes."""
    alert = Alert("Headline", tuple(Field(f"Field {n}", text * 600) for n in range(15)), preview=text * 600)
    request = ROOM.render(alert, manner)
    matrix_accepts(request, alert)
    message = json.loads(request.body)
    assert message.get("m.new_content", message)["formatted_body"].count("…</code>") == 16


@pytest.mark.parametrize("event", [EVENT, "$14276663610XqBunHw:example.org"])
def test_a_taken_event_has_its_id_for_a_place(event):
    """What is no id is none, and no error."""
    assert ROOM.read(answer(200, {"event_id": event})) == event
    assert ROOM.read(answer(200, {"event_id": "event"})) == ""


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(401, "M_UNKNOWN_TOKEN"), Misconfigured, "MATRIX_TOKEN again"),
        (refusal(401, "M_UNKNOWN_TOKEN", soft_logout=True), Misconfigured, "has expired"),
        (refusal(401, "M_MISSING_TOKEN"), Misconfigured, "MATRIX_TOKEN"),
        (answer(401, "<html>"), Misconfigured, "MATRIX_TOKEN"),
        (refusal(403, "M_USER_DEACTIVATED"), Misconfigured, "may not send"),
        (refusal(401, "M_USER_LOCKED", soft_logout=True), Misconfigured, "may not send"),
        (refusal(403, "M_FORBIDDEN", "User not in room"), Misconfigured, "MATRIX_ROOM"),
        (refusal(403, "M_GUEST_ACCESS_FORBIDDEN"), Misconfigured, "MATRIX_ROOM"),
        (refusal(403, "M_CONSENT_NOT_GIVEN", consent_uri="https://x.example"), Misconfigured, "terms"),
        (refusal(403, "M_RESOURCE_LIMIT_EXCEEDED", "Monthly Active User"), Misconfigured, "its admin"),
        (answer(403, "<html>"), Misconfigured, "MATRIX_ROOM"),
        (refusal(404, "M_NOT_FOUND", "Unknown room"), Misconfigured, "MATRIX_ROOM"),
        (refusal(404, "M_UNRECOGNIZED"), Misconfigured, "MATRIX_HOMESERVER"),
        (refusal(405, "M_UNRECOGNIZED"), Misconfigured, "MATRIX_HOMESERVER"),
        (refusal(400, "M_UNRECOGNIZED"), Misconfigured, "MATRIX_HOMESERVER"),
        (answer(404, "<html>"), Misconfigured, "/.well-known/matrix/client"),
        (answer(302), Misconfigured, "MATRIX_HOMESERVER"),
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=2000), RateLimited, "slow"),
        (refusal(400, "M_LIMIT_EXCEEDED"), RateLimited, "slow"),
        (answer(429), RateLimited, "slow"),
        (refusal(500, "M_UNKNOWN"), Unavailable, "500"),
        (refusal(503, "M_UNKNOWN_TOKEN"), Unavailable, "503"),
        (answer(502, "<html>Bad Gateway</html>"), Unavailable, "502"),
        (answer(200, "<html>Welcome</html>"), NoAnswer, "MATRIX_HOMESERVER"),
        (answer(200, "[" * 100_000), NoAnswer, "MATRIX_HOMESERVER"),
        (answer(200, {"event_id": 5}), NoAnswer, "MATRIX_HOMESERVER"),
        (answer(200), NoAnswer, "MATRIX_HOMESERVER"),
        (refusal(413, "M_TOO_LARGE", "event too large"), Refused, "event too large"),
        (refusal(400, "M_BAD_JSON", f"not {TOKEN}"), Refused, "not [secret]"),
        (refusal(400, "M_UNKNOWN"), Refused, "(400): x"),
        (refusal(418, "ORG_EXAMPLE_TEAPOT", "short"), Refused, "(418): short"),
        (answer(400, "[1]"), Refused, "no reason given"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        ROOM.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (answer(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}, "3"), 3.0),
        (answer(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}), 2.5),
        (answer(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 0}), 0.0),
        (answer(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1000}, "Thu, 26 Nov 2026"), 1.0),
        *((answer(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": wait}), None)
          for wait in (-1, True, "soon", None, 10**400)),
        (answer(429, "<html>"), None),
    ],
)  # fmt: skip
def test_the_time_to_wait_is_read_from_the_header_or_the_body(response, wait):
    """In seconds; None where neither names one."""
    with pytest.raises(RateLimited) as caught:
        ROOM.read(response)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "said",
    [
        "Can't send relation to unknown event",
        "Relations must be in the same room",
        "Cannot start threads from an event with a relation",
    ],
)
def test_a_message_that_the_homeserver_no_longer_knows_is_not_named_again(said):
    """A reply is told by itself; an edit has to be told anew."""
    with pytest.raises(TryInstead) as caught:
        ROOM.read(refusal(400, "M_UNKNOWN", said))
    alone = caught.value.channel
    assert alone == Matrix(ROOM.homeserver, ROOM.room, TOKEN, alone=True)
    assert sent(alone, manner=Manner(thread=EVENT)) == sent(ROOM)
    with pytest.raises(Gone):
        alone.render(ALERT, Manner(edits=EVENT))
    with pytest.raises(Refused):
        alone.read(refusal(400, "M_UNKNOWN", said))


def test_the_room_may_be_any():
    """Rooms of version 12 have no server's name."""
    room = "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"
    url = Matrix("http://127.0.0.1:8008", room, TOKEN).render(ALERT).url
    assert unquote(url).startswith(f"http://127.0.0.1:8008/_matrix/client/v3/rooms/{room}/send/")
