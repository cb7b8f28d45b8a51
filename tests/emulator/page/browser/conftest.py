"""A browser with the page of an experiment, in one loop: a test asks either of them, in turn."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

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


@pytest.fixture(scope="session")
def run():
    """Run coroutines in one loop, in a thread of its own: the other tests' browser has a loop in this one."""
    runner = asyncio.Runner()
    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(runner.run, coroutine).result()
        thread.submit(runner.close).result()


@pytest.fixture(scope="session")
def browser(run):
    """Start Debian's chromium in that loop; skip where there is none."""
    driver = pytest.importorskip(
        "playwright.async_api", reason="there is no Playwright; make test-page brings it"
    )
    if not chromium.CHROMIUM:
        pytest.skip(chromium.ABSENT)
    open_until_the_end = AsyncExitStack()

    async def start():
        playwright = await open_until_the_end.enter_async_context(driver.async_playwright())
        started = await playwright.chromium.launch(**chromium.launching())
        return await open_until_the_end.enter_async_context(started)

    yield run(start())
    run(open_until_the_end.aclose())


@pytest.fixture
def looking(tmp_path, run, browser):
    """Let a coroutine look at an experiment and its page; an error there, or a request elsewhere, fails."""

    def let(look):
        async def all_of_it():
            async with (
                experiment(tmp_path) as playing,
                serving(playing) as url,
                await browser.new_context(reduced_motion="reduce") as context,
            ):
                page = await context.new_page()
                wrong = chromium.watched(context, page)
                await page.add_init_script(NOTE_ANSWERS)
                await page.goto(url)
                await page.locator(".card").first.wait_for()
                await look(playing, page)
                assert not wrong

        run(all_of_it())

    return let
