"""The words of an alert, and what each privacy level lets through."""

import json
from dataclasses import replace

import pytest

from failover.delivery import Attempt, Outcome
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.reading import Problem
from failover.settings import Settings
from notify.describe import caught, deferred, misconfigured, returned, with_problems
from notify.slack import SlackWebhook
from notify.telegram import Telegram
from notify.words.language import Words

SLACK = SlackWebhook("https://hooks.slack.com/services/T0/B0/x")
ENVELOPE = Envelope("bounce@mailer.example", "anna@example.com", 48_213)
MAIL = Mail(
    sender=Address("Hotel Löwe", "booking@hotel.example"),
    subject="Ihre Buchung 84731 in Köln",
    sent="2026-11-24 19:59 +01:00",
    authentication=Authentication("pass", "fail", "none", mailfrom="bounce@mailer.example", by_edge=True),
    preview="Ihr Code lautet 4711, siehe https://hotel.example/x",
    attachments=(
        Attachment("Rechnung.pdf", "application/pdf", 31_999),
        Attachment("", "image/png", None),
    ),
    whole=False,
)
DONE = (Attempt("you@inbox.example", Outcome.DELIVERED),)


def facts(alert):
    """Return the alert's fields as a dict of label and text."""
    return {field.label: field.text for field in alert.fields}


def test_a_caught_message_at_the_default_level():
    """Who, what, when, how large, what the edge thought of it, and where it went; codes are masked."""
    alert = caught(ENVELOPE, MAIL, DONE, Settings())
    assert alert.headline == "Caught a message and forwarded it"
    assert facts(alert) == {
        "For": "anna@example.com",
        "From": "Hotel Löwe <booking@hotel.example> via mailer.example",
        "Subject": "Ihre Buchung ••• in Köln",
        "Attachments": "Rechnung.pdf (application/pdf, 32 kB), unnamed image/png; perhaps more",
        "Sent": "2026-11-24 19:59 +01:00",
        "Size": "48 kB",
        "Checks by the edge": "SPF pass, DKIM fail, DMARC none",
        "Forwarded to": "you@inbox.example",
    }
    assert alert.preview == ""
    assert alert.advice == (
        "Its sender could not deliver to your own server, or went past it, as spam does. "
        "If the server should be up, have a look."
    )


def test_at_the_level_sender_nothing_of_the_content_is_said():
    """No subject, no list, no attachment, no preview."""
    alert = caught(ENVELOPE, MAIL, DONE, Settings(detail="sender"))
    assert not {"Subject", "Attachments", "List"} & facts(alert).keys()
    assert alert.preview == ""


def test_a_preview_is_masked_unless_its_owner_wants_codes():
    """Both choices are needed: the level, and the codes."""
    assert (
        caught(ENVELOPE, MAIL, DONE, Settings(detail="preview")).preview
        == "Ihr Code lautet •••, siehe [link]"
    )
    shown = caught(ENVELOPE, MAIL, DONE, Settings(detail="preview", show_codes=True))
    assert shown.preview == MAIL.preview
    assert facts(shown)["Subject"] == MAIL.subject
    assert "84731" not in facts(caught(ENVELOPE, MAIL, DONE, Settings(show_codes=True)))["Subject"]


@pytest.mark.parametrize(
    "sender",
    ["x@hotel.example", "x@HOTEL.example", "x@hotel.example.", "SRS0=a=b=mailer.example=x@hotel.example"],
)
def test_a_sender_at_the_domain_of_the_envelope_needs_nothing_beside_it(sender):
    """However the domain is spelled."""
    found = facts(caught(Envelope(sender, "anna@example.com", 1), MAIL, DONE, Settings()))
    assert found["From"] == "Hotel Löwe <booking@hotel.example>"
    assert "Envelope sender" not in found


