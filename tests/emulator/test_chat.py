"""The chat stand-in: it takes and refuses what the services do, and shows what a person would have seen."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_failover.emulator.chat.markup import MarkupError, parse_html
from mail_failover.emulator.chat.service import Post
from mail_failover.emulator.chat.standin import ChatStandIn
from notify.alert import Alert, Field
from notify.channel import ALOUD, Gone, Manner, Response
from notify.discord import Discord
from notify.mattermost import Mattermost
from notify.slack import SlackBot, SlackWebhook
from notify.telegram import Telegram
from standins import judges

TOKEN = "123456789:AAExampleSecret"
API = f"https://api.telegram.org/bot{TOKEN}/sendMessage"
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/ExampleSecret"
EDIT = API.replace("sendMessage", "editMessageText")
SLACK_API = "https://slack.com/api/chat.postMessage"
SLACK_EDIT = "https://slack.com/api/chat.update"
SLACK_TOKEN = "xoxb-1-2-abc"
DISCORD = f"https://discord.com/api/v10/webhooks/1100000000000000001/{'ExampleSecret' * 5}"
CHANNELS = (
    Telegram(TOKEN, "-1001"),
    Telegram(TOKEN, "-1001", plain=True),
    SlackWebhook(HOOK),
    SlackWebhook(HOOK, plain=True),
    SlackBot(SLACK_TOKEN, "C01"),
    SlackBot(SLACK_TOKEN, "C01", plain=True),
    Discord(DISCORD),
    Discord(DISCORD, "1200000000000000002"),
    Mattermost("https://chat.example.com/hooks/examplesecretexamplesecret"),
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as "
    "a current content and reply markup of the message"
)
KEEPERS = [channel for channel in CHANNELS if channel.keeps_place]


def post(chat, url, payload, method="POST", **headers):
    """Send one request into the stand-in; an object goes as JSON."""
    content = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)

    async def send():
        async with httpx.AsyncClient(transport=chat) as client:
            return await client.request(method, url, content=content, headers=headers)

    return asyncio.run(send())


def deliver(chat, channel, alert, manner=ALOUD, read=None):
    """Send an alert through a channel into the stand-in; return what it reads of so much of the answer."""
    request = channel.render(alert, manner)
    response = post(chat, request.url, request.body, request.method, **request.headers)
    return channel.read(Response(response.status_code, response.text[:read]))


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
    # Mattermost would turn what Slack has for a mention into its own, in code as elsewhere.
    shown = seen.seen.replace("\u2039", "<")
    for words in (
        "No answer",
        *(f.text for f in fields),
        "From",
        "Subject",
        "evil.com",
        "Look at your inbox.",
    ):
        assert words in shown
    assert not any(mark in seen.seen for mark in ("&lt;", "<code>", "`"))


@given(judges.alerts(), st.sampled_from(CHANNELS))
@settings(deadline=None)
def test_hostile_alerts_are_taken(alert, channel):
    """As new messages, replies and edits; the stand-in agrees with the independent judges."""
    chat = ChatStandIn()
    place = deliver(chat, channel, Alert("First"), read=16_384)
    for manner in (ALOUD, Manner(thread=place), Manner(edits=place)):
        last = deliver(chat, channel, alert, manner, read=16_384)
        assert last == chat.posts[-1].place
    first, *others = chat.posts
    assert all(post.live == () and post.seen for post in others)
    assert [post.edits for post in chat.posts] == ["", "", "", first.place]


@pytest.mark.parametrize("channel", KEEPERS)
def test_every_manner_shows_in_the_chat(channel):
    """Aloud or not, under a message if it can, in its place; an edit calls nobody, and is no message."""
    heard = []
    chat = ChatStandIn(heard.append)
    place = deliver(chat, channel, Alert("First"))
    silent = deliver(chat, channel, Alert("Second"), Manner(sound=False, thread=place))
    assert deliver(chat, channel, Alert("Third"), Manner(edits=place)) == place
    loud = deliver(chat, channel, Alert("Fourth"), Manner(thread=place))
    assert deliver(chat, channel, Alert("Fifth"), Manner(edits=silent)) == silent
    last = deliver(chat, channel, Alert("Sixth"))
    assert heard == chat.posts
    under = "" if isinstance(channel, Discord) else place
    assert [(p.seen, p.sound, p.place, p.thread, p.edits) for p in chat.posts] == [
        ("First", True, place, "", ""),
        ("Second", False, silent, under, ""),
        ("Third", False, place, "", place),
        ("Fourth", True, loud, under, ""),
        ("Fifth", False, silent, under, silent),
        ("Sixth", True, last, "", ""),
    ]
    assert [bool(p.notice) for p in chat.posts] == [True, True, False, True, False, True]
    numbers = {"telegram": ["1", "2", "3", "4"], "slack": [f"C01 180000000{n}.000100" for n in (1, 2, 3, 4)]}
    numbers["discord"] = [f"140000000000000000{n}" for n in (1, 2, 3, 4)]
    assert [place, silent, loud, last] == numbers[chat.posts[0].service]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_keeps_its_place_however_long_it_is(channel):
    """The Worker reads no more than the start of an answer, whose echo is longer."""
    chat = ChatStandIn()
    fields = tuple(Field(f"Field {n}", "\U0001f600" * 200) for n in range(15))
    place = deliver(chat, channel, Alert("Long", fields), read=16_384)
    for manner in (Manner(thread=place), Manner(edits=place)):
        last = deliver(chat, channel, Alert("As long", fields), manner, read=16_384)
        assert (last, bool(last)) == (chat.posts[-1].place, channel.keeps_place)


@pytest.mark.parametrize("channel", [SlackWebhook(HOOK), SlackWebhook(HOOK, plain=True)])
def test_a_webhook_posts_and_that_is_all(channel):
    """Aloud, and its posts have no place."""
    chat = ChatStandIn()
    assert deliver(chat, channel, Alert("x"), Manner(sound=False, thread="C01 1.2")) == ""
    [seen] = chat.posts
    assert (seen.sound, seen.place, seen.thread, seen.edits) == (True, "", "", "")


@pytest.mark.parametrize(
    ("channel", "place"),
    [(c, {Telegram: "7", SlackBot: "C01 1800000007.000100"}.get(type(c), "9" * 19)) for c in KEEPERS],
)
def test_what_is_not_there_can_not_be_edited_and_is_no_thread(channel, place):
    """An edit has to be told anew; a reply stands in the chat by itself."""
    chat = ChatStandIn()
    with pytest.raises(Gone):
        deliver(chat, channel, Alert("x"), Manner(edits=place))
    assert chat.posts == []
    deliver(chat, channel, Alert("x"), Manner(sound=False, thread=place))
    assert chat.posts[0].thread == ""


@pytest.mark.parametrize("plain", [False, True])
def test_telegram_takes_no_edit_that_changes_nothing(plain):
    """Which is no error to the channel."""
    chat, channel = ChatStandIn(), Telegram(TOKEN, "-1001", plain=plain)
    place = deliver(chat, channel, Alert("x"))
    assert deliver(chat, channel, Alert("x"), Manner(edits=place)) == ""
    assert len(chat.posts) == 1


def test_an_app_finds_by_its_identifier_what_it_posted_by_a_channels_name():
    """Slack answers a post to a name with the channel's identifier, which an edit needs."""
    chat, channel = ChatStandIn(), SlackBot(SLACK_TOKEN, "#mail")
    place = deliver(chat, channel, Alert("First"))
    assert deliver(chat, channel, Alert("Second"), Manner(edits=place)) == place
    deliver(chat, channel, Alert("Third"), Manner(thread=place))
    assert [(p.seen, p.chat, p.thread) for p in chat.posts] == [
        ("First", "#mail", ""),
        ("Second", "#mail", ""),
        ("Third", "#mail", place),
    ]


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
        ({"text": "x", "message_id": 1}, 'unknown parameter "message_id"'),
        ({"text": "x", "disable_notification": "true"}, "disable_notification must be a Boolean"),
        ({"text": "x", "reply_parameters": 1}, "can't parse reply parameters: expected an Object"),
        *(({"text": "x", "reply_parameters": reply}, "can't parse reply parameters: invalid fields specified")
          for reply in ({}, {"message_id": "1"}, {"message_id": True},
                        {"message_id": 1, "allow_sending_without_reply": "true"})),
        ({"text": "x", "reply_parameters": {"message_id": 1, "quiet": True}}, 'unknown parameter "quiet"'),
        ({"text": "x", "reply_parameters": {"message_id": 1}}, "message to be replied not found"),
        ({"text": "x", "reply_parameters": {"message_id": 1, "allow_sending_without_reply": False}},
         "message to be replied not found"),
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


