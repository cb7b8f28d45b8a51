"""A link as a QR code: every module where the standard has it, light on dark."""

import segno

from mail_failover.messenger.qr import drawn

LINK = "https://t.me/shop_mail_bot?start=k7mq2vx9wd"
LIGHT = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


def test_each_module_is_where_it_has_to_be():
    """With two light ones around it, so that it is found on a dark terminal."""
    lines = drawn(LINK).split("\n")
    rows = [[LIGHT[char][half] for char in line] for line in lines for half in (0, 1)]
    expected = [[not dark for dark in row] for row in segno.make_qr(LINK, error="l").matrix_iter(border=2)]
    assert rows[: len(expected)] == expected
    assert all(light for row in rows[:2] + rows[len(expected) - 2 :] for light in row[:-1])


def test_the_longest_link_fits_a_small_terminal():
    """A bot's name has at most 32 characters: 80 by 24 is enough."""
    lines = drawn(f"https://t.me/{'b' * 32}?startgroup=k7mq2vx9wd").split("\n")
    assert (len(lines) < 24, len(lines[0]) <= 80) == (True, True)
