"""The languages: each says what English says, within every channel's limits, and nothing else changes."""

import ast
import functools
import re
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from failover.delivery import Attempt, Outcome
from failover.event import Event
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.outage import begin
from failover.primary import Primary, Target
from failover.reading import Problem
from failover.settings import Language, Settings
from notify import outages, spools
from notify.channel import units
from notify.describe import describe, unheard, with_problems
from notify.discord import Discord
from notify.gotify import Gotify
from notify.matrix import Matrix
from notify.mattermost import Mattermost
from notify.ntfy import Ntfy
from notify.outbox import Entry, Outbox, Post
from notify.pushover import Pushover
from notify.slack import SlackBot, SlackWebhook
from notify.telegram import Telegram
from notify.words.language import LANGUAGES, Words
from standins.judges import (
    discord_accepts,
    live_parts,
    matrix_accepts,
    mattermost_accepts,
    plain_accepted,
    slack_accepts,
    telegram_accepts,
)

SRC = Path(__file__).parents[2] / "src"
ENGLISH = LANGUAGES["en"]
OTHERS = [name for name in LANGUAGES if name != "en"]
T = 1_795_000_000.0
SAME = {
    "de": {"domain", "dropped_after", "megabytes", "kilobytes"},
    "fr": {"messages", "via"},
    "es": {"megabytes", "kilobytes", "bytes"},
}
"""What is said as in English: units, and words that the languages share."""

CHANNELS = [
    *(Telegram("1:token-of-nobody", "1", plain=plain) for plain in (False, True)),
    *(SlackWebhook("https://hooks.slack.com/services/T0/B0/x", plain=plain) for plain in (False, True)),
    SlackBot("xoxb-token-of-nobody", "C0123456789"),
]
FURTHER = [
    (Discord("https://discord.com/api/v10/webhooks/1100000000000000001/x"), discord_accepts),
    (Mattermost("https://chat.example.com/hooks/x"), mattermost_accepts),
    (Matrix("https://matrix.example.org", "!a:example.org", "syt_of_nobody"), matrix_accepts),
]
PUSHED = [
    (Ntfy("https://ntfy.sh", "topic"), 4095, lambda text: len(text.encode())),
    (Gotify("https://gotify.example", "A"), 8000, units),
    (Pushover("a", "u"), 1024, len),
]


def forms(text):
    """Return a text's forms: one, or two where a number decides."""
    return text if isinstance(text, tuple) else (text,)


def places(text):
    """Return what is put into a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def parts(text):
    """Return a text without what is put in."""
    return [part for part, _, _, _ in Formatter().parse(text)]


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_says_what_english_says(language):
    """The same texts, with the same put in, in as many forms: and none twice in its table."""
    table = LANGUAGES[language]
    assert table.keys() == ENGLISH.keys()
    for key, text in table.items():
        assert len(forms(text)) == len(forms(ENGLISH[key])), key
        assert {frozenset(places(form)) for form in forms(text)} == {
            frozenset(places(form)) for form in forms(ENGLISH[key])
        }, key


@pytest.mark.parametrize("file", sorted((SRC / "notify" / "words").glob("*.py")), ids=lambda path: path.stem)
def test_no_text_stands_twice_in_a_table(file):
    """The second would be said, and the first one mended in vain."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            assert len(keys) == len(set(keys))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language):
    """But what is named above; and commands, variables and files stay as they are."""
    table = LANGUAGES[language]
    letters = re.compile(r"[^\W\d_]")
    same = {
        key
        for key, text in table.items()
        if text == ENGLISH[key] and letters.search("".join(map(str, forms(text))))
    }
    assert {
        key for key in same if any(letters.search("".join(parts(f))) for f in forms(ENGLISH[key]))
    } <= SAME[language]
    named = re.compile(r"`[^`]+`|mail-failover [a-z ]+[a-z]|[A-Z]+_[A-Z]+|[\w.]+\.(?:toml|vars|md)")
    for key, text in table.items():
        for one, other in zip(forms(text), forms(ENGLISH[key]), strict=True):
            assert sorted(named.findall(one)) == sorted(named.findall(other)), key


