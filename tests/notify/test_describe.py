"""The words of an alert, and what each privacy level lets through."""

import pytest

from failover.delivery import Attempt, Outcome
from failover.message import Address, Attachment, Authentication, Envelope, Mail
from failover.settings import Problem, Settings
from notify.describe import caught, deferred, misconfigured, returned, with_problems

ENVELOPE = Envelope("bounce@mailer.example", "anna@example.com", 48_213)
MAIL = Mail(
    sender=Address("Hotel Löwe", "booking@hotel.example"),
    subject="Ihre Buchung 84731 in Köln",
    sent="2026-11-24 19:59 +01:00",
    authentication=Authentication("pass", "fail", "none"),
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
        "From": "Hotel Löwe <booking@hotel.example>",
        "Envelope sender": "bounce@mailer.example",
        "Subject": "Ihre Buchung ••• in Köln",
        "Attachments": "Rechnung.pdf (application/pdf, 32 kB), unnamed image/png; perhaps more",
        "Sent": "2026-11-24 19:59 +01:00",
        "Size": "48 kB",
        "Checks by the edge": "SPF pass, DKIM fail, DMARC none",
        "Forwarded to": "you@inbox.example",
    }
    assert alert.preview == ""
    assert alert.advice.startswith("Your own server did not take this message.")


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


def test_a_vouched_for_sender_needs_no_envelope_beside_it():
    """With a DMARC pass, or from the same domain, the From field is enough."""
    verdicts = Authentication("pass", "pass", "pass", "hotel.example")
    vouched = Mail(sender=MAIL.sender, authentication=verdicts)
    assert "Envelope sender" not in facts(caught(ENVELOPE, vouched, DONE, Settings()))
    same = Envelope("x@HOTEL.example", "anna@example.com", 1)
    assert "Envelope sender" not in facts(caught(same, MAIL, DONE, Settings()))


@pytest.mark.parametrize(
    "mail",
    [
        Mail(sender=Address("security@bank.example", ""), authentication=Authentication(dmarc="pass")),
        Mail(
            sender=Address("", "security@bank.example"),
            other_senders=True,
            authentication=Authentication(dmarc="pass", dmarc_domain="bank.example"),
        ),
        Mail(
            sender=Address("", "security@bank.example"),
            authentication=Authentication(dmarc="pass", dmarc_domain="evil.example"),
        ),
        None,
    ],
)
def test_the_envelope_is_shown_where_the_from_field_is_not_to_be_trusted(mail):
    """A name without an address, or several addresses: whose pass it is, nobody knows."""
    assert facts(caught(ENVELOPE, mail, DONE, Settings()))["Envelope sender"] == "bounce@mailer.example"


def test_a_code_in_the_senders_name_is_masked():
    """The display name is the sender's text, too; the address stays whole."""
    mail = Mail(sender=Address("482913 is your code", "1234567@shop.example"))
    assert facts(caught(ENVELOPE, mail, DONE, Settings(detail="sender")))["From"] == (
        "••• is your code <1234567@shop.example>"
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
    ("outcome", "advice"),
    [
        (Outcome.MISCONFIGURED, "verification mail"),
        (Outcome.PERMANENT, "exists and has room"),
        (Outcome.TEMPORARY, "could not take the message just now"),
        (Outcome.NO_ANSWER, "perhaps twice"),
    ],
)
def test_a_deferred_message_says_why_and_what_to_do(outcome, advice):
    """The sender will retry; the cause decides what its reader can do."""
    alert = deferred(ENVELOPE, MAIL, [Attempt("you@inbox.example", outcome, "550 no")], Settings())
    assert alert.headline == "Could not hand on a message"
    assert facts(alert)["Not accepted by"] == f"you@inbox.example ({outcome.value}: 550 no)"
    assert "The sender will retry" in alert.advice
    assert advice in alert.advice


def test_a_failure_beside_a_success_is_mentioned():
    """One inbox has it, the other one needs a look."""
    alert = caught(
        ENVELOPE, MAIL, [*DONE, Attempt("b@inbox.example", Outcome.MISCONFIGURED, "not verified")], Settings()
    )
    assert facts(alert)["Not accepted by"] == "b@inbox.example (misconfigured: not verified)"
    assert "verification mail" in alert.advice


def test_a_returned_message_points_at_the_inbox():
    """A circle is the inbox's doing."""
    alert = returned(ENVELOPE, MAIL, Settings())
    assert "remove that rule" in alert.advice
    assert "Forwarded to" not in facts(alert)


def test_misconfiguration_names_every_variable():
    """The alert is the list of what to mend."""
    problems = [Problem("FALLBACK_MODE", "must be x"), Problem("ROUTES", "must be y")]
    alert = with_problems(misconfigured(ENVELOPE), problems)
    assert facts(alert) == {"For": "anna@example.com", "FALLBACK_MODE": "must be x", "ROUTES": "must be y"}
    assert alert.advice.startswith("Until this is mended")
    assert "make deploy" in alert.advice


def test_many_inboxes_and_many_problems_stay_readable():
    """Successes come first; the rest is counted."""
    failed = [Attempt(f"i{n}@inbox.example", Outcome.TEMPORARY) for n in range(30)]
    fields = caught(ENVELOPE, MAIL, [*failed, *DONE], Settings()).fields
    assert [f.label for f in fields[-7:]] == ["Forwarded to", *["Not accepted by"] * 5, "And"]
    assert fields[-1].text == "25 more inboxes"
    problems = [Problem("ROUTES", f"entry {n}") for n in range(40)]
    fields = with_problems(misconfigured(ENVELOPE), problems).fields
    assert fields[-1].text == "28 more"


def test_hostile_envelopes_are_cleaned():
    """Not even an address can break a line or reorder one."""
    alert = caught(Envelope("a\r\n@x\u202e", "b\x00\u2066@y", 1), None, DONE, Settings())
    assert facts(alert)["Envelope sender"] == "a @x"
    assert facts(alert)["For"] == "b@y"


@pytest.mark.parametrize(
    ("size", "text"), [(17, "17 bytes"), (1_500, "1.5 kB"), (48_213, "48 kB"), (26_214_400, "26 MB")]
)
def test_sizes_are_readable(size, text):
    """Bytes, kB and MB, as people say them."""
    assert facts(caught(Envelope("", "a@b", size), None, (), Settings()))["Size"] == text
