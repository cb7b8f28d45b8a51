"""Hostile messages: no exception, no cost without bound, nothing live in any channel."""

import base64
import json
import sys
import unicodedata
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.delivery import Attempt, Outcome
from failover.message import Envelope
from failover.settings import Settings
from failover.skim import PREFIX_BYTES, skim
from notify.describe import caught
from notify.discord import Discord
from notify.gotify import Gotify
from notify.matrix import Matrix
from notify.mattermost import Mattermost
from notify.ntfy import Ntfy
from notify.pushover import Pushover
from notify.slack import SlackBot, SlackWebhook
from notify.telegram import Telegram
from standins import markdown
from standins.judges import (
    discord_accepts,
    live_parts,
    matrix_accepts,
    mattermost_accepts,
    plain_accepted,
    slack_accepts,
    telegram_accepts,
)

FOLDER = Path(__file__).parents[1] / "mails"
MAILS = [path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))]
MESSAGES = 10_000
# So many tests share them, each within the time that a test may take.
PARTS = 5
SHOW_ALL = Settings(detail="preview", show_codes=True)
HTML = Telegram("1:token-of-nobody", "1")
PLAIN = Telegram("1:token-of-nobody", "1", plain=True)
HOOKS = [SlackWebhook("https://hooks.slack.com/services/T0/B0/x", plain=plain) for plain in (False, True)]
ROOM = Matrix("https://matrix.example.org", "!a:example.org", "syt_of_nobody")
BOTS = [SlackBot("xoxb-token-of-nobody", "C0123456789", plain=plain) for plain in (False, True)]
PUSHED = [
    (Ntfy("https://ntfy.sh", "topic"), 4095, lambda text: len(text.encode())),
    (Gotify("https://gotify.example", "A"), 8000, len),
    (Pushover("a", "u"), 1024, len),
]
MARKDOWN = [
    (Discord("https://discord.com/api/v10/webhooks/1100000000000000001/x"), discord_accepts),
    (Mattermost("https://chat.example.com/hooks/x"), mattermost_accepts),
]
HIDDEN = frozenset(
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} and char != "\u200d"
)
ATTACKS = [
    *(FOLDER / "attacks.txt").read_text("utf-8").splitlines(),
    *("\u202egnp.exe", "\u2066a\u2067b\u2068c", "\u2069\u202c", "\u200b\u200c\u200d\ufeff", "\u00ad\u034f"),
    *("\x00", "\x1b[31m", "a\rb", "a\nb", "a\r\nBcc: x@y.example", "\x7f\x85\x9f", "\u2028\u2029"),
    *("\u1fef\u1fef\u1fef", "❤\ufe0f", "1\ufe0f\u20e3", "\U000e0041\U000e007f", "\ue000", "\uffff"),
    *("e" + "\u0301" * 500, "ﷺ" * 300, "İ" * 300, "👩\u200d👩\u200d👧\u200d👦" * 20, "𝔸" * 3000),
    *("<" * 5000, "&" * 3000, "`" * 3000, "&lt;" * 3000, "\\" * 3000, "x" * 9000, " " * 5000, "a b " * 3000),
]
PLACES = (
    "From: {}",
    "From: {} <a@b.example>",
    'From: "{}" <a@b.example>',
    "From: <{}@b.example>",
    "Subject: {}",
    "Date: {}",
    "List-Id: {}",
    "Authentication-Results: mx.cloudflare.net; spf=pass ({}); dmarc=pass",
    "Content-Type: text/plain; name={}",
    'Content-Type: {}; name="x"',
    'Content-Disposition: attachment; filename="{}"',
    "Content-Type: text/plain; charset={}\n\n{}",
    "Content-Type: text/plain\n\n{}",
    "Content-Type: text/html\n\n<p>{}</p>",
    "Content-Type: text/html\n\n<p title={}>x</p><{}>y",
    "Content-Type: multipart/mixed; boundary={}\n\n--{}\n\n{}",
)
CODES = (
    lambda text: text.encode("utf-8", "replace"),
    lambda text: text.encode("utf-16", "replace"),
    lambda text: f"=?utf-8?b?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?=".encode(),
    lambda text: (
        b"=?utf-8?q?" + b"".join(b"=%02X" % byte for byte in text.encode("utf-8", "replace")) + b"?="
    ),
    lambda text: b"*=utf-8''" + b"".join(b"%%%02X" % byte for byte in text.encode("utf-8", "replace")),
)