def test_every_language_can_be_chosen():
    """And no other: wrong ones are named with the choices, and English stands in."""
    assert {*Language.__args__} == {*LANGUAGES}
    for language in LANGUAGES:
        settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "LANGUAGE": language.upper()})
        assert (settings.language, settings.problems) == (language, ())
    settings = Settings.from_env({"FALLBACK_INBOXES": "a@b.example", "LANGUAGE": "Deutsch"})
    [problem] = settings.problems
    assert (settings.language, problem.variable) == ("en", "LANGUAGE")
    assert problem.fix == 'must be "en" or "de" or "fr" or "es"; until then it is "en"'


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_is_not_many(language):
    """Where a number decides, and where a language tells them apart."""
    words = Words(language)
    one, two = (words.say("messages", count=count) for count in (1, 2))
    assert (one[0], two[0]) == ("1", "2")
    assert two == f"2{one[1:]}{ {'de': 'en'}.get(language, 's') }"


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "1 of 3 messages is home", "2 of 3 messages are home"),
        ("de", "1 von 3 Nachrichten ist zu Hause", "2 von 3 Nachrichten sind zu Hause"),
        ("fr", "1 message sur 3 est rentré", "2 messages sur 3 sont rentrés"),
        ("es", "1 de 3 mensajes está en casa", "2 de 3 mensajes están en casa"),
    ],
)
def test_one_message_is_home_and_two_are(language, one, two):
    """The verb goes by how many are."""
    assert [Words(language).say("headline_home", count=count, all=3) for count in (1, 2)] == [one, two]


@pytest.mark.parametrize(
    ("language", "sizes"),
    [
        ("en", ["1 byte", "999 bytes", "1.5 kB", "26 MB"]),
        ("de", ["1 Byte", "999 Byte", "1,5 kB", "26 MB"]),
        ("fr", ["1 o", "999 o", "1,5 ko", "26 Mo"]),
        ("es", ["1 byte", "999 bytes", "1,5 kB", "26 MB"]),
    ],
)
def test_sizes_are_written_as_people_write_them(language, sizes):
    """With their units and their decimal sign."""
    assert [Words(language).size(size) for size in (1, 999, 1500, 26_000_000)] == sizes


@pytest.mark.parametrize(
    ("offset", "said"),
    [
        (None, "2026-11-18 11:06 UTC"),
        (0, "2026-11-18 11:06 +00:00"),
        (3600, "2026-11-18 12:06 +01:00"),
        (20_700, "2026-11-18 16:51 +05:45"),
        (-12_600, "2026-11-18 07:36 -03:30"),
        (50_400, "2026-11-19 01:06 +14:00"),
    ],
)
def test_times_are_said_as_the_clock_of_a_zone_shows_them(offset, said):
    """And how far it is from UTC; in UTC where that is not known."""
    assert Words().moment(T) == "2026-11-18 11:06 UTC"
    assert Words(zone=lambda seconds: offset if seconds == T else 1).moment(T) == said


def test_french_signs_stay_with_their_words():
    """No line begins with a colon or a semicolon."""
    texts = [form for text in LANGUAGES["fr"].values() for form in forms(text)]
    assert not any(re.search(" [:;]", text) for text in texts)
    assert sum("\u00a0:" in text for text in texts) > 10


# --- everything that is ever said ---

# Without a Latin letter, so that what is cut off leaves no half of a word.
LONG = "Äöü ßœéñ ¿î " * 40
MAIL = Mail(
    Address(LONG[:200], f"{'1' * 60}@{'2' * 200}.example"),
    True,
    LONG[:200],
    "2026-11-24 19:59 +01:00",
    "<1@x.example>",
    LONG[:200],
    Authentication("pass", "fail", "pass", "evil.example", "x@y.example", True),
    LONG[:299],
    (*[Attachment(LONG[:100], "application/pdf", 1_500)] * 9, Attachment("", "image/png", 1)),
    whole=False,
)
DRILL = replace(MAIL, subject="mail-failover drill bcdfghjkmn", message_id="<drill.bcdfghjkmn@vps.example>")
FORGED = replace(MAIL, authentication=Authentication("pass"))
BARE = Mail(authentication=Authentication(mailfrom="x@y.example", by_edge=True))
ENVELOPE = Envelope("x@y.example", f"{'3' * 160}@example.com", 25_000_000)
NOBODY = Envelope("", "", 0)
ODD = Envelope("x@\u202e", "anna@example.com", 900)
ATTEMPTS = tuple(
    Attempt(
        f"{number}{'4' * 60}@inbox.example", outcome, "11 s" if outcome is Outcome.NO_ANSWER else "550 " * 60
    )
    for number, outcome in enumerate([*Outcome, Outcome.DELIVERED, Outcome.TEMPORARY])
)
UNKEPT = ("off", "full", "late", "unanswered", "limited", "cut OSError", "short 1/2", "unsealed OSError")
PROBLEMS = tuple(Problem(f"ROUTES_{number}", "fix " * 50) for number in range(14))
PORT = Target("mail.example.com", 465)
ANSWERS, SILENT = Primary(T, T, str(PORT)), Primary(T, T)


