"""A browser for `make test-page`, a tab of it for each test, and the program whose page is shown in it."""

import importlib.util

import pytest

from standins import browser as chromium
from standins.program import place, running


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


@pytest.fixture(scope="module")
def watched(browser, tmp_path_factory):
    """Run `mail-failover watch` for the tests of a file; its page's address."""
    settings = ("FALLBACK_INBOXES=anna.backup@example.net", "PRIMARY_CHECK=mail.example.com:465")
    words = [word for setting in settings for word in ("--var", setting)]
    with running(place(tmp_path_factory.mktemp("watch")), "watch", *words) as url:
        yield url


@pytest.fixture(scope="module")
def told(browser, tmp_path_factory):
    """Run `mail-failover demo --page` for the tests of a file; its page's address."""
    with running(place(tmp_path_factory.mktemp("demo")), "demo", "--page") as url:
        yield url


@pytest.fixture
def expect():
    """Return Playwright's `expect`, which waits until what is expected holds."""
    from playwright.sync_api import expect  # noqa: PLC0415

    return expect
