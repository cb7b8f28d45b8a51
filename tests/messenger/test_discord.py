"""Which webhook of Discord's an address is; its token is told nobody."""

import json
import logging

import httpx
import pytest

from mail_failover.messenger.discord import Webhook, webhook_at
from mail_failover.messenger.errors import NotUnderstood, TokenRejected, Unreachable
from standins.further import DISCORD
from standins.messengers import Link


def test_a_webhook_says_its_name_and_its_channel(ports, caplog):
    """And nothing that would let somebody else in."""
    caplog.set_level(logging.DEBUG)
    found = webhook_at(DISCORD, ports)
    assert found == Webhook("Mail alerts", "4242")
    assert "sEcReT" not in caplog.text + repr(found)


def test_a_webhook_without_a_name_has_none(ports, world):
    """Discord allows that."""
    world.webhook_name = None
    assert webhook_at(DISCORD, ports).name == ""


def test_one_that_was_deleted_is_rejected(ports):
    """And says where to copy another."""
    with pytest.raises(TokenRejected, match="Copy Webhook URL") as raised:
        webhook_at(DISCORD.replace("token", "other"), ports)
    assert "sEcReT" not in str(raised.value)


@pytest.mark.parametrize("body", [{"id": "1"}, {"id": 1, "channel_id": "2"}, {"message": "sEcReT"}, []])
def test_what_is_no_webhook_is_not_taken_for_one(ports, world, monkeypatch, body):
    """Nor quoted."""
    monkeypatch.setattr(world, "answer", lambda *_: (200, {}, json.dumps(body).encode(), ""))
    with pytest.raises(NotUnderstood) as raised:
        webhook_at(DISCORD, ports)
    assert "sEcReT" not in str(raised.value)


def test_where_discord_can_not_be_reached_the_address_is_not_shown(ports, monkeypatch):
    """It holds the token."""

    def fail(_self, request):
        raise httpx.ConnectError(f"no way to {request.url}", request=request)

    monkeypatch.setattr(Link, "handle_request", fail)
    with pytest.raises(Unreachable, match="Discord could not be reached") as raised:
        webhook_at(DISCORD, ports)
    assert "sEcReT" not in str(raised.value)
