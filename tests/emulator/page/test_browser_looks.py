"""The page for everybody: on a phone and a desk, light and dark, still, and by axe-core's rules."""

import pytest

from standins.browser import show

pytestmark = pytest.mark.page

TABS = ("Story", "Chats", "Mailboxes", "Settings", "Log")
WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")
# Elements that stick out to the right, but not those in a box that scrolls by itself.
STICKING_OUT = """() => {
  const room = document.documentElement.clientWidth;
  const clips = each => getComputedStyle(each).overflowX !== "visible";
  const scrolls = each => each !== null && (clips(each) || scrolls(each.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > room + 1 && !scrolls(each.parentElement))
    .map(each => each.outerHTML.slice(0, 120));
}"""
LIGHTNESS = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}"""


@pytest.fixture(scope="module")
def second_act(told, browser):
    """Play the story to its second act, in which there is something of everything; the page's address."""
    with browser.new_context() as context:
        at = show(context.new_page(), told)
        for act in (1, 2):
            at.get_by_role("button", name=f"Play act {act}:").click()
            at.get_by_role("button", name=f"Play act {act + 1}:").wait_for()
    return told


@pytest.fixture(scope="module")
def axe():
    """Return what judges a page by axe-core's rules."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    return Axe()


def unfolded(at):
    """Open all that is folded."""
    at.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def shown(at, tab):
    """Show a tab, and in the mailboxes a message with something attached."""
    at.get_by_role("tab", name=tab).click()
    if tab == "Mailboxes":
        at.get_by_role("button", name="Buchung bestätigt").click()
        at.get_by_role("region", name="Attachments").wait_for()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_rule_of_accessibility_is_broken(page, second_act, axe, scheme):
    """On each tab, with all that can be unfolded; contrast is among them."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    at = show(page, second_act)
    unfolded(at)
    for tab in TABS:
        shown(at, tab)
        found = axe.run(at)
        assert found.violations_count == 0, f"{tab}: {found.generate_report()}"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_has_to_be_scrolled_sideways(page, second_act, width):
    """On a phone, a tablet and a desk, whatever is up, and all that can be unfolded."""
    page.set_viewport_size({"width": width, "height": 800})
    at = show(page, second_act)
    unfolded(at)
    for tab in TABS:
        shown(at, tab)
        assert at.evaluate("document.documentElement.scrollWidth") <= width, tab
        assert at.evaluate(STICKING_OUT) == [], tab


def test_dark_is_dark_and_light_is_light(page, second_act):
    """As the reader's system likes it, and at once when that changes."""
    at = show(page, second_act)
    seen = {}
    for scheme in SCHEMES:
        at.emulate_media(color_scheme=scheme)
        seen[scheme] = at.evaluate(LIGHTNESS)
    assert seen["dark"] < 0.2
    assert seen["light"] > 0.8


# Notes in each frame from now on how many things move.
LOOKING = """() => {
  window.most = 0;
  const look = () => {
    window.most = Math.max(window.most, document.getAnimations().length);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.parametrize(("motion", "act"), [("no-preference", 3), ("reduce", 4)])
def test_nothing_moves_for_who_likes_it_still(page, second_act, motion, act):
    """Dots travel, and cards light up, for others only."""
    page.emulate_media(reduced_motion=motion)
    at = show(page, second_act)
    at.evaluate(LOOKING)
    at.get_by_role("button", name=f"Play act {act}:").click()
    at.get_by_role("button", name=f"Play act {act + 1}:").wait_for()
    assert (at.evaluate("window.most") > 0) == (motion != "reduce")


def test_all_of_it_comes_from_its_own_server(page, second_act):
    """What the browser says that it loaded."""
    at = show(page, second_act)
    origins = "performance.getEntriesByType('resource').map(each => new URL(each.name).origin)"
    assert set(at.evaluate(origins)) == {at.evaluate("location.origin")}
