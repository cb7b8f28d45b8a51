"""The chat stand-in: it takes and refuses what the services do, and shows what a person would have seen."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.chat.markup import MarkupError, parse_html
from mail_failover.emulator.chat.standin import ChatStandIn, Post
from notify.alert import Alert, Field
from notify.channel import Response
from notify.slack import SlackBot, SlackWebhook
from notify.telegram import Telegram
from standins import judges

TOKEN = "123456789:AAExampleSecret"
API = f"https://api.telegram.org/bot{TOKEN}/sendMessage"
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/ExampleSecret"
SLACK_API = "https://slack.com/api/chat.postMessage"
SLACK_TOKEN = "xoxb-1-2-abc"
CHANNELS = (
    Telegram(TOKEN, "-1001"),
    Telegram(TOKEN, "-1001", plain=True),
    SlackWebhook(HOOK),
    SlackWebhook(HOOK, plain=True),
    SlackBot(SLACK_TOKEN, "C01"),
    SlackBot(SLACK_TOKEN, "C01", plain=True),
)


def post(chat, url, payload, method="POST", **headers):
    """Send one request into the stand-in; an object goes as JSON."""
    content = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            return await client.request(method, url, content=content, headers=headers)

    return asyncio.run(send())


def deliver(chat, channel, alert):
    """Send an alert through a channel into the stand-in, and let the channel read the answer."""
    request = channel.render(alert)
    response = post(chat, request.url, request.body, **request.headers)
    channel.read(Response(response.status_code, response.text))


def telegram(**message):
    """Post a message to the stand-in; return the answer and the posts."""
    chat = ChatStandIn()
    answer = post(chat, API, {"chat_id": "1"} | message)
    return answer, chat.posts


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_person_sees_every_fact_and_nothing_to_click(channel):
    """Markup gone, characters decoded, labels kept."""
    heard = []
    chat = ChatStandIn(heard.append)
    fields = (Field("From", "Bank <https://evil.example> & Co"), Field("Subject", "<!channel> *now* @all"))
    deliver(chat, channel, Alert("No answer", fields, preview="evil.com", advice="Look at your inbox."))
    (seen,) = chat.posts
    assert heard == [seen]
    assert seen.live == ()
    for words in (
        "No answer",
        *(f.text for f in fields),
        "From",
        "Subject",
        "evil.com",
        "Look at your inbox.",
    ):
        assert words in seen.seen
    assert not any(mark in seen.seen for mark in ("&lt;", "<code>", "`"))


@given(judges.alerts(), st.sampled_from(CHANNELS))
@settings(deadline=None)
def test_hostile_alerts_are_taken(alert, channel):
    """The stand-in agrees with the independent judges."""
    chat = ChatStandIn()
    deliver(chat, channel, alert)
    assert chat.posts[0].live == ()
    assert chat.posts[0].seen


_TAGS = """\
<b>x</b> | <B>x</b > | <b>x</> | </b> | <b> | <b | <x> | <user@host> | <!-- x --> | <br/> | <b />
</ > | <> | < b> | <b><i>x</b></i> | <b><b>x</b></b> | <strong>x</b> | </b | </b x>
<code><b>x</b></code> | <i a> | <i a | <i a=b> | <i a = > | <a href='http://x.example'>x</a>
<a href=x.y> | <a href=http://x> | <a> | <a href='javascript:x'> | <i =x> | <i a=' | <i a='x
<i a='x'b> | <i a="&quot;"> | <span>x</span> | <span class="tg-spoiler">x</span>
<span class='x'> | <tg-spoiler>x</tg-spoiler> | <blockquote expandable>x</blockquote>
<tg-emoji emoji-id='5'>x</> | <tg-emoji emoji-id='05'>x</> | <tg-emoji emoji-id='-5'>x</>
<tg-emoji>x</tg-emoji> | <tg-emoji></> | <tg-emoji emoji-id='9223372036854775807'>x</>
<tg-emoji emoji-id='9223372036854775808'>x</> | <tg-emoji emoji-id='-9223372036854775808'>x</>
<tg-time unix='1'>x</tg-time> | <tg-time format='wDT'>x</> | <tg-time format='rt'>x</>
<tg-time format=R>x</> | <pre><code class='language-py'>x</code></pre> | &lt; | &lt | &LT;
&nbsp; | &apos; | &amp;lt; | &quot; | &ltx | &#60; | &#x3c; | &#x3C | &#X3C; | &#0; | &# | &#x;
&#xd800; | &#55357;&#56832; | &#1114111; | &#1114110; | &#00000060; | &#000060; | ü | 😀 | x | =
/ | > | < | & | " | '"""
SOUP = [
    *_TAGS.replace("\n", " | ").split(" | "),
    *("<b\0>", "<stri\u212ae>x</strike>", "\0", "\v", "\f", "\t", "\r\n", " ", "\u2028", "\u00a0"),
]


