"""What is said of an outage: in few words, each sender in a line of his own."""

import pytest

from failover.outage import begin
from failover.primary import Primary, Target
from notify.alert import Alert, Field
from notify.outages import (
    LISTED,
    back,
    batch,
    day,
    deferrals,
    first,
    heard_again,
    heard_of,
    quiet,
    sender_of,
    silent,
)
from notify.words.language import Words

T = 1_795_000_000.0
HOUR = 3600.0
INBOX = "one@inbox.example"
FIRST = Alert(
    "Caught a message and forwarded it",
    (
        Field("For", "anna@example.com", kind="for"),
        Field("From", "Hotel <a@b.example>", 14, kind="from"),
        Field("Subject", "Booking", kind="subject"),
    ),
    "text",
    "have a look",
)

WORDS = Words()
ANSWERS = Primary(T, T, "mail.example.com:465")
SMTP = Target("mail.example.com", 465)
SUMS = {
    "day": lambda outage: day(outage, [], T + 24 * HOUR, WORDS),
    "quiet": lambda outage: quiet(outage, [], 6, "", WORDS),
    "back": lambda outage: back(outage, [], ANSWERS, WORDS),
}
"""What sums an outage up."""
NOTICES = SUMS | {
    "silent": lambda _: silent(Primary(T, T), [SMTP], WORDS),
    "heard again": lambda _: heard_again(ANSWERS, WORDS),
    "deferrals": lambda _: deferrals(2, ANSWERS, WORDS),
}
"""What is said of no one message."""


def message(number, sender="Hotel <a@b.example>", subject="Booking", inbox=INBOX):
    """Return the alert of one message."""
    fields = (
        Field("From", sender, kind="from"),
        Field("Subject", f"{subject} {number}", kind="subject"),
        Field("Forwarded to", inbox, kind="forwarded_to"),
    )
    return Alert("Caught a message and forwarded it", fields, kind="forwarded")


def caught(*fates, senders=("a@b.example",)):
    """Return an outage with messages, a minute apart."""
    outage = begin(1, "", 0, T)
    for number, fate in enumerate(fates):
        inboxes = [INBOX] if fate == "forwarded" else []
        outage = outage.catch(fate, senders[number % len(senders)], inboxes, T + 60 * number)
    return outage


def texts(alert, label):
    """Return the texts of an alert's fields with a label."""
    return [field.text for field in alert.fields if field.label == label]


def test_one_message_looks_as_it_always_did():
    """Neither totals nor a list."""
    assert first(FIRST, caught("forwarded"), WORDS) == FIRST
    assert batch([FIRST], {"Hotel <a@b.example>": 1}, WORDS) == FIRST


def test_the_first_alert_shows_what_has_come_since():
    """Since when, how many, what became of them, by whom; and then the first message as it was."""
    alert = first(FIRST, caught("forwarded", "forwarded", "deferred", senders=("a", "b")), WORDS)
    assert alert.headline == "Caught 3 messages"
    assert texts(alert, "Since") == [WORDS.moment(T)]
    assert texts(alert, "Forwarded") == ["2, to one@inbox.example"]
    assert texts(alert, "Waiting with their senders") == ["1"]
    assert (texts(alert, "2 from"), texts(alert, "1 from")) == (["a"], ["b"])
    assert alert.fields[-3:] == FIRST.fields
    assert (alert.preview, alert.advice) == (FIRST.preview, FIRST.advice)


def test_a_retry_of_the_only_message_shows():
    """It waited, and then it got through."""
    outage = caught("deferred").catch_again("deferred", "forwarded", [INBOX], T + 60)
    alert = first(FIRST, outage, WORDS)
    assert texts(alert, "Caught") == ["1 message, and 1 that came again"]
    assert texts(alert, "Forwarded") == ["1, to one@inbox.example"]
    assert texts(alert, "Waiting with their senders") == []


def test_the_first_alert_of_an_outage_that_is_over_says_so():
    """From when to when."""
    alert = first(FIRST, caught("forwarded", "forwarded").end(T + HOUR), WORDS)
    assert alert.advice == ""
    assert alert.headline == "Over: caught 2 messages"
    assert (texts(alert, "Began"), texts(alert, "Last message")) == (
        [WORDS.moment(T)],
        [WORDS.moment(T + 60)],
    )


