"""Debian's chromium, driven by Playwright: all it asks and says is watched, and nothing leaves this machine.

Playwright is imported where it is used: `make test` brings none.
"""

import os
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ABSENT = "there is no chromium; on Debian: apt install chromium, or CHROMIUM names one"
HERE = {"127.0.0.1", "localhost"}
SECONDS = 10
# Whatever it asks its maker for on its own, it finds no name but this machine's.
_ARGUMENTS = [
    "--disable-gpu",
    f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {host}' for host in sorted(HERE))}",
]


@contextmanager
def started():
    """Start chromium, and end it with the block."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launching())
        try:
            yield browser
        finally:
            browser.close()


def launching():
    """Return what Playwright is told for a start, by either of its interfaces."""
    # Its own sandbox can't be had as root, who has nothing here that it keeps from anybody.
    arguments = [*_ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else _ARGUMENTS
    return {"executable_path": CHROMIUM, "args": arguments, "timeout": 60_000}


@contextmanager
def opened(browser, **options):
    """Open an empty tab of a browser that knows nothing of the others, and watch it until the block's end.

    What was wrong is asserted there: an error, a warning, a request to another machine or without an answer,
    a dialog, a download, another window. `options` are those of Playwright's `new_context`.
    """
    with browser.new_context(**options) as context:
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        page.wrong = watched(context, page)
        yield page
        assert not page.wrong, "; ".join(page.wrong)


def watched(context, page):
    """Return the list that gets what goes wrong in a context."""
    wrong = []

    def on_request(request):
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in HERE:
            wrong.append(f"request to {request.url}")

    def on_response(response):
        if response.status >= 400:
            wrong.append(f"{response.status} from {response.url}")

    def on_failed(request):
        # A stream ends with its page.
        if request.resource_type != "eventsource":
            wrong.append(f"{request.failure} at {request.url}")

    def on_console(message):
        if message.type in {"error", "warning"}:
            wrong.append(f"{message.type}: {message.text} ({message.location['url']})")

    def on_dialog(dialog):
        wrong.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    context.on("request", on_request)
    context.on("response", on_response)
    context.on("requestfailed", on_failed)
    context.on("console", on_console)
    context.on("weberror", lambda error: wrong.append(f"error: {error.error}"))
    context.on("dialog", on_dialog)
    context.on("page", lambda other: wrong.append(f"window: {other.url}"))
    page.on("download", lambda download: wrong.append(f"download: {download.url}"))
    page.on("websocket", lambda socket: wrong.append(f"socket: {socket.url}"))
    return wrong


def show(page, url):
    """Go to a page of the program's, wait until it is live, and return it."""
    page.goto(url)
    page.get_by_role("status").get_by_text("Live").wait_for()
    return page


def node(page, name):
    """Return the card of an actor on the map."""
    return page.locator(f'[data-node="{name}"]')


def figure(page, actor, what):
    """Return the figure with a name on an actor's card."""
    return node(page, actor).locator("dl.figures div").filter(has_text=what).locator("dd")
