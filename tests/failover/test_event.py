"""What the Worker hands to the object of a domain, and what recognises a message."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.delivery import Attempt, Outcome
from failover.event import MAX_REASON, Event, key_of
from failover.message import Address, Attachment, Authentication, Envelope, Mail

ENVELOPE = Envelope("booking@hotel.example", "anna@example.com", 4711)
TEXT = st.text(max_size=20)
ADDRESS = st.builds(Address, TEXT, TEXT)
MAIL = st.builds(
    Mail,
    sender=st.none() | ADDRESS,
    other_senders=st.booleans(),
    subject=TEXT,
    sent=TEXT,
    message_id=TEXT,
    list_id=TEXT,
    authentication=st.none() | st.builds(Authentication, TEXT, TEXT, TEXT, TEXT, TEXT, st.booleans()),
    preview=TEXT,
    attachments=st.lists(
        st.builds(Attachment, TEXT, TEXT, st.none() | st.integers(0, 1 << 40)), max_size=3
    ).map(tuple),
    whole=st.booleans(),
    defects=st.lists(TEXT, max_size=2).map(tuple),
    kinds=st.lists(st.sampled_from(["lists", "bulk", "auto"]), unique=True).map(tuple),
)
EVENT = st.builds(
    Event,
    st.text(string.hexdigits, max_size=32),
    st.sampled_from(["forwarded", "deferred", "returned"]),
    st.builds(Envelope, TEXT, TEXT, st.integers(0, 1 << 40)),
    st.none() | MAIL,
    st.lists(st.builds(Attempt, TEXT, st.sampled_from(Outcome), TEXT), max_size=3).map(tuple),
)


@given(EVENT)
def test_an_event_arrives_as_it_was_handed_over(event):
    """Whatever the texts hold, half a surrogate pair too; on the way it is ASCII."""
    text = event.to_text()
    assert text.isascii()
    assert Event.from_text(text) == event


def test_of_a_remote_servers_words_no_more_is_handed_over_than_can_be_told():
    """A server may say kilobytes."""
    event = Event("k", "deferred", ENVELOPE, None, (Attempt("a@b.example", Outcome.PERMANENT, "x" * 5000),))
    [attempt] = Event.from_text(event.to_text()).attempts
    assert attempt.reason == "x" * MAX_REASON


def test_an_event_of_the_version_before_says_nothing_of_kinds():
    """A message that was caught while the Worker was deployed anew is told, too."""
    mail = Mail(sender=Address("", "a@b.example"), kinds=("bulk",))
    found = json.loads(Event("k", "forwarded", ENVELOPE, mail).to_text())
    del found["mail"]["kinds"]
    assert Event.from_text(json.dumps(found)).mail == Mail(sender=Address("", "a@b.example"))


@pytest.mark.parametrize(
    "change", [{"mail": {"colour": "red"}}, {"attempts": [["a@b.example", "eaten", ""]]}, {"envelope": []}]
)
def test_what_another_version_wrote_is_refused(change):
    """So that the Worker tells by itself, instead of an object that guesses."""
    found = json.loads(Event("k", "forwarded", ENVELOPE).to_text()) | change
    with pytest.raises((ValueError, KeyError, TypeError)):
        Event.from_text(json.dumps(found))


def test_a_retry_has_the_key_of_the_first_try():
    """By its envelope and Message-ID, however addresses are spelled and whatever trace has come on top."""
    key = key_of(ENVELOPE, "<1@hotel.example>", b"Received: one")
    again = Envelope("Booking@Hotel.example", "ANNA@example.com.", 4799)
    assert key_of(again, " <1@hotel.example>", b"Received: two") == key
    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "other",
    [
        (ENVELOPE, "<2@hotel.example>", b"one"),
        (Envelope("other@hotel.example", ENVELOPE.recipient, 4711), "<1@hotel.example>", b"one"),
        (Envelope(ENVELOPE.sender, "bert@example.com", 4711), "<1@hotel.example>", b"one"),
        (ENVELOPE, "", b"<1@hotel.example>"),
    ],
)
def test_another_message_has_another_key(other):
    """Another Message-ID, sender or recipient; a text that looks like a Message-ID is none."""
    assert key_of(*other) != key_of(ENVELOPE, "<1@hotel.example>", b"one")


def test_without_a_message_id_its_own_fields_and_its_body_recognise_it():
    """As RFC 5322 lets a message have none; the edge's trace is another one each time."""

    def key(trace, subject, body, size):
        prefix = f"Received: {trace}\r\nFrom: a@b.example\r\nSubject: {subject}\r\n\r\n{body}".encode()
        extra = len(f"Received: {trace}\r\n")
        return key_of(Envelope(ENVELOPE.sender, ENVELOPE.recipient, size + extra), "", prefix)

    first = key("one", "hi", "text", 500)
    assert key("another, and longer", "hi", "text", 500) == first
    assert key("one", "ho", "text", 500) != first
    assert key("one", "hi", "test", 500) != first
    assert key("one", "hi", "text", 501) != first


@pytest.mark.parametrize(
    "odd",
    [
        (ENVELOPE, "<\ud83d@hotel.example>", b""),
        (Envelope("\ud83d@hotel.example", "anna@example.com", 1), "<1@hotel.example>", b""),
    ],
)
def test_half_a_surrogate_pair_leaves_no_message_without_its_key(odd):
    """Without one nobody would be told of it."""
    assert key_of(*odd) == key_of(*odd)


def test_what_could_not_be_read_is_like_no_other():
    """Two messages of one size must not pass for one."""
    assert key_of(ENVELOPE, "", b"") != key_of(ENVELOPE, "", b"")
