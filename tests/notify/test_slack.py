"""Slack: what is sent, and what its answers mean."""

import inspect
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

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
    units,
)
from notify.slack import SlackBot, SlackWebhook
from standins.judges import REPEATED, alerts, live_parts, slack_accepts

URL = "https://hooks.slack.com/services/T00000000/B00000000/ExampleSecretExampleSecr"
TOKEN = "xoxb-0000000000-0000000000-ExampleSecretExampleSecr"
HOOK = SlackWebhook(URL)
BOT = SlackBot(TOKEN, "C0123456789")
ALERT = Alert(
    headline="Your mail server did not answer",
    fields=(
        Field("From", "Bank <a@b.example> & `Co`"),
        Field("Subject", "<!channel> *Hi*"),
        Field("Sent", ""),
    ),
    preview="see http://evil.example",
    advice="It waits in your fallback inbox.",
)


def sent(channel, alert=ALERT, manner=ALOUD):
    """Render an alert and read its JSON."""
    return json.loads(channel.render(alert, manner).body)


def as_new(request):
    """Add to an edit what only a new message may say, and what the judge of messages asks for."""
    message = json.loads(request.body)
    new = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": "blocks" not in message}
    return replace(request, body=json.dumps(message | new))


def refusal(error, status=200):
    """Build the Web API's refusal."""
    return Response(status, json.dumps({"ok": False, "error": error}))


def test_the_name_is_the_services():
    """Logs name no channel and no webhook."""
    assert (HOOK.name, BOT.name) == ("slack webhook", "slack bot")


def test_the_webhook_gets_a_header_facts_a_preview_and_advice():
    """Untrusted text stands in code, escaped, its backticks replaced by a look-alike."""
    request = HOOK.render(ALERT)
    assert request.url == URL
    assert request.headers == {"Content-Type": "application/json; charset=utf-8"}
    message = json.loads(request.body)
    assert message.keys() == {"text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"}
    texts = [b.get("text") or b["elements"][0] for b in message["blocks"]]
    assert [t["text"] for t in texts] == [
        "Your mail server did not answer",
        "*From*  `Bank &lt;a@b.example&gt; &amp; ˋCoˋ`\n*Subject*  `&lt;!channel&gt; *Hi*`",
        "```see http://evil.example```",
        "It waits in your fallback inbox.",
    ]
    assert [b["type"] for b in message["blocks"]] == ["header", "section", "section", "context"]
    slack_accepts(request, ALERT)


def test_the_notification_has_the_same_facts_in_short():
    """A locked phone shows the headline and the fields, escaped, and no preview."""
    alert = Alert("Headline", (Field("From", "<a@b.example>"), Field("Subject", "x" * 600)), preview="secret")
    lines = sent(HOOK, alert)["text"].split("\n")
    assert lines == ["Headline", "From: &lt;a@b.example&gt;", f"Subject: {'x' * 79}…"]


def test_the_bot_posts_to_its_channel_without_parsing():
    """The token travels in a header; names are not looked up."""
    request = BOT.render(ALERT)
    assert request.url == "https://slack.com/api/chat.postMessage"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    message = json.loads(request.body)
    assert (message["channel"], message["parse"], message["link_names"]) == ("C0123456789", "none", False)
    slack_accepts(request, ALERT)


def test_the_api_may_be_elsewhere():
    """On another host, the path stays."""
    assert (
        SlackBot(TOKEN, "C", "http://127.0.0.1:1").render(ALERT).url
        == "http://127.0.0.1:1/api/chat.postMessage"
    )


def test_plain_text_keeps_untrusted_text_in_code():
    """Without blocks only code keeps Slack from making links of addresses."""
    assert sent(SlackWebhook(URL, plain=True)) == {
        "text": "*Your mail server did not answer*\n"
        "*From*  `Bank &lt;a@b.example&gt; &amp; ˋCoˋ`\n*Subject*  `&lt;!channel&gt; *Hi*`\n\n"
        "```see http://evil.example```\n\n"
        "It waits in your fallback inbox.",
        "mrkdwn": True,
        "unfurl_links": False,
        "unfurl_media": False,
    }


