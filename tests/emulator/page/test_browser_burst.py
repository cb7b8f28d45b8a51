"""Two thousand messages at once: the page stays usable, and has only so much in it."""

import time

import pytest

from standins.browser import figure, show

pytestmark = pytest.mark.page

MOST_ELEMENTS = 6000
ELEMENTS = "document.querySelectorAll('*').length"


def test_a_page_is_usable_in_a_burst_and_bounded_after_it(page, watched, expect):
    """The log is up, which has most to show; a tab chosen meanwhile comes at once."""
    at = show(page, watched)
    at.get_by_role("tab", name="Log").click()
    at.get_by_role("spinbutton", name="How many at once").fill("2000")
    at.get_by_role("button", name="Send a burst").click()
    stored, waits = figure(at, "primary", "stored"), []
    while stored.inner_text() != "2,000":
        for tab in ("Mailboxes", "Log"):
            asked = time.monotonic()
            at.get_by_role("tab", name=tab).click()
            expect(at.get_by_role("tabpanel", name=tab)).to_be_visible()
            waits.append(time.monotonic() - asked)
        assert at.evaluate(ELEMENTS) < MOST_ELEMENTS
        at.wait_for_timeout(500)
    # A machine that is busy with the messages themselves has some waits that are long.
    assert sorted(waits)[len(waits) // 2] < 1
    expect(at.get_by_role("status").get_by_text("Live")).to_be_visible()
    expect(figure(at, "sender", "sent")).to_have_text("2,000")
    assert at.evaluate(ELEMENTS) < MOST_ELEMENTS
