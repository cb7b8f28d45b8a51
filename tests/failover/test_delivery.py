"""Which inboxes, in which order, and what a failed forward means."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.delivery import (
    DeliveryError,
    ForwardError,
    Outcome,
    classify,
    deliver,
    inboxes_for,
    mark_of,
    mark_of_copy,
    marked,
    marks_in,
    untried,
)
from failover.settings import Settings
from mail_failover.messenger.waiting import AsyncioWaiting

SETTINGS = Settings(
    inboxes=("fallback@x.example",),
    routes={
        "anna@example.com": ("anna@x.example",),
        "anna+bank@example.com": ("bank@x.example",),
        "@example.com": ("family@x.example",),
        "jörg@münchen.example": ("joerg@x.example",),
    },
)


@pytest.mark.parametrize(
    ("recipient", "inbox"),
    [
        ("anna@example.com", "anna"),
        ("ANNA@EXAMPLE.COM", "anna"),
        ("anna+shop@example.com", "anna"),
        ("anna+bank@example.com", "bank"),
        ("Anna+Bank@example.com", "bank"),
        ("bert@example.com", "family"),
        ("bert@example.org", "fallback"),
        ("anna@sub.example.com", "fallback"),
        ("Jörg@xn--mnchen-3ya.example", "joerg"),
        ("jörg+x@MÜNCHEN.example", "joerg"),
        ("", "fallback"),
        ("nonsense", "fallback"),
    ],
)
def test_the_most_exact_route_wins(recipient, inbox):
    """The address itself, then without +detail, then its domain, then the fallback."""
    assert inboxes_for(recipient, SETTINGS) == (f"{inbox}@x.example",)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("destination address not verified", Outcome.MISCONFIGURED),
        ("destination address is invalid", Outcome.MISCONFIGURED),
        ("cannot forward email to same worker", Outcome.MISCONFIGURED),
        ("message already forwarded to this destination", Outcome.ALREADY),
        ("could not send email: Unknown error: permanent error (550): 5.7.1 blocked", Outcome.PERMANENT),
        ("could not send email: Unknown error: transient error (421): 4.7.28 later", Outcome.TEMPORARY),
        (
            "could not initialize upstream: Unknown error: permanent error (550): 5.7.1 blocked (S3150)",
            Outcome.PERMANENT,
        ),
        ("could not initialize upstream: Unknown error: transient error (421): 4.7.0", Outcome.TEMPORARY),
        ("could not initialize upstream: connection refused", Outcome.TEMPORARY),
        ("upstream (mx.x.example) could not initialize: permanent error (550)", Outcome.TEMPORARY),
        ("could not send email: permanent error (550): message already forwarded", Outcome.PERMANENT),
        ("550 5.4.6 message was already forwarded too many times", Outcome.TEMPORARY),
        ("destination server said: message already forwarded to this destination", Outcome.TEMPORARY),
        ("permanent error (550): no such user", Outcome.TEMPORARY),
        ("could not send email: transient error (450): permanent error is what I call it", Outcome.TEMPORARY),
        ("could not send email: destination address not verified by us", Outcome.TEMPORARY),
        ("", Outcome.TEMPORARY),
        ("something nobody has seen before", Outcome.TEMPORARY),
    ],
)
def test_a_failed_forward_is_understood_by_meaning(reason, outcome):
    """The edge's own words decide; a remote server's words behind them don't; the unknown is temporary."""
    assert classify(reason) is outcome


def delivered(inboxes, mode, forward):
    """Deliver through a port that asyncio runs."""

    def begin(inbox, fields):
        return asyncio.ensure_future(forward(inbox, fields))

    return deliver(inboxes, mode, begin, lambda _asked: {}, AsyncioWaiting())


def test_all_inboxes_are_asked_at_the_same_time(virtual):
    """In `all` mode the slowest inbox alone decides how long it takes."""

    async def forward(inbox, fields):
        await asyncio.sleep(5 if inbox == "slow" else 3)

    async def run():
        attempts = await delivered(["slow", "fast"], "all", forward)
        return [a.inbox for a in attempts], asyncio.get_running_loop().time()

    assert virtual(run()) == (["slow", "fast"], 5)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("mode", ["first", "all"])