def outage(*, much=True):
    """Return an outage with all that its totals can say, or with one message that one inbox took."""
    found = begin(1, "", 0, T)
    for number in range(60 if much else 1):
        fate = ("forwarded", "deferred", "held", "returned", "forwarded")[number % 5]
        found = found.catch(
            *(fate, f"{number} {LONG[:50]} <a@b.example>", [f"{number}@inbox.example"], T + number),
            muted=number == 59,
        )
    if not much:
        return found
    found = found.catch_again("deferred", "deferred", [], T)
    for state in ("waiting", "delivered", "refused", "refused", *["waiting"] * 9):
        found = found.keep(state, T)
    return found


def of_messages(settings):
    """Yield what is said of messages: whatever became of them, and whatever is known of them."""
    for mail in (MAIL, DRILL, FORGED, BARE, None):
        for envelope in (ENVELOPE, NOBODY, ODD):
            for fate in ("forwarded", "held", "unreported", "returned", "deferred"):
                yield describe(Event("k", fate, envelope, mail, ATTEMPTS), settings)
    for outcome in Outcome:
        yield describe(
            Event("k", "deferred", ENVELOPE, None, (Attempt("a@b.example", outcome, "x"),)), settings
        )
    for unkept in (*UNKEPT, "TypeError at x:1"):
        yield describe(Event("k", "deferred", ENVELOPE, None, ATTEMPTS, unkept=unkept), settings)
    yield describe(Event("k", "held", ENVELOPE, None, ATTEMPTS, copy="1-x", unkept="late"), settings)
    yield describe(Event("k", "returned", ENVELOPE, None, copy="1-x"), settings)
    yield describe(Event("k", "deferred", ENVELOPE), settings)
    yield describe(Event("k", "deferred", ENVELOPE), replace(settings, problems=PROBLEMS))


def of_outages(words, messages):
    """Yield what is said of outages, of the primary and of the spool."""
    much, little = outage(), outage(much=False)
    both = [
        (much, messages[:12]),
        (replace(much, down=True, kept=99, blocked=3), messages[:12]),
        (little, []),
    ]
    for each, waiting in both:
        yield outages.first(messages[0], replace(each, repeats=1), words)
        yield outages.first(messages[0], each.end(T + 1), words)
        yield outages.day(each, waiting, T + 1e5 * each.caught, words)
        yield outages.quiet(each, waiting, each.caught, "", words)
        yield outages.back(each, waiting, ANSWERS, words)
        yield spools.home(each, [("", "550 no"), ("a@b.example", LONG)][: each.refused], waiting, words)
    nobody = replace(messages[0], fields=messages[0].fields[:1])
    yield outages.batch([*messages[:11], nobody], {str(number): number for number in range(40)}, words)
    for primary in (ANSWERS, SILENT, replace(SILENT, trouble="TypeError at x:1")):
        for down in (False, True):
            heard = outages.heard_of(primary, [PORT, PORT], words, down=down)
            yield outages.quiet(much, [], 1, heard, words)
        yield outages.deferrals(2, primary, words)
    yield outages.silent(SILENT, [PORT] * 3, words)
    yield outages.with_domain(outages.heard_again(ANSWERS, words), "example.com", words)
    yield spools.nearly_full(1_700_000_000, 2_000_000_000, words)
    for count in (1, 2):
        yield spools.full(count, 2_000_000_000, words)
        yield spools.expired(count, count, words)


