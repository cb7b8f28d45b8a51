"""What a person gets, in a browser: it goes on where it was when the whole state is fetched anew."""

import pytest

from mail_failover.emulator.actors import letters
from standins.experiment import until

pytestmark = pytest.mark.page

STRANGE = f"Subject: hi\r\nFrom: a@example.org\r\nDate: {'x' * 3000}\r\n\r\nhi\r\n".encode()

ANEW = """async (lost) => {
    const { Store } = await import("./static/store.js");
    const state = await (await fetch("api/state")).json();
    const log = await import("./static/log.js");
    const chats = await import("./static/chats.js");
    const [store, logged, told] = [new Store(), document.createElement("div"), document.createElement("div")];
    const early = state.recent.slice(0, -5);
    const posts = state.posts.filter(({ id }) => id <= early.at(-1).id);
    document.body.append(logged, told);
    store.reset({ ...state, id: early.at(-1).id, recent: early, posts });
    log.mount(logged, store);
    chats.mount(told, store);
    const box = told.querySelector(".scrolls");
    box?.focus();
    store.reset({ ...state, recent: state.recent.slice(-5 + lost) });
    return {
        entries: [...logged.querySelectorAll(".entry")].map(({ dataset }) => dataset.kind),
        posts: told.querySelectorAll(".post").length,
        kept: box !== null && box === document.activeElement,
    };
}"""


async def alerted(playing):
    """Let a message be caught, and told."""
    await playing.stop_primary()
    await playing.send(letters.lunch())
    await until(playing, lambda: all(each["shown"] for each in playing.feed.states["chats"]))


@pytest.mark.parametrize("lost", [0, 2])
def test_the_log_says_that_something_is_missing_only_if_it_is(looking, lost):
    """What came meanwhile is there."""

    async def look(playing, page):
        await alerted(playing)
        found = await page.evaluate(ANEW, lost)
        assert found["entries"].count("reset") == (lost > 0)
        assert len(found["entries"]) > 1

    looking(look)


def test_a_chat_keeps_its_posts_and_the_focus(looking):
    """Each of them once."""

    async def look(playing, page):
        await alerted(playing)
        found = await page.evaluate(ANEW, 0)
        assert found["posts"] == len(playing.feed.states["chats"])
        assert found["kept"]

    looking(look)


def test_a_date_that_none_can_read_leaves_the_list_its_width(looking):
    """However long it is."""

    async def look(playing, page):
        await page.get_by_role("tab", name="Mailboxes").click()
        await playing.send(letters.own(STRANGE, "a@example.org", letters.RECIPIENT))
        row = page.locator("button.letter")
        await row.wait_for()
        assert await row.evaluate("(row) => row.scrollWidth <= row.closest('.letters').clientWidth")

    looking(look)
