"""A browser with the page of an experiment, in one loop: a test asks either of them, in turn."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from mail_failover.emulator.page.server import serving
from standins import browser as chromium
from standins.experiment import experiment

# Each answer that was shown on the map, while it is read for five seconds.
NOTE_ANSWERS = """
globalThis.answers = [];
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    for (const node of [target, ...addedNodes]) {
      if (node.className === "answer") answers.push(node.textContent);
    }
  }
}).observe(document, { subtree: true, childList: true });
"""


@pytest.fixture
def looking(tmp_path):
    """Let a coroutine look at an experiment and its page; an error there, or a request elsewhere, fails."""
    driver = pytest.importorskip(
        "playwright.async_api", reason="there is no Playwright; make test-page brings it"
    )
    if not chromium.CHROMIUM:
        pytest.skip(chromium.ABSENT)

    def run(look):
        async def all_of_it():
            async with (
                experiment(tmp_path) as playing,
                serving(playing) as url,
                driver.async_playwright() as playwright,
                await playwright.chromium.launch(**chromium.launching()) as browser,
                await browser.new_context(reduced_motion="reduce") as context,
            ):
                page = await context.new_page()
                wrong = chromium.watched(context, page)
                await page.add_init_script(NOTE_ANSWERS)
                await page.goto(url)
                await page.locator(".card").first.wait_for()
                await look(playing, page)
                assert not wrong

        # The other tests' driver has a loop in this thread.
        with ThreadPoolExecutor(1) as another:
            another.submit(asyncio.run, all_of_it()).result()

    return run
