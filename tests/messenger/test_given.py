"""What a person gives is judged as the Worker will judge it, and never quoted."""

from pathlib import Path

import pytest

from mail_failover.errors import UsageError
from mail_failover.messenger.given import settings_of
from mail_failover.settings.files import Config
from standins.messengers import SLACK_TOKEN, TOKEN, WEBHOOK

MAIN = Path(__file__).parents[2] / "src" / "entry.py"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"TELEGRAM_BOT_TOKEN": "sEcReT", "TELEGRAM_CHAT_ID": "1"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "sEcReT"}, "TELEGRAM_CHAT_ID"),
        ({"SLACK_WEBHOOK_URL": "https://evil.test/sEcReT"}, "SLACK_WEBHOOK_URL"),
        ({"SLACK_BOT_TOKEN": "sEcReT", "SLACK_CHANNEL": "C0"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": SLACK_TOKEN, "SLACK_CHANNEL": "sEcReT sEcReT"}, "SLACK_CHANNEL"),
    ],
)
def test_what_can_not_be_used_is_named_and_not_quoted(values, name):
    """With how it has to look."""
    with pytest.raises(UsageError) as raised:
        settings_of(Config(MAIN, {}), values)
    assert raised.value.what == f"{name} can't be used."
    assert raised.value.fix.startswith("It ")
    assert "sEcReT" not in str(raised.value)


def test_of_the_settings_only_the_services_addresses_are_taken():
    """So that a test alert goes nowhere else; whatever else is wrong is said elsewhere."""
    variables = {
        "SLACK_WEBHOOK_URL": WEBHOOK,
        "TELEGRAM_API_URL": "https://bots.test",
        "FALLBACK_MODE": "nonsense",
    }
    found = settings_of(Config(MAIN, variables), {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "1"})
    assert (found.slack, found.telegram.api_url) == (None, "https://bots.test")


def test_an_address_that_can_not_be_used_is_named():
    """A token would go there."""
    with pytest.raises(UsageError, match="SLACK_API_URL can't be used"):
        settings_of(Config(MAIN, {"SLACK_API_URL": "http://elsewhere.test"}), {})
