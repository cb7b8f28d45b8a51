"""What every channel shares: shortening to fit, reading waits, keeping secrets out of sight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.alert import Alert, Field
from notify.channel import ALOUD, Manner, Request, Response, fit, seconds, units


def text(alert):
    """Render an alert as its texts laid end to end."""
    return "".join(f.label + f.text for f in alert.fields) + alert.preview


def bounded(render, rounds=200):
    """Return the rendering, which fails where it is asked for more often than any alert takes."""
    left = iter(range(rounds))

    def counted(alert):
        assert next(left, None) is not None, "fit does not end"
        return render(alert)

    return counted


@given(st.lists(st.text(max_size=400), max_size=8), st.text(max_size=900), st.integers(100, 1500))
def test_texts_are_shortened_until_they_fit(texts, preview, limit):
    """The result fits; what fitted before is untouched."""
    alert = Alert("Headline", tuple(Field("Label", t) for t in texts), preview)
    fitted, rendered = fit(alert, bounded(text), limit)
    assert units(rendered) <= limit
    assert rendered == text(fitted)
    assert [f.label for f in fitted.fields] == ["Label"] * len(texts)
    if units(text(alert)) <= limit:
        assert fitted is alert


def test_the_longest_text_gives_way_first():
    """Short facts survive a long one."""
    alert = Alert("Headline", (Field("For", "anna@example.com"), Field("Subject", "x" * 1000)))
    fitted, _ = fit(alert, bounded(text), 300)
    assert fitted.fields[0].text == "anna@example.com"
    assert fitted.fields[1].text.endswith("…")


def test_a_text_that_is_not_the_longest_keeps_its_length():
    """Even if it is longer than what the longest is shortened to."""
    alert = Alert("", (Field("", "x" * 100), Field("", "y" * 60)))
    fitted, _ = fit(alert, bounded(text), 110)
    assert [len(f.text) for f in fitted.fields] == [50, 60]


@pytest.mark.parametrize(
    ("limit", "lengths"),
    [(300, (100, 100, 100)), (299, (100, 100, 50)), (249, (50, 50, 50)), (149, (50, 50, 25))],
)
def test_the_preview_gives_way_before_facts_as_long_and_each_is_halved(limit, lengths):
    """What just fits stays."""
    alert = Alert("", (Field("", "x" * 100), Field("", "y" * 100)), "z" * 100)
    fitted, _ = fit(alert, bounded(text), limit)
    assert (*(len(f.text) for f in fitted.fields), len(fitted.preview)) == lengths


@pytest.mark.parametrize(
    ("value", "count"), [("", 0), ("abc", 3), ("ä", 1), ("€", 1), ("😀", 2), ("\ud83d", 1)]
)
def test_lengths_are_counted_in_utf_16(value, count):
    """The most that any service counts."""
    assert units(value) == count


def test_another_measure_decides_what_fits():
    """Services count bytes, or code points."""
    alert = Alert("", (Field("", "\u20ac" * 100),))
    for measure, length in ((len, 100), (units, 100), (lambda text: len(text.encode()), 25)):
        fitted, _ = fit(alert, bounded(text), 100, measure)
        assert len(fitted.fields[0].text) == length


@pytest.mark.parametrize("limit", [0, 1, 60])
def test_what_no_shortening_makes_fit_is_left_with_a_sign_of_each_text(limit):
    """Our own words are never cut, so there is an end to it; the rest is the service's to judge."""
    alert = Alert("", (Field("Label " * 10, "x" * 100), Field("Other", "yy"), Field("Empty", "")), "z" * 50)
    fitted, rendered = fit(alert, bounded(text), limit)
    assert [f.text for f in fitted.fields] == ["…", "…", ""]
    assert fitted.preview == "…"
    assert rendered == text(fitted)


def test_an_alert_without_texts_is_given_back():
    """There is nothing to shorten."""
    alert = Alert("Headline")
    assert fit(alert, lambda a: a.headline, 3) == (alert, "Headline")


@given(st.text(max_size=60), st.text(max_size=60), st.integers(1, 130))
def test_a_field_keeps_what_says_the_most(start, end, limit):
    """What it keeps goes only when the rest is gone, and then from its beginning."""
    field = Field("Label", start + end, len(end))
    short = field.shortened(limit)
    assert len(short.text) <= limit
    assert short.label == "Label"
    if len(start + end) <= limit:
        assert short is field
    elif len(end) < limit:
        assert short.text.endswith(end)
        assert short.kept == len(end)
    else:
        assert short.text == "…" + end[len(end) - limit + 1 :]
        assert short.kept == limit - 1
    assert short.shortened(limit) is short


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (26, "Anna… <a@b.example> via x"),
        (30, "Anna Weber <a@b.example> via x"),
        (29, "Anna Web… <a@b.example> via x"),
        (21, "… <a@b.example> via x"),
        (20, "…<a@b.example> via x"),
        (6, "…via x"),
        (1, "…"),
    ],
)
def test_a_name_gives_way_before_its_address(limit, text):
    """And the address before what stands behind it."""
    assert Field("From", "Anna Weber <a@b.example> via x", 20).shortened(limit).text == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3.0),
        (" 30 ", 30.0),
        (5, 5.0),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("999999999", 999999999.0),
        ("9999999999", None),
        (0.65, 0.65),
        (1.0000000000000002, 1.0000000000000002),
        (1e-07, None),
        ("1.", None),
        (".5", None),
        ("nan", None),
        (True, None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_seconds(value, expected):
    """Seconds are understood, dates and nonsense are not waited for."""
    assert seconds(value) == expected


def test_an_alert_is_said_aloud_and_by_itself_unless_told_otherwise():
    """It names no other message."""
    assert (ALOUD, Manner()) == (Manner(sound=True, thread="", edits=""),) * 2


def test_requests_and_responses_hide_what_they_carry():
    """A printed request tells nothing."""
    request = Request("https://x/botTOKEN/", "body TOKEN", {"Authorization": "TOKEN"})
    assert "TOKEN" not in repr(request) + repr(Response(200, "TOKEN"))
