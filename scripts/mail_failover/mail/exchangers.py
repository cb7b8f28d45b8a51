"""The MX records of a domain as senders see them (RFC 5321, section 5.1): who is asked, in which order."""

from dataclasses import dataclass

from .edge import EDGE_SUFFIX
from .resolver import Dns


@dataclass(frozen=True, slots=True)
class Exchanger:
    """One MX record."""

    preference: int
    host: str

    @property
    def edge(self) -> bool:
        """Tell whether it is a host of Email Routing."""
        return self.host.endswith(EDGE_SUFFIX)

    def __str__(self) -> str:
        return f"{self.preference} {self.host or '.'}"


@dataclass(frozen=True, slots=True)
class Exchangers:
    """The MX records of a domain in the order of their preference; `ttl` is in seconds."""

    all: tuple[Exchanger, ...] = ()
    ttl: int = 0
    exists: bool = True

    @property
    def own(self) -> tuple[Exchanger, ...]:
        """Return the primary's."""
        return tuple(exchanger for exchanger in self.all if not exchanger.edge)

    @property
    def edge(self) -> tuple[Exchanger, ...]:
        """Return those of Email Routing."""
        return tuple(exchanger for exchanger in self.all if exchanger.edge)


async def exchangers_of(dns: Dns, domain: str) -> Exchangers:
    """Ask for the MX records.

    Raises:
        DnsError: there is no answer.

    """
    answer = await dns.ask(domain, "MX")
    found = (Exchanger(r.preference, r.exchange.to_text().rstrip(".").lower()) for r in answer.records)
    return Exchangers(tuple(sorted(found, key=_order)), answer.ttl, answer.exists)


def _order(exchanger: Exchanger) -> tuple[int, str]:
    return exchanger.preference, exchanger.host
