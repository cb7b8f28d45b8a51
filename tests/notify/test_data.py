"""What programs are told: the same in every language, as documented, and no more than people may see."""

import json
from dataclasses import replace

import pytest

from failover.chats import WebhookSettings
from failover.delivery import Attempt, Outcome
from failover.event import Event
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.outage import begin
from failover.primary import Primary, Target
from failover.reading import Problem
from failover.settings import Settings
from notify import data, outages, spools
from notify.alert import Alert
from notify.describe import describe, with_problems
from notify.webhook import Webhook
from notify.words.language import LANGUAGES, Words
from standins.judges import SCHEMA, webhook_accepts

T = 1_795_000_000.0
SETTINGS = Settings(detail="preview", webhook=WebhookSettings("https://w.example/", b"secret"))
PROBLEM = Problem("FALLBACK_MODE", "must be first or all")
ENVELOPE = Envelope("Bounce@Mailer.example", "Anna+urlaub@EXAMPLE.com", 48_213)
MAIL = Mail(
    sender=Address("Hotel Löwe", "booking@hotel.example"),
    subject="Ihre Buchung 84731 in Köln",
    sent="2026-11-24 19:59 +01:00",
    list_id="news.hotel.example",
    authentication=Authentication(
        "pass", "fail", "none", "hotel.example", "bounce@mailer.example", by_edge=True
    ),
    preview="Ihr Code lautet 4711",
    attachments=(Attachment("Rechnung.pdf", "application/pdf", 31_999), Attachment("", "image/png", None)),
    whole=False,
)
TRIED = (
    Attempt("one@inbox.example", Outcome.PERMANENT, "550 no\u202e such user"),
    Attempt("two@inbox.example", Outcome.DELIVERED),
)
EVENT = Event("key", "forwarded", ENVELOPE, MAIL, TRIED, copy="c1")
PRIMARY = Primary(T, T - 60, "mail.example.com:465")
OUTAGE = replace(
    begin(1, "", 0, T).catch("forwarded", 'Hotel "L" <a@b.example> via c.example', ["one@inbox.example"], T),
    kept=3,
    home=1,
    refused=1,
)


def said(alert):
    """Return the body that a webhook sends of an alert."""
    hook = Webhook("https://w.example/", b"secret", lambda: T)
    event = json.loads(hook.render(alert).body)
    webhook_accepts(event)
    return event


