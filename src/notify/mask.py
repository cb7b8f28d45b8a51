"""What an alert leaves out: one-time codes, passwords and links.

Best effort. Codes come in too many shapes to catch all, so numbers that only look like one go too: a booking
number lost from an alert is still in the inbox.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from .code_words import LANGUAGES

MASK = "•••"
LINK = "[link]"

_REST = r"[^\s<>\"']"
_LINK = re.compile(
    rf"(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{{1,20}}://{_REST}*|(?:www\.|mailto:){_REST}+)"
    rf"|\b(?:[\w-]{{1,63}}\.){{1,8}}[\w-]{{2,24}}(?::\d+)?[/?#]{_REST}*",
    re.IGNORECASE,
)

# What parts a code: hyphens, dashes, dots, bullets.
_MARK = r"[\-.\u00b7\u2022\u2027\u30fb\u2010-\u2015\u2212]"
# "123456", "123 456", "12-34-56", "G-482913"; \d is any script's digit.
_DIGITS = re.compile(rf"(?<![\w.,])(?:[A-Z]{{1,3}}-)?\d(?:(?:{_MARK}| )?\d){{3,9}}(?![\w]|[.,]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?[.-]\d\d?[.-]\d{2,4}")

# In a message of codes more goes: "482 - 913", too; a word with a digit in it; "AB1•CD2", "X7K 9QP"; and
# capitals before "is your code".
_NUMBER = re.compile(rf"(?<![\w.,])(?:[A-Z]{{1,3}}-)?\d(?:(?: ?{_MARK} ?| )?\d){{3,23}}(?!\w|[.,]\d)")
_MIXED = re.compile(r"(?<![\w-])(?=[\w-]*?\d)[\w-]{4,}+")
_GROUPS = re.compile(
    rf"(?<!\w)(?:[A-Za-z0-9]{{1,8}}(?:{_MARK}[A-Za-z0-9]{{1,8}}){{1,7}}"
    rf"|[A-Z0-9]{{1,5}}(?: (?:{_MARK} )?[A-Z0-9]{{1,5}}){{1,7}})(?!\w)"
)
_LEADING = re.compile(r"(?<!\w)[A-Z0-9][A-Z0-9-]{3,20}(?=\s+(?:is|ist|est|es|é|è|är|er|on|to|jest|je|là)\b)")
# Thai, Chinese, Japanese and Korean letters stand around a code without a space.
_TOUCHING = re.compile(r"[\u0e00-\u0eff\u1000-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc]")

# Behind a word for a code its secret may follow: after a colon, after "is", or at once, in capitals.
_MOST_NAMES = 12
_WORDS_TO_COPULA, _WORDS_TO_COLON, _WORDS_TO_CAPITALS = 7, 4, 3
_TOKEN = re.compile(r"\S+")
_COLON = re.compile(r"[:=\uff1a\uff1d\u2192]")
_GLUED = re.compile("|".join(filter(None, (language.glued for language in LANGUAGES.values()))))
_CAPITALS = re.compile(r"\W?([A-Z0-9][A-Z0-9-]{3,40})\W?")
_OPENING = r"\s*(?:[:=\uff1a]\s*)?[\"'(\[<\u00ab\u00bb\u2018-\u201f\u300c\u300e]{0,2}"
_UNENDED = r"[^\s,;\uff0c\u3001\u3002\uff01\uff1f\u300d\u300f]|[,;](?=\S)"
_SECRET = re.compile(rf"{_OPENING}((?:{_UNENDED}){{4,64}})")
# Among letters that part no words, all the rest of the sentence would pass for a secret.
_ASCII_SECRET = re.compile(rf"{_OPENING}([!-~]{{4,64}})")


def _parted(words: str) -> list[str]:
    return list(filter(None, words.split("|")))


def _all_words() -> Iterator[tuple[str, str]]:
    """Yield every word of the table, and what must hold behind it for it to count."""
    for language in LANGUAGES.values():
        yield from ((stem, "") for stem in _parted(f"{language.stems}|{language.around}"))
        yield from ((ending, r"(?!\w)") for ending in _parted(language.endings))
        yield from ((word, rf"(?!\w)(?<!\w.{{{len(word)}}})") for word in _parted(language.words))


def _tree(words: Iterable[tuple[str, str]]) -> str:
    """Return a pattern of words and conditions; an alternation of them all would try each at every place."""
    branches: dict[str, list[tuple[str, str]]] = {}
    ends = set()
    for word, condition in words:
        if word:
            branches.setdefault(word[0], []).append((word[1:], condition))
        else:
            ends.add(condition)
    longer = [re.escape(sign) + _tree(rest) for sign, rest in branches.items()]
    parts = [*longer, *sorted(ends, key=len, reverse=True)]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _copulas() -> dict[str, frozenset[str]]:
    """Return what may stand between a word for a code and the code; a word of two languages has both's."""
    table: dict[str, frozenset[str]] = {}
    for language in LANGUAGES.values():
        for word in _parted(f"{language.stems}|{language.words}|{language.endings}"):
            table[word] = table.get(word, frozenset()).union(_parted(language.copulas))
    return table


