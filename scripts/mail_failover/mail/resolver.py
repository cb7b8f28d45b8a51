"""Questions to a DNS resolver, and what can go wrong with them."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.resolver

from mail_failover.errors import UsageError

SECONDS = 5.0
_AT_ONCE = 8
_Malformed = dns.exception.FormError
_NO_RESOLVER = "Name a resolver, as in --resolver 1.1.1.1."


class DnsError(Exception):
    """A question got no answer; the text says why, in one line."""


class DnsTimeoutError(DnsError):
    """The resolver did not answer in time."""


class DnsFailureError(DnsError):
    """The resolver could not find an answer: SERVFAIL, REFUSED."""


class DnsUnreadableError(DnsError):
    """The answer is there, and is malformed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Records of one name and type, empty if there are none.

    `exists` is false where the name does not exist at all; `ttl` is in seconds, what is left of it at a
    resolver that keeps answers; `secure` says that the resolver has validated the answer (RFC 4035).
    """

    records: tuple[Any, ...] = ()
    ttl: int = 0
    exists: bool = True
    secure: bool = False
    alias: bool = False

    @property
    def texts(self) -> list[str]:
        """Return TXT records, each with its strings joined (RFC 7208, section 3.3)."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self.records]


class Dns:
    """Asks one resolver; a handful of questions at once, each `seconds` long at most."""

    def __init__(self, server: tuple[str, int] | None = None, seconds: float = SECONDS) -> None:
        """Use `server`, or the system's resolvers.

        Raises:
            UsageError: the system names no resolver.

        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration as error:
            raise UsageError("This machine names no DNS resolver.", _NO_RESOLVER) from error
        if server is not None:
            self._resolver.nameservers = [server[0]]
            self._resolver.port = server[1]
        self._resolver.lifetime = seconds
        self._resolver.timeout = seconds / 2
        self._seconds = seconds
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._kept: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    async def ask(self, name: str, kind: str) -> Answer:
        """Return the records of a type; the same question is asked once.

        Raises:
            DnsError: by meaning, one of its subclasses.

        """
        key = name.lower().rstrip("."), kind
        if key not in self._kept:
            self._kept[key] = asyncio.ensure_future(self._ask(name, kind, dns.flags.RD | dns.flags.AD))
        return await self._kept[key]

    async def ask_unchecked(self, name: str, kind: str) -> Answer:
        """Ask for records without DNSSEC validation (the CD bit of RFC 4035, section 3.2.2).

        Raises:
            DnsError: by meaning, one of its subclasses.

        """
        return await self._ask(name, kind, dns.flags.RD | dns.flags.CD)

    async def ask_by_tcp(self, name: str, kind: str) -> Answer:
        """Ask for records by TCP: by UDP an answer that can't be read counts as somebody else's, and as none.

        Raises:
            DnsError: by meaning, one of its subclasses.

        """
        return await self._ask(name, kind, dns.flags.RD | dns.flags.AD, tcp=True)

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the IPv4 addresses of a host, then its IPv6 addresses.

        Raises:
            DnsError: by meaning, one of its subclasses.

        """
        four, six = await asyncio.gather(self.ask(host, "A"), self.ask(host, "AAAA"))
        return tuple(record.address for record in (*four.records, *six.records))

    async def _ask(self, name: str, kind: str, flags: int, *, tcp: bool = False) -> Answer:
        async with self._slots:
            self._resolver.flags = flags
            try:
                found = await self._resolver.resolve(
                    name + ".", kind, tcp=tcp, raise_on_no_answer=False, search=False
                )
            except dns.resolver.NXDOMAIN:
                return Answer(exists=False)
            except dns.exception.Timeout as error:
                message = f"no answer for {name} {kind} within {self._seconds:.0f} s"
                raise DnsTimeoutError(message) from error
            except dns.resolver.NoNameservers as error:
                if broken := [each[3] for each in error.kwargs["errors"] if isinstance(each[3], _Malformed)]:
                    message = f"the answer for {name} {kind} can't be read ({broken[0]})"
                    raise DnsUnreadableError(message) from error
                raise DnsFailureError(f"the resolver has no answer for {name} {kind} (SERVFAIL)") from error
            except (dns.exception.DNSException, OSError, UnicodeError) as error:
                raise DnsError(f"{name} {kind} can't be asked: {error}") from error
        secure = bool(found.response.flags & dns.flags.AD)
        if found.rrset is None:
            return Answer(secure=secure)
        alias = found.canonical_name != found.qname
        return Answer(tuple(found.rrset), found.rrset.ttl, secure=secure, alias=alias)


def ascii_domain(text: str) -> str:
    """Return a domain in the form that DNS uses, in small letters and without its last dot.

    Raises:
        UsageError: it is none.

    """
    try:
        name = dns.name.from_text(text.strip(), idna_codec=dns.name.IDNA_2008_Practical)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise UsageError(f"--domain {text}: not a domain.", "Write it like example.com.") from error
    domain = name.to_text(omit_final_dot=True).lower()
    if len(name.labels) < 3 or "@" in domain or "\\" in domain:
        raise UsageError(f"--domain {text}: not a domain.", "Write it like example.com.")
    return domain


def ascii_host(name: str) -> str:
    """Return a name in the form of DNS, in small letters and without its last dot; no domain as it is."""
    try:
        return ascii_domain(name)
    except UsageError:
        return name.lower().rstrip(".")


def server_address(text: str, option: str, port: int) -> tuple[str, int]:
    """Read HOST, HOST:PORT or [IPV6]:PORT.

    Raises:
        UsageError: it is none; names the option.

    """
    host, colon, number = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, number = text, str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not (host and number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise UsageError(f"{option} {text}: not a host.", f"Write HOST or HOST:PORT, as in 192.0.2.1:{port}.")
    return host, int(number)


def resolver_address(text: str) -> tuple[str, int]:
    """Read --resolver; a host's name is looked up by the system.

    Raises:
        UsageError: it is none, or the host is unknown.

    """
    host, port = server_address(text, "--resolver", 53)
    try:
        return str(ipaddress.ip_address(host)), port
    except ValueError:
        pass
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0]), port
    except OSError as error:
        raise UsageError(f"--resolver {text}: no such host.", _NO_RESOLVER) from error