def test_inboxes_that_hang_share_the_time(virtual, mode, count):
    """However many inboxes do not answer, the whole takes 22 s and ends in an exception."""

    async def forward(inbox, fields):
        await asyncio.Event().wait()

    async def run():
        with pytest.raises(DeliveryError) as caught:
            await delivered([f"i{n}@x.example" for n in range(count)], mode, forward)
        return caught.value.attempts, asyncio.get_running_loop().time()

    attempts, seconds = virtual(run())
    assert [a.outcome for a in attempts] == [Outcome.NO_ANSWER] * count
    assert seconds == pytest.approx(22)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_an_inbox_that_is_slow_is_waited_for(virtual, count):
    """However small its share was: if it takes the message in the end, nobody is told to retry."""

    async def forward(inbox, fields):
        await asyncio.sleep(8.8)

    async def run():
        attempts = await delivered([f"i{n}@x.example" for n in range(count)], "first", forward)
        return [a.outcome for a in attempts], asyncio.get_running_loop().time()

    outcomes, seconds = virtual(run())
    assert outcomes[0] is Outcome.DELIVERED
    assert set(outcomes[1:]) <= {Outcome.NO_ANSWER}
    assert seconds == pytest.approx(8.8)


def test_a_late_success_ends_the_search(virtual):
    """The first inbox answers while the second is being asked; the third is not bothered."""

    async def forward(inbox, fields):
        await asyncio.sleep({"a": 8, "b": 20, "c": 0}[inbox])

    attempts = virtual(delivered(["a", "b", "c"], "first", forward))
    assert [(a.inbox, a.outcome.value) for a in attempts] == [("a", "delivered"), ("b", "no answer")]


def test_an_unknown_exception_is_temporary_and_its_text_stays_inside(virtual):
    """A failure nobody foresaw keeps the message with its sender, and tells no more than its kind."""

    async def forward(inbox, fields):
        raise ZeroDivisionError("at anna@example.com")

    with pytest.raises(DeliveryError) as caught:
        virtual(delivered(["a@x.example"], "first", forward))
    assert caught.value.attempts[0].outcome is Outcome.TEMPORARY
    assert caught.value.attempts[0].reason == "ZeroDivisionError"
    assert "@" not in str(caught.value)


def test_no_inbox_at_all_is_an_exception(virtual):
    """Without an inbox nothing can be accepted."""
    with pytest.raises(DeliveryError, match="none is configured for this recipient"):
        virtual(delivered([], "first", None))


def test_the_runtimes_own_exceptions_pass_through(virtual):
    """What is no Exception, such as the CPU limit, is not taken for a failed forward."""

    class CpuLimitExceededError(BaseException):
        pass

    async def forward(inbox, fields):
        raise CpuLimitExceededError

    with pytest.raises(CpuLimitExceededError):
        virtual(delivered(["a", "b"], "first", forward))


def test_forward_errors_carry_the_edges_words(virtual):
    """The reason reaches the alert as the edge said it."""

    async def forward(inbox, fields):
        raise ForwardError("destination address not verified")

    with pytest.raises(DeliveryError) as caught:
        virtual(delivered(["a@x.example"], "first", forward))
    assert caught.value.attempts[0].reason == "destination address not verified"


def test_marks_are_of_one_recipient():
    """Spellings of an address share a mark, addresses don't."""
    assert mark_of("Anna@example.com") == mark_of("anna@EXAMPLE.com")
    assert mark_of("anna@example.com") != mark_of("anna+x@example.com") != mark_of("anna@example.org")


@given(
    st.lists(st.sampled_from("abc").map(mark_of)),
    st.sampled_from([" ", ", ", ",", "\n "]),
    st.text(max_size=20),
)
def test_marks_are_found_however_fields_were_joined(marks, separator, noise):
    """One field or several joined ones, in any company: all the marks come out."""
    assert marks_in(separator.join([*marks, "!" + noise.replace("a", "")]))[: len(marks)] == tuple(marks)


