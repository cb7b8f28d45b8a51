"""The settings' checks, each seen passing and failing."""

import pytest

from mail_failover.console.next_step import Again
from mail_failover.doctor.settings import local_checks
from standins.settings import SETTINGS


def test_a_secret_of_the_account_is_not_missed_on_this_machine(local):
    """TELEGRAM_BOT_TOKEN is set with wrangler, not in a file."""
    assert {check.status.value for check in local_checks(local(), "shop.test", Again())} == {"pass"}


def test_without_settings_the_command_that_names_them_can_be_pasted():
    """But for their path."""
    settings, _ = local_checks(None, "shop.test", Again("shop.test"))
    assert settings.fix.endswith("name the file: `mail-failover doctor --domain shop.test --config PATH`")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"4711"', '"me and you"', "TELEGRAM_CHAT_ID: must be numbers"),
        ("[vars]", "[vars]\nALERT_DETAIL = 'all'", "ALERT_DETAIL"),
        ('name = "mail-failover"', "", "name: is missing"),
        ("[vars]", 'addresses = ["*@shop.test"]\n[vars]', "a deploy takes over the catch-all"),
    ],
)
def test_settings_are_judged_as_the_worker_judges_them(local, old, new, words):
    """And for what wrangler would do with them."""
    settings, _ = local_checks(local(SETTINGS.replace(old, new)), "shop.test", Again())
    assert settings.status.value == "fail"
    assert words in settings.found


@pytest.mark.parametrize(
    ("inboxes", "words"),
    [
        ('["you@example.net"]', "still the example"),
        ('["anna@shop.test"]', "on the domain itself"),
        ('["anna@mail.shop.test"]', "on the domain itself"),
    ],
)
def test_inboxes_must_be_elsewhere(local, inboxes, words):
    """An inbox whose server is the one that is down is none."""
    text = SETTINGS.replace('["anna@inbox.test", "Second@Other.test"]', inboxes)
    _, found = local_checks(local(text), "shop.test", Again())
    assert found.status.value == "fail"
    assert words in found.found


def test_an_inbox_on_the_domain_itself_is_found_in_unicode(local):
    """The domain comes as DNS has it."""
    text = SETTINGS.replace('["anna@inbox.test", "Second@Other.test"]', '["anna@Bücher.example"]')
    _, found = local_checks(local(text), "xn--bcher-kva.example", Again())
    assert found.found.startswith("anna@Bücher.example: on the domain itself")
