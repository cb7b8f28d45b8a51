"""The pictures of docs/pictures: they show what the Worker says today, and text stays text in them."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mail_failover.demo import letters
from pictures.scene import Bubble, alert, booking
from pictures.svg import DARK, LIGHT, LINE, SIZES, draw, width_of

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {f"{SVG}{name}" for name in ("svg", "title", "style", "rect", "path", "circle", "text", "tspan")}


def shown(picture):
    """Return the texts of a picture, line by line."""
    return ["".join(text.itertext()) for text in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 ours


def bubble(text, kind="code"):
    """Return a bubble of one text, all of it of one entity."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return Bubble("bot", text, [{"type": kind, "offset": 0, "length": units}], "20:58")


@pytest.mark.parametrize(("name", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_a_picture_shows_what_the_worker_says_today(name, theme):
    """If this fails, the alert has changed: `make pictures` draws it anew; look at it."""
    assert draw(booking(), theme) == (FOLDER / f"alert-{name}.svg").read_text(encoding="utf-8")


def test_a_picture_needs_nothing_from_elsewhere():
    """No address but the name of the format, no font, no script: pages that show it fetch nothing else."""
    for picture in sorted(FOLDER.iterdir()):
        text = picture.read_text(encoding="utf-8")
        assert re.findall(r"\w+://[^\"' ]+", text) == ["http://www.w3.org/2000/svg"], picture
        assert not re.search(r"url\(|@import|@font-face|href|<script|\bon\w+=", text), picture


def test_a_hostile_letter_is_drawn_as_it_reads():
    """The demo's own: markup, links, mentions and reversed text in its name and subject."""
    told = alert(letters.hostile())
    lines = shown(draw(told, LIGHT))
    assert "".join("".join(lines[1:-1]).split()) == "".join(told.text.split())
    assert "<a href='[link]'>" in told.text


@pytest.mark.parametrize("kind", ["bold", "code", "pre", "spoiler"])
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
def test_no_text_gets_out_of_the_picture(text, drawn, kind):
    """It is drawn as it stands, as the bot's name and the time too; what XML can't say, as unreadable."""
    told = bubble(text, kind)
    picture = draw(Bubble(text, told.text, told.entities, text), DARK)
    assert picture.encode()
    assert shown(picture) == [drawn] * 3
    elements = [*ET.fromstring(picture).iter()]  # noqa: S314 ours
    assert {element.tag for element in elements} <= DRAWN
    assert {name for element in elements for name in element.attrib if name.startswith("on")} == set()


@pytest.mark.parametrize("kind", ["bold", "code", "none"])
@pytest.mark.parametrize(
    "text", ["W" * 300, "many words " * 30, f"a {'x' * 200} b", "漢字" * 60, "e\u0301" * 200, "one\n\ntwo"]
)
def test_a_line_stays_in_its_bubble(text, kind):
    """As far as widths can be guessed: words go to the next line, and one with room in none is broken."""
    lines = shown(draw(bubble(text, kind), LIGHT))[1:-1]
    style = {"bold": "b", "code": "c", "none": ""}[kind]
    assert all(width_of(style, line.rstrip()) <= LINE + 1e-6 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_of(style, "m") > 0.5 * SIZES[style] for style in SIZES)


def test_each_run_has_its_style_where_the_entity_is():
    """Telegram counts in UTF-16 units: a face before it counts twice."""
    told = Bubble("bot", "\U0001f600 For: anna", [{"type": "bold", "offset": 3, "length": 4}], "20:58")
    assert '>\U0001f600 <tspan class="b">For:</tspan> anna<' in draw(told, LIGHT)