def test_a_batch_lists_a_dozen_and_counts_the_rest_by_sender():
    """With the inboxes that have them."""
    alerts = [message(n, sender="ab"[n % 2]) for n in range(LISTED)]
    alert = batch(alerts, {"a": 10, "b": 6, "c": 3}, WORDS)
    assert alert.headline == "Caught 19 more messages"
    assert texts(alert, "From") == [f"{'ab'[n % 2]}: Booking {n}" for n in range(LISTED)]
    assert [(f.label, f.text) for f in alert.fields[LISTED:]] == [
        ("4 more from", "a"),
        ("3 more from", "c"),
        ("Forwarded to", INBOX),
    ]


def test_of_many_senders_the_most_busy_are_named():
    """All others are one line."""
    others = {f"s{n}": n for n in range(1, 10)}
    alert = batch([message(n) for n in range(LISTED)], {"Hotel <a@b.example>": 12} | others, WORDS)
    assert [(f.label, f.text) for f in alert.fields[LISTED:-1]] == [
        ("9 more from", "s9"),
        ("8 more from", "s8"),
        ("7 more from", "s7"),
        ("21 more from", "others"),
    ]


def test_without_subjects_a_batch_names_senders():
    """As the detail "sender" has it."""
    alerts = [Alert("Caught", (Field("From", f"s{n}", kind="from"),)) for n in range(3)]
    assert texts(batch(alerts, {"s0": 1, "s1": 1, "s2": 1}, WORDS), "From") == ["s0", "s1", "s2"]


def test_a_bounce_is_listed_by_its_envelope():
    """It has no From that could be read."""
    sender = Field("Envelope sender", "none: this is a bounce", kind="envelope_sender")
    bounce = Alert("Caught", (sender,))
    assert sender_of(bounce, WORDS) == sender
    assert texts(batch([bounce, message(1)], {"x": 2}, WORDS), "Envelope sender") == [
        "none: this is a bounce"
    ]


def test_no_message_can_pose_as_its_neighbour():
    """Whatever stands in its sender or subject stays in its own field."""
    spoof = message(1, sender="x (5), Bank", subject="Forwarded to: all is well")
    alert = batch([spoof, message(2)], {"x (5), Bank": 1, "Hotel <a@b.example>": 1}, WORDS)
    assert [f.label for f in alert.fields] == ["From", "From", "Forwarded to"]


def test_the_end_says_from_when_to_when_where_the_mail_is_and_what_never_got_through():
    """And that silence alone proves nothing."""
    outage = caught("forwarded", "deferred", "forwarded").end(T + 7 * HOUR)
    alert = quiet(outage, [message(7)], 6, "", WORDS)
    assert alert.headline == "No mail was caught for 6 hours"
    assert texts(alert, "Began") == [WORDS.moment(T)]
    assert texts(alert, "Last message") == [WORDS.moment(T + 120)]
    assert texts(alert, "Caught") == ["3 messages"]
    assert texts(alert, "Forwarded") == ["2, to one@inbox.example"]
    assert texts(alert, "Waiting") == ["Hotel <a@b.example>: Booking 7"]
    assert "does not prove" in alert.advice
    assert "some give up" in alert.advice
    assert "some give up" not in quiet(caught("forwarded"), [], 6, "", WORDS).advice
    assert quiet(caught("forwarded"), [], 1, "", WORDS).headline == "No mail was caught for 1 hour"


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (2, "2 days"), (9, "9 days")])
def test_a_day_is_summed_up(days, said):
    """With what is waiting, a dozen of them at most."""
    outage = caught(*["deferred"] * 20)
    alert = day(outage, [message(n) for n in range(LISTED)], T + days * 24 * HOUR, WORDS)
    assert alert.headline == f"Mail has been caught for {said}"
    assert len(texts(alert, "Waiting")) == LISTED + 1
    assert texts(alert, "Waiting")[-1] == "8 more"


