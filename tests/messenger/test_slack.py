"""Where a token of Slack's belongs, and the channels that it may see."""

import logging

import pytest

from mail_failover.messenger.errors import Failing, MissingScope, NotUnderstood, TokenRejected
from mail_failover.messenger.slack import Channel, Channels, Slack, Workspace
from standins.messengers import SLACK_TOKEN

API = "https://slack.com"
GENERAL = Channel("C0001", "general", private=False, member=True)
ALERTS = Channel("C0002", "alerts", private=False, member=False)
FAMILY = Channel("G0003", "family", private=True, member=True)


@pytest.fixture
def slack(ports):
    """Ask with the app's token."""
    with Slack(SLACK_TOKEN, API, ports) as slack:
        yield slack


def answering(world, monkeypatch, body):
    """Let everything be answered so."""
    monkeypatch.setattr(world, "answer", lambda *_: (200, {}, body.encode(), ""))


def test_a_token_names_its_workspace_and_its_user(slack):
    """As their owners called them."""
    assert slack.workspace() == Workspace("Shop", "mail_alerts")


def test_a_token_that_nobody_has_is_rejected(ports):
    """And says where it stands."""
    with (
        Slack("xoxb-another", API, ports) as slack,
        pytest.raises(TokenRejected, match="OAuth & Permissions"),
    ):
        slack.workspace()


def test_channels_come_from_every_page_those_first_that_the_app_is_in(slack, world):
    """Private ones, too."""
    assert slack.channels() == Channels((FAMILY, GENERAL, ALERTS), private=True, whole=True)
    assert world.calls.count("conversations.list") == 2


def test_without_the_scope_for_private_channels_the_others_are_listed(slack, world):
    """And it can be said. A page without any is not the last."""
    world.scopes.discard("groups:read")
    world.channels.insert(0, ("G0009", "board", False))
    world.page = 1
    assert slack.channels() == Channels((GENERAL, ALERTS), private=False, whole=True)


def test_without_any_scope_it_says_which_and_what_else_to_do(slack, world):
    """The id can be typed."""
    world.scopes.clear()
    with pytest.raises(MissingScope) as raised:
        slack.channels()
    assert "lacks the scope channels:read" in raised.value.what
    assert "by its id" in raised.value.fix


def test_a_list_without_an_end_ends(slack, world):
    """And what is missing can be said."""
    world.channels = [(f"C{number}", f"n{number:04}", False) for number in range(100)]
    world.page = 1
    found = slack.channels()
    assert (len(found.all), found.whole) == (15, False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"ok": false, "error": "ratelimited"}', Failing),
        ('{"ok": false, "error": "token_revoked"}', TokenRejected),
        ('{"ok": false, "error": "unknown_method"}', NotUnderstood),
        ('{"ok": false, "error": "<b>sEcReT</b>"}', NotUnderstood),
        ('{"ok": false, "error": {"a": 1}}', NotUnderstood),
        ('{"ok": true}', NotUnderstood),
        ('{"ok": true, "team": 1, "user": 2, "channels": "x"}', NotUnderstood),
        ("[]", NotUnderstood),
    ],
)
@pytest.mark.parametrize("method", ["workspace", "channels"])
def test_an_answer_is_taken_by_its_meaning(slack, world, monkeypatch, body, error, method):
    """Whatever it is, no secret is told."""
    answering(world, monkeypatch, body)
    with pytest.raises(error) as raised:
        getattr(slack, method)()
    assert "sEcReT" not in str(raised.value)


def test_channels_that_can_not_be_are_left_out(slack, world, monkeypatch):
    """And the others listed."""
    answering(
        world, monkeypatch, '{"ok": true, "channels": [7, {"id": 1, "name": "x"}, {"id": "C1", "name": "a"}]}'
    )
    assert slack.channels().all == (Channel("C1", "a", private=False, member=False),)


@pytest.mark.parametrize("fault", ["500", "lost", "429 7"])
def test_a_service_that_fails_for_a_moment_is_asked_again(slack, world, fault):
    """After as many seconds as it asks for."""
    world.fault = lambda _method, count: fault if count == 0 else ""
    assert slack.workspace().name == "Shop"
    assert len(slack.channels().all) == 3


def test_the_token_is_neither_logged_nor_shown(slack, caplog):
    """It is in a header field."""
    caplog.set_level(logging.DEBUG)
    slack.workspace()
    assert "sEcReT" not in caplog.text + repr(slack) + repr(slack._client)
