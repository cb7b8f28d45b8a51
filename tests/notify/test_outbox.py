"""What is written down is told, however its channels fail, and nothing twice without saying so."""

import asyncio

import pytest

from mail_failover.messenger.waiting import AsyncioWaiting
from notify.alert import Alert
from notify.channel import Misconfigured, NoAnswer, RateLimited, Refused, Request, Unavailable
from notify.dispatch import MAX_TOLD
from notify.outbox import KEPT_SECONDS, Outbox, Post
from notify.words.language import Words
from standins.judges import REPEATED
from standins.tables import opened

HOUR = 3600.0


class Scripted:
    """A channel that fails by a script, and notes what it was told when."""

    def __init__(self, name, *script):
        self.name = self.key = name
        self.script = list(script)
        self.told = []
        self.ids = []

    def render(self, alert, manner):
        self.alert = alert
        self.manner = manner
        self.ids.append(manner.id)
        return Request(self.name, "", {})

    def read(self, response):
        error = self.script.pop(0) if self.script else None
        if error:
            raise error
        self.told.append((round(asyncio.get_running_loop().time()), self.alert))


class Head:
    """The head of an answer."""

    status, retry_after = 200, ""

    def text(self):
        return asyncio.ensure_future(asyncio.sleep(0, "ok"))


def send(request):
    """Answer at once."""
    return asyncio.ensure_future(asyncio.sleep(0, Head()))


class World:
    """A book, channels, and the hours."""

    def __init__(self, book, *channels):
        self.book = book
        self.channels = {channel.key: channel for channel in channels}
        self.reports = []

    @staticmethod
    def clock():
        return 1e9 + asyncio.get_running_loop().time()

    def write(self, headline, channels=None):
        self.book.write(dict.fromkeys(channels or self.channels, Alert(headline)), self.clock(), Post(1))

    async def run(self, until):
        """Tell whenever something is due, as the alarm does."""
        outbox = Outbox(self.book, self.channels, send, AsyncioWaiting(), self.clock, Words())
        while (due := self.book.next_due(self.clock())) is not None and due - 1e9 <= until:
            await asyncio.sleep(max(due - self.clock(), 1.0))
            self.reports += await outbox.tell()


def told(channel):
    """Return when a channel took what, by headlines."""
    return [(at, alert.headline) for at, alert in channel.told]


@pytest.fixture
def book():
    """Open an empty book."""
    with opened() as made:
        yield made


@pytest.fixture
def play(virtual, book):
    """Write alerts down for these channels, tell for so many hours, and return the reports."""

    def run(channels, headlines=("one",), hours=48.0, before=None):
        async def go():
            world = World(book, *channels)
            for headline in headlines:
                world.write(headline)
            if before:
                before(world)
            await world.run(hours * HOUR)
            return world.reports

        return virtual(go())

    return run


def test_every_channel_is_told_everything_in_order(play, book):
    """One alert at a time, to all at once, and then there is nothing left."""
    one, two = Scripted("one"), Scripted("two")
    play([one, two], ["a", "b", "c"])
    assert told(one) == told(two) == [(1, "a"), (2, "b"), (3, "c")]
    assert book.next_due(1e9) is None


def test_an_alert_that_is_behind_in_one_channel_delays_no_other_alert_in_another(virtual, book):
    """All that is due goes out at the same time, whichever alert it is."""
    slow, quick = Scripted("slow"), Scripted("quick")

    def unequal(request):
        return asyncio.ensure_future(asyncio.sleep(5 if request.url == "slow" else 0, Head()))

    async def go():
        world = World(book, slow, quick)
        world.write("for the slow one", ["slow"])
        world.write("for the quick one", ["quick"])
        await Outbox(book, world.channels, unequal, AsyncioWaiting(), world.clock, Words()).tell()

    virtual(go())
    assert told(slow) == [(5, "for the slow one")]
    [(at, _)] = told(quick)
    assert at <= 1


def test_of_many_channels_those_that_have_waited_longest_are_told_first(play, book):
    """The others by the next alarm, and before whoever was told by then has his second."""
    channels = [Scripted(f"{number:02}") for number in range(MAX_TOLD + 6)]
    play(channels, ["a", "b"])
    first, last = channels[:MAX_TOLD], channels[MAX_TOLD:]
    assert {tuple(told(channel)) for channel in first} >= {((1, "a"), (3, "b"))}
    assert {told(channel)[0] for channel in last} == {(2, "a")}
    assert all([headline for _, headline in told(channel)] == ["a", "b"] for channel in channels)


def test_what_comes_later_in_an_outage_is_told_so(virtual, book):
    """Also to a channel that keeps no place; what begins an outage, or is part of none, is not."""

    async def manners():
        world = World(book, channel := Scripted("one"))
        for post in (Post(1, first=True), Post(1), Post()):
            world.book.write({"one": Alert("x")}, world.clock(), post)
            await world.run(HOUR)
            yield channel.manner

    async def later():
        return [manner.later async for manner in manners()]

    assert virtual(later()) == [False, True, False]


def test_a_long_wait_is_kept_and_holds_up_nobody_else(play):
    """Four hours if the service says so; what came meanwhile comes afterwards, in order."""
    slow, quick = Scripted("slow", RateLimited("slow down", 4 * HOUR)), Scripted("quick")
    play([slow, quick], ["a", "b"])
    assert told(quick) == [(1, "a"), (2, "b")]
    assert told(slow) == [(4 * HOUR + 1, "a"), (4 * HOUR + 2, "b")]


