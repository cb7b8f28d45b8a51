"""Measure how soon the page is there, in Debian's chromium. Run it as `make bench-page`.

Each time is the median of several loads, each in a browser that knows nothing, beside that of a single file
of the same server: what a browser and a machine take for any page at all.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "scripts", "tests")]

from standins.browser import ABSENT, CHROMIUM, started  # noqa: E402
from standins.program import place, running  # noqa: E402

LOADS = 15
# Milliseconds since the navigation began: the first text, the whole page, and the state that fills it.
MOMENTS = {
    "first text": "performance.getEntriesByName('first-contentful-paint')[0]?.startTime",
    "all files": "performance.getEntriesByType('navigation')[0].loadEventEnd",
    "state": "performance.getEntriesByType('resource').find((each) => /state$/.test(each.name))?.responseEnd",
}


def main():
    """Print the times of the page, and those of one file."""
    if not CHROMIUM:
        sys.exit(ABSENT)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(place(Path(folder)), "watch") as url,
        started() as browser,
    ):
        alone = _times(browser, f"{url}static/base.css", "pre")["all files"]
        page = _times(browser, url, "[data-link=live]")
    say = Console(soft_wrap=True, highlight=False).print
    say(f"one file: {alone:.0f} ms")
    for moment, milliseconds in page.items():
        say(f"the page's {moment}: {milliseconds:.0f} ms, {milliseconds / alone:.1f} times that")


def _times(browser, url, there):
    loads = []
    for _ in range(LOADS):
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(url)
            page.locator(there).first.wait_for()
            loads.append([page.evaluate(moment) or 0 for moment in MOMENTS.values()])
    return dict(zip(MOMENTS, map(statistics.median, zip(*loads, strict=True)), strict=True))


if __name__ == "__main__":
    main()