def test_several_inboxes_are_named_with_their_shares():
    """So that a person knows where to look."""
    outage = caught("forwarded").catch("forwarded", "x", ["two@inbox.example"], T)
    assert texts(first(FIRST, outage, WORDS), "Forwarded") == [
        "2, to one@inbox.example (1), two@inbox.example (1)"
    ]


@pytest.mark.parametrize("name", ["service@bank.example Deutsche Bank " * 9, "Anna"])
@pytest.mark.parametrize("via", ["", f" via {'a.' * 40}paypal.example"])
def test_however_long_the_names_the_address_is_shown(name, via):
    """Neither a name nor another domain of the envelope pushes it out."""
    sender = f'"{name}" <mallory@evil.example>{via}'
    alert = batch([message(1, sender=sender), message(2)], {sender: 3, "Hotel <a@b.example>": 1}, WORDS)
    lines = [field.text for field in alert.fields if "Booking 1" in field.text or "more" in field.label]
    assert len(lines) == 2
    assert all("<mallory@evil.example>" in line for line in lines)


def test_an_inbox_that_did_not_take_a_message_is_named_in_a_batch():
    """Though another one has it."""
    field = Field("Not accepted by", "two@inbox.example (permanent)", kind="not_accepted_by")
    failed = Alert("Caught", (*message(1).fields, field))
    alert = batch([failed, message(2)], {"Hotel <a@b.example>": 2}, WORDS)
    assert texts(alert, "Not accepted by") == ["two@inbox.example (permanent)"]


@pytest.mark.parametrize("of", NOTICES.values(), ids=NOTICES)
def test_what_is_said_of_no_one_message_quotes_none(of):
    """Its text would stand there as a sender's words."""
    assert of(caught("forwarded")).preview == ""


@pytest.mark.parametrize("of", SUMS.values(), ids=SUMS)
def test_what_senders_keep_is_explained_as_long_as_anything_waits(of):
    """And then no more: there is nothing to worry about."""
    assert "Their senders keep these" in of(caught("forwarded", "deferred")).advice
    assert "Their senders keep these" not in of(caught("forwarded")).advice


def test_a_watched_primary_that_is_silent_is_named_with_since_when_and_that_no_mail_was_caught():
    """So that nobody looks for mail in his inboxes."""
    alert = silent(Primary(T + 300, T), [SMTP, Target("imap.example.com", 993)], WORDS)
    assert texts(alert, "No answer from") == ["mail.example.com:465", "imap.example.com:993"]
    assert texts(alert, "Since") == [WORDS.moment(T)]
    assert "No mail was caught" in alert.advice


def test_what_is_held_is_what_the_spool_still_has():
    """Not what has come home, and not what was dropped: it is said of the moment, as all totals are."""
    outage = caught("held", "held", "held", "forwarded")
    for _ in range(3):
        outage = outage.keep("waiting", T)
    said = [outage, outage.settle("waiting", "delivered", T), outage.lose("waiting").lose("waiting")]
    refused = outage.settle("waiting", "delivered", T).lose("waiting").settle("waiting", "refused", T)
    none = outage.lose("waiting").lose("waiting").lose("waiting")
    shown = [texts(quiet(each, [], 6, "", WORDS), "Held in the spool") for each in (*said, refused, none)]
    assert shown == [["3"], ["2"], ["1"], ["1"], []]


def test_what_was_heard_is_one_sentence():
    """Nothing before it was asked."""
    assert heard_of(Primary(), [SMTP], WORDS, down=False) == ""
    two = [SMTP, Target("imap.example.com", 993)]
    silent, answers = Primary(T, T), Primary(T, T, "mail.example.com:465")
    assert heard_of(silent, two, WORDS, down=True) == (
        "mail.example.com:465 and imap.example.com:993: no answer"
    )
    assert "perhaps only this sender" in heard_of(answers, two, WORDS, down=False)
    assert "could not be asked (TypeError at x:1)" in heard_of(
        Primary(T, T, trouble="TypeError at x:1"), two, WORDS, down=False
    )
    assert heard_of(answers, two, WORDS, down=True) == "mail.example.com:465 answers again"
