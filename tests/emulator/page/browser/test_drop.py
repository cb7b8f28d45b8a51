"""Files that are dropped onto the page: each is sent, or the page says which is not, and why."""

import pytest

from standins.experiment import told, until

pytestmark = pytest.mark.page

DROP = """(files) => {
    const data = new DataTransfer();
    for (const [name, size] of files) {
        data.items.add(new File([`Subject: ${name}\\r\\n\\r\\n`, "x".repeat(size)], name));
    }
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def some(count, first=0):
    """Return so many small files."""
    return [[f"{n}.eml", 10] for n in range(first, first + count)]


def test_what_is_dropped_while_files_are_sent_comes_after_them(looking):
    """None of them is left out."""

    async def look(playing, page):
        await page.evaluate(DROP, some(3))
        await page.evaluate(DROP, some(3, first=3))
        await until(playing, lambda: len(told(playing, "sent")) == 6)
        assert [each["subject"] for each in told(playing, "sent")] == [name for name, _ in some(6)]

    looking(look)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (some(25), "25 files at once: none was sent."),
        ([["big.eml", 27_000_000], *some(1)], "big.eml: 27 MB is too large."),
    ],
)
def test_what_is_not_sent_is_named(looking, files, said):
    """With the files after it."""

    async def look(playing, page):
        await page.evaluate(DROP, files)
        problem = page.locator(".own-part .problem")
        await problem.get_by_text(said).wait_for()
        assert not told(playing, "sent")
        assert len(files) > 2 or "What was dropped after it was not sent." in await problem.text_content()

    looking(look)


def test_a_folder_is_said_to_be_none(looking, tmp_path):
    """The browser hands it over as a file that can't be read."""
    folder = tmp_path / "letters"
    folder.mkdir()

    async def look(playing, page):
        del playing
        session = await page.context.new_cdp_session(page)
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            await session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
        await page.get_by_text("letters: it can't be read.").wait_for()

    looking(look)