def test_two_spellings_of_an_international_domain_are_one():
    """The edge may report either; what is told from it by DNS alone is another."""
    mail = Mail(sender=Address("", "anna@münchen.example"))
    for domain, via in (
        ("xn--mnchen-3ya.example", ""),
        ("MÜNCHEN.example", ""),
        ("munchen.example", " via munchen.example"),
        ("xn--mnchen-.example", " via xn--mnchen-.example"),
    ):
        found = facts(caught(Envelope(f"x@{domain}", "anna@example.com", 1), mail, DONE, Settings()))
        assert found["From"] == f"anna@münchen.example{via}"


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("x@mailer.example", "mailer.example"),
        ("x@bounce.hotel.example", "bounce.hotel.example"),
        ("x@example", "example"),
        ("x@evilhotel.example", "evilhotel.example"),
        ("x@hotel.example.evil.example", "hotel.example.evil.example"),
        ("x@hotel.example@evil.example", "evil.example"),
        ("nonsense", "nonsense"),
        ("x@\u202e\x00", "(unreadable)"),
        (f"x@{'a.' * 99}evil.example", f"…{('a.' * 99 + 'evil.example')[-99:]}"),
    ],
)
@pytest.mark.parametrize("dmarc", ["pass", "fail", ""])
def test_another_domain_of_the_envelope_is_always_named(sender, domain, dmarc):
    """Behind the address, short, whatever the verdicts are: they may be forged."""
    verdicts = Authentication("pass", "pass", dmarc, "hotel.example", sender, by_edge=True)
    mail = Mail(sender=MAIL.sender, authentication=verdicts)
    found = facts(caught(Envelope(sender, "anna@example.com", 1), mail, DONE, Settings(detail="sender")))
    assert found["From"] == f"Hotel Löwe <booking@hotel.example> via {domain}"


@pytest.mark.parametrize(
    ("mail", "sender"),
    [
        (Mail(sender=Address("security@bank.example", "")), '"security@bank.example" via mailer.example'),
        (
            Mail(sender=Address("", "security@bank.example"), other_senders=True),
            "security@bank.example; and other senders via mailer.example",
        ),
        (
            Mail(sender=Address("", "security@mailer.example"), other_senders=True),
            "security@mailer.example; and other senders",
        ),
        (None, None),
    ],
)
def test_all_of_the_envelope_is_shown_where_the_from_field_does_not_name_one_sender(mail, sender):
    """A name without an address, several addresses, or nothing that could be read."""
    found = facts(caught(ENVELOPE, mail, DONE, Settings()))
    assert found["Envelope sender"] == "bounce@mailer.example"
    assert found.get("From") == sender


@pytest.mark.parametrize("channel", [Telegram("1:x", "1"), Telegram("1:x", "1", plain=True), SLACK])
@pytest.mark.parametrize(
    "sender",
    [
        Address("&" * 100, f"{'&' * 300}@bank.example"),
        Address("W" * 100, "ceo@bank.example"),
        Address("", f"{'x' * 200} via bank.example <ceo@bank.example"),
        Address(" via bank.example " * 5, "ceo@bank.example"),
    ],
)
def test_no_length_pushes_the_envelopes_domain_out_of_an_alert(channel, sender):
    """Neither where a service's limit shortens the alert, nor where a notification shortens a line."""
    names = tuple(Attachment("&" * 120, "a/b", 1) for _ in range(6))
    mail = Mail(sender=sender, subject="&" * 250, attachments=names, preview="&" * 300)
    body = channel.render(caught(ENVELOPE, mail, DONE, Settings(detail="preview", show_codes=True))).body
    message = json.loads(body)
    assert "via mailer.example" in message["text"]
    for block in message.get("blocks", [])[1:2]:
        assert "via mailer.example" in block["text"]["text"]


def test_a_long_envelope_sender_shows_its_end():
    """Whose domain it is stands last."""
    long = Envelope(f"ceo@bank.example{'x' * 300}@evil.example", "anna@example.com", 1)
    text = facts(caught(long, None, DONE, Settings()))["Envelope sender"]
    assert (len(text), text[0], text[-13:]) == (200, "…", "@evil.example")


def test_a_code_in_the_senders_name_is_masked():
    """The display name is the sender's text, too; the address stays whole."""
    mail = Mail(sender=Address("482913 is your code", "1234567@shop.example"))
    assert facts(caught(ENVELOPE, mail, DONE, Settings(detail="sender")))["From"] == (
        "••• is your code <1234567@shop.example> via mailer.example"
    )


def test_a_message_that_could_not_be_read_is_told_by_its_envelope():
    """Without a Mail the envelope's words must do; a bounce has no sender."""
    alert = caught(Envelope("", "anna@example.com", 0), None, DONE, Settings())
    assert facts(alert) == {
        "For": "anna@example.com",
        "Envelope sender": "none: this is a bounce or an automatic message",
        "Forwarded to": "you@inbox.example",
    }


