"""Plain text in which nothing is live, and how urgent an alert is."""

import json
import re

import pytest
from hypothesis import given, settings

from notify.alert import Alert, Field
from notify.channel import ALOUD, Manner, Request
from notify.gotify import Gotify
from notify.ntfy import Ntfy
from notify.plain import HAIR_SPACE, apart, body, is_posted, told_apart, urgency
from notify.pushover import Pushover
from standins.judges import alerts, plain_accepted

TOPIC = Ntfy("https://ntfy.sh", "sEcReT-topic", "tk_sEcReT")
CHANNELS = [
    (TOPIC, 4095, lambda text: len(text.encode())),
    (Gotify("https://gotify.example", "AsEcReT"), 8000, len),
    (Pushover("asEcReT", "usEcReT"), 1024, len),
]
QUIETLY = Manner(sound=False)
LATER = Manner(later=True)
# What ntfy's web app links (https://github.com/binwiederhier/ntfy, web/src), and what iOS may.
WEB = re.compile(r"https?:/|www\\.\\w|\\w\\.[^\\W\\d]{2,}", re.IGNORECASE)


@given(alerts())
@settings(deadline=None, max_examples=40)
def test_hostile_alerts_are_taken_with_nothing_live(alert):
    """Whatever a message says, each service takes it, and no app has anything to make a link of."""
    for channel, limit, measure in CHANNELS:
        text = plain_accepted(channel.render(alert), limit, measure)
        assert WEB.findall(text) == []


@pytest.mark.parametrize("between", ["", "\u2060", "\u200b", "\u00ad"])
@pytest.mark.parametrize("address", ["http:|//evil.|example", "evil.|com", "mailto:|a", "10.|0.|0.|1"])
def test_what_shows_nothing_would_not_keep_an_address_apart(address, between):
    """Android counts it among the letters of a name: the judge finds most links, whatever is put in them."""
    text = json.dumps({"title": "x", "message": address.replace("|", between)})
    if between == "" or "evil.|" in address:
        with pytest.raises(AssertionError):
            plain_accepted(Request("", text, {}), 4096, len)
    apart_by_a_space = json.dumps({"title": "x", "message": address.replace("|", HAIR_SPACE)})
    plain_accepted(Request("", apart_by_a_space, {}), 4096, len)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see http://evil.example/a?b=c.d", "see http:|//evil.|example/a?b=c.|d"),
        ("mallory@evil.example", "mallory@evil.|example"),
        ("tel:112 mailto:a", "tel:|112 mailto:|a"),
        ("10.0.0.1", "10.|0.|0.1"),
        ("10.0.0.1.evil.com:80", "10.|0.|0.1.|evil.|com:|80"),
        ("a1.2b.com", "a1.2b.|com"),
        ("evil\u3002com evil\uff0ecom evil\uff61com", "evil\u3002|com evil\uff0e|com evil\uff61|com"),
        ("evil.\u4e2d\u56fd", "evil.|\u4e2d\u56fd"),
        ("19:59, 3.5 MB. Wait... no: yes.", "19:59, 3.5 MB. Wait... no: yes."),
    ],
)
def test_an_address_is_taken_apart_and_prose_stays(text, seen):
    """The thinnest space stands behind each sign that holds an address together."""
    assert apart(text) == seen.replace("|", HAIR_SPACE)


def test_the_text_reads_as_paragraphs():
    """A line a fact, the preview as in a mail that quotes it, the advice last; the headline is the title."""
    alert = Alert("Headline", (Field("From", "Bank"), Field("Sent", ""), Field("To", "Anna")), "Hi", "Look.")
    assert body(alert) == "From: Bank\nTo: Anna\n\n> Hi\n\nLook."
    assert body(alert.as_repeat("This may be a repeat")).startswith("This may be a repeat")
    assert body(Alert("Headline")) == "Headline"
    assert body(Alert("x", (Field("Subject", "\u05e9"),))) == "Subject: \u2068\u05e9\u2069"


@pytest.mark.parametrize(
    ("kind", "manner", "level"),
    [
        *((kind, ALOUD, 2) for kind in ("forwarded", "held", "returned", "misconfigured")),
        *((kind, LATER, 1) for kind in ("forwarded", "held", "returned", "misconfigured")),
        *((kind, manner, 2) for kind in ("deferred", "unreported") for manner in (ALOUD, LATER)),
        *((kind, ALOUD, 1) for kind in ("batch", "day", "silent", "deferrals", "full", "test", "")),
        *((kind, ALOUD, 0) for kind in ("quiet", "back", "home", "heard")),
        *((kind, QUIETLY, 0) for kind in ("forwarded", "deferred", "batch", "quiet")),
    ],
)
def test_an_outage_begins_loudly_and_ends_quietly(kind, manner, level):
    """What comes in between has its usual sound; without sound nothing rings."""
    alert = Alert("x", kind=kind)
    assert urgency(alert, manner) == level
    told = [json.loads(channel.render(alert, manner).body)["priority"] for channel, _, _ in CHANNELS]
    assert told == [(2, 3, 4)[level], (2, 5, 8)[level], (-1, 0, 1)[level]]


@pytest.mark.parametrize(
    ("answer", "posted"),
    [
        ('{"id":"xE73Iyuabi","time":1673542291,"message":"cut he', True),
        ('{"id":25,"appid":5}', True),
        ('{"time": 5, "id": "x"}', True),
        ('{"error":"\\"id\\":5, cut he', False),
        ('{"id":', False),
        ("<html>", False),
        ("[]", False),
        ("", False),
    ],
)
def test_an_answer_is_what_was_posted_or_it_is_none(answer, posted):
    """Also where the echo of a long alert was cut off."""
    assert is_posted(answer) is posted


def test_secrets_are_told_apart_and_not_shown():
    """By eight digits, and no channel names its secrets."""
    assert re.fullmatch("[0-9a-f]{8}", told_apart("one"))
    assert told_apart("one") != told_apart("two")
    for channel, _, _ in CHANNELS:
        assert "sEcReT" not in channel.name + channel.key + repr(channel)
        assert channel.key.startswith(f"{channel.name} ")
        assert not channel.keeps_place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TOPIC, Ntfy("https://ntfy.sh", "another")),
        (TOPIC, Ntfy("https://ntfy.example", "sEcReT-topic")),
        (Gotify("https://gotify.example", "A"), Gotify("https://gotify.example", "B")),
        (Pushover("a", "u"), Pushover("a", "v")),
    ],
)
def test_two_destinations_have_two_keys(one, other):
    """A token may change; the topic or the user is the destination."""
    assert one.key != other.key


@pytest.mark.parametrize("manner", [Manner(thread="7"), Manner(edits="7"), Manner(thread="7", edits="7")])
def test_places_are_passed_over(manner):
    """None is kept, so each alert is a new message."""
    for channel, _, _ in CHANNELS:
        assert channel.render(Alert("x"), manner) == channel.render(Alert("x"))