@pytest.mark.parametrize(
    ("edit", "description"),
    [
        ({"chat_id": ""}, "chat_id is empty"),
        ({"text": " "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        *(({name: 1}, f'unknown parameter "{name}"')
          for name in ("message_thread_id", "disable_notification", "protect_content", "reply_parameters")),
        ({"text": 5}, "text must be a string"),
        ({"link_preview_options": True}, "can't parse link preview options: expected an Object"),
        ({"text": "<x>", "parse_mode": "HTML"},
         'can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
        *(({"message_id": number}, "message identifier is not specified")
          for number in (0, -1, "1", True, None)),
        ({"message_id": 2}, "message to edit not found"),
        ({"chat_id": "2"}, "message to edit not found"),
        *((same, NOT_MODIFIED)
          for same in ({}, {"text": "<b>x</b>y", "parse_mode": "HTML"}, {"text": "xy "})),
    ],
)  # fmt: skip
def test_telegram_refuses_an_edit_in_the_servers_words(edit, description):
    """With 400, and the message stays as it was."""
    chat = ChatStandIn()
    bold = [{"type": "bold", "offset": 0, "length": 1}]
    message = {"chat_id": "1", "text": "xy", "entities": bold}
    assert post(chat, API, message).status_code == 200
    answer = post(chat, EDIT, message | {"message_id": 1} | edit)
    expected = {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert (answer.status_code, answer.json(), len(chat.posts)) == (400, expected, 1)


def test_an_edit_of_style_alone_is_one():
    """The same text in bold is another message; each edit is judged by what the one before left."""
    chat = ChatStandIn()
    message = {"chat_id": "1", "text": "x"}
    post(chat, API, message)
    edit = message | {"message_id": 1}
    bold = edit | {"entities": [{"type": "bold", "offset": 0, "length": 1}]}
    answers = [post(chat, EDIT, e) for e in (bold, bold, edit, bold)]
    assert [a.status_code for a in answers] == [200, 400, 200, 200]
    result = answers[-1].json()["result"]
    assert (result["message_id"], result["text"], result["entities"]) == (1, "x", bold["entities"])
    assert result["edit_date"] >= result["date"]
    assert [p.edits for p in chat.posts] == ["", "1", "1", "1"]


def test_telegrams_answer_to_a_reply_shows_what_it_replies_to():
    """One message deep, and behind its own number."""
    chat = ChatStandIn()
    for number in range(3):
        reply = {"message_id": number, "allow_sending_without_reply": True}
        answer = post(chat, API, {"chat_id": "1", "text": str(number), "reply_parameters": reply})
    result = answer.json()["result"]
    assert (result["message_id"], result["reply_to_message"]["message_id"]) == (3, 2)
    assert "reply_to_message" not in result["reply_to_message"]
    assert answer.text.startswith('{"ok":true,"result":{"message_id":3,')


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
        (EDIT.replace("123456789:", "0123:"), "POST", 401),
        (SLACK_API.replace("postMessage", "delete"), "POST", 404),
        ("https://example.org/x", "POST", 404),
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


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"thread_ts": 5}, "invalid_arguments"),
        ({"thread_ts": "yesterday"}, "invalid_arguments"),
        ({"reply_broadcast": "true"}, "invalid_arguments"),
        ({"ts": "1.2"}, "invalid_arguments"),
    ],
)
def test_the_web_api_takes_a_thread_that_can_be_one(message, error):
    """And nothing that only an edit has."""
    chat = ChatStandIn()
    message = {"channel": "C01", "text": "x"} | message
    answer = post(chat, SLACK_API, message, authorization=f"Bearer {SLACK_TOKEN}")
    assert (answer.json()["error"], chat.posts) == (error, [])


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        ({"channel": ""}, "channel_not_found"),
        ({"channel": "#mail"}, "channel_not_found"),
        ({"channel": "C02"}, "message_not_found"),
        ({"ts": "1.2"}, "message_not_found"),
        ({"ts": None}, "invalid_arguments"),
        ({"ts": 1800000001.0001}, "invalid_arguments"),
        *(({name: False}, "invalid_arguments")
          for name in ("mrkdwn", "unfurl_links", "unfurl_media", "thread_ts", "reply_broadcast")),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 4001}, "msg_too_long"),
        ({"blocks": [section("y" * 3001)]}, "invalid_blocks"),
    ],
)  # fmt: skip
def test_the_web_api_refuses_an_edit_by_its_codes(edit, error):
    """And the message stays as it was."""
    chat = ChatStandIn()
    token = {"authorization": f"Bearer {SLACK_TOKEN}"}
    place = post(chat, SLACK_API, {"channel": "C01", "text": "x"}, **token).json()
    message = {"channel": place["channel"], "ts": place["ts"], "text": "y"}
    answer = post(chat, SLACK_EDIT, message | edit, **token).json()
    assert (answer["ok"], answer["error"], len(chat.posts)) == (False, error, 1)
    assert post(chat, SLACK_EDIT, message).json() == {"ok": False, "error": "not_authed"}


