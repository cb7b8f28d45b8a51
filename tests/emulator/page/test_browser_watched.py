"""The browser of these tests: what a page must not do is seen, whatever else a test looks at."""

import http.server
import threading
from contextlib import contextmanager

import pytest

from standins import browser as chromium

pytestmark = pytest.mark.page


@contextmanager
def served(body):
    """Serve one page under every address but /missing; yield where."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404 if self.path == "/missing" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,">{body}'.encode())

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


# What a page does, and how it is told.
BAD = {
    "<script>throw new Error('broken')</script>": "error: broken",
    "<script>Promise.reject(new Error('unseen'))</script>": "error: unseen",
    "<script>console.error('said')</script>": "error: said",
    "<script>console.warn('said')</script>": "warning: said",
    "<img src='/missing'>": "404 from http://127.0.0.1",
    "<img src='https://example.com/seen.png'>": "request to https://example.com/seen.png",
    "<img src='//192.0.2.1/seen.png'>": "request to http://192.0.2.1/seen.png",
    "<script>new WebSocket('ws://127.0.0.1:9/')</script>": "socket: ws://127.0.0.1:9/",
    "<script>alert('hello')</script>": "alert: hello",
    "<script>open('about:blank#other')</script>": "window: about:blank#other",
    "<a href='/x' download>x</a><script>document.links[0].click()</script>": "download: http://127.0.0.1",
}


def told_of(browser, url):
    """Open a page, and wait until all of that was told, or for some seconds."""
    with chromium.opened(browser) as page:
        page.goto(url)
        for _ in range(100):
            if all(any(line.startswith(told) for line in page.wrong) for told in BAD.values()):
                return
            page.wait_for_timeout(50)


def test_what_goes_wrong_in_a_page_fails_its_test(browser):
    """Each is told, with its address or its words."""
    with served("".join(BAD)) as url, pytest.raises(AssertionError) as failed:
        told_of(browser, url)
    assert [told for told in BAD.values() if told not in str(failed.value)] == []
    assert "Failed to load resource: net::ERR_NAME_NOT_RESOLVED (http://192.0.2.1/seen.png)" in str(
        failed.value
    )


def test_a_quiet_page_passes(browser):
    """One that loads, runs a script and asks its own server."""
    with served("<h1>Hello</h1><script>fetch('/x')</script>") as url, chromium.opened(browser) as page:
        with page.expect_response("**/x"):
            page.goto(url)
        assert page.get_by_role("heading").inner_text() == "Hello"
