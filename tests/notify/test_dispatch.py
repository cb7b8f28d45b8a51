"""One alert to all channels: isolated, bounded, retried with sense."""

import asyncio
from dataclasses import dataclass, field

import pytest

from mail_failover.messenger.waiting import AsyncioWaiting
from notify.alert import Alert
from notify.channel import (
    ALOUD,
    Gone,
    Manner,
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Request,
    TryInstead,
    Unavailable,
)
from notify.dispatch import MAX_REQUESTS, MAX_TOLD, Report, Telling, dispatch
from standins.judges import REPEATED

ALERT = Alert("Caught a message and forwarded it")


@dataclass
class Scripted:
    """A channel that answers with what its script says: an error, or for success a place or None."""

    script: list
    name: str = "scripted"
    rendered: list = field(default_factory=list)
    manners: list = field(default_factory=list)

    def render(self, alert, manner):
        self.rendered.append(alert)
        self.manners.append(manner)
        return Request("https://chat.example/", "{}", {})

    def read(self, response):
        step = self.script.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step or ""


@dataclass
class Head:
    """The head of an answer; its body takes `seconds`, or breaks."""

    status: int = 200
    retry_after: str = ""
    seconds: float = 0
    broken: bool = False

    def text(self):
        async def body():
            await asyncio.sleep(self.seconds)
            if self.broken:
                raise OSError("body")
            return "ok"

        return asyncio.ensure_future(body())


def tell(virtual, *channels, send=None, waiting=None, manners=()):
    """Dispatch in virtual time; return the reports and how long it took."""
    manners = manners or [ALOUD] * len(channels)
    tellings = [Telling(c, ALERT, manner) for c, manner in zip(channels, manners, strict=True)]

    async def answer(request):
        return Head()

    def begin(request):
        return asyncio.ensure_future((send or answer)(request))

    async def run():
        reports = await dispatch(tellings, begin, waiting or AsyncioWaiting())
        return list(reports), asyncio.get_running_loop().time()

    return virtual(run())


@pytest.mark.parametrize(
    ("script", "report", "seconds"),
    [
        ([None], Report("scripted", "sent", 1), 0),
        ([RateLimited("slow", 2.0), None], Report("scripted", "sent", 2), 2),
        ([RateLimited("slow"), None], Report("scripted", "sent", 2), 1),
        ([RateLimited("slow", 0.25), None], Report("scripted", "sent", 2), 0.25),
        ([RateLimited("slow", 19.0), None], Report("scripted", "sent", 2), 19),
        ([RateLimited("slow", 20.0)], Report("scripted", "rate limited", 1, "slow", 20.0), 0),
        ([Unavailable("down"), None], Report("scripted", "sent", 2), 1),
        ([Unavailable("down")] * 3, Report("scripted", "unavailable", 3, "down"), 4),
        ([Misconfigured("bad token")], Report("scripted", "misconfigured", 1, "bad token"), 0),
        ([Refused("no")], Report("scripted", "refused", 1, "no"), 0),
        ([Gone("deleted")], Report("scripted", "gone", 1, "deleted"), 0),
    ],
)
def test_each_error_is_answered_by_its_meaning(virtual, script, report, seconds):
    """What passes is retried, what fits the budget is waited for, what can't change is reported."""
    assert tell(virtual, Scripted(script)) == ([report], seconds)


def test_a_silent_channel_is_asked_three_times_and_told_of_repeats(virtual):
    """After a request without an answer, the alert says that it may be there already."""

    async def silence(request):
        await asyncio.Event().wait()

    channel = Scripted([])
    [report], seconds = tell(virtual, channel, send=silence)
    assert (report.outcome, report.attempts) == ("no answer", 3)
    assert [alert.repeat for alert in channel.rendered] == ["", REPEATED, REPEATED]
    assert seconds <= 20


