"""Untrusted text: cleaning, shortening."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.text import clean, isolate, shorten, shorten_name

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("a\r\nBcc: x", "a Bcc: x"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        # Signs of a charset that the text is not said to be in.
        ("a\x80\x84\x85\x86\x9b\x9fb", "a\ufffd\ufffd \ufffd\ufffd\ufffdb"),
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("a\u2066b\u2069\u061c\u200f", "ab"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("pre\u034f\u00ad header\u3164", "pre header"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("icon\ue000", "icon\ufffd"),
        ("half\ud800", "half\ufffd"),
        ("cafe\u0301", "café"),
        ("a\u0301\u0302\u0303\u0304\u0305\u0306", "\u00e1\u0302\u0303"),
        ("x \u2028 y\u2029z\u3000w\u2800", "x y z w"),
        ("👩\u200d👧 a\u200db", "👩\u200d👧 ab"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
    ],
)
def test_cleaning_shows_what_is_there_and_nothing_else(dirty, expected):
    """Characters that hide, reorder or break a line are gone."""
    assert clean(dirty, 100) == expected


def test_the_format_characters_are_those_of_unicode():
    """Every character of category Cc, Cf, Co, Cs, Zl and Zp that Python knows is gone after cleaning."""
    unwanted = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    left = [
        hex(c)
        for c in range(sys.maxunicode + 1)
        if unicodedata.category(chr(c)) in unwanted and chr(c) in clean(f"a{chr(c)}b", 9)
    ]
    assert left == []


def test_every_noncharacter_is_shown_as_unreadable():
    """The last two of each plane and 32 more (Unicode, section 23.7); what begins a plane is none."""
    last = {plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)}
    assert {clean(f"a{chr(c)}b", 9) for c in {*last, *range(0xFDD0, 0xFDF0)}} == {"a\ufffdb"}
    assert [clean(first, 9) for first in "\U00010000\U00020000"] == ["\U00010000", "\U00020000"]


def test_three_marks_on_a_letter_stay_and_no_fourth():
    """On any letter, whichever marks they are."""
    marks = "\u0323\u0489\u20e3"
    for letter in map(chr, range(0x21, 0x7F)):
        assert clean(letter + marks, 9) == unicodedata.normalize("NFC", letter + marks)
        assert clean(letter + marks + "\u0489" * 9, 20) == unicodedata.normalize("NFC", letter + marks)


@given(ANY_TEXT, st.integers(1, 80))
def test_clean_text_is_one_visible_line_within_its_limit(text, limit):
    """Whatever comes in, the result is bounded, encodable and free of control characters."""
    result = clean(text, limit)
    assert len(result) <= limit
    assert result == result.strip()
    result.encode()
    categories = {unicodedata.category(c) for c in result.replace("\u200d", "")}
    assert not categories & {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("shorter", 5, "shor…"),
        ("two words", 5, "two…"),
        ("ab👩\u200d👩\u200d👧", 5, "ab…"),
        ("ab👍🏽", 4, "ab👍🏽"),
        ("ab👍🏽c", 4, "ab…"),
        ("a🇩🇪🇫🇷", 5, "a🇩🇪🇫🇷"),
        ("a🇩🇪🇫🇷x", 5, "a🇩🇪…"),
        ("🇩🇪🇫🇷", 2, "…"),
        ("nn\u0303n\u0303", 4, "nn\u0303…"),
        ("각각".encode().decode(), 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_shortening_cuts_between_graphemes(text, limit, expected):
    """No half emoji, half flag or lost accent before the ellipsis."""
    assert shorten(text, limit) == expected


@pytest.mark.parametrize("joining", [*range(0x1160, 0x1200), *range(0x1F3FB, 0x1F400), 0x200D, 0xFE0F, 0x300])
def test_what_joins_the_character_before_it_is_not_cut_off(joining):
    """Vowels and finals of a Hangul syllable, skin tones, the joiner, marks."""
    assert shorten(f"ab\u1100{chr(joining)}c", 4) == "ab…"


@pytest.mark.parametrize("other", [0x115F, 0x1200, 0x1F3FA, 0x1F400, 0x1F1E5, 0x2FF])
def test_what_joins_nothing_may_begin_what_is_cut_off(other):
    """The neighbours of those that do."""
    assert shorten(f"ab\u1100{chr(other)}c", 4) == "ab\u1100…"


@given(ANY_TEXT, st.integers(0, 50))
def test_shortening_keeps_a_prefix(text, limit):
    """The result is within the limit, and but for the ellipsis the beginning of the text."""
    result = shorten(text, limit)
    assert len(result) <= limit
    assert text.startswith(result.removesuffix("…"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("i" * 40, "i" * 40),
        ("Invoice " * 20 + ".pdf.exe", "Invoice Invoice…Invoice Invoice .pdf.exe"),
        ("x" * 4000 + ".pdf.exe", "x" * 15 + "…" + "x" * 16 + ".pdf.exe"),
        # What shows nothing, or hardly anything, does not hide the end.
        ("invoice.pdf" + " " * 60 + ".exe", "invoice.pdf .exe"),
        ("invoice.pdf" + " " * 1000 + ".exe", "invoice.pdf….exe"),
        ("invoice.pdf" + "\u200b" * 60 + ".exe", "invoice.pdf.exe"),
        ("invoice.pdf" + "\u200b" * 1000 + ".exe", "invoice.pdf….exe"),
        ("invoice.pdf" + "\u200b" * 1000 + ".exe" + "\u200b" * 100, "invoice.pdf…"),
        ("invoice\u202efdp.exe" + "\u202e" * 100, "invoicefdp.exe"),
        # No letter loses its accent, and no end begins with one.
        ("a" * 30 + "\u0323\u0302" * 60 + "b" * 22 + ".c", "a" * 15 + "…" + "b" * 22 + ".c"),
        ("a" * 30 + "q\u0323" * 60, "a" * 15 + "…" + "q\u0323" * 12),
        ("", ""),
    ],
)
def test_a_file_name_keeps_its_beginning_and_its_end(name, shown):
    """Its end says what opening it does."""
    assert shorten_name(name, 40) == shown


@given(st.text(st.sampled_from("ab.\u0301\u200b\u05d0 \u202e🇩👩\u200d"), max_size=400), st.integers(30, 60))
def test_a_shortened_file_name_fits_and_is_clean(name, limit):
    """Whatever is in the name."""
    shown = shorten_name(name, limit)
    assert len(shown) <= limit
    assert shown == clean(shown, limit)


def test_only_right_to_left_text_is_isolated():
    """Hebrew and Arabic are wrapped; Latin text stays as it is."""
    assert isolate("שלום") == "\u2068שלום\u2069"
    assert isolate("Grüße") == "Grüße"


@given(st.sampled_from("\u200b\u034f\x00"), st.integers(0, 600), st.sampled_from([20, 60, 300]))
def test_what_shows_nothing_takes_no_room(nothing, count, limit):
    """Text behind a run of invisible characters is shown, thrice as long as the text may be."""
    text = "a" + nothing * min(count, 3 * limit) + "b" * limit
    assert clean(text, limit) == shorten("a" + "b" * limit, limit)