MULTIPART = b"Content-Type: multipart/mixed; boundary=b\n\n"
HTML_BODY = b"Content-Type: text/html\n\n"
UNITS = [
    *("\0", "\r", "\n", "\r\n", "\r\r\n", " ", "a : b\n", "From : a\n", "From x\n"),
    *("=", "=?", "?=", "=?a?q?", "=?a?q?b?= ", "=?utf-8?b?w6Q=?= =?koi8-r?q?a?= "),
    *('"', "\\", '"\\', "(", "()", ")", ",", ":", "@", "<", "<>", "1", "1 Jan ", "%41"),
    *(";", "; ", ";a", ";a=b", ";f*999=a", ";f*1*=%41", ";f*99999999999=a"),
    *("<!--", "<!", "<a", "</", "<a =", '<a "', "<p hidden>", "<p style=display", "<script>"),
    *("<style></style>", "<i>", "&", "&#1", "&#x202e;", "&nbsp;", "&amp;"),
    *("--b", "--b\n", "\n--b", "--bx\n", "\n--b\n\nx", "\n--b--\n"),
    *("\n--b\nContent-Type: message/rfc822\n\n", "\n--b\nContent-Type: a/b; name=x\n\n"),
    "\n--b\nContent-Type: multipart/x; boundary=q\n\n--qx\n--q\n",
    *("\u0301", "\u05d0", "\u200d", "🇩"),
    *("\x1b", "\x1b$B", "\x1b$B-!", "\x1b$B-!\x1b(B", "\x1b(I1", "\x0e1\x0f", "\x1b$(D0!", "-!"),
    *("<head>", "<head></head>", "<meta charset=", "<meta charset=x>", "<param>", "<<", "<bold>", "--b--\n"),
    *("BEGIN:VEVENT\n", "SUMMARY:a\n", "SUMMARY;a=", '"', "BEGIN:VALARM\n", "\n ", "\ncontent-x:"),
    *("\n--b\nContent-Type: multipart/x; boundary=b\n\n", "\n--b\nContent-Type: text/x\n\n"),
    *(",", ", charset=", " name=", "\n--q\ncontent-x:y\n"),
]  # fmt: skip
STARTS = {
    "header": b"",
    "one line": b"Subject: ",
    "plain": b"\n\n",
    "html": HTML_BODY,
    "tag": HTML_BODY + b"<p ",
    "parts": MULTIPART,
    "related": b"Content-Type: multipart/related; boundary=b\n\n",
    "another boundary": b"Content-Type: multipart/related; boundary=c\n\n",
    "calendar": b"Content-Type: text/calendar\n\nBEGIN:VEVENT\n",
    "enriched": b"Content-Type: text/enriched\n\n",
    "vendors": b"Content-Type: text/html; charset=iso-2022-jp\n\n\x1b$B-!",
    "unnamed charset": b"Content-Type: text/html\n\n\xff",
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n" + HTML_BODY,
    "base64": b"Content-Transfer-Encoding: base64\n" + HTML_BODY,
    "boundary": b"Content-Type: multipart/mixed; boundary*=utf-7''",
} | {
    charset: f"Content-Type: text/html; charset={charset}\n\n".encode()
    for charset in (
        "utf-7",
        "utf-16",
        "utf-32",
        "iso-2022-jp",
        "iso-2022-kr",
        "hz-gb-2312",
        "gb18030",
        "big5",
        "euc-jp",
        "shift_jis",
        "us-ascii",
        "iso-2022-cn",
        "koi8-r",
    )
}


