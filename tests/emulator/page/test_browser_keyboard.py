"""The page without a mouse: the whole story is played, and what came of it is read, by keys alone."""

import pytest

from standins.browser import show

pytestmark = pytest.mark.page

MOST_STOPS = 120
FOCUSED = """() => {
  const each = document.activeElement;
  const style = getComputedStyle(each);
  return {
    name: each.getAttribute("aria-label") ?? each.textContent.trim(),
    role: each.getAttribute("role") ?? each.tagName,
    seen: style.outlineStyle !== "none" || style.boxShadow !== "none",
    page: each === document.body,
  };
}"""


def tab_to(at, name, key="Tab"):
    """Press Tab until something with a name has the focus, which must be seen wherever it goes."""
    seen = []
    for _ in range(MOST_STOPS):
        at.keyboard.press(key)
        focused = at.evaluate(FOCUSED)
        assert focused["seen"] or focused["page"], focused
        seen.append(focused["name"][:40])
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"no Tab led to {name}: {seen}")


def test_the_whole_story_by_keys_alone(page, told, expect):
    """Tab, arrows, Enter and Space; each act is as it should be, and its mail is opened and left again."""
    at = show(page, told)
    at.keyboard.press("Tab")
    assert at.evaluate(FOCUSED)["name"] == "Skip to the map"
    for act in range(1, 6):
        tab_to(at, f"Play act {act}:")
        at.keyboard.press("Enter" if act % 2 else "Space")
        expect(at.get_by_role("listitem").filter(has_text=f"Act {act}")).to_contain_text(
            "as it should be", timeout=60_000
        )
    expect(at.get_by_text("The story is over. Every message is where it should be.")).to_be_visible()
    tab_to(at, "Story", "Shift+Tab")
    for tab in ("Chats", "Mailboxes"):
        at.keyboard.press("ArrowRight")
        expect(at.get_by_role("tabpanel", name=tab)).to_be_visible()
    tab_to(at, "Ben Weber")
    at.keyboard.press("Home")
    at.keyboard.press("ArrowDown")
    at.keyboard.press("Enter")
    shown = at.get_by_role("region", name="Message")
    expect(shown.get_by_role("heading", name="Thank you!")).to_be_focused()
    at.keyboard.press("Escape")
    expect(at.get_by_role("button", name="Thank you!")).to_be_focused()
    at.keyboard.press("End")
    at.keyboard.press("Space")
    expect(shown.get_by_role("heading", name="Lunch on Sunday?")).to_be_focused()
