"""What an outage is: when it begins, goes on, is told, and is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.outage import (
    BEGIN_SECONDS,
    DAY_SECONDS,
    REOPEN_SECONDS,
    Outage,
    begin,
    best_of,
)
from failover.record import from_text, to_text

T = 1_795_000_000.0
FATES = ("forwarded", "deferred", "returned")
INBOX = "one@inbox.example"


def begun(**changed):
    """Return an outage with one message."""
    outage = begin(1, "", 0, T).catch("forwarded", "a@b.example", [INBOX], T)
    return Outage(**{**{name: getattr(outage, name) for name in outage.__slots__}, **changed})


def test_the_first_message_begins_the_first_outage():
    """With sound, since none began before."""
    outage = begin(1, "", 0, T)
    assert (outage.number, outage.began, outage.loud, outage.goes_on) == (1, T, True, True)


def test_mail_belongs_to_the_outage_that_goes_on():
    """However long it lasts."""
    assert begun().takes(T + 40 * DAY_SECONDS)


@pytest.mark.parametrize(
    ("later", "takes"), [(0, True), (REOPEN_SECONDS - 1, True), (REOPEN_SECONDS, False), (-5, False)]
)
def test_mail_soon_after_the_end_opens_the_same_outage_again(later, takes):
    """Within half an hour; a message that is caught then makes it go on."""
    outage = begun().end(T + 100)
    assert outage.takes(T + 100 + later) is takes
    assert outage.catch("forwarded", "x", [], T + 100 + later).goes_on


@pytest.mark.parametrize(
    ("since", "loud"), [(-5, True), (0, False), (BEGIN_SECONDS - 1, False), (BEGIN_SECONDS, True)]
)
def test_a_beginning_has_sound_once_in_six_hours(since, loud):
    """A server that flaps all night; a clock that was ahead keeps nobody from being woken."""
    assert begin(2, "", T + DAY_SECONDS - since, T + DAY_SECONDS).loud is loud


@pytest.mark.parametrize(
    ("minutes", "after", "seconds"),
    [(10, 0, 600), (0, 0, 0), (10, DAY_SECONDS, 3600), (0, DAY_SECONDS, 0), (90, DAY_SECONDS, 5400)],
)
def test_after_a_day_messages_are_told_by_the_hour(minutes, after, seconds):
    """But where each is wanted at once, or less often anyway."""
    assert begun().interval(minutes, T + after) == seconds


def test_it_counts_as_over_when_nothing_was_caught_for_so_long():
    """Counted from the last message, a repeated one, too."""
    outage = begun().catch_again("forwarded", "forwarded", [], T + 1000)
    assert outage.quiet_at(6) == T + 1000 + 6 * 3600


def test_a_retry_that_gets_through_moves_from_waiting_to_forwarded():
    """And is counted as a repeat, not as another message."""
    outage = begun().catch("deferred", "c@d.example", [], T + 1)
    assert (outage.waiting, outage.forwarded) == (1, 1)
    outage = outage.catch_again("deferred", "forwarded", [INBOX], T + 2)
    assert (outage.caught, outage.repeats, outage.waiting, outage.forwarded) == (2, 1, 0, 2)
    assert outage.inboxes == {INBOX: 2}


@pytest.mark.parametrize(
    ("senders", "before", "after", "counts"),
    [
        ({"a": 2, "b": 1}, "a", "b", {"a": 1, "b": 2}),
        ({"a": 1}, "a", "b", {"b": 1}),
        ({"a": 1}, "a", "a", {"a": 1}),
        ({"b": 1, "": 2}, "one of many", "a", {"b": 1, "": 1, "a": 1}),
        ({"b": 1}, "nobody knows", "a", {"b": 1}),
    ],
)
def test_a_message_that_proves_to_be_from_somebody_else_is_counted_for_him(senders, before, after, counts):
    """Beyond the first forty senders it was counted among the others; the sum stays what it is."""
    assert begun(senders=senders).rename(before, after).senders == counts


def test_a_retry_after_the_end_is_counted_and_opens_nothing():
    """The end was told; the first alert still shows what became of it."""
    ended = begun().catch("deferred", "c@d.example", [], T + 1).end(T + 100)
    again = ended.catch_again("deferred", "forwarded", [INBOX], T + 200)
    assert not again.goes_on
    assert again.last == T + 1
    assert again.version > ended.version
    assert again.waiting == 0


@pytest.mark.parametrize(
    ("fates", "best"),
    [
        (("deferred",), "deferred"),
        (("deferred", "forwarded"), "forwarded"),
        (("forwarded", "deferred"), "forwarded"),
        (("deferred", "returned"), "returned"),
        (("returned", "forwarded"), "forwarded"),
    ],
)
def test_what_an_inbox_has_once_it_has(fates, best):
    """In whatever order it came about."""
    assert best_of(fates) == best


EVENT = st.tuples(st.sampled_from(FATES), st.text(max_size=3), st.floats(0, 1e6))


@given(st.lists(EVENT, max_size=80))
def test_the_totals_add_up_and_stay_small(events):
    """Every message is in one sum, every sender in another; nothing grows without end."""
    outage = begin(1, "", 0, T)
    for fate, sender, later in events:
        outage = outage.catch(fate, sender, [INBOX] if fate == "forwarded" else [], T + later)
    assert outage.caught == len(events) == outage.forwarded + outage.waiting + outage.returned
    assert sum(outage.senders.values()) == outage.caught
    assert sum(outage.inboxes.values()) == outage.forwarded
    assert len(outage.senders) <= 41
    assert from_text(Outage, to_text(outage)) == outage
