"""What a receiver has to look up to evaluate an SPF record (RFC 7208, section 4.6.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .record import LOOKUP_LIMIT, VOID_LIMIT, SpfError, Term, is_spf, parse

Resolve = Callable[[str, str], Sequence[str]]
"""Takes a name and a type (TXT, A, AAAA, MX); returns the answers as text, none for a void lookup.

It raises OSError where the DNS gave no answer at all.
"""


@dataclass(slots=True)
class Count:
    """Lookups through all includes; `unknown`: terms that could not be followed, `problems`: sentences."""

    lookups: int = 0
    voids: int = 0
    unknown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def breaks(self) -> bool:
        """Whether receivers would answer with a permanent error."""
        return bool(self.problems) or self.lookups > LOOKUP_LIMIT or self.voids > VOID_LIMIT


def count(domain: str, text: str, resolve: Resolve) -> Count:
    """Count what evaluating the domain's record, as given, costs at most."""
    found = Count()
    _follow(domain, text, resolve, found, [domain])
    return found


def _follow(domain: str, text: str, resolve: Resolve, found: Count, path: list[str]) -> None:
    try:
        spf = parse(text)
    except SpfError as error:
        found.problems.append(f"The SPF record of {domain} is not valid: {error}.")
        return
    for term in spf.evaluated:
        if not term.costs:
            continue
        found.lookups += 1
        # Twice the limit is far beyond repair, and a loop ends here too.
        if found.lookups > 2 * LOOKUP_LIMIT:
            return
        target = term.domain.replace("%{d}", domain).replace("%{D}", domain) or domain
        if "%" in target:
            found.unknown.append(term.text)
            continue
        try:
            _look(term, target, resolve, found, path)
        except OSError:
            found.unknown.append(term.text)


def _look(term: Term, target: str, resolve: Resolve, found: Count, path: list[str]) -> None:
    if term.name in {"include", "redirect"}:
        if target in path:
            found.problems.append(f"{term.text} leads back to {target}.")
            return
        answers = resolve(target, "TXT")
        records = [text for text in answers if is_spf(text)]
        found.voids += not answers
        if len(records) != 1:
            many = "no SPF record" if not records else f"{len(records)} SPF records"
            found.problems.append(f"{term.text} leads to {target}, which has {many}.")
            return
        _follow(target, records[0], resolve, found, [*path, target])
    elif term.name == "mx":
        found.voids += not resolve(target, "MX")
    elif term.name in {"a", "exists"}:
        kinds = ("A", "AAAA") if term.name == "a" else ("A",)
        found.voids += not any(resolve(target, kind) for kind in kinds)