def verdict(text):
    """Return the stand-in's reading of HTML, or its complaint, in TDLib's words."""
    try:
        return parse_html(text)[0]
    except MarkupError as error:
        return f"Can't parse entities: {error}"


def td_verdict(text):
    """Return TDLib's reading of HTML, or its complaint."""
    answer = judges.parse_html(text)
    return answer["text"] if answer["@type"] == "formattedText" else answer["message"]


@pytest.mark.parametrize("text", SOUP)
def test_html_is_read_as_telegram_reads_it(text):
    """The same text, or the same complaint at the same byte."""
    for around in (text, f"ü{text}😀", f"<b>{text}</b>"):
        assert verdict(around) == td_verdict(around)


@given(st.lists(st.sampled_from(SOUP) | st.text(max_size=3), max_size=12).map("".join))
@settings(deadline=None)
def test_tag_soup_is_read_as_telegram_reads_it(text):
    """The same text, or the same complaint at the same byte."""
    assert verdict(text) == td_verdict(text)


def test_a_telegram_answer_looks_like_the_servers():
    """Success echoes the message under a growing number."""
    chat = ChatStandIn()
    for number in (1, 2):
        answer = post(
            chat, API, {"chat_id": "-1001", "text": "<b>😀</b> <code>x</code>", "parse_mode": "HTML"}
        )
        assert answer.status_code == 200
        result = answer.json()["result"]
        assert (result["message_id"], result["chat"]["id"], result["text"]) == (number, -1001, "😀 x")
    assert result["entities"] == [
        {"offset": 0, "length": 2, "type": "bold"},
        {"offset": 3, "length": 1, "type": "code"},
    ]
    assert answer.text.startswith('{"ok":true,"result":{"message_id":2,')


