"""Both services without a network, in time that passes when somebody sleeps."""

import pytest

from mail_failover.messenger.client import Ports
from standins.messengers import Clock, Link, Messengers


@pytest.fixture
def clock():
    """Make a clock that never waits."""
    return Clock()


@pytest.fixture
def world(clock):
    """Make a bot at Telegram and an app at Slack."""
    return Messengers(clock)


@pytest.fixture
def ports(world, clock):
    """Lead there."""
    return Ports(Link(world), clock.sleep, clock)
