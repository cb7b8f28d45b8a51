"""Telegram: what is sent, and what its answers mean."""

import json

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
from notify.telegram import Telegram
from standins.judges import REPEATED, alerts, live_parts, telegram_accepts

TOKEN = "123456789:AAExampleSecretExampleSecretExampleS"
CHAT = Telegram(TOKEN, "-1001")
ALERT = Alert(
    headline="Your mail server did not answer",
    fields=(Field("From", "Bank <a@b.example> & Co"), Field("Subject", "<b>Hi</b>"), Field("Sent", "")),
    preview="see http://evil.example",
    advice="It waits in your fallback inbox.",
)


def answer(status, body="", retry_after=""):
    """Build a response, from an object as JSON."""
    return Response(status, body if isinstance(body, str) else json.dumps(body), retry_after)


def refusal(code, description, **parameters):
    """Build the Bot API's refusal."""
    body = {"ok": False, "error_code": code, "description": description}
    return answer(code, body | ({"parameters": parameters} if parameters else {}))


def sent(channel, alert=ALERT, manner=ALOUD):
    """Render an alert and read its JSON."""
    return json.loads(channel.render(alert, manner).body)


def test_the_name_is_the_services():
    """Logs name no chat."""
    assert CHAT.name == "telegram"


def test_the_call_goes_to_the_bot_with_previews_off():
    """The token stands in the address and nowhere else; a self-hosted server replaces the host."""
    request = Telegram(TOKEN, "@mail", api_url="http://127.0.0.1:8081").render(ALERT)
    assert request.url == f"http://127.0.0.1:8081/bot{TOKEN}/sendMessage"
    assert request.headers == {"Content-Type": "application/json"}
    message = json.loads(request.body)
    assert message.keys() == {"chat_id", "text", "parse_mode", "link_preview_options"}
    assert message["chat_id"] == "@mail"
    telegram_accepts(request, ALERT)


def test_the_alert_reads_as_labelled_lines():
    """A bold headline, a line a fact with its text in code, the preview in pre, the advice last."""
    assert sent(CHAT)["text"] == (
        "<b>Your mail server did not answer</b>\n"
        "<b>From:</b> <code>Bank &lt;a@b.example&gt; &amp; Co</code>\n"
        "<b>Subject:</b> <code>&lt;b&gt;Hi&lt;/b&gt;</code>\n\n"
        "<pre>see http://evil.example</pre>\n\n"
        "It waits in your fallback inbox."
    )


def test_a_repeat_says_so_first():
    """A reader of a second copy learns that it may be one."""
    assert sent(CHAT, ALERT.as_repeat(REPEATED))["text"].startswith("This may be a repeat")


def test_plain_marks_by_offsets_what_html_marks_by_tags():
    """Without markup the server has nothing to parse, and still makes no links in untrusted text."""
    channel = Telegram(TOKEN, "1", plain=True)
    message = sent(channel, Alert("😀", (Field("From", "evil.com"),)))
    assert message["text"] == "😀\nFrom: evil.com"
    assert message["entities"] == [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "bold", "offset": 3, "length": 5},
        {"type": "code", "offset": 9, "length": 8},
    ]
    assert "parse_mode" not in message


def test_a_topic_is_a_number():
    """TELEGRAM_THREAD_ID reaches the server as an integer; every number but General's is one."""
    assert sent(Telegram(TOKEN, "1", thread_id="42"))["message_thread_id"] == 42
    assert sent(Telegram(TOKEN, "1", thread_id="2"))["message_thread_id"] == 2


@pytest.mark.parametrize("topic", ["", "0", "1", "00", "01"])
def test_the_topic_general_is_not_named(topic):
    """The server knows it by its absence, and refuses its number."""
    assert "message_thread_id" not in sent(Telegram(TOKEN, "1", thread_id=topic))


VARIANTS = [
    CHAT,
    Telegram(TOKEN, "-1001", "42"),
    Telegram(TOKEN, "-1001", plain=True),
    Telegram(TOKEN, "-1001", astray=True),
]
EDIT = Manner(sound=False, thread="4", edits="12")
NO_PLACES = [
    *(
        "",
        " ",
        "0",
        "-1",
        "+1",
        "012",
        "1.0",
        "1e3",
        "0x1",
        "12 34",
        "12\n",
        "2147483648",
        "1" * 11,
        "1" * 5000,
    ),
    *("x", "\u0663", "\u00b2", "C01 1.2", "12, 'chat_id': 1", "\ud800"),
]


