"""Independent judges of what channels send: parsers, models of Slack's blocks, a sanitizer of HTML."""

import json
import re
from html import unescape
from pathlib import Path

import jsonschema_rs
import nh3
import tdjson
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock
from slackblocks import Block, WebhookMessage

from failover.text import clean
from notify.alert import Alert, Field
from notify.words.language import Words

from . import markdown

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "webhook.schema.json").read_text())
"""What is documented of a webhook's body."""

REPEATED = Words().say("repeated")
"""What an alert says that may have arrived before."""

_OUR_ENTITIES = {"textEntityTypeBold", "textEntityTypeCode", "textEntityTypePre"}
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066\u2067\ufeff]")
_CODE = re.compile(r"```[^`]+```|`[^`\n]+`")
_FACTS = re.compile(r"\*[^*`\n]+\*  `[^`\n]+`(?:\n\*[^*`\n]+\*  `[^`\n]+`)*")
_PREVIEW = re.compile(r"```[^`]+```")
_IRI = (
    r"a-zA-Z0-9\u00a1-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u2fff\u3001-\ud7ff\uf900-\ufdcf"
    r"\ufdf0-\uffef\U00010000-\U000efffd"
)
_ANDROID = re.compile(
    rf"(?:https?|rtsp|ftp)://[{_IRI}%]|[{_IRI}]\.(?!\d)[{_IRI}]{{2,63}}"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}|\b(?:mailto|tel|sms):[\w+]",
    re.IGNORECASE,
)
_OUR_STYLES = {"strong", "inlineCode", "codeBlock"}
# What Mattermost makes mentions and links of before it reads Markdown; older servers across lines, too.
_SLACKS = re.compile(r"<!(?:channel|here|all)>|<@[A-Za-z0-9]+>|<[^<|]+\|[^>]+>")
_CARD = re.compile(r"discord(?:app)?\.\w+/\S+", re.IGNORECASE)