def hostile(count):
    """Generate messages: attacks in every place and encoding, then mutants of the corpus and of those."""
    chance = Random(2026)  # noqa: S311 - repeatable, not secret
    made = [
        place.encode().replace(b"{}", code(attack)) + b"\nFrom: z@z.example\nSubject: z\n\nz"
        for place in PLACES
        for attack in ATTACKS
        for code in CODES[: 2 if len(attack) > 500 else None]
    ]
    chance.shuffle(made)
    made = made[: count // 2]
    yield from made
    for _ in range(count - len(made)):
        data = chance.choice(MAILS) if chance.random() < 0.7 else chance.choice(made)
        for _ in range(chance.randint(1, 3)):
            data = chance.choice((flip, cut, splice, repeat, plant))(data, chance, made)
        yield data


def flip(data, chance, _):
    """Change some bytes."""
    changed = bytearray(data or b"\0")
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.choice(b'\x00\r\n\t =?<>()"\\;:,&-`*\xff' + data[:9])
    return bytes(changed)


def cut(data, chance, _):
    """End early."""
    return data[: chance.randint(0, len(data))]


def splice(data, chance, made):
    """Go on with another message."""
    other = chance.choice(MAILS) if chance.random() < 0.5 else chance.choice(made)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def repeat(data, chance, _):
    """Say some lines many times."""
    lines = data.splitlines(keepends=True) or [b"\n"]
    at = chance.randrange(len(lines))
    return b"".join(lines[:at] + lines[at : at + chance.randint(1, 3)] * chance.randint(2, 300) + lines[at:])


def plant(data, chance, _):
    """Put an attack somewhere."""
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(CODES)(chance.choice(ATTACKS)) + data[at:]


def texts(mail):
    """List every text of a Mail beside its limit."""
    if mail.sender:
        yield from ((mail.sender.name, 100), (mail.sender.addr, 320))
    yield from ((mail.subject, 250), (mail.sent, 60), (mail.message_id, 250), (mail.list_id, 120))
    yield (mail.preview, 300)
    yield from ((attachment.name, 120) for attachment in mail.attachments)
    yield from ((attachment.type, 80) for attachment in mail.attachments)


def assert_clean(mail):
    """Assert that every text is one visible line within its limit, and that the lists are bounded."""
    for text, limit in texts(mail):
        assert len(text) <= limit
        assert text == text.strip()
        assert HIDDEN.isdisjoint(text), ascii(text)
        text.encode()
    assert len(mail.attachments) <= 20


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_hostile_messages_reach_every_channel_harmless(part):
    """From the bytes to each service's own parser: nothing raises, nothing is refused, nothing is live."""
    for number, data in enumerate(hostile(MESSAGES)):
        if number % PARTS != part:
            continue
        mail = skim(data, len(data))
        assert_clean(mail)
        attack = ATTACKS[number % len(ATTACKS)]
        attempts = [
            Attempt("you@inbox.example", Outcome.DELIVERED),
            Attempt(attack, Outcome.PERMANENT, attack),
        ]
        alert = caught(Envelope(attack, attack, len(data)), mail, attempts, SHOW_ALL)
        for channel in (HTML, PLAIN):
            request = channel.render(alert)
            telegram_accepts(request, alert)
            assert live_parts(request) == []
        for channel, limit, measure in PUSHED:
            plain_accepted(channel.render(alert), limit, measure)
        for channel, accepts in MARKDOWN:
            request = channel.render(alert)
            accepts(request, alert)
            assert live_parts(request) == []
        discord_accepts(MARKDOWN[0][0].render(alert), alert, markdown.discord)
        matrix_accepts(ROOM.render(alert), alert)
        for hook, bot in zip(HOOKS, BOTS, strict=True):
            request = hook.render(alert)
            slack_accepts(request, alert)
            assert live_parts(request) == []
            if number % 10 == 0:
                # The bot says the same, so it is judged with the webhook.
                extra = {"channel": "C0123456789", "parse": "none", "link_names": False}
                assert json.loads(bot.render(alert).body) == json.loads(request.body) | extra


@given(
    st.sampled_from(list(STARTS.values())),
    st.binary(max_size=500) | st.lists(st.sampled_from(UNITS), max_size=60).map("".join).map(str.encode),
    st.integers(0, 10**9),
)
def test_any_bytes_give_a_clean_mail(start, data, size):
    """Skimming is total, in every encoding and charset."""
    assert_clean(skim(start + data, size))


def filled(start, unit):
    """Fill a prefix up to its last byte."""
    return (start + unit * (PREFIX_BYTES // len(unit) + 1))[:PREFIX_BYTES]


def busy():
    """Build an ordinary message as full as a prefix can be: trace fields, recipients, HTML, PDFs."""
    people = ", ".join(f"=?utf-8?q?B=C3=BCcher?= <a{n}@shop.example>" for n in range(10))
    trace = "".join(f"Received: from a.example ([192.0.2.{n}])\r\n\tby b.example\r\n" for n in range(8))
    text = "<style>.a{color:red}</style><p style='color:#123'>Hello <b>you</b>, here is some news.</p>\r\n"
    head = f"{trace}From: a@shop.example\r\nTo: {people}\r\nCc: {people}\r\nSubject: {people}\r\n"
    parts = [f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n"]
    parts += [f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{text * 200}"]
    for number in range(18):
        name = f"filename*0*=utf-8''B%C3%BCcher; filename*1=-{number}.pdf"
        fields = f"Content-Type: application/pdf; name=x.pdf\r\nContent-Disposition: attachment; {name}\r\n"
        body = f"Content-Transfer-Encoding: base64\r\n\r\n{'QUJD' * 500}\r\n"
        parts += [f"--b\r\n{fields}{body}"]
    return filled("".join(parts).encode(), b"\r\n")


def nested(count, name):
    """Nest multiparts, each in the one before."""
    return "".join(
        f"Content-Type: multipart/mixed; boundary={name(n)}\n\n--{name(n)}\n" for n in range(count)
    ).encode()


FIELDS = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "List-Id",
    "Message-ID",
    "Content-Disposition",
    "Content-Type",
)
SHAPES = {
    "10,000 fields": b"".join(b"X-%d: y\n" % number for number in range(10_000)),
    "1,000 deep": nested(1000, lambda n: f"b{n}"),
    "1,000 deep, boundaries that begin alike": nested(1000, lambda n: "b" * (n + 1)),
    "8 deep with one boundary": filled(nested(8, lambda _: "b"), b"--b\n\nx\n"),
    "64 parts of many fields": filled(MULTIPART, b"--b\n" + b"X: y\n" * 150 + b"\nx\n"),
}


@pytest.fixture(scope="module")
def ordinary():
    """Count what an ordinary full prefix costs."""
    return calls(busy())


def calls(data):
    """Count the calls that skimming makes, Python's and the interpreter's own."""
    total = 0

    def tally(_frame, event, _argument):
        nonlocal total
        total += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        skim(data, 10**6)
    finally:
        sys.setprofile(before)
    return total


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES)
def test_no_structure_costs_much_more_than_an_ordinary_message(data, ordinary):
    """Many fields, many parts, deep nesting: at most four times an ordinary prefix."""
    assert calls(data[:PREFIX_BYTES]) <= 4 * ordinary


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_no_repetition_costs_much_more_than_an_ordinary_message(start, ordinary):
    """A prefix full of one thing, wherever it stands, costs at most four times an ordinary one."""
    costs = {unit: calls(filled(start, unit.encode())) for unit in UNITS}
    assert {unit: cost for unit, cost in costs.items() if cost > 4 * ordinary} == {}


def test_no_field_value_costs_much_more_than_an_ordinary_message(ordinary):
    """Every field at its longest, and each of many parts with two such fields."""
    costs = {}
    for unit in UNITS:
        value = (unit.replace("\n", " ").replace("\r", " ").encode() * 2048)[:2000]
        fields = b"Authentication-Results: mx.cloudflare.net; " + value + b"\n"
        fields += b"".join(field.encode() + b": " + value + b"\n" for field in FIELDS)
        costs["fields", unit] = calls(filled(fields + b"\n", unit.encode()))
        kind, disposition = b"Content-Type: a/b" + value[:450], b"Content-Disposition: x" + value[:450]
        costs["parts", unit] = calls(filled(MULTIPART, b"--b\n" + kind + b"\n" + disposition + b"\n\n"))
    assert {where: cost for where, cost in costs.items() if cost > 4 * ordinary} == {}
