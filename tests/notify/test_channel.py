"""What every channel shares: shortening to fit, reading waits, keeping secrets out of sight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.alert import Alert, Field
from notify.channel import Request, Response, fit, seconds, units


def text(alert):
    """Render an alert as its texts laid end to end."""
    return "".join(f.label + f.text for f in alert.fields) + alert.preview


@given(st.lists(st.text(max_size=400), max_size=8), st.text(max_size=900), st.integers(100, 1500))
def test_texts_are_shortened_until_they_fit(texts, preview, limit):
    """The result fits; what fitted before is untouched."""
    alert = Alert("Headline", tuple(Field("Label", t) for t in texts), preview)
    fitted, rendered = fit(alert, text, limit)
    assert units(rendered) <= limit
    assert rendered == text(fitted)
    assert [f.label for f in fitted.fields] == ["Label"] * len(texts)
    if units(text(alert)) <= limit:
        assert fitted is alert


def test_the_longest_text_gives_way_first():
    """Short facts survive a long one."""
    alert = Alert("Headline", (Field("For", "anna@example.com"), Field("Subject", "x" * 1000)))
    fitted, _ = fit(alert, text, 300)
    assert fitted.fields[0].text == "anna@example.com"
    assert fitted.fields[1].text.endswith("…")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3.0),
        (" 30 ", 30.0),
        (5, 5.0),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_seconds(value, expected):
    """Seconds are understood, dates and nonsense are not waited for."""
    assert seconds(value) == expected


def test_requests_and_responses_hide_what_they_carry():
    """A printed request tells nothing."""
    request = Request("https://x/botTOKEN/", "body TOKEN", {"Authorization": "TOKEN"})
    assert "TOKEN" not in repr(request) + repr(Response(200, "TOKEN"))
