"""A browser with the page of an experiment, where the machine has one."""

import asyncio
import shutil

import pytest

from mail_failover.emulator.page.server import serving
from standins.experiment import experiment

CHROMIUM = shutil.which("chromium")
# Chromium's own requests to its maker, and what a container does not have.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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
    driver = pytest.importorskip("playwright.async_api", reason="pip install --group page brings Playwright")
    if not CHROMIUM:
        pytest.skip("there is no chromium: apt-get install chromium")

    def run(look, **options):
        async def all_of_it():
            wrong = []
            async with (
                experiment(tmp_path, **options) as playing,
                serving(playing) as url,
                driver.async_playwright() as playwright,
                await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
            ):
                page = await browser.new_page(reduced_motion="reduce")
                page.set_default_timeout(20_000)
                page.on("pageerror", lambda error: wrong.append(str(error)))
                page.on("request", lambda asked: asked.url.startswith(url) or wrong.append(asked.url))
                await page.add_init_script(NOTE_ANSWERS)
                await page.goto(url)
                await page.locator(".card").first.wait_for()
                await look(playing, page)
                assert not wrong

        asyncio.run(all_of_it())

    return run