_LATIN = re.compile(_tree((word, condition) for word, condition in _all_words() if word[0] < "\u0370"))
_OTHER = re.compile(_tree((word, condition) for word, condition in _all_words() if word[0] >= "\u0370"))
_COPULAS = _copulas()


def talks_of_codes(*texts: str) -> bool:
    """Tell whether one of a message's texts speaks of codes, passwords or logging in."""
    lower = _folded(" ".join(texts))
    return bool(_LATIN.search(lower) or (not lower.isascii() and _OTHER.search(lower)))


def mask(text: str, *, of_codes: bool) -> str:
    """Replace links, and what looks like a one-time code, in text that is shown to people.

    In a message `of_codes` (see `talks_of_codes`), whatever has a digit goes, and what is said to be a code
    or a password.
    """
    text = _LINK.sub(LINK, text)
    if not of_codes:
        return _DIGITS.sub(_unless_date, text)
    last = 0
    parts: list[str] = []
    for start, end in sorted((*_codes(text), *_secrets(text))):
        if start > last or not parts:
            parts += [text[last:start], MASK]
        last = max(last, end)
    return "".join((*parts, text[last:]))


def _unless_date(match: re.Match[str]) -> str:
    return match[0] if _YEAR.fullmatch(match[0]) or _DATE.fullmatch(match[0]) else MASK


def _codes(text: str) -> Iterator[tuple[int, int]]:
    """Yield where something looks like a code."""
    spaced = text if text.isascii() else _TOUCHING.sub(" ", text)
    for pattern in (_NUMBER, _MIXED, _LEADING):
        yield from (match.span() for match in pattern.finditer(spaced))
    for match in _GROUPS.finditer(spaced):
        signs = list(filter(str.isalnum, match[0]))
        if len(signs) >= 4 and any(map(str.isdigit, signs)):
            yield match.span()


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Yield where something is said to be a code or a password."""
    lower = _folded(text)
    names = chain(_LATIN.finditer(lower), () if lower.isascii() else _OTHER.finditer(lower))
    for name in islice(names, _MOST_NAMES):
        if name[0] in _COPULAS and (secret := _announced(text, lower, name.end(), _COPULAS[name[0]])):
            start, end = secret
            yield start, end - text[start:end].endswith(".")


def _announced(text: str, lower: str, name_end: int, copulas: frozenset[str]) -> tuple[int, int] | None:
    """Return where the secret is that a word up to `name_end` announces; None if it announces none."""
    shouted = text[name_end - 1].isupper()
    for number, token in enumerate(islice(_TOKEN.finditer(lower, name_end), _WORDS_TO_COPULA)):
        word, start, end = token[0], token.start(), token.end()
        if number < _WORDS_TO_COLON and (colon := _COLON.search(word)):
            return _said(_SECRET, text, start + colon.end())
        if word in copulas:
            return _said(_SECRET, text, end)
        if glued := _GLUED.search(word):
            return _said(_ASCII_SECRET, text, start + glued.end())
        near = name_end < start and number < _WORDS_TO_CAPITALS
        if near and not shouted and (capitals := _CAPITALS.fullmatch(text, start, end)):
            return capitals.span(1)
        if word[-1] in ".!?":
            return None
    return None


def _said(secret: re.Pattern[str], text: str, start: int) -> tuple[int, int] | None:
    match = secret.match(text, start)
    return match and match.span(1)


def _folded(text: str) -> str:
    """Return the text in lower case and as long as before, with straight apostrophes."""
    return text.replace("\u0130", "i").replace("\u2019", "'").lower()