def test_a_silent_channel_is_asked_for_an_edit_again_and_again(virtual):
    """One that arrives twice shows once, so nobody has to be told that it may have."""

    async def silence(request):
        await asyncio.Event().wait()

    posting, editing = Scripted([]), Scripted([])
    reports, _ = tell(virtual, posting, editing, send=silence, manners=(ALOUD, Manner(edits="7")))
    assert [(r.outcome, r.attempts, r.unanswered) for r in reports] == [
        ("no answer", 3, True),
        ("no answer", 3, False),
    ]
    assert [alert.repeat for alert in editing.rendered] == [""] * 3


def test_each_channel_is_told_in_its_own_manner(virtual):
    """Whatever way is tried."""
    variant = Scripted([None])
    first, second = Scripted([TryInstead("no markup", variant)]), Scripted([None])
    manners = (Manner(sound=False, thread="4"), Manner(edits="7"))
    tell(virtual, first, second, manners=manners)
    assert [first.manners, variant.manners, second.manners] == [[manners[0]], [manners[0]], [manners[1]]]


def test_each_channel_is_told_its_own_alert(virtual):
    """What the others are told is not theirs; without a manner, it is said aloud."""
    one, two = Scripted([None]), Scripted([None])

    async def run():
        async def answer(request):
            return Head()

        tellings = [Telling(one, Alert("For one")), Telling(two, Alert("For two"))]
        await dispatch(tellings, lambda request: asyncio.ensure_future(answer(request)), AsyncioWaiting())

    virtual(run())
    assert (one.rendered, two.rendered) == ([Alert("For one")], [Alert("For two")])
    assert one.manners == two.manners == [ALOUD]


def test_every_try_of_a_telling_has_its_name_and_no_other_telling_has(virtual):
    """A service that knows it takes one of them; a name that was given stays."""
    first, second = Scripted([Unavailable("500"), None]), Scripted([None])
    tell(virtual, first, second)
    again, given = Scripted([None]), Scripted([NoAnswer("?"), None])
    tell(virtual, again, given, manners=(ALOUD, Manner(id="7")))
    one, *tries, other, third = [m.id for c in (first, second, again) for m in c.manners]
    assert tries == [one]
    assert len({one, other, third}) == 3
    assert all(name.isalnum() for name in (one, other, third))
    assert [manner.id for manner in given.manners] == ["7", "7"]


@pytest.mark.parametrize(
    ("told", "manner", "place"),
    [
        ("12", ALOUD, "12"),
        (None, ALOUD, ""),
        (None, Manner(thread="7"), ""),
        ("12", Manner(edits="7"), "7"),
        (None, Manner(edits="7"), "7"),
    ],
)
def test_the_report_says_where_the_alert_stands(virtual, told, manner, place):
    """An edited one where it stood, whatever the service says; the log is told of no place."""
    [report], _ = tell(virtual, Scripted([told]), manners=[manner])
    assert report == Report("scripted", "sent", 1, place=place)
    assert report.line() == {"channel": "scripted", "outcome": "sent", "attempts": 1}


def test_a_place_that_a_channel_has_left_is_gone(virtual):
    """It says so itself before anything is sent."""

    class Moved(Scripted):
        def render(self, alert, manner):
            raise Gone("moved")

    [report], _ = tell(virtual, Moved([]), manners=[Manner(edits="7")])
    assert (report.outcome, report.reason) == ("gone", "moved")


@pytest.mark.parametrize("error", [RateLimited("slow"), Unavailable("down")])
def test_what_was_not_taken_is_no_repeat(virtual, error):
    """Nobody can have seen it yet."""
    channel = Scripted([error, None])
    tell(virtual, channel)
    assert [alert.repeat for alert in channel.rendered] == ["", ""]


@pytest.mark.parametrize("count", [13, MAX_TOLD])
def test_the_channels_share_the_requests(virtual, count):
    """Each has its first one for certain; the others are for whoever comes first."""
    channels = [Scripted([Unavailable("down")] * 3) for _ in range(count)]
    reports, _ = tell(virtual, *channels)
    assert sum(len(channel.rendered) for channel in channels) == MAX_REQUESTS
    assert {report.outcome for report in reports} == {"unavailable"}