def test_an_edit_without_blocks_takes_them_away():
    """Text alone is all that a person sees then."""
    chat = ChatStandIn()
    token = {"authorization": f"Bearer {SLACK_TOKEN}"}
    blocks = [section("in a block")]
    place = post(chat, SLACK_API, {"channel": "C01", "text": "x", "blocks": blocks}, **token).json()
    edit = {"channel": "C01", "ts": place["ts"], "text": "x" * 4000}
    assert post(chat, SLACK_EDIT, edit, **token).json()["ts"] == place["ts"]
    assert [p.seen for p in chat.posts] == ["in a block", "x" * 4000]


def test_the_web_api_says_whether_a_message_became_a_reply():
    """Under a message that is not there it is none, and Slack says so by silence."""
    chat = ChatStandIn()
    token = {"authorization": f"Bearer {SLACK_TOKEN}"}
    root = post(chat, SLACK_API, {"channel": "C01", "text": "x"}, **token).json()["ts"]
    for thread, echoed in ((root, root), ("1.2", None)):
        message = {"channel": "C01", "text": "x", "thread_ts": thread}
        assert post(chat, SLACK_API, message, **token).json()["message"].get("thread_ts") == echoed
    assert [p.sound for p in chat.posts] == [True, False, True]


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
        ("discord", "1100000000000000001"),
        ("discord", "1200000000000000002"),
        ("mattermost", "webhook"),
    }
    assert all(isinstance(p, Post) and "ExampleSecret" not in repr(p) for p in chat.posts)
