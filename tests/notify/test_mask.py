"""One-time codes and links don't leave the inbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.mask import LINK, MASK, mask, talks_of_codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456 is your verification code", "123456"),
        ("Your code is 4711", "4711"),
        ("Your code: 2026", "2026"),
        ("G-482913 is your Google verification code", "482913"),
        ("Use 123 456 to sign in", "123 456"),
        ("Use 123-456 to log in", "123-456"),
        ("Ihr Bestätigungscode lautet 98 76 54", "98 76 54"),
        ("Ihre TAN: 654321", "654321"),
        ("Your one-time passcode: X7K9QP", "X7K9QP"),
        ("Your code is QWERTZ", "QWERTZ"),
        ("Login code AB12-CD34", "AB12-CD34"),
        ("Votre code est 445566.", "445566"),
        ("Su código es 8899", "8899"),
        ("您的验证码是 382910，请勿泄露", "382910"),
        ("認証コード：382910", "382910"),
        ("Ваш код: 5544", "5544"),
        ("код ٤٥٦٧٨٩", "٤٥٦٧٨٩"),
        ("１２３４５６ が確認コードです", "１２３４５６"),
        ("Order 84731234 has shipped", "84731234"),
        ("XKC-DQZ is your login code", "XKC-DQZ"),
        ("482\u2013913 is your code", "913"),
        ("Your code is 4821 913", "913"),
        ("Ihr Freischaltcode: BXQRT", "BXQRT"),
    ],
)
def test_codes_are_masked(text, code):
    """Codes in the shapes and languages that people get them."""
    masked = mask(text, of_codes=talks_of_codes(text))
    assert code not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/reset?token=abc",
        "HTTP://EVIL.example",
        "www.evil.example/x",
        "evil.example/login",
        "click evil.example?a=b",
        "mailto:a@b.example",
        "tg://resolve?domain=x",
        "请访问http://evil.example/reset",
        "evil.xn--p1ai/login",
    ],
)
def test_links_are_masked(text):
    """With a scheme, with www, or with a path: nothing to click, nothing to copy."""
    masked = mask(text, of_codes=False)
    assert LINK in masked
    assert "evil" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "Ihre Buchung in Köln",
        "Re: Sommerfest 2026",
        "Rechnung vom 24.11.2026",
        "Sitzung 2026-11-24",
        "Ihre booking.com Reservierung",
        "3 neue Nachrichten, 120 EUR",
        "Zimmer 12, 2 Personen",
        "",
    ],
)
def test_ordinary_subjects_stay_readable(text):
    """Years, dates, small numbers and names of sites are left alone."""
    assert not talks_of_codes(text)
    assert mask(text, of_codes=False) == text


def test_the_company_decides():
    """Where another text of the message talks of codes, even a year is masked."""
    assert mask("2026", of_codes=talks_of_codes("2026", "your verification code")) == MASK
    assert mask("2026", of_codes=talks_of_codes("2026", "see you in spring")) == "2026"


@given(st.text(max_size=300))
def test_masking_never_raises_and_never_leaves_a_scheme(text):
    """Any text can be masked; no link with a scheme survives."""
    for of_codes in (True, False):
        assert "https://a" not in mask(f"{text} https://a.example", of_codes=of_codes)
