"""Faults on the page: each that the command line has can be chosen there, says its flag, and is mended."""

import pytest

from mail_failover.emulator.faults import KINDS, parse_fault
from standins.browser import node, show

pytestmark = pytest.mark.page

# The control of each target, and the card that it stands on.
CONTROLS = {
    "forward": ("inboxes", "Let an inbox fail"),
    "raw": ("edge", "Let the Worker fail"),
    "object": ("edge", "Let the Worker fail"),
    "telegram": ("chat:telegram", "Let Telegram fail"),
    "slack": ("chat:slack", "Let Slack fail"),
}


@pytest.mark.parametrize("target", CONTROLS)
def test_every_fault_of_a_target_can_be_chosen_and_mended(page, watched, expect, target):
    """The command that repeats it is the page's, word for word; then it works again."""
    at = show(page, watched)
    actor, title = CONTROLS[target]
    card = node(at, actor)
    card.get_by_text(title).click()
    form = at.get_by_role("form", name=title)
    command = at.get_by_role("group", name="The command")
    for kind in KINDS[target]:
        form.get_by_role("combobox", name="How", exact=True).select_option(value=f"{target}={kind}")
        flag = form.locator("code.flag").inner_text()
        assert parse_fault(flag.removeprefix("--fault ")).flag.split(":")[0] == f"--fault {target}={kind}"
        form.get_by_role("button", name="Let it fail").click()
        # Each takes the place of the one before.
        expect(command).to_contain_text(f" {flag}")
        expect(card.get_by_role("button", name="Works again")).to_have_count(1)
    card.get_by_role("button", name="Works again").click()
    expect(command).not_to_contain_text("--fault")


def test_a_chat_that_fails_is_seen_to_fail(page, watched, expect):
    """It answers 500, and is told when it works again; the message is in the inbox all the while."""
    at = show(page, watched)
    at.get_by_role("button", name="Stop it").click()
    card = node(at, "chat:telegram")
    card.get_by_text("Let Telegram fail").click()
    form = at.get_by_role("form", name="Let Telegram fail")
    form.get_by_role("combobox", name="How", exact=True).select_option(value="telegram=500")
    form.get_by_role("combobox", name="How often").select_option(label="until mended")
    form.get_by_role("button", name="Let it fail").click()
    expect(card).to_contain_text("Failing")
    at.get_by_role("button", name="Send", exact=True).click()
    expect(node(at, "inboxes")).to_contain_text("1 stored")
    expect(node(at, "chat:slack")).to_contain_text("1 told")
    at.get_by_role("tab", name="Log").click()
    expect(at.get_by_role("region", name="Log")).to_contain_text("(telegram): 500")
    expect(card).to_contain_text("0 told")
    card.get_by_role("button", name="Works again").click()
    at.get_by_role("button", name="Let 10 min pass").click()
    expect(card).to_contain_text("1 told")
