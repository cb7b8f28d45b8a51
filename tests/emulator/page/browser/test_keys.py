"""The page by keys alone: the focus is never lost, whatever is drawn anew."""

import pytest

from mail_failover.emulator.actors import letters

pytestmark = pytest.mark.page

HAS_FOCUS = "(text) => document.activeElement.textContent === text"


async def press(page, name):
    """Press the button of that name by the keyboard."""
    await page.get_by_role("button", name=name, exact=True).press("Enter")


def test_a_button_of_a_fault_keeps_the_focus_while_others_come(looking):
    """And hands it on when its own is mended."""

    async def look(playing, page):
        playing.fail("forward", "transient")
        again = page.get_by_role("button", name="Works again: Inboxes")
        await again.focus()
        playing.fail("telegram", "500")
        await page.get_by_role("button", name="Works again: Telegram").wait_for()
        assert await again.evaluate("(button) => button === document.activeElement")
        await again.press("Enter")
        await page.wait_for_function(HAS_FOCUS, arg="Let an inbox fail")

    looking(look)


def test_a_control_that_goes_hands_the_focus_to_its_card(looking):
    """The spool's, which is switched on once; the sender's, which is there while something waits."""

    async def look(playing, page):
        await playing.stop_primary()
        playing.fail("forward", "transient:x2")
        await playing.send(letters.lunch())
        await playing.start_primary()
        await press(page, "Try again now")
        await page.wait_for_function(HAS_FOCUS, arg="Sender")
        await press(page, "Switch it on for this run")
        await page.wait_for_function(HAS_FOCUS, arg="Spool")

    looking(look)


def test_the_end_of_a_full_mailbox_keeps_the_focus(looking):
    """What is read there leaves the list when something new comes."""

    async def look(playing, page):
        del playing
        found = await page.evaluate("""async () => {
            const { Mailbox } = await import("./static/mailbox.js");
            const box = new Mailbox("primary", () => {});
            const letter = (name) => ({ name, from: "", subject: name, date: "", size: 1 });
            document.body.append(box.section);
            box.fill(Array.from({ length: 100 }, (_, place) => letter(`m${place}`)));
            box.draw();
            const all = () => [...box.section.querySelectorAll("button")];
            all().at(-1).focus();
            box.take(letter("new"));
            box.draw();
            return [all().length, all().indexOf(document.activeElement)];
        }""")
        assert found == [100, 99]

    looking(look)


def test_seconds_that_are_not_asked_for_stop_no_fault(looking):
    """A field that is hidden can't be mended."""

    async def look(playing, page):
        form = page.get_by_role("form", name="Let an inbox fail")
        await page.get_by_text("Let an inbox fail").click()
        await form.get_by_label("How", exact=True).select_option("forward=late")
        await form.get_by_label("Seconds").fill("")
        await form.get_by_label("How", exact=True).select_option("forward=transient")
        await form.get_by_role("button").click()
        await page.get_by_role("button", name="Works again: Inboxes").wait_for()
        assert [fault.flag for fault in playing.emulator.faults.left()] == ["--fault forward=transient:x1"]

    looking(look)