# https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes, without attributes.
_MATRIX_TAGS = {
    *("del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "sup", "sub", "li", "b"),
    *("i", "u", "strong", "em", "s", "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td"),
    *("caption", "pre", "span", "img", "details", "summary"),
}

_MARKUP = """\
<b> | </code> | </pre> | < | > | & | &lt; | &amp;lt; | ` | ``` | *x* | _ | ~ | <a href='x'> | <!--
]]> | \\ | " | <!channel> | <!here> | <@U012AB3CD> | <#C0|x> | <!subteam^S1>
<https://evil.example|Bank> | :tada: | @here | @channel | evil.com | http://evil.example/?a=1&b=2
@durov | /start | #tag | $USD | mallory@evil.example | tg://x | +49 171 1234567"""
_HOSTILE = [
    *_MARKUP.replace("\n", " | ").split(" | "),
    *("\u1fef", "\u202e", "\u2066", "\u2069", "\0", "\n", "\u0301", "é" * 20),
    *("😀", "👩\u200d👩\u200d👧\u200d👦", "שלום", "مرحبا"),
]


def telegram_accepts(request, alert=None):
    """Assert that Telegram takes a sendMessage, and with `alert`, that only our words stand outside code."""
    message = json.loads(request.body)
    source = message["text"]
    assert message["link_preview_options"] == {"is_disabled": True}
    assert message.get("message_thread_id", 2) > 1
    assert 0 < _units(source) <= 4096, _units(source)
    assert len(source.encode()) <= 35_000
    assert not _UNSEEN.search(source)
    text, entities = _telegram(message)
    assert text == text.strip() != ""
    assert {e["type"]["@type"] for e in entities} <= _OUR_ENTITIES
    for entity in entities:
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= _units(text)
    if alert is not None:
        outside = "".join(_outside_code(text, entities))
        labels = [f"{f.label}:" for f in alert.fields if f.text]
        assert outside.split() == _words(alert, [alert.headline, *labels, alert.advice])


def slack_accepts(request, alert=None):
    """Assert that Slack takes a message, and with `alert`, that only our words stand outside code."""
    message = json.loads(request.body)
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    assert message["text"].strip()
    blocks = message.get("blocks", [])
    WebhookMessage(text=message["text"], blocks=[Block.from_dict(b) for b in blocks] or None)
    for block in blocks:
        SdkBlock.parse(block).to_dict()
    assert len(blocks) <= 50
    texts = _slack_texts(blocks)
    assert sum(_units(t["text"]) for t in texts) + _units(message["text"]) <= 8000
    for text in texts:
        _slack_text(text)
    _escaped(message["text"])
    assert message["mrkdwn"] is (not blocks)
    if alert is not None:
        shown = [_CODE.sub("", t["text"]) for t in texts] if blocks else [_CODE.sub("", message["text"])]
        labels = [f"*{f.label}*" for f in alert.fields if f.text]
        headline = alert.headline if blocks else f"*{alert.headline}*"
        advice = _CODE.sub("", alert.advice)
        assert " ".join(shown).split() == _words(alert, [headline, *labels, advice])


def discord_accepts(request, alert=None, parse=markdown.common):
    """Assert that Discord takes a message, and with `alert`, that only our words stand outside code.

    `parse` is whose rules count: of what we send, CommonMark's make the same as those of Discord's client.
    """
    message = json.loads(request.body)
    assert message.keys() == {"content", "allowed_mentions", "flags"}
    assert message["allowed_mentions"] == {"parse": []}
    assert message["flags"] in ((1 << 2,) if request.method == "PATCH" else (1 << 2, 1 << 2 | 1 << 12))
    _markdown(message["content"], 2000, parse, alert)


def mattermost_accepts(request, alert=None):
    """Assert that Mattermost takes a post, and with `alert`, that only our words stand outside code."""
    message = json.loads(request.body)
    assert message.keys() == {"text"}
    _markdown(message["text"], 4000, markdown.common, alert)


def matrix_accepts(request, alert):
    """Assert that clients show all of an event of at most 16 KiB, with only our words outside code.

    Nothing is a link, in code neither.
    """
    event = json.loads(request.body)
    message = event.get("m.new_content", event)
    assert event["m.mentions"] == message["m.mentions"] == {}
    assert message["body"].strip()
    assert not _UNSEEN.search(message["body"] + message["formatted_body"])
    assert len(json.dumps(event, ensure_ascii=False).encode()) <= 16 * 1024
    html = message["formatted_body"]
    _without_links(message["body"])
    _without_links(unescape(nh3.clean(re.sub("<br>|</?pre>", "\n", html), tags=set())))
    cleaned = nh3.clean(html, tags=_MATRIX_TAGS, attributes={}, link_rel=None)
    assert cleaned.replace("&nbsp;", "\u00a0") == html
    outside = nh3.clean(html, tags={"br", "pre"}, clean_content_tags={"code"}, attributes={})
    outside = unescape(re.sub("<br>|<pre></pre>", " ", outside)).replace("\u200a", "")
    labels = [f"{f.label}:" for f in alert.fields if f.text]
    assert outside.split() == _words(alert, [alert.headline, *labels, alert.advice])
    assert event is message or event["body"] == f"* {alert.headline}"


def webhook_accepts(event):
    """Assert that a webhook's body is as its schema says, and has nothing that is not documented there."""
    jsonschema_rs.meta.validate(SCHEMA)
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(event)
    assert _names(event) <= _documented(SCHEMA)


def live_parts(request):
    """List what a reader could click or be called by, as the service would make it of the request's text."""
    message = json.loads(request.body)
    if "content" in message:
        text = message["content"]
        return _CARD.findall(text) + _styled(markdown.common(text))
    if message.keys() == {"text"}:
        text = message["text"]
        return _SLACKS.findall(text) + _styled(markdown.common(text))
    if "chat_id" in message:
        text, entities = _telegram(message)
        named = [e["type"].get("url", "") for e in entities if e["type"]["@type"] not in _OUR_ENTITIES]
        return named + _linked("\0".join(_outside_code(text, entities)))
    texts = _slack_texts(message.get("blocks", []))
    live = [t for part in (message["text"], *(t["text"] for t in texts)) for t in re.findall("<[^>]*>", part)]
    if not texts:
        live += _linked(_CODE.sub("\0", message["text"]))
    bare = [t["text"] for t in texts if t["type"] == "mrkdwn" and not t.get("verbatim")]
    return live + [part for text in bare for part in _linked(_CODE.sub("\0", text))]


def plain_accepted(request, limit, measure):
    """Assert that a service of plain text takes a request; return its title and text, with nothing live."""
    message = json.loads(request.body)
    assert message.keys() <= {"topic", "token", "user", "title", "message", "priority", "tags", "extras"}
    assert 0 < measure(message["message"]) <= limit
    assert message["message"].strip() == message["message"]
    text = f"{message['title']}\n{message['message']}"
    assert not _UNSEEN.search(text)
    _without_links(text)
    return text


def alerts():
    """Generate alerts whose texts are as hostile as a message's can be once they are clean."""
    piece = st.text(max_size=30) | st.sampled_from(_HOSTILE)
    hostile = st.builds(
        lambda pieces, times: clean("".join(pieces) * times, 600),
        st.lists(piece, max_size=12),
        st.integers(1, 60),
    )
    labels = st.sampled_from(
        ("From", "To", "Subject", "Sent", "Size", "Attachments", "Checks", "Forwarded to")
    )
    return st.builds(
        Alert,
        headline=st.sampled_from(("Your mail server did not answer", "A message could not be handed on")),
        fields=st.lists(st.builds(Field, labels, hostile), max_size=15).map(tuple),
        preview=hostile,
        advice=st.sampled_from(("", "It waits in your fallback inbox.")),
        repeat=st.sampled_from(("", REPEATED)),
    )


def td(request):
    """Ask TDLib, synchronously and offline."""
    return json.loads(tdjson.td_execute(json.dumps(request).encode()))


def parse_html(text):
    """Let TDLib parse HTML: a formattedText, or an error with the server's message."""
    return td({"@type": "parseTextEntities", "text": text, "parse_mode": {"@type": "textParseModeHTML"}})


def _without_links(text):
    """Assert that no app makes a link of a text by itself.

    Android's patterns are from their documentation
    (https://developer.android.com/reference/android/util/Patterns): labels of RFC 3987's characters, which
    hold every invisible one but no space, and a top-level domain of as many letters.
    """
    assert [found[0] for found in _ANDROID.finditer(text)] == []
    assert [part for part, kind in _detected(text) if kind in ("Url", "EmailAddress")] == []


def _markdown(text, limit, parse, alert):
    assert 0 < _units(text) <= limit
    assert text == text.strip()
    assert not _UNSEEN.search(text)
    parts = parse(text)
    assert {style for styles, _ in parts for style in styles} <= _OUR_STYLES
    if alert is not None:
        labels = [f.label for f in alert.fields if f.text]
        outside = "".join(_shielded(parts))
        assert outside.split() == _words(alert, [alert.headline, *labels, alert.advice])


def _shielded(parts):
    """Return the words, with a gap in the place of each piece of code."""
    return [" " if {"inlineCode", "codeBlock"} & {*styles} else words for styles, words in parts]


def _styled(parts):
    """List what is styled as we never do, and what else is an address outside code."""
    live = [f"{styles}: {words}" for styles, words in parts if {*styles} - _OUR_STYLES]
    return live + _linked("".join(_shielded(parts)))


def _telegram(message):
    if message.get("parse_mode") == "HTML":
        assert "entities" not in message
        parsed = parse_html(message["text"])
        assert parsed["@type"] == "formattedText", parsed
        return parsed["text"], parsed["entities"]
    assert "parse_mode" not in message
    names = {"bold": "Bold", "code": "Code", "pre": "Pre"}
    typed = [e | {"type": {"@type": f"textEntityType{names[e['type']]}"}} for e in message["entities"]]
    return message["text"], typed


def _outside_code(text, entities):
    data, last = text.encode("utf-16-le"), 0
    for entity in sorted(entities, key=lambda e: e["offset"]):
        if entity["type"]["@type"] != "textEntityTypeBold":
            yield data[2 * last : 2 * entity["offset"]].decode("utf-16-le")
            last = entity["offset"] + entity["length"]
    yield data[2 * last :].decode("utf-16-le")


def _names(value):
    """Return the names of all members of a JSON value."""
    if isinstance(value, dict):
        return {*value, *(name for inner in value.values() for name in _names(inner))}
    return {name for inner in value for name in _names(inner)} if isinstance(value, list) else set()


def _documented(schema):
    """Return the names of all members that a schema describes."""
    if isinstance(schema, list):
        return {name for inner in schema for name in _documented(inner)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties", {})
    return {*named, *(name for inner in schema.values() for name in _documented(inner))}


def _linked(text):
    return [part for part, _ in _detected(text)]


def _detected(text):
    """Yield what TDLib makes a link of, with the kind of link."""
    data = text.encode("utf-16-le")
    for e in td({"@type": "getTextEntities", "text": text})["entities"]:
        part = data[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
        yield part, e["type"]["@type"].removeprefix("textEntityType")


def _slack_texts(blocks):
    return [text for b in blocks for text in ([b["text"]] if "text" in b else b["elements"])]


def _slack_text(text):
    limit = {"mrkdwn": 3000, "plain_text": 2000}[text["type"]]
    assert 0 < _units(text["text"]) <= limit
    if text["type"] == "plain_text":
        assert text["emoji"] is False
        return
    assert text["verbatim"] is True
    assert _FACTS.fullmatch(text["text"]) or _PREVIEW.fullmatch(text["text"]), text
    _escaped(text["text"])


def _escaped(text):
    assert not _UNSEEN.search(text)
    assert not re.search("[<>]|&(?!(?:amp|lt|gt);)", text), text


def _words(alert, parts):
    return " ".join(([alert.repeat] if alert.repeat else []) + parts).split()


def _units(text):
    return len(text.encode("utf-16-le")) // 2


td({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
