"""The text that an HTML mail shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failover.markup import visible_text
from failover.text import clean


def seen(source, limit=300):
    """Return what a person sees, white space collapsed."""
    return clean(visible_text(source, limit), limit)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("just text", "just text"),
        ("<p>One</p><p>two</p>", "One two"),
        ("a<br>b<br/>c", "a b c"),
        ("<b>bo</b>ld <a href='x'>li</a>nk", "bold link"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("a &lt; b &amp;&nbsp;c &euro; &#8364; &#x20ac", "a < b & c € € €"),
        ("1 < 2 > 0 <3", "1 < 2 > 0 <3"),
        # What a browser does not show.
        ("<head><title>T</title></head><body>B", "B"),
        ("<TITLE>İİ</TITLE><BODY class=x>B", "B"),
        ("<style>p > a{}</style>x", "x"),
        ("<script>if (a<b) '</p>' </SCRIPT >x", "x"),
        ("<script>never closed", ""),
        ("a<!-- <p>no</p> -->b<!-->c<!--->d", "abcd"),
        ("a<!-- never closed", "a"),
        ("<!DOCTYPE html><![if !mso]>x<![endif]><?xml y?>", "x"),
        ("<noscript>n</noscript><svg><text>s</text></svg><select><option>o</select>x", "x"),
        # What stands before the body; and what is none.
        ("<p>CAUTION</p><html><body></body></html>", "CAUTION"),
        ("Top<html><head><title>T</title></head><body>B", "Top B"),
        ("<!-- <body> --><html><body>B", "B"),
        ("<html><head><style>/* <body> */ p{}</style></head><body>B", "B"),
        ("<head><script>'<body>'</script><!-- <body> </head> --><meta a=b></head>B", "B"),
        ("<HEAD><TITLE></head></TITLE></HEAD>B", "B"),
        ("<head><style>p{}</style><body>B", "B"),
        ("<head><title>T</title><style>p{}</style><p>No end", "No end"),
        ("<head><title>T</title>x</head>y<head>z</head>", "y z"),
        ("<head><!-- never closed", ""),
        ("<head><style>never closed", ""),
        ("<header>H</header><thead>T", "H T"),
        ("</head>B", "B"),
        # What its author hid.
        ("<p hidden>no</p>yes", "yes"),
        ("<div style='display : none'><div>no</div>no</div>yes", "yes"),
        ('<span style="max-height:0px;overflow:hidden">no</span>yes', "yes"),
        ('<span STYLE="Opacity:0.0">no</span>yes', "yes"),
        ("<div style='mso-hide:all'>no</div>yes", "yes"),
        ('<img hidden><br style="display:none">yes', "yes"),
        ("<div hidden>never closed", ""),
        # What only looks hidden.
        ('<p aria-hidden="true" class="hidden" data-x=hidden title=" hidden ">yes</p>', "yes"),
        ('<td style="font-size:0px"><div style="font-size:13px">yes</div></td>', "yes"),
        ('<p style="opacity:0.5;max-width:600px;max-height:05px">yes</p>', "yes"),
        ("<p hiddenx>yes</p>", "yes"),
        # Broken tags.
        ('<img alt="a > b">text', "text"),
        ('<p title="never closed>text', "text"),
        ('text <a href="http://x', "text"),
        ("text </p", "text"),
        ("</b></b>text", "text"),
        ("<div title='>' style='display:none'>no</div>yes", "yes"),
        ('<div title="a>b" alt="c>d" style="display:none">no</div>yes', "yes"),
        ("<a title='it\"s > that'>yes</a>", "yes"),
        ('<img alt="24" monitor"><p>One</p><a href="u">two</a>', "One two"),
        ('<td style="font-family:"Segoe UI, Arial">One<a href="u"> two</a>', "One two"),
        # In SVG a tag may be whole without an end; in HTML none is but those that never have one.
        ("<svg><title/><path/></svg>yes", "yes"),
        ("<svg/>yes", "yes"),
        ("<div hidden/>no</div>yes", "yes"),
        # What is invisible within a word is no gap.
        ("Fahr&shy;plan\u200b und \u0646\u0645\u06cc\u200c\u062e", "Fahrplan und \u0646\u0645\u06cc\u062e"),
        ("", ""),
    ],
)
def test_shows_what_a_reader_would_see(source, text):
    """No tags, styles, scripts, comments or hidden parts; entities as characters."""
    assert seen(source) == text


INLINE = (
    "a abbr b bdi bdo big code em font i ins kbd label mark q s small span strike strong sub sup tt u var"
)
BLOCKS = "address article blockquote body center div dl dt h1 header li main ol p pre section table td tr ul"
NEVER_SHOWN = ["script", "style", "title", "template", "noscript", "object", "svg", "select"]
WITHOUT_END = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track"]
WITHOUT_END += ["wbr"]


@pytest.mark.parametrize(("names", "gap"), [(INLINE, ""), (BLOCKS, " ")])
def test_only_a_tag_within_a_line_leaves_no_gap(names, gap):
    """What a browser shows in one word is one word."""
    for name in names.split():
        assert seen(f"ab<{name}>cd</{name}>ef") == f"ab{gap}cd{gap}ef", name
    assert (seen("ab<wbr>cd"), seen("ab<br>cd"), seen("ab<hr>cd")) == ("abcd", "ab cd", "ab cd")


@pytest.mark.parametrize(
    "name", ["script", "style", "title", "template", "noscript", "object", "svg", "select"]
)
def test_what_no_browser_shows_is_not_shown(name):
    """Whatever is in it."""
    assert seen(f"a<{name}><i>no</i></{name}>b") in {"ab", "a b"}


@pytest.mark.parametrize("name", WITHOUT_END)
def test_what_has_no_end_tag_hides_nothing_behind_it(name):
    """Hidden or not (HTML, section 13.1.2)."""
    assert seen(f"<{name} hidden>yes") == "yes"


@pytest.mark.parametrize("letters", range(2390, 2402))
def test_an_entity_at_the_end_of_what_is_read_is_whole_or_left_out(letters):
    """Of 2,400 characters."""
    shown = "x" * min(letters, 2400)
    assert visible_text("x" * letters + "&amp;", 5000) == shown + "&" * (letters <= 2395)
    cut = visible_text("x" * letters + "&amp;" + "y" * 9, 5000)
    assert cut.rstrip("y") in {shown, f"{shown}&"}


def test_padding_does_not_use_up_the_room():
    """Newsletters pad their first line with characters that show nothing."""
    assert (
        seen("First" + "<p>" + "&zwnj;&nbsp;&#8199;\u034f\u200c" * 60 + "</p><p>second</p>", 80)
        == "First second"
    )


def test_no_more_is_read_than_is_needed():
    """What comes after the limit is left alone, and so is the text behind 320 tags."""
    assert "end" not in visible_text("<p>word word</p>" * 100 + "end", 100)
    assert "end" not in visible_text("<p>" * 321 + "end", 100)
    assert "end" in visible_text("<p>" * 319 + "end", 100)
    assert len(visible_text("x" * 100_000, 100)) <= 2400
    assert len(visible_text("&#1" * 100_000, 100)) <= 2400


def test_a_head_is_searched_for_its_end_once():
    """And of what it holds, a hundred things are passed over."""
    assert "end" not in visible_text("<head>" * 400 + "end", 100)
    assert "end" in visible_text("<head>" * 300 + "end", 100)
    assert seen("<head>" + "<style>p{}</style>" * 2000 + "</head>shown") == ""


def test_long_gaps_between_tags_are_crossed_a_few_times():
    """A hidden text may be long, and so may a tag; looking for the next tag in vain ends some time."""
    assert seen("<div hidden>" + "pad " * 3000 + "</div>shown") == "shown"
    assert seen("<div hidden>" + "pad " * 6000 + "</div>shown") == ""
    assert seen('<img src="data:' + "A" * 50_000 + '">shown') == "shown"
    assert seen("<img src=data:" + "A" * 50_000 + ">shown") == "shown"


LONG = "c" * 3000


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f'<div class="{LONG}" style="display:none">no</div>yes', "yes"),
        (f'<div style="background:url(data:{LONG});display:none">no</div>yes', "yes"),
        (f'<img src="data:{LONG}" alt="more > here">yes', "yes"),
        (f'<a href="https://x.example/{LONG}" title="a > b">yes</a>', "yes"),
        (f"<{LONG} hidden>no</{LONG}>yes", "yes"),
        (f"<head><style>{'p{}' * 9000}</style><title>T</title></head>yes", "yes"),
        (f"<head>{'<meta a=b>' * 900}</head>yes", "yes"),
        (f"<head>{'<style>p{}</style><!-- x -->' * 40}</head>yes", "yes"),
        (f"<head><script>{LONG * 9}</script></head><Body>yes", "yes"),
        ("&eacute;" * 200 + "<p>end", "é" * 200 + " end"),
        ("Order" + "&#847; &zwnj; &nbsp; &#8199; &shy; " * 150 + "<p>shipped", "Order shipped"),
        ("Order" + "&nbsp;&zwnj;" * 300 + "<p>shipped", "Order shipped"),
        ("Order" + "&#8288; " * 300 + "<p>shipped", "Order shipped"),
        ("Order" + "&#x0034f;&#0173;" * 300 + "<p>shipped", "Order shipped"),
        ("Order" + "\u2060\u2800" * 900 + "<p>shipped", "Order shipped"),
    ],
    ids=range(15),
)
def test_what_is_long_is_followed_to_its_end(source, text):
    """Tags, styles, padding and entities: none of it comes out by its length."""
    assert seen(source) == text


@pytest.mark.parametrize("length", range(2030, 2060))
def test_a_tag_that_begins_at_the_edge_of_a_look_is_seen(length):
    """Wherever one look for a tag ends and the next begins."""
    pad = "p" * (length - len("<div hidden>"))
    assert seen(f"<div hidden>{pad}</div>yes") == "yes"
    assert seen(f"<div hidden>{pad}<div>no</div>no</div>yes") == "yes"
    assert seen("<i>x</i>" + "-" * length + '<b style="display:none">no</b>').endswith("…")
    assert "no" not in visible_text("- " * (length // 2) + "<p hidden>no</p>yes", 5000)


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "</",
                "<!--",
                "-->",
                '"',
                "'",
                "=",
                " ",
                "&",
                "&#",
                ";",
                "p",
                "hidden",
                "style=",
                "display:none",
                "x",
            ]
        )
    ).map("".join)
)
def test_no_source_is_too_strange(source):
    """Any text gives text, and never more than there was."""
    text = visible_text(source, 50)
    assert len(text) <= 2 * len(source) + 1