PLACE = "C0123456789 1503435956.000247"
EDIT = Manner(sound=False, thread="C01 1.2", edits=PLACE)
PLAIN = replace(BOT, plain=True)
NO_PLACES = [
    *("", " ", "12", "C01", "C01 ", "C01 12", "C01 1.2 ", "C01 1.2\n", "C01  1.2", "C01 1.2 3", "C01,1.2"),
    *("c01 1.2", "C 1.2", "U01 1.2", "#mail 1.2", "<!channel> 1.2", "C01 1.", "C01 .2", "C01 -1.2"),
    *("C01 \u0661.\u0662", f"C{'0' * 31} 1.2", f"C01 {'1' * 13}.2", "\ud800 1.2"),
]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("manner", [Manner(sound=False), Manner(thread=PLACE), EDIT])
def test_a_webhook_knows_one_manner(plain, manner):
    """It can neither reply nor edit, and tells no places."""
    hook = replace(HOOK, plain=plain)
    assert (hook.keeps_place, BOT.keeps_place) == (False, True)
    assert hook.render(ALERT, manner) == hook.render(ALERT)


@pytest.mark.parametrize("bot", [BOT, PLAIN])
@pytest.mark.parametrize("sound", [False, True])
def test_a_reply_stands_in_its_thread_and_with_sound_in_the_channel_too(bot, sound):
    """Of a thread's replies nobody else would hear."""
    thread = {"channel": "C77", "thread_ts": "1503435956.000247", "reply_broadcast": sound}
    request = bot.render(ALERT, Manner(sound, "C77 1503435956.000247"))
    assert request.url == "https://slack.com/api/chat.postMessage"
    assert json.loads(request.body) == sent(bot) | thread
    assert set(thread) < set(inspect.signature(WebClient.chat_postMessage).parameters)
    assert sent(bot, manner=Manner(sound=False)) == sent(bot)


@pytest.mark.parametrize("bot", [BOT, PLAIN])
def test_an_edit_names_its_message_and_what_it_says_now(bot):
    """With what chat.update takes and nothing else; without blocks the message loses those it had."""
    request = bot.render(ALERT, EDIT)
    assert request.url == "https://slack.com/api/chat.update"
    message = json.loads(request.body)
    assert (message["channel"], message["ts"]) == ("C0123456789", "1503435956.000247")
    assert (message["parse"], message["link_names"]) == ("none", False)
    same = ("text",) if bot.plain else ("text", "blocks")
    assert {key: message[key] for key in same} == {key: sent(bot)[key] for key in same}
    assert message.keys() == {*same, "channel", "ts", "parse", "link_names"}
    assert set(message) <= set(inspect.signature(WebClient.chat_update).parameters)
    slack_accepts(as_new(request), ALERT)


@pytest.mark.parametrize("place", NO_PLACES)
@pytest.mark.parametrize("bot", [BOT, PLAIN])
def test_a_place_that_can_not_be_is_ignored(bot, place):
    """Whoever wrote it: the alert is told as a new message."""
    assert bot.render(ALERT, Manner(thread=place, edits=place)) == bot.render(ALERT)


@pytest.mark.parametrize("bot", [BOT, PLAIN])
@pytest.mark.parametrize("headline", ["Headline", "<" * 300])
def test_an_edits_text_keeps_within_4000_characters(bot, headline):
    """Which is less than a message's: of its fields something is left."""
    fields = tuple(Field(f"Field {n}", "😀&" * 300) for n in range(15))
    alert = Alert(headline, fields, preview="x" * 600, advice="&" * 200)
    message = sent(bot, alert, EDIT)
    assert units(message["text"]) <= 4000
    assert message["text"].count("Field ") == 15
    slack_accepts(as_new(bot.render(alert, EDIT)))