@pytest.mark.parametrize("channel", VARIANTS)
def test_without_sound_the_message_says_so(channel):
    """And nothing else changes."""
    assert sent(channel, manner=Manner(sound=False)) == sent(channel) | {"disable_notification": True}


@pytest.mark.parametrize("channel", VARIANTS)
@pytest.mark.parametrize("sound", [False, True])
def test_a_reply_names_the_message_above_it(channel, sound):
    """It is sent on its own if that was deleted."""
    manner = Manner(sound, "12")
    reply = {"message_id": 12, "allow_sending_without_reply": True}
    assert channel.render(ALERT, manner).url.endswith("/sendMessage")
    assert sent(channel, manner=manner) == sent(channel, manner=Manner(sound)) | {"reply_parameters": reply}


@pytest.mark.parametrize("channel", VARIANTS)
def test_an_edit_names_its_message_and_makes_no_sound(channel):
    """It takes a chat, a number, text and no more; topics, threads and sounds are a new message's."""
    request = channel.render(ALERT, EDIT)
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/editMessageText"
    new = {k: v for k, v in sent(channel).items() if k != "message_thread_id"}
    assert json.loads(request.body) == new | {"message_id": 12}
    telegram_accepts(request, ALERT)


@pytest.mark.parametrize("place", NO_PLACES)
@pytest.mark.parametrize("channel", VARIANTS)
def test_a_place_that_is_no_number_is_ignored(channel, place):
    """Whoever wrote it: the alert is told as a new message."""
    request = channel.render(ALERT, Manner(thread=place, edits=place))
    assert (request.url, json.loads(request.body)) == (channel.render(ALERT).url, sent(channel))


def test_the_last_number_is_one():
    """It has 32 bits with its sign."""
    assert sent(CHAT, manner=Manner(edits="2147483647"))["message_id"] == 2147483647


def test_where_the_chat_moved_no_message_of_the_old_one_is_named():
    """There its number may be another message's: nothing is replied to, and nothing edited."""
    moved = Telegram(TOKEN, "-1002", moved=True)
    assert sent(moved, manner=Manner(thread="12")) == sent(moved)
    with pytest.raises(Gone, match="moved"):
        moved.render(ALERT, EDIT)


def test_right_to_left_text_is_isolated():
    """A Hebrew subject can't reorder the label before it."""
    assert "<code>\u2068שלום\u2069</code>" in sent(CHAT, Alert("x", (Field("Subject", "שלום"),)))["text"]


@given(alerts(), st.booleans(), st.sampled_from((ALOUD, EDIT)))
@settings(deadline=None)
def test_hostile_alerts_are_accepted_with_nothing_live(alert, plain, manner):
    """Whatever a message says, the server takes the alert, and only our words stand outside code."""
    request = Telegram(TOKEN, "1", plain=plain).render(alert, manner)
    telegram_accepts(request, alert)
    assert live_parts(request) == []


@pytest.mark.parametrize("manner", [ALOUD, EDIT])
def test_long_texts_are_shortened_not_cut(manner):
    """Fifteen fields that escape to five times their size fit, each still there."""
    alert = Alert("Headline", tuple(Field(f"Field {n}", "&" * 600) for n in range(15)), preview="<" * 600)
    request = CHAT.render(alert, manner)
    telegram_accepts(request, alert)
    assert json.loads(request.body)["text"].count("&amp;…</code>") == 15


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"ok": True, "result": {"message_id": 1}}, "1"),
        ({"ok": True, "result": {"date": 5, "message_id": 2147483647}}, "2147483647"),
        ('{"ok":true,"result":{"message_id":123,"text":"cut he', "123"),
        ('{"ok":true,"result":{"message_id":123', ""),
        ('{"ok":true,"result":{"text":"\\"message_id\\":5, cut he', ""),
        *(({"ok": True, "result": {"message_id": number}}, "")
          for number in (0, -1, True, None, 1.5, "12", [12], {}, 10**10, 10**400)),
        *(({"ok": True, "result": result}, "") for result in (True, None, [], "x", {})),
        ({"ok": True}, ""),
    ],
)  # fmt: skip
def test_a_taken_message_has_its_number_for_a_place(body, place):
    """Also where the echo of a long alert was cut off; what is no number is none, and no error."""
    assert CHAT.read(answer(200, body)) == place