def test_channels_that_answer_at_once_are_waited_for_together(virtual):
    """A wait for each would cost twice as much: two waits do, for the heads and for the bodies."""
    waits = []

    class Counted(AsyncioWaiting):
        async def all(self, pending, seconds):
            waits.append(("all", len(pending)))
            return await super().all(pending, seconds)

        async def first(self, pending, seconds):
            waits.append(("first", len(pending)))
            return await super().first(pending, seconds)

    tell(virtual, *(Scripted([None]) for _ in range(3)), waiting=Counted())
    assert waits == [("all", 3), ("all", 3)]


def test_another_way_is_tried_through_the_channel_the_error_names(virtual):
    """A variant of the channel takes over, within the same three attempts."""
    variant = Scripted([Unavailable("down"), Unavailable("down")], name="variant")
    first = Scripted([TryInstead("no markup", variant)])
    [report], _ = tell(virtual, first)
    assert report == Report("variant", "unavailable", 3, "down")


def test_a_bug_in_one_channel_leaves_the_others_alone(virtual):
    """Its type is reported; its text, which may quote a token, is not."""
    broken = Scripted([ZeroDivisionError("token")], name="broken one")
    reports, _ = tell(virtual, broken, Scripted([None]))
    assert reports == [
        # The request was sent.
        Report("broken one", "broken", 1, "unexpected ZeroDivisionError", unanswered=True),
        Report("scripted", "sent", 1),
    ]


def test_channels_are_told_at_the_same_time(virtual):
    """A slow channel does not hold up a fast one."""

    async def slow(request):
        await asyncio.sleep(5)
        return Head()

    reports, seconds = tell(virtual, *(Scripted([None]) for _ in range(4)), send=slow)
    assert len(reports) == 4
    assert seconds == 5


def test_no_channel_no_request(virtual):
    """Nothing to tell, nothing to do."""
    assert tell(virtual) == ([], 0)


def test_an_answer_after_a_wait_still_counts_against_the_whole_budget(virtual):
    """Waiting and silence together stay within twenty seconds."""

    async def silence(request):
        await asyncio.sleep(5.9)
        return Head()

    channel = Scripted([RateLimited("slow", 10.0), NoAnswer("late"), None])
    _, seconds = tell(virtual, channel, send=silence)
    assert seconds <= 20


def test_a_hanging_channel_does_not_delay_another_ones_retry(virtual):
    """Each goes on at its own time, however long its neighbour is silent."""
    times = []

    async def send(request):
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            await asyncio.Event().wait()
        return Head()

    hanging = Scripted([None])
    reports, _ = tell(virtual, hanging, Scripted([RateLimited("slow", 2.0), None], name="busy"), send=send)
    assert [report.outcome for report in reports] == ["sent", "sent"]
    # The busy one is heard within the second that all are waited for together, and asked again two later.
    assert times[:3] == [0, 0, 3]


@pytest.mark.parametrize("head", [Head(broken=True), Head(seconds=30)])
def test_a_body_that_can_not_be_read_leaves_the_status_to_be_judged(virtual, head):
    """One that breaks is an empty one; one that never ends is no answer."""

    async def send(request):
        return head

    [report], seconds = tell(virtual, Scripted([None, None, None]), send=send)
    assert report.outcome == ("sent" if head.broken else "no answer")
    assert seconds <= 20


def test_the_runtimes_own_exceptions_are_not_a_channels(virtual):
    """What is no Exception, such as the CPU limit, ends the telling."""

    class CpuLimitExceededError(BaseException):
        pass

    class Dear(Scripted):
        def read(self, response):
            raise CpuLimitExceededError

    with pytest.raises(CpuLimitExceededError):
        tell(virtual, Dear([]))
