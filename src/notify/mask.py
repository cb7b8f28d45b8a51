"""What an alert leaves out: one-time codes and links.

Best effort. Codes come in too many shapes to catch all, so numbers that only look like one go too: a booking
number lost from an alert is still in the inbox.
"""

import re

MASK = "•••"
LINK = "[link]"

_REST = r"[^\s<>\"']"
_LINK = re.compile(
    rf"(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{{1,20}}://{_REST}*|(?:www\.|mailto:){_REST}+)"
    rf"|\b(?:[\w-]{{1,63}}\.){{1,8}}[\w-]{{2,24}}(?::\d+)?[/?#]{_REST}*",
    re.IGNORECASE,
)
# Parts of words, and words, that stand near a code. Searched for one by one: a pattern of them all is slow.
_STEMS: tuple[str, ...] = (
    *("code", "passw", "pass-", "verif", "one-time", "onetime", "authenti", "login", "log-in", "log in"),
    *("signin", "sign-in", "sign in", "einmal", "kennwort", "bestätigung", "sicherheits", "zugang", "anmeld"),
    *("código", "codigo", "codice", "код", "парол", "رمز", "קוד", "कोड", "รหัส"),
    *("验证", "驗證", "認証", "確認コード", "인증"),
)
_WORDS = frozenset({"kod", "pin", "tan", "otp", "mfa", "2fa", "token", "puk"})
# "123456", "123 456", "12-34-56", "G-482913"; \d is any script's digit.
_DIGITS = re.compile(r"(?<![\w.,])(?:[A-Z]{1,3}-)?\d(?:[ \-.\u00b7\u2010-\u2015]?\d){3,9}(?![\w]|[.,]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?[.-]\d\d?[.-]\d{2,4}")
# In a message of codes: a word with a digit in it, capitals before "is your code", what follows "code is".
_MIXED = re.compile(r"(?<!\w)(?=[\w-]*\d)[\w-]{4,40}(?!\w)")
_LEADING = re.compile(r"(?<!\w)[A-Z0-9][A-Z0-9-]{3,20}(?=\s+(?:is|ist|es|est|è)\b)")
_NAMED = re.compile(
    r"((?:code|código|codigo|codice|otp|pin|tan|password|passcode|kennwort|passwort|token|код|码|碼|コード)"
    r"\s*(?:is|ist|lautet|es|est|è|[:=\uff1a]|为|是|は)+\s*)([^\s,;]{4,40})",
    re.IGNORECASE,
)


def talks_of_codes(*texts: str) -> bool:
    """Tell whether one of a message's texts speaks of codes, passwords or logging in."""
    lower = " ".join(texts).lower()
    return any(stem in lower for stem in _STEMS) or not _WORDS.isdisjoint(re.findall(r"\w+", lower))


def mask(text: str, *, of_codes: bool) -> str:
    """Replace links, and what looks like a one-time code, in text that is shown to people.

    In a message `of_codes` (see `talks_of_codes`), whatever has a digit goes, and what is said to be a code.
    """
    text = _LINK.sub(LINK, text)
    if not of_codes:
        return _DIGITS.sub(_unless_date, text)
    text = _NAMED.sub(rf"\1{MASK}", _DIGITS.sub(MASK, text))
    return _MIXED.sub(MASK, _LEADING.sub(MASK, text))


def _unless_date(match: re.Match[str]) -> str:
    return match[0] if _YEAR.fullmatch(match[0]) or _DATE.fullmatch(match[0]) else MASK
