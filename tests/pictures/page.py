"""The page as a browser shows it: the demo's story, played to its second act by its own button."""

import tempfile
from pathlib import Path

from standins.browser import opened, show, started
from standins.program import place, running

SCHEMES = ("light", "dark")
SIZES = {"map": (1400, 680, 1), "chat": (480, 480, 1.5), "inbox": (960, 500, 1)}
"""What is pictured: width and height in the page's pixels, and how many of the picture's each of them is."""


def shots():
    """Yield each file's name, and what is in it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started() as browser,
        running(place(Path(folder)), "demo", "--page") as url,
    ):
        for name, shot in (("map", _map), ("chat", _chat), ("inbox", _inbox)):
            width, height, scale = SIZES[name]
            size = {"width": width, "height": height}
            with opened(browser, viewport=size, device_scale_factor=scale, reduced_motion="reduce") as page:
                clip = {"x": 0, "y": shot(show(page, url)), **size}
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    yield f"page-{name}-{scheme}.png", page.screenshot(clip=clip, full_page=True)


def _map(page):
    """Play the acts, and return where the picture begins; what was answered stands there for some seconds."""
    for act in (1, 2):
        page.get_by_role("button", name=f"Play act {act}:").click()
        page.get_by_role("button", name=f"Play act {act + 1}:").wait_for()
    return 0


def _chat(page):
    """Show the first alert, as it was edited when more messages came."""
    page.get_by_role("tab", name="Chats").click()
    page.get_by_role("region", name="Telegram").evaluate("box => { box.scrollTop = 0 }")
    return _top(page, "chats")


def _inbox(page):
    """Show the booking, and what else is there."""
    page.get_by_role("tab", name="Mailboxes").click()
    page.get_by_role("button", name="Buchung bestätigt").click()
    page.get_by_role("region", name="Attachments").wait_for()
    return _top(page, "mail")


def _top(page, panel):
    return page.evaluate(
        "panel => document.getElementById(panel).getBoundingClientRect().top + scrollY", panel
    )
