"""The pictures of docs/pictures: they show what the Worker says today, and text stays text in them."""

import functools
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from failover import chats
from mail_failover.emulator.actors import letters
from pictures import page, runs, scene
from pictures.frames import bubble, card, post, tile
from pictures.looks import CHAT, LOOKS, NIGHT
from pictures.svg import ROOM, Note, draw
from pictures.words import SIZES, lines, width_of

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {f"{SVG}{name}" for name in ("svg", "title", "style", "rect", "path", "text", "tspan")}


@functools.cache
def booking():
    """Return the notes of the booking: the Worker runs once for all tests."""
    return scene.booking()


def texts(picture):
    """Return the texts of a picture in the order in which they are drawn: those around the alert first."""
    return ["".join(text.itertext()) for text in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 ours


def note(text, style="c"):
    """Return a note of one text in one style."""
    return Note("bot", "20:58", ((style, text),))


def test_the_pictures_show_what_the_worker_says_today():
    """If this fails, an alert has changed: `make pictures` draws it anew; look at it."""
    drawn = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.svg")}
    assert drawn == dict(scene.pictures(booking()))


def test_the_page_is_pictured_light_and_dark_and_nothing_else_is_there():
    """Small files of the size that they are made in; `make pictures` makes them of the running program."""
    sizes = {}
    for file in sorted(set(FOLDER.iterdir()) - set(FOLDER.glob("*.svg"))):
        png = file.read_bytes()
        assert len(png) < 200_000, file
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        sizes[file.name] = struct.unpack(">II", png[16:24])
    assert sizes == {
        f"page-{name}-{scheme}.png": (width * scale, height * scale)
        for name, (width, height, scale) in page.SIZES.items()
        for scheme in page.SCHEMES
    }


def test_every_channel_of_the_settings_has_its_picture():
    """A channel's settings begin with its name."""
    assert booking().keys() == {name.partition("_")[0].lower() for name in chats.VARIABLES}
    assert booking().keys() == LOOKS.keys() == runs.READERS.keys()


def test_a_picture_needs_nothing_from_elsewhere():
    """No address but the name of the format, no font, no script: pages that show it fetch nothing else."""
    for picture in sorted(FOLDER.glob("*.svg")):
        text = picture.read_text(encoding="utf-8")
        # What an alert's words name is text.
        markup = re.sub(r"(?<=>)[^<]+(?=</t)", "", text)
        assert re.findall(r"\w+://[^\"' ]+", markup) == ["http://www.w3.org/2000/svg"], picture
        assert not re.search(r"url\(|@import|@font-face|href|<script|\bon\w+=", markup), picture
        assert {element.tag for element in ET.fromstring(text).iter()} <= DRAWN, picture  # noqa: S314 ours


def test_a_picture_for_both_themes_has_the_colours_of_both():
    """Light ones as they are, dark ones for who likes it dark; a file of one theme asks nobody."""
    both = draw(note("told"), post, CHAT, NIGHT)
    light, _, dark = both.partition("@media(prefers-color-scheme:dark)")
    assert CHAT.ground in light
    assert NIGHT.ground not in light
    assert NIGHT.ground in dark
    assert "@media" not in draw(note("told"), post, NIGHT)


def test_a_hostile_letter_is_drawn_as_it_reads():
    """The demo's own: markup, links, mentions and reversed text in its name and subject."""
    for service, told in scene.told(letters.hostile()).items():
        text = "".join(text for _, text in told.runs)
        drawn = texts(draw(told, card, NIGHT))[2:]
        assert "".join("".join(drawn).split()) == "".join(text.split()), service
        assert "<a href='[link]'>" in text, service


@pytest.mark.parametrize("frame", [bubble, post, tile, card])
@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("</text><script>alert(1)</script>", "</text><script>alert(1)</script>"),
        ("]]><![CDATA[ <!-- --> <?xml ?> <!DOCTYPE x>", "]]><![CDATA[ <!-- --> <?xml ?> <!DOCTYPE x>"),
        ("\"'/> onload='x' &lt; &#0; &x;", "\"'/> onload='x' &lt; &#0; &x;"),
        ("\0\x08\x0b\x1b[31m\x7f\ufffe\ud800", "\ufffd\ufffd\ufffd\ufffd[31m\x7f\ufffd\ufffd"),
        ("</title></style><style>*{}</style>", "</title></style><style>*{}</style>"),
        ("\U0001f600 <b>", "\U0001f600 <b>"),
    ],
)
def test_no_text_gets_out_of_the_picture(text, drawn, frame):
    """It is drawn as it stands, as the author's name and the time too; what XML can't say, as unreadable."""
    picture = draw(Note(text, text, tuple((style, f"{text}\n") for style in SIZES)), frame, CHAT, NIGHT)
    assert picture.encode()
    assert "".join(texts(picture)) == drawn * (2 + len(SIZES))
    elements = [*ET.fromstring(picture).iter()]  # noqa: S314 ours
    assert {element.tag for element in elements} <= DRAWN
    assert {name for element in elements for name in element.attrib if name.startswith("on")} == set()


@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize(
    "text", ["W" * 300, "many words " * 30, f"a {'x' * 200} b", "漢字" * 60, "e\u0301" * 200, "one\n\ntwo"]
)
def test_a_line_stays_in_its_frame(text, style):
    """As far as widths can be guessed: words go to the next line, and one with room in none is broken."""
    drawn = ["".join(part for _, part in line) for line in lines([(style, text)], ROOM)]
    assert all(width_of(style, line.rstrip()) <= ROOM + 1e-6 for line in drawn)
    assert "".join("".join(drawn).split()) == "".join(text.split())
    assert width_of(style, "m") > 0.5 * SIZES[style]


def test_a_run_that_ends_within_a_line_leaves_its_style_there():
    """A line's end within a run goes on in its style, and the next run in its own."""
    told = [("b", "For:"), ("", " anna\n"), ("c", "one\ntwo"), ("c", "!"), ("", "\n\nend")]
    assert [*lines(told, ROOM)] == [
        [("b", "For:"), ("", " anna")],
        [("c", "one")],
        [("c", "two!")],
        [],
        [("", "end")],
    ]