def test_what_an_alert_does_not_say_leaves_no_gap():
    """Neither an empty block nor an empty line."""
    alert = Alert("Headline")
    assert [block["type"] for block in sent(HOOK, alert)["blocks"]] == ["header"]
    assert sent(HOOK, alert)["text"] == "Headline"
    assert sent(SlackWebhook(URL, plain=True), alert)["text"] == "*Headline*"


def test_our_own_words_are_escaped_too():
    """No advice could turn into markup."""
    alert = Alert("A < B", advice="C & D > E")
    assert sent(SlackWebhook(URL, plain=True), alert)["text"] == "*A &lt; B*\n\nC &amp; D &gt; E"


def test_a_repeat_says_so_first():
    """In the blocks, the notification and the plain text alike."""
    repeat = ALERT.as_repeat(REPEATED)
    assert sent(HOOK, repeat)["blocks"][0]["elements"][0]["text"].startswith("This may be a repeat")
    assert sent(HOOK, repeat)["text"].startswith("This may be a repeat")
    assert sent(SlackWebhook(URL, plain=True), repeat)["text"].startswith("This may be a repeat")


def test_right_to_left_text_is_isolated():
    """A Hebrew subject can't reorder the label before it."""
    message = sent(HOOK, Alert("x", (Field("Subject", "שלום"),)))
    assert message["blocks"][1]["text"]["text"] == "*Subject*  `\u2068שלום\u2069`"


@given(alerts(), st.booleans(), st.booleans(), st.sampled_from((ALOUD, EDIT)))
@settings(deadline=None)
def test_hostile_alerts_are_accepted_with_nothing_live(alert, plain, bot, manner):
    """Whatever a message says, Slack takes the alert, and only our words stand outside code."""
    channel = SlackBot(TOKEN, "C", plain=plain) if bot else SlackWebhook(URL, plain=plain)
    request = channel.render(alert, manner)
    if request.url.endswith("/chat.update"):
        assert units(json.loads(request.body)["text"]) <= 4000
        request = as_new(request)
    slack_accepts(request, alert)
    assert live_parts(request) == []


def test_long_texts_are_shortened_not_cut():
    """A long headline and fifteen fields that escape to five times their size stay within the limits."""
    fields = tuple(Field(f"Field {n}", "&" * 600) for n in range(15))
    request = HOOK.render(Alert("H" * 200, fields, preview="<" * 600))
    slack_accepts(request)
    message = json.loads(request.body)
    assert message["blocks"][0]["text"]["text"] == "H" * 149 + "…"
    assert message["blocks"][1]["text"]["text"].count("&amp;…`") == 15


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"ok":true,"channel":"C01","ts":"1503435956.000247"}', "C01 1503435956.000247"),
        ('{"ts":"1.2","message":{},"channel":"D01","ok":true}', "D01 1.2"),
        ('{"ok":true,"channel":"C01","ts":"1.2","message":{"text":"cut he', "C01 1.2"),
        ('{"ok":true,"message":{"text":"cut he', ""),
        ('{"ok":true,"ts":"1.2"}', ""),
        ('{"ok":true,"channel":"C01"}', ""),
        ('{"ok":true,"channel":["C01"],"ts":1.2}', ""),
        ('{"ok":true,"channel":"#mail","ts":"1.2"}', ""),
        ('{"ok":true,"channel":"C01 1.2","ts":"C01 1.2"}', ""),
    ],
)
def test_a_taken_message_has_its_channel_and_time_for_a_place(body, place):
    """The Web API says it in JSON, which may reach us cut off; what can't be a place is none."""
    assert BOT.read(Response(200, body)) == place


def test_a_webhook_says_ok_and_no_more():
    """Where the message stands, it does not tell."""
    assert HOOK.read(Response(200, "ok")) == ""


