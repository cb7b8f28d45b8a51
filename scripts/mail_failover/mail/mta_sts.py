"""What an MTA-STS policy asks of the edge (RFC 8461); we can't change a policy, but we can say how."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mail_failover.cloudflare.records import Record, host, text

PATTERN = "*.mx.cloudflare.net"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is published: its mode, and the patterns that MX hosts must match."""

    mode: str
    patterns: tuple[str, ...]

    def allows(self, name: str) -> bool:
        """Tell whether a host matches; `*.` stands for one label (section 4.1)."""
        name = host(name)
        _, _, parent = name.partition(".")
        return any(pattern in {name, f"*.{parent}"} for pattern in self.patterns)


def is_record(text: str) -> bool:
    """Tell whether a TXT record is one of MTA-STS (section 3.1)."""
    return re.match(r"v\s*=\s*STSv1\s*(;|$)", text) is not None


def is_announced(records: Iterable[Record], domain: str) -> bool:
    """Tell whether the zone announces a policy (section 3.1); a CNAME leads to the provider's record."""
    name = f"_mta-sts.{domain}"
    here = [record for record in records if host(record["name"]) == name]
    return any(
        record.get("type") == "CNAME" or (record.get("type") == "TXT" and is_record(text(record)))
        for record in here
    )


def url(domain: str) -> str:
    """Return where the policy is published (section 3.3)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def todo(domain: str, policy: Policy, hosts: Sequence[str]) -> str:
    """Say what has to be changed by hand, if anything."""
    if policy.mode == "none" or all(map(policy.allows, hosts)):
        return ""
    enforced = policy.mode == "enforce"
    what = "skip the edge" if enforced else "report it as wrong, and skip it once the mode is enforce"
    return (
        f"MTA-STS: the policy of {domain} does not list the edge, so senders that honour it {what}."
        f" Add the line `mx: {PATTERN}` to {url(domain)},"
        f" then change the `id=` in the TXT record _mta-sts.{domain}."
    )