@pytest.mark.parametrize(
    ("outcome", "reason", "said", "advice"),
    [
        (Outcome.MISCONFIGURED, "550 no", "misconfigured: 550 no", "verification mail"),
        (Outcome.PERMANENT, "550 no", "permanent: 550 no", "exists and has room"),
        (Outcome.PERMANENT, "", "permanent", "add another inbox at another provider"),
        (Outcome.TEMPORARY, "550 no", "temporary: 550 no", "could not take the message just now"),
        (
            Outcome.NO_ANSWER,
            "11 s",
            "no answer within 11 s; the message may still arrive there",
            "perhaps twice",
        ),
    ],
)
def test_a_deferred_message_says_why_and_what_to_do(outcome, reason, said, advice):
    """The sender will retry; the cause decides what its reader can do."""
    alert = deferred(ENVELOPE, MAIL, [Attempt("you@inbox.example", outcome, reason)], Settings())
    assert alert.headline == "Could not hand on a message"
    assert facts(alert)["Not accepted by"] == f"you@inbox.example ({said})"
    assert "The sender will retry" in alert.advice
    assert advice in alert.advice


def test_a_failure_beside_a_success_is_mentioned():
    """One inbox has it, the other one needs a look."""
    alert = caught(
        ENVELOPE, MAIL, [*DONE, Attempt("b@inbox.example", Outcome.MISCONFIGURED, "not verified")], Settings()
    )
    assert facts(alert)["Not accepted by"] == "b@inbox.example (misconfigured: not verified)"
    assert "verification mail" in alert.advice


DRILL = Mail(
    sender=Address("mail-failover drill", "root@vps.example"),
    subject="mail-failover drill bcdfghjkmn",
    message_id="<drill.bcdfghjkmn@vps.example>",
)
EVENTS = [
    lambda mail: caught(ENVELOPE, mail, DONE, Settings()),
    lambda mail: caught(ENVELOPE, mail, [Attempt("b@x.example", Outcome.PERMANENT), *DONE], Settings()),
    lambda mail: deferred(ENVELOPE, mail, [Attempt("b@x.example", Outcome.TEMPORARY)], Settings()),
    lambda mail: returned(ENVELOPE, mail, Settings()),
]


@pytest.mark.parametrize("event", EVENTS)
def test_a_drill_is_called_a_drill_and_loses_nothing_by_it(event):
    """Its marks can be forged: the alert says all that it says of any other message, and whose word it is."""
    drill, other = event(DRILL), event(replace(DRILL, message_id="<1@vps.example>"))
    assert drill.headline == f"{other.headline}: a drill, it says"
    assert drill.advice.endswith(other.advice)
    assert "If you did not, it is a message like any other." in drill.advice
    assert (drill.fields, drill.preview) == (other.fields, other.preview)
    assert "drill" not in other.headline + other.advice


@pytest.mark.parametrize(
    ("subject", "message_id"),
    [
        ("mail-failover drill bcdfghjkmn", "<drill.bcdfghjkmp@vps.example>"),
        ("mail-failover drill bcdfghjkmn", ""),
        ("", "<drill.bcdfghjkmn@vps.example>"),
        ("Re: mail-failover drill bcdfghjkmn", "<drill.bcdfghjkmn@vps.example>"),
        ("mail-failover drill", "<drill.@vps.example>"),
        ("A drill", "<drill@vps.example>"),
    ],
)
def test_what_only_resembles_a_drill_is_none(subject, message_id):
    """The subject and the Message-ID carry the same mark in all drills."""
    mail = replace(DRILL, subject=subject, message_id=message_id)
    assert caught(ENVELOPE, mail, DONE, Settings()).headline == "Caught a message and forwarded it"


def test_a_returned_message_points_at_the_inbox():
    """A circle is the inbox's doing."""
    alert = returned(ENVELOPE, MAIL, Settings())
    assert "remove that rule" in alert.advice
    assert "Forwarded to" not in facts(alert)


def test_misconfiguration_names_every_variable():
    """The alert is the list of what to mend."""
    problems = [Problem("FALLBACK_MODE", "must be x"), Problem("ROUTES", "must be y")]
    alert = with_problems(misconfigured(ENVELOPE, Words()), problems, Words())
    assert facts(alert) == {"For": "anna@example.com", "FALLBACK_MODE": "must be x", "ROUTES": "must be y"}
    assert alert.advice.startswith("Until this is mended")
    assert alert.advice.endswith("correct .dev.vars or wrangler.toml, then: mail-failover deploy.")


