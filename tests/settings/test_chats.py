"""The one table of services: nothing of it is known to the Worker by another name."""

import dataclasses

from failover.settings import VARIABLES, Settings
from mail_failover.settings.chats import ADDRESS, CHAT_SECRETS, CHATS, COMPANIONS, is_of, is_of_chat
from mail_failover.uninstall.show import CONNECTED


def test_every_service_is_one_of_the_workers():
    """By the name of its settings, and its secrets are settings of its own."""
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert {*CHATS} < fields
    for service, chat in CHATS.items():
        assert chat.secrets
        assert all(is_of(service, secret) and secret in VARIABLES for secret in chat.secrets)


def test_a_setting_is_that_of_one_service_at_most():
    """Slack's webhook is not the webhook's."""
    for variable in VARIABLES:
        owners = [service for service in CHATS if is_of(service, variable)]
        assert is_of_chat(variable) == bool(owners)
        assert len(owners) <= 1, variable
    assert not is_of_chat("FALLBACK_INBOXES")


def test_what_is_named_like_a_secret_of_a_chat_is_one():
    """Tokens, secrets, and the addresses that are passwords; where a server is, is none."""
    plain = {"GOTIFY_URL", *(name for name in VARIABLES if name.endswith(ADDRESS))}
    likely = {v for v in VARIABLES if is_of_chat(v) and v.endswith(("_TOKEN", "_SECRET", "_URL", "_USER"))}
    assert likely - plain == {*CHAT_SECRETS}


def test_companions_are_settings_of_one_service():
    """The first of a pair is its secret."""
    for secret, other in COMPANIONS:
        assert secret in CHAT_SECRETS
        assert secret.partition("_")[0] == other.partition("_")[0]
        assert other in VARIABLES


def test_uninstalling_says_of_each_what_is_left():
    """In its order."""
    assert [*CONNECTED] == [*CHATS]
