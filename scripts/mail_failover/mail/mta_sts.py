"""MTA-STS (RFC 8461): which MX hosts a domain tells careful senders to trust."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_LONGEST_AGE = 31_557_600
# A day, alone or with a number or a time behind it: 20260131, 2026013101, 20260131T2359, 20260131235959Z.
_DAY = re.compile(r"(20\d\d)(\d\d)(\d\d)(?:\d\d|T?\d{4}(?:\d\d)?Z?)?", re.ASCII)
_SECONDS = re.compile(r"1\d{9}", re.ASCII)


class PolicyError(Exception):
    """There is no policy to be had, or it can't be read."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is published: its mode, and the patterns that MX hosts must match."""

    mode: str
    patterns: tuple[str, ...]

    def allows(self, name: str) -> bool:
        """Tell whether a host matches; `*.` stands for one label (section 4.1)."""
        name = name.lower().rstrip(".")
        _, _, parent = name.partition(".")
        return any(pattern in {name, f"*.{parent}"} for pattern in self.patterns)


def is_record(text: str) -> bool:
    """Tell whether a TXT record is one of MTA-STS (section 3.1)."""
    return re.match(r"v\s*=\s*STSv1\s*(;|$)", text) is not None


def day_of(identity: str) -> datetime | None:
    """Return the day of an id that is a time, as in the example of section 3.1, or seconds since 1970."""
    if _SECONDS.fullmatch(identity):
        return datetime.fromtimestamp(int(identity), UTC)
    match = _DAY.fullmatch(identity)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None


def url(domain: str) -> str:
    """Return where the policy is published (section 3.3)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def read_policy(text: str) -> Policy:
    """Read a policy (RFC 8461, section 3.2).

    Raises:
        PolicyError: a field that must be there is missing or wrong.

    """
    pairs = [line.partition(":") for line in text.splitlines()]
    fields = [(name.strip(), value.strip().lower()) for name, colon, value in pairs if colon]
    single = dict(reversed(fields))
    mode, age = single.get("mode", ""), single.get("max_age", "")
    patterns = tuple(value.rstrip(".") for name, value in fields if name == "mx")
    if single.get("version") != "stsv1":
        raise PolicyError("does not say version: STSv1")
    if mode not in {"enforce", "testing", "none"}:
        raise PolicyError("names no mode: enforce, testing or none")
    if not (age.isascii() and age.isdigit() and int(age[:12]) <= _LONGEST_AGE):
        raise PolicyError(f"names no max_age of 0 to {_LONGEST_AGE} seconds")
    if mode != "none" and not patterns:
        raise PolicyError("names no mx")
    return Policy(mode, patterns)