def everything(words):
    """Return an alert of each kind."""
    settings = replace(SETTINGS, language=words.language)
    told = describe(EVENT, settings)
    fates = ("forwarded", "held", "deferred", "unreported", "returned")
    messages = [describe(replace(EVENT, fate=fate, unkept="full"), settings) for fate in fates]
    waits = replace(EVENT, fate="deferred", attempts=())
    return [
        *messages,
        with_problems(describe(waits, replace(settings, problems=(PROBLEM,))), [PROBLEM], words),
        outages.batch([told, *messages], {"a": 6}, words),
        outages.day(OUTAGE, [told], T, words),
        outages.quiet(OUTAGE.end(T), [told], 6, "", words),
        outages.back(OUTAGE.end(T), [], PRIMARY, words),
        spools.home(OUTAGE, [("a@b.example", "550 no\n")], [told], words),
        outages.silent(Primary(T, T), [Target("mail.example.com", 465)], words),
        outages.heard_again(PRIMARY, words),
        outages.deferrals(2, Primary(), words),
        spools.nearly_full(80, 100, words),
        spools.full(2, 100, words),
        spools.expired(2, 30, words),
        Alert("x", kind="test"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_as_documented_and_the_same_in_every_language(language):
    """No word of ours is in it; what is documented is all there is."""
    events = [said(alert) for alert in everything(Words(language))]
    assert events == [said(alert) for alert in everything(Words("en"))]
    types = {event["type"] for event in events}
    named = str(SCHEMA["else"])
    assert types - {"test"} == {each for each in types if f"'{each}'" in named or each.startswith("mail.")}
    assert {*SCHEMA["$defs"]["mail"]["enum"]} == {each for each in types if each.startswith("mail.")}
    assert len(types) == 18


def test_a_message_is_told_whole():
    """As the settings let it through, its texts clean."""
    assert said(describe(EVENT, SETTINGS))["data"] == {
        "recipient": "Anna+urlaub@EXAMPLE.com",
        "domain": "example.com",
        "envelope_sender": "Bounce@Mailer.example",
        "size": 48_213,
        "from": {"name": "Hotel Löwe", "address": "booking@hotel.example"},
        "other_senders": False,
        "sent": "2026-11-24 19:59 +01:00",
        "subject": "Ihre Buchung ••• in Köln",
        "list": "news.hotel.example",
        "attachments": [
            {"name": "Rechnung.pdf", "type": "application/pdf", "size": 31_999},
            {"name": "", "type": "image/png", "size": None},
        ],
        "all_attachments": False,
        "preview": "Ihr Code lautet •••",
        "checks": {
            "spf": "pass",
            "dkim": "fail",
            "dmarc": "none",
            "dmarc_domain": "hotel.example",
            "by_edge": True,
        },
        "drill": False,
        "inboxes": [
            {"address": "one@inbox.example", "outcome": "permanent", "reason": "550 no such user"},
            {"address": "two@inbox.example", "outcome": "delivered", "reason": ""},
        ],
        "copy": True,
    }


CONTENT = ("subject", "list", "attachments", "all_attachments")


@pytest.mark.parametrize(
    ("detail", "hidden"), [("preview", ()), ("subject", ("preview",)), ("sender", ("preview", *CONTENT))]
)
def test_no_more_is_told_than_people_may_see(detail, hidden):
    """Alone, among others, and of what waits; whether it is left out at once or for one destination."""
    whole = describe(EVENT, SETTINGS)
    less = describe(EVENT, replace(SETTINGS, detail=detail))
    assert less.data == data.at(whole.data, detail)
    assert whole.data.keys() - less.data.keys() == {*hidden}
    for alert in (
        outages.batch([whole, whole], {"a": 2}, Words()),
        outages.day(OUTAGE, [whole], T, Words()),
    ):
        shown = str(data.at(alert.data, detail))
        assert ("Buchung" in shown) is (detail != "sender")
        assert "4711" not in shown


def test_a_message_that_waits_for_the_settings_is_told_by_its_recipient_alone():
    """As people are told."""
    alert = describe(replace(EVENT, fate="deferred", attempts=()), replace(SETTINGS, problems=(PROBLEM,)))
    assert alert.data == {"recipient": "Anna+urlaub@EXAMPLE.com", "domain": "example.com"}


def test_without_a_webhook_nothing_is_put_together():
    """It would cost a little of each message's time."""
    assert describe(EVENT, replace(SETTINGS, webhook=None)).data == {}


def test_what_could_not_be_read_is_missing():
    """And not guessed."""
    told = said(describe(replace(EVENT, mail=None, attempts=()), SETTINGS))["data"]
    assert told.keys() == {"recipient", "domain", "envelope_sender", "size", "drill", "inboxes", "copy"}


@pytest.mark.parametrize(
    ("mailfrom", "by_edge"), [("", False), ("x@else.example", False), ("mailer.example", True)]
)
def test_verdicts_are_the_edges_own_only_about_this_envelope(mailfrom, by_edge):
    """Others may be the sender's."""
    found = replace(MAIL.authentication, mailfrom=mailfrom)
    told = describe(replace(EVENT, mail=replace(MAIL, authentication=found)), SETTINGS)
    assert told.data["checks"]["by_edge"] is by_edge


def test_a_drill_is_told_as_one():
    """By its marks, which anybody can write."""
    drill = replace(MAIL, subject="mail-failover drill abcdefghij", message_id="<drill.abcdefghij@x.example>")
    assert describe(replace(EVENT, mail=drill), SETTINGS).data["drill"] is True


def test_what_has_become_of_a_message_takes_the_place_of_what_was_known():
    """What it said of itself stays."""
    known, now = (
        describe(EVENT, SETTINGS),
        describe(replace(EVENT, mail=None, copy="", attempts=()), SETTINGS),
    )
    told = outages.with_fate(known, now).data
    assert told == {**known.data, "inboxes": [], "copy": False}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@b.example", "a@b.example"),
        ("a@b.example via c.example", "a@b.example"),
        ("a@b.example; and other senders", "a@b.example"),
        ("Hotel <a@b.example>", "a@b.example"),
        ("Hotel <a@b.example> über c.example", "a@b.example"),
        ("\"'x@y.example'\" <a@b.example>", "a@b.example"),
        ('"x <x@y.example>" <a@b.example>; and other senders via c.example', "a@b.example"),
        ('"x <x@y.example>"', None),
        ('"x@y.example"', None),
        ("none: this is a bounce or an automatic message", None),
        ("(unknown)", None),
    ],
)
def test_senders_are_counted_by_their_addresses(text, address):
    """Whatever they call themselves; a name that poses as an address is none."""
    counted = replace(OUTAGE, senders={text: 2, "": 1})
    counts = outages.day(counted, [], T, Words()).data["senders"]
    others = [{"address": None, "count": 1 if address else 3}]
    assert counts == ([{"address": address, "count": 2}] if address else []) + others


def test_an_outage_is_told_in_numbers_and_times():
    """The same counts as people see."""
    told = spools.home(OUTAGE.end(T + 60), [("a@b.example", "550 no")], [], Words()).data
    assert told == {
        "began": "2026-11-18T11:06:40Z",
        "last_message": "2026-11-18T11:06:40Z",
        "ended": "2026-11-18T11:07:40Z",
        "server_was_silent": False,
        **dict.fromkeys(("caught", "forwarded", "home", "refused"), 1),
        **dict.fromkeys(("came_again", "waiting", "returned", "blocked", "muted"), 0),
        "held": 0,
        "kept": 3,
        "inboxes": [{"address": "one@inbox.example", "count": 1}],
        "senders": [{"address": "a@b.example", "count": 1}],
        "waiting_messages": [],
        "refusals": [{"envelope_sender": "a@b.example", "said": "550 no"}],
    }
