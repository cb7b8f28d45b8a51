"""What a service makes of a request's text: runs, each a style and the text in it.

Styles: none, `b` bold, `c` code, `m` what is around that in JSON, `h` a heading, `s` small. This is no judge
of markup: the stand-ins and each service's tests are, and the scene compares what is read here with what the
stand-ins show.
"""

import html
import json
import re

from mail_failover.emulator.chat.markup import parse_html

_SLACK = re.compile(r"```(?P<c>.+?)```|`(?P<code>[^`\n]+)`|\*(?P<b>[^*\n]+)\*", re.DOTALL)
_MARKDOWN = re.compile(
    r"```\n?(?P<c>.+?)\n?```|`(?P<code>.+?)`|\*\*(?P<b>(?:\\.|[^*\\\n])+)\*\*|(?P<escaped>\\.)", re.DOTALL
)
_JSON = re.compile(r'(?P<m>(?:[{}\[\],:\s]|"(?:\\.|[^"\\])*":)+)|(?P<c>"(?:\\.|[^"\\])*"|[^\s",]+)')
_ESCAPED = re.compile(r"\\(.)")
_STYLES = {"c": "c", "code": "c", "b": "b", "m": "m", "escaped": ""}
_TAGS = {"b": "b", "code": "c", "pre": "c"}


def telegram(body):
    """Read Telegram's HTML."""
    return _html(json.loads(body)["text"])


def matrix(body):
    """Read an event's HTML, in which a line ends with a tag, and code may have lines of its own."""
    text = json.loads(body)["formatted_body"].replace("<br>", "\n")
    return _html(text.replace("<pre>", "\n<pre>").replace("</pre>", "</pre>\n"))


def slack(body):
    """Read Slack's blocks."""
    for block in json.loads(body)["blocks"]:
        if block["type"] == "header":
            yield "h", block["text"]["text"]
        elif block["type"] == "section":
            yield from ((style, html.unescape(text)) for style, text in _cut(_SLACK, block["text"]["text"]))
        else:
            yield "s", "".join(f"\n{element['text']}" for element in block["elements"])
        yield "", "\n"


def discord(body):
    """Read Discord's Markdown."""
    return _markdown(json.loads(body)["content"])


def mattermost(body):
    """Read Mattermost's."""
    return _markdown(json.loads(body)["text"])


def plain(body):
    """Read a notification: its title, and its text as it is."""
    message = json.loads(body)
    yield "b", f"{message['title']}\n"
    yield "", message["message"]


def webhook(body):
    """Read JSON, and lay it out: names, and what is said."""
    return _cut(_JSON, json.dumps(json.loads(body), ensure_ascii=False, indent=2))


READERS = {
    "telegram": telegram,
    "slack": slack,
    "discord": discord,
    "matrix": matrix,
    "mattermost": mattermost,
    "ntfy": plain,
    "gotify": plain,
    "pushover": plain,
    "webhook": webhook,
}
"""What reads the body of a request to each service."""


def _html(text):
    text, spans = parse_html(text)
    styles = [""] * len(text)
    for span in spans:
        styles[span.start : span.end] = [_TAGS[span.tag]] * (span.end - span.start)
    return zip(styles, text, strict=True)


def _markdown(text):
    for style, part in _cut(_MARKDOWN, text):
        yield style, part if style == "c" else _ESCAPED.sub(r"\1", part)


def _cut(markup, text):
    """Yield the runs of a text: those that the markup's groups are named for, and what is between them."""
    last = 0
    for found in markup.finditer(text):
        yield "", text[last : found.start()]
        yield _STYLES[found.lastgroup], found[found.lastgroup]
        last = found.end()
    yield "", text[last:]