@pytest.mark.parametrize(
    ("message", "description"),
    [
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "x", "txt": "y"}, 'unknown parameter "txt"'),
        ({"text": 5}, "text must be a string"),
        ({"text": "x", "message_thread_id": "7"}, "invalid message_thread_id specified"),
        ({"text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"text": "x", "link_preview_options": True}, "can't parse link preview options: expected an Object"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "\ud800"}, "strings must be encoded in UTF-8"),
        ({"text": "x", "entities": [{"type": "code", "offset": 0, "length": 2}]},
         "can't parse entities: Invalid MessageEntity specified"),
        ({"text": "😀", "entities": [{"type": "code", "offset": 1, "length": 1}]},
         "can't parse entities: Invalid MessageEntity specified"),
        ({"text": "<x>", "parse_mode": "HTML"},
         'can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
    ],
)  # fmt: skip
def test_telegram_refuses_in_the_servers_words(message, description):
    """With 400, and nothing is posted."""
    answer, posts = telegram(**message)
    expected = {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert (answer.status_code, answer.json(), posts) == (400, expected, [])


def test_telegram_wants_json():
    """Anything else is a bad request."""
    answer = post(ChatStandIn(), API, "chat_id=1&text=x")
    assert (answer.status_code, answer.json()["description"]) == (400, "Bad Request: can't parse JSON object")


def test_telegram_drops_what_reorders_text_and_blanks_control_characters():
    """As the server's cleaning does before anyone reads the text."""
    assert telegram(text="a\r\u202eb\x01c\nd\u2068e")[1][0].seen == "ab c\nd\u2068e"


def test_telegram_counts_after_parsing():
    """4096 characters pass, however much markup they take."""
    answer, posts = telegram(text="&amp;" * 4096, parse_mode="HTML")
    assert (answer.status_code, posts[0].seen) == (200, "&" * 4096)


@pytest.mark.parametrize(
    ("url", "method", "status"),
    [
        (API.replace("123456789:", "0123:"), "POST", 401),
        (API.replace("123456789:", "123456789"), "POST", 401),
        (API.replace("sendMessage", "sendPhoto"), "POST", 404),
        ("https://example.org/", "POST", 404),
        (API, "PUT", 405),
    ],
)
def test_other_calls_are_not_taken(url, method, status):
    """A malformed token, another method, another address."""
    chat = ChatStandIn()
    assert post(chat, url, {"chat_id": "1", "text": "x"}, method).status_code == status
    assert chat.posts == []


@pytest.mark.parametrize(
    ("message", "live"),
    [
        ({"text": "see evil.com now"}, ("evil.com",)),
        ({"text": "a@b.example @durov #tag /start"}, ("a@b.example", "@durov", "#tag", "/start")),
        ({"text": "see wrangler.toml, version 1.25"}, ()),
        ({"text": "<code>evil.com</code> <pre>@durov</pre>", "parse_mode": "HTML"}, ()),
        ({"text": "<b>evil.com</b>", "parse_mode": "HTML"}, ("evil.com",)),
        ({"text": "<a href='http://x.example'>x</a>", "parse_mode": "HTML"}, ("http://x.example",)),
        ({"text": "<a href='javascript:x'>x</a>", "parse_mode": "HTML"}, ()),
        ({"text": "evil.com", "entities": [{"type": "code", "offset": 0, "length": 8}]}, ()),
    ],
)
def test_telegram_shows_what_can_be_clicked(message, live):
    """Links, and what the server makes links of, everywhere but in code."""
    assert telegram(**message)[1][0].live == live


def header(text, kind="plain_text"):
    """Build a header."""
    return {"type": "header", "text": {"type": kind, "text": text}}


def section(text, **options):
    """Build a section of mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text} | options}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": []}, "no_text"),
        ({"text": "x", "blocks": {"a": 1}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [section("")]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y" * 3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y", emoji=True)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y")] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y" * 2700)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": [header("x", "mrkdwn")]}, "invalid_blocks"),
        ({"text": "x", "blocks": [header("x" * 151)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "section", "fields": []}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}]},
         "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": ["x"]}, "invalid_blocks"),
    ],
)  # fmt: skip
def test_slack_refuses_by_its_codes(message, error):
    """The Web API says why in JSON with 200; a webhook says less, in plain text with 400."""
    chat = ChatStandIn()
    answer = post(chat, SLACK_API, message | {"channel": "C01"}, authorization=f"Bearer {SLACK_TOKEN}")
    assert (answer.status_code, answer.json()["ok"], answer.json()["error"]) == (200, False, error)
    answer = post(chat, HOOK, message)
    assert answer.status_code == 400
    assert answer.text == ("invalid_blocks" if "blocks" in error else error)
    assert chat.posts == []


@pytest.mark.parametrize(
    ("payload", "authorization", "error"),
    [
        ({"channel": "C01", "text": "x"}, "", "not_authed"),
        ({"channel": "C01", "text": "x"}, "Bearer nonsense", "invalid_auth"),
        ({"text": "x"}, f"Bearer {SLACK_TOKEN}", "channel_not_found"),
        ("{", f"Bearer {SLACK_TOKEN}", "invalid_json"),
    ],
)
def test_the_web_api_wants_a_token_and_a_channel(payload, authorization, error):
    """Each lack has its code."""
    chat = ChatStandIn()
    assert post(chat, SLACK_API, payload, authorization=authorization).json() == {"ok": False, "error": error}


def test_a_webhook_wants_its_whole_address_and_json():
    """Else Slack answers in plain text."""
    answers = (post(ChatStandIn(), HOOK, "[]"), post(ChatStandIn(), HOOK.rsplit("/", 1)[0], "{}"))
    assert [(a.status_code, a.text) for a in answers] == [(400, "invalid_payload"), (404, "no_service")]


@pytest.mark.parametrize(
    ("message", "seen", "live"),
    [
        ({"text": "<!channel> &lt;!here&gt;"}, "@channel <!here>", ("<!channel>",)),
        ({"text": "<http://x.example|Bank> `<@U1>`"}, "Bank @U1", ("<http://x.example|Bank>", "<@U1>")),
        ({"text": "http://x.example `http://y.example`"}, None, ("http://x.example",)),
        ({"text": "http://x.example", "parse": "none"}, None, ()),
        ({"text": "a", "blocks": [section("*evil.com* _b_")]}, "evil.com b", ("evil.com",)),
        ({"text": "a", "blocks": [section("evil.com", verbatim=True)]}, "evil.com", ()),
        ({"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "*a* `b`"}]}]}, "a b", ()),
        ({"text": "<!here>", "blocks": [section("x"), {"type": "divider"}]}, "x", ("<!here>",)),
    ],
)
def test_slack_shows_what_can_be_clicked_or_calls_people(message, seen, live):
    """Links and mentions even in code, bare addresses where Slack links them."""
    chat = ChatStandIn()
    assert post(chat, HOOK, message).text == "ok"
    assert chat.posts[0].live == live
    assert seen in (None, chat.posts[0].seen)


def test_a_post_names_no_secret():
    """A webhook's address and a token stay out of what is shown."""
    chat = ChatStandIn()
    for channel in CHANNELS:
        deliver(chat, channel, Alert("x"))
    assert {(p.service, p.chat) for p in chat.posts} == {
        ("telegram", "-1001"),
        ("slack", "webhook"),
        ("slack", "C01"),
    }
    assert all(isinstance(p, Post) and "ExampleSecret" not in repr(p) for p in chat.posts)