@functools.cache
def everything(language):
    """Return all alerts in a language, and each with the most that may be added to it: made once for all."""
    words, settings = Words(language), Settings(detail="preview", show_codes=True, language=language)
    messages = [*of_messages(settings)]
    alerts = [*messages, *of_outages(words, messages), unheard(words)]
    heard = outages.heard_of(SILENT, [PORT] * 3, words, down=False)
    outbox = Outbox(None, {}, None, None, lambda: T, words, lambda number: heard)
    full = []
    for alert in alerts:
        entry = Entry(1, "here", with_problems(alert, PROBLEMS, words), T, Post(first=True), 0, 0, began=True)
        full.append(outbox._worded(entry, {"here": 1, "elsewhere": 2}))
    return alerts + full


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_every_channel_and_nothing_is_live(language):
    """With the longest texts of others, all that is added to an alert, and in an edit."""
    alerts = everything(language)
    most = [max(alerts, key=len_of) for len_of in (_headline, _advice, _labels)]
    for alert in [*alerts[::9], *most]:
        for channel in CHANNELS:
            request = channel.render(alert)
            accepts = telegram_accepts if isinstance(channel, Telegram) else slack_accepts
            accepts(request, alert)
            assert live_parts(request) == []
        for further, judge in FURTHER:
            judge(further.render(alert), alert)
        for pushed, limit, measure in PUSHED:
            plain_accepted(pushed.render(alert), limit, measure)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_of_a_file_in_our_own_words_is_a_link(language):
    """Whoever has the domain replay.md would be one tap away; where no app makes links of it, it stays."""
    alert = spools.expired(2, 30, Words(language))
    assert "docs/replay.md" in alert.advice
    for pushed, _, _ in PUSHED:
        assert "replay.md" not in pushed.render(alert).body
    assert "replay.md" not in FURTHER[2][0].render(alert).body


def _headline(alert):
    return len(alert.headline)


def _advice(alert):
    return len(alert.advice)


def _labels(alert):
    return sum(len(field.label) for field in alert.fields)


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_does_not_depend_on_the_language(language):
    """The same alerts, of the same kinds, with the same facts."""

    def kinds(alerts):
        return [(alert.kind, [field.kind for field in alert.fields]) for alert in alerts]

    assert kinds(everything(language)) == kinds(everything("en"))
    assert all(kind and all(fields) for kind, fields in kinds(everything("en")))


THEIRS = (
    "anna x y a b example com inbox mail failover drill bcdfghjkmn vps evil s no fix "
    "application pdf image png SPF DKIM DMARC pass fail UTC OSError TypeError at"
)
"""What may be Latin: addresses, verdicts, types, names of errors."""


def _cyrillic(text):
    """Return a text in a language that nobody speaks; what is put in stays."""
    literal = str.maketrans({chr(n): chr(0x430 + n % 32) for n in range(128) if chr(n).isalpha()})
    pieces = Formatter().parse(text)
    return "".join(part.translate(literal) + (f"{{{name}}}" if name else "") for part, name, _, _ in pieces)


def test_no_word_of_ours_stands_outside_the_tables(monkeypatch):
    """In a language of Cyrillic letters alone, what is Latin is the message's or the settings'."""
    said = set()

    class Heard(dict):
        def __getitem__(self, key):
            said.add(key)
            return super().__getitem__(key)

    table = {key: tuple(map(_cyrillic, forms(text))) for key, text in ENGLISH.items()}
    table = {key: text if len(text) > 1 else text[0] for key, text in table.items()}
    monkeypatch.setitem(LANGUAGES, "x", Heard(table))
    alerts = everything("x")
    ours = "\n".join(f"{a.headline}\n{a.advice}\n{a.repeat}" for a in alerts)
    assert not re.search("[A-Za-z]", ours)
    labels = {field.label for alert in alerts for field in alert.fields if field.kind != "setting"}
    assert not any(re.search("[A-Za-z]", label) for label in labels)
    theirs = {
        word for alert in alerts for field in alert.fields for word in re.findall("[A-Za-z]+", field.text)
    }
    assert theirs <= {*THEIRS.split()}
    # Those two a command says.
    assert ENGLISH.keys() - said == {"headline_test", "advice_test"}


def test_no_alert_and_no_fact_is_worded_where_it_is_made():
    """Whatever is said is looked up; what is put together has no word in it."""
    found = []
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Alert", "Field"}:
                given = [*node.args, *(each.value for each in node.keywords if each.arg != "kind")]
                literals = [
                    each.value for arg in given for each in ast.walk(arg) if isinstance(each, ast.Constant)
                ]
                words = [text for text in literals if isinstance(text, str) and re.search("[A-Za-z]", text)]
                found += [(path.name, node.lineno, words)] if words else []
    assert [(name, words) for name, _, words in found if not {*words} <= {*ENGLISH}] == []
