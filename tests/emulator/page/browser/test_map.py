"""The map in a browser: the ways that messages go, and what is said of them."""

import pytest

from mail_failover.emulator.actors import letters
from standins.experiment import until

pytestmark = pytest.mark.page

IS_SAID = "(text) => document.querySelector('[data-node=spool] pre')?.textContent === text"


async def held(playing, letter):
    """Let a letter end in the spool."""
    await playing.stop_primary()
    playing.open_spool()
    playing.fail("forward", "transient")
    await playing.send(letter)
    await until(playing, lambda: playing.feed.states["spool"]["waiting"] == 1)


async def answered(page, text):
    """Wait until an answer was shown on the map, and return all that were."""
    await page.wait_for_function("(text) => answers.some((each) => each.includes(text))", arg=text)
    return await page.evaluate("answers")


def test_what_is_held_is_seen_to_come_home(looking):
    """Under the name that it was caught under."""

    async def look(playing, page):
        await held(playing, letters.lunch())
        await playing.start_primary()
        assert await playing.replay(letters.DOMAIN) == 0
        assert "came home" in await answered(page, "came home")

    looking(look)


def test_a_page_that_is_opened_anew_tells_what_comes_home_from_what_is_sent(looking):
    """What waited at the sender goes its own way, though something lies in the spool."""

    async def look(playing, page):
        await held(playing, letters.lunch())
        playing.fail("object", "throws")
        await playing.send(letters.thanks())
        playing.fail("object", "")
        await playing.start_primary()
        await page.reload()
        await page.locator(".card").first.wait_for()
        await playing.retry()
        assert "came home" not in await answered(page, "250")
        assert await playing.replay(letters.DOMAIN) == 0
        await answered(page, "came home")

    looking(look)


def test_the_map_spells_out_what_would_hide_in_a_subject(looking):
    """Where it waits, and where a screen reader hears of it."""

    async def look(playing, page):
        await playing.stop_primary()
        playing.fail("forward", "transient")
        await playing.send(letters.hostile())
        subject = await page.locator(".waiting .subject").text_content()
        assert "\u202e" not in subject
        assert "\\u202egnp.exe" in subject
        await page.wait_for_function("() => document.getElementById('live').textContent.includes('phish')")
        assert "\u202e" not in await page.locator("#live").text_content()

    looking(look)


def test_of_several_domains_each_line_names_its_own(looking):
    """In the banner, and on the edge's card."""

    async def look(playing, page):
        await playing.stop_primary()
        for domain in ("one.example", "two.example"):
            await playing.send(letters.own(b"Subject: hi\r\n\r\nhi\r\n", "a@example.org", f"anna@{domain}"))
        await page.locator("#banner p").nth(1).wait_for()
        said = await page.locator("#banner p").all_text_contents()
        assert [each.partition(":")[0] for each in said] == ["one.example", "two.example"]
        lines = await page.locator(".lines li").all_text_contents()
        assert {each.partition(":")[0] for each in lines} == {"one.example", "two.example"}

    looking(look)


def test_the_spool_keeps_what_each_domain_s_replay_said(looking):
    """Also on a page that is opened later."""

    async def look(playing, page):
        playing.feed.tell("replay", domain="one.example", line="1 of 1 message home.", ended=None)
        playing.feed.tell("replay", domain="one.example", line="", ended=0)
        playing.feed.tell("replay", domain="two.example", line="", ended=3)
        said = "one.example: 1 of 1 message home.\ntwo.example: it failed, with exit code 3"
        await page.wait_for_function(IS_SAID, arg=said)
        await page.reload()
        await page.wait_for_function(IS_SAID, arg=said)

    looking(look)


def test_inboxes_that_are_not_shown_are_counted(looking):
    """Twenty have a row."""

    async def look(playing, page):
        playing.configure({"FALLBACK_INBOXES": ",".join(f"n{n}@example.net" for n in range(23))})
        await page.get_by_text("and 3 more inboxes").wait_for()
        assert await page.locator(".inboxes li").count() == 20

    looking(look)