@pytest.mark.parametrize("channel", VARIANTS)
def test_an_edit_that_changes_nothing_is_no_error(channel):
    """The message reads as it should."""
    said = "Bad Request: message is not modified: specified new message content and reply markup are exactly"
    assert channel.read(refusal(400, f"{said} the same as a current content of the message")) == ""


@pytest.mark.parametrize(
    "said",
    [
        "Bad Request: message to edit not found",
        "Bad Request: message can't be edited",
        "Bad Request: MESSAGE_ID_INVALID",
    ],
)
@pytest.mark.parametrize("channel", VARIANTS)
def test_a_message_that_can_not_be_edited_is_gone(channel, said):
    """Whichever way was tried: the alert has to be told anew."""
    with pytest.raises(Gone):
        channel.read(refusal(400, said))


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (refusal(401, "Unauthorized"), Misconfigured, "TELEGRAM_BOT_TOKEN"),
        (refusal(404, "Not Found"), Misconfigured, "TELEGRAM_BOT_TOKEN"),
        (answer(404, "<html>"), Misconfigured, "TELEGRAM_API_URL"),
        (refusal(403, "Forbidden: bot was blocked by the user"), Misconfigured, "unblock"),
        (refusal(403, "Forbidden: bot was kicked from the group chat"), Misconfigured, "TELEGRAM_CHAT_ID"),
        (refusal(400, "Bad Request: chat not found"), Misconfigured, "TELEGRAM_CHAT_ID"),
        (refusal(400, "BAD REQUEST: CHAT_ID IS EMPTY"), Misconfigured, "TELEGRAM_CHAT_ID"),
        (refusal(400, "Bad Request: PEER_ID_INVALID"), Misconfigured, "TELEGRAM_CHAT_ID"),
        (refusal(400, "Bad Request: group chat was deactivated"), Misconfigured, "TELEGRAM_CHAT_ID"),
        (refusal(400, "Bad Request: message thread not found"), Misconfigured, "TELEGRAM_THREAD_ID"),
        (refusal(400, "Bad Request: TOPIC_CLOSED"), Misconfigured, "TELEGRAM_THREAD_ID"),
        (
            refusal(400, "Bad Request: not enough rights to send text messages to the chat"),
            Misconfigured,
            "let",
        ),
        (refusal(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), Misconfigured, "let"),
        (refusal(400, "Bad Request: group chat was upgraded to a supergroup chat"), Misconfigured, "CHAT_ID"),
        (answer(302), Misconfigured, "TELEGRAM_API_URL"),
        (answer(307, "<html>"), Misconfigured, "TELEGRAM_API_URL"),
        (refusal(403, "message to edit not found"), Misconfigured, "unblock"),
        (refusal(400, "Bad Request: message identifier is not specified"), Refused, "identifier"),
        (refusal(403, "message is not modified"), Misconfigured, "unblock"),
        (refusal(500, "Internal Server Error"), Unavailable, "500"),
        (answer(502, "<html>Bad Gateway</html>"), Unavailable, "502"),
        (answer(408), Unavailable, "408"),
        (answer(200, "<html>Welcome to the hotel</html>"), NoAnswer, "TELEGRAM_API_URL"),
        (answer(200, "[]"), NoAnswer, "TELEGRAM_API_URL"),
        (answer(200, "[" * 100_000), NoAnswer, "TELEGRAM_API_URL"),
        (answer(200, ""), NoAnswer, "TELEGRAM_API_URL"),
        (answer(200, {"ok": "true"}), NoAnswer, "TELEGRAM_API_URL"),
        (answer(200, {"ok": False, "error_code": 401, "description": "x"}), Misconfigured, "TOKEN"),
        (refusal(429, "Too Many Requests: retry after 7", retry_after=7), RateLimited, "slow"),
        (refusal(400, "Bad Request: message is too long"), Refused, "message is too long"),
        (refusal(400, "Bad Request: message text is empty"), Refused, "message text is empty"),
        (refusal(413, "Request Entity Too Large"), Refused, "413"),
        (answer(400, "nonsense"), Refused, "no reason given"),
        (answer(400, {"ok": False, "description": None, "parameters": [1]}), Refused, "400"),
    ],
)
def test_every_refusal_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        CHAT.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (refusal(429, "Too Many Requests", retry_after=7), 7.0),
        (answer(429, "", "12"), 12.0),
        (answer(429, {"ok": False, "parameters": {"retry_after": "soon"}}, "3"), 3.0),
        (answer(429, "<html>"), None),
    ],
)
def test_the_time_to_wait_is_read_from_the_body_or_the_header(response, wait):
    """In seconds; None where neither names one."""
    with pytest.raises(RateLimited) as caught:
        CHAT.read(response)
    assert caught.value.retry_after == wait


