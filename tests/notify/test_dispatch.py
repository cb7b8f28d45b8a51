"""One alert to all channels: isolated, bounded, retried with sense."""

import asyncio
from dataclasses import dataclass, field

import pytest

from notify.alert import Alert
from notify.channel import (
    Misconfigured,
    NoAnswer,
    RateLimited,
    Refused,
    Request,
    Response,
    TryInstead,
    Unavailable,
)
from notify.dispatch import Report, dispatch

ALERT = Alert("Caught a message and forwarded it")


@dataclass
class Scripted:
    """A channel that answers with what its script says: an error, or None for success."""

    script: list
    name: str = "scripted"
    rendered: list = field(default_factory=list)

    def render(self, alert):
        self.rendered.append(alert)
        return Request("https://chat.example/", "{}", {})

    def read(self, response):
        step = self.script.pop(0)
        if step is not None:
            raise step


def tell(virtual, *channels, send=None):
    """Dispatch in virtual time; return the reports and how long it took."""

    async def answer(request):
        return Response(200)

    async def run():
        reports = await dispatch(ALERT, channels, send or answer)
        return list(reports), asyncio.get_running_loop().time()

    return virtual(run())


@pytest.mark.parametrize(
    ("script", "report", "seconds"),
    [
        ([None], Report("scripted", "sent", 1), 0),
        ([RateLimited("slow", 2.0), None], Report("scripted", "sent", 2), 2),
        ([RateLimited("slow"), None], Report("scripted", "sent", 2), 1),
        ([RateLimited("slow", 19.0), None], Report("scripted", "sent", 2), 19),
        ([RateLimited("slow", 20.0)], Report("scripted", "rate limited", 1, "slow"), 0),
        ([Unavailable("down"), None], Report("scripted", "sent", 2), 1),
        ([Unavailable("down")] * 3, Report("scripted", "unavailable", 3, "down"), 4),
        ([Misconfigured("bad token")], Report("scripted", "misconfigured", 1, "bad token"), 0),
        ([Refused("no")], Report("scripted", "refused", 1, "no"), 0),
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
    assert [alert.repeat for alert in channel.rendered] == [False, True, True]
    assert seconds <= 20


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
        Report("broken one", "broken", 1, "unexpected ZeroDivisionError"),
        Report("scripted", "sent", 1),
    ]


def test_channels_are_told_at_the_same_time(virtual):
    """A slow channel does not hold up a fast one."""

    async def slow(request):
        await asyncio.sleep(5)
        return Response(200)

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
        return Response(200)

    channel = Scripted([RateLimited("slow", 10.0), NoAnswer("late"), None])
    _, seconds = tell(virtual, channel, send=silence)
    assert seconds <= 20