def test_a_wait_beyond_a_day_is_tried_once_more_after_a_day(play, book):
    """And then given up."""
    channel = Scripted("slow", *[RateLimited("slow down", 40 * HOUR)] * 2)
    reports = play([channel], ["a"], hours=100)
    assert told(channel) == []
    assert len(reports) == 2
    assert book.given_up() == {"slow": 1}


def test_a_channel_that_needs_its_owner_is_asked_less_and_less_and_then_told_all(play):
    """A token that is set again the next morning: nothing is lost, and the other channel does not wait."""
    wrong, right = Scripted("wrong", *[Misconfigured("token")] * 20), Scripted("right")
    reports = play([wrong, right], ["a", "b"])
    assert told(right) == [(1, "a"), (2, "b")]
    [(first, a), (second, b)] = told(wrong)
    assert (a, b) == ("a", "b")
    assert 6 * HOUR < first < 12 * HOUR
    assert second == first + 1
    assert sum(report.outcome == "misconfigured" for report in reports) == 20
    assert not any(alert.repeat for _, alert in wrong.told)


def test_what_a_channel_does_not_take_in_a_day_is_given_up_and_the_next_alert_says_so(play, book):
    """Once: the one after that is like any other."""
    channel = Scripted("out", *[Misconfigured("token")] * 200)
    play([channel], ["a", "b"], hours=60)
    assert told(channel) == []
    assert book.given_up() == {"out": 2}
    channel.script.clear()
    play([channel], ["c", "d"])
    [(_, c), (_, d)] = channel.told
    assert [(field.label, field.text) for field in c.fields] == [
        ("Never told here", "2 earlier alerts, given up")
    ]
    assert d.fields == ()


def test_an_alert_that_is_refused_lets_the_others_pass(play):
    """What the service will not have may be the alert itself."""
    channel = Scripted("picky", Refused("too odd"))
    play([channel], ["a", "b"])
    assert told(channel) == [(2, "b"), (HOUR + 1, "a")]


def test_a_repeat_says_so_only_after_a_request_without_an_answer(play):
    """Three times without an answer, and the next run may tell it twice; after a refusal it can't."""
    silent, down = Scripted("silent", *[NoAnswer("?")] * 3), Scripted("down", *[Unavailable("500")] * 3)
    play([silent, down])
    [(_, repeat)], [(_, first)] = silent.told, down.told
    assert repeat.repeat
    assert not first.repeat


def test_what_may_have_arrived_once_is_a_repeat_until_it_is_told(play):
    """Though the service answers later that it does not take it."""
    channel = Scripted("flaky", *[NoAnswer("?")] * 3, *[Unavailable("500")] * 3)
    play([channel])
    [(_, alert)] = channel.told
    assert alert.repeat


def test_what_was_being_told_when_the_object_ended_is_told_again_and_says_so(play, book):
    """Between the request and its answer nobody knows whether it arrived."""
    channel = Scripted("one")
    play([channel], ["a", "b"], before=lambda world: book.begin(book.due(world.clock())))
    assert [(alert.headline, alert.repeat) for _, alert in channel.told] == [("a", REPEATED), ("b", "")]


def test_an_alert_keeps_its_name_however_often_it_is_tried_and_no_other_has_it(play):
    """Not the same words again, nor another channel: what a service knows by that name, it has."""
    slow, quick = Scripted("slow", *[NoAnswer("?")] * 4, Refused("odd")), Scripted("quick")
    play([slow, quick], ["a", "a", "b"])
    [(_, first), *_] = slow.told
    assert (first.headline, first.repeat) == ("a", "")
    assert [slow.ids.count(name) for name in dict.fromkeys(slow.ids)] == [6, 1, 1]
    assert len({*slow.ids, *quick.ids}) == 6


def test_what_two_domains_write_down_has_two_names(play, virtual):
    """Though they count alike, and write at the same time: it names the domain."""
    one, other = Scripted("room"), Scripted("room")
    play([one], ["of one domain"])

    async def told():
        with opened() as book:
            world = World(book, other)
            world.write("of another")
            await world.run(1.0)

    virtual(told())
    assert len({*one.ids, *other.ids}) == 2


def test_a_channel_that_the_settings_no_longer_name_is_waited_for(play, book):
    """The next deploy may bring it back; after a day it is forgotten."""
    here, gone = Scripted("here"), Scripted("gone")
    reports = play([here], before=lambda world: world.write("b", ["gone"]), hours=3)
    assert told(here) == [(1, "one")]
    assert reports[-1].outcome == "misconfigured"
    play([gone], [])
    assert [headline for _, headline in told(gone)] == ["b"]


def test_a_clock_that_was_ahead_holds_nothing_up(play, book):
    """Its times lie further off than any that is ever set."""
    channel = Scripted("one")

    def ahead(world):
        [entry] = book.due(world.clock())
        book.hold(entry, world.clock() + 365 * 24 * HOUR)

    play([channel], ["a"], hours=0, before=ahead)
    assert told(channel) == [(1, "a")]


def test_a_wait_is_never_longer_than_what_is_taken_for_a_wrong_clock(play, book):
    """So that a service that says two days is not asked every second."""
    channel = Scripted("slow", RateLimited("slow down", 2 * KEPT_SECONDS))
    play([channel], ["a"], hours=23)
    assert book.due(1e9 + 23 * HOUR) == []
    assert channel.script == []
