"""What an alert leaves out: one-time codes and links.

Best effort. Codes come in too many shapes to catch all, so numbers that only look like one go too: a booking
number lost from an alert is still in the inbox.
"""

import re

MASK = "•••"
LINK = "[link]"

_REST = r"[^\s<>\"']"
_LINK = re.compile(
    rf"\b[a-z][a-z0-9+.-]{{1,20}}://{_REST}*|\bwww\.{_REST}+|\bmailto:{_REST}+"
    rf"|\b(?:[\w-]{{1,63}}\.){{1,8}}[a-z]{{2,24}}(?::\d+)?[/?#]{_REST}*",
    re.IGNORECASE,
)
_TALKS_OF_CODES = re.compile(
    r"\bcod(?:e|es|igo|ice)\b|c[óo]digo|codice|passw|pass-?code|\bpin\b|\btan\b|\botp\b|\b[2m]fa\b|verif|one-?time"
    r"|einmal|kennwort|bestätigung|sicherheits|zugang|\btoken\b|log-?in|sign-?in|anmeld|authenti|kod\b|код|парол"
    r"|验证|驗證|認証|確認コード|인증|رمز|קוד|कोड|รหัส",
    re.IGNORECASE,
)
# "123456", "123 456", "12-34-56", "G-482913"; \d is any script's digit.
_DIGITS = re.compile(r"(?<![\w.,])(?:[A-Z]{1,3}-)?\d(?:[ \-.\u00b7]?\d){3,9}(?![\w]|[.,]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?[.-]\d\d?[.-]\d{2,4}")
# With talk of codes around: any word with a digit in it, and what follows "code:", "code is", "Code lautet".
_MIXED = re.compile(r"(?<!\w)(?=[\w-]*\d)[\w-]{4,40}(?!\w)")
_NAMED = re.compile(
    r"((?:code|código|codigo|codice|otp|pin|tan|password|passcode|kennwort|passwort|token|код|码|碼|コード)"
    r"\s*(?:is|ist|lautet|es|est|è|[:=\uff1a]|为|是|は)+\s*)([^\s,;]{4,40})",
    re.IGNORECASE,
)


def mask(text: str, context: str = "") -> str:
    """Replace links, and what looks like a one-time code, in text that is shown to people.

    `context` is other text of the same message: where either talks of codes, more is masked.
    """
    text = _LINK.sub(LINK, text)
    if not _TALKS_OF_CODES.search(f"{text} {context}"):
        return _DIGITS.sub(_unless_date, text)
    return _MIXED.sub(MASK, _DIGITS.sub(MASK, _NAMED.sub(rf"\1{MASK}", text)))


def _unless_date(match: re.Match[str]) -> str:
    return match[0] if _YEAR.fullmatch(match[0]) or _DATE.fullmatch(match[0]) else MASK
