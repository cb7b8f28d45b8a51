"""What an alert leaves out: one-time codes, passwords and links.

Best effort. Codes come in too many shapes to catch all, so numbers that only look like one go too: a booking
number lost from an alert is still in the inbox.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from operator import attrgetter

from .code_words import LANGUAGES, Words

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

# In a message of codes more goes. Thai, Chinese, Japanese and Korean have codes between their letters.
_SIGN = r"[^\W\u0e00-\u0eff\u1000-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc]"
_START, _END = rf"(?<!{_SIGN})", rf"(?!{_SIGN})"
# "482 - 913" too
_NUMBER = re.compile(
    rf"{_START}(?<![.,])(?:[A-Z]{{1,3}}-)?\d(?:(?: ?{_MARK} ?| )?\d){{3,23}}{_END}(?![.,]\d)"
)
# "AB1•CD2", "X7K 9QP"
_GROUPS = re.compile(
    rf"{_START}(?:[A-Za-z0-9]{{1,8}}(?:{_MARK}[A-Za-z0-9]{{1,8}}){{1,7}}"
    rf"|[A-Z0-9]{{1,5}}(?: (?:{_MARK} )?[A-Z0-9]{{1,5}}){{1,7}}){_END}"
)
# A word with a digit in it; capitals before "is your code".
_MIXED = re.compile(rf"{_START}(?<!-)(?=(?:{_SIGN}|-)*?\d)(?:{_SIGN}|-){{4,}}+")
_LEADING = re.compile(r"(?<!\w)[A-Z0-9][A-Z0-9-]{3,20}(?=\s+(?:is|ist|est|es|é|è|är|er|on|to|jest|je|là)\b)")

# Behind a word for a code its secret may follow: after a colon, after "is", or at once, in capitals.
_MOST_NAMES = 12
_WORDS_TO_COPULA, _WORDS_TO_COLON, _WORDS_TO_CAPITALS = 7, 4, 3
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\S+")
_COLON = re.compile(r"[:=\uff1a\uff1d\u2192]")
_GLUED = re.compile("|".join(filter(None, (language.glued for language in LANGUAGES.values()))))
_CAPITALS = re.compile(r"\W?[A-Z0-9][A-Z0-9-]{3,40}\W?")
_OPENING = r"\s*[:=\uff1a]?\s*[\"'(\[<\u00ab\u00bb\u2018-\u201f\u300c\u300e]{0,2}"
_UNENDED = r"[^\s,;\uff0c\u3001\u3002\uff01\uff1f\u300d\u300f]|[,;](?=\S)"
_SECRET = re.compile(rf"{_OPENING}((?:{_UNENDED}){{4,64}})")
# Among letters that part no words, all the rest of the sentence would pass for a secret.
_ASCII_SECRET = re.compile(rf"{_OPENING}([!-~]{{4,64}})")


def _parted(words: str) -> list[str]:
    return list(filter(None, words.split("|")))


def _copulas(kind: Callable[[Words], str]) -> dict[str, frozenset[str]]:
    """Return all languages' words of a kind; what two have in common has the copulas of both."""
    table: dict[str, frozenset[str]] = {}
    for language in LANGUAGES.values():
        for word in _parted(kind(language)):
            table[word] = table.get(word, frozenset()).union(_parted(language.copulas))
    return table


_STEMS, _WORDS = _copulas(attrgetter("stems")), _copulas(attrgetter("words"))
_ENDINGS = _copulas(attrgetter("endings"))
_COMPOUND, _COMPOUND_COPULAS = tuple(_ENDINGS), frozenset(chain(*_ENDINGS.values()))
# Searched for one by one: a pattern of them all is slow.
_TALK = (*_STEMS, *_copulas(attrgetter("around")))
_ASCII_TALK = tuple(filter(str.isascii, _TALK))
_ASCII_STEMS = {stem: copulas for stem, copulas in _STEMS.items() if stem.isascii()}


def talks_of_codes(*texts: str) -> bool:
    """Tell whether one of a message's texts speaks of codes, passwords or logging in."""
    lower = _folded(" ".join(texts))
    for stem in _ASCII_TALK if lower.isascii() else _TALK:
        if stem in lower:
            return True
    words = _WORD.findall(lower)
    if not _WORDS.keys().isdisjoint(words):
        return True
    return any(end in lower for end in _COMPOUND) and any(word.endswith(_COMPOUND) for word in words)


def mask(text: str, *, of_codes: bool) -> str:
    """Replace links, and what looks like a one-time code, in text that is shown to people.

    In a message `of_codes` (see `talks_of_codes`), whatever has a digit goes, and what is said to be a code
    or a password.
    """
    text = _LINK.sub(LINK, text)
    if not of_codes:
        return _DIGITS.sub(_unless_date, text)
    text = _GROUPS.sub(_unless_words, _NUMBER.sub(MASK, text))
    return _without_secrets(_MIXED.sub(MASK, _LEADING.sub(MASK, text)))


def _unless_date(match: re.Match[str]) -> str:
    return match[0] if _YEAR.fullmatch(match[0]) or _DATE.fullmatch(match[0]) else MASK


def _unless_words(match: re.Match[str]) -> str:
    signs = list(filter(str.isalnum, match[0]))
    return MASK if len(signs) >= 4 and any(map(str.isdigit, signs)) else match[0]


def _without_secrets(text: str) -> str:
    lower = _folded(text)
    found = (_secret(text, lower, end, copulas) for end, copulas in islice(_names(lower), _MOST_NAMES))
    spans = sorted(span for span in found if span)
    last, parts = 0, []
    for start, end in spans:
        if start >= last:
            parts += [text[last:start], MASK]
            last = end
    return "".join((*parts, text[last:]))


def _names(lower: str) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield where each word for a code ends, and what may stand between it and the code."""
    for stem, copulas in (_ASCII_STEMS if lower.isascii() else _STEMS).items():
        at = lower.find(stem)
        while at >= 0:
            at += len(stem)
            yield at, copulas
            at = lower.find(stem, at)
    for word in _WORD.finditer(lower):
        if word[0] in _WORDS:
            yield word.end(), _WORDS[word[0]]
        elif word[0].endswith(_COMPOUND):
            yield word.end(), _COMPOUND_COPULAS


def _secret(text: str, lower: str, name_end: int, copulas: frozenset[str]) -> tuple[int, int] | None:
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
        if near and not shouted and _CAPITALS.fullmatch(text, start, end):
            return start, end
        if word[-1] in ".!?":
            return None
    return None


def _said(secret: re.Pattern[str], text: str, start: int) -> tuple[int, int] | None:
    match = secret.match(text, start)
    return None if match is None or match[1].strip(".,;:!?)") == MASK else match.span(1)


def _folded(text: str) -> str:
    """Return the text in lower case and as long as before, with straight apostrophes."""
    return text.replace("\u0130", "i").replace("\u2019", "'").lower()