def test_a_copy_carries_sixty_four_marks_and_ours():
    """However many a sender invents, the field stays short, and a message knows its own among them."""
    made_up = [f"{n:016x}" for n in range(1000)]
    anna, inbox = "anna@example.com", "one@inbox.example"
    field = marked(made_up, anna, [inbox])["X-Mail-Failover"]
    assert field.split() == [*made_up[-64:], mark_of(anna), mark_of_copy(anna, inbox)]
    assert {mark_of(anna), mark_of_copy(anna, inbox)} <= set(marks_in(", ".join([field, *made_up])))


@pytest.mark.parametrize(
    ("asked", "left"),
    [([], ()), (["a"], ("b", "c")), (["a", "b"], ("c",)), (["c"], ("a", "b")), (["a", "b", "c"], ())],
)
def test_a_message_that_came_back_knows_which_inboxes_it_has_been_handed_to(asked, left):
    """Where its marks name none of them, it can't be known, and none is tried."""
    anna = "anna@example.com"
    marks = marks_in(marked([], anna, asked)["X-Mail-Failover"])
    assert untried(marks, "Anna@Example.com", ("a", "b", "c")) == left
    assert untried(marks, "bert@example.com", ("a", "b", "c")) == ()


@pytest.mark.parametrize(
    ("mode", "refuses", "marked_with"),
    [
        ("first", True, [["a"], ["b"]]),
        ("first", False, [["a"], ["a", "b"]]),
        ("all", True, [["a", "b"]] * 2),
    ],
)
def test_a_copy_names_the_inboxes_that_may_have_the_message(virtual, mode, refuses, marked_with):
    """Not one that refused it: should the copy come back, that one is asked again."""
    seen = []

    async def forward(inbox, fields):
        if inbox == "a" and not refuses:
            await asyncio.Event().wait()
        if inbox == "a":
            raise ForwardError("later")

    def begin(inbox, fields):
        return asyncio.ensure_future(forward(inbox, fields))

    def fields(inboxes):
        seen.append(list(inboxes))
        return {}

    virtual(deliver(["a", "b"], mode, begin, fields, AsyncioWaiting()))
    assert seen == marked_with


def test_a_wait_that_breaks_does_not_hide_an_acceptance(virtual):
    """A sender that were told to retry would send twice; and where nobody has accepted, it is told."""

    class Breaking(AsyncioWaiting):
        async def all(self, pending, seconds):
            await asyncio.sleep(0)
            raise ZeroDivisionError

        async def first(self, pending, seconds):
            if len(pending) == 1:
                return await super().first(pending, 1)
            raise ZeroDivisionError

    async def forward(inbox, fields):
        if inbox == "a":
            await asyncio.sleep(2)

    def begin(inbox, fields):
        return asyncio.ensure_future(forward(inbox, fields)) if inbox != "b" else 1 / 0

    attempts = virtual(deliver(["b", "c"], "first", begin, lambda _having: {}, Breaking()))
    assert [a.outcome for a in attempts] == [Outcome.TEMPORARY, Outcome.DELIVERED]
    with pytest.raises(DeliveryError) as caught:
        virtual(deliver(["c", "d"], "all", begin, lambda _having: {}, Breaking()))
    assert {a.reason for a in caught.value.attempts} == {"ZeroDivisionError"}


def test_the_third_inbox_waits_for_its_turn(virtual):
    """The first refuses, the second is slow: while its share lasts, nobody else is asked."""
    asked = []

    async def forward(inbox, fields):
        asked.append((inbox, asyncio.get_running_loop().time()))
        if inbox == "a":
            raise ForwardError("later")
        await asyncio.sleep(5)

    attempts = virtual(delivered(["a", "b", "c"], "first", forward))
    assert [a.outcome for a in attempts] == [Outcome.TEMPORARY, Outcome.DELIVERED]
    assert asked == [("a", 0), ("b", 0)]


def test_a_port_that_breaks_at_one_inbox_leaves_the_next_its_turn(virtual):
    """Our own fault at one inbox must not cost the message."""

    async def taken(inbox, fields):
        return None

    def begin(inbox, fields):
        return 1 / 0 if inbox == "a" else asyncio.ensure_future(taken(inbox, fields))

    attempts = virtual(deliver(["a", "b"], "first", begin, lambda _asked: {}, AsyncioWaiting()))
    assert [a.outcome for a in attempts] == [Outcome.TEMPORARY, Outcome.DELIVERED]
