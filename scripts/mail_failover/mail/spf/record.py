"""SPF records: read, merged and written without a change to what others put there (RFC 7208)."""

import re
from dataclasses import dataclass

from .grammar import fits_mechanism, fits_modifier

INCLUDE = "_spf.mx.cloudflare.net"
"""What authorises Email Routing to send on; its record costs one lookup, its own."""

EDGE_RECORD = f"v=spf1 include:{INCLUDE} ~all"
"""The record that Email Routing writes when it thinks it is alone."""

HOW_IT_BEGINS = (
    'Receivers pass over what does not begin with exactly "v=spf1 ": correct such a record if it is meant to'
    " be SPF, or remove it."
)

LOOKUP_LIMIT = 10
VOID_LIMIT = 2
COMFORTABLE_BYTES = 450
"""An answer with more does not fit a UDP packet of 512 bytes (section 3.4)."""

_MECHANISM = re.compile(
    r"(?P<qualifier>[-+~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?P<value>[:/].*)?", re.IGNORECASE
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:/(\d{1,2}))?(?://(\d{1,3}))?$")
_RESEMBLES = re.compile(r"[\W_]*(?:v[\W_]+spf|v?spf1(?![a-z0-9]))", re.IGNORECASE)
_COSTS = frozenset({"include", "a", "mx", "ptr", "exists"})


class SpfError(Exception):
    """The record is not valid SPF; the text names the term."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism or a modifier: its `text` as it stands at `start`, and its parts, the name in lower case.

    `value` is what follows the colon or the equals sign; a prefix length stays at its end.
    """

    text: str
    start: int
    name: str
    value: str
    qualifier: str = "+"
    modifier: bool = False

    @property
    def domain(self) -> str:
        """The domain that it names, without prefix lengths; empty for the record's own."""
        if self.name in {"ip4", "ip6", "all"}:
            return ""
        return _SUFFIX.sub("", self.value).rstrip(".").lower()

    @property
    def costs(self) -> bool:
        """Whether evaluating it counts against the ten lookups (section 4.6.4)."""
        return self.name == "redirect" if self.modifier else self.name in _COSTS


@dataclass(frozen=True, slots=True)
class Spf:
    """A record that was read; `terms` in the order in which they stand."""

    text: str
    terms: tuple[Term, ...]

    @property
    def all(self) -> Term | None:
        """The first `all`; what stands behind it is never looked at (section 5.1)."""
        return next((term for term in self.terms if term.name == "all"), None)

    @property
    def redirect(self) -> Term | None:
        """The `redirect=`, unless an `all` makes it void (section 6.1)."""
        if self.all:
            return None
        return next((term for term in self.terms if term.modifier and term.name == "redirect"), None)

    @property
    def evaluated(self) -> tuple[Term, ...]:
        """The terms that a receiver evaluates: the mechanisms up to `all`, then the `redirect=`."""
        end = self.all.start if self.all else len(self.text)
        mechanisms = tuple(t for t in self.terms if not t.modifier and t.start <= end)
        return (*mechanisms, self.redirect) if self.redirect else mechanisms

    @property
    def own_lookups(self) -> int:
        """How many of its terms count as lookups, without those of the records that it includes."""
        return sum(term.costs for term in self.evaluated)


def is_spf(text: str) -> bool:
    """Tell whether a TXT record claims to be SPF (section 4.5)."""
    return re.match(r"v=spf1(?: |$)", text, re.IGNORECASE) is not None


def resembles_spf(text: str) -> bool:
    """Tell whether a TXT record was meant to be SPF, but is passed over by receivers for how it begins.

    As "v=spf1mx", "v=spf2.0", " v=spf1", "spf1 mx", or one quoted twice; not Sender ID's "spf2.0/", RFC 4406.
    """
    return not is_spf(text) and _RESEMBLES.match(text) is not None


def parse(text: str) -> Spf:
    """Read a record.

    Raises:
        SpfError: it is not valid; names the first term that is not.

    """
    if not text.isascii():
        raise SpfError("it holds characters that are not ASCII")
    if not is_spf(text):
        raise SpfError("it does not start with v=spf1")
    terms = tuple(_term(match[0], match.start()) for match in re.finditer(r"[^ ]+", text) if match.start())
    for name in ("redirect", "exp"):
        if sum(term.modifier and term.name == name for term in terms) > 1:
            raise SpfError(f"it has more than one {name}=")
    return Spf(text, terms)


def has_include(spf: Spf, domain: str = INCLUDE) -> bool:
    """Tell whether a receiver that evaluates the record lets this domain's servers pass.

    The first include of the domain decides: what it matches, a later one never sees.
    """
    includes = (term for term in spf.evaluated if term.name == "include" and term.domain == domain)
    first = next(includes, None)
    return first is not None and first.qualifier == "+"


def merge(text: str, domain: str = INCLUDE) -> str:
    """Return the record with `include:domain` before its `all` or `redirect=`; all else stays as it was.

    An include of this domain that has no effect, or another qualifier, gives way to the new one.

    Raises:
        SpfError: the record is not valid.

    """
    spf = parse(text)
    if has_include(spf, domain):
        return text
    for term in reversed(spf.terms):
        if term.name == "include" and term.domain == domain:
            text = text[: term.start].rstrip(" ") + text[term.start + len(term.text) :]
    spf = parse(text)
    before = spf.all or spf.redirect
    if before is None:
        return f"{text.rstrip(' ')} include:{domain}"
    return f"{text[: before.start]}include:{domain} {text[before.start :]}"


def union(texts: list[str]) -> str:
    """Return one record for several: the terms of the first, then what the others add; the mildest `all`.

    Raises:
        SpfError: one is not valid, or has a modifier, whose meaning depends on the rest of its record.

    """
    records = [parse(text) for text in texts]
    if any(term.modifier for record in records for term in record.terms):
        raise SpfError("one of them has a redirect= or another modifier, which can't be merged")
    mechanisms = dict.fromkeys(t.text for record in records for t in record.evaluated if t.name != "all")
    ends = [record.all.qualifier for record in records if record.all]
    mildest = max(ends, key="-~?+".index, default="")
    return " ".join(["v=spf1", *mechanisms, *([f"{mildest.replace('+', '')}all"] if mildest else [])])


def fresh(hosts: list[str], domain: str = INCLUDE) -> str:
    """Return a record for a domain that has none: the primary's hosts, the edge, nothing of all others."""
    return " ".join(["v=spf1", *(f"a:{host}" for host in hosts), f"include:{domain}", "?all"])


def unquote(content: str) -> str:
    """Return a TXT record's text: quoted strings are joined without a space (section 3.3).

    Cloudflare gives contents back quoted or not, as they were written.
    """
    content = content.strip()
    if not content.startswith('"'):
        return content
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', content, re.DOTALL)
    return re.sub(r"\\(\d{3}|.)", _unescape, "".join(strings), flags=re.DOTALL)


def quote(text: str) -> str:
    """Return the text as quoted strings of at most 255 bytes each."""
    pieces = [text[i : i + 255] for i in range(0, len(text), 255)] or [""]
    return " ".join('"' + re.sub(r'(["\\])', r"\\\1", piece) + '"' for piece in pieces)


def _term(text: str, start: int) -> Term:
    if match := _MODIFIER.fullmatch(text):
        name, value, qualifier = match["name"].lower(), match["value"], ""
        if name in {"redirect", "exp"} and not value:
            raise SpfError(f"{text} names no domain")
        fits = fits_modifier(name, value)
    elif match := _MECHANISM.fullmatch(text):
        name, value, qualifier = match["name"].lower(), match["value"] or "", match["qualifier"] or "+"
        fits, value = fits_mechanism(name, value), value.removeprefix(":")
    else:
        raise SpfError(f"{text[:60]!a} is not a term of SPF")
    if not fits:
        raise SpfError(f"{text[:60]!a} is not a valid {name}")
    return Term(text, start, name, value, qualifier, modifier=not qualifier)


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code)) if len(code) == 3 else code