def test_many_inboxes_and_many_problems_stay_readable():
    """Successes come first; the rest is counted."""
    failed = [Attempt(f"i{n}@inbox.example", Outcome.TEMPORARY) for n in range(30)]
    fields = caught(ENVELOPE, MAIL, [*failed, *DONE], Settings()).fields
    assert [f.label for f in fields[-7:]] == ["Forwarded to", *["Not accepted by"] * 5, "And"]
    assert fields[-1].text == "25 more inboxes"
    problems = [Problem("ROUTES", f"entry {n}") for n in range(40)]
    fields = with_problems(misconfigured(ENVELOPE, Words()), problems, Words()).fields
    assert fields[-1].text == "28 more"


def test_a_bounce_comes_through_no_domain():
    """Its envelope names none."""
    found = facts(caught(Envelope("", "anna@example.com", 1), MAIL, DONE, Settings()))
    assert found["From"] == "Hotel Löwe <booking@hotel.example>"
    assert found["Envelope sender"] == "none: this is a bounce or an automatic message"


def test_a_message_that_says_nothing_is_told_by_what_is_known():
    """No From field, no date, no attachment: no empty lines for them."""
    found = facts(caught(ENVELOPE, Mail(), (Attempt("a@x.example", Outcome.ALREADY),), Settings()))
    assert found == {
        "For": "anna@example.com",
        "Envelope sender": "bounce@mailer.example",
        "Subject": "(none)",
        "Size": "48 kB",
        "Forwarded to": "a@x.example (it had the message already)",
    }
    assert facts(caught(Envelope("a@b", "\u202e", 0), Mail(), (), Settings()))["For"] == "(no recipient)"
    listed = Mail(list_id="Users <users.lists.example> 4711")
    assert facts(caught(ENVELOPE, listed, (), Settings()))["List"] == "Users <users.lists.example> •••"


def test_checks_that_the_edge_did_not_make_are_said_to_be_none():
    """It put its field there, and no verdict in it."""
    mail = Mail(authentication=Authentication(by_edge=True))
    assert facts(caught(Envelope("", "a@b", 0), mail, (), Settings()))["Checks by the edge"] == "none made"


@pytest.mark.parametrize("sender", [None, Address("", "a@b.example")])
def test_a_dmarc_verdict_names_its_domain_where_that_is_in_doubt(sender):
    """Where the From field names another one, or none."""
    mail = Mail(
        sender=sender, authentication=Authentication(dmarc="pass", dmarc_domain="x" * 200 + ".example")
    )
    text = facts(caught(ENVELOPE, mail, (), Settings()))["Checks"]
    assert text == f"claimed, perhaps by the sender: DMARC pass for …{'x' * 91}.example"


def test_what_others_say_is_shortened():
    """At 200 code points each."""
    long = "x" * 300
    alert = caught(Envelope("", long, 0), None, [Attempt(long, Outcome.TEMPORARY, long)], Settings())
    assert facts(alert)["For"] == "x" * 199 + "…"
    assert facts(alert)["Not accepted by"] == f"{'x' * 199}… (temporary: {'x' * 199}…)"
    alert = with_problems(misconfigured(ENVELOPE, Words()), [Problem("ROUTES", long)], Words())
    assert facts(alert)["ROUTES"] == "x" * 199 + "…"


def test_six_inboxes_are_all_listed():
    """Only from the seventh on they are counted."""
    six = [Attempt(f"i{n}@x.example", Outcome.DELIVERED) for n in range(6)]
    assert [f.label for f in caught(ENVELOPE, None, six, Settings()).fields[-6:]] == ["Forwarded to"] * 6


def test_hostile_envelopes_are_cleaned():
    """Not even an address can break a line or reorder one."""
    alert = caught(Envelope("a\r\n@x\u202e", "b\x00\u2066@y", 1), None, DONE, Settings())
    assert facts(alert)["Envelope sender"] == "a @x"
    assert facts(alert)["For"] == "b@y"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *((17, "17 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (1_500, "1.5 kB"), (9_949, "9.9 kB")),
        *(
            (9_950, "10 kB"),
            (48_213, "48 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (26_214_400, "26 MB"),
        ),
    ],
)
def test_sizes_are_readable(size, text):
    """Bytes, kB and MB, as people say them."""
    assert facts(caught(Envelope("", "a@b", size), None, (), Settings()))["Size"] == text
