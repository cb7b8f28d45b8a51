"""A browser for the tests in one, and a tab of it for each; `make test-page` runs them."""

import importlib.util

import pytest

from standins import browser as chromium


@pytest.fixture(scope="session")
def browser():
    """Start Debian's chromium; skip where there is none."""
    if not importlib.util.find_spec("playwright"):
        pytest.skip("there is no Playwright; make test-page brings it")
    if not chromium.CHROMIUM:
        pytest.skip(chromium.ABSENT)
    with chromium.started() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """Open a tab, which fails the test if anything in it goes wrong; `page.wrong` has what."""
    with chromium.opened(browser) as page:
        yield page