def test_unreadable_markup_is_tried_once_more_without():
    """Then the same refusal is final."""
    response = refusal(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0')
    with pytest.raises(TryInstead, match="could not read the alert's markup") as caught:
        CHAT.read(response)
    assert caught.value.channel == Telegram(TOKEN, "-1001", plain=True)
    with pytest.raises(Refused):
        caught.value.channel.read(response)


@pytest.mark.parametrize(
    "said",
    [
        "Bad Request: message thread not found",
        "Bad Request: TOPIC_CLOSED",
        "Bad Request: TOPIC_DELETED",
        "Bad Request: TOPIC_ID_INVALID",
        "Bad Request: invalid message_thread_id specified",
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_a_topic_that_is_gone_is_left_out(said, plain):
    """The chat itself gets the alert, and the channel's name in the log says what to mend."""
    with pytest.raises(TryInstead, match="TELEGRAM_THREAD_ID") as caught:
        Telegram(TOKEN, "-1001", "42", plain=plain).read(refusal(400, said))
    channel = caught.value.channel
    assert channel == Telegram(TOKEN, "-1001", plain=plain, astray=True)
    assert "message_thread_id" not in sent(channel)
    assert channel.name == "telegram without its topic: check TELEGRAM_THREAD_ID"
    with pytest.raises(Misconfigured, match="TELEGRAM_THREAD_ID"):
        channel.read(refusal(400, said))


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (403, "message thread not found", Misconfigured),
        (500, "message thread not found", Unavailable),
        (400, "Bad Request: chat not found", Misconfigured),
        (400, "Bad Request: message is too long", Refused),
    ],
)
def test_only_a_bad_request_for_its_topic_is_tried_without_one(status, said, error):
    """Whatever else went wrong is not mended by another place in the same chat."""
    with pytest.raises(error):
        Telegram(TOKEN, "-1001", "42").read(refusal(status, said))


def test_a_chat_that_moved_is_followed_once():
    """A second move in a row is its owner's to look at."""
    said = "Bad Request: group chat was upgraded to a supergroup chat"
    response = refusal(400, said, migrate_to_chat_id=-1002)
    with pytest.raises(TryInstead) as caught:
        CHAT.read(response)
    assert caught.value.channel == Telegram(TOKEN, "-1002", moved=True)
    with pytest.raises(Misconfigured, match="TELEGRAM_CHAT_ID"):
        caught.value.channel.read(response)


@given(
    st.sampled_from((200, 302, 400, 401, 403, 404, 409, 429, 500)),
    st.sampled_from(
        (TOKEN, TOKEN.split(":")[1], f"\u200b{TOKEN[:12]}\u200b{TOKEN[12:]}", f"url /bot{TOKEN}/x")
    ),
    st.text(max_size=300),
    st.integers(1, 30),
)
@settings(deadline=None)
def test_no_error_repeats_the_token(status, echo, noise, times):
    """Not even where the server sends it back, in pieces or between other words."""
    for body in ({"ok": False, "description": f"{noise}{echo * times}", "error_code": status}, noise + echo):
        with pytest.raises(ChannelError) as caught:
            CHAT.read(answer(status, body))
        assert TOKEN.split(":")[1][:20] not in caught.value.reason + repr(caught.value)


def test_no_repr_shows_the_token():
    """Of a channel, or of a request."""
    assert TOKEN not in repr(CHAT) + repr(CHAT.render(ALERT))
