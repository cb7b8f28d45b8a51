"""What a check found, and what all checks together say."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mail_failover.console.exit_codes import API, DONE, PROBLEM

_LISTED = 8


class Status(Enum):
    """How a check ended; `skipped` says that the question is still open."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: what was found, and what to do about it; both may quote untrusted text.

    `id` is stable: area, dot, name. `fix` is empty where there is nothing to do.
    """

    id: str
    title: str
    status: Status
    found: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the check as plain values."""
        area, _, _ = self.id.partition(".")
        return {
            "id": self.id,
            "area": area,
            "title": self.title,
            "status": self.status.value,
            "found": self.found,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Topic:
    """What a check is about; its methods are the ways it can end."""

    id: str
    title: str

    def passed(self, found: str) -> Check:
        """Say that all is well."""
        return Check(self.id, self.title, Status.PASS, found)

    def warned(self, found: str, fix: str) -> Check:
        """Say that something may go wrong."""
        return Check(self.id, self.title, Status.WARN, found, fix)

    def failed(self, found: str, fix: str) -> Check:
        """Say that something is wrong."""
        return Check(self.id, self.title, Status.FAIL, found, fix)

    def skipped(self, reason: str, fix: str = "") -> Check:
        """Say why there is no answer."""
        return Check(self.id, self.title, Status.SKIPPED, reason, fix)


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of a domain; `api_failed` says that Cloudflare's API gave no answers."""

    domain: str
    checks: tuple[Check, ...]
    api_failed: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Count the checks by status."""
        found = Counter(check.status for check in self.checks)
        return {status.value: found[status] for status in Status}

    @property
    def exit_code(self) -> int:
        """Say that the API failed, that a check did, or that all is well."""
        if self.api_failed:
            return API
        return PROBLEM if self.counts["fail"] else DONE

    @property
    def problems(self) -> list[Check]:
        """Return what made the exit code another than 0: what failed, and what the API did not answer."""
        return [check for check in self.checks if check.status is Status.FAIL or self._is_unanswered(check)]

    def _is_unanswered(self, check: Check) -> bool:
        return self.api_failed and check.status is Status.SKIPPED and check.id.startswith("account.")

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values; docs/doctor.md describes them."""
        return {
            "domain": self.domain,
            "counts": self.counts,
            "checks": [check.as_json() for check in self.checks],
        }


def skip_all(topics: Iterable[Topic], reason: str, fix: str = "") -> list[Check]:
    """Skip several checks for one reason."""
    return [topic.skipped(reason, fix) for topic in topics]


def listed(items: Iterable[object]) -> str:
    """Join items with commas; beyond eight, count the rest."""
    texts = [str(item) for item in items]
    more = len(texts) - _LISTED
    return ", ".join(texts[:_LISTED]) + (f" and {more} more" if more > 0 else "")