@pytest.mark.parametrize("bot", [BOT, PLAIN])
@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "cant_update_message"])
def test_a_message_that_can_not_be_edited_is_gone(bot, code):
    """The alert has to be told anew."""
    with pytest.raises(Gone, match=code):
        bot.read(refusal(code))


@pytest.mark.parametrize("bot", [BOT, PLAIN])
@pytest.mark.parametrize(
    "code", ["thread_not_found", "cannot_reply_to_message", "restricted_action_non_threadable_channel"]
)
def test_what_can_not_be_replied_to_is_left_alone(bot, code):
    """The channel itself gets the alert; then the same refusal is final."""
    with pytest.raises(TryInstead, match=code) as caught:
        bot.read(refusal(code))
    channel = caught.value.channel
    assert channel.render(ALERT, Manner(thread=PLACE)) == bot.render(ALERT)
    assert channel.render(ALERT, EDIT) == bot.render(ALERT, EDIT)
    with pytest.raises(Refused, match=code):
        channel.read(refusal(code))


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (Response(400, "invalid_payload"), TryInstead, "invalid_payload"),
        (Response(400, "invalid_blocks"), TryInstead, "invalid_blocks"),
        (Response(400, "user_not_found"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(400, "no_text"), Refused, "no_text"),
        (Response(403, "action_prohibited"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(403, "posting_to_general_channel_denied"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(403, "invalid_token"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(403, "<html>"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(404, "channel_not_found"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(404, "no_service"), Misconfigured, "no_service"),
        (Response(404, "no_team"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(404), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(410, "channel_is_archived"), Misconfigured, "SLACK_WEBHOOK_URL"),
        (Response(429, "rate_limited", "30"), RateLimited, "slow"),
        (Response(429, "<html>", "30"), RateLimited, "slow"),
        (Response(500, "rollup_error"), Unavailable, "rollup_error"),
        (Response(503, "<html>"), Unavailable, "503"),
        (Response(302), Misconfigured, "SLACK_API_URL"),
        (Response(200, "<html>Welcome to the hotel</html>"), NoAnswer, "SLACK_WEBHOOK_URL"),
        (Response(200, ""), NoAnswer, "SLACK_WEBHOOK_URL"),
        (Response(418, "teapot"), Refused, "teapot"),
    ],
)
def test_every_answer_of_a_webhook_has_a_meaning(response, error, words):
    """An error says whose turn it is, and to an owner what to do."""
    with pytest.raises(ChannelError) as caught:
        HOOK.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason


@pytest.mark.parametrize(
    "code",
    [
        *("no_service", "no_active_hooks", "no_team", "team_disabled", "invalid_token", "user_not_found"),
        *("channel_not_found", "channel_is_archived", "action_prohibited"),
        "posting_to_general_channel_denied",
    ],
)
def test_an_error_code_of_a_webhook_counts_whatever_the_status(code):
    """And is named, so that it can be looked up."""
    with pytest.raises(Misconfigured, match=rf"SLACK_WEBHOOK_URL.* \({code}\)$"):
        HOOK.read(Response(400, code))


@pytest.mark.parametrize(
    "code",
    [
        *("two_factor_setup_required", "team_not_found", "user_not_found"),
        *("enterprise_is_restricted", "team_access_not_granted", "messages_tab_disabled"),
    ],
)
def test_an_error_code_of_the_web_api_says_what_to_mend(code):
    """And is named, so that it can be looked up."""
    with pytest.raises(Misconfigured, match=rf"SLACK_.* \({code}\)$"):
        BOT.read(refusal(code))


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        *((refusal(code), Misconfigured, "SLACK_BOT_TOKEN again")
          for code in ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")),
        *((refusal(code), Misconfigured, "chat:write")
          for code in ("missing_scope", "not_allowed_token_type", "as_user_not_supported")),
        *((refusal(code), Misconfigured, "SLACK_CHANNEL")
          for code in ("channel_not_found", "is_archived", "is_inactive")),
        *((refusal(code), Misconfigured, "invite") for code in ("not_in_channel", "no_permission")),
        *((refusal(code), Misconfigured, "ask an admin")
          for code in ("restricted_action", "restricted_action_read_only_channel", "access_denied",
                       "restricted_action_thread_only_channel", "ekm_access_denied", "accesslimited")),
        *((refusal(code), TryInstead, code)
          for code in ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")),
        *((refusal(code), RateLimited, "slow")
          for code in ("ratelimited", "rate_limited", "message_limit_exceeded")),
        *((refusal(code), Unavailable, code)
          for code in ("internal_error", "fatal_error", "service_unavailable", "request_timeout",
                       "team_added_to_org", "org_login_required", "update_failed",
                       "external_channel_migrating")),
        *((refusal(code), Refused, code)
          for code in ("msg_too_long", "invalid_arguments", "brand_new_error")),
        (refusal("ratelimited", 429), RateLimited, "slow"),
        (Response(401), Misconfigured, "SLACK_BOT_TOKEN"),
        (Response(403), Misconfigured, "SLACK_BOT_TOKEN"),
        (Response(404, "<html>"), Misconfigured, "SLACK_API_URL"),
        (Response(301), Misconfigured, "SLACK_API_URL"),
        (Response(502, "<html>"), Unavailable, "502"),
        (Response(200, "<html>"), NoAnswer, "SLACK_API_URL"),
        (Response(200, "ok"), NoAnswer, "SLACK_API_URL"),
        (Response(200, "[]"), NoAnswer, "SLACK_API_URL"),
        (Response(200, '{"ok":1}'), NoAnswer, "SLACK_API_URL"),
        (Response(400, "{}"), Refused, "400"),
    ],
)  # fmt: skip
def test_every_answer_of_the_web_api_has_a_meaning(response, error, words):
    """Also where a refusal comes with 200."""
    with pytest.raises(ChannelError) as caught:
        BOT.read(response)
    assert type(caught.value) is error
    assert words in caught.value.reason


@pytest.mark.parametrize("channel", [HOOK, BOT])
@pytest.mark.parametrize(
    ("header", "wait"), [("30", 30.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)]
)
def test_the_time_to_wait_is_read_from_the_header(channel, header, wait):
    """In seconds; None where there is none."""
    with pytest.raises(RateLimited) as caught:
        channel.read(Response(429, "", header))
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    ("channel", "response"), [(HOOK, Response(400, "invalid_blocks")), (BOT, refusal("invalid_blocks"))]
)
def test_unreadable_blocks_are_tried_once_more_as_text(channel, response):
    """Then the same refusal is final."""
    with pytest.raises(TryInstead) as caught:
        channel.read(response)
    assert "blocks" not in sent(caught.value.channel)
    with pytest.raises(Refused):
        caught.value.channel.read(response)


@given(st.sampled_from((200, 302, 400, 401, 403, 404, 418, 429, 500)), st.text(max_size=300))
@settings(deadline=None)
def test_no_error_repeats_a_secret(status, noise):
    """Not even where the server sends it back."""
    for channel, secret in ((HOOK, URL), (BOT, TOKEN)):
        echoes = (f"{noise}{secret}{noise}", json.dumps({"ok": False, "error": f"{noise} {secret}"}))
        for echo in echoes:
            with pytest.raises(ChannelError) as caught:
                channel.read(Response(status, echo))
            assert "ExampleSecretExampleSecr" not in caught.value.reason + repr(caught.value)


def test_no_repr_shows_a_secret():
    """Of a channel, or of a request."""
    shown = "".join(repr(thing) for c in (HOOK, BOT) for thing in (c, c.render(ALERT)))
    assert "ExampleSecretExampleSecr" not in shown
